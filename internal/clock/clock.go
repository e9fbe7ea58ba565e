// Package clock is the only place that reads the machine's time. Everything
// else asks an injected Clock (ENG-13), so that years run in milliseconds in tests,
// in the simulator and in the demo.
package clock

import (
	"context"
	"sync"
	"time"
)

// Clock tells the time in UTC, truncated to milliseconds, which is what the database keeps.
type Clock interface {
	Now() time.Time
	// Wait returns when t has come, when wake receives, or when ctx is done (with its error).
	// A zero t waits for wake or ctx alone.
	Wait(ctx context.Context, t time.Time, wake <-chan struct{}) error
}

// Real is the machine's clock.
type Real struct{}

// Now implements Clock.
func (Real) Now() time.Time { return truncate(time.Now()) }

// Wait implements Clock.
func (r Real) Wait(ctx context.Context, t time.Time, wake <-chan struct{}) error {
	return Reading(time.Now).Wait(ctx, t, wake)
}

// Reading is a clock that somebody may set at any moment, as people and NTP set the machine's.
type Reading func() time.Time

// look is how soon a sleeper notices that the clock was set forward: timers count seconds, not what the clock shows.
const look = 5 * time.Second

// Now implements Clock.
func (r Reading) Now() time.Time { return truncate(r()) }

// Wait implements Clock. When the clock is set back meanwhile, t comes later.
func (r Reading) Wait(ctx context.Context, t time.Time, wake <-chan struct{}) error {
	return until(ctx, t, wake, func() (time.Time, <-chan struct{}) { return r.Now(), nil })
}

// until waits for t on a clock that may be set meanwhile. show tells what it shows, and a channel that is closed when it is set, if
// anybody knows that.
func until(ctx context.Context, t time.Time, wake <-chan struct{}, show func() (time.Time, <-chan struct{})) error {
	nap := time.NewTimer(look)
	defer nap.Stop()
	for {
		now, set := show()
		left := t.Sub(now)
		switch {
		case t.IsZero():
			nap.Stop() // for ever
		case left <= 0:
			return nil
		default:
			nap.Reset(min(left, look))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wake:
			return nil
		case <-set:
		case <-nap.C:
		}
	}
}

// Sleep waits for d in real seconds, whatever anybody sets, or until ctx is done (with its error).
func Sleep(ctx context.Context, d time.Duration) error { return wait(ctx, d, nil) }

// Wake lets who waits at c go on; who does not wait yet finds it later. c has room for one.
func Wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is told already
	}
}

// Fast runs Speed times as fast as the machine's clock, from Start on. The demo uses it.
type Fast struct {
	start time.Time
	real  time.Time
	speed float64
}

// NewFast starts a fast clock at start; speed 3600 makes an hour of one second.
func NewFast(start time.Time, speed float64) *Fast {
	return &Fast{start: start, real: time.Now(), speed: speed}
}

// Now implements Clock.
func (f *Fast) Now() time.Time {
	return truncate(f.start.Add(time.Duration(float64(time.Since(f.real)) * f.speed)))
}

// Wait implements Clock.
func (f *Fast) Wait(ctx context.Context, t time.Time, wake <-chan struct{}) error {
	if t.IsZero() {
		return wait(ctx, forever, wake)
	}
	return wait(ctx, time.Duration(float64(t.Sub(f.Now()))/f.speed), wake)
}

// Fake stands still until it is set. Safe for concurrent use.
type Fake struct {
	mu      sync.Mutex
	now     time.Time
	changed chan struct{}
}

// NewFake makes a fake clock that shows now.
func NewFake(now time.Time) *Fake {
	return &Fake{now: truncate(now), changed: make(chan struct{})}
}

// Now implements Clock.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// Set moves the clock, forward or back, and wakes those who wait.
func (f *Fake) Set(t time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = truncate(t)
	close(f.changed)
	f.changed = make(chan struct{})
}

// Advance moves the clock by d.
func (f *Fake) Advance(d time.Duration) { f.Set(f.Now().Add(d)) }

// Wait implements Clock: it returns when the fake clock reaches t.
func (f *Fake) Wait(ctx context.Context, t time.Time, wake <-chan struct{}) error {
	for {
		f.mu.Lock()
		now, changed := f.now, f.changed
		f.mu.Unlock()
		if !t.IsZero() && !now.Before(t) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wake:
			return nil
		case <-changed:
		}
	}
}

func wait(ctx context.Context, d time.Duration, wake <-chan struct{}) error {
	var timer <-chan time.Time
	if d != forever {
		t := time.NewTimer(d)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wake:
		return nil
	case <-timer:
		return nil
	}
}

// Deadline is d from now for what counts real seconds: a socket, Left.
func Deadline(d time.Duration) time.Time { return time.Now().Add(d) }

// Left is how long a Deadline is away, in real seconds, whatever anybody sets; not positive when it is over.
func Left(deadline time.Time) time.Duration { return time.Until(deadline) }

func truncate(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// forever as a duration waits for the wake channel or the context alone; a real
// due moment in the past gives another negative number and returns at once.
const forever time.Duration = -1 << 63
