package fault_test

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"regexp"
	"sync"
	"testing"
)

// proxy is the network between a node and PostgreSQL.
type proxy struct {
	listener        net.Listener
	network, target string

	mu     sync.Mutex
	open   map[net.Conn]struct{}
	refuse bool
	hole   chan struct{} // while it is not closed, nothing passes; nil: everything does
	traps  int           // so many commits are let through and their answers are not
	marker []byte        // of transactions that said this
	caught int
	wg     sync.WaitGroup
}

// between puts a proxy before a database and returns the address that leads through it.
func between(t testing.TB, database string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{network: "tcp", target: u.Host, open: map[net.Conn]struct{}{}}
	q := u.Query()
	if dir := q.Get("host"); dir != "" {
		p.network, p.target = "unix", dir+"/.s.PGSQL."+q.Get("port")
		q.Del("host")
		q.Del("port")
	}
	if p.listener, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		_ = p.listener.Close() // it was listening
		p.back()
		p.cut()
		p.wg.Wait()
	})
	u.Host = p.listener.Addr().String()
	q.Set("sslmode", "disable")
	u.RawQuery = q.Encode()
	return p, u.String()
}

func (p *proxy) accept() {
	for {
		near, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.wg.Go(func() { p.serve(near) })
	}
}

func (p *proxy) serve(near net.Conn) {
	defer near.Close()
	p.pass() // a network that swallows everything swallows the first packet, too
	far, err := (&net.Dialer{}).DialContext(context.Background(), p.network, p.target)
	if err != nil || !p.enter(near, far) {
		return
	}
	defer far.Close()
	trapped := make(chan struct{}, 1)
	var said []byte   // in this transaction
	var commit []byte // how this connection names its commit, once it has prepared it
	var pumps sync.WaitGroup
	pumps.Go(func() {
		pump(near, far, func(b []byte) bool {
			p.pass()
			said = append(said, b...)
			if found := preparedCommit.FindSubmatch(b); found != nil {
				commit = append(append([]byte{0}, found[1]...), 0) // as its execution names it
			}
			if len(commit) > 0 && bytes.Contains(b, commit) || simpleCommit.Match(b) {
				if p.trap(said) {
					trapped <- struct{}{}
				}
				said = said[:0]
			}
			return true
		})
	})
	pumps.Go(func() {
		pump(far, near, func([]byte) bool {
			p.pass()
			select {
			case <-trapped: // PostgreSQL has committed; nobody hears of it
				_ = near.Close()
				return false
			default:
				return true
			}
		})
	})
	pumps.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, near)
	delete(p.open, far)
}

// simpleCommit is a commit that was not prepared.
var simpleCommit = regexp.MustCompile(`(?s)Q.{4}commit\x00`)

// preparedCommit is the message that prepares a commit: the name that it gets, and its text.
var preparedCommit = regexp.MustCompile(`(stmtcache_[0-9a-f]+)\x00commit\x00`)

// pump carries bytes as long as pass allows, and closes both ends then.
func pump(from, to net.Conn, pass func([]byte) bool) {
	defer from.Close()
	defer to.Close()
	for buffer := make([]byte, 64<<10); ; {
		n, err := from.Read(buffer)
		if err != nil || !pass(buffer[:n]) {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) enter(near, far net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse {
		_ = far.Close()
		return false
	}
	p.open[near], p.open[far] = struct{}{}, struct{}{}
	return true
}

// pass waits while the network swallows everything.
func (p *proxy) pass() {
	p.mu.Lock()
	hole := p.hole
	p.mu.Unlock()
	if hole != nil {
		<-hole
	}
}

func (p *proxy) trap(said []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.traps == 0 || !bytes.Contains(said, p.marker) {
		return false
	}
	p.traps--
	p.caught++
	return true
}

// cut ends all connections at once.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.Close() // whatever it says
	}
}

// away cuts and refuses, or takes connections again.
func (p *proxy) away(refuse bool) {
	p.mu.Lock()
	p.refuse = refuse
	p.mu.Unlock()
	if refuse {
		p.cut()
	}
}

// swallow lets nothing pass until back; connections stay open.
func (p *proxy) swallow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hole = make(chan struct{})
}

func (p *proxy) back() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hole != nil {
		close(p.hole)
		p.hole = nil
	}
}

// lose lets the answers of the next commits get lost, with their connections: of those that a transaction has said something in; "" = all.
func (p *proxy) lose(commits int, said string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.traps, p.marker = commits, []byte(said)
}

func (p *proxy) lost() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.caught
}
