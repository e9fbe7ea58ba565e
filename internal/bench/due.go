package bench

import (
	"context"
	"fmt"
	"time"

	"tactus/internal/fault"
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
	var late [2][]time.Duration
	var cost [2]time.Duration
	for i, n := range []int{few, s.Members} {
		fixture, err := s.members(ctx, n)
		if err != nil {
			return Result{}, err
		}
		err = s.on(ctx, fixture, func(r *raw) (err error) {
			late[i], cost[i], err = s.fallDue(ctx, r, n, count)
			return err
		})
		if err != nil {
			return Result{}, err
		}
	}
	res := Result{P50: ms(quantile(late[1], 0.5)), P99: ms(quantile(late[1], 0.99))}
	res.more("few_members", float64(few))
	res.more("few_p50_ms", ms(quantile(late[0], 0.5)))
	res.more("few_p99_ms", ms(quantile(late[0], 0.99)))
	res.more("fired", float64(len(late[1])))
	if cost[0] > 0 {
		per := func(d time.Duration) float64 { return ms(d) / float64(count) * 1000 }
		res.Ours, res.Yardstick, res.Unit = per(cost[1]), per(cost[0]), "ms of processor per 1,000 steps"
		res.Ratio = cost[0].Seconds() / cost[1].Seconds()
		res.more("cost_of_many_to_few", cost[1].Seconds()/cost[0].Seconds())
	}
	res.Notes = append(res.Notes, fmt.Sprintf("lower is better; the yardstick is the same work with %d members, and the ratio yardstick ÷ ours", few))
	return s.noted(ctx, res)
}

// fallDue runs a real server while count members fall due, and returns how late each was seen to have fired, and the processor time
// of server and database.
func (s *session) fallDue(ctx context.Context, r *raw, members, count int) ([]time.Duration, time.Duration, error) {
	c, err := s.child(ctx, r.address)
	if err != nil {
		return nil, 0, err
	}
	begin := time.Now().Add(2*time.Second + time.Duration(members)*time.Microsecond)
	err = r.fallDue(ctx, begin, count, dueRate)
	var late []time.Duration
	var before time.Duration
	if err == nil {
		s.progress.say("%d of %d members fall due", count, members)
		if wait := time.Until(begin); wait < 0 {
			err = fault.New(fault.Internal, "making them due took too long")
		}
		before = s.cpu(c)
	}
	if err == nil {
		late, err = s.watchFired(ctx, r, count)
	}
	cost := s.cpu(c) - before
	if stopped := c.stop(); err == nil {
		err = stopped
	}
	return late, cost, err
}

// watchFired looks at the history as anybody could, and takes the time at which a step is first seen to have fired.
func (s *session) watchFired(ctx context.Context, r *raw, count int) ([]time.Duration, error) {
	last, err := r.number(ctx, "SELECT MAX(id) FROM history")
	if err != nil {
		return nil, err
	}
	late := make([]time.Duration, 0, count)
	seen := map[int64]bool{}
	err = s.untilAll(ctx, "fired", count, func() (int, error) {
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
const overlap = 5000

// cpu is the processor time of the server, and of the database where it is one of ours.
func (s *session) cpu(c *child) time.Duration {
	return cpuOf(c.pid()) + s.sys.cpu()
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
