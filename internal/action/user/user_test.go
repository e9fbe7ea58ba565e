package user_test

import (
	"reflect"
	"testing"

	"tactus/internal/action"
	"tactus/internal/action/actiontest"
	"tactus/internal/action/user"
	"tactus/internal/form"
	"tactus/internal/plan"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	actiontest.CheckFaults(t, user.Assign{}, map[string][]string{
		`{"user": "kim@example.com"}`:                       nil,
		`{"users": ["kim@example.com", "lee@example.com"]}`: nil,
		`{}`:                                {"user"},
		`{"user": "Kim"}`:                   {"user"},
		`{"user": "Kim <kim@example.com>"}`: {"user"},
		`{"user": "kim@example.com", "users": ["lee@example.com"]}`: {"users"},
		`{"users": ["kim@example.com", "lee", ""]}`:                 {"users[1]", "users[2]"},
	})
}

func TestAssign(t *testing.T) {
	t.Parallel()
	actiontest.CheckDeeds(t, user.Assign{}, []actiontest.Deed{
		{Name: "unassigned", Config: `{"user": "kim@example.com"}`, Want: action.Doing(action.ChangeContact{AssignUser: actiontest.KimID})},
		{
			Name: "from another", Config: `{"user": "kim@example.com"}`,
			When: func(in *action.Input) { in.Contact.Assigned = actiontest.LeeID },
			Want: action.Doing(action.ChangeContact{AssignUser: actiontest.KimID}),
		},
		{
			Name: "already", Config: `{"user": "kim@example.com"}`,
			When: func(in *action.Input) { in.Contact.Assigned = actiontest.KimID },
			Want: action.Outcome{Skip: "nothing_to_do"},
		},
		{Name: "PLAN-26: inactive", Config: `{"user": "lee@example.com"}`, Want: action.Outcome{Skip: "target_missing"}},
		{Name: "PLAN-26: unknown", Config: `{"user": "x@example.com"}`, Want: action.Outcome{Skip: "target_missing"}},
		{Name: "round robin is not built yet", Config: `{"users": ["kim@example.com"]}`, Want: action.Outcome{Skip: "action_off"}},
	})
}

func TestUnassign(t *testing.T) {
	t.Parallel()
	actiontest.CheckDeeds(t, user.Unassign{}, []actiontest.Deed{
		{Name: "nobody assigned", Config: `{}`, Want: action.Outcome{Skip: "nothing_to_do"}},
		{
			Name: "assigned", Config: `{}`, When: func(in *action.Input) { in.Contact.Assigned = actiontest.LeeID },
			Want: action.Doing(action.ChangeContact{UnassignUser: true}),
		},
	})
}

func TestRefs(t *testing.T) {
	t.Parallel()
	got := action.NewRegistry(user.Assign{}).Refs("assign_user", []byte(`{"users": ["kim@example.com", "lee@example.com"]}`))
	if want := []plan.Reference{
		{Field: "users[0]", Ref: form.User, Name: "kim@example.com"},
		{Field: "users[1]", Ref: form.User, Name: "lee@example.com"},
	}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
