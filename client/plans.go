package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Plan is a plan: its document, with the keys of a plan file (1a), and what the account knows of it.
type Plan struct {
	ID        ID        `json:"id"`
	Version   int       `json:"version" doc:"the number of the newest version; the ETag"`
	Status    string    `json:"status" enum:"draft,ready,archived"`
	Counts    Counts    `json:"counts"`
	Problem   string    `json:"problem,omitempty" doc:"what is wrong with the plan as it runs"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Saved     *Saved    `json:"saved,omitempty" doc:"in answers to edits: what the edit did"`
	Document
}

// Document is the content of a plan, with the keys and texts of a plan file.
type Document struct {
	Tactus      int              `json:"tactus,omitempty" doc:"format version: 1"`
	Name        string           `json:"plan" doc:"the plan's name, which is its identity in the account"`
	Kind        string           `json:"kind,omitempty" enum:"connection,conversion,retention,event,seasonal,general"`
	Description string           `json:"description,omitempty"`
	Source      string           `json:"source,omitempty" doc:"starts for every new lead of this source"`
	Stage       string           `json:"stage,omitempty" doc:"the contact's stage when the plan starts"`
	Date        string           `json:"date,omitempty" doc:"dated by the plan: local time in the account's zone"`
	Yearly      bool             `json:"yearly,omitempty"`
	Event       string           `json:"event,omitempty" doc:"dated by events of this kind"`
	DateField   string           `json:"date_field,omitempty" doc:"dated by a date field of the contact"`
	NextPlan    string           `json:"next_plan,omitempty"`
	Again       string           `json:"again,omitempty" doc:"never | when finished | after 30 days"`
	StartOn     []StartRule      `json:"start_on,omitempty"`
	PauseOn     []string         `json:"pause_on,omitempty" enum:"email_reply,sms_reply,answered_call"`
	PauseScope  string           `json:"pause_scope,omitempty" enum:"plan,channel,all"`
	OnFailure   string           `json:"on_failure,omitempty" enum:"continue,pause"`
	At          string           `json:"at,omitempty" doc:"time of day for every day-based step that names none"`
	Steps       []map[string]any `json:"steps" doc:"each: id, name, action, when, milestone, only_if, notify, business_hours, and the action's own fields"`
}

// StartRule puts contacts on the plan by itself; one of the fields is set.
type StartRule struct {
	Tag   string `json:"tag,omitempty"`
	Stage string `json:"stage,omitempty"`
	Group string `json:"group,omitempty"`
	Event string `json:"event,omitempty"`
}

// Counts are contacts on a plan by status.
type Counts struct {
	Active    int `json:"active"`
	Paused    int `json:"paused"`
	Stopped   int `json:"stopped"`
	Completed int `json:"completed"`
}

// Saved is what an edit of a plan did.
type Saved struct {
	Created   bool    `json:"created"`
	Changed   bool    `json:"changed" doc:"false: it was like that already"`
	Doubts    []Field `json:"doubts,omitempty" doc:"what keeps the draft from becoming ready"`
	Moved     int     `json:"moved" doc:"contacts that were taken to the new version"`
	Waiting   int     `json:"waiting,omitempty" doc:"contacts that the operation will take there"`
	Operation ID      `json:"operation,omitempty"`
}

// PlanLine is a line of the plan list.
type PlanLine struct {
	ID        ID        `json:"id"`
	Name      string    `json:"plan"`
	Kind      string    `json:"kind"`
	Status    string    `json:"status" enum:"draft,ready,archived"`
	Version   int       `json:"version"`
	StepCount int       `json:"step_count"`
	Counts    Counts    `json:"counts"`
	Problem   string    `json:"problem,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// PlanVersion is an immutable state of a plan's content.
type PlanVersion struct {
	Version   int       `json:"version"`
	Author    string    `json:"author"`
	CreatedAt time.Time `json:"created_at"`
	Document  *Document `json:"document,omitempty" doc:"when one version is asked for"`
}

// PlanChange is one difference between two versions.
type PlanChange struct {
	Kind string `json:"kind" enum:"added,deleted,moved,retimed,edited,settings"`
	Step ID     `json:"step,omitempty"`
	Name string `json:"name"`
	Text string `json:"text" doc:"for people"`
}

// Preview is what saving a document would do.
type Preview struct {
	Changes []PlanChange  `json:"changes"`
	Live    int           `json:"live" doc:"contacts whom it would reach if it is for everyone"`
	Private int           `json:"private" doc:"contacts with a version of their own, whom it leaves alone"`
	Steps   []StepPreview `json:"steps"`
}

// StepPreview is what would happen to contacts at one step.
type StepPreview struct {
	Step   ID     `json:"step"`
	Name   string `json:"name"`
	Gain   int    `json:"gain" doc:"get the step"`
	Late   int    `json:"late" doc:"would get it, but its moment is past: skipped"`
	Lose   int    `json:"lose" doc:"lose it before it was done"`
	Retime int    `json:"retime" doc:"get it at another time"`
}

// Archived is what became of a plan's runs when it was put away.
type Archived struct {
	Live      int `json:"live" doc:"contacts who were live on it"`
	Stopped   int `json:"stopped" doc:"how many of them were stopped"`
	Operation ID  `json:"operation,omitempty" doc:"stops them in the background"`
}

// ArchivePlan says what becomes of live runs.
type ArchivePlan struct {
	Runs string `json:"runs,omitempty" enum:"finish,stop" doc:"finish when absent"`
}

// PlanFile is a plan or template as a file.
type PlanFile struct {
	Name    string `json:"name" maxLength:"500"`
	Content string `json:"content" doc:"YAML or JSON"`
}

// PlanFiles are several.
type PlanFiles struct {
	Files []PlanFile `json:"files"`
}

// ApplyPlans brings plan and template files into the account, all or nothing (DEC-9).
type ApplyPlans struct {
	Files   []PlanFile `json:"files" minItems:"1" maxItems:"1000"`
	Draft   bool       `json:"draft,omitempty" doc:"plans are not made ready; those that are stay so"`
	ApplyTo string     `json:"apply_to,omitempty" enum:"everyone,new" doc:"whom edits of plans with contacts on them reach; everyone when absent"`
	DryRun  bool       `json:"dry_run,omitempty" doc:"only say what would happen"`
}

// AppliedPlans is what applying files did, or would do.
type AppliedPlans struct {
	Files []AppliedFile `json:"files"`
}

// AppliedFile is what became of one file.
type AppliedFile struct {
	File     string   `json:"file"`
	Name     string   `json:"name" doc:"of the plan or template"`
	What     string   `json:"what" enum:"plan,template"`
	ID       ID       `json:"id,omitempty"`
	Created  bool     `json:"created"`
	Changed  bool     `json:"changed"`
	Ready    bool     `json:"ready" doc:"the plan is ready afterwards"`
	Preview  *Preview `json:"preview,omitempty"`
	Doubts   []Field  `json:"doubts,omitempty"`
	UsedBy   []string `json:"used_by,omitempty" doc:"the plans that use a template that changes"`
	Moved    int      `json:"moved,omitempty"`
	Waiting  int      `json:"waiting,omitempty"`
	Followed ID       `json:"operation,omitempty" doc:"takes live contacts to the new version"`
}

// PlanFilter selects plans for a list.
type PlanFilter struct {
	Text   string // a part of the name
	Kind   string
	Status string // draft, ready, archived; "" = all but archived
}

// Plans returns a page of the plan list, by name, with counts.
func (c *Client) Plans(ctx context.Context, f PlanFilter, page PageOptions) (Page[PlanLine], error) {
	q := page.query()
	for name, value := range map[string]string{"q": f.Text, "kind": f.Kind, "status": f.Status} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return get[Page[PlanLine]](ctx, c, "/plans", q)
}

// Plan returns one plan.
func (c *Client) Plan(ctx context.Context, id ID) (Plan, error) {
	return get[Plan](ctx, c, path("plans", string(id)), nil)
}

// CreatePlan saves a new plan, as a draft.
func (c *Client) CreatePlan(ctx context.Context, d Document) (Plan, error) {
	return send[Plan](ctx, c, http.MethodPost, "/plans", d)
}

// UpdatePlan saves a new version of a plan; version is the one that was edited. applyTo is everyone (also "") or new.
func (c *Client) UpdatePlan(ctx context.Context, id ID, version int, applyTo string, d Document) (Plan, error) {
	q := url.Values{}
	if applyTo != "" {
		q.Set("apply_to", applyTo)
	}
	var out Plan
	_, err := c.do(ctx, request{method: http.MethodPut, path: path("plans", string(id)), query: q, body: d, match: strconv.Quote(strconv.Itoa(version))}, &out)
	return out, err
}

// PreviewPlan says what saving the document would do.
func (c *Client) PreviewPlan(ctx context.Context, id ID, d Document) (Preview, error) {
	return send[Preview](ctx, c, http.MethodPost, path("plans", string(id), "preview"), d)
}

// ReadyPlan makes a draft ready.
func (c *Client) ReadyPlan(ctx context.Context, id ID) (Plan, error) {
	return send[Plan](ctx, c, http.MethodPost, path("plans", string(id), "ready"), nil)
}

// DraftPlan takes a plan back to draft; contacts on it go on.
func (c *Client) DraftPlan(ctx context.Context, id ID) (Plan, error) {
	return send[Plan](ctx, c, http.MethodPost, path("plans", string(id), "draft"), nil)
}

// ArchivePlan puts a plan away; its live runs finish, or are stopped.
func (c *Client) ArchivePlan(ctx context.Context, id ID, stop bool) (Archived, error) {
	a := ArchivePlan{Runs: "finish"}
	if stop {
		a.Runs = "stop"
	}
	return send[Archived](ctx, c, http.MethodPost, path("plans", string(id), "archive"), a)
}

// UnarchivePlan takes a plan out of the archive, as a draft.
func (c *Client) UnarchivePlan(ctx context.Context, id ID) (Plan, error) {
	return send[Plan](ctx, c, http.MethodPost, path("plans", string(id), "unarchive"), nil)
}

// DuplicatePlan copies a plan as a draft.
func (c *Client) DuplicatePlan(ctx context.Context, id ID) (Plan, error) {
	return send[Plan](ctx, c, http.MethodPost, path("plans", string(id), "duplicate"), nil)
}

// DeletePlan deletes a plan that nobody is on.
func (c *Client) DeletePlan(ctx context.Context, id ID) error {
	return c.drop(ctx, path("plans", string(id)))
}

// PlanVersions returns a plan's versions, newest first.
func (c *Client) PlanVersions(ctx context.Context, id ID) (Page[PlanVersion], error) {
	return get[Page[PlanVersion]](ctx, c, path("plans", string(id), "versions"), nil)
}

// PlanVersion returns one version with its document.
func (c *Client) PlanVersion(ctx context.Context, id ID, version int) (PlanVersion, error) {
	return get[PlanVersion](ctx, c, path("plans", string(id), "versions", strconv.Itoa(version)), nil)
}

// ComparePlan says what makes version to of version from.
func (c *Client) ComparePlan(ctx context.Context, id ID, from, to int) (Page[PlanChange], error) {
	q := url.Values{"from": {strconv.Itoa(from)}, "to": {strconv.Itoa(to)}}
	return get[Page[PlanChange]](ctx, c, path("plans", string(id), "compare"), q)
}

// PlanYAML returns a plan as a file.
func (c *Client) PlanYAML(ctx context.Context, id ID) ([]byte, error) {
	return get[[]byte](ctx, c, path("plans", string(id), "file"), nil)
}

// ExportPlans returns plans as files: those of the names, or all that are not archived; templates adds those that they name.
func (c *Client) ExportPlans(ctx context.Context, templates bool, names ...string) (PlanFiles, error) {
	q := url.Values{"name": names}
	if templates {
		q.Set("templates", "true")
	}
	return get[PlanFiles](ctx, c, "/plans/export", q)
}

// ApplyPlans applies files. A Problem names each fault by file and line: Field.Name is "FILE:LINE".
func (c *Client) ApplyPlans(ctx context.Context, a ApplyPlans) (AppliedPlans, error) {
	return send[AppliedPlans](ctx, c, http.MethodPost, "/plans/apply", a)
}
