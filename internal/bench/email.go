package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	"tactus/internal/app"
	"tactus/internal/app/serve"
	"tactus/internal/fault"
)

const emailPlan = `plan: Bench email
steps:
  - name: Hello
    action: send_email
    when: immediately
    subject: "Thanks for asking, {{ contact.first_name | default: 'friend' }}"
    body: |
      Hi {{ contact.first_name | default: "there" }},

      thanks for your question about homes in {{ contact.city | default: "your area" }}. Three of them came up this week that
      I would show my own family:

      - a quiet street, **three bedrooms**, a garden that wants some love
      - close to the station, two bedrooms, the kitchen is new
      - a corner house with a view, which will go fast

      Shall I send you the addresses? When is a good time for a short call today?

      {{ user.first_name }}
  - {name: A year on, action: add_note, when: 12 months after start, text: A year on}
`

// email measures plan emails from the due step to the recorded answer of a real SMTP dialogue.
func email(ctx context.Context, s *session) (Result, error) {
	fixture := fmt.Sprintf("fixture_people_%d", s.N)
	if err := s.fixture(ctx, fixture, s.fillPeople(ctx)); err != nil {
		return Result{}, err
	}
	key, pem, err := newKey()
	if err != nil {
		return Result{}, err
	}
	if !s.Signed {
		key, pem = nil, ""
	}
	mail, err := newSink(ctx)
	if err != nil {
		return Result{}, err
	}
	defer mail.close()
	var p pairs
	var peak int64
	for run := range s.Runs {
		err := s.on(ctx, fixture, func(r *raw) error {
			took, rss, err := s.oursEmail(ctx, r, mail, pem, run)
			if err != nil {
				return err
			}
			p.ours, peak = append(p.ours, took), max(peak, rss)
			letters, err := r.letters(ctx)
			if err != nil {
				return err
			}
			s.progress.say("yardstick, run %d of %d", run+1, s.Runs)
			took, err = s.timed(func() error { return bare(mail.addr(), s.Connections, letters, key) })
			p.yard = append(p.yard, took)
			return err
		})
		if err != nil {
			return Result{}, err
		}
	}
	res := p.result(s.N, "messages/s", s.alone())
	res.RSS = float64(peak) / 1e6
	res.Notes = append(res.Notes, "resident memory includes the mail server, which runs in the same process")
	return s.noted(ctx, res)
}

// fillPeople makes the bench's number of contacts.
func (s *session) fillPeople(ctx context.Context) func(string) error {
	return func(name string) error {
		return s.with(ctx, name, func(o *office) error {
			if err := s.people(ctx, o, s.N); err != nil {
				return err
			}
			_, err := o.plan(ctx, assignPlan)
			return err
		})
	}
}

// oursEmail puts everybody on the plan, and then lets engine and senders work until every message's answer is recorded.
func (s *session) oursEmail(ctx context.Context, r *raw, mail *sink, pem string, run int) (took span, rss int64, err error) {
	err = s.withAt(ctx, r.address, func(o *office) error {
		a := o.account
		a.Postal = "12 Harbor Street, Portland, ME 04101"
		if err := o.Accounts.Update(ctx, a, author); err != nil {
			return err
		}
		planID, err := o.plan(ctx, emailPlan)
		if err != nil {
			return err
		}
		return o.assign(ctx, s.progress, planID)
	})
	if err != nil {
		return took, 0, err
	}
	if err := s.sys.settle(ctx, r.DB); err != nil {
		return took, 0, err
	}
	debug.FreeOSMemory() // what the bench itself has used so far is not the server's
	server, err := serve.Start(ctx, s.config(r.address), nil, slog.New(slog.DiscardHandler), "bench")
	if err != nil {
		return took, 0, err
	}
	if err := carry(ctx, server, mail.addr(), s.Connections, pem); err != nil {
		return took, 0, errors.Join(err, server.DB.Close())
	}
	working, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	before := mail.accepted.Load()
	memory := watchMemory(selfPID())
	took, err = s.profiled(run, func() error {
		go func() { ended <- server.Run(working) }()
		return s.until(ctx, "sent", func() (int, error) {
			n := int(mail.accepted.Load() - before)
			if n < s.N {
				return n, nil
			}
			open, err := r.number(ctx, "SELECT COUNT(*) FROM message WHERE status <> 'accepted'")
			return n - int(open), err
		})
	})
	rss = memory()
	stop()
	if end := <-ended; !errors.Is(end, context.Canceled) {
		err = errors.Join(err, end)
	}
	if n := int(mail.accepted.Load() - before); err == nil && n != s.N {
		err = fault.New(fault.Internal, "%d messages were sent instead of %d", n, s.N)
	}
	return took, rss, err
}

// config is a server's on a scratch database.
func (s *session) config(address string) app.Config {
	cfg := app.DefaultConfig()
	cfg.DB, cfg.Listen, cfg.Secret, cfg.BaseURL = address, "127.0.0.1:0", "of the bench", "https://crm.bench.example"
	cfg.StateDir, cfg.Workers = s.temp, s.Workers
	return cfg
}

// carry makes the account's email leave by the bench's mail server.
func carry(ctx context.Context, server *serve.Server, addr string, connections int, pem string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	settings := map[string]any{"host": host, "port": number, "security": "none", "connections": connections}
	if pem != "" {
		settings["dkim_domain"], settings["dkim_selector"], settings["dkim_key"] = "bench.example", "bench", pem
	}
	all := map[string]json.RawMessage{}
	for name, v := range settings {
		if all[name], err = json.Marshal(v); err != nil {
			return err
		}
	}
	_, err = server.Carrying.Set(ctx, server.Account.ID, "email", "smtp", all)
	return err
}

// letters are the bytes that went out.
func (r *raw) letters(ctx context.Context) ([]letter, error) {
	rows, err := r.QueryContext(ctx, "SELECT envelope_from, envelope_to, raw FROM message_body ORDER BY message_id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []letter
	for rows.Next() {
		var l letter
		if err := rows.Scan(&l.from, &l.to, &l.raw); err != nil {
			return nil, err
		}
		l.raw = unsigned(l.raw)
		out = append(out, l)
	}
	return out, rows.Err()
}

// patience is how long a bench waits for something to get on before it gives up.
const patience = 2 * time.Minute

// until asks now and then until as many are done as the bench is about.
func (s *session) until(ctx context.Context, what string, done func() (int, error)) error {
	return s.untilAll(ctx, what, s.N, 2*time.Millisecond, done)
}

func (s *session) untilAll(ctx context.Context, what string, total int, every time.Duration, done func() (int, error)) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	last, since := -1, time.Now()
	for {
		n, err := done()
		if err != nil || n >= total {
			return err
		}
		if n != last {
			last, since = n, time.Now()
		}
		if time.Since(since) > patience {
			return fault.New(fault.Internal, "%s: %d of %d, and nothing more for %s", what, n, total, patience)
		}
		s.progress.count(what, n, total)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// beside is where a server that was given dir as its --state-dir says where it is.
func beside(dir string) string { return filepath.Join(dir, "tactus.server") }
