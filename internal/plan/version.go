package plan

import "time"

// Plan is a named, ordered list of steps that belongs to an account; its name is its identity there (DEC-8).
type Plan struct {
	ID        int64
	AccountID int64
	Name      string
	Kind      Kind
	Ready     bool // false: a draft, which starts for nobody (PLAN-2)
	Archived  bool
	VersionID int64 // the newest version
	Number    int   // its number, from 1; the ETag of edits
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Version is an immutable state of a plan's content (PLAN-21).
type Version struct {
	ID        int64
	PlanID    int64
	AccountID int64
	Number    int
	Document  Document
	Refs      Refs
	Private   bool // made for one contact (PLAN-23); edits of the plan leave its run alone
	CreatedAt time.Time
	Author    string
}

// Refs are the objects that a version names, by name as written in the document.
type Refs struct {
	Stages    map[string]int64 `json:"stages,omitempty"`
	Tags      map[string]int64 `json:"tags,omitempty"`
	Users     map[string]int64 `json:"users,omitempty"`
	Templates map[string]int64 `json:"templates,omitempty"`
	Plans     map[string]int64 `json:"plans,omitempty"`
	Groups    map[string]int64 `json:"groups,omitempty"`
	Sources   map[string]int64 `json:"sources,omitempty"`
	Partners  map[string]int64 `json:"partners,omitempty"`
}

// Status is where an enrollment stands (PLAN-15).
type Status string

// The statuses. Stored for ever.
const (
	Active    Status = "active"
	Paused    Status = "paused"
	Stopped   Status = "stopped"
	Completed Status = "completed"
)

// Live reports whether the run goes on: it is active or paused.
func (s Status) Live() bool { return s == Active || s == Paused }
