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
	"sync"
	"time"

	"tactus/internal/clock"
	"tactus/internal/enroll"
)

// Batch is how many enrollments one transaction moves at most: flat from 500 to 5,000 on both databases, and it keeps SQLite's
// write lock short (shared measurements).
const Batch = 1000

// Runs is what the engine drives.
type Runs interface {
	Tick(ctx context.Context, account int64, limit int) (int, error)
}

// Queue tells what is due.
type Queue interface {
	DueAccounts(ctx context.Context, now time.Time) (accounts []int64, next time.Time, err error)
}

// Engine moves enrollments.
type Engine struct {
	queue   Queue
	runs    Runs
	clock   clock.Clock
	log     *slog.Logger
	workers int
	batch   int
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

// RunOnce moves one batch of every account that has due work, shared fairly, and returns how many it moved and when the
// next enrollment is due (zero: none known). An account whose batch fails does not hold the others up.
func (e *Engine) RunOnce(ctx context.Context) (int, time.Time, error) {
	n, _, next, err := e.round(ctx)
	return n, next, err
}

// round also reports whether there was due work, moved or not.
func (e *Engine) round(ctx context.Context) (n int, due bool, next time.Time, err error) {
	accounts, next, err := e.queue.DueAccounts(ctx, e.clock.Now())
	if err != nil || len(accounts) == 0 {
		return 0, false, next, err
	}
	share := max(1, e.batch/len(accounts))
	var failed []error
	for _, account := range accounts {
		moved, err := e.runs.Tick(ctx, account, share)
		n += moved
		if err != nil {
			failed = append(failed, fmt.Errorf("account %d: %w", account, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return n, true, next, errors.Join(failed...)
}

// Run moves what is due until ctx is done.
func (e *Engine) Run(ctx context.Context, wake <-chan struct{}) error {
	var group sync.WaitGroup
	wakes := make([]chan struct{}, e.workers)
	for i := range wakes {
		wakes[i] = make(chan struct{}, 1)
		group.Add(1)
		go func() {
			defer group.Done()
			e.loop(ctx, wakes[i])
		}()
	}
	group.Add(1)
	go func() {
		defer group.Done()
		for {
			select {
			case <-ctx.Done():
				return
			case <-wake:
				for _, w := range wakes {
					select {
					case w <- struct{}{}:
					default:
					}
				}
			}
		}
	}()
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

func (e *Engine) loop(ctx context.Context, wake <-chan struct{}) {
	failures, held := 0, 0
	for ctx.Err() == nil {
		n, due, next, err := e.round(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			e.log.Error("moving enrollments", "error", err)
		}
		switch {
		case n > 0 && err == nil:
			failures, held = 0, 0
			continue
		case err != nil:
			failures++
			pause(ctx, min(time.Second<<min(failures-1, 5), poll))
			continue
		}
		failures = 0
		length := poll
		if due {
			length = min(heldFirst<<min(held, 10), heldMax)
			held++
		} else {
			held = 0
		}
		nap, cancel := context.WithTimeout(ctx, length)
		_ = e.clock.Wait(nap, next, wake) // the nap's end is a reason to look again
		cancel()
	}
}

func pause(ctx context.Context, d time.Duration) {
	nap, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-nap.Done()
}

var _ Runs = (*enroll.Service)(nil)
