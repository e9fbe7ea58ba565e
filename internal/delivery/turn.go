package delivery

import (
	"cmp"
	"context"
	"slices"

	"tactus/internal/fault"
)

// turn records what the carrier has answered, marks what takes the free places, and hands that over. more says that some may go that must be
// made first.
func (w *working) turn(ctx context.Context, chosen []prepared, free int) (more bool, err error) {
	for i := range chosen {
		chosen[i].tried = true
	}
	goes, left, err := w.commit(ctx, chosen, free)
	if err != nil {
		return false, err
	}
	w.ahead = append(left[:len(left):len(left)], w.ahead[len(chosen):]...)
	w.flying += len(goes)
	w.s.hold(goes)
	carrier := w.carrier
	for _, m := range goes {
		w.under.Go(func() { w.answers <- sent{m: m, r: w.s.send(ctx, carrier, w.lost, m)} })
	}
	return len(left) > 0, nil
}

// commit records and marks in one transaction. When that fails the answers are recorded by themselves, so that nothing that is known is
// lost. left are those of chosen that must be made first. When the database was lost meanwhile, nobody knows whether they are marked: they do
// not go, and are given back.
func (w *working) commit(ctx context.Context, chosen []prepared, free int) (goes []Message, left []prepared, err error) {
	if len(w.got) > 0 && len(chosen) > 0 {
		if goes, left, err = w.mark(ctx, w.got, chosen, free); err == nil {
			w.recorded()
			return goes, left, nil
		}
		tried(w.got)
	}
	if len(w.got) > 0 {
		lost := fault.Is(err, fault.Unavailable)
		failed := w.s.record(ctx, w.l, w.got)
		w.recorded() // or left to the end of their leases
		if failed != nil || lost {
			return nil, chosen, cmp.Or(failed, err)
		}
	}
	if len(chosen) == 0 {
		return nil, nil, ctx.Err()
	}
	if goes, left, err = w.mark(ctx, nil, chosen, free); err != nil && !fault.Is(err, fault.Unavailable) {
		return w.apart(ctx, chosen, free, err)
	}
	return goes, left, err
}

// apart marks one by one what cannot be marked as a whole, so that the one at fault does not hold the others up (ENG-8): it stays claimed, and
// is tried again when its lease ends. When none of several can be marked it is not their fault.
func (w *working) apart(ctx context.Context, chosen []prepared, free int, cause error) (goes []Message, left []prepared, err error) {
	bad := 0
	for i := range chosen {
		g, l, err := w.mark(ctx, nil, chosen[i:i+1], free-len(goes))
		switch {
		case fault.Is(err, fault.Unavailable):
			return nil, nil, err
		case err != nil:
			bad++
			w.s.log.Error("a message can be neither handed over nor put off", "message", chosen[i].m.ID, "account", w.l.Account, "error", err)
			continue
		}
		goes, left = append(goes, g...), append(left, l...)
	}
	if bad > 1 && bad == len(chosen) {
		return nil, nil, cause
	}
	return goes, left, nil
}

func (w *working) recorded() {
	w.s.letGo(w.got)
	w.flying -= len(w.got)
	w.got = nil
}

// mark is the transaction of a turn. It is carried through though the server is asked to stop: what is marked and not sent would be in doubt.
// What the program dies of is an error, so that one message does not stop the lane (ENG-8).
func (w *working) mark(ctx context.Context, got []sent, chosen []prepared, free int) (goes []Message, left []prepared, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err = alive(func() error {
		return w.s.store.InTx(ctx, func(ctx context.Context) (err error) {
			goes, left, err = w.marked(ctx, got, chosen, free)
			return err
		})
	})
	if err != nil { // nothing of it is marked, whatever it came to before its end failed
		w.circ = nil
		return nil, nil, err
	}
	return goes, left, nil
}

// marked records and marks, in the transaction of ctx.
func (w *working) marked(ctx context.Context, got []sent, chosen []prepared, free int) (goes []Message, left []prepared, err error) {
	w.full = false
	if err := w.s.lock(ctx, w.l, got, chosen); err != nil {
		return nil, nil, err
	}
	if len(got) > 0 {
		if err := w.s.recordAll(ctx, w.l, got, true); err != nil {
			return nil, nil, err
		}
	}
	account, err := w.s.runs.Account(ctx, w.l.Account)
	if err != nil {
		return nil, nil, err
	}
	if slices.ContainsFunc(chosen, func(p prepared) bool { return p.stale(account.Rev) }) {
		return nil, chosen, nil
	}
	c, err := w.s.store.Circuit(ctx, w.l)
	if err != nil {
		return nil, nil, err
	}
	w.circ = &c
	if !c.OpenedAt.IsZero() { // another node's doing, perhaps: one probe at a time (ENG-7)
		free = min(free, max(0, 1-w.atCarrier(got)))
	}
	goes, left, w.full, err = w.s.mark(ctx, w.l, w.kind, chosen, free)
	return goes, left, err
}
