package remind_test

import (
	"testing"

	"tactus/internal/action"
	"tactus/internal/action/actiontest"
	"tactus/internal/action/remind"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	actiontest.CheckFaults(t, remind.Create{}, map[string][]string{
		`{"title": "Say hello"}`:               nil,
		`{"title": "Say hello", "call": true}`: nil,
		`{"call": true}`:                       {"title"},
		`{"title": "a\nb"}`:                    {"title"},
	})
}

// PLAN-12, PLAN-26: for the assigned user; the account owner stands in.
func TestDo(t *testing.T) {
	t.Parallel()
	assigned := func(id int64) func(*action.Input) { return func(in *action.Input) { in.Contact.Assigned = id } }
	kim, owner := action.Assignee{User: actiontest.KimID}, action.Assignee{User: actiontest.OwnerID}
	actiontest.CheckDeeds(t, remind.Create{}, []actiontest.Deed{
		{
			Name: "assigned", Config: `{"title": "Greet {{ name }}"}`, When: assigned(actiontest.KimID),
			Want: action.Doing(action.CreateTask{Kind: "contact_reminder", Title: "Greet Ann", Assignee: kim}),
		},
		{
			Name: "call", Config: `{"title": "Ring", "call": true}`, When: assigned(actiontest.KimID),
			Want: action.Doing(action.CreateTask{Kind: "call_reminder", Title: "Ring", Assignee: kim}),
		},
		{
			Name: "nobody assigned", Config: `{"title": "Ring"}`,
			Want: action.Doing(action.CreateTask{Kind: "contact_reminder", Title: "Ring", Assignee: owner}),
		},
		{
			Name: "assigned to an inactive user", Config: `{"title": "Ring"}`, When: assigned(actiontest.LeeID),
			Want: action.Doing(action.CreateTask{Kind: "contact_reminder", Title: "Ring", Assignee: owner}),
		},
		{
			Name: "renders as nothing", Config: `{"title": "{{ none }}"}`,
			Want: action.Doing(action.CreateTask{Kind: "contact_reminder", Title: "Reminder", Assignee: owner}),
		},
		{Name: "cannot be rendered", Config: `{"title": "{{ bad }}"}`, Want: action.Outcome{Fail: "bad_content"}},
	})
}
