package store

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"tactus/internal/clock"
)

// signals wake those who sleep until there is work: in this process at once, on other nodes
// through LISTEN and NOTIFY. A signal may be lost (a node dies, a connection breaks), so sleepers
// also poll slowly (ENG-9); it may also come for nothing.
type signals struct {
	mu     sync.Mutex
	subs   map[string]map[chan struct{}]struct{}
	node   string // this process among the nodes
	dirty  map[string]struct{}
	kick   chan struct{}
	stop   context.CancelFunc
	wg     sync.WaitGroup
	closed bool
}

// channelName is the one notification channel; its payload is "node topic".
const channelName = "tactus"

// gather is how long topics are collected before other nodes hear of them: a NOTIFY inside a
// transaction would make all commits of the server queue up.
const gather = 5 * time.Millisecond

// Signal wakes the subscribers of a topic on all nodes when the transaction of ctx has committed, at once
// outside of one. A topic has no spaces.
func (db *DB) Signal(ctx context.Context, topic string) {
	s := db.tx(ctx)
	if s == nil {
		db.publish(topic)
		return
	}
	if s.topics == nil {
		s.topics = map[string]struct{}{}
	}
	s.topics[topic] = struct{}{}
}

// Subscribe returns a channel that receives after each signal of the topic; signals that come while one
// is waiting are one. cancel ends it.
func (db *DB) Subscribe(topic string) (wake <-chan struct{}, cancel func()) {
	ch := make(chan struct{}, 1)
	g := &db.signals
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.subs == nil {
		g.subs = map[string]map[chan struct{}]struct{}{}
	}
	if g.subs[topic] == nil {
		g.subs[topic] = map[chan struct{}]struct{}{}
	}
	g.subs[topic][ch] = struct{}{}
	db.start()
	return ch, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.subs[topic], ch)
	}
}

// publish wakes this process and tells the other nodes soon.
func (c *core) publish(topic string) {
	g := &c.signals
	g.wake(topic)
	if c.listen == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return
	}
	c.start()
	g.dirty[topic] = struct{}{}
	clock.Wake(g.kick)
}

// wake signals the subscribers of a topic, of all topics when it is "".
func (g *signals) wake(topic string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for name, subs := range g.subs {
		if topic != "" && topic != name {
			continue
		}
		for ch := range subs {
			clock.Wake(ch)
		}
	}
}

// start begins to listen and to notify, once. g.mu is held.
func (c *core) start() {
	g := &c.signals
	if c.listen == nil || g.stop != nil || g.closed {
		return
	}
	var ctx context.Context
	ctx, g.stop = context.WithCancel(context.Background())
	g.node, g.dirty, g.kick = rand.Text(), map[string]struct{}{}, make(chan struct{}, 1)
	g.wg.Add(2)
	go func() {
		defer g.wg.Done()
		for ctx.Err() == nil {
			c.hear(ctx)
			pause(ctx, time.Second)
		}
	}()
	go func() {
		defer g.wg.Done()
		for ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-g.kick:
				c.tell(ctx)
				pause(ctx, gather)
			}
		}
	}()
}

// hear listens until the connection breaks. What was signalled before it listened is made good by waking everybody.
func (c *core) hear(ctx context.Context) {
	conn, err := pgx.ConnectConfig(ctx, c.listen)
	if err != nil {
		return // the database is away; the caller tries again
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(ending) // the connection is of no use any more, closed well or not
	}()
	asked, cancel := context.WithTimeout(ctx, alive)
	_, err = conn.Exec(asked, "LISTEN "+channelName)
	cancel()
	if err != nil {
		return
	}
	c.signals.wake("")
	for {
		short, cancel := context.WithTimeout(ctx, alive)
		n, err := conn.WaitForNotification(short)
		quiet := short.Err() != nil && ctx.Err() == nil
		cancel()
		if err != nil && quiet && c.answers(ctx, conn) {
			continue
		}
		if err != nil {
			return
		}
		node, topic, _ := strings.Cut(n.Payload, " ")
		if node != c.signals.node {
			c.signals.wake(topic)
		}
	}
}

// alive is how long a listener hears nothing before it asks whether anybody is there.
const alive = 20 * time.Second

func (c *core) answers(ctx context.Context, conn *pgx.Conn) bool {
	short, cancel := context.WithTimeout(ctx, alive)
	defer cancel()
	return conn.Ping(short) == nil
}

// tell notifies the other nodes of the topics gathered.
func (c *core) tell(ctx context.Context) {
	g := &c.signals
	g.mu.Lock()
	topics := g.dirty
	g.dirty = map[string]struct{}{}
	g.mu.Unlock()
	for topic := range topics {
		if _, err := c.write.ExecContext(ctx, "SELECT pg_notify($1, $2)", channelName, g.node+" "+topic); err != nil && !errors.Is(err, context.Canceled) {
			return // lost: the others poll
		}
	}
}

func (g *signals) close() {
	g.mu.Lock()
	g.closed = true
	stop := g.stop
	g.mu.Unlock()
	if stop != nil {
		stop()
		g.wg.Wait()
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
