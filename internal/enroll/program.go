package enroll

import (
	"fmt"

	"tactus/internal/action"
	"tactus/internal/merge"
	"tactus/internal/plan"
)

// Program is a plan version made ready to run: actions decoded, conditions parsed, steps in editor order.
// It is immutable and safe to share.
type Program struct {
	*plan.Version
	Steps []*Step
	byID  map[string]*Step
	// NeedsContact reports whether conditions or content look at the contact itself, so that contacts of equal
	// facts are still different cases (DEC-5).
	NeedsContact bool
}

// Step is one step made ready to run.
type Step struct {
	plan.Step
	Pos    int // 0-based position in the editor
	Info   action.Info
	Role   plan.Role
	Action action.Action
	OnlyIf *merge.Condition // nil = always
}

// Step returns the step of that identity, nil when the version has none.
func (p *Program) Step(id string) *Step { return p.byID[id] }

// Compile makes a version ready to run. A version that was checked when saved compiles; an error means that the
// program no longer knows what it names, and pauses the enrollment (ENG-8).
func Compile(v *plan.Version, actions *action.Registry) (*Program, error) {
	p := &Program{Version: v, byID: make(map[string]*Step, len(v.Document.Steps))}
	for i, s := range v.Document.Steps {
		kind := actions.Kind(s.Action)
		if kind == nil {
			return nil, fmt.Errorf("step %d %q: this program has no action %q", i+1, s.Name, s.Action)
		}
		act, err := action.Decode(kind, s.Config)
		if err != nil {
			return nil, fmt.Errorf("step %d %q: %w", i+1, s.Name, err)
		}
		step := &Step{Step: s, Pos: i, Info: kind.Info(), Role: kind.Info().Role, Action: act}
		if s.OnlyIf != "" {
			if step.OnlyIf, err = merge.ParseCondition(s.OnlyIf); err != nil {
				return nil, fmt.Errorf("step %d %q, only_if: %w", i+1, s.Name, err)
			}
			p.NeedsContact = true
		}
		if step.Role.Channel == "" && hasMerge(act) {
			p.NeedsContact = true // a message's content is rendered by its sender
		}
		p.Steps = append(p.Steps, step)
		p.byID[s.ID] = step
	}
	return p, nil
}

// hasMerge reports whether one of the action's texts has merge fields.
func hasMerge(a action.Action) bool {
	texter, ok := a.(action.Texter)
	if !ok {
		return false
	}
	for _, text := range texter.Texts() {
		if t, err := merge.Parse(text); err != nil || !t.Literal() {
			return true
		}
	}
	return false
}
