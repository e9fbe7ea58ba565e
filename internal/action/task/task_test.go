package task_test

import (
	"reflect"
	"testing"

	"tactus/internal/action"
	"tactus/internal/action/actiontest"
	"tactus/internal/action/task"
	"tactus/internal/form"
	"tactus/internal/plan"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	actiontest.CheckFaults(t, task.Create{}, map[string][]string{
		`{"title": "Send the guide"}`: nil,
		`{"title": "Send the guide", "notes": "a\nb", "assignee": "self", "completion_email": "Welcome"}`: nil,
		`{"title": "x", "assignee": "user:kim@example.com"}`:                                              nil,
		`{"title": "x", "assignee": "partner:bank@example.com"}`:                                          nil,
		`{}`:                                     {"title"},
		`{"title": "a\nb", "assignee": "kim"}`:   {"assignee", "title"},
		`{"title": "x", "assignee": "user:kim"}`: {"assignee"},
	})
}

func TestDo(t *testing.T) {
	t.Parallel()
	made := func(c action.CreateTask) action.Outcome {
		c.Kind = "task"
		return action.Doing(c)
	}
	starter := action.Assignee{User: actiontest.StarterID}
	owner := action.Assignee{User: actiontest.OwnerID}
	actiontest.CheckDeeds(t, task.Create{}, []actiontest.Deed{
		{
			Name: "PLAN-12: self is who assigned the plan", Config: `{"title": "Call  {{ name }}\n", "notes": " For {{ name }}\n", "assignee": "self"}`,
			Want: made(action.CreateTask{Title: "Call Ann", Notes: "For Ann", Assignee: starter}),
		},
		{
			Name: "nobody assigned to the contact: the owner", Config: `{"title": "x"}`,
			Want: made(action.CreateTask{Title: "x", Assignee: owner}),
		},
		{
			Name: "the assigned user is the default", Config: `{"title": "x"}`,
			When: func(in *action.Input) { in.Contact.Assigned = actiontest.KimID },
			Want: made(action.CreateTask{Title: "x", Assignee: action.Assignee{User: actiontest.KimID}}),
		},
		{
			Name: "partner", Config: `{"title": "x", "assignee": "partner:bank@example.com"}`,
			Want: made(action.CreateTask{Title: "x", Assignee: action.Assignee{Partner: 41}}),
		},
		{
			Name: "PLAN-26: a named user who is inactive", Config: `{"title": "x", "assignee": "user:lee@example.com"}`,
			Want: action.Outcome{Skip: "target_missing", Detail: `the user "lee@example.com" is inactive or gone`},
		},
		{
			Name: "PLAN-26: a partner who is gone", Config: `{"title": "x", "assignee": "partner:x@example.com"}`,
			Want: action.Outcome{Skip: "target_missing", Detail: `the partner "x@example.com" is gone`},
		},
		{
			Name: "completion email", Config: `{"title": "x", "assignee": "owner", "completion_email": "Welcome"}`,
			Want: action.Outcome{Detail: "-", Effects: []action.Effect{action.CreateTask{Kind: "task", Title: "x", Assignee: owner, CompletionEmail: 21}}},
		},
		{
			Name:   "whether the completion email is usable is asked when the task is completed",
			Config: `{"title": "x", "assignee": "owner", "completion_email": "old"}`,
			Want: action.Outcome{
				Effects: []action.Effect{action.CreateTask{Kind: "task", Title: "x", Assignee: owner, CompletionEmail: 22}},
				Detail:  `the template "old" is a draft, archived or gone`,
			},
		},
		{
			Name: "a title that renders as nothing", Config: `{"title": "{{ none }}", "assignee": "owner"}`,
			Want: made(action.CreateTask{Title: "Task", Assignee: owner}),
		},
		{
			Name: "a title that cannot be rendered", Config: `{"title": "{{ bad }}"}`,
			Want: action.Outcome{Fail: "bad_content", Detail: "title: the text takes too long"},
		},
		{
			Name: "notes that cannot be rendered", Config: `{"title": "x", "notes": "{{ bad }}"}`,
			Want: action.Outcome{Fail: "bad_content", Detail: "notes: the text takes too long"},
		},
	})
}

func TestRefs(t *testing.T) {
	t.Parallel()
	r := action.NewRegistry(task.Create{})
	got := r.Refs("create_task", []byte(`{"title": "x", "assignee": "partner:bank@example.com", "completion_email": "Welcome"}`))
	if want := []plan.Reference{
		{Field: "assignee", Ref: action.Partner, Name: "bank@example.com"},
		{Field: "completion_email", Ref: form.Template, Name: "Welcome"},
	}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := r.Refs("create_task", []byte(`{"title": "x", "assignee": "self"}`)); len(got) > 0 {
		t.Errorf("a role refers to nobody: %v", got)
	}
	if !r.Role("create_task").Task {
		t.Error("PLAN-13's time of day is for tasks")
	}
}
