package delivery

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"tactus/internal/channel"
)

// making are a lane's next messages, claimed and made while the turn's transaction runs and the carrier answers.
type making struct {
	carrier channel.Carrier
	choice  int // the lane's, when it began
	claimed []prepared
	full    bool          // there were as many as wanted: there may be more
	drafted chan struct{} // closed when todo and err are there
	todo    []*prepared
	err     error
	next    atomic.Int64 // of todo
	under   sync.WaitGroup
}

// makeAhead begins to claim and make what the next turns will want, when there is enough of it. One goroutine does it: the turn's statements
// need a processor, too.
func (w *working) makeAhead(ctx context.Context, chosen int, wide bool) {
	most := min(turnsAhead*w.quick, mostAhead)
	want := most - len(w.ahead)
	if w.making != nil || wide || !w.plenty || want <= 0 || len(w.ahead)-chosen > most/2 {
		return
	}
	m := &making{carrier: w.carrier, choice: w.choice, drafted: make(chan struct{})}
	w.making = m
	m.under.Go(func() {
		m.err = alive(func() (err error) {
			if m.claimed, m.full, err = w.claim(ctx, want); err == nil {
				m.todo, err = w.s.draft(ctx, w.l, m.claimed)
			}
			return err
		})
		close(m.drafted)
		m.compose()
	})
}

// compose makes messages until all are made or being made.
func (m *making) compose() {
	for {
		i := int(m.next.Add(1)) - 1
		if i >= len(m.todo) {
			return
		}
		m.todo[i].compose(m.carrier)
	}
}

// arrive takes in what is being made, and lends a hand: nothing else is to be done meanwhile.
func (w *working) arrive() error {
	m := w.making
	if m == nil {
		return nil
	}
	<-m.drafted
	for range runtime.GOMAXPROCS(0) - 1 {
		m.under.Go(m.compose)
	}
	m.under.Wait()
	w.making, w.plenty = nil, m.full
	for i := range m.claimed {
		if m.choice != w.choice {
			m.claimed[i].unmake()
		}
	}
	w.add(m.claimed)
	return m.err
}

// add puts what was claimed behind the rest. A message that waited for longer than its lease may come a second time: then the first claim holds no
// more, and two of one message would go through a turn as two.
func (w *working) add(claimed []prepared) {
	w.n += len(claimed)
	if len(w.ahead) > 0 && len(claimed) > 0 {
		anew := make(map[int64]bool, len(claimed))
		for _, p := range claimed {
			anew[p.m.ID] = true
		}
		w.ahead = slices.DeleteFunc(w.ahead, func(p prepared) bool { return anew[p.m.ID] })
	}
	w.ahead = append(w.ahead, claimed...)
}

// claim takes messages that are due; they are returned even when nobody heard of the commit, to be given back.
func (w *working) claim(ctx context.Context, want int) (taken []prepared, full bool, err error) {
	var claimed []Message
	err = w.s.store.InTx(ctx, func(ctx context.Context) (err error) {
		claimed, err = w.s.store.ClaimMessages(ctx, w.l, w.s.clock.Now(), want, w.s.lease)
		return err
	})
	for _, m := range claimed {
		taken = append(taken, prepared{m: m})
	}
	return taken, len(claimed) == want, err
}
