package bench

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// progress is one line of a terminal that says what is going on; elsewhere it is silent (CLI-2).
type progress struct {
	w     io.Writer
	name  string
	mu    sync.Mutex
	last  time.Time
	start time.Time
}

func newProgress(w io.Writer, name string) *progress {
	return &progress{w: w, name: name, start: time.Now()}
}

func (p *progress) say(format string, args ...any) {
	if p.w == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
	fmt.Fprintf(p.w, "\r\x1b[K%s: %s  (%s)", p.name, fmt.Sprintf(format, args...), time.Since(p.start).Round(time.Second))
}

// count says how far something has come, at most ten times a second.
func (p *progress) count(what string, done, total int) {
	if p.w == nil || time.Since(p.last) < 100*time.Millisecond {
		return
	}
	p.say("%s %d of %d", what, done, total)
}

func (p *progress) done() {
	if p.w != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
