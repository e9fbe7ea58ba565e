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
	wrong := other{apptest.NewWire(), "wrong", func(n int64) {
		if n == 15 { // the circuit is open, this sender puts off what else there is, and a person puts things right
			choose("right")
		}
	}, new(atomic.Int64)}
	right := other{apptest.NewWire(), "right", func(n int64) {
		if n%10 == 1 {
			o.Clock.Advance(10 * time.Minute) // it is time for a probe
		}
	}, new(atomic.Int64)}
	o.Carriers.Add(wrong)
	o.Carriers.Add(right)
	choose("wrong")
	wrong.Always(apptest.Away)
	p := o.Plan(hello)
	o.Assign(p, o.Leads(40)...)
	o.Settle()
	if tried, sent := len(wrong.Sent()), len(right.Sent()); tried > 8 || sent < 24 {
		t.Errorf("%d tries with what was wrong, %d with what is right", tried, sent)
	}
	o.Clock.Advance(2 * time.Hour)
	o.Settle()
	if tried, sent := len(wrong.Sent()), len(right.Sent()); tried > 8 || sent != 40 {
		t.Errorf("in the end %d tries with what was wrong, %d with what is right", tried, sent)
	}
}
