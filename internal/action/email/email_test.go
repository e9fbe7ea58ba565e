package email_test

import (
	"reflect"
	"strings"
	"testing"

	"tactus/internal/action"
	"tactus/internal/action/actiontest"
	"tactus/internal/action/email"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// 1a: template | subject+body | design.
func TestValidate(t *testing.T) {
	t.Parallel()
	actiontest.CheckFaults(t, email.Send{}, map[string][]string{
		`{"template": "Welcome", "thread": true}`:                nil,
		`{"subject": "Hi {{ name }}", "body": "Hello"}`:          nil,
		`{"subject": "Hi\n", "body": "Hello"}`:                   nil,
		`{"design": "Spring"}`:                                   nil,
		`{"design": "Spring", "subject": "Hi"}`:                  nil,
		`{}`:                                                     {"template"},
		`{"thread": true}`:                                       {"template"},
		`{"subject": "Hi"}`:                                      {"body"},
		`{"body": "Hello"}`:                                      {"subject"},
		`{"subject": " ", "body": "\n"}`:                         {"body", "subject"},
		`{"subject": "Hi\nBcc: x@example.com", "body": "Hello"}`: {"subject"},
		`{"template": "Welcome", "subject": "Hi", "body": "Hello", "design": "Spring"}`: {"body", "design", "subject"},
		`{"design": "Spring", "body": "Hello", "subject": "a\nb"}`:                      {"body", "subject"},
	})
}

func TestDo(t *testing.T) {
	t.Parallel()
	sent := action.Doing(action.SendMessage{Channel: "email"})
	actiontest.CheckDeeds(t, email.Send{}, []actiontest.Deed{
		{Name: "own text", Config: `{"subject": "Hi", "body": "Hello"}`, Want: sent},
		{Name: "PLAN-26: content is rendered when handed over, not here", Config: `{"subject": "Hi", "body": "{{ bad }}"}`, Want: sent},
		{Name: "template", Config: `{"template": "Welcome"}`, Want: sent},
		{
			Name: "EMAIL-3: thread", Config: `{"template": "Welcome", "thread": true}`,
			Want: action.Doing(action.SendMessage{Channel: "email", Thread: true}),
		},
		{
			Name: "PLAN-26: archived", Config: `{"template": "old"}`,
			Want: action.Outcome{Skip: "target_missing", Detail: `the template "old" is a draft, archived or gone`},
		},
		{Name: "PLAN-26: unknown", Config: `{"template": "never"}`, Want: action.Outcome{Skip: "target_missing"}},
		{Name: "designs come later", Config: `{"design": "Welcome"}`, Want: action.Outcome{Skip: "target_missing"}},
	})
}

func TestSaysWhatItUses(t *testing.T) {
	t.Parallel()
	r := action.NewRegistry(email.Send{})
	own := []byte(`{"subject": "Hi", "body": "Hello"}`)
	if got := r.Texts("send_email", own); !reflect.DeepEqual(got, map[string]string{"subject": "Hi", "body": "Hello"}) {
		t.Errorf("texts: %v", got)
	}
	if got := r.Refs("send_email", own); len(got) > 0 {
		t.Errorf("refs: %v", got)
	}
	if got := r.Refs("send_email", []byte(`{"template": "Welcome"}`)); !reflect.DeepEqual(got,
		[]plan.Reference{{Field: "template", Ref: form.Template, Name: "Welcome"}}) {
		t.Errorf("refs: %v", got)
	}
	if got := r.Role("send_email"); got != (plan.Role{Channel: "email"}) {
		t.Errorf("role: %+v", got)
	}
	faults := r.Validate("send_email", []byte(`{"text": "Hello"}`))
	if len(faults) != 1 || !strings.Contains(faults[0].Message, "text") {
		t.Errorf("a field of another action: %v", faults)
	}
}

func TestContent(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]action.Source{
		`{"template": "Welcome"}`:            {Template: "Welcome"},
		`{"subject": "Hi", "body": "Hello"}`: {Subject: "Hi", Text: "Hello"},
	} {
		c, ok := actiontest.Decode(t, email.Send{}, config).(action.Content)
		if !ok {
			t.Fatal("an email has no content")
		}
		if got := c.Content(3); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", config, got, want)
		}
	}
}
