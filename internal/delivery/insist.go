package delivery

import (
	"context"
	"time"

	"tactus/internal/clock"
	"tactus/internal/fault"
)

// The pauses between tries to write while the database is away.
const (
	insistFirst = 20 * time.Millisecond
	insistMax   = time.Second
)

// insist does what must be written although the database is away: again and again, for as long as this server runs and a grace
// longer. Who does it names the token, so that a late try changes nothing. Another failure than the database's absence is returned at once.
func (s *Service) insist(ctx context.Context, do func(context.Context) error) error {
	var ends time.Time
	for pause := insistFirst; ; pause = min(2*pause, insistMax) {
		if ctx.Err() != nil && ends.IsZero() {
			ends = clock.Deadline(grace)
		}
		one, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		err := do(one)
		cancel()
		switch {
		case !fault.Is(err, fault.Unavailable), !ends.IsZero() && clock.Left(ends) <= 0:
			return err
		case ctx.Err() == nil:
			_ = clock.Sleep(ctx, pause)
		default:
			_ = clock.Sleep(context.WithoutCancel(ctx), pause)
		}
	}
}

// hold remembers messages that this process is handing over until their answers are recorded: it knows, or will know, what became of them,
// so it does not settle them as in doubt itself, however long it stood still or the database was away. Another node may.
func (s *Service) hold(messages []Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range messages {
		s.hands[m.ID] = struct{}{}
	}
}

func (s *Service) letGo(answers []sent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range answers {
		delete(s.hands, a.m.ID)
	}
}

func (s *Service) held() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]int64, 0, len(s.hands))
	for id := range s.hands {
		out = append(out, id)
	}
	return out
}
