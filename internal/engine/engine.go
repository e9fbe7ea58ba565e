// Package engine is the loop that moves what is due: it claims due enrollments account by account, lets
// enroll.Service move them in short transactions, and sleeps until the next due moment (ENG-3, ENG-8, ENG-9).
//
//	        ┌───────────── due work, accounts take turns ─────────────┐
//	sleep ──┤                                                         ├──► move a batch ──► commit ──┐
//	  ▲     └── woken by new work (signal), by the next due moment ───┘                              │
//	  └──────────────────────────────── nothing due ◄────────────────────────────────────────────────┘
//
// Nothing but the database is state: a process that dies at any instruction leaves committed moves, and the rest is still
// due. Any number of workers and nodes may run; rows that one holds are left to it.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"tactus/internal/clock"
	"tactus/internal/enroll"
)

// Batch is how many enrollments one transaction moves at most: flat from 500 to 5,000 on both databases, and it keeps SQLite's
// write lock short (shared measurements).
const Batch = 1000

// leastShare is the smallest turn of an account when many have due work: below it a transaction costs more than what it moves.
const leastShare = 100

// Runs is what the engine drives.
type Runs interface {
	// Begin moves up to limit enrollments that have just started.
	Begin(ctx context.Context, account int64, limit int) (int, error)
	// Tick moves up to limit enrollments that are due.
	Tick(ctx context.Context, account int64, limit int) (int, error)
}

// Queue tells what is due.
type Queue interface {
	DueWork(ctx context.Context, now time.Time) (enroll.Due, error)
}

// Engine moves enrollments.
type Engine struct {
	queue   Queue
	runs    Runs
	clock   clock.Clock
	log     *slog.Logger
	workers int
	batch   int
	turns   turns
}

// Options size an engine; zero values are the defaults.
type Options struct {
	Workers int // concurrent batches; 1 on SQLite, as many as cores on PostgreSQL, never more
	Batch   int
}

// New makes an engine.
func New(queue Queue, runs Runs, c clock.Clock, log *slog.Logger, opt Options) *Engine {
	e := &Engine{queue: queue, runs: runs, clock: c, log: log, workers: max(1, opt.Workers), batch: opt.Batch}
	if e.batch <= 0 {
		e.batch = Batch
	}
	return e
}

// RunOnce does one round and returns how many enrollments it moved and when the next is due (zero: none known). An account whose
// batch fails does not hold the others up.
func (e *Engine) RunOnce(ctx context.Context) (int, time.Time, error) {
	r, err := e.round(ctx, func(int64) bool { return false })
	return r.moved, r.next, errors.Join(err, errors.Join(r.failed...))
}

// round is what a worker did before it looked again.
type round struct {
	moved  int
	due    bool // there was work that this worker might do, moved or not
	next   time.Time
	failed []error // by account
}

// round gives every account whose runs have just started a turn, then shares one batch among the accounts with backlog, which take turns over
// rounds. So a new lead waits for one batch of others' work at most, however much of it there is (ENG-8).
func (e *Engine) round(ctx context.Context, rests func(account int64) bool) (r round, err error) {
	due, err := e.queue.DueWork(ctx, e.clock.Now())
	if err != nil {
		return r, err
	}
	r.next = due.Next
	turn := func(account int64, limit int, move func(context.Context, int64, int) (int, error)) int {
		r.due = true
		n, err := move(ctx, account, limit)
		r.moved += n
		if err != nil && ctx.Err() == nil {
			e.turns.failed(account)
			r.failed = append(r.failed, fmt.Errorf("account %d: %w", account, err))
			return limit
		}
		e.turns.moved(account)
		return n
	}
	fresh := slices.DeleteFunc(due.Fresh, rests)
	for _, account := range fresh {
		if ctx.Err() == nil {
			turn(account, e.share(len(fresh)), e.runs.Begin)
		}
	}
	backlog := e.turns.order(slices.DeleteFunc(due.Backlog, rests))
	for left := e.batch; left > 0 && len(backlog) > 0 && ctx.Err() == nil; backlog = backlog[1:] {
		e.turns.began(backlog[0])
		left -= max(1, turn(backlog[0], min(left, e.share(len(backlog))), e.runs.Tick))
	}
	return r, nil
}

// share is one account's part of a batch.
func (e *Engine) share(accounts int) int {
	return max(1, min(e.batch, max(leastShare, e.batch/accounts)))
}

// Run moves what is due until ctx is done. A signal wakes one worker; one that finds much wakes the next.
func (e *Engine) Run(ctx context.Context, wake <-chan struct{}) error {
	var group sync.WaitGroup
	look := make(chan struct{}, 1)
	for range e.workers {
		group.Go(func() { e.loop(ctx, look) })
	}
	group.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-wake:
				clock.Wake(look)
			}
		}
	})
	group.Wait()
	return ctx.Err()
}

// poll is the slow safety net under signals (ENG-9).
const poll = 10 * time.Second

// What is due and held by others (a command, a sender) is looked at again soon: who lets go of it does not always signal.
const (
	heldFirst = 10 * time.Millisecond
	heldMax   = time.Second
)

// breath is how long a worker that moved little waits before it looks again, at the most; else it waits for as long as it took. What comes
// meanwhile is moved together: a transaction for each of two hundred leads a second leaves no time for their messages.
const breath = 20 * time.Millisecond

func (e *Engine) loop(ctx context.Context, look chan struct{}) {
	failures, held := 0, 0
	for ctx.Err() == nil {
		began := clock.Deadline(0)
		r, err := e.round(ctx, e.turns.rests)
		if ctx.Err() != nil {
			return
		}
		if err != nil { // the database is away
			e.log.Error("looking for due enrollments", "error", err)
			_ = clock.Sleep(ctx, min(time.Second<<min(failures, 5), poll))
			failures++
			continue
		}
		failures = 0
		for _, err := range r.failed {
			e.log.Error("moving enrollments", "error", err)
		}
		if r.moved > 0 {
			held = 0
			if r.moved < leastShare {
				_ = clock.Sleep(ctx, min(-clock.Left(began), breath))
			} else {
				clock.Wake(look)
			}
			continue
		}
		if e.turns.sooner(r.next) {
			clock.Wake(look)
		}
		length := e.turns.nap(poll)
		if r.due && len(r.failed) == 0 {
			length = min(heldFirst<<min(held, 10), heldMax, length)
			held++
		} else {
			held = 0
		}
		nap, cancel := context.WithTimeout(ctx, length)
		_ = e.clock.Wait(nap, r.next, look) // the nap's end is a reason to look again
		cancel()
	}
}

var _ Runs = (*enroll.Service)(nil)
