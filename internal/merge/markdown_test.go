package merge_test

import (
	"testing"

	"tactus/internal/merge"
)

func TestMarkdownSink(t *testing.T) { // TPL-1: escaped by context
	t.Parallel()
	data := map[string]any{
		"name": "[Click](https://evil.example)", "plain": "Ann O'Neil", "accent": "Zoë", "url": "https://x.example/a_b?c=d", "mail": "ann_lee@x.example",
		"bare": "see https://evil.example", "lines": "1 Main\r\n    # Top\n- x", "code": "    x", "sig": merge.SafeMarkdown("**Ann**"), "n": 1.5,
		"www": "www.evil.example", "one": " x",
	}
	cases := map[string]string{
		`Hi {{ name }}`:                    `Hi \[Click\]\(https\://evil\.example\)`,
		`**Hi** {{ plain }}, {{ accent }}`: `**Hi** Ann O'Neil, Zoë`,
		`[look]({{ url }}) {{ mail }}`:     `[look](https://x.example/a_b?c=d) ann_lee@x.example`,
		`{{ bare }}`:                       `see https\://evil\.example`,
		`{{ www }}`:                        `www\.evil\.example`,
		`{{ lines }}`:                      "1 Main\n\\# Top\n\\- x",
		`{{ code }}`:                       `x`,
		`a{{ one }}`:                       `a x`,
		`{{ sig }}`:                        `**Ann**`,
		`{{ n }}`:                          `1\.5`,
		`{{ name | escape }}`:              `\[Click\]\(https\://evil\.example\)`,
		`{{ "a<b" | newline_to_br }}`:      `a\<b`,
		`{% capture x %}**{{ name }}**{% endcapture %}{{ x }}`:                `**\[Click\]\(https\://evil\.example\)**`,
		`{% capture x %}*{{ plain }}*{% endcapture %}{{ name | prepend: x }}`: `*Ann O'Neil*\[Click\]\(https\://evil\.example\)`,
		`{{ sig | upcase }}`: `\*\*ANN\*\*`,
	}
	for src, want := range cases {
		tpl, err := merge.Parse(src)
		if err != nil {
			t.Fatal(src, err)
		}
		got, err := tpl.Render(data, merge.Options{Sink: merge.Markdown})
		if err != nil || got.Text != want {
			t.Errorf("%s: %q (%v), want %q", src, got.Text, err, want)
		}
	}
	for _, sink := range []merge.Sink{merge.Plain, merge.Header} {
		tpl, err := merge.Parse(`{{ sig }} {{ name }}`)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := tpl.Render(data, merge.Options{Sink: sink}); err != nil || got.Text != "**Ann** [Click](https://evil.example)" {
			t.Errorf("sink %d: %q %v", sink, got.Text, err)
		}
	}
}

func TestFieldsInsideBareAddresses(t *testing.T) { // TPL-1: the link stays whole, and stays the author's
	t.Parallel()
	data := map[string]any{
		"mail": "ann+x@x.example", "name": "Ann Lee", "id": "42", "evil": ".evil.example", "url": "https://x.example/a", "half": "50%",
		"inject": ") [x](https://evil.example) **b** <b>\n# T", "sign": "__a__~", "enc": "a%20b-c.d",
	}
	cases := map[string]string{
		`https://cal.example/book?email={{ mail | url_encode }}`: `https://cal.example/book?email=ann%2Bx%40x.example`,
		`(https://cal.example/?e={{ mail }}&n={{ name }})`:       `(https://cal.example/?e=ann%2Bx%40x.example&n=Ann%20Lee)`,
		`see www.cal.example/{{ id }}/{{ enc }}, {{ mail }}`:     `see www.cal.example/42/a%20b-c.d, ann+x@x.example`,
		`<http://cal.example/?a={{ sign }}{{ half }}>`:           `<http://cal.example/?a=%5F%5Fa%5F%5F%7E50%25>`,
		`http://localhost/?a={{ inject }}`:                       `http://localhost/?a=%29%20%5Bx%5D%28https%3A%2F%2Fevil.example%29%20%2A%2Ab%2A%2A%20%3Cb%3E%0A%23%20T`,
		`https://cal.example{{ evil }}/`:                         `https://cal.example\.evil\.example/`,
		`{{ url }}?to={{ url }}`:                                 `https://x.example/a?to=https%3A%2F%2Fx.example%2Fa`,
		`[a b](https://cal.example/?u={{ url }})`:                `[a b](https://cal.example/?u=https://x.example/a)`,
		`[www.x.example/](https://cal.example/?e={{ name }}.)`:   `[www.x.example/](https://cal.example/?e=Ann Lee.)`,
		`https://cal.example/ {{ evil }}`:                        `https://cal.example/ \.evil\.example`,
	}
	for src, want := range cases {
		tpl, err := merge.Parse(src)
		if err != nil {
			t.Fatal(src, err)
		}
		got, err := tpl.Render(data, merge.Options{Sink: merge.Markdown})
		if err != nil || got.Text != want {
			t.Errorf("%s: %q (%v), want %q", src, got.Text, err, want)
		}
	}
}
