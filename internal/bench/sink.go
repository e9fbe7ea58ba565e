package bench

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tactus/internal/fault"
)

// sink is the least that a mail server can be: it takes everything and keeps nothing. Both sides of a bench send to it.
type sink struct {
	ln       net.Listener
	accepted atomic.Int64
	// took, when it is set, is told who was written to, before the sender hears of it.
	took   func(to string, at time.Time)
	mu     sync.Mutex
	open   map[net.Conn]bool
	closed bool
	group  sync.WaitGroup
}

func newSink(ctx context.Context) (*sink, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "start the mail server of the bench")
	}
	k := &sink{ln: ln, open: map[net.Conn]bool{}}
	k.group.Go(k.serve)
	return k, nil
}

func (k *sink) addr() string { return k.ln.Addr().String() }

func (k *sink) serve() {
	for {
		conn, err := k.ln.Accept()
		if err != nil {
			return
		}
		k.mu.Lock()
		if k.closed {
			k.mu.Unlock()
			_ = conn.Close()
			return
		}
		k.open[conn] = true
		k.mu.Unlock()
		k.group.Go(func() { k.talk(conn) })
	}
}

// close ends every dialogue.
func (k *sink) close() {
	k.mu.Lock()
	k.closed = true
	_ = k.ln.Close()
	for conn := range k.open {
		_ = conn.Close()
	}
	k.mu.Unlock()
	k.group.Wait()
}

// talk is one connection's dialogue; answers to commands that came together leave together.
func (k *sink) talk(conn net.Conn) {
	defer func() {
		k.mu.Lock()
		delete(k.open, conn)
		k.mu.Unlock()
		_ = conn.Close()
	}()
	in, out := bufio.NewReaderSize(conn, 1<<16), bufio.NewWriterSize(conn, 1<<12)
	_, _ = out.WriteString("220 bench\r\n") // an error of out comes back from Flush
	to := ""
	for out.Flush() == nil {
		line, err := in.ReadSlice('\n')
		for err == nil {
			verb := strings.ToUpper(string(bytes.TrimSpace(line[:min(4, len(line))])))
			switch verb {
			case "EHLO":
				_, _ = out.WriteString("250-bench\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
			case "RCPT":
				_, address, _ := bytes.Cut(line, []byte("<"))
				address, _, _ = bytes.Cut(address, []byte(">"))
				to = string(address)
				_, _ = out.WriteString("250 ok\r\n")
			case "DATA":
				_, _ = out.WriteString("354 go on\r\n")
				if out.Flush() != nil || !content(in) {
					return
				}
				if k.took != nil {
					k.took(to, time.Now())
				}
				k.accepted.Add(1)
				_, _ = out.WriteString("250 taken\r\n")
			case "QUIT":
				_, _ = out.WriteString("221 bye\r\n")
				_ = out.Flush()
				return
			default: // HELO, MAIL, RSET, NOOP
				_, _ = out.WriteString("250 ok\r\n")
			}
			if in.Buffered() == 0 {
				break
			}
			line, err = in.ReadSlice('\n')
		}
		if err != nil {
			return
		}
	}
}

// content reads to the final dot.
func content(in *bufio.Reader) bool {
	whole := true // line begins where a line begins
	for {
		line, err := in.ReadSlice('\n')
		if whole && len(line) == 3 && line[0] == '.' {
			return true
		}
		if err != nil && err != bufio.ErrBufferFull { //nolint:errorlint // ReadSlice returns it as it is
			return false
		}
		whole = err == nil
	}
}
