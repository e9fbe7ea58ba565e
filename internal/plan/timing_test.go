package plan_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tactus/internal/calendar"
	"tactus/internal/fault"
	"tactus/internal/plan"
)

func at(h, m int) *calendar.TimeOfDay {
	t := calendar.At(h, m)
	return &t
}

func days(list ...time.Weekday) calendar.Weekdays {
	var w calendar.Weekdays
	for _, d := range list {
		w = w.With(d)
	}
	return w
}

// PLAN-7, 1a: the forms of `when`, with their canonical spelling.
func TestParseTiming(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in    string
		want  plan.Timing
		canon string
	}{
		{"immediately", plan.Timing{Anchor: plan.AtStart}, ""},
		{"  Immediately ", plan.Timing{Anchor: plan.AtStart}, "immediately"},
		{"10 minutes after start", plan.Timing{Anchor: plan.AtStart, N: 10, Unit: plan.Minute}, ""},
		{"1 Minutes AFTER the Start", plan.Timing{Anchor: plan.AtStart, N: 1, Unit: plan.Minute}, "1 minute after start"},
		{"3 days after start at 09:30", plan.Timing{Anchor: plan.AtStart, N: 3, Unit: plan.Day, At: at(9, 30)}, ""},
		{"3 day after start at 9:30", plan.Timing{Anchor: plan.AtStart, N: 3, Unit: plan.Day, At: at(9, 30)}, "3 days after start at 09:30"},
		{
			"2 weeks after start at 10:00 on tue-thu",
			plan.Timing{Anchor: plan.AtStart, N: 2, Unit: plan.Week, At: at(10, 0), Weekdays: days(time.Tuesday, time.Wednesday, time.Thursday)},
			"",
		},
		{
			"2 weeks after start on tuesday – thurs at 10:00",
			plan.Timing{Anchor: plan.AtStart, N: 2, Unit: plan.Week, At: at(10, 0), Weekdays: days(time.Tuesday, time.Wednesday, time.Thursday)},
			"2 weeks after start at 10:00 on tue-thu",
		},
		{"on day 3", plan.Timing{Anchor: plan.OnDay, N: 3, Unit: plan.Day}, ""},
		{"On  Day 3  at 0:05", plan.Timing{Anchor: plan.OnDay, N: 3, Unit: plan.Day, At: at(0, 5)}, "on day 3 at 00:05"},
		{"on day 3 on mon,wed", plan.Timing{Anchor: plan.OnDay, N: 3, Unit: plan.Day, Weekdays: days(time.Monday, time.Wednesday)}, ""},
		{
			"on day 3 at 09:30 on fri-mon",
			plan.Timing{Anchor: plan.OnDay, N: 3, Unit: plan.Day, At: at(9, 30), Weekdays: days(time.Friday, time.Saturday, time.Sunday, time.Monday)},
			"",
		},
		{"2 hours after previous", plan.Timing{Anchor: plan.Previous, N: 2, Unit: plan.Hour}, ""},
		{"1 day after previous at 08:00", plan.Timing{Anchor: plan.Previous, N: 1, Unit: plan.Day, At: at(8, 0)}, ""},
		{"3 days before event", plan.Timing{Anchor: plan.AtDate, N: 3, Unit: plan.Day, Before: true}, ""},
		{"3 days before event at 09:00", plan.Timing{Anchor: plan.AtDate, N: 3, Unit: plan.Day, Before: true, At: at(9, 0)}, ""},
		{"at event", plan.Timing{Anchor: plan.AtDate}, ""},
		{"2 days after event", plan.Timing{Anchor: plan.AtDate, N: 2, Unit: plan.Day}, ""},
		{"12 months after start", plan.Timing{Anchor: plan.AtStart, N: 12, Unit: plan.Month}, ""},
		{"120 months after start", plan.Timing{Anchor: plan.AtStart, N: 120, Unit: plan.Month}, ""},
	}
	for _, tt := range tests {
		got, err := plan.ParseTiming(tt.in)
		if err != nil {
			t.Errorf("%q: %v", tt.in, err)
			continue
		}
		canon := tt.canon
		if canon == "" {
			canon = tt.in
		}
		if got.String() != canon {
			t.Errorf("%q prints %q, want %q", tt.in, got, canon)
		}
		if !sameTiming(got, tt.want) {
			t.Errorf("%q: %+v, want %+v", tt.in, got, tt.want)
		}
	}
}

// 1a: impossible timings, each with advice.
func TestParseTimingErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, message string }{
		{"", "empty"},
		{"soon", "not a timing"},
		{"immediatly", `did you mean "immediately"?`},
		{"immediately at 09:00", "goes only with days"},
		{"immediately please", `"please" is not understood`},
		{"0 days after start", "at least 1"},
		{"-3 days after start", "at least 1"},
		{"+3 days after start", "without a sign"},
		{"1.5 days after start", "not a whole number"},
		{"on day 0", "at least 1"},
		{"on day", "needs a number"},
		{"on day x", "not a whole number"},
		{"on monday", `"1 day after start on monday"`},
		{"3 days", `followed by "after start"`},
		{"3 days later", `followed by "after start"`},
		{"3 dyas after start", `did you mean "days"?`},
		{"3 fortnights after start", "not a unit"},
		{"1 year after start", "12 months"},
		{"30 seconds after start", "smallest is the minute"},
		{"2 business days after start", "on mon-fri"},
		{"2 after start", "unit is missing"},
		{"3 days after", "needs an anchor"},
		{"3 days after strat", `did you mean "start"?`},
		{"3 days before start", `"before" goes with event only`},
		{"1 hour before previous", `"before" goes with event only`},
		{"2 hours after start at 09:00", "goes only with days"},
		{"10 minutes after previous on mon", "weekdays go only with days"},
		{"at event at 09:00", "9 hours after event"},
		{"at 09:00", "on day 1 at 09:00"},
		{"on day 1 at 25:00", `"at 25:00" is not a time of day`},
		{"on day 1 at 24:00", "not a time of day"},
		{"on day 1 at 09:60", "not a time of day"},
		{"on day 1 at 9", "not a time of day"},
		{"on day 1 at 9:5", "not a time of day"},
		{"on day 1 at 9am", "not a time of day"},
		{"on day 1 at", "comes a time of day"},
		{"on day 1 at 09:00 at 10:00", "two times"},
		{"on day 1 on mon on tue", "two lists"},
		{"on day 1 on", "come weekdays"},
		{"on day 1 on mondy", `did you mean "monday"?`},
		{"on day 1 on mon,", "weekday is missing"},
		{"on day 1 on mon tue", "not a weekday"},
		{"3651 days after start", "too far"},
		{"99999999999999999999 days after start", "too far"},
		{"121 months after start", "too far"},
		{"a day after start", "with digits"},
		{"10minutes after start", `"10 minutes"`},
		{"10minutes", "put a blank"},
		{"after 3 days", "come first"},
	}
	for _, tt := range tests {
		got, err := plan.ParseTiming(tt.in)
		if err == nil {
			t.Errorf("%q is read as %q", tt.in, got)
			continue
		}
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.message) {
			t.Errorf("%q: %v; want %q in it", tt.in, err, tt.message)
		}
	}
}

func TestWeekdays(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"mon": "mon", "mon,tue": "mon,tue", "mon-wed": "mon-wed", "fri-mon": "fri-mon", "sun,mon": "sun,mon",
		"mon-sun": "mon-sun", "sat-fri": "mon-sun", "Weds, THURS": "wed,thu", "fridays": "fri", "mon,wed,sun": "wed,sun,mon",
	} {
		got, err := plan.ParseWeekdays(in)
		if err != nil || plan.FormatWeekdays(got) != want {
			t.Errorf("%q: %q, %v; want %q", in, plan.FormatWeekdays(got), err, want)
		}
	}
	for set := calendar.Weekdays(1); set < 1<<7; set++ {
		if got, err := plan.ParseWeekdays(plan.FormatWeekdays(set)); err != nil || got != set {
			t.Errorf("%07b prints %q and reads %07b, %v", set, plan.FormatWeekdays(set), got, err)
		}
	}
}

func TestDatesAndAgain(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2026-12-24T09:00": "2026-12-24T09:00", "2026-12-24": "2026-12-24", "2026-12-24 09:00:00": "2026-12-24T09:00", "2024-02-29": "2024-02-29",
		"2026-02-29": "", "24.12.2026": "", "2026-12-24T09:00Z": "", "2026-12-24T09:00:00+01:00": "", "2026-12-24T24:00": "", "soon": "", "": "",
	} {
		if got, err := plan.ParseDate(in); (err != nil) != (want == "") || err == nil && got.String() != want {
			t.Errorf("date %q: %q, %v; want %q", in, got, err, want)
		}
	}
	for in, want := range map[string]string{
		"never": "never", "When Finished": "when finished", "after 30 days": "after 30 days", "after 1 day": "after 1 day",
		"after 0 days": "", "after 2 weeks": "", "sometimes": "", "after days": "", "": "",
	} {
		if got, err := plan.ParseAgain(in); (err != nil) != (want == "") || err == nil && got.String() != want {
			t.Errorf("again %q: %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestTimingRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := timings(true).Draw(t, "timing")
		got, err := plan.ParseTiming(want.String())
		if err != nil || !sameTiming(got, want) {
			t.Fatalf("%+v prints %q and reads %+v, %v", want, want, got, err)
		}
	})
}

func FuzzParseTiming(f *testing.F) {
	for _, s := range []string{"immediately", "on day 3 at 09:30 on tue-thu", "2 weeks after start on fri-mon", "3 days before event", "at event", "1 hour after previous"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := plan.ParseTiming(s)
		if err != nil {
			return
		}
		again, err := plan.ParseTiming(got.String())
		if err != nil || !sameTiming(got, again) {
			t.Errorf("%q is read as %q, which is read as %+v, %v", s, got, again, err)
		}
	})
}

func sameTiming(a, b plan.Timing) bool {
	if (a.At == nil) != (b.At == nil) || a.At != nil && *a.At != *b.At {
		return false
	}
	a.At, b.At = nil, nil
	return a == b
}

// timings draws any timing that can be written; dated ones only on demand.
func timings(dated bool) *rapid.Generator[plan.Timing] {
	return rapid.Custom(func(t *rapid.T) plan.Timing {
		anchors := []plan.Anchor{plan.AtStart, plan.OnDay, plan.Previous}
		if dated {
			anchors = append(anchors, plan.AtDate)
		}
		got := plan.Timing{Anchor: rapid.SampledFrom(anchors).Draw(t, "anchor")}
		least := 1
		if got.Anchor == plan.AtStart || got.Anchor == plan.AtDate {
			least = 0
		}
		if got.N = rapid.IntRange(least, 120).Draw(t, "n"); got.N == 0 {
			return got
		}
		got.Unit = plan.Day
		if got.Anchor != plan.OnDay {
			got.Unit = rapid.SampledFrom([]plan.Unit{plan.Minute, plan.Hour, plan.Day, plan.Week, plan.Month}).Draw(t, "unit")
		}
		got.Before = got.Anchor == plan.AtDate && rapid.Bool().Draw(t, "before")
		if got.DayBased() {
			if rapid.Bool().Draw(t, "timed") {
				got.At = at(rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute"))
			}
			got.Weekdays = calendar.Weekdays(rapid.IntRange(0, 127).Draw(t, "weekdays"))
		}
		return got
	})
}
