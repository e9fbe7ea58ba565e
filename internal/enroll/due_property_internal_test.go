package enroll

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tactus/internal/calendar"
	"tactus/internal/plan"
)

// oddZones change their clocks by an hour, half an hour, two hours and a day, at midnight and for Ramadan, or not at all.
var oddZones = []string{
	"America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Apia", "America/Havana", "Asia/Beirut", "Africa/Casablanca",
	"Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Santiago", "America/St_Johns", "Africa/Cairo", "UTC",
}

// drawn is one random day-based step with its anchor.
type drawn struct {
	step  *Step
	p     *Program
	st    State
	z     zones
	start time.Time
	want  calendar.Wall // without pauses: the wall clock it is meant for
}

func draw(t *rapid.T, dayBased bool) drawn {
	d := drawn{}
	d.z.contact = zone(t, rapid.SampledFrom(oddZones).Draw(t, "zone"))
	d.z.assignee = func(*Step) *time.Location { return d.z.contact }
	// Near a change of clocks, where everything happens.
	near := time.Date(2008, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 9000).Draw(t, "day"))
	if _, end := near.In(d.z.contact).ZoneBounds(); !end.IsZero() && rapid.Bool().Draw(t, "near a change") {
		near = end
	}
	when := plan.Timing{Anchor: plan.AtStart, Unit: plan.Minute, N: rapid.IntRange(1, 5000).Draw(t, "minutes")}
	if dayBased {
		when.Unit = rapid.SampledFrom([]plan.Unit{plan.Day, plan.Week, plan.Month}).Draw(t, "unit")
		when.N = rapid.IntRange(1, 5).Draw(t, "n")
		when.Weekdays = calendar.Weekdays(rapid.IntRange(0, 127).Draw(t, "weekdays")) // 0: any day
		near = near.AddDate(0, 0, -rapid.IntRange(0, 8).Draw(t, "days before"))
		if rapid.Bool().Draw(t, "named time") {
			at := calendar.At(rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute"))
			when.At = &at
		}
	}
	d.start = near.Add(time.Duration(rapid.IntRange(-100_000, 100_000).Draw(t, "seconds")) * time.Second).UTC()
	d.step = &Step{Step: plan.Step{ID: "s", When: when}}
	d.p = program(d.step)
	d.st = NewState(d.start, time.Time{}, nil)
	if dayBased {
		anchor := calendar.Of(d.start, d.z.contact)
		d.want = calendar.Wall{Date: offsetDate(anchor.Date, when).NextOf(when.Weekdays), Time: anchor.Time}
		if when.At != nil {
			d.want.Time = *when.At
		}
	}
	return d
}

func (d *drawn) due() time.Time {
	at, _ := due(d.p, &d.st, d.step, d.z)
	return at
}

// pauses draws pauses that follow each other; often they begin or end where the step is due.
func (d *drawn) pauses(t *rapid.T) {
	at := d.start
	for range rapid.IntRange(1, 3).Draw(t, "pauses") {
		from := at.Add(time.Duration(rapid.IntRange(0, 400_000).Draw(t, "until pause")) * time.Second)
		if now := d.due(); rapid.Bool().Draw(t, "at the step") && !now.Before(at) {
			from = now
		}
		to := from.Add(time.Duration(rapid.IntRange(0, 400_000).Draw(t, "length")) * time.Second)
		d.st.Pauses = append(d.st.Pauses, Pause{MillisOf(from), MillisOf(to)})
		at = to
	}
}

// PLAN-8: a day-based step is due when clocks show what it is meant for, the first time they do; or, when they never do, at the first
// moment after the gap.
func TestDayBasedShowsTheWantedClock(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, true)
		at := d.due()
		if !at.After(d.start) {
			t.Fatalf("due %s, not after its anchor %s", at, d.start)
		}
		if shows := calendar.Of(at, d.z.contact); shows != d.want {
			before := calendar.Of(at.Add(-time.Millisecond), d.z.contact)
			if !before.Before(d.want) || !d.want.Before(shows) {
				t.Fatalf("due when clocks show %v, meant for %v", shows, d.want)
			}
			return
		}
		for back := 15 * time.Minute; back <= 3*time.Hour; back += 15 * time.Minute {
			if calendar.Of(at.Add(-back), d.z.contact) == d.want {
				t.Fatalf("%s is the second time that clocks show %v", at, d.want)
			}
		}
	})
}

// PLAN-16: pauses never make a step due earlier, nor within one of them, nor before a resume that it has to wait for; a longer pause never
// makes it due earlier than a shorter one, unless the clocks went back within it: days count by the wall clock.
func TestPausesOnlyDelay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, rapid.Bool().Draw(t, "day-based"))
		last := d.due()
		d.pauses(t)
		all := d.st.Pauses
		for i := range all {
			d.st.Pauses = all[:i+1]
			at := d.due()
			from, to := all[i].From.Time(), all[i].To.Time()
			switch {
			case at.Before(last):
				t.Fatalf("pause %d brought the step forward, from %s to %s", i+1, last, at)
			case at.Before(to):
				t.Fatalf("due %s, before the resume %s", at, to)
			case !last.After(from) && !at.Equal(to):
				t.Fatalf("was due at or before the pause, so it is due at the resume %s, not %s", to, at)
			}
			last = at
		}
		longer := append([]Pause(nil), all...)
		longer[len(longer)-1].To += Millis(rapid.IntRange(0, 400_000_000).Draw(t, "longer by"))
		d.st.Pauses = longer
		short, long := all[len(all)-1].To.Time(), longer[len(longer)-1].To.Time()
		back := calendar.Of(long, d.z.contact).Before(calendar.Of(short, d.z.contact))
		if at := d.due(); at.Before(last) && !back {
			t.Fatalf("a longer pause: %s, the shorter one %s", at, last)
		}
	})
}

// PLAN-16: after pauses a day-based step keeps its time of day, unless it is due at a resume or the clocks skip it; elapsed time is shifted
// by exactly the time that the pauses took.
func TestPausesKeepGapsAsDesigned(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.Bool().Draw(t, "day-based")
		d := draw(t, days)
		sum := d.due()
		d.pauses(t)
		at := d.due()
		for _, p := range d.st.Pauses {
			if at.Equal(p.To.Time()) {
				return
			}
			sum = sum.Add(p.To.Time().Sub(p.From.Time()))
		}
		if !days {
			if !at.Equal(sum) {
				t.Fatalf("due %s, want %s", at, sum)
			}
			return
		}
		shows, before := calendar.Of(at, d.z.contact), calendar.Of(at.Add(-time.Millisecond), d.z.contact)
		meant := calendar.Wall{Date: shows.Date, Time: d.want.Time}
		lost := calendar.Wall{Date: shows.Date.AddDays(-1), Time: d.want.Time}
		skipped := func(w calendar.Wall) bool { return before.Before(w) && w.Before(shows) }
		if shows != meant && !skipped(meant) && !skipped(lost) {
			t.Fatalf("due when clocks show %v, its time of day is %s", shows, d.want.Time)
		}
	})
}
