package merge_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"tactus/internal/merge"
)

func refsOf(refs []merge.Ref) string {
	var all []string
	for _, r := range refs {
		all = append(all, fmt.Sprintf("%d:%s", r.Line, r.Path))
	}
	return strings.Join(all, " ")
}

func TestRefs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ src, want string }{
		{"{{ contact.first_name }}\n\n{{ contact['Move date'] | append: user.name }}", "1:contact.first_name 3:contact.Move date 3:user.name"},
		{"{% assign x = contact.a %}{{ x.b }}{% capture y %}{{ plan.name }}{% endcapture %}{{ y }}", "1:contact.a 1:plan.name"},
		{"{% for t in contact.tags %}{{ t.x }}{{ forloop.index }}{{ contact.z }}{% endfor %}{{ t }}", "1:contact.tags 1:contact.z 1:t"},
		{"{{ a.b[c.d].e }}{{ a[0].b }}{{ [f.g] }}", "1:a.b 1:c.d 1:a 1:f.g"},
		{"{% if steps.hello.outcome == 'x' or a contains b %}{% elsif c %}{% endif %}", "1:steps.hello.outcome 1:a 1:b 1:c"},
		{"{% case a %}{% when b, 'c' %}{{ d | default: e, allow_false: f }}{% endcase %}", "1:a 1:b 1:d 1:e 1:f"},
		{"{{ nil }}{{ true }}{{ empty }}{{ blank }}{{ 1 }}{% comment %}{{ x }}{% endcomment %}", ""},
		{"{% for i in (a..b) limit: c offset: d %}{% endfor %}", "1:a 1:b 1:c 1:d"},
	} {
		tpl, err := merge.Parse(c.src)
		if err != nil {
			t.Fatalf("%s: %v", c.src, err)
		}
		if got := refsOf(tpl.Refs()); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.src, got, c.want)
		}
	}
}

func schema() merge.Schema {
	text := merge.Node{Kind: merge.Text}
	return merge.Schema{
		"contact": {Kind: merge.Group, Preferred: true, Fields: map[string]merge.Node{
			"first_name": text, "last_name": text, "name": text, "stage": text, "email": text,
			"tags":   {Kind: merge.List, Item: &text},
			"born":   {Kind: merge.Date},
			"custom": {Kind: merge.Group, Any: &text},
		}},
		"account": {Kind: merge.Group, Fields: map[string]merge.Node{"name": text, "website": text}},
		"user":    {Kind: merge.Group, Fields: map[string]merge.Node{"first_name": text, "phone": text}},
		"steps": {Kind: merge.Group, Any: &merge.Node{Kind: merge.Group, Fields: map[string]merge.Node{
			"outcome": text,
		}}},
	}
}

// TPL-2: an unknown field is an error when saving, with a suggestion.
func TestCheck(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"contact.first_name":        "",
		"contact.first_name.size":   "",
		"contact.tags.first.size":   "",
		"contact.custom.Move date":  "",
		"steps.hello.outcome":       "",
		"contact":                   "",
		"first_name":                "unknown field first_name; did you mean contact.first_name?",
		"FirstName":                 "unknown field FirstName; did you mean contact.first_name?",
		"contact.frist_name":        "unknown field contact.frist_name; did you mean contact.first_name?",
		"contct.first_name":         "unknown field contct.first_name; did you mean contact.first_name?",
		"lead.first_name":           "unknown field lead.first_name; did you mean contact.first_name?",
		"contact.FirstName":         "unknown field contact.FirstName; did you mean contact.first_name?",
		"contact.phone":             "unknown field contact.phone; did you mean user.phone?",
		"acount.website":            "unknown field acount.website; did you mean account.website?",
		"contact.shoe_size_in_inch": "unknown field contact.shoe_size_in_inch",
		"contact.born.year":         "unknown field contact.born.year: contact.born is a date and has no year",
		"contact.name.x":            "unknown field contact.name.x: contact.name is a text and has no x",
	} {
		got := ""
		if problems := merge.Check([]merge.Ref{{Path: path, Line: 3}}, schema()); len(problems) == 1 {
			got = problems[0].Message
			if problems[0].Line != 3 || problems[0].Path != path || !strings.Contains(got, problems[0].Suggestion) {
				t.Errorf("%s: %+v", path, problems[0])
			}
		}
		if got != want {
			t.Errorf("%s\n got %q\nwant %q", path, got, want)
		}
	}
}

// A mistake says where it is and what to do (TPL-2); all are found at once.
func TestSyntaxErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ src, want string }{
		{"a\nb {{ contact.first_name", "line 2: this {{ is never closed: add }}"},
		{"{% if a %}", "line 1: this {% if %} is never closed: add {% endif %}"},
		{"{% if a %}\n{% endfor %}{% endif %}", "line 2: {% endfor %} has no {% for %} before it; expected {% endif %}"},
		{"{{ a | upcas }}", "line 1: there is no filter upcas; did you mean upcase?"},
		{"{{ a | append }}", "line 1: the filter append takes 1 value after a colon, found 0"},
		{"{{ a | default: “x” }}", `line 1: unexpected “: use straight quotes, as in "there"`},
		{"{% elseif a %}", "line 1: there is no tag elseif; did you mean elsif?"},
		{"{% include 'x' %}", "line 1: there is no tag include"},
		{"{% if a = 1 %}{% endif %}", "line 1: use == to compare"},
		{"{% if not a %}{% endif %}", "line 1: there is no not: use != or unless"},
		{"{% if (a or b) and c %}{% endif %}", "line 1: parentheses are for ranges such as (1..5); conditions can't be grouped"},
		{"{{ }}", "line 1: there is nothing between {{ and }}: name a field"},
		{"{{ first name }}", "line 1: unexpected name: nothing more is allowed here"},
		{"{% break %}", "line 1: {% break %} only works between {% for %} and {% endfor %}"},
		{"{% if a %}{% else %}{% else %}{% endif %}", "line 1: {% else %} stands after {% else %}: else must be last"},
		{"{{ 99999999999999999999 }}", "line 1: the number 99999999999999999999 is too large"},
		{"{{ a | plus: }}\n{{ 'x }}", "line 1: expected a field, a text in quotes or a number, found the end\nline 2: this text is never closed: add '"},
	} {
		_, err := merge.Parse(c.src)
		var syntax *merge.SyntaxError
		if !errors.As(err, &syntax) || err.Error() != c.want {
			t.Errorf("%s\n got %v\nwant %s", c.src, err, c.want)
		}
	}
	_, err := merge.Parse("ä\n ü{{ | }}")
	var syntax *merge.SyntaxError
	if !errors.As(err, &syntax) || syntax.Line != 2 || syntax.Col != 6 {
		t.Errorf("got %+v, want line 2 column 6", syntax)
	}
}

// The condition grammar of only_if (1a).
func TestCondition(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{
		`contact.first_name == "Zoë" and contact.tags contains "VIP"`: true,
		`contact.tags contains "vip"`:                                 false,
		`contact.age > 40`:                                            true,
		`contact.last_name == blank`:                                  true,
		`contact.none == nil`:                                         true,
		`contact.none > 1`:                                            false,
		`true and false and false or true`:                            false,
		`false or true and true`:                                      true,
		`contact.first_name <> "Bo"`:                                  true,
		`event.date >= "2026-01-01"`:                                  true,
		`contact.tags.size == 2`:                                      true,
	} {
		c, err := merge.ParseCondition(src)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		if got, err := c.Eval(sample(), merge.Options{}); err != nil || got != want {
			t.Errorf("%s: got %v, %v", src, got, err)
		}
	}
	c, err := merge.ParseCondition(`contact.stage == "New" and steps.hello.outcome != "x"`)
	if err != nil {
		t.Fatal(err)
	}
	if got := refsOf(c.Refs()); got != "1:contact.stage 1:steps.hello.outcome" {
		t.Errorf("refs %s", got)
	}
	for _, src := range []string{"", "a ==", "a b", "a == 1 and", "a | upcase", "a == 1 }}"} {
		var syntax *merge.SyntaxError
		if _, err := merge.ParseCondition(src); !errors.As(err, &syntax) {
			t.Errorf("%q: got %v, want a SyntaxError", src, err)
		}
	}
	var failed *merge.RenderError
	if c, err = merge.ParseCondition(`contact.first_name > 1`); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Eval(sample(), merge.Options{}); !errors.As(err, &failed) {
		t.Errorf("a text above a number: got %v", err)
	}
}
