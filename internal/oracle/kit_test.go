package oracle_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"tactus/internal/account"
	"tactus/internal/app"
	"tactus/internal/channel"
	"tactus/internal/clock"
	"tactus/internal/delivery"
	"tactus/internal/enroll"
	"tactus/internal/form"
	"tactus/internal/oracle"
	"tactus/internal/store"
)

// rig is the real thing on one database, for many histories one after the other, each in an account of its own.
type rig struct {
	db       *store.DB
	clock    *clock.Fake
	app      *app.App
	outbox   *outbox
	delivery *delivery.Service
	sendings map[time.Duration]int // how many messages a sender may hand over in a span
	other    *node                 // a second one, which works on the same database
	carrier  *carrier
	accounts int
	crashes  int // one in so many happenings crashes
}

func newRig(t testing.TB, address string) *rig {
	t.Helper()
	db, err := store.Open(t.Context(), address, store.Options{Connections: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := &rig{db: db, clock: clock.NewFake(time.Unix(0, 0)), carrier: &carrier{}, crashes: 4}
	if db.Nodes() {
		r.crashes = 12 // there it costs a connection
	}
	r.app = app.New(db, r.clock, app.Options{})
	r.app.Carriers.Add(kind{r.carrier})
	r.app.Work.Patience(-time.Second) // nobody waits for a lease
	r.outbox = &outbox{Outbox: db.Engine().Outbox()}
	r.delivery = r.sender(r.app)
	second := app.New(db, r.clock, app.Options{})
	second.Carriers.Add(kind{r.carrier})
	r.other = &node{second.Moves, r.sender(second)}
	return r
}

// node is another process's workers.
type node struct {
	moves    *enroll.Service
	delivery *delivery.Service
}

// sender is delivery as app puts it together, on an outbox that can lose an answer and whose leases do not outlive a crash.
func (r *rig) sender(a *app.App) *delivery.Service {
	limits := func(context.Context, int64, string) (map[time.Duration]int, error) { return r.sendings, nil }
	author := delivery.NewAuthor(a.Moves, r.outbox, func(int64, int64, int64, string) string { return "" })
	return delivery.New(r.outbox, a.Moves, r.clock, a.Carriers, author, limits, slog.New(slog.DiscardHandler))
}

// account makes an account whose mail goes by the rig's carrier.
func (r *rig) account(ctx context.Context, zone string, s oracle.Settings) (int64, error) {
	r.accounts++
	owner := account.User{Email: fmt.Sprintf("owner%d@example.com", r.accounts), FirstName: "Olivia"}
	a, err := r.app.Accounts.Create(ctx, account.Account{Name: "Office", Zone: zone, Country: "US", Postal: "1 Main Street"}, owner)
	if err != nil {
		return 0, err
	}
	a.Settings = settings(s)
	if err := r.app.Accounts.Update(ctx, a, "test"); err != nil {
		return 0, err
	}
	return a.ID, r.db.SetCarrier(ctx, a.ID, channel.Email, "scripted", json.RawMessage("{}"), r.clock.Now())
}

// settings are a model's as the account keeps them.
func settings(s oracle.Settings) account.Settings {
	out := account.DefaultSettings()
	out.MaxStartsPerDay = s.Starts
	out.MessageGapMinutes, out.Kill, out.Caps = int(s.Gap/time.Minute), s.Killed, nil
	if s.Cap.Max > 0 {
		out.Caps = []account.Cap{{Channels: []string{channel.Email}, Max: s.Cap.Max, Hours: int(s.Cap.Within / time.Hour)}}
	}
	if q := s.Quiet; q != nil {
		out.QuietHours = map[string]string{channel.Email: q.Open.String() + "-" + q.Close.String()}
	}
	if b := s.Business; b != nil {
		out.BusinessHours = account.BusinessHours{On: true, Days: map[string][]string{}}
		for d := time.Sunday; d <= time.Saturday; d++ {
			if b.On.Has(d) {
				day := strings.ToLower(d.String()[:3])
				out.BusinessHours.Days[day] = []string{b.Open.String() + "-" + b.Close.String()}
			}
		}
	}
	for action, off := range s.Off {
		switch {
		case off && action == oracle.Email:
			out.ChannelsOff = append(out.ChannelsOff, channel.Email)
		case off:
			out.ActionsOff = append(out.ActionsOff, action)
		}
	}
	return out
}

// carrier answers as the history says and writes down every hand-over, by address.
type carrier struct {
	mu     sync.Mutex
	clock  clock.Clock
	script func(n int) oracle.Answer
	wire   map[string][]oracle.Wire
	during func(subject string) // happens once, while a message is being handed over
}

func (c *carrier) begin(clk clock.Clock, script func(n int) oracle.Answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clock, c.script, c.wire, c.during = clk, script, map[string][]oracle.Wire{}, nil
}

func (c *carrier) sent(address string) []oracle.Wire {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wire[address]
}

// Compose implements channel.Carrier.
func (c *carrier) Compose(d channel.Draft) (channel.Composed, error) {
	return channel.Composed{
		EnvelopeFrom: d.From.Address, EnvelopeTo: d.To.Address, Ref: fmt.Sprintf("<%d@oracle>", d.MessageID),
		Raw: []byte(d.Content.Text), Preview: d.Content,
	}, nil
}

// Send implements channel.Carrier.
func (c *carrier) Send(_ context.Context, m channel.Composed) channel.Receipt {
	c.mu.Lock()
	during := c.during
	c.during = nil
	c.mu.Unlock()
	if during != nil {
		during(m.Preview.Subject)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	answer := c.script(len(c.wire[m.EnvelopeTo]))
	c.wire[m.EnvelopeTo] = append(c.wire[m.EnvelopeTo], oracle.Wire{At: c.clock.Now(), Subject: m.Preview.Subject})
	switch answer {
	case oracle.Refused:
		return channel.Receipt{Result: channel.Refused, Reason: "refused", Code: "550 5.7.1"}
	case oracle.Bounced:
		return channel.Receipt{Result: channel.Refused, Reason: "refused", BadAddress: true, Code: "550 5.1.1"}
	case oracle.Doubted:
		return channel.Receipt{Result: channel.InDoubt}
	case oracle.Down:
		return channel.Receipt{Result: channel.Retry, Down: true, Text: "connection refused", RetryAfter: oracle.RetryAfter}
	case oracle.Later:
		return channel.Receipt{Result: channel.Retry, Code: "451 4.3.0", RetryAfter: oracle.RetryAfter}
	default:
		return channel.Receipt{Result: channel.Accepted, Code: "250 2.0.0"}
	}
}

// Connections implements channel.Carrier: one, so that hand-overs have an order.
func (c *carrier) Connections() int { return 1 }

// Close implements channel.Carrier.
func (c *carrier) Close() error { return nil }

type kind struct{ c *carrier }

// Info implements channel.Kind.
func (kind) Info() channel.Info {
	return channel.Info{Name: "scripted", Channel: channel.Email, Label: "Scripted"}
}

// Fields implements channel.Kind.
func (kind) Fields() []form.Field { return nil }

// Open implements channel.Kind.
func (k kind) Open(json.RawMessage) (channel.Carrier, error) { return k.c, nil }
