package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tactus/client"
	"tactus/e2e/process"
	"tactus/internal/channel/smtptest"
	"tactus/internal/cli"
	"tactus/internal/store/storetest"
)

// kit is what a script's own commands share.
type kit struct {
	mail []*smtptest.Server
}

type kitKey struct{}

func newKit() *kit { return &kit{} }

func (k *kit) close() {
	for _, s := range k.mail {
		_ = s.Close() // the script is over
	}
}

// patience is how long a script waits until something is so, on a machine that does much else.
const patience = 60 * time.Second

func commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"mailserver": mailServer,
		"mailfault":  mailFault,
		"mails":      mails,
		"mail":       oneMail,
		"serving":    serving,
		"until":      until,
		"http":       request,
		"moved":      moved,
		"newer":      newer,
		"set":        set,
	}
}

func of(ts *testscript.TestScript) *kit {
	return ts.Value(kitKey{}).(*kit) //nolint:errcheck // put there by the setup
}

// serving waits until the server that this script started in the background answers.
func serving(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.Getenv("TACTUS_STATE_DIR")
	if len(args) == 1 {
		dir = ts.MkAbs(args[0])
	}
	wait(ts, "the server does not answer", func() bool {
		local, ok := process.Serves(dir)
		if !ok {
			return false
		}
		ts.Setenv("URL", local.URL)
		ts.Setenv("KEY", local.Key)
		return true
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

// http METHOD PATH [FILE] asks the API, with the local key; a whole URL is asked as a stranger would. The answer goes to the file "answer",
// the status to the file "status".
func request(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: http METHOD PATH [FILE]")
	}
	body, kind := "", "application/json"
	if len(args) == 3 {
		body = ts.ReadFile(args[2])
	}
	ours := strings.HasPrefix(args[1], "/")
	url := args[1]
	if ours {
		url = ts.Getenv("URL") + args[1]
	} else {
		kind = "application/x-www-form-urlencoded"
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, args[0], url, strings.NewReader(body))
	ts.Check(err)
	if ours {
		req.Header.Set("Authorization", "Bearer "+ts.Getenv("KEY"))
	}
	if args[0] != http.MethodGet {
		req.Header.Set("Content-Type", kind)
	}
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	var answer bytes.Buffer
	_, err = answer.ReadFrom(resp.Body)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	ts.Check(os.WriteFile(ts.MkAbs("answer"), answer.Bytes(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("status"), []byte(strconv.Itoa(resp.StatusCode)+"\n"), 0o600))
}

// moved BEFORE AFTER MIN MAX compares two listings of enrollments (--json): the next moment of each has moved by at least MIN and at most MAX.
func moved(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: moved BEFORE AFTER MIN MAX")
	}
	least, err := time.ParseDuration(args[2])
	ts.Check(err)
	most, err := time.ParseDuration(args[3])
	ts.Check(err)
	before, after := nextMoments(ts, args[0]), nextMoments(ts, args[1])
	if len(before) == 0 || len(before) != len(after) {
		ts.Fatalf("%d enrollments before, %d after", len(before), len(after))
	}
	for id, was := range before {
		is, ok := after[id]
		if d := is.Sub(was); !ok || d < least || d > most {
			ts.Fatalf("enrollment %s: %s has become %s, moved by %s", id, was, is, d)
		}
	}
}

func nextMoments(ts *testscript.TestScript, file string) map[client.ID]time.Time {
	out := map[client.ID]time.Time{}
	for line := range strings.Lines(ts.ReadFile(file)) {
		var e client.Enrollment
		ts.Check(json.Unmarshal([]byte(line), &e))
		if e.Next == nil || e.Next.At == nil {
			ts.Fatalf("enrollment %s has no next moment: %s", e.ID, line)
		}
		out[e.ID] = *e.Next.At
	}
	return out
}

// newer makes the script's database one that a later program has changed.
func newer(ts *testscript.TestScript, _ bool, _ []string) {
	db := ts.Getenv("TACTUS_DB")
	if !strings.Contains(db, "://") {
		db = ts.MkAbs(db)
	}
	ts.Check(storetest.Newer(context.Background(), db))
}

// set VAR PATTERN FILE gives $VAR what the pattern's first group matches in a file, or in stdout.
func set(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: set VAR PATTERN FILE")
	}
	found := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(ts.ReadFile(args[2]))
	if len(found) < 2 {
		ts.Fatalf("%s holds nothing like %s", args[2], args[1])
	}
	ts.Setenv(args[0], found[1])
}
