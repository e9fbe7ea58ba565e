package clock

import (
	"context"
	"sync"
	"time"
)

// syncEvery is how often a Synced clock asks: what a machine's oscillator loses in that time is far below a millisecond.
const syncEvery = 5 * time.Second

// Synced shows the time of somebody else, whom it asks now and then: the database, so that nodes whose clocks differ agree on what is due
// (ENG-3). Between two askings it counts seconds, so that setting the machine's clock does not move it. Safe for concurrent use.
type Synced struct {
	ask     func(context.Context) (time.Time, error)
	started time.Time // only what has passed since is read of it

	mu     sync.Mutex
	offset time.Duration // what they show, less what has passed here since 1970 began
	known  bool
	set    chan struct{} // closed and replaced when offset changes
}

// NewSynced makes a clock that asks ask, and asks it once.
func NewSynced(ctx context.Context, ask func(context.Context) (time.Time, error)) (*Synced, error) {
	s := &Synced{ask: ask, started: time.Now(), set: make(chan struct{})}
	return s, s.Sync(ctx)
}

// Sync asks once. The answer was true at some moment between the question and its arrival; a clock that agrees with that is left alone, so that a
// slow answer does not disturb it.
func (s *Synced) Sync(ctx context.Context) error {
	before := time.Since(s.started)
	theirs, err := s.ask(ctx)
	if err != nil {
		return err
	}
	after := time.Since(s.started)
	shown := theirs.Sub(time.Unix(0, 0))
	s.mu.Lock()
	defer s.mu.Unlock()
	const grain = time.Millisecond // they tell no more than that
	if s.known && s.offset+before <= shown+grain && s.offset+after >= shown-grain {
		return nil
	}
	s.offset, s.known = shown-(before+after)/2, true
	close(s.set)
	s.set = make(chan struct{})
	return nil
}

// Run keeps the clock right until ctx is done. While nobody answers, it goes on counting.
func (s *Synced) Run(ctx context.Context) error {
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			limited, cancel := context.WithTimeout(ctx, syncEvery)
			_ = s.Sync(limited) // who answers nothing will be heard of from those who need more than the time
			cancel()
		}
	}
}

// Now implements Clock.
func (s *Synced) Now() time.Time {
	now, _ := s.show()
	return now
}

func (s *Synced) show() (time.Time, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return truncate(time.Unix(0, 0).Add(s.offset + time.Since(s.started))), s.set
}

// Wait implements Clock. When they set their clock meanwhile, t comes earlier or later.
func (s *Synced) Wait(ctx context.Context, t time.Time, wake <-chan struct{}) error {
	return until(ctx, t, wake, s.show)
}
