package soak_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"tactus/e2e/process"
)

// How much more than the first process at its first rest one may need: connections that idle for a while, and what caches hold by then.
const (
	slackGoroutines = 24
	slackFiles      = 24
	slackHeap       = 32 << 20  // beside half as much again
	slackOwn        = 384 << 20 // SQLite caches 64 MB for each connection
	maxWAL          = 64 << 20
)

// figures are a process's at rest; of several nodes the largest.
type figures struct {
	goroutines, files int
	heap, own, rss    int // bytes; own is resident without what is mapped of files, which the machine takes back when it needs it
}

func (f figures) most(g figures) figures {
	return figures{max(f.goroutines, g.goroutines), max(f.files, g.files), max(f.heap, g.heap), max(f.own, g.own), max(f.rss, g.rss)}
}

// within says what is more than the first allows; "" = nothing.
func (f figures) within(first figures) string {
	switch {
	case f.goroutines > first.goroutines+slackGoroutines:
		return fmt.Sprintf("goroutines grew from %d to %d", first.goroutines, f.goroutines)
	case f.files > first.files+slackFiles:
		return fmt.Sprintf("open files grew from %d to %d", first.files, f.files)
	case f.heap > first.heap+first.heap/2+slackHeap:
		return fmt.Sprintf("the heap grew from %d to %d MB", first.heap>>20, f.heap>>20)
	case f.own > first.own+slackOwn:
		return fmt.Sprintf("its own memory grew from %d to %d MB", first.own>>20, f.own>>20)
	}
	return ""
}

// tidied is the file in which a process leaves the profile of its goroutines when it has tidied up.
const tidied = "goroutines"

// tidyOnSignal lets a server collect its garbage on SIGUSR1, so that what is left is what it holds.
func tidyOnSignal(dir string) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	go func() {
		for range asked {
			debug.FreeOSMemory()
			var text strings.Builder
			_ = pprof.Lookup("goroutine").WriteTo(&text, 1) // a builder takes everything
			name := filepath.Join(dir, tidied)
			err := os.WriteFile(name+".new", []byte(text.String()), 0o600)
			if err = errors.Join(err, os.Rename(name+".new", name)); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
	}()
}

// tidy asks for it and waits.
func (n *node) tidy(ctx context.Context) error {
	if err := os.RemoveAll(n.file(tidied)); err != nil {
		return err
	}
	if err := n.proc.Signal(syscall.SIGUSR1); err != nil {
		return fmt.Errorf("it has ended by itself: %w: %s", err, n.log())
	}
	for {
		if _, err := os.Stat(n.file(tidied)); err == nil {
			return nil
		}
		if err := process.Pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
}

// look reads a node's figures from the page that it serves for Prometheus.
func (n *node) look(ctx context.Context) (figures, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.figures, nil)
	if err != nil {
		return figures{}, err
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return figures{}, err
	}
	defer resp.Body.Close()
	values := map[string]int{}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			values[name] = int(v)
		}
	}
	f := figures{
		values["go_goroutines"], values["process_open_fds"], values["go_memstats_heap_inuse_bytes"], 0, values["process_resident_memory_bytes"],
	}
	f.own = f.rss
	if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.proc.Pid)); err == nil { // Linux alone tells them apart
		_, after, _ := strings.Cut(string(status), "RssAnon:")
		if fields := strings.Fields(after); len(fields) > 0 {
			kb, err := strconv.Atoi(fields[0])
			if err != nil {
				return f, err
			}
			f.own = kb << 10
		}
	}
	if min(f.goroutines, f.files, f.heap, f.rss) == 0 {
		return f, fmt.Errorf("the page of figures lacks some: %+v", f)
	}
	return f, lines.Err()
}

// measure looks at every node at rest. The first looked at is what all are held to; what idles may take a while to go.
func (r *run) measure(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	r.fleet.pipe.CloseIdleConnections()
	var all figures
	for _, n := range r.fleet.nodes {
		for {
			if err := n.tidy(ctx); err != nil {
				return err
			}
			f, err := n.look(ctx)
			if err != nil {
				return err
			}
			if r.first == (figures{}) {
				r.first = f
			}
			grown := f.within(r.first)
			if grown == "" {
				all = all.most(f)
				break
			}
			if process.Pause(limited, 500*time.Millisecond) != nil {
				return fmt.Errorf("%s, with %d leads\n%s", grown, r.load.count(), n.goroutines())
			}
		}
	}
	r.last = all
	return nil
}

// goroutines is the last profile of them.
func (n *node) goroutines() string {
	text, err := os.ReadFile(n.file(tidied))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// wal watches how large SQLite's journal gets.
type wal struct{ most atomic.Int64 }

func watchWAL(ctx context.Context, name string) *wal {
	w := &wal{}
	go func() {
		for process.Pause(ctx, 50*time.Millisecond) == nil {
			if info, err := os.Stat(name); err == nil { // there is none while no server runs
				w.most.Store(max(w.most.Load(), info.Size()))
			}
		}
	}()
	return w
}
