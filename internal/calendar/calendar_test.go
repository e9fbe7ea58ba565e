package calendar_test

import (
	"testing"
	"time"

	"tactus/internal/calendar"
)

func loc(t *testing.T, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// PLAN-8: a skipped time moves forward to the first moment after it, a doubled one is its first occurrence.
func TestWallIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, wall, want string }{
		{"America/New_York", "2026-03-08T02:30", "2026-03-08T07:00:00Z"},
		{"America/New_York", "2026-03-08T02:00", "2026-03-08T07:00:00Z"},
		{"America/New_York", "2026-03-08T03:00", "2026-03-08T07:00:00Z"},
		{"America/New_York", "2026-03-08T01:59", "2026-03-08T06:59:00Z"},
		{"America/New_York", "2026-11-01T01:30", "2026-11-01T05:30:00Z"},
		{"America/New_York", "2026-11-01T02:00", "2026-11-01T07:00:00Z"},
		{"Australia/Lord_Howe", "2026-10-04T02:10", "2026-10-03T15:30:00Z"},
		{"Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45:00Z"},
		{"Pacific/Apia", "2011-12-30T09:00", "2011-12-30T10:00:00Z"},
		{"Pacific/Apia", "2011-12-31T00:00", "2011-12-30T10:00:00Z"},
		{"America/Havana", "2026-03-08T00:00", "2026-03-08T05:00:00Z"},
		{"Antarctica/Troll", "2026-03-29T01:30", "2026-03-29T01:00:00Z"},
		{"Asia/Kathmandu", "2026-01-01T00:00", "2025-12-31T18:15:00Z"},
		{"UTC", "2026-01-01T00:00", "2026-01-01T00:00:00Z"},
		{"America/New_York", "2099-07-01T09:00", "2099-07-01T13:00:00Z"},
	} {
		w, err := time.Parse("2006-01-02T15:04", c.wall)
		if err != nil {
			t.Fatal(err)
		}
		got := calendar.Of(w, time.UTC).In(loc(t, c.zone)).Format(time.RFC3339)
		if got != c.want {
			t.Errorf("%s %s = %s, want %s", c.zone, c.wall, got, c.want)
		}
	}
}

// Every existing wall clock of a day of change round-trips, in every kind of zone.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "Asia/Kolkata", "America/St_Johns", "Pacific/Kiritimati"} {
		l := loc(t, zone)
		for at := time.Date(2011, 12, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2014; at = at.Add(7 * time.Minute * 31) {
			w := calendar.Of(at, l)
			got := w.In(l)
			if calendar.Of(got, l) != w || got.After(at) {
				t.Fatalf("%s %s: %v came back as %s", zone, at, w, got)
			}
		}
	}
}

// PLAN-8: month ends are clamped.
func TestAddMonths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from calendar.Date
		n    int
		want string
	}{
		{calendar.Date{Year: 2026, Month: 1, Day: 31}, 1, "2026-02-28"},
		{calendar.Date{Year: 2028, Month: 1, Day: 31}, 1, "2028-02-29"},
		{calendar.Date{Year: 2026, Month: 3, Day: 31}, -1, "2026-02-28"},
		{calendar.Date{Year: 2026, Month: 12, Day: 31}, 2, "2027-02-28"},
		{calendar.Date{Year: 2026, Month: 10, Day: 15}, 14, "2027-12-15"},
		{calendar.Date{Year: 2028, Month: 2, Day: 29}, 12, "2029-02-28"},
	} {
		if got := c.from.AddMonths(c.n).String(); got != c.want {
			t.Errorf("%v + %d months = %s, want %s", c.from, c.n, got, c.want)
		}
	}
}

// PLAN-16: the least number of whole days that brings one wall clock to or past another.
func TestDaysTo(t *testing.T) {
	t.Parallel()
	mon10 := calendar.Wall{Date: calendar.Date{Year: 2026, Month: 11, Day: 23}, Time: calendar.At(10, 0)}
	for _, c := range []struct {
		days, hour, want int
	}{{0, 10, 0}, {0, 11, 1}, {2, 9, 2}, {2, 10, 2}, {2, 11, 3}, {-1, 9, 0}} {
		to := calendar.Wall{Date: mon10.Date.AddDays(c.days), Time: calendar.At(c.hour, 0)}
		if got := mon10.DaysTo(to); got != c.want {
			t.Errorf("to +%dd %d:00 = %d, want %d", c.days, c.hour, got, c.want)
		}
	}
}
