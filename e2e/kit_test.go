package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tactus/internal/app/serve"
	"tactus/internal/channel/smtptest"
	"tactus/internal/cli"
)

// kit is what a script's own commands share.
type kit struct {
	mail *smtptest.Server
}

type kitKey struct{}

func newKit() *kit { return &kit{} }

func (k *kit) close() {
	if k.mail != nil {
		_ = k.mail.Close() //nolint:errcheck // the script is over
	}
}

// patience is how long a script waits until something is so, on a machine that does much else.
const patience = 60 * time.Second

func commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"mailserver": mailServer,
		"mails":      mails,
		"serving":    serving,
		"until":      until,
		"post":       post,
	}
}

func of(ts *testscript.TestScript) *kit { return ts.Value(kitKey{}).(*kit) }

// mailServer starts an SMTP server; its address is $SMTP, as the --smtp flag takes it.
func mailServer(ts *testscript.TestScript, _ bool, _ []string) {
	s, err := smtptest.Listen(smtptest.Options{})
	ts.Check(err)
	of(ts).mail = s
	ts.Setenv("SMTP", "smtp+plain://"+s.Addr)
}

// mails N waits until the mail server has accepted N messages, then writes "to: subject" of each, in the order they came, to stdout of the next
// `stdout` check by way of the file "mails". It fails when more than N came, or one twice.
func mails(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: mails N")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	s := of(ts).mail
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.WaitFor(ctx, func(c smtptest.Counts) bool { return c.Accepted >= n }); err != nil {
		ts.Fatalf("%d messages came, not %d: %v", s.Counts().Accepted, n, err)
	}
	if got := s.Counts().Accepted; got != n {
		ts.Fatalf("%d messages came, not %d", got, n)
	}
	if twice := s.Duplicates(); len(twice) > 0 {
		ts.Fatalf("sent twice: %v", twice)
	}
	var b bytes.Buffer
	for _, m := range s.Messages() {
		parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
		ts.Check(err)
		fmt.Fprintf(&b, "%s: %s\n", strings.Join(m.To, ","), parsed.Header.Get("Subject"))
	}
	ts.Check(os.WriteFile(ts.MkAbs("mails"), b.Bytes(), 0o600))
}

// serving waits until the server that this script started in the background answers.
func serving(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.Getenv("TACTUS_STATE_DIR")
	if len(args) == 1 {
		dir = ts.MkAbs(args[0])
	}
	wait(ts, "the server does not answer", func() bool {
		local, err := serve.ReadLocal(filepath.Join(dir, "tactus.server"))
		if err != nil {
			return false
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, local.URL+"/healthz", nil)
		if err != nil {
			return false
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return false
		}
		_ = resp.Body.Close() //nolint:errcheck // only the status counts
		ts.Setenv("URL", local.URL)
		ts.Setenv("KEY", local.Key)
		return resp.StatusCode == http.StatusOK
	})
}

// until PATTERN tactus ARGS… runs a command line again and again until its output matches.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || args[1] != "tactus" {
		ts.Fatalf("usage: until PATTERN tactus ARGS…")
	}
	re := regexp.MustCompile("(?m)" + args[0])
	var last string
	defer func() { ts.Logf("[last output]\n%s", last) }()
	wait(ts, "never matched "+args[0], func() bool {
		var out bytes.Buffer
		env := func(name string) string { return ts.Getenv(name) }
		cli.Run(context.Background(), args[2:], cli.IO{In: strings.NewReader(""), Out: &out, Err: &out, Env: env})
		last = out.String()
		return re.MatchString(last)
	})
}

// post PATH FILE sends a JSON file to the API with the local key; the answer goes to the file "answer", the status to "status".
func post(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: post PATH FILE")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, ts.Getenv("URL")+args[0], strings.NewReader(ts.ReadFile(args[1])))
	ts.Check(err)
	req.Header.Set("Authorization", "Bearer "+ts.Getenv("KEY"))
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	var body bytes.Buffer
	_, err = body.ReadFrom(resp.Body)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	ts.Check(os.WriteFile(ts.MkAbs("answer"), body.Bytes(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("status"), []byte(strconv.Itoa(resp.StatusCode)+"\n"), 0o600))
}

func wait(ts *testscript.TestScript, otherwise string, ok func() bool) {
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			ts.Fatalf("%s within %s", otherwise, patience)
		}
		tick := time.NewTimer(30 * time.Millisecond)
		<-tick.C
	}
}
