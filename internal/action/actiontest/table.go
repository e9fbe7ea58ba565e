package actiontest

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tactus/internal/action"
	"tactus/internal/contact"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// The users of the account that Moment describes.
const (
	OwnerID   int64 = 10
	KimID     int64 = 11 // active, kim@example.com
	LeeID     int64 = 12 // inactive, lee@example.com
	StarterID int64 = 13 // active; put the contact on the plan
)

// Moment is a step's moment in a small account: what is named "old" is draft, archived or gone,
// and what is not named here never was. "{{ name }}" renders as Ann, "{{ none }}" as nothing, "{{ bad }}" fails.
func Moment() action.Input {
	now := time.Date(2026, 3, 8, 13, 0, 0, 0, time.UTC)
	unusable := map[int64]bool{LeeID: true, 22: true, 32: true}
	return action.Input{
		Account: 1, Enrollment: 1, StepID: "s1", Round: 1, Now: now, Due: now,
		AssignedBy: StarterID, Owner: OwnerID,
		Contact: &contact.Facts{Zone: "America/New_York", Stage: 1, Tags: contact.TagSet{1: {}}},
		Refs: &plan.Refs{
			Stages:    map[string]int64{"New": 1, "Offer": 2},
			Tags:      map[string]int64{"Hot": 1, "VIP": 2, "Cold": 3},
			Users:     map[string]int64{"kim@example.com": KimID, "lee@example.com": LeeID},
			Templates: map[string]int64{"Welcome": 21, "old": 22},
			Plans:     map[string]int64{"Nurture": 31, "old": 32, "Live": 33, "Resting": 34, "Over": 35},
			Partners:  map[string]int64{"bank@example.com": 41},
		},
		Render: func(text string) (string, error) {
			if strings.Contains(text, "{{ bad }}") {
				return "", errors.New("the text takes too long")
			}
			return strings.NewReplacer("{{ name }}", "Ann", "{{ none }}", "").Replace(text), nil
		},
		Alive:  func(_ form.Ref, id int64) bool { return !unusable[id] },
		OnPlan: onPlan,
		OnNext: onPlan,
	}
}

func onPlan(id int64) plan.Status {
	return map[int64]plan.Status{33: plan.Active, 34: plan.Paused, 35: plan.Completed}[id]
}

// Decode reads a config as the engine does.
func Decode(t *testing.T, k action.Kind, config string) action.Action {
	t.Helper()
	a, err := action.Decode(k, json.RawMessage(config))
	if err != nil {
		t.Fatalf("%s: %v", config, err)
	}
	return a
}

// CheckFaults fails the test where a config's faults are of other fields than those it is mapped to; nil means that it is valid.
func CheckFaults(t *testing.T, k action.Kind, cases map[string][]string) {
	t.Helper()
	for config, fields := range cases {
		var got []string
		for _, f := range Decode(t, k, config).Validate() {
			got = append(got, f.Name)
		}
		slices.Sort(got)
		if want := slices.Sorted(slices.Values(fields)); !slices.Equal(got, want) {
			t.Errorf("%s: faults of %q, want %q", config, got, want)
		}
	}
}

// Deed is what a config does at Moment, changed by When if set.
type Deed struct {
	Name   string
	Config string
	When   func(*action.Input)
	Want   action.Outcome // a Detail that is empty is not compared; "-" stands for none
}

// CheckDeeds fails the test where a config does something else.
func CheckDeeds(t *testing.T, k action.Kind, cases []Deed) {
	t.Helper()
	for _, c := range cases {
		in := Moment()
		if c.When != nil {
			c.When(&in)
		}
		got, want := Decode(t, k, c.Config).Do(in), c.Want
		switch want.Detail {
		case "":
			got.Detail = ""
		case "-":
			want.Detail = ""
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %s\ngot  %+v\nwant %+v", c.Name, c.Config, got, want)
		}
	}
}
