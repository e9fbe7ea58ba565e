package planbook

import (
	"cmp"
	"time"

	"tactus/internal/action"
	"tactus/internal/enroll"
	"tactus/internal/gate"
)

var _ enroll.Env = zones{}

// Zones implements enroll.Env.
func (z zones) Zones() (*time.Location, func(*enroll.Step) *time.Location) {
	return z.contact, func(*enroll.Step) *time.Location { return z.contact }
}

// The rest of enroll.Env is asked only of enrollments that run; it answers that nothing may happen.

// Off implements enroll.Env.
func (zones) Off(*enroll.Step) bool { return true }

// Condition implements enroll.Env.
func (zones) Condition(*enroll.Step, map[string]string) (bool, error) { return false, nil }

// Gate implements enroll.Env.
func (zones) Gate(*enroll.Step, enroll.Ask) gate.Decision { return gate.Decision{Verdict: gate.Skip} }

// Do implements enroll.Env.
func (zones) Do(*enroll.Step, enroll.Ask) action.Outcome {
	return action.Skipped(action.NothingToDo, "a preview does nothing")
}

// Stage implements enroll.Env.
func (zones) Stage() int64 { return 0 }

// Occurrence implements enroll.Env.
func (zones) Occurrence(time.Time) (time.Time, bool) { return time.Time{}, false }

// Gone implements enroll.Env.
func (zones) Gone() bool { return false }

// compareIDs orders step identities: s2 before s10.
func compareIDs(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}
