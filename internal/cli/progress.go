package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"tactus/client"
	"tactus/internal/clock"
)

// progress shows long work with rate and time left on a terminal, and nothing elsewhere (CLI-2).
type progress struct {
	w     io.Writer
	on    bool
	start time.Time
	clock clock.Real
}

func newProgress(std IO) *progress {
	p := &progress{w: std.Err, on: isTerminal(std.Err)}
	p.start = p.clock.Now()
	return p
}

func (p *progress) show(o client.Operation) {
	if !p.on {
		return
	}
	const width = 30
	text := fmt.Sprintf("%s %d", o.Kind, o.Done)
	if o.Total > 0 {
		full := int(o.Done * width / o.Total)
		full = min(full, width)
		text = fmt.Sprintf("%s [%s%s] %d of %d", o.Kind, strings.Repeat("█", full), strings.Repeat("·", width-full), o.Done, o.Total)
		if took := p.clock.Now().Sub(p.start); o.Done > 0 && took > time.Second {
			rate := float64(o.Done) / took.Seconds()
			left := time.Duration(float64(o.Total-o.Done)/rate) * time.Second
			text += fmt.Sprintf("  %.0f/s  %s left", rate, left.Round(time.Second))
		}
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", text)
	if o.Ended() {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// follow waits for an operation to end and says what it did. A Ctrl-C leaves it running on the server.
func follow(ctx context.Context, c *client.Client, std IO, o client.Operation) (client.Operation, error) {
	p := newProgress(std)
	done, err := c.WaitOperation(ctx, o.ID, p.show)
	if err != nil && ctx.Err() != nil {
		return o, fmt.Errorf("not waiting any longer; operation %s goes on at the server", o.ID)
	}
	if err != nil {
		return done, err
	}
	if done.Status != "done" {
		return done, fmt.Errorf("operation %s has %s: %s", done.ID, done.Status, done.Message)
	}
	return done, nil
}

// counts writes what became of the items: "374 started, 3 already on it".
func counts(m map[string]int64) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if m[k] != 0 {
			parts = append(parts, fmt.Sprintf("%d %s", m[k], strings.NewReplacer("_", " ", "skipped.", "skipped: ", "refused.", "refused: ").Replace(k)))
		}
	}
	if len(parts) == 0 {
		return "nothing to do"
	}
	return strings.Join(parts, ", ")
}

// steps shows how far work on this machine is, on a terminal and nowhere else.
type steps struct {
	progress
	last time.Time
}

func newSteps(std IO) *steps { return &steps{progress: *newProgress(std)} }

func (s *steps) show(text string) {
	now := s.clock.Now()
	if !s.on || now.Sub(s.last) < 200*time.Millisecond {
		return
	}
	s.last = now
	fmt.Fprintf(s.w, "\r\x1b[K%s", text)
}

func (s *steps) rows(phase string) func(int64) {
	return func(n int64) { s.show(fmt.Sprintf("%s: %d rows", phase, n)) }
}

func (s *steps) end() {
	if s.on {
		fmt.Fprint(s.w, "\r\x1b[K")
	}
}
