// Package soak lets real servers live for long under a steady stream of leads, with kills, restarts and months that pass, and holds that nothing
// grows but the data: not memory, file handles, goroutines or SQLite's journal; that old history goes; and that each email came once (9-quality).
package soak_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"
	_ "time/tzdata"

	"tactus/client"
	"tactus/e2e/process"
	"tactus/internal/channel/smtptest"
	"tactus/internal/fault"
	"tactus/internal/store/pgtest"
)

// TestMain makes this test binary the tactus command, on the soak's clock, when it is asked to.
func TestMain(m *testing.M) {
	if os.Getenv(asServer) == "" {
		os.Exit(m.Run())
	}
	w, err := warpOf(os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	tidyOnSignal(os.Getenv(asServer))
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, fault.New(fault.Unavailable, "tests ask no name server")
	}}
	process.Main(w.clock())
}

// size is how long a soak is.
type size struct {
	total   time.Duration // lives begin until then
	life    time.Duration // load in a process's life, rests apart
	lives   int           // at least
	rate    int           // leads a second, at most
	timeout time.Duration // of one hand-over
	ends    []end         // of lives, in turns
}

// end is how a life ends.
type end int

const (
	killed  end = iota // SIGKILL in the midst of the load, one node after the other
	stopped            // SIGTERM in the midst of the load, one node after the other
	later              // SIGTERM at rest; all nodes come back forty days later
)

// TestSoakShort has three lives; the long form is `make soak SOAK=1h`.
func TestSoakShort(t *testing.T) {
	t.Parallel()
	soak(t, size{life: time.Second, lives: 3, rate: 30, timeout: 8 * time.Second, ends: []end{killed, later}})
}

// soak runs one on each database.
func soak(t *testing.T, s size) {
	for _, db := range []string{"sqlite", "postgres"} {
		t.Run(db, func(t *testing.T) {
			t.Parallel()
			url, nodes := t.TempDir()+"/tactus.db", 1
			if db == "postgres" {
				url, nodes = pgtest.URL(t), 2
			}
			newRun(t, db, url, nodes, s).live(t)
		})
	}
}

// report is the fixed form of the figures.
type report struct {
	DB              string  `json:"db"`
	Minutes         float64 `json:"minutes"`
	Leads           int     `json:"leads"`
	PerSecond       float64 `json:"per_second"` // while there was load
	Kills           int     `json:"kills"`
	RSSFirst        int     `json:"rss_mb_first"` // at rest, the largest of the nodes
	RSSLast         int     `json:"rss_mb_last"`
	OwnFirst        int     `json:"own_mb_first"` // without what is mapped of files
	OwnLast         int     `json:"own_mb_last"`
	HeapFirst       int     `json:"heap_mb_first"`
	HeapLast        int     `json:"heap_mb_last"`
	GoroutinesFirst int     `json:"goroutines_first"`
	GoroutinesLast  int     `json:"goroutines_last"`
	FilesFirst      int     `json:"fds_first"`
	FilesLast       int     `json:"fds_last"`
	WALMax          int     `json:"wal_mb_max"`
	Unvacuumed      int     `json:"unvacuumed"` // how often a table had more dead rows than the doctor lets pass, at the end of a life
	Pruned          int64   `json:"pruned"`
	Duplicates      int     `json:"duplicates"`
	Lost            int     `json:"lost"`
	InDoubt         int     `json:"in_doubt"`
}

// run is one database's soak.
type run struct {
	size
	db    string
	begun time.Time
	mail  *smtptest.Server
	fleet *fleet
	load  *load
	first figures // of the first process, at rest after its warm-up: what all others are held to
	last  figures
	wal   *wal
	kills int
	dead  int

	old    int                 // leads that were through when months passed
	pruned map[client.ID]int64 // history rows that went, by operation
}

func newRun(t *testing.T, db, url string, nodes int, s size) *run {
	mail := smtptest.Start(t, smtptest.Options{Keep: smtptest.IDs, Judge: greylist()})
	f := newFleet(t, url, fmt.Sprintf("smtp+plain://%s?connections=8", mail.Addr), s.timeout, nodes)
	return &run{size: s, db: db, begun: process.Now(), mail: mail, fleet: f, load: &load{fleet: f, rate: s.rate}, pruned: map[client.ID]int64{}}
}

// live runs all lives and judges.
func (r *run) live(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*r.total+10*time.Minute)
	defer cancel()
	if err := r.fleet.begin(ctx); err != nil {
		t.Fatal(err)
	}
	if err := r.load.setUp(ctx); err != nil {
		t.Fatal(err)
	}
	if r.db == "sqlite" {
		r.wal = watchWAL(ctx, r.fleet.url+"-wal")
	}
	for i := 0; ; i++ {
		if err := r.life(ctx, t, i); err != nil {
			t.Fatalf("life %d: %v; %s", i+1, err, r.fleet.told())
		}
		if i+1 >= r.lives && process.Now().Sub(r.begun) >= r.total {
			break
		}
		if err := r.end(ctx, r.ends[i%len(r.ends)]); err != nil {
			t.Fatalf("the end of life %d: %v; %s", i+1, err, r.fleet.told())
		}
	}
	r.judge(ctx, t)
}

// life is one of a process: it warms up, rests and is measured, works, rests and is measured again.
func (r *run) life(ctx context.Context, t *testing.T, i int) error {
	for _, part := range []time.Duration{r.size.life / 5, r.size.life * 4 / 5} {
		if err := r.load.run(ctx, part); err != nil {
			return err
		}
		if err := r.load.settle(ctx); err != nil {
			return fmt.Errorf("it does not come to rest: %w; %s", err, r.load.restless(ctx))
		}
		if err := r.prune(ctx); err != nil {
			return err
		}
		if err := r.measure(ctx); err != nil {
			return err
		}
	}
	fmt.Fprintf(t.Output(), "%s: life %d, %d leads: %+v%s\n", r.db, i+1, r.load.count(), r.last, r.unvacuumed(ctx))
	return r.examine(ctx)
}

// unvacuumed is what the doctor has to say of rows that vacuuming left; counted in the report.
func (r *run) unvacuumed(ctx context.Context) (told string) {
	seen, err := r.fleet.client.Doctor(ctx)
	if err != nil {
		return ", no doctor: " + err.Error()
	}
	for _, c := range seen.Checks {
		if c.Name == "vacuum" && c.Status != "ok" {
			r.dead++
			told += ", " + c.Saw
		}
	}
	return told
}

// end ends the life of all nodes, and starts the next.
func (r *run) end(ctx context.Context, how end) error {
	if how == later {
		r.old = r.load.count()
		return r.fleet.sleep(ctx, 40*24*time.Hour)
	}
	working, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- r.load.run(working, r.size.total+time.Hour) }() // until it is stopped
	err := r.fleet.roll(ctx, r.size.life/10, how == killed)
	if how == killed {
		r.kills += len(r.fleet.nodes)
	}
	stop()
	return errors.Join(err, <-done)
}

// judge prints the closing object and fails when something was lost or came twice.
func (r *run) judge(ctx context.Context, t *testing.T) {
	rep := report{
		DB: r.db, Minutes: float64(process.Now().Sub(r.begun).Round(6*time.Second)) / float64(time.Minute), Leads: r.load.count(), PerSecond: r.load.pace(), Kills: r.kills,
		RSSFirst: r.first.rss >> 20, RSSLast: r.last.rss >> 20, HeapFirst: r.first.heap >> 20, HeapLast: r.last.heap >> 20,
		OwnFirst: r.first.own >> 20, OwnLast: r.last.own >> 20,
		Unvacuumed: r.dead, GoroutinesFirst: r.first.goroutines, GoroutinesLast: r.last.goroutines, FilesFirst: r.first.files, FilesLast: r.last.files,
	}
	for _, n := range r.pruned {
		rep.Pruned += n
	}
	if r.wal != nil {
		rep.WALMax = int(r.wal.most.Load() >> 20)
	}
	if err := r.count(ctx, t, &rep); err != nil {
		t.Fatal(err)
	}
	line, err := json.Marshal(rep)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(string(line)) //nolint:forbidigo // the figures are for programs
	if rep.Duplicates+rep.Lost > 0 {
		t.Errorf("the promise was broken: %s", line)
	}
	if rep.WALMax > maxWAL>>20 {
		t.Errorf("SQLite's journal grew to %d MB: checkpoints do not keep up", rep.WALMax)
	}
	if want := int64(r.old * rows); rep.Pruned < want {
		t.Errorf("%d rows of history went; those of the %d leads of earlier months are %d or more", rep.Pruned, r.old, want)
	}
}
