package fault_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tactus/client"
	"tactus/internal/channel/smtptest"
	"tactus/internal/store/pgserver"
	"tactus/internal/store/storetest"
)

// rush is two emails and what the database does in between, all at once.
const rush = `plan: Rush
source: Web
steps:
  - {id: one, name: One, action: send_email, when: immediately, subject: One, body: One.}
  - {id: tag, name: Tag, action: add_tags, when: immediately, tags: [Seen]}
  - {id: two, name: Two, action: send_email, when: immediately, subject: Two, body: Two.}
  - {id: note, name: Note, action: add_note, when: immediately, text: Noted}
`

// load posts leads over all servers until stop; each is asked for until it is taken, as a form would. Beside what succeeds and what is
// refused with 503 there must be nothing.
type load struct {
	mu    sync.Mutex
	taken int
	busy  int // answers 503
	wg    sync.WaitGroup
	end   context.CancelFunc
}

func begin(t testing.TB, servers ...*process) *load {
	t.Helper()
	l := &load{}
	ctx, cancel := context.WithCancel(t.Context())
	l.end = cancel
	for w := range 2 {
		l.wg.Go(func() {
			for i := w; ctx.Err() == nil; i += 2 {
				l.post(t, servers[w%len(servers)], fmt.Sprintf("lead%d.%p@example.com", i, l))
				<-after(20 * time.Millisecond)
			}
		})
	}
	t.Cleanup(func() { l.stop() })
	return l
}

func after(d time.Duration) <-chan time.Time { return time.NewTimer(d).C }

// post takes a lead in, however often that must be tried; the test's own end bounds it.
func (l *load) post(t testing.TB, p *process, address string) {
	for over := after(2 * patience); ; {
		_, err := p.CreateContact(t.Context(), newLead(address))
		l.mu.Lock()
		var problem *client.Problem
		switch {
		case err == nil:
			l.taken++
		case errors.As(err, &problem) && problem.Status == http.StatusServiceUnavailable && problem.Code == "unavailable" && problem.Detail != "":
			l.busy++
		default:
			t.Errorf("%s: %v", address, err)
		}
		l.mu.Unlock()
		if err == nil || t.Context().Err() != nil {
			return
		}
		select {
		case <-over:
			t.Errorf("%s was never taken: %v", address, err)
			return
		case <-after(50 * time.Millisecond):
		}
	}
}

// stop ends the load when what is under way has been taken.
func (l *load) stop() int {
	l.end()
	l.wg.Wait()
	return l.taken
}

func (l *load) so(f func(taken, busy int) bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return f(l.taken, l.busy)
}

// more waits until so many more leads have been taken.
func (l *load) more(t testing.TB, n int) {
	t.Helper()
	var from int
	l.so(func(taken, _ int) bool { from = taken; return true })
	until(t, func() string { return "more leads are taken" }, func() bool { return l.so(func(taken, _ int) bool { return taken >= from+n }) })
}

// refused waits until requests are answered with 503.
func (l *load) refused(t testing.TB) {
	t.Helper()
	var from int
	l.so(func(_, busy int) bool { from = busy; return true })
	until(t, func() string { return "503" }, func() bool { return l.so(func(_, busy int) bool { return busy > from }) })
}

// settled holds that everything came to its end: all leads through the plan, each of their two emails once on the wire, and so many in doubt.
func settled(t testing.TB, c *client.Client, mail *smtptest.Server, leads, doubt int) {
	t.Helper()
	done := 0
	until(t, func() string { return fmt.Sprintf("%d of %d are through; %+v", done, leads, mail.Counts()) }, func() bool {
		done = completed(t, c)
		return done == leads
	})
	n := mail.Counts()
	uncertain := count(t, c, "uncertain")
	if n.Duplicates != 0 || n.Accepted > 2*leads || n.Accepted < 2*leads-uncertain || uncertain > doubt {
		t.Errorf("%d leads: %d messages left, %d of them again, %d are uncertain (%d may be)", leads, n.Accepted, n.Duplicates, uncertain, doubt)
	}
	if got := count(t, c, "accepted"); got != 2*leads-uncertain {
		t.Errorf("%d leads: %d messages are accepted and %d uncertain", leads, got, uncertain)
	}
}

// The connections to the database are cut in the middle of everything, and it cannot be reached for a while: requests get 503 and say so, and
// everything goes on by itself; nothing is lost, doubled or in doubt, for what the carrier answered meanwhile is known.
func TestConnectionsCut(t *testing.T) {
	t.Parallel()
	mail := smtptest.Start(t, smtptest.Options{})
	network, db := between(t, storetest.Postgres(t))
	a, b := launch(t, db, smtpURL(mail, "")), launch(t, db, smtpURL(mail, ""))
	plan(t, a.Client, rush)
	l := begin(t, a, b)
	for range 5 {
		l.more(t, 10)
		network.cut()
	}
	l.more(t, 10)
	network.away(true)
	l.refused(t)
	if status := a.healthy(); status != http.StatusServiceUnavailable {
		t.Errorf("health without a database: %d", status)
	}
	network.away(false)
	l.more(t, 20)
	settled(t, a.Client, mail, l.stop(), 0)
	if status := a.healthy(); status != http.StatusOK {
		t.Errorf("health: %d", status)
	}
}

// The answers of commits get lost: what was committed is not done again.
func TestCommitsUnheard(t *testing.T) {
	t.Parallel()
	mail := smtptest.Start(t, smtptest.Options{})
	network, db := between(t, storetest.Postgres(t))
	a, b := launch(t, db, smtpURL(mail, "")), launch(t, db, smtpURL(mail, ""))
	plan(t, a.Client, rush)
	l := begin(t, a, b)
	for range 10 {
		l.more(t, 3)
		before := network.lost()
		network.lose(2, "")
		until(t, func() string { return "commits get lost" }, func() bool { return network.lost() == before+2 })
	}
	settled(t, a.Client, mail, l.stop(), 0)
}

// A request whose commit was not heard of is answered 503; asked again with its Idempotency-Key it is not done twice, and the answer is the
// first one's.
func TestRequestUnheard(t *testing.T) {
	t.Parallel()
	mail := smtptest.Start(t, smtptest.Options{})
	network, db := between(t, storetest.Postgres(t))
	a := launch(t, db, smtpURL(mail, ""))
	var waited int
	again := ok[*client.Client](t)(client.New(a.url, a.key(), client.Options{Wait: func(context.Context, time.Duration) error { waited++; return nil }}))
	network.lose(1, "ann@example.com")
	lead := ok[client.Lead](t)(again.CreateContact(t.Context(), newLead("ann@example.com")))
	if waited == 0 || network.lost() != 1 {
		t.Errorf("tried again %d times, %d answers lost", waited, network.lost())
	}
	page := ok[client.Page[client.Contact]](t)(again.Contacts(t.Context(), client.ContactFilter{}, "", client.PageOptions{}))
	if len(page.Items) != 1 || page.Items[0].ID != lead.Contact.ID {
		t.Errorf("%+v", page.Items)
	}
}

// The network swallows everything for longer than the node's patience (answer_timeout): nobody waits for ever, requests get 503, the other
// node goes on, and when the network is back the node does, too.
func TestNetworkSwallows(t *testing.T) {
	t.Parallel()
	mail := smtptest.Start(t, smtptest.Options{})
	straight := storetest.Postgres(t)
	network, db := between(t, straight)
	a, b := launch(t, db+"&answer_timeout=1s&idle_in_transaction_session_timeout=1000&connect_timeout=2", smtpURL(mail, ""), "--send-timeout", "2s"), launch(t, straight, smtpURL(mail, ""), "--send-timeout", "2s")
	plan(t, a.Client, rush)
	hit, spared := begin(t, a), begin(t, b)
	hit.more(t, 10)
	network.swallow()
	hit.refused(t)
	spared.more(t, 30)
	network.back()
	hit.more(t, 20)
	hit.end()
	spared.end()
	hit.stop()
	spared.stop()
	// What was being handed over by the node that was cut off is settled by the other one when the lease ends.
	settled(t, b.Client, mail, int(ok[int64](t)(b.CountContacts(t.Context(), client.ContactFilter{}))), 8)
}

// The database restarts under load, shut down fast and killed with all its processes: requests get 503, the nodes wait for it, and everything
// goes on by itself; nothing is lost, doubled or in doubt.
func TestDatabaseRestarts(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "pgf") //nolint:usetesting // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	db, stop := boot(t, dir)
	mail := smtptest.Start(t, smtptest.Options{})
	a, b := launch(t, db, smtpURL(mail, "")), launch(t, db, smtpURL(mail, ""))
	plan(t, a.Client, rush)
	l := begin(t, a, b)
	for _, kill := range []bool{false, true} {
		l.more(t, 15)
		if kill {
			postmaster(t, dir, syscall.SIGQUIT) // pg_ctl stop -m immediate
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		l.refused(t)
		if status := a.healthy(); status != http.StatusServiceUnavailable {
			t.Errorf("health without a database: %d", status)
		}
		_, stop = boot(t, dir)
	}
	l.more(t, 15)
	settled(t, b.Client, mail, l.stop(), 0)
}

// boot starts the server in dir, which is stopped with the test at the latest.
func boot(t testing.TB, dir string) (url string, stop func() error) {
	t.Helper()
	url, stop, err := pgserver.Start(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return url, stop
}

// postmaster signals the server in dir.
func postmaster(t testing.TB, dir string, s syscall.Signal) {
	t.Helper()
	text := ok[[]byte](t)(os.ReadFile(filepath.Join(dir, "data", "postmaster.pid")))
	line, _, _ := strings.Cut(string(text), "\n")
	if err := syscall.Kill(ok[int](t)(strconv.Atoi(line)), s); err != nil {
		t.Fatal(err)
	}
}
