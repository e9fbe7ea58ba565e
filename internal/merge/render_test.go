package merge_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tactus/internal/merge"
)

func sample() map[string]any {
	return map[string]any{
		"contact": map[string]any{
			"first_name": "Zoë", "last_name": "", "tags": []string{"VIP", "Buyer"}, "age": 41, "price": json.Number("525000.5"),
			"notes": "a < b\nc", "evil": `"><script>alert('x')</script>`, "link": "java\tscript:alert(1)", "site": "https://a.example/?a=1&b=2",
			"bio": merge.SafeHTML("<b>bold</b> &amp; free"), "empty_list": []any{},
			"deals": []any{map[string]any{"title": "House"}, map[string]any{"title": ""}},
		},
		"event": map[string]any{"date": time.Date(2026, 3, 8, 3, 30, 0, 0, time.UTC), "day": "2026-03-08"},
	}
}

func render(t *testing.T, src string, opt merge.Options) merge.Result {
	t.Helper()
	tpl, err := merge.Parse(src)
	if err != nil {
		t.Fatalf("%q: %v", src, err)
	}
	got, err := tpl.Render(sample(), opt)
	if err != nil {
		t.Fatalf("%q: %v", src, err)
	}
	return got
}

// TPL-2: a field that came out empty without a default is named, so that the message can be held.
func TestEmpty(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		src  string
		want []string
	}{
		{"Hi {{ contact.first_name }}", nil},
		{"Hi {{ contact.last_name }}, {{ contact.last_name }}", []string{"contact.last_name"}},
		{"Hi {{ contact.none.deeper | upcase }}", []string{"contact.none.deeper"}},
		{`Hi {{ contact.last_name | default: "there" }}`, nil},
		{`Hi {{ contact.last_name | default: "" }}`, nil},
		{`Hi {{ contact.last_name | default: contact.none }}`, []string{"contact.last_name"}},
		{`Hi {{ contact.last_name | default: contact.first_name }}`, nil},
		{`Hi {{ contact.last_name | append: "!" }}`, []string{"contact.last_name"}},
		{"{{ contact.missing | times: 2 }}", []string{"contact.missing"}},
		{`{{ contact.empty_list | join: ", " }}`, []string{"contact.empty_list"}},
		{"{{ contact.empty_list | size }}", nil},
		{"{% assign n = contact.last_name | strip %}{{ n }}", []string{"contact.last_name"}},
		{`{% assign n = contact.last_name | default: "x" %}{{ n }}`, nil},
		{"{% for d in contact.deals %}{{ d.title }}{% endfor %}", []string{"contact.deals.title"}},
		{"{% if contact.last_name %}{% capture x %}{{ contact.last_name }}{% endcapture %}{% endif %}", []string{"contact.last_name"}},
		{"{% if false %}{{ contact.last_name }}{% endif %}", nil},
		{"{% echo contact.last_name %}", []string{"contact.last_name"}},
		{"{{ '' }}{{ false }}{{ 0 }}", nil},
	} {
		if got := render(t, c.src, merge.Options{}).Empty; !slices.Equal(got, c.want) {
			t.Errorf("%s: empty %q, want %q", c.src, got, c.want)
		}
	}
}

// TPL-1: fields are escaped by where they go; the template's own text never is.
func TestSinks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sink      merge.Sink
		src, want string
	}{
		{merge.Plain, "<b>{{ contact.notes }}</b>", "<b>a < b\nc</b>"},
		{merge.HTML, "<b>{{ contact.notes }}</b>", "<b>a &lt; b\nc</b>"},
		{merge.HTML, `<i title="{{ contact.evil }}">`, `<i title="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;">`},
		{merge.HTML, "{{ contact.notes | newline_to_br }}", "a &lt; b<br />\nc"},
		{merge.HTML, "{{ contact.notes | escape }}", "a &lt; b\nc"},
		{merge.HTML, "{{ contact.bio }}", "&lt;b&gt;bold&lt;/b&gt; &amp;amp; free"},
		{merge.HTML, "{{ contact.bio | raw }}", "<b>bold</b> &amp; free"},
		{merge.HTML, "{{ contact.notes | raw }}", "a &lt; b\nc"},
		{merge.HTML, "{{ contact.bio | raw | append: contact.notes }}", "<b>bold</b> &amp; freea &lt; b\nc"},
		{merge.HTML, "{% capture x %}<u>{{ contact.notes }}</u>{% endcapture %}{{ x }}", "<u>a &lt; b\nc</u>"},
		{merge.HTML, "{% capture x %}<u>{{ contact.notes }}</u>{% endcapture %}{{ x | upcase }}", "&lt;U&gt;A &amp;LT; B\nC&lt;/U&gt;"},
		{merge.HTML, `<a href="{{ contact.link }}">`, `<a href="#">`},
		{merge.HTML, `<a href = '{% if true %}{{ contact.link }}{% endif %}'>`, `<a href = '#'>`},
		{merge.HTML, `<a href="{{ contact.site }}">`, `<a href="https://a.example/?a=1&amp;b=2">`},
		{merge.HTML, `<a href="{{ contact.bio | raw }}">`, `<a href="&lt;b&gt;bold&lt;/b&gt; &amp;amp; free">`},
		{merge.HTML, `<td title={{ contact.notes }}>`, "<td title=a&#32;&lt;&#32;b&#10;c>"},
		{merge.HTML, "{{ contact.deals | first }}", "{&quot;title&quot; =&gt; &quot;House&quot;}"},
		{merge.URL, "https://x.example/{{ contact.first_name }}?q={{ contact.evil }}", "https://x.example/Zo%C3%AB?q=%22%3E%3Cscript%3Ealert%28%27x%27%29%3C%2Fscript%3E"},
		{merge.URL, "{{ contact.site }}&c={{ contact.notes }}", "https://a.example/?a=1&b=2&c=a%20%3C%20b%0Ac"},
		{merge.Header, "Re: {{ contact.notes }}\r\nBcc: x\n", "Re: a < b c Bcc: x"},
		{merge.Header, "plain\n", "plain"},
	} {
		if got := render(t, c.src, merge.Options{Sink: c.sink}).Text; got != c.want {
			t.Errorf("%s\n got %q\nwant %q", c.src, got, c.want)
		}
	}
	tpl, err := merge.Parse("{{ contact.link }}")
	if err != nil {
		t.Fatal(err)
	}
	var failed *merge.RenderError
	if _, err := tpl.Render(sample(), merge.Options{Sink: merge.URL}); !errors.As(err, &failed) {
		t.Errorf("a script address: got %v, want a RenderError", err)
	}
}

// TPL-1: dates are printed in the zone of the render; a day without a time never shifts.
func TestDates(t *testing.T) {
	t.Parallel()
	denver, err := time.LoadLocation("America/Denver")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 7, 1, 2, 0, 0, 0, time.UTC)
	for _, c := range []struct{ src, want string }{
		{`{{ event.date | date: "%A, %B %-d at %-I:%M %P %Z" }}`, "Saturday, March 7 at 8:30 pm MST"},
		{`{{ event.day | date: "%a %b %e %Y" }}`, "Sun Mar  8 2026"},
		{`{{ "now" | date: "%Y-%m-%d %H:%M %z" }}`, "2026-06-30 20:00 -0600"},
		{`{{ "today" | date: "%j %U %W %V %G %u %w %s %y %C" }}`, "181 26 26 27 2026 2 2 1782871200 26 20"},
		{`{{ "2026-03-08T10:00:00Z" | date: "%T %:z" }}`, "04:00:00 -06:00"},
		{`{{ "3/9/2026" | date: "%F" }}`, "2026-03-09"},
		{`{{ event.date | date: "%^a %#p %5d %_m %-m %03H %D %R %r %q %" }}`, "SAT pm 00007  3 3 020 03/07/26 20:30 08:30:00 PM %q %"},
		{`{{ event.date }}`, "2026-03-07 20:30:00 -0700"},
		{`{% if event.date < "2026-03-08" %}yes{% endif %}`, "yes"},
		{`{% if event.date < event.date %}yes{% else %}no{% endif %}`, "no"},
		{`{{ "soon" | date: "%F" }}`, "soon"},
	} {
		if got := render(t, c.src, merge.Options{Zone: denver, Now: now}).Text; got != c.want {
			t.Errorf("%s\n got %q\nwant %q", c.src, got, c.want)
		}
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ src, want string }{
		{"{{ contact.first_name.size }} {{ contact.first_name | slice: 2 }} {{ contact.first_name.last }}", "3 ë ë"},
		{"{{ contact.tags.first }} {{ contact.tags.size }} {{ contact.tags | last }} {{ contact.tags }}", "VIP 2 Buyer VIPBuyer"},
		{"{{ contact.age | plus: 1 }} {{ contact.price | times: 0.06 }} {{ contact.price }}", "42 31500.03 525000.5"},
		{"{{ 1.005 | round: 2 }} {{ -2.5 | round }} {{ 1234 | round: -2 }} {{ -7 | divided_by: 2 }} {{ -7 | modulo: 3 }}", "1.01 -3 1200 -4 2"},
		{"{{ 0.1 | plus: 0.2 }} {{ 1000000000000000000000.0 }}", "0.3 1000000000000000000000.0"},
		{"{% for p in event %}{{ p[0] }} {% endfor %}", "date day "},
		{"{% for i in (1..3) reversed %}{{ i }}{% endfor %}", "321"},
		{"{% for i in (1..5) reversed limit: 2 offset: 1 %}{{ i }}{% endfor %}", "32"},
		{"{% for i in (1..3) %}{{ i }}{% assign i = 9 %}{% endfor %}{{ i }}", "1239"},
		{"{% for i in (1..2) %}{% capture x %}{{ x }}{{ i }}{% break %}{% endcapture %}{% endfor %}{{ x }}", "1"},
		{"{{ 'a' }}{{- ' b' -}}  c", "a bc"},
		{`{{ "%zz" | url_decode }}`, "%zz"},
		{"{{ '<!-- x><!-- y>z<b' | strip_html }}", "z<b"},
	} {
		if got := render(t, c.src, merge.Options{}).Text; got != c.want {
			t.Errorf("%s\n got %q\nwant %q", c.src, got, c.want)
		}
	}
}

// TPL-1: bounded in work, memory and output.
func TestLimits(t *testing.T) {
	t.Parallel()
	double := "{% assign a = 'aaaaaaaa' %}" + strings.Repeat("{% assign a = a | append: a %}", 40)
	for _, src := range []string{
		"{% for i in (1..999999999999) %}{% endfor %}",
		"{% for i in (1..200) %}{% for j in (1..200) %}{% assign x = 1 %}{% endfor %}{% endfor %}",
		double,
		"{% assign a = '' | split: '' | concat: contact.tags %}" + strings.Repeat("{% assign a = a | concat: a %}", 40),
		double[:len(double)-24*30] + "{% assign b = a | replace: 'a', a | replace: 'a', a %}",
		"{% for i in (1..9999) %}{{ contact.evil }}{{ contact.evil }}{{ contact.evil }}{% endfor %}",
		"{{ (1..99999999) | join: ',' }}",
		"{{ (1..99999999) | slice: 0, 9999999 }}",
		"{{ 9223372036854775807 | plus: 1 }}",
		"{{ 9223372036854775807 | times: 2 }}",
		"{{ 9e9 | append: 1 }}{% capture a %}{% for i in (1..9000) %}{{ contact.evil }}{{ contact.evil }}{{ contact.evil }}{% endfor %}{% endcapture %}",
		strings.Repeat("{% if true %}", 51) + strings.Repeat("{% endif %}", 51),
		"{{ a" + strings.Repeat("[a", 60) + strings.Repeat("]", 60) + " }}",
		strings.Repeat("x", 64<<10+1),
	} {
		var limit *merge.LimitError
		tpl, err := merge.Parse(strings.Replace(src, "9e9", "9", 1))
		if err == nil {
			_, err = tpl.Render(sample(), merge.Options{})
		}
		if !errors.As(err, &limit) {
			t.Errorf("%.80s: got %v, want a LimitError", src, err)
		} else if limit.Error() == "" {
			t.Error("no message")
		}
	}
	if got := render(t, strings.Repeat("{% if true %}", 50)+"x"+strings.Repeat("{% endif %}", 50), merge.Options{}).Text; got != "x" {
		t.Errorf("50 levels: got %q", got)
	}
}

func TestLiteral(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{"": true, "a } { %}": true, "{{ a }}": false, "{% comment %}{% endcomment %}": false} {
		tpl, err := merge.Parse(src)
		if err != nil {
			t.Fatal(err)
		}
		if tpl.Literal() != want {
			t.Errorf("%q: Literal is %v", src, !want)
		}
	}
}

// One template serves many goroutines.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	tpl, err := merge.Parse("{% for d in contact.tags limit: 1 %}{% assign x = d %}{% endfor %}{{ contact.first_name | append: x }}")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if got, err := tpl.Render(sample(), merge.Options{}); err != nil || got.Text != "ZoëVIP" {
					t.Errorf("got %q, %v", got.Text, err)
				}
			}
		})
	}
	wg.Wait()
}

// A value outside the closed union is an error, not a guess.
func TestForeignValue(t *testing.T) {
	t.Parallel()
	tpl, err := merge.Parse("\n{{ a }}")
	if err != nil {
		t.Fatal(err)
	}
	var failed *merge.RenderError
	if _, err := tpl.Render(map[string]any{"a": struct{}{}}, merge.Options{}); !errors.As(err, &failed) || failed.Line != 2 {
		t.Errorf("got %v, want a RenderError in line 2", err)
	}
}

func BenchmarkRender(b *testing.B) {
	tpl, err := merge.Parse(mail)
	if err != nil {
		b.Fatal(err)
	}
	data := sample()
	for _, sink := range []merge.Sink{merge.Plain, merge.HTML} {
		b.Run(fmt.Sprint(sink), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := tpl.Render(data, merge.Options{Sink: sink}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := merge.Parse(mail); err != nil {
			b.Fatal(err)
		}
	}
}

const mail = `Hi {{ contact.first_name | default: "there" }},

it has been a while since we talked about {{ contact.deals[0].title | downcase }}.
{% if contact.tags contains "Buyer" and contact.age > 30 %}I found something for you at {{ contact.price }}.
{% else %}Tell me what you are looking for.
{% endif %}
We could meet on {{ event.date | date: "%A, %B %-d" }}.
{% for t in contact.tags %}* {{ t }}
{% endfor %}
Best wishes, {{ user.name | default: "your agent" }}
`
