package delivery_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"tactus/internal/app/apptest"
	"tactus/internal/channel"
	"tactus/internal/delivery"
	"tactus/internal/enroll"
	"tactus/internal/form"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// other is a second kind of carrier.
type other struct {
	*apptest.Wire
	name   string
	makes  func(n int64) // called with every message that is made
	number *atomic.Int64
}

func (o other) Info() channel.Info {
	return channel.Info{Name: o.name, Channel: channel.Email, Label: "Other"}
}
func (other) Fields() []form.Field                            { return nil }
func (o other) Open(json.RawMessage) (channel.Carrier, error) { return o, nil }

func (o other) Compose(d channel.Draft) (channel.Composed, error) {
	o.makes(o.number.Add(1))
	return o.Wire.Compose(d)
}

// ENG-7: a carrier that is down is tried with the settings that the account has by then, also by a sender that has much to do.
func TestCarrierIsPutRight(t *testing.T) {
	t.Parallel()
	o := apptest.New(t, storetest.Memory(t))
	choose := func(name string) {
		o.OK(o.DB.SetCarrier(context.Background(), o.ID, channel.Email, name, json.RawMessage("{}"), o.Clock.Now()))
	}
	wrong := other{apptest.NewWire(), "wrong", func(int64) {}, new(atomic.Int64)}
	right := other{apptest.NewWire(), "right", func(int64) {}, new(atomic.Int64)}
	o.Carriers.Add(wrong)
	o.Carriers.Add(right)
	choose("wrong")
	wrong.Answer(func(_ context.Context, _ channel.Composed, n int) channel.Receipt {
		if n == 5 { // the circuit opens, and a person puts things right
			choose("right")
		}
		return apptest.Away
	})
	p := o.Plan(hello)
	o.Assign(p, o.Leads(40)...)
	o.Settle()
	if tried, sent := len(wrong.Sent()), len(right.Sent()); tried > 8 || sent != 0 {
		t.Errorf("%d tries with what was wrong, %d with what is right", tried, sent)
	}
	// Until the circuit opens it looks like a quick carrier: beside what was tried, four turns' worth is made ahead.
	if made := wrong.number.Load(); made > 8+4*4 {
		t.Errorf("%d messages were made for a carrier that is away", made)
	}
	o.Clock.Advance(2 * time.Hour)
	o.Settle()
	if tried, sent := len(wrong.Sent()), len(right.Sent()); tried > 8 || sent != 40 {
		t.Errorf("in the end %d tries with what was wrong, %d with what is right", tried, sent)
	}
}

// ENG-7, ENG-8: a message whose carrier takes its time holds up none that comes after it while there are connections for both.
func TestOneThatStallsHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p := o.Plan(hello)
		wake, cancel := db.Subscribe(enroll.TopicDelivery)
		defer cancel()
		o.Wire.Places(2)
		stalled := o.Wire.Stall()
		defer run(t, o.Delivery, wake)()
		var asked []apptest.Stalled
		defer func() {
			o.Wire.Always(apptest.Taken)
			for _, m := range asked {
				m.Answer <- apptest.Taken
			}
		}()
		for _, c := range o.Leads(2) {
			o.Assign(p, c)
			o.Move()
			asked = append(asked, receive(t, stalled, "a message while the first one stalls"))
		}
	})
}

// A lane whose carrier cannot be opened does not keep the others from their turn: a restore lives through the lost time with all of them (DEC-18).
func TestALaneThatFailsHoldsNoOtherUp(t *testing.T) {
	t.Parallel()
	o := apptest.New(t, storetest.Memory(t))
	other := o.Neighbour("second")
	for _, office := range []*apptest.Office{o, other} {
		office.Assign(office.Plan(hello), office.Lead("ann@example.com"))
	}
	o.Move()
	carriers := refusing{o.App.Carriers, o.ID}
	d := sender(o, parts{carriers: carriers})
	if n, _, err := d.RunOnce(t.Context()); err == nil || n != 1 {
		t.Errorf("handled %d, want 1, and the first lane's error: %v", n, err)
	}
}

// refusing has no carrier for one account.
type refusing struct {
	delivery.Carriers
	account int64
}

func (r refusing) For(ctx context.Context, account int64, ch string) (channel.Carrier, string, error) {
	if account == r.account {
		return nil, "", errors.New("its settings cannot be read")
	}
	return r.Carriers.For(ctx, account, ch)
}
