package mail_test

import (
	"bytes"
	"errors"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jhillyerd/enmime/v2"

	"tactus/internal/channel"
	"tactus/internal/fault"
	"tactus/internal/mail"
)

// draft is a one-to-one message; tests change what they are about.
func draft(change func(*channel.Draft)) channel.Draft {
	d := channel.Draft{
		MessageID: 4711,
		From:      channel.Mailbox{Name: "Ann Agent", Address: "ann@agency.example"},
		To:        channel.Mailbox{Name: "Bob Buyer", Address: "bob@buyer.example"},
		Content:   channel.Content{Subject: "Your new home", Text: "Hello Bob,\n\nhere it is."},
		Date:      time.Date(2027, 3, 14, 15, 9, 26, 535e6, time.UTC),
		Random:    "k3v9xq",
	}
	if change != nil {
		change(&d)
	}
	return d
}

// compose also checks what holds for every message, and reads it back with an independent parser.
func compose(t *testing.T, d channel.Draft, opt mail.Options) (channel.Composed, *enmime.Envelope) {
	t.Helper()
	c, err := mail.NewComposer(opt)
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Compose(d)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.SplitSeq(m.Raw, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n") {
			t.Errorf("a line that SMTP does not carry: %.80q", line)
		}
	}
	head, _, _ := strings.Cut(string(m.Raw), "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if strings.TrimSpace(line) == "" {
			t.Error("a header line is empty, which some take for the header's end")
		}
	}
	for _, unwanted := range []string{"User-Agent:", "X-Mailer:", "\r\nBcc:", "Auto-Submitted:"} {
		if strings.Contains(head, unwanted) {
			t.Errorf("the header has %s", unwanted)
		}
	}
	env, err := enmime.ReadEnvelope(bytes.NewReader(m.Raw))
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range env.Errors {
		if problem.Severe { // the others guess at character sets and note an empty text
			t.Errorf("the parser complains: %v", problem)
		}
	}
	return m, env
}

func TestMessageReadsBack(t *testing.T) { // EMAIL-2
	t.Parallel()
	long := strings.Repeat("A very long subject about a house ", 12) + "end"
	cases := map[string]struct{ name, subject, text string }{
		"plain":               {"Bob Buyer", "Your new home", "Hello\n"},
		"quoted name":         {`Buyer, "Bob" \ Sons`, "a  b   c", "Hello\n"},
		"beyond ASCII":        {"Zoë Müller-Lüdenscheidt, geb. Graf von und zu Österreich-Ungarn", "Größe & Preis: 500.000 €", "Grüße aus Köln\n"},
		"far beyond ASCII":    {"山田太郎", "新しい家のお知らせ " + strings.Repeat("家", 60), "こんにちは\n"},
		"emoji":               {"Bob 🏡", "🏡🔑 " + strings.Repeat("👨‍👩‍👧‍👦", 20), "👋\n"},
		"long subject":        {"Bob", long, "Hello\n"},
		"one endless word":    {strings.Repeat("n", 950), strings.Repeat("x", 2000), strings.Repeat("y", 5000) + "\n"},
		"looks encoded":       {"=?utf-8?q?Eve?=", "=?utf-8?q?not_encoded?=", "Hello\n"},
		"no text":             {"", "", ""},
		"dots and From lines": {"Bob", "dots", ".\n..\nFrom here on\n.end\n"},
		"many spaces":         {"Bob" + strings.Repeat(" ", 90) + "Buyer", strings.Repeat("a   ", 40) + strings.Repeat("b", 72), "Hello\n"},
		"long with quotes":    {strings.Repeat(`"o" \ `, 60) + ".", strings.Repeat("https://x.example/"+strings.Repeat("p", 60)+" ", 9) + ".", "Hello\n"},
		"accent at the end":   {"Bob", "voilà", "là à *là* bas\n"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, env := compose(t, draft(func(d *channel.Draft) {
				d.To.Name, d.Content.Subject, d.Content.Text = tc.name, tc.subject, tc.text
			}), mail.Options{})
			if got := env.GetHeader("Subject"); got != tc.subject {
				t.Errorf("subject %q, want %q", got, tc.subject)
			}
			to, err := netmail.ParseAddress(env.Root.Header.Get("To"))
			if err != nil || to.Name != tc.name || to.Address != "bob@buyer.example" {
				t.Errorf("To is %v (%v)", to, err)
			}
			want := strings.NewReplacer("*", "").Replace(tc.text)
			if got := strings.ReplaceAll(env.Text, "\r\n", "\n"); got != want {
				t.Errorf("text %q, want %q", got, want)
			}
			if m.Preview.Subject != tc.subject || m.Preview.Text != want || strings.ReplaceAll(env.HTML, "\r\n", "\n") != m.Preview.HTML {
				t.Error("the preview is not what was sent")
			}
		})
	}
}

func TestHeader(t *testing.T) { // EMAIL-3
	t.Parallel()
	refs := []string{}
	for i := range 30 {
		refs = append(refs, "<"+strings.Repeat("r", i+1)+"@agency.example>")
	}
	m, env := compose(t, draft(func(d *channel.Draft) {
		d.ReplyTo = channel.Mailbox{Name: "Ann Agent", Address: "r+token@in.agency.example"}
		d.InReplyTo, d.References = "<last@agency.example>", refs
		d.From.Address, d.To.Address = "ann@Bücher.example", "bob@KÖLN.example"
	}), mail.Options{})
	for name, want := range map[string]string{
		"Date":         "Sun, 14 Mar 2027 15:09:26 +0000",
		"From":         `"Ann Agent" <ann@xn--bcher-kva.example>`,
		"Reply-To":     `"Ann Agent" <r+token@in.agency.example>`,
		"Message-Id":   "<4711.k3v9xq@xn--bcher-kva.example>",
		"In-Reply-To":  "<last@agency.example>",
		"Mime-Version": "1.0",
		"References":   strings.Join(append(append([]string{refs[0]}, refs[12:]...), "<last@agency.example>"), " "),
	} {
		if got := env.Root.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if m.Ref != "<4711.k3v9xq@xn--bcher-kva.example>" || m.EnvelopeFrom != "ann@xn--bcher-kva.example" || m.EnvelopeTo != "bob@xn--kln-sna.example" {
		t.Errorf("the envelope is %q -> %q, %q", m.EnvelopeFrom, m.EnvelopeTo, m.Ref)
	}
	if env.Root.ContentType != "multipart/alternative" || env.Root.FirstChild.ContentType != "text/plain" ||
		env.Root.FirstChild.NextSibling.ContentType != "text/html" {
		t.Error("the parts are not text and HTML alternatives, the plainest first")
	}
	if env.Root.Header.Get("List-Unsubscribe") != "" {
		t.Error("one-to-one mail has an unsubscribe header (EMAIL-4)")
	}
}

func TestIdsMayBeLong(t *testing.T) { // EMAIL-3
	t.Parallel()
	id := func(c string) string { return "<" + strings.Repeat(c, 300) + "@agency.example>" }
	m, env := compose(t, draft(func(d *channel.Draft) {
		d.Random, d.From.Address = strings.Repeat("r", 64), "ann@"+strings.Repeat("long.", 40)+"example"
		d.InReplyTo, d.References = id("b"), []string{id("a"), id("b")}
	}), mail.Options{})
	for name, want := range map[string]string{"Message-Id": m.Ref, "In-Reply-To": id("b"), "References": id("a") + " " + id("b")} {
		if got := env.Root.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestLocalPartBeyondASCIIStaysAsItIs(t *testing.T) { // RFC 6532: for servers with SMTPUTF8
	t.Parallel()
	for _, name := range []string{"Jörg", "=?Jorg", ""} {
		m, _ := compose(t, draft(func(d *channel.Draft) { d.To = channel.Mailbox{Name: name, Address: "jörg@köln.example"} }), mail.Options{})
		if m.EnvelopeTo != "jörg@xn--kln-sna.example" || !bytes.Contains(m.Raw, []byte("<jörg@xn--kln-sna.example>\r\n")) {
			t.Errorf("%q: the envelope is for %q, the header is\n%.600s", name, m.EnvelopeTo, m.Raw)
		}
	}
}

func TestUnsubscribe(t *testing.T) { // EMAIL-4
	t.Parallel()
	link := "https://go.agency.example/u/" + strings.Repeat("a1", 300) + "?a=1&b=2"
	m, env := compose(t, draft(func(d *channel.Draft) {
		d.Unsubscribe, d.Postal = link, "Agency <&> Sons\n1 Main Street\r\n\nSpringfield, IL 62701"
	}), mail.Options{})
	for _, line := range []string{"\r\nList-Unsubscribe: <" + link + ">\r\n", "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"} {
		if bytes.Count(m.Raw, []byte(line)) != 1 {
			t.Errorf("not there as one line: %s", line)
		}
	}
	if want := "here it is.\n\n---\nAgency <&> Sons\n1 Main Street\nSpringfield, IL 62701\nUnsubscribe: " + link + "\n"; !strings.HasSuffix(m.Preview.Text, want) {
		t.Errorf("the text ends %q", m.Preview.Text)
	}
	if !strings.Contains(env.HTML, "Agency &lt;&amp;&gt; Sons<br>") || !strings.Contains(env.HTML, `?a=1&amp;b=2"`) {
		t.Errorf("the HTML has no proper footer: %s", env.HTML)
	}
	// RFC 8058 wants HTTPS for one click; a server on a developer's machine has none.
	_, env = compose(t, draft(func(d *channel.Draft) { d.Unsubscribe = "http://localhost:8080/u/1" }), mail.Options{})
	if env.Root.Header.Get("List-Unsubscribe") == "" || env.Root.Header.Get("List-Unsubscribe-Post") != "" {
		t.Error("plain HTTP is announced for one click, or not at all")
	}
}

func TestRefusesWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		field  string
		change func(*channel.Draft)
	}{
		"line break in the subject":    {"subject", func(d *channel.Draft) { d.Content.Subject = "Hi\r\nBcc: all@x.example" }},
		"bare LF in the subject":       {"subject", func(d *channel.Draft) { d.Content.Subject = "Hi\nthere" }},
		"NUL in the subject":           {"subject", func(d *channel.Draft) { d.Content.Subject = "Hi\x00" }},
		"line break in the address":    {"to", func(d *channel.Draft) { d.To.Address = "bob@x.example\r\nX: y" }},
		"no address":                   {"to", func(d *channel.Draft) { d.To.Address = "" }},
		"no domain":                    {"to", func(d *channel.Draft) { d.To.Address = "bob@" }},
		"name within the address":      {"to", func(d *channel.Draft) { d.To.Address = "Bob <bob@x.example>" }},
		"two addresses":                {"to", func(d *channel.Draft) { d.To.Address = "a@x.example,b@x.example" }},
		"angle brackets":               {"to", func(d *channel.Draft) { d.To.Address = "a@x.example>,<b@x.example" }},
		"comment":                      {"to", func(d *channel.Draft) { d.To.Address = "bob@x.example(hi)" }},
		"bad domain":                   {"from", func(d *channel.Draft) { d.From.Address = "ann@a\u200bb .example" }},
		"too long":                     {"from", func(d *channel.Draft) { d.From.Address = strings.Repeat("a", 65) + "@x.example" }},
		"reply address":                {"reply_to", func(d *channel.Draft) { d.ReplyTo.Name = "only a name" }},
		"unsubscribe script":           {"unsubscribe", func(d *channel.Draft) { d.Unsubscribe = "javascript:alert(1)" }},
		"unsubscribe with a header":    {"unsubscribe", func(d *channel.Draft) { d.Unsubscribe = "https://x.example/>\r\nX: y" }},
		"reference with a line break":  {"references", func(d *channel.Draft) { d.References = []string{"<a@b>\r\nX: y"} }},
		"answer without brackets":      {"references", func(d *channel.Draft) { d.InReplyTo = "a@b" }},
		"no date":                      {"date", func(d *channel.Draft) { d.Date = time.Time{} }},
		"no random part":               {"random", func(d *channel.Draft) { d.Random = "" }},
		"random part with a space":     {"random", func(d *channel.Draft) { d.Random = "a b" }},
		"random part with a line feed": {"random", func(d *channel.Draft) { d.Random = "a\n" }},
	}
	c, err := mail.NewComposer(mail.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := c.Compose(draft(tc.change))
			var f *fault.Error
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("not refused: %v", err)
			}
			if !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Name != tc.field {
				t.Errorf("the fields at fault are %v, want %s", f.Fields, tc.field)
			}
		})
	}
}

func TestControlCharactersInNamesAreBlanks(t *testing.T) { // EMAIL-2: a name that an import broke stops no mail, and writes no header
	t.Parallel()
	_, env := compose(t, draft(func(d *channel.Draft) {
		d.To.Name, d.From.Name = "Bob\r\nBcc: all@x.example", "Ann\x00\vAgent\u2028\u0085\n"
	}), mail.Options{})
	to, err := netmail.ParseAddress(env.Root.Header.Get("To"))
	if err != nil || to.Name != "Bob  Bcc: all@x.example" || env.Root.Header.Get("Bcc") != "" {
		t.Errorf("%v %v", to, err)
	}
	if from, err := netmail.ParseAddress(env.Root.Header.Get("From")); err != nil || from.Name != "Ann  Agent" {
		t.Errorf("%v %v", from, err)
	}
}

func FuzzCompose(f *testing.F) {
	f.Add("Bob", "Hello", "text **bold** [l](http://x.example)", "")
	f.Add("B\u00f6b \"x\"", "=?utf-8?q?x?=", "> q\n> - a\n>   - b\n\n1. x", "<ul><li><ul><li>x</ul><blockquote><pre>a\n\nb</pre></blockquote>")
	c, err := mail.NewComposer(mail.Options{})
	if err != nil {
		f.Fatal(err)
	}
	fields := []string{"Date", "From", "To", "Subject", "Message-Id", "Mime-Version", "Content-Type"}
	f.Fuzz(func(t *testing.T, name, subject, text, html string) {
		m, err := c.Compose(draft(func(d *channel.Draft) {
			d.To.Name, d.Content = name, channel.Content{Subject: subject, Text: text, HTML: html}
		}))
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			return
		}
		env, err := enmime.ReadEnvelope(bytes.NewReader(m.Raw))
		if err != nil {
			t.Fatal(err)
		}
		for field, values := range env.Root.Header {
			if !slices.Contains(fields, field) || len(values) != 1 {
				t.Fatalf("injected: %s: %v", field, values)
			}
		}
		if env.Root.FirstChild == nil || env.Root.FirstChild.NextSibling == nil || env.Root.FirstChild.NextSibling.NextSibling != nil {
			t.Fatal("not two parts")
		}
	})
}
