package delivery

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"tactus/internal/channel"
	"tactus/internal/clock"
	"tactus/internal/enroll"
)

// sendTimeout is how long one hand-over may take unless Patience says otherwise.
const sendTimeout = 100 * time.Second

// Carriers finds the carrier of an account's channel.
type Carriers interface {
	// For returns the carrier and the name of its kind; the default is the sandbox.
	For(ctx context.Context, account int64, channel string) (channel.Carrier, string, error)
}

// Writer makes content and sender of messages; see Compose.
type Writer interface {
	// Drafts makes what the carrier composes from, for messages that have no bytes yet. One that cannot be made has its reason.
	Drafts(ctx context.Context, account int64, messages []Message) (map[int64]Made, error)
	// Senders tells whose limits messages count against, without making them.
	Senders(ctx context.Context, account int64, messages []Message) (map[int64]string, error)
}

// Made is a message's content and envelope, or why there is none.
type Made struct {
	Draft  channel.Draft
	Sender string // whose limits it counts against
	Shown  enroll.Shown
	Skip   string // reason: target_missing …
	Fail   string // reason: no_email …
	Hold   string // an empty field without default (TPL-2)
	Detail string
}

// Limits are how many messages a sender may send per window (EMAIL-6).
type Limits func(ctx context.Context, account int64, channel string) (map[time.Duration]int, error)

// Service works the outbox.
type Service struct {
	store    Store
	runs     *enroll.Service
	clock    clock.Clock
	carriers Carriers
	writer   Writer
	limits   Limits
	log      *slog.Logger

	timeout, lease time.Duration

	mu    sync.Mutex
	lanes map[Lane]chan struct{} // at work; told when there is more
	hands map[int64]struct{}     // see hold
	idled map[Lane]int           // turns in a row in which nothing could be done
}

// Patience sets how long one hand-over may take. The lease is longer, so that a sender always knows its answer, or gives up, while it still
// holds the message (DEC-13); it is also how long the messages of a node that died stay in its hands.
func (s *Service) Patience(timeout time.Duration) {
	s.timeout, s.lease = timeout, timeout+timeout/5
}

// New makes the service.
func New(store Store, runs *enroll.Service, c clock.Clock, carriers Carriers, writer Writer, limits Limits, log *slog.Logger) *Service {
	s := &Service{
		store: store, runs: runs, clock: c, carriers: carriers, writer: writer, limits: limits, log: log,
		lanes: map[Lane]chan struct{}{}, hands: map[int64]struct{}{}, idled: map[Lane]int{},
	}
	s.Patience(sendTimeout)
	return s
}

// RunOnce works every lane that has messages to try now until none is left, and returns how many were handled, in lanes that did not fail, and
// when the next is due (zero: none known).
func (s *Service) RunOnce(ctx context.Context) (int, time.Time, error) {
	lanes, next, err := s.due(ctx)
	if err != nil {
		return 0, next, err
	}
	n := 0
	var failed []error
	for _, l := range lanes {
		k, err := s.work(ctx, l, nil)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		n += k
	}
	return n, next, errors.Join(failed...)
}

// Run works until ctx is done: each lane by itself, so that a carrier that stalls holds up nobody else (ENG-7). It sleeps until the
// next message is due or wake receives.
func (s *Service) Run(ctx context.Context, wake <-chan struct{}) error {
	var working sync.WaitGroup
	defer working.Wait()
	look := make(chan struct{}, 1) // there may be something to do
	working.Add(1)
	go func() {
		defer working.Done()
		for {
			select {
			case <-ctx.Done():
				return
			case <-wake:
				clock.Wake(look)
			}
		}
	}()
	doubt := clock.Deadline(0)
	for ctx.Err() == nil {
		if clock.Left(doubt) <= 0 {
			doubt = clock.Deadline(min(poll, s.lease))
			if err := s.Doubt(ctx, false); err != nil && ctx.Err() == nil {
				s.log.Error("settling messages in doubt", "error", err)
				doubt = clock.Deadline(min(restFailed, s.lease))
			}
		}
		lanes, next, err := s.due(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Error("looking for due messages", "error", err)
		}
		for _, l := range lanes {
			more, ok := s.enter(l)
			if !ok {
				clock.Wake(more)
				continue
			}
			working.Add(1)
			go func() {
				defer working.Done()
				defer func() { s.leave(l); clock.Wake(look) }()
				n, err := s.work(ctx, l, more)
				if err != nil && ctx.Err() == nil {
					s.log.Error("sending", "account", l.Account, "channel", l.Channel, "error", err)
				}
				_ = clock.Sleep(ctx, s.idle(l, n, err))
			}()
		}
		nap, cancel := context.WithTimeout(ctx, max(clock.Left(doubt), time.Millisecond))
		_ = s.clock.Wait(nap, next, look) // the nap's end is a reason to look again
		cancel()
	}
	return ctx.Err()
}

// due are the lanes with messages to try now: none while sending is held.
func (s *Service) due(ctx context.Context) ([]Lane, time.Time, error) {
	lost, err := s.store.Lost(ctx)
	if err != nil || lost.Held {
		return nil, time.Time{}, err
	}
	return s.store.DueLanes(ctx, s.clock.Now())
}

// poll is the safety net under signals (ENG-9), and how soon an expired lease is noticed.
const poll = 10 * time.Second

// A lane that could not be worked, or whose messages others hold, rests before it is looked at again, longer each time (ENG-9).
const (
	restHeld    = 10 * time.Millisecond
	restHeldMax = time.Second
	restFailed  = time.Second
)

// idle is how long a lane rests after its turn; zero after one that got on.
func (s *Service) idle(l Lane, n int, err error) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && n > 0 {
		delete(s.idled, l)
		return 0
	}
	turns := s.idled[l]
	s.idled[l] = min(turns+1, 10)
	if err != nil {
		return min(restFailed<<turns, poll)
	}
	return min(restHeld<<turns, restHeldMax)
}

// enter takes a lane to work on it; false when it is at work already.
func (s *Service) enter(l Lane) (more chan struct{}, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if more, ok := s.lanes[l]; ok {
		return more, false
	}
	more = make(chan struct{}, 1)
	s.lanes[l] = more
	return more, true
}

func (s *Service) leave(l Lane) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.lanes, l)
}
