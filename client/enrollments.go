package client

import (
	"context"
	"net/http"
	"time"
)

// Enrollment is one contact on one plan.
type Enrollment struct {
	ID        ID         `json:"id"`
	Contact   ID         `json:"contact"`
	Plan      ID         `json:"plan"`
	PlanName  string     `json:"plan_name"`
	Event     ID         `json:"event,omitempty" doc:"of a plan dated by events"`
	Status    string     `json:"status" enum:"active,paused,stopped,completed"`
	Holders   []string   `json:"holders,omitempty" doc:"who holds the pause: person, reply, plan, failure, absence, engine"`
	Version   int        `json:"version" doc:"the plan's version that it runs on"`
	Custom    bool       `json:"custom,omitempty" doc:"the run has a version of its own"`
	Run       int        `json:"run"`
	Round     int        `json:"round"`
	Steps     int        `json:"steps" doc:"how many steps the version has"`
	Done      int        `json:"done" doc:"how many are done in this round"`
	Progress  string     `json:"progress,omitempty" doc:"for people: step 3 of 8"`
	Next      *NextStep  `json:"next,omitempty" doc:"what comes next; absent when nothing does"`
	Waits     string     `json:"waits_for,omitempty" enum:"message,date" doc:"what it waits for when no moment is known"`
	Problems  int        `json:"problems,omitempty" doc:"failed steps of this run"`
	StartedAt time.Time  `json:"started_at"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
}

// NextStep is the step that comes next.
type NextStep struct {
	Step   ID         `json:"step"`
	Number int        `json:"number" doc:"from 1, as shown in the plan"`
	Name   string     `json:"name"`
	Action string     `json:"action"`
	At     *time.Time `json:"at,omitempty" doc:"absent while paused, with the carrier, or without a date"`
	Reason string     `json:"reason,omitempty" doc:"the gate that moved it"`
}

// Commanded is the answer to a command on one enrollment.
type Commanded struct {
	Enrollment *Enrollment `json:"enrollment,omitempty" doc:"as it is now; absent after remove"`
	Found      string      `json:"found" doc:"the status before"`
	Handing    *Handing    `json:"handing,omitempty" doc:"a message that was being handed over at that moment and may still arrive; it is not retried"`
}

// Handing is a message that was on its way when a command came (ENG-6).
type Handing struct {
	Message ID        `json:"message"`
	Address string    `json:"address"`
	Since   time.Time `json:"since"`
}

// The commands on enrollments (PLAN-15).
const (
	Pause   = "pause"
	Resume  = "resume"
	Stop    = "stop"
	Restart = "restart"
	Remove  = "remove"
)

// Assign puts contacts on a plan: those of the ids, or those of the filter but for some.
type Assign struct {
	IDs     []ID           `json:"ids,omitempty" maxItems:"100000"`
	Filter  *ContactFilter `json:"filter,omitempty"`
	Except  []ID           `json:"except,omitempty" maxItems:"100000" doc:"with filter: not these"`
	Event   ID             `json:"event,omitempty" doc:"which event, for a plan dated by events"`
	Restart bool           `json:"restart,omitempty" doc:"those whose run has ended begin anew; else they are left"`
	// AlsoRule adds a start rule, so that everyone who gets the filter's one tag, stage or group later starts, too.
	AlsoRule bool      `json:"also_rule,omitempty" doc:"and everyone who gets the filter's tag, stage, source or group later"`
	Document *Document `json:"document,omitempty" doc:"customise first: a version of the plan for this one contact"`
}

// Bulk carries a command out on enrollments of a plan: those of the ids, or those of the filter but for some.
type Bulk struct {
	IDs    []ID              `json:"ids,omitempty" maxItems:"100000"`
	Filter *EnrollmentFilter `json:"filter,omitempty"`
	Except []ID              `json:"except,omitempty" maxItems:"100000"`
}

// EnrollmentFilter selects enrollments of a plan.
type EnrollmentFilter struct {
	Plan   ID       `json:"plan"`
	Status []string `json:"status,omitempty" enum:"active,paused,stopped,completed" doc:"any when absent"`
}

// Outcome is what a command on several did; with an operation it goes on in the background.
type Outcome struct {
	Operation *Operation       `json:"operation,omitempty"`
	Counts    map[string]int64 `json:"counts,omitempty" doc:"what became of each: started, already, skipped.REASON, refused.STATE …"`
	Handing   []Handing        `json:"handing,omitempty" doc:"messages that were being handed over at that moment"`
}

// Enrollments returns a page of a plan's enrollments, newest first.
func (c *Client) Enrollments(ctx context.Context, plan ID, page PageOptions, status ...string) (Page[Enrollment], error) {
	q := page.query()
	for _, s := range status {
		q.Add("status", s)
	}
	return get[Page[Enrollment]](ctx, c, path("plans", string(plan), "enrollments"), q)
}

// ContactEnrollments returns a contact's enrollments, newest first.
func (c *Client) ContactEnrollments(ctx context.Context, contact ID, page PageOptions) (Page[Enrollment], error) {
	return get[Page[Enrollment]](ctx, c, path("contacts", string(contact), "enrollments"), page.query())
}

// Enrollment returns one.
func (c *Client) Enrollment(ctx context.Context, id ID) (Enrollment, error) {
	return get[Enrollment](ctx, c, path("enrollments", string(id)), nil)
}

// EnrollmentHistory returns what happened on an enrollment, newest first.
func (c *Client) EnrollmentHistory(ctx context.Context, id ID, page PageOptions) (Page[Entry], error) {
	return get[Page[Entry]](ctx, c, path("enrollments", string(id), "history"), page.query())
}

// Command carries a command out on one enrollment. A refusal is a Problem with code conflict and the state found.
func (c *Client) Command(ctx context.Context, id ID, command string) (Commanded, error) {
	return send[Commanded](ctx, c, http.MethodPost, path("enrollments", string(id), command), nil)
}

// CommandMany carries a command out on several.
func (c *Client) CommandMany(ctx context.Context, command string, b Bulk) (Outcome, error) {
	return send[Outcome](ctx, c, http.MethodPost, path("enrollments", command), b)
}

// Assign puts contacts on a plan.
func (c *Client) Assign(ctx context.Context, plan ID, a Assign) (Outcome, error) {
	return send[Outcome](ctx, c, http.MethodPost, path("plans", string(plan), "assign"), a)
}

// ChangeContacts changes many contacts alike.
type ChangeContacts struct {
	IDs          []ID           `json:"ids,omitempty" maxItems:"100000"`
	Filter       *ContactFilter `json:"filter,omitempty"`
	Except       []ID           `json:"except,omitempty" maxItems:"100000"`
	Stage        string         `json:"stage,omitempty" maxLength:"200"`
	Assigned     *ID            `json:"assigned,omitempty" doc:"an empty text: nobody"`
	AddTags      []string       `json:"add_tags,omitempty" maxItems:"100"`
	RemoveTags   []string       `json:"remove_tags,omitempty" maxItems:"100"`
	AddGroups    []string       `json:"add_groups,omitempty" maxItems:"100"`
	RemoveGroups []string       `json:"remove_groups,omitempty" maxItems:"100"`
}

// ChangeContacts changes many contacts alike, in the background.
func (c *Client) ChangeContacts(ctx context.Context, ch ChangeContacts) (Outcome, error) {
	return send[Outcome](ctx, c, http.MethodPost, "/contacts/change", ch)
}
