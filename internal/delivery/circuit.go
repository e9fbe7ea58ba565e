package delivery

import (
	"context"
	"time"

	"tactus/internal/gate"
)

// allowance is how many messages may be handed over now. With a closed way all that are due are taken to be put off, so that later steps
// are not held up (DEC-2).
type allowance struct {
	send   int
	open   bool // the circuit
	closed bool
}

// allowed is what may leave now: nothing while the circuit is open, but for one probe at a time (ENG-7).
func (w *working) allowed(ctx context.Context, free, flying int) (allowance, error) {
	if w.circ == nil {
		c, err := w.s.store.Circuit(ctx, w.l)
		if err != nil {
			return allowance{}, err
		}
		w.circ = &c
	}
	c := *w.circ
	w.circ = nil
	switch {
	case c.OpenedAt.IsZero():
		return allowance{send: free}, nil
	case flying > 0:
		return allowance{open: true}, nil
	case w.s.clock.Now().Before(c.ProbeAt):
		return allowance{open: true, closed: true}, nil
	}
	return allowance{open: true, send: min(1, free)}, nil
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
