// Package crash kills real servers on real databases at random moments under load, and counts what arrived at a real SMTP
// server: nothing twice, nothing lost, order kept, and no more in doubt than were in flight (ENG-5, 9-quality).
package crash_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
	_ "time/tzdata"

	"tactus/internal/channel/smtptest"
	"tactus/internal/cli"
	"tactus/internal/store/pgtest"
)

// asServer makes this test binary the tactus command.
const asServer = "TACTUS_CRASH_AS_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := cli.Run(ctx, os.Args[1:], cli.IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv})
		stop()
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// TestCrashShort kills a few times; the long form is `make crash KILLS=n`.
func TestCrashShort(t *testing.T) {
	t.Parallel()
	for _, db := range []string{"sqlite", "postgres"} {
		t.Run(db, func(t *testing.T) {
			t.Parallel()
			crash(t, db, 4)
		})
	}
}

// report is the fixed form of 9-quality.
type report struct {
	DB          string `json:"db"`
	Kills       int    `json:"kills"`
	Sent        int    `json:"sent"`
	Duplicates  int    `json:"duplicates"`
	Lost        int    `json:"lost"`
	OutOfOrder  int    `json:"out_of_order"`
	InDoubt     int    `json:"in_doubt"`
	MaxInFlight int    `json:"max_in_flight"`
}

// connections is how many messages one server hands over at once.
const connections = 8

func crash(t *testing.T, db string, kills int) {
	mail, err := smtptest.Listen(smtptest.Options{Keep: smtptest.All})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mail.Close(); err != nil {
			t.Error(err)
		}
	})
	nodes := 1
	url := t.TempDir() + "/tactus.db"
	if db == "postgres" {
		nodes, url = 2, pgtest.URL(t)
	}
	smtp := fmt.Sprintf("smtp+plain://%s?connections=%d", mail.Addr, connections)
	f := newFleet(t, url, smtp, nodes)
	f.apply(t, lead)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	leads := 0
	for range kills {
		leads += f.load(ctx, t, leads, 60)
		f.kill(rand.IntN(nodes))
	}
	leads += f.load(ctx, t, leads, 60)
	f.settled(ctx, t, leads)
	r := f.count(ctx, t, mail, leads)
	r.DB, r.Kills, r.MaxInFlight = db, kills, kills*connections
	line, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(string(line)) //nolint:forbidigo // the campaign's figures are for programs
	if r.Duplicates+r.Lost+r.OutOfOrder > 0 || r.InDoubt > r.MaxInFlight {
		t.Errorf("the promise was broken: %s", line)
	}
}

// texts is how many emails every lead gets, in this order.
const texts = 3

// lead is the plan under load: emails and database steps, all due at once.
const lead = `tactus: 1
plan: Lead
source: Zillow
steps:
  - {name: One, action: send_email, when: immediately, subject: "1 {{ contact.id }}", body: One.}
  - {name: Tag, action: add_tags, when: immediately, tags: [Seen]}
  - {name: Two, action: send_email, when: immediately, subject: "2 {{ contact.id }}", body: Two.}
  - {name: Note, action: add_note, when: immediately, text: Noted}
  - {name: Three, action: send_email, when: immediately, subject: "3 {{ contact.id }}", body: Three.}
`

// count holds what the mail server took against what the database says.
func (f *fleet) count(ctx context.Context, t *testing.T, mail *smtptest.Server, leads int) report {
	r := report{Sent: mail.Counts().Accepted, Duplicates: mail.Counts().Duplicates}
	taken, last := map[string]int{}, map[string]string{}
	for _, m := range mail.Messages() {
		to, which := m.To[0], subject(m.Raw)
		taken[to+which]++
		if taken[to+which] > 1 {
			t.Logf("twice: %s %s", to, which)
			r.Duplicates++
		}
		if which < last[to] {
			t.Logf("%s got %s after %s", to, which, last[to])
			r.OutOfOrder++
		}
		last[to] = which
	}
	doubt := map[string]bool{}
	for _, m := range f.messages(ctx, t, "uncertain") {
		doubt[m.Address+m.Subject[:1]] = true
		r.InDoubt++
	}
	for i := range leads {
		for n := 1; n <= texts; n++ {
			key := fmt.Sprintf("%s%d", address(i), n)
			if taken[key] == 0 && !doubt[key] {
				t.Logf("lost: %s", key)
				r.Lost++
			}
		}
	}
	return r
}

func subject(raw []byte) string {
	_, rest, _ := strings.Cut(string(raw), "\nSubject: ")
	return rest[:1]
}

func address(i int) string { return fmt.Sprintf("lead%d@example.com", i) }
