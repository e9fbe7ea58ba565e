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
