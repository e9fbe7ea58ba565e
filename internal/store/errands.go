package store

import (
	"context"
	"sync"
)

// errands is work that nobody waits for; it ends when the database is closed.
type errands struct {
	mu     sync.Mutex
	ctx    context.Context // nil before the first
	end    context.CancelFunc
	group  sync.WaitGroup
	closed bool
}

// run does work meanwhile; it reports whether it will be done.
func (e *errands) run(work func(ctx context.Context)) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return false
	}
	if e.ctx == nil {
		e.ctx, e.end = context.WithCancel(context.Background())
	}
	ctx := e.ctx
	e.group.Go(func() { work(ctx) })
	return true
}

// close ends what is under way and waits for that.
func (e *errands) close() {
	e.mu.Lock()
	e.closed = true
	if e.end != nil {
		e.end()
	}
	e.mu.Unlock()
	e.group.Wait()
}
