package smtptest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// greeter counts connections and lets the Greeting faults strike, before go-smtp greets.
type greeter struct {
	net.Listener
	server *Server
}

// Accept implements net.Listener.
func (g *greeter) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		counted := &countedConn{Conn: conn, server: g.server}
		g.server.count(func(c *Counts) {
			g.server.open[counted] = struct{}{}
			c.Connected++
			c.Open++
		})
		f, ok := g.server.next(Moment{At: Greeting})
		if !ok {
			return counted, nil
		}
		go g.server.greetBadly(f, counted)
	}
}

func (s *Server) greetBadly(f Fault, conn net.Conn) {
	var reply *smtp.SMTPError
	if errors.As(s.strike(f, conn), &reply) {
		_, _ = fmt.Fprintf(conn, "%d %d.%d.%d %s\r\n", reply.Code, reply.EnhancedCode[0], reply.EnhancedCode[1], reply.EnhancedCode[2], reply.Message)
	}
	_ = conn.Close()
}

// countedConn reports its end.
type countedConn struct {
	net.Conn
	server *Server
	once   sync.Once
}

// Read implements net.Conn. The Hello and Ask faults strike here: go-smtp answers before anybody else hears of it. A client writes its
// command at once, and waits.
func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	var at Stage
	switch {
	case err != nil:
		return n, err
	case bytes.EqualFold(p[:n], []byte("DATA\r\n")):
		at = Ask
	case bytes.HasPrefix(p[:n], []byte("EHLO ")):
		at = Hello
	default:
		return n, nil
	}
	if f, ok := c.server.next(Moment{At: at}); ok {
		return 0, c.server.strike(f, c.Conn)
	}
	return n, nil
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		c.server.count(func(n *Counts) {
			delete(c.server.open, c)
			n.Open--
		})
	})
	return err
}

// session is one client's dialogue.
type session struct {
	server *Server
	conn   *smtp.Conn
	user   string
	from   string
	to     []string
	busy   bool
}

func (s *Server) newSession(conn *smtp.Conn) (smtp.Session, error) {
	return &session{server: s, conn: conn}, nil
}

// AuthMechanisms implements smtp.AuthSession.
func (c *session) AuthMechanisms() []string {
	if c.server.opt.User == "" {
		return nil
	}
	if len(c.server.opt.Mechanisms) > 0 {
		return c.server.opt.Mechanisms
	}
	return []string{sasl.Plain, sasl.Login}
}

// Auth implements smtp.AuthSession.
func (c *session) Auth(mechanism string) (sasl.Server, error) {
	check := func(user, password string) error {
		if err := c.fault(Moment{At: Auth}); err != nil {
			return err
		}
		if user != c.server.opt.User || password != c.server.opt.Password {
			return smtp.ErrAuthFailed
		}
		c.user = user
		return nil
	}
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
	case sasl.Login:
		return &loginServer{check: check}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

// Mail implements smtp.Session.
func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	if c.server.opt.User != "" && c.user == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	c.from = from
	c.occupy(true)
	return c.fault(Moment{At: Mail})
}

// Rcpt implements smtp.Session.
func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := c.fault(Moment{At: Rcpt, To: []string{to}}); err != nil {
		return err
	}
	c.to = append(c.to, to)
	return nil
}

// Data implements smtp.Session.
func (c *session) Data(r io.Reader) error {
	at := Moment{At: Data, From: c.from, To: c.to}
	if c.server.opt.Judge != nil { // it is told which message it is
		var head bytes.Buffer
		var err error
		if at.ID, err = readID(bufio.NewReader(io.TeeReader(r, &head))); err != nil {
			return err
		}
		r = io.MultiReader(&head, r)
	}
	if f, ok := c.server.next(at); ok {
		if f.Close || f.Stall {
			_, _ = r.Read(make([]byte, 1))
		}
		return c.server.strike(f, c.conn.Conn())
	}
	m := Message{User: c.user, From: c.from, To: c.to}
	var err error
	switch c.server.opt.Keep {
	case None:
		_, err = io.Copy(io.Discard, r)
	case IDs:
		br := bufio.NewReader(r)
		if m.ID, err = readID(br); err == nil {
			_, err = io.Copy(io.Discard, br)
		}
	default:
		if m.Raw, err = io.ReadAll(r); err == nil {
			m.ID, err = readID(bufio.NewReader(bytes.NewReader(m.Raw)))
		}
	}
	if err != nil {
		return err
	}
	c.server.accept(m)
	return c.fault(Moment{At: Dot, To: c.to, ID: m.ID})
}

// Reset implements smtp.Session.
func (c *session) Reset() {
	c.from, c.to = "", nil
	c.occupy(false)
}

// Logout implements smtp.Session.
func (c *session) Logout() error {
	c.occupy(false)
	return nil
}

// occupy keeps count of messages under way.
func (c *session) occupy(busy bool) {
	if c.busy == busy {
		return
	}
	c.busy = busy
	c.server.count(func(n *Counts) {
		if busy {
			n.Busy++
		} else {
			n.Busy--
		}
	})
}

func (c *session) fault(m Moment) error {
	m.From = c.from
	if f, ok := c.server.next(m); ok {
		return c.server.strike(f, c.conn.Conn())
	}
	return nil
}

// readID reads the header up to its end, or to the Message-ID.
func readID(r *bufio.Reader) (string, error) {
	for {
		line, err := r.ReadString('\n')
		name, value, _ := strings.Cut(line, ":")
		if strings.EqualFold(name, "Message-ID") {
			return strings.TrimSpace(value), nil
		}
		if errors.Is(err, io.EOF) || strings.TrimSpace(line) == "" {
			return "", nil
		}
		if err != nil {
			return "", err
		}
	}
}

// loginServer is the server's side of AUTH LOGIN, which go-sasl has for clients only.
type loginServer struct {
	check func(user, password string) error
	step  int
	user  string
}

// Next implements sasl.Server.
func (l *loginServer) Next(response []byte) ([]byte, bool, error) {
	l.step++
	switch {
	case l.step == 1 && response == nil:
		return []byte("Username:"), false, nil
	case l.user == "":
		l.user, l.step = string(response), 2
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}
