package app

import (
	"context"
	"time"

	"tactus/internal/channel"
	"tactus/internal/clock"
	"tactus/internal/delivery"
	"tactus/internal/engine"
)

// Observer is told what the workers do; it must be quick and safe for concurrent use.
type Observer interface {
	// Moved is one batch of an account's enrollments.
	Moved(account int64, n int, took time.Duration, err error)
	// Sent is one hand-over to a carrier.
	Sent(account int64, channel string, r channel.Receipt, took time.Duration)
}

// observedRuns tells how long batches take.
type observedRuns struct {
	engine.Runs
	o Observer
}

// Begin implements engine.Runs.
func (r observedRuns) Begin(ctx context.Context, account int64, limit int) (int, error) {
	return r.watch(ctx, account, limit, r.Runs.Begin)
}

// Tick implements engine.Runs.
func (r observedRuns) Tick(ctx context.Context, account int64, limit int) (int, error) {
	return r.watch(ctx, account, limit, r.Runs.Tick)
}

func (r observedRuns) watch(ctx context.Context, account int64, limit int, move func(context.Context, int64, int) (int, error)) (int, error) {
	watch := clock.Real{}
	began := watch.Now()
	n, err := move(ctx, account, limit)
	if ctx.Err() == nil {
		r.o.Moved(account, n, watch.Now().Sub(began), err)
	}
	return n, err
}

// observedCarriers tells what carriers answer.
type observedCarriers struct {
	delivery.Carriers
	o Observer
}

// For implements delivery.Carriers.
func (c observedCarriers) For(ctx context.Context, account int64, name string) (channel.Carrier, string, error) {
	carrier, kind, err := c.Carriers.For(ctx, account, name)
	if err == nil {
		carrier = observedCarrier{carrier, c.o, account, name}
	}
	return carrier, kind, err
}

type observedCarrier struct {
	channel.Carrier
	o       Observer
	account int64
	name    string
}

// Send implements channel.Carrier.
func (c observedCarrier) Send(ctx context.Context, m channel.Composed) channel.Receipt {
	watch := clock.Real{}
	began := watch.Now()
	r := c.Carrier.Send(ctx, m)
	c.o.Sent(c.account, c.name, r, watch.Now().Sub(began))
	return r
}
