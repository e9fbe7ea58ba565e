package merge_test

import (
	"testing"
	"time"

	"tactus/internal/merge"
)

func TestDatesThatClocksSkip(t *testing.T) { // TPL-1, PLAN-8: a day is printed as that day, and a zone as that zone or not at all
	t.Parallel()
	santiago, err := time.LoadLocation("America/Santiago")
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"2026-09-06":                    "2026-09-06 01:00 -0300", // midnight does not exist
		"September 6, 2026 12:30 AM":    "2026-09-06 01:00 -0300",
		"2026-09-05":                    "2026-09-05 00:00 -0400",
		"2026-05-01 10:00:00 EST":       "2026-05-01 11:00 -0400",
		"Fri, 01 May 2026 10:00:00 GMT": "2026-05-01 06:00 -0400",
		"2026-05-01 10:00:00 UTC":       "2026-05-01 06:00 -0400",
		"2026-05-01 10:00:00 BST":       "2026-05-01 10:00:00 BST",
		"2026-05-01T10:00:00+02:00":     "2026-05-01 04:00 -0400",
	} {
		tpl, err := merge.Parse(`{{ d | date: "%Y-%m-%d %H:%M %z" }}`)
		if err != nil {
			t.Fatal(err)
		}
		got, err := tpl.Render(map[string]any{"d": in}, merge.Options{Zone: santiago})
		if err != nil || got.Text != want {
			t.Errorf("%s: %q (%v), want %q", in, got.Text, err, want)
		}
	}
}
