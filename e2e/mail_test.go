package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jhillyerd/enmime/v2"
	"github.com/rogpeppe/go-internal/testscript"

	"tactus/internal/channel/smtptest"
)

// mailServer [NAME] starts an SMTP server; its address is $SMTP (or $NAME), as the --smtp flag takes it. "mailserver NAME down" only finds an
// address that nobody listens on, "mailserver NAME up" starts a server there.
func mailServer(ts *testscript.TestScript, _ bool, args []string) {
	name, state := "SMTP", ""
	if len(args) > 0 {
		name = args[0]
	}
	if len(args) > 1 {
		state = args[1]
	}
	var opt smtptest.Options
	switch state {
	case "down":
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
		ts.Check(err)
		ts.Check(l.Close())
		ts.Setenv(name, "smtp+plain://"+l.Addr().String())
		return
	case "up":
		opt.Addr = strings.TrimPrefix(ts.Getenv(name), "smtp+plain://")
	}
	s, err := smtptest.Listen(opt)
	ts.Check(err)
	k := of(ts)
	k.mail = append(k.mail, s)
	ts.Setenv(name, "smtp+plain://"+s.Addr)
}

// mailFault RECIPIENT CODE TEXT lets the first mail server answer so whenever it is asked to take mail for the recipient.
func mailFault(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: mailfault RECIPIENT CODE TEXT")
	}
	code, err := strconv.Atoi(args[1])
	ts.Check(err)
	of(ts).mail[0].Script(smtptest.Fault{At: smtptest.Rcpt, To: args[0], Code: code, Text: args[2]})
}

// mails N waits until the mail servers have accepted N messages together, then writes "to: subject" of each to the file "mails", in the order
// they came (server after server). It fails when more came, one came twice, or one is not well formed.
func mails(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: mails N")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	servers := of(ts).mail
	accepted := func() (sum int) {
		for _, s := range servers {
			sum += s.Counts().Accepted
		}
		return sum
	}
	wait(ts, fmt.Sprintf("%d messages did not come", n), func() bool { return accepted() >= n })
	if got := accepted(); got != n {
		ts.Fatalf("%d messages came, not %d", got, n)
	}
	var list bytes.Buffer
	ids := map[string]bool{}
	for i, s := range servers {
		for _, m := range s.Messages() {
			if ids[m.ID] {
				ts.Fatalf("sent twice: %s to %s", m.ID, m.To)
			}
			ids[m.ID] = true
			parsed, err := wellFormed(m)
			if err != nil {
				ts.Fatalf("the message to %s is not well formed: %v\n%s", m.To, err, m.Raw)
			}
			fmt.Fprintf(&list, "%s: %s\n", strings.Join(m.To, ","), parsed.GetHeader("Subject"))
		}
		ts.Setenv(fmt.Sprintf("MAILS%d", i+1), strconv.Itoa(s.Counts().Accepted))
	}
	ts.Check(os.WriteFile(ts.MkAbs("mails"), list.Bytes(), 0o600))
}

// wellFormed parses a message and holds it against what every message must have.
func wellFormed(m smtptest.Message) (*enmime.Envelope, error) {
	e, err := enmime.ReadEnvelope(bytes.NewReader(m.Raw))
	if err != nil {
		return nil, err
	}
	var bad []error
	wrong := func(format string, args ...any) { bad = append(bad, fmt.Errorf(format, args...)) }
	for _, problem := range e.Errors {
		wrong("%s", problem)
	}
	for _, name := range []string{"From", "To", "Subject", "Date", "Message-Id", "Mime-Version"} {
		if got := e.GetHeaderValues(name); len(got) != 1 || got[0] == "" {
			wrong("%s stands %d times", name, len(got))
		}
	}
	if _, err := mail.ParseDate(e.GetHeader("Date")); err != nil {
		wrong("date: %w", err)
	}
	if !regexp.MustCompile(`^<[^<>@\s]+@[^<>@\s]+>$`).MatchString(m.ID) {
		wrong("Message-ID %q", m.ID)
	}
	to, err := e.AddressList("To")
	if err != nil || len(to) != 1 || !slices.Contains(m.To, to[0].Address) {
		wrong("To %q, but the envelope says %q", e.GetHeader("To"), m.To)
	}
	if from, err := e.AddressList("From"); err != nil || len(from) != 1 {
		wrong("From %q: %w", e.GetHeader("From"), err)
	}
	if kind := e.Root.ContentType; kind != "multipart/alternative" {
		wrong("it is %s", kind)
	}
	for part := e.Root.FirstChild; part != nil; part = part.NextSibling {
		if !strings.EqualFold(part.Charset, "utf-8") {
			wrong("a part in %q", part.Charset)
		}
	}
	if strings.TrimSpace(e.Text) == "" || !strings.Contains(e.HTML, "<html") {
		wrong("no text or no HTML")
	}
	for line := range bytes.Lines(m.Raw) {
		if len(line) > 1000 || !bytes.HasSuffix(line, []byte("\r\n")) || slices.ContainsFunc(line, func(b byte) bool { return b > 127 }) {
			wrong("a line that mail servers do not take: %q", line)
			break
		}
	}
	return e, errors.Join(bad...)
}

// oneMail ADDRESS N shows the N-th message to an address, waiting for it: its header fields and text go to the file "mail", its HTML to
// "mail.html", its one-click link to $UNSUBSCRIBE.
func oneMail(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mail ADDRESS N")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	var found []smtptest.Message
	wait(ts, "no such message", func() bool {
		found = nil
		for _, s := range of(ts).mail {
			found = append(found, slices.DeleteFunc(s.Messages(), func(m smtptest.Message) bool { return !slices.Contains(m.To, args[0]) })...)
		}
		return len(found) >= n
	})
	m := found[n-1]
	e, err := wellFormed(m)
	ts.Check(err)
	var b bytes.Buffer
	fmt.Fprintf(&b, "Envelope: %s -> %s\n", m.From, strings.Join(m.To, ","))
	keys := e.GetHeaderKeys()
	slices.Sort(keys)
	for _, k := range keys {
		fmt.Fprintf(&b, "%s: %s\n", k, e.GetHeader(k))
	}
	fmt.Fprintf(&b, "\n%s", e.Text)
	ts.Check(os.WriteFile(ts.MkAbs("mail"), b.Bytes(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("mail.html"), []byte(e.HTML), 0o600))
	link := strings.Trim(e.GetHeader("List-Unsubscribe"), "<>")
	ts.Setenv("UNSUBSCRIBE", link)
	if _, path, ok := strings.Cut(link, "/u/"); ok {
		ts.Setenv("UNSUBSCRIBE_PATH", "/u/"+path)
	}
}

func wait(ts *testscript.TestScript, otherwise string, ok func() bool) {
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			ts.Fatalf("%s within %s", otherwise, patience)
		}
		tick := time.NewTimer(20 * time.Millisecond)
		<-tick.C
	}
}
