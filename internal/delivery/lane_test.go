package delivery_test

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"testing"
	"time"

	"tactus/internal/app/apptest"
	"tactus/internal/channel"
	"tactus/internal/form"
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
		if n == 6 { // the circuit opens, and a person puts things right
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
	if made := wrong.number.Load(); made > 16 {
		t.Errorf("%d messages were made for a carrier that is away", made)
	}
	o.Clock.Advance(2 * time.Hour)
	o.Settle()
	if tried, sent := len(wrong.Sent()), len(right.Sent()); tried > 8 || sent != 40 {
		t.Errorf("in the end %d tries with what was wrong, %d with what is right", tried, sent)
	}
}
