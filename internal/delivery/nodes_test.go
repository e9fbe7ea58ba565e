package delivery_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"tactus/internal/app/apptest"
	"tactus/internal/channel"
	"tactus/internal/delivery"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/pgtest"
	"tactus/internal/store/storetest"
)

// judges tells of each transaction in which messages were looked at how many of them it marked.
type judges struct {
	delivery.Store
	marked chan int
}

type judging struct{ looked, marked int }

type judgingKey struct{}

// judgingOf is what is seen of the transaction of ctx, nil outside of one.
func judgingOf(ctx context.Context) *judging {
	saw, _ := ctx.Value(judgingKey{}).(*judging)
	return saw
}

func (j judges) InTx(ctx context.Context, f func(context.Context) error) error {
	if judgingOf(ctx) != nil {
		return j.Store.InTx(ctx, f)
	}
	saw := &judging{}
	err := j.Store.InTx(context.WithValue(ctx, judgingKey{}, saw), f)
	if err == nil && saw.looked > 0 {
		j.marked <- saw.marked
	}
	return err
}

func (j judges) LockMessages(ctx context.Context, account int64, claimed []delivery.Message) (map[int64]bool, error) {
	judgingOf(ctx).looked += len(claimed)
	return j.Store.LockMessages(ctx, account, claimed)
}

func (j judges) MarkHanding(ctx context.Context, account int64, marks []delivery.Mark, now time.Time, lease time.Duration) error {
	judgingOf(ctx).marked += len(marks)
	return j.Store.MarkHanding(ctx, account, marks, now, lease)
}

// opens is another node that opens the circuit of the lane whose messages have just been claimed, when it is told to.
type opens struct {
	delivery.Store
	told *atomic.Bool
}

func (o opens) ClaimMessages(ctx context.Context, l delivery.Lane, now time.Time, limit int, lease time.Duration) ([]delivery.Message, error) {
	claimed, err := o.Store.ClaimMessages(ctx, l, now, limit, lease)
	if err == nil && len(claimed) > 0 && o.told.CompareAndSwap(true, false) {
		err = o.SetCircuit(ctx, l, delivery.Circuit{Failures: 5, OpenedAt: now, ProbeAt: now})
	}
	return claimed, err
}

// ENG-7: a circuit that another node has opened meanwhile lets one probe through, not as many as there are places; none while something of ours is
// with the carrier.
func TestProbeOfAnotherNodesCircuit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p := o.Plan(hello)
		var told atomic.Bool
		j := judges{opens{db.Outbox(), &told}, make(chan int, 100)}
		wake, cancel := db.Subscribe(enroll.TopicDelivery)
		defer cancel()
		stalled := o.Wire.Stall()
		defer run(t, sender(o, parts{store: j}), wake)()
		o.Assign(p, o.Leads(1)...)
		o.Move()
		first := receive(t, stalled, "the first message")
		if n := receive(t, j.marked, "its turn"); n != 1 {
			t.Errorf("%d are marked", n)
		}
		told.Store(true)
		people := o.Leads(6)
		o.Assign(p, people...)
		o.Move()
		if n := receive(t, j.marked, "the turn of the others"); n != 0 {
			t.Errorf("%d leave beside the first one", n)
		}
		first.Answer <- apptest.Taken
		for range people {
			receive(t, stalled, "another message").Answer <- apptest.Taken
		}
	})
}

// ENG-4, ENG-8: a message whose mark the database refuses, at whatever moment of the transaction that is, does not leave, and holds none of the others
// up. (On PostgreSQL it refuses at the end.)
func TestMessageWhoseMarkIsRefused(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	conn := pgtest.Connect(t, address)
	for _, text := range []string{
		`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION 'no'; END $f$`,
		`CREATE TRIGGER refuse BEFORE UPDATE ON message FOR EACH ROW WHEN (NEW.status = 'handing' AND NEW.address = 'p2@example.com') EXECUTE FUNCTION refuse()`,
	} {
		if _, err := conn.Exec(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	o := apptest.New(t, storetest.Open(t, address))
	p, people := o.Plan(hello), o.Leads(3)
	o.Assign(p, people...)
	o.Move()
	if _, _, err := sender(o, parts{}).RunOnce(t.Context()); err != nil {
		t.Error(err)
	}
	if sent := o.Wire.Sent(); len(sent) != 2 || slices.Contains(sent, "p2@example.com") {
		t.Errorf("there left %q", sent)
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
		d := sender(o, parts{store: kills{db.Outbox(), "p2@example.com"}})
		if _, _, err := d.RunOnce(t.Context()); err != nil {
			t.Error(err)
		}
		if sent := o.Wire.Sent(); len(sent) != 9 {
			t.Errorf("%d of 9 left: %q", len(sent), sent)
		}
	})
}

// deaf commits an answer once and does not hear of it.
type deaf struct {
	delivery.Store
	told *atomic.Bool
}

type recordingKey struct{}

func (d deaf) InTx(ctx context.Context, f func(context.Context) error) error {
	if ctx.Value(recordingKey{}) != nil {
		return d.Store.InTx(ctx, f)
	}
	recorded := new(bool)
	err := d.Store.InTx(context.WithValue(ctx, recordingKey{}, recorded), f)
	if err == nil && *recorded && d.told.CompareAndSwap(true, false) {
		return fault.New(fault.Unavailable, "the connection was cut after the commit")
	}
	return err
}

func (d deaf) Record(ctx context.Context, account int64, outcomes []delivery.Outcome, now time.Time) (map[int64]bool, error) {
	if recorded, ok := ctx.Value(recordingKey{}).(*bool); ok {
		*recorded = true
	}
	return d.Store.Record(ctx, account, outcomes, now)
}

// ENG-7: failures that are recorded a second time, because nobody heard of the commit, are not counted a second time.
func TestFailureIsCountedOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		o.Wire.Always(apptest.Away)
		o.Assign(o.Plan(hello), o.Leads(3)...)
		o.Move()
		var told atomic.Bool
		told.Store(true)
		if _, _, err := sender(o, parts{store: deaf{db.Outbox(), &told}}).RunOnce(t.Context()); err != nil {
			t.Log(err) // its lane may end there and go on later
		}
		c, err := db.Outbox().Circuit(t.Context(), delivery.Lane{Account: o.ID, Channel: channel.Email})
		if err != nil || c.Failures != 3 || told.Load() {
			t.Errorf("%+v (%v)", c, err)
		}
	})
}
