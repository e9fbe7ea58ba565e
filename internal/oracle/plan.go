// Package oracle tells a second time, by itself and as plainly as possible, what the rules of plans say of one contact: when steps
// are due, what becomes of them, which messages leave and which tasks are open. It is what the engine is held against in the
// model test (2-engine): it shares no code with internal/enroll and internal/gate, knows no database, and is in no hurry. Where the
// two differ, the text of the rules decides. Only calendar arithmetic, which has proofs of its own, is common.
package oracle

import (
	"fmt"
	"strings"
	"time"

	"tactus/internal/calendar"
)

// Plan is one version of a plan.
type Plan struct {
	Name         string
	Event        bool           // dated by events of the kind "closing"
	Field        string         // dated by a field of the contact, in the contact's zone
	Date         *calendar.Wall // dated by the plan, in the account's zone
	Yearly       bool           // that date comes every year
	At           *calendar.TimeOfDay
	PauseOnReply bool
	Scope        string // what a reply pauses: plan, channel, all
	PauseOnFail  bool
	Next         string // the plan that follows when a run completes (PLAN-3)
	Again        *int   // automatic starts restart what has finished so many days after its end; -1 = never; nil = at once (PLAN-5)
	OnTag        bool   // starts when the tag is added (PLAN-4)
	Steps        []Step
}

// Birthday is the date field that comes every year (PLAN-6).
const Birthday = "birthday"

// The actions that histories are made of.
const (
	Email    = "send_email"
	Note     = "add_note"
	Task     = "create_task"
	AddTag   = "add_tags"
	DropTag  = "remove_tags"
	PauseAll = "pause_all_plans"
	AssignTo = "assign_plan"
	PauseOne = "pause_plan"
	EndPlan  = "end_plan"
	Repeat   = "repeat_plan"
)

// Tag is the one tag of histories.
const Tag = "VIP"

// Step is one step. OnlyIf is "" or one of "tag", "no tag", and "ID OUTCOME" of an earlier step.
type Step struct {
	ID       string
	Action   string
	When     When
	OnlyIf   string
	Business bool
	Times    int    // of Repeat; 0 = without end
	Other    string // the plan of AssignTo and PauseOne
}

// When is a timing: N units after start, previous or event (From), on day N ("day"), N units before event. N = 0 is the moment itself.
type When struct {
	From   string
	N      int
	Unit   string
	Before bool
	At     *calendar.TimeOfDay
	On     calendar.Weekdays
}

func (w When) daily() bool {
	return w.From == "day" || w.N > 0 && (w.Unit == "day" || w.Unit == "week" || w.Unit == "month")
}

// String is the timing as plan files have it.
func (w When) String() string {
	text := fmt.Sprintf("%d %s after %s", w.N, w.Unit, w.From)
	switch {
	case w.From == "start" && w.N == 0:
		text = "immediately"
	case w.From == "day":
		text = fmt.Sprintf("on day %d", w.N)
	case w.From == "event" && w.N == 0:
		text = "at event"
	case w.Before:
		text = fmt.Sprintf("%d %s before event", w.N, w.Unit)
	}
	if w.At != nil {
		text += " at " + w.At.String()
	}
	var days []string
	for d := time.Sunday; d <= time.Saturday; d++ {
		if w.On.Has(d) {
			days = append(days, strings.ToLower(d.String()))
		}
	}
	if len(days) > 0 {
		text += " on " + strings.Join(days, ",")
	}
	return text
}

// File is the plan as a plan file (1a).
func (p *Plan) File() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("tactus: 1\nplan: %s\nkind: general", p.Name)
	if p.Event {
		line("event: closing")
	}
	if p.Field != "" {
		line("date_field: %s", p.Field)
	}
	if p.Date != nil {
		line("date: %sT%s", p.Date.Date, p.Date.Time)
	}
	if p.Yearly {
		line("yearly: true")
	}
	if p.At != nil {
		line("at: %q", p.At.String())
	}
	if p.PauseOnReply {
		line("pause_on: [email_reply]\npause_scope: %s", p.Scope)
	}
	if p.PauseOnFail {
		line("on_failure: pause")
	}
	if p.Next != "" {
		line("next_plan: %s", p.Next)
	}
	if p.Again != nil {
		line("again: %s", p.again())
	}
	if p.OnTag {
		line("start_on: [{tag: %s}]", Tag)
	}
	line("steps:")
	for _, s := range p.Steps {
		line("  - id: %s\n    name: %s\n    action: %s\n    when: %s", s.ID, s.ID, s.Action, s.When)
		if s.Business {
			line("    business_hours: true")
		}
		if s.OnlyIf != "" {
			line("    only_if: %s", s.condition())
		}
		switch s.Action {
		case Email:
			line("    subject: %s %s\n    body: Hello", p.Name, s.ID)
		case Note:
			line("    text: a note")
		case Task:
			line("    title: %s", s.ID)
		case AddTag, DropTag:
			line("    tags: [%s]", Tag)
		case AssignTo, PauseOne:
			line("    plan: %s", s.Other)
		case Repeat:
			if s.Times > 0 {
				line("    times: %d", s.Times)
			}
		}
	}
	return b.String()
}

func (p *Plan) again() string {
	switch {
	case p.Again == nil:
		return "when finished"
	case *p.Again < 0:
		return "never"
	}
	return fmt.Sprintf("after %d days", *p.Again)
}

// String is the plan in a few lines.
func (p *Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "plan %s", p.Name)
	for _, has := range []struct {
		it   bool
		text string
	}{
		{p.Event, "dated by events"},
		{p.Field != "", "dated by " + p.Field},
		{p.Date != nil, fmt.Sprintf("dated %+v", p.Date)},
		{p.At != nil, fmt.Sprintf("at %v", p.At)},
		{p.Yearly, "yearly"},
		{p.PauseOnReply, "pauses on reply (" + p.Scope + ")"},
		{p.PauseOnFail, "pauses on failure"},
		{p.Next != "", "then " + p.Next},
		{p.Again != nil, "again " + p.again()},
		{p.OnTag, "starts on " + Tag},
	} {
		if has.it {
			b.WriteString(", " + has.text)
		}
	}
	for _, s := range p.Steps {
		fmt.Fprintf(&b, "\n  %s %s %s %s", s.ID, s.Action, s.Other, s.When)
		if s.Business {
			b.WriteString(", in business hours")
		}
		if s.OnlyIf != "" {
			b.WriteString(", only if " + s.OnlyIf)
		}
		if s.Times > 0 {
			fmt.Fprintf(&b, ", times %d", s.Times)
		}
	}
	return b.String()
}

func (s Step) condition() string {
	switch s.OnlyIf {
	case "tag":
		return `contact.tags contains "` + Tag + `"`
	case "no tag":
		return `contact.tags == empty`
	}
	id, outcome, _ := strings.Cut(s.OnlyIf, " ")
	return fmt.Sprintf("steps.%s.outcome == %q", id, outcome)
}

func (p *Plan) position(id string) int {
	for i, s := range p.Steps {
		if s.ID == id {
			return i
		}
	}
	return -1
}

// Has reports whether the plan has a step of that identity.
func (p *Plan) Has(id string) bool { return p.position(id) >= 0 }

// Dated reports whether steps may go by a date.
func (p *Plan) Dated() bool { return p.Event || p.Field != "" || p.Date != nil }

func (p *Plan) sends() bool {
	for _, s := range p.Steps {
		if s.Action == Email {
			return true
		}
	}
	return false
}
