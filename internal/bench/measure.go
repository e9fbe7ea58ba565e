package bench

import (
	"context"
	"errors"
	"os"
	"runtime"
	"runtime/pprof"
	"sync/atomic"
	"time"

	"tactus/internal/fault"
)

// timed measures f after the garbage of what came before is gone.
func (s *session) timed(f func() error) (span, error) {
	runtime.GC()
	start, cpu := time.Now(), s.cpu()
	err := f()
	return span{time.Since(start), s.cpu() - cpu}, err
}

// cpu is the processor time of this process and of the database, where it is one of ours.
func (s *session) cpu() time.Duration { return processCPU() + s.sys.cpu() }

// alone reports whether all that works for a bench is known: this process, and the database's own if there are any.
func (s *session) alone() bool { return s.DB == SQLite || s.sys.cpu() > 0 }

// span is how long something took, and what of the processors it had meanwhile.
type span struct{ wall, cpu time.Duration }

// profiled is timed, with a CPU profile of the first run where one is asked for.
func (s *session) profiled(run int, f func() error) (took span, err error) {
	if s.Profile == "" || run > 0 {
		return s.timed(f)
	}
	file, err := os.Create(s.Profile)
	if err != nil {
		return took, fault.Wrap(fault.Invalid, err, "the profile cannot be written")
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := pprof.StartCPUProfile(file); err != nil {
		return took, fault.Wrap(fault.Conflict, err, "a profile is being taken already")
	}
	defer pprof.StopCPUProfile()
	return s.timed(f)
}

// with lets f work with the product on a database of the ground.
func (s *session) with(ctx context.Context, name string, f func(o *office) error) error {
	return s.withAt(ctx, s.sys.address(name), f)
}

func (s *session) withAt(ctx context.Context, address string, f func(o *office) error) (err error) {
	o, err := s.office(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	return f(o)
}

// noted adds what the ground has to say.
func (s *session) noted(ctx context.Context, res Result) (Result, error) {
	notes, err := s.sys.notes(ctx)
	res.Notes = append(res.Notes, notes...)
	return res, err
}

// counter is safe for concurrent use.
type counter struct{ n atomic.Int64 }

// add returns the new sum.
func (c *counter) add(n int) int { return int(c.n.Add(int64(n))) }
