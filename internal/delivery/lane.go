package delivery

import (
	"context"
	"errors"
	"sync"
	"time"

	"tactus/internal/channel"
	"tactus/internal/clock"
)

// sent is a message with its carrier's answer.
type sent struct {
	m     Message
	r     channel.Receipt
	again bool // it may have been recorded before: the database was lost meanwhile
}

func tried(answers []sent) {
	for i := range answers {
		answers[i].again = true
	}
}

// work sends the lane's due messages until none is left. As many are under way as the carrier has connections, and no more are
// marked as being handed over (DEC-12): a place is free again when the answer has been recorded. While they are under way the next ones are
// claimed and made, and one transaction records answers and marks what takes their places.
//
// more says that other messages have become due: while one is slow to get its answer they take the free places (ENG-7).
func (s *Service) work(ctx context.Context, l Lane, more <-chan struct{}) (int, error) {
	carrier, kind, err := s.carriers.For(ctx, l.Account, l.Channel)
	if err != nil {
		return 0, err
	}
	lost, err := s.store.Lost(ctx)
	if err != nil {
		return 0, err
	}
	places := max(1, carrier.Connections())
	w := &working{s: s, l: l, carrier: carrier, kind: kind, lost: lost, places: places, more: more, answers: make(chan sent, places)}
	defer w.under.Wait()
	if err = alive(func() error { return w.run(ctx) }); err != nil {
		w.finish(ctx)
		_ = w.arrive() // to be given back as well; a lane that ends well has nothing made ahead
		w.release(ctx)
	}
	return w.n, err
}

// working is one lane at work.
type working struct {
	s       *Service
	l       Lane
	carrier channel.Carrier
	kind    string
	lost    Lost
	places  int
	under   sync.WaitGroup
	more    <-chan struct{}
	answers chan sent

	n      int    // handled so far
	flying int    // marked, and not yet recorded
	got    []sent // of these, the answered ones
	ahead  []prepared
	making *making       // what comes after these; nil when nothing is being made
	plenty bool          // the last claim brought as many as were wanted
	choice int           // how often the carrier was chosen
	quick  int           // how many answers the last turn had, if it was a quick one
	cost   time.Duration // of the last turn's transaction
	circ   *Circuit      // as the last turn's transaction saw it, until it is asked for
	full   bool          // a sender's limits are reached: most of what waits is only put off
}

// A carrier that answers within a turn of this length gets its next messages made ahead. With a slower one nothing waits, made, for long:
// what has just started goes before old backlog (ENG-8).
const quick = 200 * time.Millisecond

// mostAhead is how many messages are made ahead at the most, turnsAhead how many turns' worth.
const (
	mostAhead  = 512
	turnsAhead = 4
)

// anew is after how many turns a lane that does not run dry looks which carrier the account has by now.
const anew = 100

// choose takes the account's carrier. What another one has made is made again.
func (w *working) choose(ctx context.Context) (err error) {
	if w.carrier, w.kind, err = w.s.carriers.For(ctx, w.l.Account, w.l.Channel); err != nil {
		return err
	}
	w.places = max(1, w.carrier.Connections())
	w.choice++
	for i := range w.ahead {
		w.ahead[i].unmake()
	}
	return nil
}

func (w *working) run(ctx context.Context) error {
	watch := clock.Real{}
	for turn := 1; ; turn++ {
		began := watch.Now()
		under := w.atCarrier(w.got)
		a, err := w.allowed(ctx, max(0, w.places-under), under)
		if err != nil {
			return err
		}
		if a.open || turn%anew == 0 { // a person may have put it right meanwhile
			if err := w.choose(ctx); err != nil {
				return err
			}
		}
		wide := a.closed || w.full && a.send > 0
		if err := w.prepare(ctx, a.send, wide); err != nil {
			return err
		}
		chosen := w.ahead[:min(a.send, len(w.ahead))]
		if wide {
			chosen = w.ahead
		}
		if len(chosen)+w.flying == 0 {
			return nil
		}
		w.makeAhead(ctx, len(chosen), wide)
		marking := watch.Now()
		left, err := w.turn(ctx, chosen, a.send)
		if err != nil {
			return err
		}
		w.cost = watch.Now().Sub(marking)
		if w.flying == 0 {
			continue // nothing of it went
		}
		switch {
		case left:
			w.got = drain(w.answers, nil) // they go as soon as they are made
		case w.flying < w.places && !a.open:
			w.got = collect(w.answers, w.more)
		default:
			w.got = collect(w.answers, nil)
		}
		w.gather(ctx)
		if w.quick = 0; watch.Now().Sub(began) < quick {
			w.quick = len(w.got)
		}
	}
}

// atCarrier is how many messages are with the carrier, of which got are answered.
func (w *working) atCarrier(got []sent) int { return w.flying - len(got) }

// gather waits a little for the other answers under way when the last ones came quickly: each transaction costs, and one that records and marks
// twice as many is nearly half of two. It waits for less than such a transaction takes.
func (w *working) gather(ctx context.Context) {
	if w.quick == 0 || len(w.got) == 0 || len(w.got) >= w.flying {
		return
	}
	limited, cancel := context.WithTimeout(ctx, min(w.cost/2, mostGather))
	defer cancel()
	for len(w.got) < w.flying {
		select {
		case a := <-w.answers:
			w.got = append(w.got, a)
		case <-w.more:
			return
		case <-limited.Done():
			return
		}
	}
}

// mostGather bounds the wait for answers that would go into the same transaction.
const mostGather = 10 * time.Millisecond

// prepare sees to it that there is a message for each free place, made. What will only be put off is taken in large parts and not made.
func (w *working) prepare(ctx context.Context, free int, wide bool) error {
	least := free
	if wide {
		least = mostAhead
	}
	if len(w.ahead) < least {
		if err := w.arrive(); err != nil {
			return err
		}
	}
	if len(w.ahead) < least {
		claimed, full, err := w.claim(ctx, least-len(w.ahead))
		w.add(claimed)
		w.plenty = full
		if err != nil {
			return err
		}
	}
	if wide && free == 0 {
		return nil // the way is closed for all of them
	}
	free = min(free, len(w.ahead))
	if err := w.s.prepare(ctx, w.l, w.carrier, w.ahead[:free]); err != nil || !wide {
		return err
	}
	return w.s.senders(ctx, w.l, w.ahead[free:])
}

// finish lets the messages under way come home before an error is reported; what cannot be recorded is settled when its lease ends.
func (w *working) finish(ctx context.Context) {
	for w.flying > 0 {
		if len(w.got) == 0 {
			w.got = collect(w.answers, nil)
		}
		if err := w.s.record(ctx, w.l, w.got); err != nil {
			w.s.log.Error("recording answers", "account", w.l.Account, "channel", w.l.Channel, "error", err)
		}
		w.recorded()
	}
}

// release gives back what was claimed and surely not handed over, so that others need not wait for the end of its lease.
func (w *working) release(ctx context.Context) {
	var claimed, tried []Message
	for _, p := range w.ahead {
		if p.tried {
			tried = append(tried, p.m)
		} else {
			claimed = append(claimed, p.m)
		}
	}
	err := w.s.insist(ctx, func(ctx context.Context) error {
		return errors.Join(w.s.store.Release(ctx, w.l.Account, claimed, false), w.s.store.Release(ctx, w.l.Account, tried, true))
	})
	if err != nil {
		w.s.log.Warn("giving messages back", "account", w.l.Account, "channel", w.l.Channel, "error", err)
	}
}

// collect waits for one answer, or for more to hand over, and takes whatever else is there, so that busy lanes record in sets.
func collect(answers <-chan sent, more <-chan struct{}) []sent {
	select {
	case a := <-answers:
		return drain(answers, []sent{a})
	case <-more:
		return drain(answers, nil)
	}
}

func drain(answers <-chan sent, got []sent) []sent {
	for {
		select {
		case a := <-answers:
			got = append(got, a)
		default:
			return got
		}
	}
}
