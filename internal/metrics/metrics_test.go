package metrics_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tactus/internal/app"
	"tactus/internal/app/apptest"
	"tactus/internal/metrics"
	"tactus/internal/store"
	"tactus/internal/store/pgtest"
	"tactus/internal/store/storetest"
)

const hello = `plan: Hello
steps:
  - {name: Hi, action: send_email, when: immediately, subject: Hi, body: Hi}
  - {name: Later, action: add_note, when: 1 day after start, text: noted}
`

// What an operator asks: how late, how much is in doubt, what leaves, what fails, by account.
func TestFigures(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		m := metrics.New(db, o.Clock, "1.2.3")
		o.Observe(m)
		has := func(lines ...string) {
			t.Helper()
			w := httptest.NewRecorder()
			m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
			for _, line := range lines {
				if want := strings.ReplaceAll(line, "{account", fmt.Sprintf(`{account="%d"`, o.ID)); !strings.Contains(w.Body.String(), "\n"+want+"\n") {
					t.Errorf("there is no %s in\n%s", want, tactus(w.Body.String()))
				}
			}
		}
		has("tactus_lag_seconds{account} 0", `tactus_build_info{version="1.2.3"} 1`, "tactus_database_up 1")
		o.Assign(o.Plan(hello), o.Leads(3)...)
		o.Clock.Advance(10 * time.Minute)
		has("tactus_lag_seconds{account} 600", "tactus_overdue_enrollments{account} 3", `tactus_enrollments{account,status="active"} 3`)
		o.Move()
		has("tactus_lag_seconds{account} 0", "tactus_overdue_enrollments{account} 0", "tactus_moves_total{account} 3", "tactus_messages_queued{account} 3")
		o.Wire.Always(apptest.Refused)
		o.Settle()
		has("tactus_messages_queued{account} 0", `tactus_sends_total{account,channel="email",result="refused"} 3`)
		o.Wire.Always(apptest.Away)
		o.Assign(o.Plan(strings.Replace(hello, "plan: Hello", "plan: Once more", 1)), o.Leads(2)...)
		o.Settle()
		has("tactus_messages_queued{account} 2") // that the carrier has put off
		o.Assign(o.Plan(strings.Replace(hello, "plan: Hello", "plan: Again", 1)), o.Leads(9)...)
		o.Settle()
		has(`tactus_circuit_open{account,channel="email"} 1`)
	})
}

var _ app.Observer = (*metrics.Metrics)(nil)

// A database that is away is a figure too, not a scrape that fails.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	db := storetest.Memory(t)
	o := apptest.New(t, db)
	m := metrics.New(db, o.Clock, "1.2.3")
	o.OK(db.Close())
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 || !strings.Contains(w.Body.String(), "\ntactus_database_up 0\n") {
		t.Errorf("%d\n%s", w.Code, tactus(w.Body.String()))
	}
}

// A look that fails half-way gives no figures: zeros of what was not read would say that nothing is uncertain.
func TestDatabaseFailsHalfway(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	o := apptest.New(t, storetest.Open(t, address))
	m := metrics.New(o.DB, o.Clock, "1.2.3")
	conn := pgtest.Connect(t, address)
	_, err := conn.Exec(t.Context(), "ALTER TABLE circuit RENAME TO gone") // it is read last
	o.OK(err)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	page := tactus(w.Body.String())
	if w.Code != 200 || !strings.Contains(page, "tactus_database_up 0\n") || strings.Contains(page, "{account=") {
		t.Errorf("%d\n%s", w.Code, page)
	}
	_, err = conn.Exec(t.Context(), "ALTER TABLE gone RENAME TO circuit")
	o.OK(err)
}

// tactus is the page without what it says of the Go runtime.
func tactus(page string) string {
	var b strings.Builder
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "tactus_") {
			b.WriteString(line)
		}
	}
	return b.String()
}
