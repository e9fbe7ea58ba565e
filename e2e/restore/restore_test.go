package restore_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tactus/client"
	"tactus/internal/channel/smtptest"
	"tactus/internal/store/pgtest"
)

// A backup that is taken while leads come in and mail leaves is one moment of the database. Restored, nothing leaves before a person says so, and
// what left in the first life does not leave in the second (DEC-18, 9-quality "backup").
func TestRestoreSendsNothingTwice(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"sqlite", "postgres"} {
		for _, to := range []string{"sqlite", "postgres"} {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				secondLife(t, from, to)
			})
		}
	}
}

func secondLife(t *testing.T, from, to string) {
	mail := smtptest.Start(t, smtptest.Options{Keep: smtptest.All})
	smtp := fmt.Sprintf("smtp+plain://%s?connections=%d", mail.Addr, connections)
	place := func(db string) (string, int) {
		if db == "postgres" {
			return pgtest.URL(t), 2
		}
		return t.TempDir() + "/tactus.db", 1
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	url, nodes := place(from)
	first := newFleet(t, url, smtp, nodes)
	first.apply(t, lead)
	const leads = 200
	loaded := make(chan struct{})
	go func() { defer close(loaded); first.load(ctx, t, 0, leads) }()
	if err := mail.WaitFor(ctx, func(c smtptest.Counts) bool { return c.Accepted > leads/2 }); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "b.backup")
	first.run(t, "backup", file, "--db", url, "--state-dir", first.nodes[0].dir)
	<-loaded
	first.settled(ctx, t, leads)
	db := consistent(t, file)
	there := len(db["contact"])
	if there == 0 || there == leads {
		t.Logf("the backup has %d of %d leads: it was not taken under load", there, leads)
	}
	for _, n := range first.nodes {
		n.end()
	}
	if url2, nodes2 := place(to); from != to {
		url, nodes = url2, nodes2
	}
	state := t.TempDir()
	first.run(t, "restore", file, "--db", url, "--state-dir", state, "--secret", "the fleet's", "--smtp", smtp, "--replace")

	before := mail.Counts().Accepted
	second := newFleet(t, url, smtp, nodes)
	if err := second.post(ctx, leads); err != nil {
		t.Fatal(err)
	}
	if s := second.sending(t, false); !s.Held {
		t.Fatal("sending is not held")
	}
	for len(second.messages(ctx, t, "ready")) == 0 { // the new lead's first email waits
		if ctx.Err() != nil {
			t.Fatal("no message of the new lead")
		}
	}
	if after := mail.Counts().Accepted; after != before {
		t.Errorf("%d messages left while sending was held", after-before)
	}
	if s := second.sending(t, true); s.Held {
		t.Fatal("sending is still held")
	}
	second.settled(ctx, t, there+1)
	r := second.count(ctx, t, mail, leads+1)
	if r.duplicates+r.lost+r.outOfOrder > 0 || r.sent != before+texts {
		t.Errorf("%+v, %d were sent before", r, before)
	}
	consistent(t, second.backup(t, url))
	t.Logf("%d of %d leads in the backup, %d messages uncertain", there, leads, r.inDoubt)
}

// run is a command line of its own process; it must succeed.
func (f *fleet) run(t *testing.T, args ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), asServer+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("tactus %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (f *fleet) backup(t *testing.T, url string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "again.backup")
	f.run(t, "backup", file, "--db", url, "--state-dir", f.nodes[0].dir)
	return file
}

func (f *fleet) sending(t *testing.T, release bool) client.Sending {
	t.Helper()
	c, err := f.client(0)
	if err != nil {
		t.Fatal(err)
	}
	ask := c.Sending
	if release {
		ask = c.ReleaseSending
	}
	s, err := ask(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A restore that is killed leaves nothing that a server would take for a database; the next one comes to its end.
func TestKilledRestore(t *testing.T) {
	t.Parallel()
	f := &fleet{}
	url := t.TempDir() + "/tactus.db"
	mail := smtptest.Start(t, smtptest.Options{Keep: smtptest.None})
	running := newFleet(t, url, "smtp+plain://"+mail.Addr, 1)
	running.apply(t, lead)
	running.load(t.Context(), t, 0, 100)
	file := running.backup(t, url)
	running.nodes[0].end()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	state := t.TempDir()
	restore := []string{"restore", file, "--db", url, "--state-dir", state, "--secret", "the fleet's", "--replace"}
	cmd := exec.CommandContext(t.Context(), self, restore...)
	cmd.Env = append(os.Environ(), asServer+"=1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for { // until it has begun to write
		if _, err := os.Stat(url + ".restoring-wal"); err == nil || cmd.ProcessState != nil {
			break
		}
		if aside, _ := filepath.Glob(url + ".before-restore-*"); len(aside) > 0 {
			break // quicker than we could look
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	if _, err := os.Stat(url + ".restoring"); err == nil {
		serve := exec.CommandContext(t.Context(), self, "serve", "--db", url, "--listen", "127.0.0.1:0", "--state-dir", state, "--secret", "the fleet's")
		serve.Env = cmd.Env
		if out, err := serve.CombinedOutput(); err == nil || !strings.Contains(string(out), "has not come to its end") {
			t.Fatalf("a server took it: %v\n%s", err, out)
		}
	}
	f.run(t, restore...)
	again := newFleet(t, url, "smtp+plain://"+mail.Addr, 1)
	if s := again.sending(t, false); !s.Held {
		t.Error("sending is not held")
	}
	consistent(t, again.backup(t, url))
}
