package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	dueRate    = 1000 // a second
	dueSeconds = 10
)

// due measures how late steps fire that fall due one by one, while many more members wait, and what that costs with many members
// and with few.
func due(ctx context.Context, s *session) (Result, error) {
	few := max(1, s.Members/100)
	count := min(few, dueRate*dueSeconds)
	var seen [2]fell
	for i, n := range []int{few, s.Members} {
		fixture, err := s.members(ctx, n)
		if err != nil {
			return Result{}, err
		}
		err = s.on(ctx, fixture, func(r *raw) (err error) {
			seen[i], err = s.fallDue(ctx, r, n, count)
			return err
		})
		if err != nil {
			return Result{}, err
		}
	}
	little, much := seen[0], seen[1]
	res := Result{P50: ms(quantile(much.late, 0.5)), P99: ms(quantile(much.late, 0.99))}
	res.more("few_members", float64(few))
	res.more("few_p50_ms", ms(quantile(little.late, 0.5)))
	res.more("few_p99_ms", ms(quantile(little.late, 0.99)))
	res.more("fired", float64(len(much.late)))
	if little.cost > 0 && much.cost > 0 {
		per := func(d time.Duration) float64 { return ms(d) / float64(count) * 1000 }
		res.Ours, res.Yardstick, res.Unit = per(much.cost), per(little.cost), "ms of processor per 1,000 steps"
		res.Ratio = little.cost.Seconds() / much.cost.Seconds()
		res.more("cost_of_many_to_few", much.cost.Seconds()/little.cost.Seconds())
	}
	if !little.tidy || !much.tidy {
		res.Notes = append(res.Notes, "the server was not up when the first members fell due: this machine is too busy for the figures to mean much")
	}
	res.Notes = append(res.Notes, fmt.Sprintf("lower is better; the yardstick is the same work with %d members, and the ratio yardstick ÷ ours", few))
	return s.noted(ctx, res)
}

// fell is what was seen of members that fell due.
type fell struct {
	late []time.Duration // each, from its due moment until it was seen to have fired
	cost time.Duration   // of the processors, for server and database
	tidy bool            // the server was up before the first fell due
}

// fallDue lets count of the members fall due while a real server runs. Their moments are set before it starts, so that it knows of them.
func (s *session) fallDue(ctx context.Context, r *raw, members, count int) (f fell, err error) {
	begin := time.Now().Add(3*time.Second + time.Duration(members)*30*time.Microsecond)
	if err := r.fallDue(ctx, begin, count, dueRate); err != nil {
		return f, err
	}
	c, err := s.child(ctx, r.address)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	watcher := 0
	if s.DB == Postgres {
		pid, err := r.number(ctx, "SELECT pg_backend_pid()")
		if err != nil {
			return f, err
		}
		watcher = int(pid)
	}
	ours := func() time.Duration { return cpuOf(c.pid()) + s.sys.cpu() - cpuOf(watcher) }
	s.progress.say("%d of %d members fall due", count, members)
	f.tidy = time.Until(begin) > 0
	if err := rest(ctx, time.Until(begin)); err != nil {
		return f, err
	}
	before := ours()
	f.late, err = s.watchFired(ctx, r, count)
	f.cost = ours() - before
	return f, err
}

// watchFired looks at the history as anybody could, and takes the time at which a step is first seen to have fired.
func (s *session) watchFired(ctx context.Context, r *raw, count int) ([]time.Duration, error) {
	last, err := r.number(ctx, "SELECT MAX(id) FROM history")
	if err != nil {
		return nil, err
	}
	late := make([]time.Duration, 0, count)
	seen := map[int64]bool{}
	err = s.untilAll(ctx, "fired", count, 10*time.Millisecond, func() (int, error) {
		rows, err := r.rows(ctx, "SELECT id, due_at FROM history WHERE id > $1 AND kind = 'step' AND outcome = 'fired'", last-overlap)
		now := time.Now().UnixMilli()
		if err != nil {
			return 0, err
		}
		for _, row := range rows {
			id, _ := row[0].(int64)
			at, _ := row[1].(int64)
			if !seen[id] && id > last-overlap {
				seen[id] = true
				late = append(late, time.Duration(now-at)*time.Millisecond)
			}
		}
		for _, row := range rows {
			if id, _ := row[0].(int64); id > last {
				last = id
			}
		}
		return len(late), nil
	})
	return late, err
}

// overlap: with several workers a smaller id can become visible after a greater one.
const overlap = 2000

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
