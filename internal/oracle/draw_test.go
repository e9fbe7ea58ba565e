package oracle_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"tactus/internal/calendar"
	"tactus/internal/oracle"
)

// zones have clock changes of an hour, of half an hour, and none; offsets of quarters of an hour.
var zones = []string{"UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Los_Angeles", "Pacific/Auckland"}

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

func pick[T any](t *rapid.T, label string, from ...T) T {
	return rapid.SampledFrom(from).Draw(t, label)
}

func number(t *rapid.T, label string, from, to int) int {
	return rapid.IntRange(from, to).Draw(t, label)
}

// chance is true once in n, and shrinks to false.
func chance(t *rapid.T, label string, n int) bool { return number(t, label, 0, n-1) == n-1 }

// drawStart is near clock changes and ends of months.
func drawStart(t *rapid.T) time.Time {
	day := pick(t, "start", "2026-03-02", "2026-03-06", "2026-03-26", "2026-04-02", "2026-09-24", "2026-10-22", "2026-10-29", "2026-01-29", "2028-02-27")
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return at.Add(time.Duration(number(t, "minutes", 0, 4*1440))*time.Minute + time.Duration(pick(t, "ms", 0, 0, 30_000, 59_999))*time.Millisecond)
}

func drawClock(t *rapid.T) *calendar.TimeOfDay {
	c := calendar.At(pick(t, "hour", 9, 0, 1, 2, 3, 8, 12, 17, 23), pick(t, "minute", 0, 30))
	return &c
}

func drawWhen(t *rapid.T, p *oracle.Plan, first bool) oracle.When {
	anchors := []string{"start", "start", "day"}
	if !first {
		anchors = append(anchors, "previous", "previous")
	}
	if p.Dated() {
		anchors = append(anchors, "event", "event", "event")
	}
	w := oracle.When{From: pick(t, "from", anchors...)}
	if w.From == "day" {
		w.N, w.Unit = number(t, "day", 1, 4), "day"
	} else if w.From == "previous" || !chance(t, "at once", 3) {
		w.Unit = pick(t, "unit", "hour", "minute", "day", "day", "week", "month")
		w.N = pick(t, "n", 1, 2, 3, 30)
		if w.Unit == "week" || w.Unit == "month" {
			w.N = pick(t, "few", 1, 2)
		}
	}
	w.Before = w.From == "event" && w.N > 0 && number(t, "before", 0, 2) > 0
	if w.From == "day" || w.N > 0 && (w.Unit == "day" || w.Unit == "week" || w.Unit == "month") {
		if chance(t, "at", 2) {
			w.At = drawClock(t)
		}
		if chance(t, "weekdays", 4) {
			w.On = calendar.Weekdays(0).With(time.Weekday(number(t, "weekday", 0, 6))).With(time.Weekday(number(t, "weekday", 0, 6)))
		}
	}
	return w
}

// drawer makes plans whose steps have identities that never come twice.
type drawer struct {
	steps int
	two   bool
}

func (d *drawer) step(t *rapid.T, p *oracle.Plan, pos int) oracle.Step {
	d.steps++
	s := oracle.Step{ID: fmt.Sprintf("s%d", d.steps)}
	s.Action = pick(t, "action", oracle.Email, oracle.Email, oracle.Email, oracle.Note, oracle.Note, oracle.Task, oracle.AddTag, oracle.DropTag, oracle.EndPlan, oracle.PauseAll)
	if d.two && chance(t, "other plan", 5) {
		s.Action, s.Other = pick(t, "to other", oracle.AssignTo, oracle.PauseOne), pick(t, "which", "A", "B")
	}
	s.When = drawWhen(t, p, pos == 0)
	s.Business = chance(t, "business", 4)
	if s.Action == oracle.EndPlan || chance(t, "condition", 4) {
		s.OnlyIf = pick(t, "only if", "tag", "no tag")
		if pos > 0 && chance(t, "outcome", 2) {
			s.OnlyIf = p.Steps[number(t, "of", 0, pos-1)].ID + " " + pick(t, "outcome", "fired", "skipped", "failed")
		}
	}
	return s
}

func (d *drawer) plan(t *rapid.T, name string, start time.Time, zone *time.Location) *oracle.Plan {
	p := &oracle.Plan{Name: name, PauseOnReply: chance(t, "pause on reply", 3), PauseOnFail: chance(t, "pause on failure", 4)}
	switch pick(t, "dated", "no", "no", "event", "date", "field") {
	case "event":
		p.Event = true
	case "date":
		p.Date, p.Yearly = drawDate(t, start, zone), chance(t, "yearly", 3)
	case "field":
		p.Field = pick(t, "field", fields...)
	}
	p.Scope = pick(t, "scope", "plan", "channel", "all")
	if d.two && !p.Yearly && p.Field != oracle.Birthday && chance(t, "next plan", 4) {
		p.Next = pick(t, "next", "A", "B")
	}
	if chance(t, "again", 4) {
		days := pick(t, "after", 1, -1, 3)
		p.Again = &days
	}
	p.OnTag = chance(t, "on tag", 5)
	if chance(t, "plan at", 5) {
		p.At = drawClock(t)
	}
	for range number(t, "steps", 1, 5) {
		p.Steps = append(p.Steps, d.step(t, p, len(p.Steps)))
	}
	if chance(t, "repeats", 4) {
		d.steps++
		s := oracle.Step{ID: fmt.Sprintf("s%d", d.steps), Action: oracle.Repeat, Times: number(t, "times", 0, 3)}
		s.When = oracle.When{From: "start", N: pick(t, "n", 1, 20, 50), Unit: "hour"}
		p.Steps = append(p.Steps, s)
	}
	return p
}

// uncircled takes out what leads from plan to plan.
func uncircled(p *oracle.Plan) {
	p.Next = ""
	for i := range p.Steps {
		if p.Steps[i].Action == oracle.AssignTo {
			p.Steps[i].Action = oracle.PauseOne
		}
	}
}

func drawDate(t *rapid.T, now time.Time, zone *time.Location) *calendar.Wall {
	w := calendar.Of(now.Add(drawAhead(t)), zone)
	w.Time = calendar.TimeOfDay(time.Duration(w.Time).Truncate(time.Minute))
	return &w
}

// fields are the dates that contacts may have.
var fields = []string{"closing_date", "listing_date", oracle.Birthday}

// drawField is what a contact may have in a date field: a day, for what is no birthday perhaps with a time.
func drawField(t *rapid.T, name string, now time.Time, zone *time.Location) *calendar.Wall {
	w := drawDate(t, now, zone)
	if name == oracle.Birthday {
		w.Date = w.Date.InYear(pick(t, "born", 1980, 1981, w.Date.Year, w.Date.Year+1))
	}
	if name == oracle.Birthday || chance(t, "a day", 2) {
		w.Time = 0
	}
	return w
}

// drawAhead is how far a date lies ahead; it may be past.
func drawAhead(t *rapid.T) time.Duration {
	return time.Duration(number(t, "ahead", -3*24, 20*24))*time.Hour + time.Duration(pick(t, "and", 0, 30))*time.Minute
}

// edit makes another version: steps go, come, and get other timings. Conditions that would have lost their step go too.
func (d *drawer) edit(t *rapid.T, old *oracle.Plan, now time.Time, zone *time.Location) *oracle.Plan {
	p := *old
	p.Steps = slices.Clone(old.Steps)
	if p.Date != nil && chance(t, "move the date", 3) {
		p.Date = drawDate(t, now, zone)
	}
	if p.Date != nil && p.Next == "" && chance(t, "yearly or not", 6) {
		p.Yearly = !p.Yearly
	}
	if p.Field != "" && chance(t, "another field", 4) {
		p.Field = pick(t, "field", fields[:2]...)
		if p.Next == "" {
			p.Field = pick(t, "field", fields...)
		}
	}
	for range number(t, "changes", 1, 2) {
		last := len(p.Steps)
		if p.Steps[last-1].Action == oracle.Repeat {
			last--
		}
		switch pick(t, "change", "add", "drop", "retime") {
		case "add":
			pos := number(t, "place", 0, last)
			p.Steps = slices.Insert(p.Steps, pos, d.step(t, &p, pos))
		case "drop":
			if last > 1 {
				pos := number(t, "place", 0, last-1)
				p.Steps = slices.Delete(p.Steps, pos, pos+1)
			}
		case "retime":
			if last > 0 {
				pos := number(t, "place", 0, last-1)
				p.Steps[pos].When = drawWhen(t, &p, pos == 0)
			}
		}
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		if i == 0 && s.When.From == "previous" {
			s.When.From = "start"
		}
		if id, _, named := strings.Cut(s.OnlyIf, " "); named && id != "no" {
			above := slices.ContainsFunc(p.Steps[:i], func(o oracle.Step) bool { return o.ID == id })
			if !above {
				s.OnlyIf = "tag"
			}
		}
	}
	return &p
}

func drawSettings(t *rapid.T) oracle.Settings {
	s := oracle.Settings{Starts: pick(t, "starts", 24, 2), Gap: time.Duration(pick(t, "gap", 60, 0, 45)) * time.Minute}
	if chance(t, "quiet hours", 3) {
		s.Quiet = &oracle.Window{Open: calendar.At(pick(t, "opens", 8, 10, 0), 0), Close: calendar.At(pick(t, "closes", 21, 12, 17), 30)}
	}
	if chance(t, "office hours", 2) {
		s.Business = &oracle.Window{Open: calendar.At(9, 0), Close: calendar.At(17, 0)}
		for d := time.Monday; d <= time.Friday; d++ {
			s.Business.On = s.Business.On.With(d)
		}
	}
	if chance(t, "cap", 4) {
		s.Cap = oracle.Cap{Max: number(t, "at most", 1, 2), Within: time.Duration(pick(t, "within hours", 24, 1, 72)) * time.Hour}
	}
	return s
}

// drawSwitches opens and shuts what stands between plans and the world.
func drawSwitches(t *rapid.T, s oracle.Settings) oracle.Settings {
	switch pick(t, "switch", "hours", "kill", "email", "note", "task") {
	case "hours":
		was := s
		s = drawSettings(t)
		s.Killed, s.Off, s.Limit = was.Killed, was.Off, was.Limit
	case "kill":
		s.Killed = !s.Killed
	case "email":
		s.Off = flip(s.Off, oracle.Email)
	case "note":
		s.Off = flip(s.Off, oracle.Note)
	case "task":
		s.Off = flip(s.Off, oracle.Task)
	}
	return s
}

func flip(set map[string]bool, name string) map[string]bool {
	out := map[string]bool{name: !set[name]}
	for k, v := range set {
		if k != name {
			out[k] = v
		}
	}
	return out
}

// drawAnswers is what the carrier says to one hand-over after the other, and then from the start.
func drawAnswers(t *rapid.T) []oracle.Answer {
	script := rapid.SliceOfN(rapid.SampledFrom([]oracle.Answer{
		oracle.Accepted, oracle.Accepted, oracle.Accepted, oracle.Accepted, oracle.Later, oracle.Later, oracle.Later,
		oracle.Refused, oracle.Doubted, oracle.Bounced, oracle.Down, oracle.Down,
	}), 1, 5).Draw(t, "answers")
	if chance(t, "outage", 8) {
		script = slices.Concat(slices.Repeat([]oracle.Answer{oracle.Down}, number(t, "failures", 4, 9)), script)
	}
	return script
}
