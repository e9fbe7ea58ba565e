// Package smtptest is a real SMTP server that counts: the sink of tests, of the crash
// campaign and of the email benchmark. It records what it took responsibility for, notices
// duplicates by Message-ID, and misbehaves on request.
package smtptest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"maps"
	"net"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"tactus/internal/clock"
	"tactus/internal/fault"
)

// Keep says how much of each accepted message is remembered.
type Keep int

// All is for tests, IDs for long campaigns that look for duplicates, None for benchmarks.
const (
	All  Keep = iota // everything
	IDs              // envelope, Message-ID and time
	None             // nothing; only counted
)

// Options of a server. The zero value listens on a free port of 127.0.0.1, without TLS or AUTH.
type Options struct {
	Addr     string    // "host:port"; "" = a free port of 127.0.0.1
	TLS      bool      // TLS from the first byte
	StartTLS bool      // offers STARTTLS
	Identity *Identity // with TLS; nil = one of its own
	User     string    // "" = no AUTH; else AUTH is required and Password must match
	Password string
	UTF8     bool // offers SMTPUTF8
	Keep     Keep
	Faults   []Fault
	// Judge is asked where no scripted fault strikes, one call at a time; it must not call the server.
	Judge func(Moment) (Fault, bool)
	Clock clock.Clock // nil: the machine's

	Mechanisms []string // of AUTH: PLAIN and LOGIN unless set
}

// Server is a running server. Safe for concurrent use.
type Server struct {
	Addr string
	Host string
	Port int

	opt      Options
	roots    *x509.CertPool
	smtp     *smtp.Server
	listener net.Listener
	done     chan struct{}
	once     sync.Once

	mu       sync.Mutex
	counts   Counts
	changed  chan struct{} // closed and replaced when counts changed and someone waits
	waiting  int
	faults   []*Fault
	messages []Message
	ids      map[string]int
	open     map[*countedConn]struct{}
}

// Start runs a server until the test ends.
func Start(t testing.TB, opt Options) *Server {
	t.Helper()
	s, err := Listen(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Listen runs a server until Close.
func Listen(opt Options) (*Server, error) {
	if opt.Addr == "" {
		opt.Addr = "127.0.0.1:0"
	}
	if opt.Clock == nil {
		opt.Clock = clock.Real{}
	}
	s := &Server{opt: opt, done: make(chan struct{}), changed: make(chan struct{}), ids: map[string]int{}, open: map[*countedConn]struct{}{}}
	s.Script(opt.Faults...)
	if err := s.listen(); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "cannot listen on %s", opt.Addr)
	}
	return s, nil
}

func (s *Server) listen() error {
	var tlsConfig *tls.Config
	if s.opt.TLS || s.opt.StartTLS {
		id := s.opt.Identity
		if id == nil {
			var err error
			if id, err = NewIdentity(s.opt.Clock.Now()); err != nil {
				return err
			}
		}
		s.roots = id.roots
		tlsConfig = &tls.Config{Certificates: []tls.Certificate{id.cert}, MinVersion: tls.VersionTLS12}
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", s.opt.Addr)
	if err != nil {
		return err
	}
	s.listener = l
	s.Addr = l.Addr().String()
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return err
	}
	s.Host = host
	if s.Port, err = strconv.Atoi(port); err != nil {
		return err
	}

	s.smtp = smtp.NewServer(smtp.BackendFunc(s.newSession))
	s.smtp.Domain = "smtptest.localhost"
	s.smtp.EnableSMTPUTF8 = s.opt.UTF8
	s.smtp.AllowInsecureAuth = true
	s.smtp.ErrorLog = log.New(io.Discard, "", 0) //nolint:forbidigo // the type that the library takes; it says nothing
	if s.opt.StartTLS {
		s.smtp.TLSConfig = tlsConfig
	}
	var serve net.Listener = &greeter{Listener: l, server: s}
	if s.opt.TLS {
		serve = tls.NewListener(serve, tlsConfig)
	}
	go func() { _ = s.smtp.Serve(serve) }()
	return nil
}

// Roots is what a client must trust to accept the server's certificate; nil without TLS.
func (s *Server) Roots() *x509.CertPool { return s.roots }

// Close ends the server and every connection, stalled ones too.
func (s *Server) Close() error {
	var err error
	s.once.Do(func() {
		close(s.done)
		_ = s.smtp.Close()
		err = s.listener.Close() // also when Serve had not come round to it yet
		if errors.Is(err, net.ErrClosed) {
			err = nil
		}
	})
	return err
}

// Disconnect closes every open connection, as a restarted server does; new ones are welcome.
func (s *Server) Disconnect() {
	s.mu.Lock()
	open := slices.Collect(maps.Keys(s.open))
	s.mu.Unlock()
	for _, conn := range open {
		_ = conn.Close()
	}
}

// Counts is what has happened so far.
type Counts struct {
	Connected  int // connections opened
	Open       int // connections now open
	Busy       int // of them, those with a message under way: from MAIL on until its answer
	Accepted   int // messages that the server took responsibility for, duplicates included
	Duplicates int // accepted messages whose Message-ID had been accepted before
	Stalled    int // dialogues that a fault has stalled
	Refused    int // replies and closed connections that faults have caused
}

// Counts returns the counts of this moment. Duplicates are not noticed with Keep None.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

// WaitFor returns when the counts satisfy ok, or with ctx's error.
func (s *Server) WaitFor(ctx context.Context, ok func(Counts) bool) error {
	s.mu.Lock()
	s.waiting++
	defer func() {
		s.waiting--
		s.mu.Unlock()
	}()
	for !ok(s.counts) {
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		s.mu.Lock()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// count changes the counts and wakes those who wait for them.
func (s *Server) count(change func(*Counts)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.countLocked(change)
}

func (s *Server) countLocked(change func(*Counts)) {
	change(&s.counts)
	if s.waiting > 0 {
		close(s.changed)
		s.changed = make(chan struct{})
	}
}

// Message is one message that the server accepted.
type Message struct {
	Number int // 1 for the first
	At     time.Time
	User   string // who had signed in
	From   string // the envelope
	To     []string
	ID     string // Message-ID with angle brackets
	Raw    []byte // as received; empty with Keep IDs
}

// Messages returns what was accepted so far, in order. Empty with Keep None.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.messages...)
}

// Duplicates returns the Message-IDs that were accepted more than once, with how often.
func (s *Server) Duplicates() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[string]int{}
	for id, n := range s.ids {
		if n > 1 {
			found[id] = n
		}
	}
	return found
}

// Times says how often a message with that Message-ID was accepted.
func (s *Server) Times(id string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ids[id]
}

func (s *Server) accept(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	duplicate := false
	if s.opt.Keep != None {
		m.Number, m.At = s.counts.Accepted+1, s.opt.Clock.Now()
		s.ids[m.ID]++
		duplicate = s.ids[m.ID] > 1
		s.messages = append(s.messages, m)
	}
	s.countLocked(func(c *Counts) {
		c.Accepted++
		if duplicate {
			c.Duplicates++
		}
	})
}
