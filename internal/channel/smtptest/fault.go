package smtptest

import (
	"io"
	"net"
	"slices"

	"github.com/emersion/go-smtp"
)

// Stage is a place in the dialogue where a fault can strike.
type Stage int

// The stages, in the order of the dialogue.
const (
	Greeting Stage = iota + 1 // instead of the 220 line
	Hello                     // instead of the answer to EHLO, the first or a later one; Close and Stall alone, without TLS
	Auth                      // instead of the answer to the sign-in
	Mail                      // instead of the answer to MAIL FROM
	Rcpt                      // instead of the answer to RCPT TO
	Ask                       // instead of the answer that asks for the content; Close and Stall alone, and of nobody in particular
	Data                      // during the content: Code answers its end, Close and Stall strike after its first bytes
	Dot                       // after the final dot and after the message was counted as accepted, before the answer
)

// Fault is a scripted misbehaviour. The first that matches and is not used up strikes.
type Fault struct {
	At    Stage
	To    string // only for this recipient (Rcpt, Data, Dot); "" = any
	From  string // only for this sender (Mail and later); "" = any
	Skip  int    // lets so many matches pass first
	Times int    // strikes so often; 0 = always

	Code     int // answers this, e.g. 451 …
	Enhanced [3]int
	Text     string
	Close    bool // … or closes the connection
	Stall    bool // … or says nothing until the client goes away or the server is closed
}

// Moment is a place in a dialogue at which a fault may strike.
type Moment struct {
	At   Stage
	From string
	To   []string
	ID   string // Message-ID, from the content on
}

// Script adds faults to a running server.
func (s *Server) Script(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &f)
	}
}

// Forgive drops all faults.
func (s *Server) Forgive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// next takes the fault that strikes here, if any.
func (s *Server) next(m Moment) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.At != m.At || f.From != "" && f.From != m.From || f.To != "" && !slices.Contains(m.To, f.To) || f.Times < 0 {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times == 1 {
			f.Times = -1 // used up; 0 means always
		} else if f.Times > 1 {
			f.Times--
		}
		s.countLocked(func(c *Counts) { c.Refused++ })
		return *f, true
	}
	if s.opt.Judge == nil {
		return Fault{}, false
	}
	f, ok := s.opt.Judge(m)
	if ok {
		s.countLocked(func(c *Counts) { c.Refused++ })
	}
	return f, ok
}

// strike carries a fault out on a connection and returns the reply, if it makes one.
func (s *Server) strike(f Fault, conn net.Conn) error {
	switch {
	case f.Stall:
		s.count(func(c *Counts) { c.Stalled++ })
		s.untilGone(conn)
		_ = conn.Close()
		return io.ErrUnexpectedEOF
	case f.Close:
		_ = conn.Close()
		return io.ErrUnexpectedEOF
	}
	return &smtp.SMTPError{Code: f.Code, EnhancedCode: f.Enhanced, Message: f.Text}
}

// untilGone swallows what the client sends until it or the server closes the connection.
func (s *Server) untilGone(conn net.Conn) {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = io.Copy(io.Discard, conn)
	}()
	select {
	case <-gone:
	case <-s.done:
		_ = conn.Close()
		<-gone
	}
}
