package crash_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"tactus/e2e/process"
)

// birth starts the fleet on an empty database, kills it while the schema is made, and returns the number of kills.
func (c *campaign) birth(ctx context.Context) (int, error) {
	killed := 0
	for range min(2, c.kills/2) {
		for _, n := range c.fleet.nodes {
			if err := n.start(); err != nil {
				return killed, err
			}
		}
		if err := process.Pause(ctx, time.Duration(c.rnd.IntN(200))*time.Millisecond); err != nil {
			return killed, err
		}
		victim := c.fleet.nodes[c.rnd.IntN(len(c.fleet.nodes))]
		c.note(victim.kill())
		killed++
		for _, n := range c.fleet.nodes { // the others end as well, uncounted: all begin anew
			if n != victim {
				n.kill()
			}
		}
	}
	for _, n := range c.fleet.nodes {
		if err := n.start(); err != nil {
			return killed, err
		}
	}
	for _, n := range c.fleet.nodes {
		if err := n.up(ctx); err != nil {
			return killed, err
		}
	}
	return killed, c.fleet.connect(ctx)
}

func (c *campaign) note(served bool) {
	at := process.Now()
	c.j.with(func() { c.j.kills = append(c.j.kills, kill{at, served}) })
}

// strike kills servers at random moments, the moments after a start too, and starts them again a random while later.
func (c *campaign) strike(ctx context.Context, t *testing.T, killed int) error {
	var reviving sync.WaitGroup
	defer reviving.Wait()
	told := killed
	for killed < c.kills {
		victims := c.victims(c.kills - killed)
		if c.rnd.IntN(5) < 3 { // in the midst of work
			if err := c.midst(ctx, victims[0]); err != nil {
				return err
			}
		} else if err := process.Pause(ctx, time.Duration(c.rnd.IntN(400))*time.Millisecond); err != nil { // while it starts and recovers
			return err
		}
		for _, n := range victims {
			if n.failed() != nil {
				return n.failed()
			}
			busy := c.mail.Counts().Busy
			c.note(n.kill())
			c.dialogues += busy
			delay := time.Duration(c.rnd.IntN(300)) * time.Millisecond
			if len(c.fleet.nodes) == 1 {
				delay /= 4
			}
			back := make(chan struct{})
			n.back = back
			reviving.Go(func() {
				defer close(back)
				if process.Pause(ctx, delay) == nil {
					if err := n.start(); err != nil {
						c.j.fail(fmt.Sprint("start again: ", err))
					}
				}
			})
			killed++
		}
		if killed/10 > told/10 || killed == c.kills {
			told = killed
			counts := c.mail.Counts()
			say(t, "%s: %d of %d kills; %d messages accepted, %d faults, %d dialogues cut", c.db, killed, c.kills, counts.Accepted, counts.Refused, c.dialogues)
		}
	}
	return nil
}

// midst waits until the node serves and something has been done, and a random while more.
func (c *campaign) midst(ctx context.Context, n *node) error {
	if err := n.up(ctx); err != nil {
		return err
	}
	delay := time.Duration(c.rnd.IntN(1500)) * time.Millisecond
	for before := c.load.done.Load(); c.load.done.Load() < before+20; {
		if err := process.Pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	return process.Pause(ctx, delay)
}

// victims draws who dies together: mostly one.
func (c *campaign) victims(most int) []*node {
	n := 1
	if len(c.fleet.nodes) > 1 && c.rnd.IntN(5) == 0 {
		n = 2 + c.rnd.IntN(len(c.fleet.nodes)-1)
	}
	var out []*node
	for _, i := range c.rnd.Perm(len(c.fleet.nodes))[:min(n, most)] {
		v := c.fleet.nodes[i]
		if v.back != nil {
			<-v.back
		}
		out = append(out, v)
	}
	return out
}
