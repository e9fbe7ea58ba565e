package delivery

import (
	"context"
	"time"

	"tactus/internal/gate"
)

// allowed is how many messages may be taken now: none while the circuit is open, but for one probe (ENG-7). It reports whether it is open.
func (s *Service) allowed(ctx context.Context, l Lane, free, flying int) (int, bool, error) {
	c, err := s.store.Circuit(ctx, l)
	if err != nil || c.OpenedAt.IsZero() {
		return free, false, err
	}
	if flying > 0 {
		return 0, true, nil
	}
	if s.clock.Now().Before(c.ProbeAt) {
		return free, true, nil // they are taken to be put off, so that later steps are not held up (DEC-2)
	}
	return min(1, free), true, nil
}

// opening is the moment before which an open circuit lets nothing through; zero when messages may go.
func (s *Service) opening(ctx context.Context, l Lane) (time.Time, error) {
	c, err := s.store.Circuit(ctx, l)
	if err != nil || c.OpenedAt.IsZero() || !s.clock.Now().Before(c.ProbeAt) {
		return time.Time{}, err
	}
	return c.ProbeAt, nil
}

var carrierDown = gate.Decision{Verdict: gate.Postpone, Reason: "carrier_down"}
