package action

import (
	"fmt"

	"tactus/internal/form"
)

// The reason codes that actions themselves give (1a); gates and carriers have their own. Stored for ever.
const (
	NothingToDo   = "nothing_to_do"  // the contact already is as the step would make it
	TargetMissing = "target_missing" // a target is draft, archived or gone (PLAN-26)
	ActionOff     = "action_off"     // switched off in the account, or not built yet
	RoundsDone    = "rounds_done"    // repeat_plan in the last of its rounds (PLAN-12)
	BadContent    = "bad_content"    // a failure: the merge fields of a text cannot be resolved
)

// Doing is the outcome of a step that fires with these effects.
func Doing(effects ...Effect) Outcome { return Outcome{Effects: effects} }

// Skipped is the outcome of a step that does nothing, for a reason.
func Skipped(reason, detail string, args ...any) Outcome {
	return Outcome{Skip: reason, Detail: fmt.Sprintf(detail, args...)}
}

// Missing is the outcome of a step whose target cannot be used now (PLAN-26).
func Missing(ref form.Ref, name string) Outcome {
	switch ref {
	case form.Plan, form.Template:
		return Skipped(TargetMissing, "the %s %q is a draft, archived or gone", ref, name)
	case form.User:
		return Skipped(TargetMissing, "the user %q is inactive or gone", name)
	default:
		return Skipped(TargetMissing, "the %s %q is gone", ref, name)
	}
}

// Unrenderable is the outcome of a step of which a text's merge fields fail.
func Unrenderable(field string, err error) Outcome {
	return Outcome{Fail: BadContent, Detail: fmt.Sprintf("%s: %v", field, err)}
}
