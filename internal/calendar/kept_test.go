package calendar_test

import (
	"testing"
	"time"

	"tactus/internal/calendar"
)

// A moment is kept by its year in UTC, so that it can be written wherever it is shown.
func TestKept(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"1900-01-01T00:00:00Z":      true,
		"2026-03-02T15:00:00-05:00": true,
		"9000-12-31T23:59:59Z":      true,
		"9000-12-31T23:59:59-01:00": false,
		"1900-01-01T00:30:00+01:00": false,
		"1899-12-31T23:59:59Z":      false,
		"1899-12-31T23:30:00-01:00": true,
		"9999-12-31T23:00:00-05:00": false,
		"0000-01-01T00:00:00Z":      false,
	} {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := calendar.Kept(at); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}
