package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tactus/internal/calendar"
)

// AssignIDs gives every step of d without an id its identity (DEC-8): the nth step of a name takes the id of the old version's nth
// step of that name, else a new id "s1", "s2" … that is higher than any before. last is the highest such number that any version
// of the plan has used, 0 for a new plan; the result is the number to keep for the next time. old may be nil.
func AssignIDs(d, old *Document, last int) int {
	taken := map[string]bool{}
	for _, s := range d.Steps {
		taken[s.ID] = true
		last = max(last, idNumber(s.ID))
	}
	before := map[string][]string{}
	if old != nil {
		for _, s := range old.Steps {
			before[s.Name] = append(before[s.Name], s.ID)
			last = max(last, idNumber(s.ID))
		}
	}
	nth := map[string]int{}
	for i := range d.Steps {
		s := &d.Steps[i]
		n := nth[s.Name]
		nth[s.Name]++
		if s.ID != "" {
			continue
		}
		if ids := before[s.Name]; n < len(ids) && !taken[ids[n]] {
			s.ID = ids[n]
		} else {
			last++
			s.ID = "s" + strconv.Itoa(last)
		}
		taken[s.ID] = true
	}
	return last
}

// idNumber is the number of an id that AssignIDs made, 0 of any other.
func idNumber(id string) int {
	digits, ok := strings.CutPrefix(id, "s")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 0 || n > 1_000_000_000 {
		return 0
	}
	return n
}

// ChangeKind says what a change does.
type ChangeKind string

// The kinds of change. Of one step there may be several, but Added and Deleted stand alone.
const (
	Added    ChangeKind = "added"
	Deleted  ChangeKind = "deleted"
	Moved    ChangeKind = "moved"   // its place among the steps that both versions have
	Retimed  ChangeKind = "retimed" // its timing, or the plan's date or time of day that it depends on
	Edited   ChangeKind = "edited"  // what it does, says or asks
	Settings ChangeKind = "settings"
)

// Change is one difference between two versions (PLAN-21, PLAN-22).
type Change struct {
	Kind     ChangeKind `json:"kind"`
	StepID   string     `json:"step_id,omitempty"`
	Name     string     `json:"name"` // the step's name, the old one of a deleted step; of Settings: the plan's key
	From, To int        `json:"-"`    // the step's number in the old and new version, from 1; 0 = not in it
}

// String says the change in a line: `step 3 "Call" is moved (was step 5)`.
func (c Change) String() string {
	switch c.Kind {
	case Settings:
		return fmt.Sprintf("the plan's %s is changed", c.Name)
	case Deleted:
		return fmt.Sprintf("step %d %q is deleted", c.From, c.Name)
	case Moved:
		return fmt.Sprintf("step %d %q is moved (was step %d)", c.To, c.Name, c.From)
	case Added, Retimed, Edited:
	}
	return fmt.Sprintf("step %d %q is %s", c.To, c.Name, c.Kind)
}

// Diff lists what makes next of old, settings first, then the deleted steps, then the others in their new order. Both have ids.
func Diff(old, next *Document) []Change {
	changes := settings(old, next)
	was := map[string]int{}
	for i, s := range old.Steps {
		was[s.ID] = i
	}
	is := map[string]bool{}
	var kept []int // old places of the steps that stay, in the new order
	for _, s := range next.Steps {
		is[s.ID] = true
		if i, ok := was[s.ID]; ok {
			kept = append(kept, i)
		}
	}
	for i, s := range old.Steps {
		if !is[s.ID] {
			changes = append(changes, Change{Kind: Deleted, StepID: s.ID, Name: s.Name, From: i + 1})
		}
	}
	still := unmoved(kept)
	for i, s := range next.Steps {
		from, ok := was[s.ID]
		if !ok {
			changes = append(changes, Change{Kind: Added, StepID: s.ID, Name: s.Name, To: i + 1})
			continue
		}
		add := func(kind ChangeKind, yes bool) {
			if yes {
				changes = append(changes, Change{Kind: kind, StepID: s.ID, Name: s.Name, From: from + 1, To: i + 1})
			}
		}
		add(Moved, !still[from])
		add(Retimed, effectiveTiming(old, old.Steps[from]) != effectiveTiming(next, s))
		add(Edited, content(old.Steps[from]) != content(s))
	}
	return changes
}

// unmoved picks the largest set of places that keep their order; the others are what was moved.
func unmoved(places []int) map[int]bool {
	var ends []int // ends[k]: index of the least place that ends an ascending row of k+1
	before := make([]int, len(places))
	for i, p := range places {
		k, _ := slices.BinarySearchFunc(ends, p, func(e, p int) int { return cmp.Compare(places[e], p) })
		before[i] = -1
		if k > 0 {
			before[i] = ends[k-1]
		}
		ends = append(ends[:k], append([]int{i}, ends[min(k+1, len(ends)):]...)...)
	}
	still := map[int]bool{}
	if len(ends) > 0 {
		for i := ends[len(ends)-1]; i >= 0; i = before[i] {
			still[places[i]] = true
		}
	}
	return still
}

// effectiveTiming is everything that a step's due moment depends on, as one text.
func effectiveTiming(d *Document, s Step) string {
	t := s.When.String()
	if s.When.DayBased() && s.When.At == nil && d.At != nil {
		t += " plan at " + d.At.String()
	}
	if s.When.Dated() {
		t += " of " + dateKeys(d)
	}
	return t
}

func dateKeys(d *Document) string {
	date := ""
	if d.Date != nil {
		date = d.Date.String()
	}
	return fmt.Sprintf("date %s, yearly %t, event %s, date_field %s", date, d.Yearly, EventKind(d.Event), d.DateField)
}

// content is what a step is apart from its identity and timing, as one text.
func content(s Step) string {
	s.ID, s.When = "", Timing{}
	var config any
	if json.Unmarshal(s.Config, &config) == nil { // the order of keys means nothing
		if raw, err := json.Marshal(config); err == nil {
			s.Config = raw
		}
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// settings compares the plan's own keys.
func settings(old, next *Document) []Change {
	var changes []Change
	add := func(key string, same bool) {
		if !same {
			changes = append(changes, Change{Kind: Settings, Name: key})
		}
	}
	add("name", old.Name == next.Name)
	add("kind", old.Kind == next.Kind)
	add("description", old.Description == next.Description)
	add("source", old.Source == next.Source)
	add("stage", old.Stage == next.Stage)
	add("date", dateKeys(old) == dateKeys(next) && old.Event == next.Event)
	add("next_plan", old.NextPlan == next.NextPlan)
	add("again", old.Again == next.Again)
	add("start_on", slices.Equal(old.StartOn, next.StartOn))
	add("pause_on", slices.Equal(old.PauseOn, next.PauseOn))
	add("pause_scope", cmp.Or(old.PauseScope, ScopePlan) == cmp.Or(next.PauseScope, ScopePlan))
	add("on_failure", old.PauseOnFail == next.PauseOnFail)
	add("at", timeText(old.At) == timeText(next.At))
	return changes
}

func timeText(t *calendar.TimeOfDay) string {
	if t == nil {
		return ""
	}
	return t.String()
}
