package merge_test

import (
	"errors"
	"testing"
	"time"
	"unicode/utf8"

	"tactus/internal/merge"
)

func seeds(f *testing.F) {
	f.Helper()
	for _, src := range []string{
		mail, "{{ a | default: 'x', allow_false: true }}", "{%- for i in (1..3) reversed limit: 2 offset: continue -%}{{ forloop.index }}{%- endfor -%}",
		"{% case a %}{% when 1, 'b' or c %}{% else %}{% endcase %}", "{% raw %}{{{% endraw -%}", "{% comment %}{% raw %}{% endraw %}{% endcomment %}",
		"{{ contact.tags | sort | uniq | map: 'x' | where: 'a' | slice: -1, 2 | join }}", "{{ 1.5 | round: -3 | divided_by: 0.0 | modulo: 3 }}",
		"{{ 'now' | date: '%-10Y%^A%:::z%' }}", "{% unless a %}{% elsif [b] == blank %}{% endunless %}", "{{ contact.notes | truncatewords: 2 | strip_html | newline_to_br }}",
		"{{ '\xff' }}", "{%", "{{", "{%-%}", "{{-}}", "{{ a[-1].first.last.size }}", "{% raw %}", "{% assign a = a | concat: a %}",
	} {
		f.Add(src)
	}
}

// No source makes the parser panic; a template that parses has positions inside its source.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src string) {
		if _, err := merge.ParseCondition(src); err != nil && err.Error() == "" {
			t.Error("an error without a message")
		}
		tpl, err := merge.Parse(src)
		if err != nil {
			var syntax *merge.SyntaxError
			if errors.As(err, &syntax) && (syntax.Line < 1 || syntax.Col < 1) {
				t.Errorf("%+v", syntax)
			}
			return
		}
		merge.Check(tpl.Refs(), schema())
		if again, err := merge.Parse(src); err != nil || len(again.Refs()) != len(tpl.Refs()) {
			t.Errorf("a second parse differs: %v", err)
		}
	})
}

// No template makes a render panic, pass its bounds, differ from the time before or leak markup into HTML.
func FuzzRender(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src string) {
		tpl, err := merge.Parse(src)
		if err != nil {
			return
		}
		for _, sink := range []merge.Sink{merge.Plain, merge.HTML, merge.URL, merge.Header} {
			opt := merge.Options{Sink: sink, Now: time.Unix(1e9, 0), Limits: merge.Limits{Steps: 20_000, Output: 32 << 10, Growth: 256 << 10}}
			got, err := tpl.Render(sample(), opt)
			again, err2 := tpl.Render(sample(), opt)
			if (err == nil) != (err2 == nil) || got.Text != again.Text {
				t.Errorf("two renders differ: %q %v, %q %v", got.Text, err, again.Text, err2)
			}
			if len(got.Text) > 32<<10 || !utf8.ValidString(got.Text) {
				t.Errorf("%d bytes, valid UTF-8: %v", len(got.Text), utf8.ValidString(got.Text))
			}
		}
	})
}
