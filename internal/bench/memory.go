package bench

import (
	"context"
	"errors"
	"time"

	"tactus/client"
)

// idleFor is how long an idle server is watched.
const idleFor = 20 * time.Second

// memory measures what a real server with many active enrollments holds and uses, idle and while contacts are put on a plan and their steps
// run.
func memory(ctx context.Context, s *session) (Result, error) {
	fixture, err := s.members(ctx, s.Members)
	if err != nil {
		return Result{}, err
	}
	var res Result
	err = s.on(ctx, fixture, func(r *raw) error {
		err := s.withAt(ctx, r.address, func(o *office) error {
			_, err := o.plan(ctx, stepsPlan)
			return err
		})
		if err != nil {
			return err
		}
		res, err = s.memory(ctx, r)
		return err
	})
	if err != nil {
		return res, err
	}
	return s.noted(ctx, res)
}

func (s *session) memory(ctx context.Context, r *raw) (res Result, err error) {
	c, err := s.child(ctx, r.address)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	s.progress.say("idle")
	watched := min(idleFor, max(time.Second, time.Duration(s.Members)*20*time.Microsecond))
	if err := rest(ctx, watched/4); err != nil { // what the start left to do is done
		return res, err
	}
	before, began := cpuOf(c.pid()), time.Now()
	if err := rest(ctx, watched); err != nil {
		return res, err
	}
	all, mapped := resident(c.pid())
	res.more("idle_rss_mb", float64(all)/1e6)
	res.more("idle_rss_of_files_mb", float64(mapped)/1e6)
	res.more("idle_cpu_percent", 100*(cpuOf(c.pid())-before).Seconds()/time.Since(began).Seconds())
	peak := watchMemory(c.pid())
	took, err := s.timed(func() error { return s.load(ctx, c, r) })
	res.RSS = float64(peak()) / 1e6
	_, mapped = resident(c.pid())
	res.more("load_rss_of_files_mb", float64(mapped)/1e6)
	res.more("load_seconds", took.wall.Seconds())
	return res, err
}

// load puts the bench's number of members on a plan of five database-only steps, through the API, and waits until these have run.
func (s *session) load(ctx context.Context, c *child, r *raw) error {
	planID, err := r.number(ctx, "SELECT MAX(id) FROM plan")
	if err != nil {
		return err
	}
	var chosen []client.ID
	for i := range s.N {
		chosen = append(chosen, client.ID(itoa(int64(i+1))))
	}
	done, err := c.client.Assign(ctx, client.ID(itoa(planID)), client.Assign{IDs: chosen})
	if err != nil {
		return err
	}
	if done.Operation != nil {
		if _, err := c.client.WaitOperation(ctx, done.Operation.ID, nil); err != nil {
			return err
		}
	}
	return s.until(ctx, "moved", func() (int, error) {
		n, err := r.number(ctx, "SELECT COUNT(*) FROM guard")
		return int(n) / dueSteps, err
	})
}

func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// start measures from the start of the process to its first answer.
func start(ctx context.Context, s *session) (Result, error) {
	fixture, err := s.members(ctx, s.Members)
	if err != nil {
		return Result{}, err
	}
	var took []time.Duration
	err = s.on(ctx, fixture, func(r *raw) error {
		for range s.Runs + 1 {
			c, err := s.child(ctx, r.address)
			if err != nil {
				return err
			}
			took = append(took, c.took)
			if err := c.stop(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Result{}, err
	}
	took = took[1:] // the very first start makes the key of the command line
	res := Result{Ours: median(took).Seconds(), Unit: "s", P50: ms(median(took)), P99: ms(quantile(took, 1))}
	return s.noted(ctx, res)
}
