// Package crash kills real servers on real databases at random moments under a mixed load, against a mail server that misbehaves, and
// holds what arrived there and what the API says at the end against what was promised (ENG-1 to ENG-7, ENG-11, 9-quality).
package crash_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"tactus/e2e/process"
	"tactus/internal/store/pgtest"
)

// TestMain makes this test binary the tactus command, on the campaign's clock, when it is asked to.
func TestMain(m *testing.M) {
	if os.Getenv(asServer) == "" {
		os.Exit(m.Run())
	}
	w, err := warpOf(os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	process.Main(w.clock())
}

// TestCrashShort kills a few times; the long form is `make crash KILLS=n`.
func TestCrashShort(t *testing.T) {
	t.Parallel()
	crash(t, size{kills: 5, pool: 600, timeout: 8 * time.Second})
}

// size is how large a campaign is.
type size struct {
	kills   int
	pool    int           // rows of an imported file, at most
	timeout time.Duration // of one hand-over; a machine that is so busy that a server stands still for longer makes doubts of its own
}

// crash runs a campaign on each database.
func crash(t *testing.T, s size) {
	seed, err := strconv.ParseUint(os.Getenv("TACTUS_CRASH_SEED"), 10, 64)
	if err != nil {
		seed = rand.Uint64()
	}
	for _, db := range []string{"sqlite", "postgres"} {
		t.Run(db, func(t *testing.T) {
			t.Parallel()
			say(t, "%s: %d kills; TACTUS_CRASH_SEED=%d repeats the decisions", db, s.kills, seed)
			url, nodes := t.TempDir()+"/tactus.db", 1
			if db == "postgres" {
				url, nodes = pgtest.URL(t), 3
			}
			newCampaign(t, db, url, nodes, seed, s).run(t)
		})
	}
}

// say tells how the campaign goes, at once: a long one is watched.
func say(t *testing.T, format string, args ...any) {
	t.Helper()
	fmt.Fprintf(t.Output(), format+"\n", args...)
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

// connections is how many messages one server hands over at once (DEC-12).
const connections = 8

// speed is how many times as fast as real time the servers' clock runs: a minute is a quarter of a second.
const speed = 240

// rest is how long everything may take to come to its end after the last kill: a lease, and a few retries.
const rest = 4 * time.Minute

// campaign is one database under load and kills.
type campaign struct {
	db string
	size
	rnd   *rand.Rand
	mail  *mail
	fleet *fleet
	load  *load
	j     *journal
	seed  uint64

	dialogues int // messages that were under way at the mail server when a server was killed
}

func newCampaign(t *testing.T, db, url string, nodes int, seed uint64, s size) *campaign {
	c := &campaign{db: db, size: s, seed: seed, rnd: rand.New(rand.NewPCG(seed, 0)), mail: newMail(t, seed), j: newJournal()}
	c.fleet = newFleet(t, url, fmt.Sprintf("smtp+plain://%s?connections=%d", c.mail.Addr, connections), s.timeout, nodes)
	c.load = newLoad(c.fleet, c.j, s)
	return c
}

// run loads, kills, lets everything settle, and judges.
func (c *campaign) run(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute+time.Duration(c.kills)*20*time.Second)
	defer cancel()
	killed, err := c.birth(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.load.setUp(ctx); err != nil {
		t.Fatal(err)
	}
	working, stop := context.WithCancel(ctx)
	var workers sync.WaitGroup
	for w := range 4 {
		workers.Go(func() { c.load.work(working, rand.New(rand.NewPCG(c.seed, uint64(w)+2))) })
	}
	err = c.strike(ctx, t, killed)
	stop()
	workers.Wait()
	if err != nil {
		t.Fatal(err)
	}
	settling, done := context.WithTimeout(ctx, rest)
	defer done()
	if err := c.load.settle(settling); err != nil {
		t.Errorf("it does not come to rest: %v; %s", err, c.load.restless(ctx))
	}
	facts, err := c.read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c.judge(t, facts)
}

// judge prints the closing object and fails when a promise was broken.
func (c *campaign) judge(t *testing.T, facts *truth) {
	v := newVerdict(t, c, facts)
	v.all()
	line, err := json.Marshal(v.report)
	if err != nil {
		t.Fatal(err)
	}
	say(t, "%s: %d contacts, %d enrollments, %d operations, %d edits; faults %d, answers kept back %d; leases lost %d; promises checked %d",
		c.db, len(facts.contacts), len(facts.enrollments), len(facts.operations), v.edits(), c.mail.Counts().Refused, len(c.mail.kept), len(v.late), v.promises)
	fmt.Println(string(line)) //nolint:forbidigo // the campaign's figures are for programs
	if r := v.report; r.Duplicates+r.Lost+r.OutOfOrder > 0 || r.InDoubt > r.MaxInFlight {
		t.Errorf("the promise was broken: %s", line)
	}
}
