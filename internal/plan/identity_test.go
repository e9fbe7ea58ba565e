package plan_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"tactus/internal/plan"
)

// named makes a plan of steps "name" or "id=name".
func named(steps ...string) *plan.Document {
	d := &plan.Document{Name: "P", Kind: plan.General}
	for _, s := range steps {
		id, name, given := strings.Cut(s, "=")
		if !given {
			id, name = "", s
		}
		d.Steps = append(d.Steps, plan.Step{ID: id, Name: name, Action: "call", When: plan.Timing{Anchor: plan.AtStart}, Config: json.RawMessage("{}")})
	}
	return d
}

func ids(d *plan.Document) string {
	var all []string
	for _, s := range d.Steps {
		all = append(all, s.ID)
	}
	return strings.Join(all, " ")
}

// DEC-8: id, else the nth step of that name, else a new id that was never used.
func TestAssignIDs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		old, new *plan.Document
		last     int
		want     string
		next     int
	}{
		{"new plan", nil, named("A", "B", "A"), 0, "s1 s2 s3", 3},
		{"given ids", nil, named("x=A", "s5=B", "C"), 0, "x s5 s6", 6},
		{"same names", named("s1=A", "s2=B"), named("B", "A"), 2, "s2 s1", 2},
		{"nth of a name", named("s1=A", "s2=A"), named("A", "B", "A", "A"), 2, "s1 s3 s2 s4", 4},
		{"renamed with id", named("s1=A", "s2=B"), named("s1=X", "B"), 2, "s1 s2", 2},
		{"renamed without id", named("s1=A", "s2=B"), named("X", "B"), 2, "s3 s2", 3},
		{"an id that is taken", named("s1=A", "s2=B"), named("s2=A", "B"), 2, "s2 s3", 3},
		{"never used again", named("s1=A"), named("A", "B"), 7, "s1 s8", 8},
	}
	for _, tt := range tests {
		if next := plan.AssignIDs(tt.new, tt.old, tt.last); ids(tt.new) != tt.want || next != tt.next {
			t.Errorf("%s: %q and %d, want %q and %d", tt.name, ids(tt.new), next, tt.want, tt.next)
		}
	}
}

// PLAN-21, PLAN-22: moving or retiming a step is not a delete and an add.
func TestDiff(t *testing.T) {
	t.Parallel()
	old := named("s1=A", "s2=B", "s3=C", "s4=D")
	old.Steps[2].When = plan.Timing{Anchor: plan.OnDay, N: 3, Unit: plan.Day}
	change := func(edit func(d *plan.Document)) []string {
		d := named("s1=A", "s2=B", "s3=C", "s4=D")
		d.Steps[2].When = old.Steps[2].When
		edit(d)
		var got []string
		for _, c := range plan.Diff(old, d) {
			got = append(got, c.String())
		}
		return got
	}
	tests := []struct {
		name string
		edit func(d *plan.Document)
		want []string
	}{
		{"nothing", func(*plan.Document) {}, nil},
		{"moved", func(d *plan.Document) { d.Steps[0], d.Steps[1], d.Steps[2] = d.Steps[2], d.Steps[0], d.Steps[1] }, []string{`step 1 "C" is moved (was step 3)`}},
		{"deleted", func(d *plan.Document) { d.Steps = d.Steps[1:] }, []string{`step 1 "A" is deleted`}},
		{"added", func(d *plan.Document) { d.Steps = slices.Insert(d.Steps, 1, named("s5=New").Steps[0]) }, []string{`step 2 "New" is added`}},
		{"retimed", func(d *plan.Document) { d.Steps[3].When.N, d.Steps[3].When.Unit = 1, plan.Hour }, []string{`step 4 "D" is retimed`}},
		{"edited", func(d *plan.Document) { d.Steps[3].Config = json.RawMessage(`{"x":1}`) }, []string{`step 4 "D" is edited`}},
		{"renamed", func(d *plan.Document) { d.Steps[3].Name = "E" }, []string{`step 4 "E" is edited`}},
		{"time of day of the plan", func(d *plan.Document) { d.At = at(10, 0) }, []string{"the plan's at is changed", `step 3 "C" is retimed`}},
		{"settings", func(d *plan.Document) { d.NextPlan, d.PauseScope = "X", plan.ScopePlan }, []string{"the plan's next_plan is changed"}},
	}
	for _, tt := range tests {
		if got := change(tt.edit); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// PLAN-6, CON-10: a kind of event that is written otherwise is the same; its plan's date is edited and no step retimed.
func TestDiffOfEventKinds(t *testing.T) {
	t.Parallel()
	dated := func(kind string) *plan.Document {
		d := named("s1=A")
		d.Event, d.Steps[0].When = kind, plan.Timing{Anchor: plan.AtDate, N: 1, Unit: plan.Day, Before: true}
		return d
	}
	for kind, want := range map[string][]string{
		"Final Walk": nil, "final  walk": {"the plan's date is changed"}, "viewing": {"the plan's date is changed", `step 1 "A" is retimed`},
	} {
		var got []string
		for _, c := range plan.Diff(dated("Final Walk"), dated(kind)) {
			got = append(got, c.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", kind, got, want)
		}
	}
}
