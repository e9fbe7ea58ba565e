package smtp

import (
	"context"
	"sync"
	"time"
)

// pool keeps signed-in connections for reuse, the most recently used first, so that the
// surplus of a busy hour ages and goes.
type pool struct {
	settings settings
	opt      Options
	slots    chan struct{} // one per connection in use

	mu     sync.Mutex
	idle   []*conn
	closed bool
}

func newPool(s settings, opt Options) *pool {
	return &pool{settings: s, opt: opt, slots: make(chan struct{}, s.connections)}
}

// acquire waits for a slot. The caller must release it.
func (p *pool) acquire(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &cancelledError{context.Cause(ctx)}
	}
}

func (p *pool) release() { <-p.slots }

// take returns an idle connection, or nil.
func (p *pool) take() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == 0 {
		return nil
	}
	c := p.idle[len(p.idle)-1]
	p.idle = p.idle[:len(p.idle)-1]
	c.idle.Stop()
	return c
}

// dial makes a new connection. A closed pool does so, too: messages are in hand when an account's settings change, and a
// refusal of ours would read as the server's failure. What comes back to it is closed.
func (p *pool) dial(ctx context.Context) (*conn, error) { return dial(ctx, p.settings, p.opt) }

// put gives a usable connection back.
func (p *pool) put(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		c.close()
		return
	}
	c.idle = time.AfterFunc(p.opt.Idle, func() { p.expire(c) })
	p.idle = append(p.idle, c)
}

// expire closes a connection that nobody has needed, unless somebody took it just now.
func (p *pool) expire(c *conn) {
	p.mu.Lock()
	found := false
	for i, other := range p.idle {
		if other == c {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			found = true
			break
		}
	}
	p.mu.Unlock()
	if found {
		c.quit()
	}
}

// close says goodbye on the idle connections; those in use are closed when they come back.
func (p *pool) close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	var done sync.WaitGroup
	for _, c := range idle {
		c.idle.Stop()
		done.Go(c.quit)
	}
	done.Wait()
}
