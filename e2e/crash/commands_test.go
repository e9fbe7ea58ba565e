package crash_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"tactus/client"
	"tactus/e2e/process"
)

// target draws an enrollment that no other worker commands at this moment; "" when there is none.
func (l *load) target(rnd *rand.Rand) (id client.ID, release func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if id = drawn(rnd, l.known); id == "" || l.busy[id] {
		return "", nil
	}
	l.busy[id] = true
	return id, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.busy, id)
	}
}

// command carries one command out on one enrollment and writes down what the answer promises.
func (l *load) command(ctx context.Context, rnd *rand.Rand) error {
	cmd := []string{
		client.Pause, client.Pause, client.Pause, client.Resume, client.Resume, client.Resume, client.Stop, client.Restart, client.Restart, client.Remove,
	}[rnd.IntN(10)]
	id, release := l.target(rnd)
	if id == "" {
		return nil
	}
	defer release()
	asked := process.Now()
	got, err := l.c().Command(ctx, id, cmd)
	at := process.Now()
	l.j.with(func() {
		if cmd == client.Resume {
			l.j.revivals = append(l.j.revivals, revival{enrollment: id, from: asked, to: at})
		}
		if err != nil {
			return
		}
		h := hold{why: cmd, enrollment: id, asked: asked, at: at, lifted: cmd == client.Pause}
		if got.Enrollment != nil {
			h.run = got.Enrollment.Run
		}
		if cmd == client.Pause || cmd == client.Stop || cmd == client.Remove {
			l.j.holds = append(l.j.holds, h)
		}
		if got.Handing != nil {
			l.j.handing[got.Handing.Message] = true
		}
	})
	if client.IsCode(err, "conflict") || client.IsCode(err, "not_found") {
		return nil // PLAN-15 refuses it, or it has been removed
	}
	return err
}

// commands carries a command out on a few, within the request.
func (l *load) commands(ctx context.Context, rnd *rand.Rand) error {
	cmd := []string{client.Pause, client.Resume, client.Stop, client.Restart}[rnd.IntN(4)]
	seen := map[client.ID]bool{}
	var ids []client.ID
	l.mu.Lock()
	for range 30 {
		if id := drawn(rnd, l.known); id != "" && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	l.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	asked := process.Now()
	got, err := l.c().CommandMany(ctx, cmd, client.Bulk{IDs: ids})
	at := process.Now()
	l.j.with(func() {
		for _, h := range got.Handing {
			l.j.handing[h.Message] = true
		}
		if cmd == client.Resume {
			for _, id := range ids {
				l.j.revivals = append(l.j.revivals, revival{enrollment: id, from: asked, to: at})
			}
		}
	})
	return err
}

// all carries a command out on everybody of a plan, as an operation (ENG-11).
func (l *load) all(ctx context.Context, rnd *rand.Rand) error {
	plan := l.plans[[]string{"Lead", "Nurture", "Hot", "Pool", "Pool"}[rnd.IntN(5)]]
	cmd, status := client.Pause, "active"
	switch rnd.IntN(5) {
	case 0, 1, 2:
		cmd, status = client.Resume, "paused"
	case 3:
		cmd, status = client.Restart, "stopped"
	}
	return l.sweep(ctx, plan, cmd, status)
}

// sweep begins the operation.
func (l *load) sweep(ctx context.Context, plan client.ID, cmd, status string) error {
	from := process.Now()
	got, err := l.c().CommandMany(ctx, cmd, client.Bulk{Filter: &client.EnrollmentFilter{Plan: plan, Status: []string{status}}})
	if cmd == client.Resume {
		r := revival{from: from, to: process.Now()}
		if got.Operation != nil {
			r.operation = got.Operation.ID
		}
		l.j.with(func() { l.j.revivals = append(l.j.revivals, r) })
	}
	return err
}

func (l *load) assign(ctx context.Context, rnd *rand.Rand) error {
	ids := l.some(rnd, 20)
	if len(ids) == 0 {
		return nil
	}
	_, err := l.c().Assign(ctx, l.plans["Nurture"], client.Assign{IDs: ids, Restart: rnd.IntN(2) == 0})
	return err
}

func (l *load) assignMany(ctx context.Context, rnd *rand.Rand) error {
	f := client.ContactFilter{Tags: []string{"Seen"}}
	if rnd.IntN(2) == 0 {
		f = client.ContactFilter{Text: "Lead 1"}
	}
	_, err := l.c().Assign(ctx, l.plans["Nurture"], client.Assign{Filter: &f, Restart: rnd.IntN(3) == 0})
	if client.IsCode(err, "invalid") {
		return nil // nobody has the tag yet
	}
	return err
}

// look reads a plan's list: who is paused, stopped or completed there gets nothing from then on (ENG-6). It also learns of runs that the
// plans began by themselves.
func (l *load) look(ctx context.Context, rnd *rand.Rand) error {
	name := []string{"Lead", "Nurture", "Hot", "Pool"}[rnd.IntN(4)]
	plan := l.plans[name]
	asked := process.Now()
	page, err := l.c().Enrollments(ctx, plan, client.PageOptions{Limit: 300})
	if err != nil {
		return err
	}
	at := process.Now()
	var active []client.ID
	l.j.with(func() {
		for _, e := range page.Items {
			if e.Status == "active" {
				active = append(active, e.ID)
				continue
			}
			l.j.holds = append(l.j.holds, hold{
				why: "seen " + e.Status, enrollment: e.ID, run: e.Run, asked: asked, at: at, lifted: e.Status == "paused",
			})
		}
	})
	if name == "Pool" {
		return nil // nobody is taken off it, so that it can be counted
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known = append(l.known, active[:min(len(active), 10)]...)
	return nil
}

// settle lets everything come to its end: what is paused is resumed until nothing is active, under way or waiting.
func (l *load) settle(ctx context.Context) error {
	for {
		quiet, err := l.quiet(ctx)
		if err != nil || quiet {
			return err
		}
		if err := process.Pause(ctx, 250*time.Millisecond); err != nil {
			return err
		}
	}
}

func (l *load) quiet(ctx context.Context) (bool, error) {
	ops, err := l.c().Operations(ctx, "", true, client.PageOptions{Limit: 1})
	if err != nil || len(ops.Items) > 0 {
		return false, err
	}
	list, err := l.c().Plans(ctx, client.PlanFilter{}, client.PageOptions{})
	if err != nil {
		return false, err
	}
	quiet := true
	for _, p := range list.Items {
		if p.Counts.Paused > 0 {
			if err := l.sweep(ctx, p.ID, client.Resume, "paused"); err != nil {
				return false, err
			}
		}
		quiet = quiet && p.Counts.Active+p.Counts.Paused == 0
	}
	if !quiet {
		return false, nil
	}
	under, err := l.c().Messages(ctx, client.MessageFilter{Status: []string{"ready", "handing", "waiting"}}, client.PageOptions{Limit: 1})
	return len(under.Items) == 0, err
}

// restless says what keeps the campaign from its end.
func (l *load) restless(ctx context.Context) string {
	ops, _ := l.c().Operations(ctx, "", true, client.PageOptions{Limit: 3})
	list, _ := l.c().Plans(ctx, client.PlanFilter{}, client.PageOptions{})
	var out strings.Builder
	fmt.Fprintf(&out, "operations: %+v\n", ops.Items)
	for _, p := range list.Items {
		live, _ := l.c().Enrollments(ctx, p.ID, client.PageOptions{Limit: 3}, "active", "paused")
		fmt.Fprintf(&out, "%s %+v: %+v\n", p.Name, p.Counts, live.Items)
	}
	under, _ := l.c().Messages(ctx, client.MessageFilter{Status: []string{"ready", "handing", "waiting"}}, client.PageOptions{Limit: 5})
	for _, m := range under.Items {
		fmt.Fprintf(&out, "%+v\n", m)
	}
	return out.String()
}
