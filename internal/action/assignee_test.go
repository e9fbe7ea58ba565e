package action_test

import (
	"testing"

	"tactus/internal/action"
	"tactus/internal/action/actiontest"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// PLAN-12: self, the assigned user, a named user, a partner; 1a has the forms.
func TestParseAssignee(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want action.AssigneeRule // zero: refused
	}{
		{"", action.AssigneeRule{Role: action.AssignedUser}},
		{"self", action.AssigneeRule{Role: action.Self}},
		{"Owner", action.AssigneeRule{Role: action.Owner}},
		{" assigned_user ", action.AssigneeRule{Role: action.AssignedUser}},
		{"user:kim@example.com", action.AssigneeRule{Role: action.NamedUser, Email: "kim@example.com"}},
		{"Partner: bank@example.com", action.AssigneeRule{Role: action.NamedPartner, Email: "bank@example.com"}},
		{"user", action.AssigneeRule{}},
		{"user:", action.AssigneeRule{}},
		{"user:kim", action.AssigneeRule{}},
		{"user:Kim <kim@example.com>", action.AssigneeRule{}},
		{"self:kim@example.com", action.AssigneeRule{}},
		{"kim@example.com", action.AssigneeRule{}},
		{":kim@example.com", action.AssigneeRule{}},
		{"boss", action.AssigneeRule{}},
	} {
		got, err := action.ParseAssignee(c.text)
		if got != c.want || (err == nil) != (c.want.Role != "") {
			t.Errorf("%q: got %+v, %v, want %+v", c.text, got, err, c.want)
		}
	}
}

// PLAN-26: the account owner stands in for a role that nobody usable fills, never for a named person.
func TestResolveAssignee(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text                 string
		assigned, assignedBy int64
		want                 action.Assignee
		ok                   bool
	}{
		{"self", 0, actiontest.KimID, action.Assignee{User: actiontest.KimID}, true},
		{"self", 0, 0, action.Assignee{User: actiontest.OwnerID}, true},
		{"self", 0, actiontest.LeeID, action.Assignee{User: actiontest.OwnerID}, true},
		{"owner", actiontest.KimID, actiontest.KimID, action.Assignee{User: actiontest.OwnerID}, true},
		{"assigned_user", actiontest.KimID, 0, action.Assignee{User: actiontest.KimID}, true},
		{"assigned_user", 0, actiontest.KimID, action.Assignee{User: actiontest.OwnerID}, true},
		{"assigned_user", actiontest.LeeID, 0, action.Assignee{User: actiontest.OwnerID}, true},
		{"user:kim@example.com", 0, 0, action.Assignee{User: actiontest.KimID}, true},
		{"user:lee@example.com", 0, 0, action.Assignee{User: actiontest.LeeID}, false},
		{"user:x@example.com", 0, 0, action.Assignee{}, false},
		{"partner:bank@example.com", 0, 0, action.Assignee{Partner: 41}, true},
		{"partner:x@example.com", 0, 0, action.Assignee{}, false},
	} {
		rule, err := action.ParseAssignee(c.text)
		if err != nil {
			t.Fatal(err)
		}
		in := actiontest.Moment()
		in.Contact.Assigned, in.AssignedBy = c.assigned, c.assignedBy
		got, ok := rule.Resolve(in)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%+v: got %+v, %v", c, got, ok)
		}
	}
}

func TestAssigneeReference(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]plan.Reference{
		"self":                     {},
		"user:kim@example.com":     {Field: "assignee", Ref: form.User, Name: "kim@example.com"},
		"partner:bank@example.com": {Field: "assignee", Ref: action.Partner, Name: "bank@example.com"},
	} {
		rule, err := action.ParseAssignee(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := rule.Reference("assignee"); got != want || ok != (want.Name != "") {
			t.Errorf("%s: got %+v, %v", text, got, ok)
		}
	}
}
