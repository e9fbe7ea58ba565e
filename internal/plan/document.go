package plan

import (
	"encoding/json"
	"strings"

	"tactus/internal/calendar"
)

// Kind presets the editor and says what a plan is for; it forbids nothing (PLAN-1).
type Kind string

// The kinds of plan. Stored for ever.
const (
	Connection Kind = "connection"
	Conversion Kind = "conversion"
	Retention  Kind = "retention"
	Event      Kind = "event"
	Seasonal   Kind = "seasonal"
	General    Kind = "general"
)

// Document is the content of one plan version as people write it (1a). Once saved as a
// version it never changes. References are by name here; Refs of the version hold the ids.
type Document struct {
	Name        string
	Kind        Kind
	Description string
	Source      string // starts for every new lead of this source
	Stage       string // the contact's stage when the plan starts
	Date        *Date  // dated by the plan
	Yearly      bool
	Event       string // dated by events of this kind, as written: see EventKind
	DateField   string // dated by a date field of the contact
	NextPlan    string
	Again       Again
	StartOn     []StartRule
	PauseOn     []Signal
	PauseScope  Scope
	PauseOnFail bool
	At          *calendar.TimeOfDay // for every day-based step that names none
	Steps       []Step
}

// Date is a plan's own date: local time in the account's zone. A date without a time is 00:00.
type Date struct{ Wall calendar.Wall }

// Again says what an automatic start does with a contact whose run on this plan has ended (PLAN-5).
type Again struct {
	Mode AgainMode
	Days int // for AgainAfter: calendar days after the last run ended
}

// AgainMode is one of the ways; the zero value is the default: never for starts by source, else when finished.
type AgainMode string

// The modes of Again.
const (
	AgainDefault  AgainMode = ""
	AgainNever    AgainMode = "never"
	AgainFinished AgainMode = "when_finished"
	AgainAfter    AgainMode = "after"
)

// StartRule puts contacts on the plan by itself (PLAN-4); exactly one field is set. A source is the plan's own field.
type StartRule struct {
	Tag   string `json:"tag,omitempty"`
	Stage string `json:"stage,omitempty"`
	Group string `json:"group,omitempty"`
	Event string `json:"event,omitempty"`
}

// EventKind is the form of a kind of event that is stored and compared: people write "Closing" and "closing" for the same. What a plan's author
// wrote stays in the document.
func EventKind(written string) string {
	return strings.ToLower(strings.Join(strings.Fields(written), " "))
}

// birthday is the date field that every contact has.
const birthday = "birthday"

// dateField gives the birthday its one name: the engine asks for it by that, and people write "Birthday". Other fields have the names that
// the account gave them.
func dateField(written string) string {
	if strings.EqualFold(written, birthday) {
		return birthday
	}
	return written
}

// Signal is what pauses a plan by itself (PLAN-17).
type Signal string

// The signals.
const (
	EmailReply   Signal = "email_reply"
	SMSReply     Signal = "sms_reply"
	AnsweredCall Signal = "answered_call"
)

// Scope says how far a signal reaches; the zero value is ScopePlan.
type Scope string

// The scopes.
const (
	ScopePlan    Scope = "plan"
	ScopeChannel Scope = "channel"
	ScopeAll     Scope = "all"
)

// Step is one action with its timing (PLAN-7).
type Step struct {
	ID            string // identity across versions (PLAN-21, DEC-8); unique in the plan; never empty in a saved version
	Name          string
	Milestone     string // the heading above it; nothing more
	Action        string // a stored action name: "send_email"
	When          Timing
	Notify        bool
	BusinessHours bool
	OnlyIf        string          // Liquid condition; "" = always
	Config        json.RawMessage // the action's own fields as a JSON object; "{}" when it has none
}

// Anchor is what a step's timing counts from.
type Anchor string

// The anchors (PLAN-7).
const (
	AtStart  Anchor = "start"    // N units after the round's start; N = 0 is "immediately"
	OnDay    Anchor = "day"      // on day N after the start's day
	Previous Anchor = "previous" // N units after the step above is done
	AtDate   Anchor = "date"     // N units before or after the plan's date; N = 0 is "at event"
)

// Unit is a unit of time. Minutes and hours are elapsed time, the others calendar time (PLAN-8).
type Unit string

// The units.
const (
	Minute Unit = "minute"
	Hour   Unit = "hour"
	Day    Unit = "day"
	Week   Unit = "week"
	Month  Unit = "month"
)

// Timing says when a step is due.
type Timing struct {
	Anchor   Anchor
	N        int // ≥ 0; 0 only for "immediately" and "at event"
	Unit     Unit
	Before   bool // only with AtDate
	At       *calendar.TimeOfDay
	Weekdays calendar.Weekdays
}

// DayBased reports whether the timing is calendar time: it may name a time of day and weekdays.
func (t Timing) DayBased() bool {
	return t.Anchor == OnDay || t.N > 0 && (t.Unit == Day || t.Unit == Week || t.Unit == Month)
}

// Dated reports whether the timing needs the plan's date.
func (t Timing) Dated() bool { return t.Anchor == AtDate }

// Dated reports whether the plan has a date, whatever gives it (PLAN-6).
func (d *Document) Dated() bool { return d.Date != nil || d.Event != "" || d.DateField != "" }

// DatedByEvent reports whether each event makes an enrollment of its own (PLAN-5).
func (d *Document) DatedByEvent() bool { return d.Event != "" }

// RepeatsYearly reports whether each occurrence of the date is a run of its own (PLAN-11).
func (d *Document) RepeatsYearly() bool {
	return d.Yearly || d.DateField == birthday
}

// MayRepeatYearly reports whether the date may come again every year: an event says itself whether it does (CON-10).
func (d *Document) MayRepeatYearly() bool { return d.RepeatsYearly() || d.DatedByEvent() }

// Channel is the channel that the signal comes on.
func (s Signal) Channel() string {
	switch s {
	case SMSReply:
		return "sms"
	case AnsweredCall:
		return "call"
	default:
		return "email"
	}
}
