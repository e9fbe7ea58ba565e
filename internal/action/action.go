// Package action is the contract of what a step can do. One folder per kind
// (action/email, action/tag …); no concrete kind is named here. An action never performs I/O:
// it describes effects of a closed set, so that the same code serves the engine, the simulator
// and the model test, and the engine can apply the effects of a batch as sets (HOUSE-2).
package action

import (
	"encoding/json"
	"time"

	"tactus/internal/contact"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// Kind is one thing a step can do.
type Kind interface {
	Info() Info
	// Fields describes the step's own fields; decoding is strict and made from them.
	Fields() []form.Field
	// New returns an empty config, a pointer ready for strict JSON decoding.
	New() Action
}

// Info names a kind and what it is.
type Info struct {
	Name     string    // "send_email": verb_object, stored for ever (golden file)
	Label    string    // "Send email"
	Help     string    // one sentence
	Planned  bool      // known to plans and checks, but its channel is not built yet: steps are skipped as action_off
	Optional bool      // accounts may switch it off (PLAN-12)
	Role     plan.Role // what the plan language must know of it
}

// Action is a kind's config in one step. Implementations are plain structs with json tags named as in 1a.
type Action interface {
	// Validate reports every field at fault; names are the step's field names ("subject", "tags").
	Validate() []fault.Field
	// Do decides what the step does for this contact, now. It is pure.
	Do(in Input) Outcome
}

// Referencer is implemented by actions that name objects of the account.
type Referencer interface {
	Refs() []plan.Reference
}

// Texter is implemented by actions with merge-field texts; each is checked when saving (TPL-2).
type Texter interface {
	// Texts returns the templates by field name; a list field's items are "texts[0]", …
	Texts() map[string]string
}

// Flow is what an action does to the run itself.
type Flow int

// The flows.
const (
	Continue  Flow = iota
	NextRound      // repeat_plan
	EndRun         // end_plan
	PauseSelf      // pause_all_plans includes the running one
)

// Input is what an action may look at.
type Input struct {
	Account    int64
	Contact    *contact.Facts // as it stands, effects of earlier fused steps included
	Refs       *plan.Refs
	StepID     string
	Now, Due   time.Time
	Round      int
	Enrollment int64
	AssignedBy int64 // the user who put the contact on the plan; 0 = not a person
	Owner      int64 // the account owner
	// Render resolves merge fields for this contact; the error is a fault for the history. Literal texts come back as they are.
	Render func(text string) (string, error)
	// Alive reports whether the plan, template or user of that id can be used now (PLAN-26).
	Alive func(ref form.Ref, id int64) bool
	// OnPlan reports the contact's status on a plan, "" when it is not on it.
	OnPlan func(planID int64) plan.Status
	// OnNext is OnPlan as a start now would find it: of a plan dated by events, for the contact's next event.
	OnNext func(planID int64) plan.Status
	// MayAssign reports whether a plan that the contact is not on would start by itself now: one that it has finished as PLAN-5's "again"
	// says, one dated by events for the contact's next event; nil = it would.
	MayAssign func(planID int64) bool
}

// Outcome is what an action decided: a skip or failure with its reason code, or effects.
type Outcome struct {
	Skip    string // "", nothing_to_do, target_missing …
	Fail    string
	Detail  string // for the history: what exactly
	Effects []Effect
	Flow    Flow
}

// Effect is one of the closed set below; a new one is a decision (docs/adr).
type Effect interface{ effect() }

// SendMessage hands content to a channel; the step waits for the carrier's answer (ENG-4).
// The content is rendered by the sender when it is first handed over (PLAN-26).
type SendMessage struct {
	Channel string
	Thread  bool // sent as a reply in the run's thread (EMAIL-3)
}

// CreateTask makes the step's open task, or the reminder, or lets the open task fall due.
type CreateTask struct {
	Kind            string // task, contact_reminder, call_reminder
	Title, Notes    string // merge fields resolved
	Assignee        Assignee
	CompletionEmail int64 // template id; 0 = none
}

// Assignee names who gets a task: a user or a partner; both 0 = the account owner stands in.
type Assignee struct{ User, Partner int64 }

// ChangeContact changes the contact itself. Only set fields change.
type ChangeContact struct {
	AddTags, RemoveTags []int64
	Stage               int64 // 0 = leave
	AssignUser          int64 // 0 = leave
	UnassignUser        bool
	Note                string
}

// CommandPlans changes the contact's enrollments on other plans.
type CommandPlans struct {
	Op   string // assign, pause, pause_all
	Plan int64  // 0 with pause_all
}

// CallWebhook posts contact and step to a URL (a later issue sends it).
type CallWebhook struct{ URL string }

func (SendMessage) effect()   {}
func (CreateTask) effect()    {}
func (ChangeContact) effect() {}
func (CommandPlans) effect()  {}
func (CallWebhook) effect()   {}

// Content is implemented by actions that send a message: the texts to render, or the template to take them from.
type Content interface {
	// Content returns the texts for the n-th sending of this step (n from 0, over rounds and runs).
	Content(n int) Source
}

// Source is where a message's content comes from.
type Source struct {
	Template string // a template's name; "" = the texts below
	Subject  string
	Text     string
	HTML     string
	Media    []string
}

// Decode reads a step's config strictly into a fresh Action of kind k.
func Decode(k Kind, config json.RawMessage) (Action, error) {
	a := k.New()
	if len(config) == 0 {
		config = json.RawMessage("{}")
	}
	if err := strictJSON(config, a); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the fields of %s cannot be read", k.Info().Name)
	}
	return a, nil
}
