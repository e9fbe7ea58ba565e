package enroll

import (
	"testing"
	"time"

	"tactus/internal/plan"
)

// dueCase is one step's due moment: a timing as people write it, its anchors as local times, and what must come out.
type dueCase struct {
	name, when, zone, start string
	date                    string   // of a dated plan
	planAt                  string   // the plan's own time of day
	task                    string   // the assignee's zone, for a task
	pauses                  []string // from, to, from, to …; an open one at the end
	want                    string   // "" = not known
}

// PLAN-7, PLAN-8, PLAN-13, PLAN-16: due moments by hand.
func TestDue(t *testing.T) {
	t.Parallel()
	const ny, utc = "America/New_York", "UTC"
	for _, c := range []dueCase{
		{name: "immediately", when: "immediately", zone: ny, start: "2026-03-07T10:00:30-05:00", want: "2026-03-07T10:00:30-05:00"},
		{name: "immediately, paused at it", when: "immediately", zone: ny, start: "2026-03-07T10:00:00-05:00", pauses: []string{"2026-03-07T10:00:00-05:00", "2026-03-07T12:00:00-05:00"}, want: "2026-03-07T12:00:00-05:00"},
		{name: "hours run over a gap", when: "24 hours after start", zone: ny, start: "2026-03-07T10:00:00-05:00", want: "2026-03-08T11:00:00-04:00"},
		{name: "days keep the clock over a gap", when: "1 day after start", zone: ny, start: "2026-03-07T10:00:30-05:00", want: "2026-03-08T10:00:30-04:00"},
		{name: "in the gap", when: "1 day after start at 02:30", zone: ny, start: "2026-03-07T10:00:00-05:00", want: "2026-03-08T03:00:00-04:00"},
		{name: "doubled: the first", when: "1 day after start at 01:30", zone: ny, start: "2026-10-31T10:00:00-04:00", want: "2026-11-01T01:30:00-04:00"},
		{name: "the lost day of Apia", when: "1 day after start", zone: "Pacific/Apia", start: "2011-12-29T15:00:00-10:00", want: "2011-12-31T00:00:00+14:00"},
		{name: "day 1 is the day after, at nine", when: "on day 1", zone: ny, start: "2026-03-07T23:59:00-05:00", want: "2026-03-08T09:00:00-04:00"},
		{name: "the plan's time", when: "on day 2", zone: ny, start: "2026-03-07T23:59:00-05:00", planAt: "07:30", want: "2026-03-09T07:30:00-04:00"},
		{name: "month end", when: "1 month after start", zone: utc, start: "2028-01-31T10:00:00Z", want: "2028-02-29T10:00:00Z"},
		{name: "month end, then weekdays", when: "1 month after start on mon", zone: utc, start: "2026-01-31T10:00:00Z", want: "2026-03-02T10:00:00Z"},
		{name: "before the date", when: "1 month before event at 09:00", zone: ny, start: "2026-01-01T00:00:00Z", date: "2026-03-31T12:00:00-04:00", want: "2026-02-28T09:00:00-05:00"},
		{name: "no date yet", when: "at event", zone: ny, start: "2026-01-01T00:00:00Z"},
		{name: "a task is due at nine of the assignee", when: "on day 1", zone: ny, start: "2026-06-04T10:00:00-04:00", task: "Europe/Berlin", want: "2026-06-05T03:00:00-04:00"},
		{name: "a task is never due before its anchor", when: "on day 1", zone: ny, start: "2026-06-04T22:00:00-04:00", task: "Asia/Tokyo", want: "2026-06-05T20:00:00-04:00"},
		{name: "a task with a time is the contact's", when: "on day 1 at 08:00", zone: ny, start: "2026-06-04T22:00:00-04:00", task: "Asia/Tokyo", want: "2026-06-05T08:00:00-04:00"},

		{name: "a short pause is one day", when: "3 days after start", zone: utc, start: "2026-05-04T10:00:00Z", pauses: []string{"2026-05-05T12:00:00Z", "2026-05-05T12:00:01Z"}, want: "2026-05-08T10:00:00Z"},
		{name: "a day to the second is one day", when: "3 days after start", zone: utc, start: "2026-05-04T10:00:00Z", pauses: []string{"2026-05-05T12:00:00Z", "2026-05-06T12:00:00Z"}, want: "2026-05-08T10:00:00Z"},
		{name: "a second more is two", when: "3 days after start", zone: utc, start: "2026-05-04T10:00:00Z", pauses: []string{"2026-05-05T12:00:00Z", "2026-05-06T12:00:01Z"}, want: "2026-05-09T10:00:00Z"},
		{name: "each pause counts its own days", when: "5 days after start", zone: utc, start: "2026-05-04T10:00:00Z", pauses: []string{"2026-05-05T12:00:00Z", "2026-05-05T13:00:00Z", "2026-05-05T14:00:00Z", "2026-05-05T15:00:00Z"}, want: "2026-05-11T10:00:00Z"},
		{name: "wall days over the gap", when: "9 days after start at 02:30", zone: ny, start: "2026-02-27T10:00:00-05:00", pauses: []string{"2026-03-01T12:00:00-05:00", "2026-03-08T12:00:00-04:00"}, want: "2026-03-15T02:30:00-04:00"},
		{name: "shifted before weekdays apply", when: "4 days after start on mon-fri", zone: utc, start: "2026-05-04T10:00:00Z", pauses: []string{"2026-05-05T12:00:00Z", "2026-05-05T13:00:00Z"}, want: "2026-05-11T10:00:00Z"},
		{name: "the clamped date is shifted", when: "1 month after start", zone: utc, start: "2026-01-31T10:00:00Z", pauses: []string{"2026-02-01T00:00:00Z", "2026-02-01T01:00:00Z"}, want: "2026-03-01T10:00:00Z"},
		{name: "due at the pause", when: "1 day after start", zone: utc, start: "2026-05-04T10:00:00Z", pauses: []string{"2026-05-05T10:00:00Z", "2026-05-07T13:00:00Z"}, want: "2026-05-07T13:00:00Z"},
		{name: "due before the pause", when: "1 hour after start", zone: utc, start: "2026-05-04T10:00:00Z", pauses: []string{"2026-05-05T10:00:00Z", "2026-05-07T13:00:00Z"}, want: "2026-05-07T13:00:00Z"},
		{name: "elapsed time shifts by the pause", when: "48 hours after start", zone: utc, start: "2026-05-04T10:00:00Z", pauses: []string{"2026-05-05T10:00:00Z", "2026-05-05T10:30:00Z", "2026-05-06T10:15:00Z", "2026-05-06T11:00:00Z"}, want: "2026-05-06T11:15:00Z"},
		{name: "a pause into the doubled hour is no day, but never before the resume", when: "1 day after start at 01:30", zone: ny, start: "2026-10-31T10:00:00-04:00", pauses: []string{"2026-11-01T01:20:00-04:00", "2026-11-01T01:10:00-05:00"}, want: "2026-11-01T01:10:00-05:00"},
		{name: "a pause before the anchor is nothing", when: "1 day after start", zone: utc, start: "2026-05-04T10:00:00Z", pauses: []string{"2026-05-01T10:00:00Z", "2026-05-04T10:00:00Z"}, want: "2026-05-05T10:00:00Z"},
		{name: "an open pause counts as not there", when: "1 day after start", zone: utc, start: "2026-05-04T10:00:00Z", pauses: []string{"2026-05-04T11:00:00Z"}, want: "2026-05-05T10:00:00Z"},
		{name: "dated steps keep their date", when: "1 day before event", zone: utc, start: "2026-05-01T10:00:00Z", date: "2026-05-06T10:00:00Z", pauses: []string{"2026-05-02T11:00:00Z", "2026-05-09T11:00:00Z"}, want: "2026-05-05T10:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, ok := c.due(t)
			switch {
			case !ok && c.want != "" || ok && c.want == "":
				t.Fatalf("known: %t", ok)
			case ok && !got.Equal(moment(t, c.want)):
				t.Fatalf("%s after %s: %s, want %s", c.when, c.start, got.In(zone(t, c.zone)).Format(time.RFC3339Nano), c.want)
			}
		})
	}
}

func (c dueCase) due(t *testing.T) (time.Time, bool) {
	t.Helper()
	timing, err := plan.ParseTiming(c.when)
	if err != nil {
		t.Fatal(err)
	}
	s := &Step{Step: plan.Step{ID: "s", When: timing}, Role: plan.Role{Task: c.task != ""}}
	p := program(s)
	if c.planAt != "" {
		at, err := plan.ParseTimeOfDay(c.planAt)
		if err != nil {
			t.Fatal(err)
		}
		p.Document.At = &at
	}
	st := NewState(moment(t, c.start), time.Time{}, nil)
	if c.date != "" {
		st.Date = MillisOf(moment(t, c.date))
	}
	for i, m := range c.pauses {
		if i%2 == 0 {
			st.Pauses = append(st.Pauses, Pause{From: MillisOf(moment(t, m))})
		} else {
			st.Pauses[i/2].To = MillisOf(moment(t, m))
		}
	}
	z := zones{contact: zone(t, c.zone), assignee: func(*Step) *time.Location { return zone(t, c.task) }}
	return due(p, &st, s, z)
}

// program is a version of these steps alone.
func program(steps ...*Step) *Program {
	p := &Program{Version: &plan.Version{}, Steps: steps, byID: map[string]*Step{}}
	for i, s := range steps {
		s.Pos = i
		p.byID[s.ID] = s
	}
	return p
}

// failer is what *testing.T and *rapid.T have in common.
type failer interface {
	Helper()
	Fatal(args ...any)
}

func moment(t failer, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

func zone(t failer, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// PLAN-10: what is too late without having waited.
func TestMissed(t *testing.T) {
	t.Parallel()
	start := moment(t, "2026-05-04T10:00:00Z")
	hour := func(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }
	dated := &Step{Step: plan.Step{ID: "s", When: plan.Timing{Anchor: plan.AtDate}}}
	for _, c := range []struct {
		name  string
		due   time.Time
		state func(*State)
		want  bool
	}{
		{"before the start", start.Add(-time.Millisecond), nil, true},
		{"at the start", start, nil, false},
		{"due at the pause", hour(2), func(st *State) { st.Pauses = []Pause{{MillisOf(hour(2)), MillisOf(hour(4))}} }, true},
		{"due before the pause: it had been waiting", hour(1), func(st *State) { st.Pauses = []Pause{{MillisOf(hour(2)), MillisOf(hour(4))}} }, false},
		{"due at the resume", hour(4), func(st *State) { st.Pauses = []Pause{{MillisOf(hour(2)), MillisOf(hour(4))}} }, false},
		{"in an open pause", hour(3), func(st *State) { st.Pauses = []Pause{{MillisOf(hour(2)), 0}} }, false},
		{"put into the past by a move", hour(3), func(st *State) { st.Moved = MillisOf(hour(4)) }, true},
		{"moved to the move's own moment", hour(4), func(st *State) { st.Moved = MillisOf(hour(4)) }, false},
		{"waiting when it moved", hour(3), func(st *State) {
			st.Moved, st.Wait = MillisOf(hour(4)), []Postponed{{Step: "s", Until: MillisOf(hour(6))}}
		}, false},
	} {
		st := NewState(start, time.Time{}, nil)
		if c.state != nil {
			c.state(&st)
		}
		if got := missed(&st, dated, c.due); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
		undated := &Step{Step: plan.Step{ID: "s", When: plan.Timing{Anchor: plan.AtStart}}}
		if missed(&st, undated, c.due) {
			t.Errorf("%s: an undated step is never too late", c.name)
		}
	}
}

// PLAN-11: yearly occurrences.
func TestNextOccurrence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ date, zone, after, want string }{
		{"1988-02-29", "UTC", "2026-02-27T00:00:00Z", "2026-02-28T00:00:00Z"},
		{"1988-02-29", "UTC", "2026-02-28T00:00:00Z", "2027-02-28T00:00:00Z"},
		{"1988-02-29", "UTC", "2027-03-01T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"1988-02-29", "UTC", "2099-03-01T00:00:00Z", "2100-02-28T00:00:00Z"},
		{"2028-12-24T09:00", "UTC", "2024-01-01T00:00:00Z", "2028-12-24T09:00:00Z"},
		{"1990-01-01", "Pacific/Kiritimati", "2025-12-31T09:59:59Z", "2025-12-31T10:00:00Z"},
		{"1990-03-08", "America/Havana", "2026-01-01T00:00:00Z", "2026-03-08T05:00:00Z"},
	} {
		wall, ok := ParseWall(c.date)
		if !ok {
			t.Fatal(c.date)
		}
		got, ok := nextOccurrence(dateSource{wall: wall, zone: zone(t, c.zone), yearly: true, known: true}, moment(t, c.after))
		if !ok || !got.Equal(moment(t, c.want)) {
			t.Errorf("%s after %s in %s: %s %t, want %s", c.date, c.after, c.zone, got, ok, c.want)
		}
	}
}
