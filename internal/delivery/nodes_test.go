package delivery_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tactus/internal/app/apptest"
	"tactus/internal/channel"
	"tactus/internal/delivery"
	"tactus/internal/enroll"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// ENG-7: a circuit that another node has opened meanwhile lets one probe through, not as many as there are places; none while something of ours is
// with the carrier.
func TestProbeOfAnotherNodesCircuit(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	o := apptest.New(t, storetest.Open(t, address))
	conn, err := pgx.Connect(t.Context(), address)
	o.OK(err)
	defer conn.Close(context.WithoutCancel(t.Context()))
	p := o.Plan(hello)
	wake, cancel := o.DB.Subscribe(enroll.TopicDelivery)
	defer cancel()
	stalled := o.Wire.Stall()
	defer run(t, o.Delivery, wake)()
	o.Assign(p, o.Leads(1)...)
	o.Move()
	first := receive(t, stalled, "the first message")

	lane, now := delivery.Lane{Account: o.ID, Channel: channel.Email}, o.Clock.Now()
	o.OK(o.DB.Outbox().SetCircuit(t.Context(), lane, delivery.Circuit{Failures: 5, OpenedAt: now, ProbeAt: now}))
	people := o.Leads(6)
	o.Assign(p, people...)
	o.Move()
	for claimed := 0; claimed == 0; { // the lane has seen them
		o.OK(conn.QueryRow(t.Context(), `SELECT COUNT(*) FROM message WHERE status = 'ready' AND token > 0`).Scan(&claimed))
	}
	select {
	case m := <-stalled:
		t.Errorf("%s leaves beside the first one", m.Message.EnvelopeTo)
		m.Answer <- apptest.Taken
	case <-time.After(200 * time.Millisecond):
	}
	o.Wire.Always(apptest.Taken)
	first.Answer <- apptest.Taken
	for i := 0; i < len(people); {
		select {
		case m := <-stalled:
			m.Answer <- apptest.Taken
		default:
			if i = len(o.Wire.Sent()) - 1; i < len(people) {
				<-time.After(time.Millisecond)
			}
		}
	}
}

// kills dies of one message.
type kills struct {
	delivery.Store
	of string
}

func (k kills) MarkHanding(ctx context.Context, account int64, marks []delivery.Mark, now time.Time, lease time.Duration) error {
	for _, m := range marks {
		if m.Address == k.of {
			panic("a bug that only this message meets")
		}
	}
	return k.Store.MarkHanding(ctx, account, marks, now, lease)
}

// ENG-8: a message that the program dies of while it is marked holds none of the others up.
func TestMessageThatCannotBeMarked(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, people := o.Plan(hello), o.Leads(10)
		o.Assign(p, people...)
		o.Move()
		outbox := kills{db.Outbox(), "p2@example.com"}
		author := delivery.NewAuthor(o.Moves, outbox, func(int64, int64, int64, string) string { return "" })
		none := func(context.Context, int64, string) (map[time.Duration]int, error) { return nil, nil }
		d := delivery.New(outbox, o.Moves, o.Clock, o.Carriers, author, none, slog.New(slog.DiscardHandler))
		if _, _, err := d.RunOnce(t.Context()); err != nil {
			t.Error(err)
		}
		if sent := o.Wire.Sent(); len(sent) != 9 {
			t.Errorf("%d of 9 left: %q", len(sent), sent)
		}
	})
}
