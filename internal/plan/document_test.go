package plan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tactus/internal/calendar"
	"tactus/internal/fault"
	"tactus/internal/plan"
)

// DEC-17: a document goes through JSON and back without loss, and the text stays the same.
func TestDocumentJSONRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := documents().Draw(t, "document")
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got plan.Document
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if !reflect.DeepEqual(&got, want) {
			t.Fatalf("got  %+v\nwant %+v\n%s", got, want, data)
		}
		again, err := json.Marshal(got)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%v\n%s\n%s", err, again, data)
		}
		decoded, err := plan.Decode(data, actions())
		if err != nil || !reflect.DeepEqual(decoded, want) {
			t.Fatalf("checked: %v\ngot  %+v\nwant %+v\n%s", err, decoded, want, data)
		}
	})
}

// PLAN-24: an exported plan file is the same plan.
func TestDocumentYAMLRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := documents().Draw(t, "document")
		data, err := want.YAML(true)
		if err != nil {
			t.Fatal(err)
		}
		f, problems := plan.Load("plan.yaml", data, actions())
		if len(problems) > 0 || !reflect.DeepEqual(f.Document, want) {
			t.Fatalf("%v\ngot  %+v\nwant %+v\n%s", problems, f.Document, want, data)
		}
	})
}

func TestTemplateYAMLRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := plan.Template{
			Name: line().Draw(t, "name"), Channel: "email", Subject: line().Draw(t, "subject"),
			Body: block().Draw(t, "body"), HTML: rapid.OneOf(block(), rapid.Just("")).Draw(t, "html"),
		}
		if strings.TrimSpace(want.HTML) != "" && rapid.Bool().Draw(t, "html alone") {
			want.Body = ""
		}
		data, err := want.YAML()
		if err != nil {
			t.Fatal(err)
		}
		f, problems := plan.Load("template.yaml", data, actions())
		if len(problems) > 0 || f.Template == nil || *f.Template != want {
			t.Fatalf("%v\ngot  %+v\nwant %+v\n%s", problems, f.Template, want, data)
		}
	})
}

// 1a's layout, as people read it.
func TestDocumentYAMLLayout(t *testing.T) {
	t.Parallel()
	const want = `tactus: 1
plan: Layout
kind: connection
source: Zillow
again: after 30 days
start_on: [{tag: Hot}, {stage: Offer}]
pause_on: [email_reply]
at: "09:00"
steps:
  - name: Hello
    id: s1
    milestone: Week one
    action: send_email
    when: immediately
    subject: "123"
    body: |
      Hi {{ contact.first_name }},

      welcome: to "us".
    only_if: contact.stage == "New"
    notify: true
  - name: Tag
    id: s2
    action: add_tags
    when: on day 3 at 09:30
    tags: [A, "yes"]
`
	f, problems := plan.Load("layout.yaml", []byte(want), actions())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got, err := f.Document.YAML(true)
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
	without, err := f.Document.YAML(false)
	if err != nil || strings.Contains(string(without), "id:") {
		t.Errorf("%v\n%s", err, without)
	}
}

func TestDocumentJSONErrors(t *testing.T) {
	t.Parallel()
	const in = `{"tactus": 1, "plan": "X", "knid": "general", "date": "soon", "steps": [{"name": "A", "action": "call", "when": "immediately"}, {"name": 3, "when": "later", "action": "call"}]}`
	want := []string{"knid", "date", "steps[1].name", "steps[1].when"}
	var d plan.Document
	if got := faultNames(t, json.Unmarshal([]byte(in), &d)); !reflect.DeepEqual(got, want) {
		t.Errorf("stored: %v, want %v", got, want)
	}
	_, err := plan.Decode([]byte(strings.Replace(in, "3", `"B"`, 1)), actions())
	got := faultNames(t, err)
	want = []string{"knid", "date", "steps[1].when"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("from outside: %v, want %v", got, want)
	}
	if _, err := plan.Decode([]byte(`{"plan": "Draft", "steps": []}`), actions()); err != nil {
		t.Errorf("a draft without steps: %v", err)
	}
	if _, err := plan.Decode([]byte(`{"template": "T", "tactus": 1, "channel": "sms", "body": "x"}`), actions()); !fault.Is(err, fault.Invalid) {
		t.Errorf("a template: %v", err)
	}
}

func faultNames(t *testing.T, err error) []string {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.Invalid {
		t.Fatalf("%T %v", err, err)
	}
	names := make([]string, len(f.Fields))
	for i, field := range f.Fields {
		names[i] = field.Name
	}
	return names
}

// line draws a text of one line that a plan may hold anywhere, with everything that YAML and JSON find special.
func line() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		s := strings.TrimSpace(rapid.StringOfN(rapid.RuneFrom([]rune("aZ09 :#-'\"[]&*!|>%@`,?\\<>ä😀\u00a0\u2028\u0085~=.")), 1, 12, -1).Draw(t, "line"))
		if s == "" {
			return "x"
		}
		return s
	})
}

// block draws a text of several lines, blank and indented ones among them.
func block() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		s := rapid.StringOfN(rapid.RuneFrom([]rune("ab \n\n\t:#-'\"[&*|>\\ä😀")), 0, 30, -1).Draw(t, "block")
		return "x" + rapid.SampledFrom([]string{"", s, s + "\n", s + "\n\n", "\n" + s + "y"}).Draw(t, "end")
	})
}

func documents() *rapid.Generator[*plan.Document] {
	return rapid.Custom(func(t *rapid.T) *plan.Document {
		kinds := []plan.Kind{plan.Connection, plan.Conversion, plan.Retention, plan.Event, plan.Seasonal, plan.General}
		maybe := rapid.OneOf(rapid.Just(""), line())
		d := &plan.Document{
			Name: line().Draw(t, "name"), Kind: rapid.SampledFrom(kinds).Draw(t, "kind"),
			Description: rapid.OneOf(rapid.Just(""), block()).Draw(t, "description"),
			Source:      maybe.Draw(t, "source"), Stage: maybe.Draw(t, "stage"),
			Again:       rapid.SampledFrom([]plan.Again{{}, {Mode: plan.AgainNever}, {Mode: plan.AgainFinished}, {Mode: plan.AgainAfter, Days: 1}, {Mode: plan.AgainAfter, Days: 30}}).Draw(t, "again"),
			StartOn:     rapid.SampledFrom([][]plan.StartRule{nil, {{Tag: "Hot"}, {Stage: "Offer"}}, {{Group: "a: b"}, {Event: "closing"}}}).Draw(t, "start_on"),
			PauseOn:     rapid.SampledFrom([][]plan.Signal{nil, {plan.EmailReply, plan.AnsweredCall}}).Draw(t, "pause_on"),
			PauseScope:  rapid.SampledFrom([]plan.Scope{"", plan.ScopePlan, plan.ScopeAll}).Draw(t, "scope"),
			PauseOnFail: rapid.Bool().Draw(t, "on_failure"),
		}
		switch rapid.IntRange(0, 3).Draw(t, "dated") {
		case 1:
			d.Date = &plan.Date{Wall: calendar.Wall{Date: calendar.Date{Year: 2026, Month: 2, Day: 28}, Time: calendar.At(rapid.IntRange(0, 23).Draw(t, "h"), 30)}}
			d.Yearly = rapid.Bool().Draw(t, "yearly")
		case 2:
			d.Event = line().Draw(t, "event")
		case 3:
			d.DateField = rapid.SampledFrom([]string{"birthday", "closing date"}).Draw(t, "field")
		}
		if !d.RepeatsYearly() {
			d.NextPlan = maybe.Draw(t, "next")
		}
		if rapid.Bool().Draw(t, "timed") {
			d.At = at(rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute"))
		}
		n := rapid.IntRange(1, 4).Draw(t, "steps")
		for i := range n {
			d.Steps = append(d.Steps, step(i, d.Dated()).Draw(t, "step"))
		}
		return d
	})
}

func step(i int, dated bool) *rapid.Generator[plan.Step] {
	return rapid.Custom(func(t *rapid.T) plan.Step {
		s := plan.Step{
			ID: "s" + string(rune('a'+i)), Name: line().Draw(t, "name"), Milestone: rapid.OneOf(rapid.Just(""), line()).Draw(t, "milestone"),
			When:   timings(dated).Filter(func(w plan.Timing) bool { return i > 0 || w.Anchor != plan.Previous }).Draw(t, "when"),
			Notify: rapid.Bool().Draw(t, "notify"), BusinessHours: rapid.Bool().Draw(t, "hours"),
			OnlyIf: rapid.SampledFrom([]string{"", `contact.stage == "New"`, `contact.tags contains "<b> & c"`}).Draw(t, "only_if"),
		}
		config := func(pairs ...any) json.RawMessage {
			var b strings.Builder
			for i := 0; i < len(pairs); i += 2 {
				raw, err := json.Marshal(pairs[i+1])
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&b, ",%q:%s", pairs[i], raw)
			}
			return json.RawMessage("{" + strings.TrimPrefix(b.String(), ",") + "}")
		}
		switch rapid.IntRange(0, 5).Draw(t, "action") {
		case 0:
			s.Action, s.Config = "call", config()
		case 1:
			s.Action, s.Config = "send_email", config("subject", line().Draw(t, "subject"), "body", block().Draw(t, "body"), "thread", rapid.Bool().Draw(t, "thread"))
		case 2:
			s.Action, s.Config = "send_sms", config("texts", rapid.SliceOfN(rapid.OneOf(line(), block()), 1, 3).Draw(t, "texts"))
		case 3:
			s.Action, s.Config = "add_tags", config("tags", rapid.SliceOfN(line(), 1, 3).Draw(t, "tags"))
		case 4:
			s.Action, s.Config = "create_task", config("title", line().Draw(t, "title"), "notes", block().Draw(t, "notes"), "assignee", "owner")
		case 5:
			s.Action, s.Config = "remind", config("title", "x <y> & z", "call", true)
		}
		return s
	})
}
