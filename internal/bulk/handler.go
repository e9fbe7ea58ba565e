package bulk

import (
	"bytes"
	"context"
	"encoding/json"

	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/work"
)

// Kinds of operations besides the commands, whose kinds are their names. Stored for ever.
const (
	kindAssign  = "assign"
	kindChange  = "change_contacts"
	kindEdit    = "edit_plan"    // queued by planbook
	kindArchive = "archive_plan" // queued by planbook
)

// Sizes of chunks: one transaction each, well under a second.
const (
	assignChunk  = 2000
	commandChunk = 1000
	changeChunk  = 1000
)

// HandingFile is the operation's file that names messages that could not be called back, one JSON object a line (ENG-6).
const HandingFile = "handing.jsonl"

type assignParams struct {
	who
	Plan    int64  `json:"plan"`
	Event   int64  `json:"event,omitempty"`
	Restart bool   `json:"restart,omitempty"`
	By      int64  `json:"by,omitempty"`
	Cause   string `json:"cause,omitempty"`
}

type assign struct{ s *Service }

// Kind implements work.Handler.
func (assign) Kind() string { return kindAssign }

// Step implements work.Handler.
func (h assign) Step(ctx context.Context, op *work.Operation) (bool, error) {
	var p assignParams
	if err := op.Decode(&p); err != nil {
		return false, err
	}
	return h.s.contactsOf(ctx, op, p.who, assignChunk, func(ids []int64) error {
		started, err := h.s.runs.Start(ctx, op.Account, enroll.StartRequest{
			Plan: p.Plan, Contacts: ids, Event: p.Event, Cause: p.Cause, Author: op.Author, By: p.By, Restart: p.Restart,
		})
		if err != nil {
			return err
		}
		told := countStarted(op, started)
		op.Count("skipped.gone", int64(max(0, len(ids)-told)))
		return nil
	})
}

// countStarted counts what became of each, and returns of how many that is known.
func countStarted(op *work.Operation, started enroll.Started) int {
	op.Count("started", int64(started.Started))
	op.Count("restarted", int64(started.Restarted))
	op.Count("already", int64(started.Already))
	told := started.Started + started.Restarted + started.Already
	for reason, n := range started.Skipped {
		op.Count("skipped."+reason, int64(n))
		told += n
	}
	return told
}

// contactsOf walks contacts.
func (s *Service) contactsOf(ctx context.Context, op *work.Operation, w who, size int, do func([]int64) error) (bool, error) {
	return walk(op, w.IDs, nil, w.Until, size, func(after int64) ([]int64, error) {
		return s.contacts.IDs(ctx, op.Account, w.filter(), after, size)
	}, do)
}

type changeParams struct {
	who
	Change contact.Many `json:"change"`
}

type change struct{ s *Service }

// Kind implements work.Handler.
func (change) Kind() string { return kindChange }

// Step implements work.Handler.
func (h change) Step(ctx context.Context, op *work.Operation) (bool, error) {
	var p changeParams
	if err := op.Decode(&p); err != nil {
		return false, err
	}
	return h.s.contactsOf(ctx, op, p.who, changeChunk, func(ids []int64) error {
		c, err := h.s.contacts.ChangeMany(ctx, op.Account, ids, p.Change, op.Author)
		op.Count("changed", int64(c.Changed))
		op.Count("already", int64(c.Same))
		op.Count("skipped.gone", int64(c.Gone))
		return err
	})
}

type commandParams struct {
	Runs
	By int64 `json:"by,omitempty"`
}

type command struct {
	s   *Service
	cmd enroll.Command
}

// Kind implements work.Handler.
func (h command) Kind() string { return string(h.cmd) }

// Step implements work.Handler. When it has committed, the command holds for the whole chunk (ENG-6).
func (h command) Step(ctx context.Context, op *work.Operation) (bool, error) {
	var p commandParams
	if err := op.Decode(&p); err != nil {
		return false, err
	}
	return h.s.runsOf(ctx, op, p.Runs, commandChunk, func(ids []int64) error {
		results, err := h.s.runs.Do(ctx, op.Account, h.cmd, enroll.Selection{IDs: ids, Plan: p.Plan}, op.Author, p.By)
		if err != nil {
			return err
		}
		return h.s.tally(ctx, op, h.cmd, len(ids), results)
	})
}

// did names what a command has done in the counts.
func did(cmd enroll.Command) string {
	switch cmd {
	case enroll.CmdPause:
		return "paused"
	case enroll.CmdResume:
		return "resumed"
	case enroll.CmdStop:
		return "stopped"
	case enroll.CmdRestart:
		return "restarted"
	case enroll.CmdRemove:
		return "removed"
	}
	return string(cmd)
}

// tally counts what became of each, and names the messages that were on their way.
func (s *Service) tally(ctx context.Context, op *work.Operation, cmd enroll.Command, asked int, results []enroll.Result) error {
	var lines bytes.Buffer
	out := json.NewEncoder(&lines)
	for _, r := range results {
		switch {
		case r.Err == nil:
			op.Count(did(cmd), 1)
		case fault.Is(r.Err, fault.Conflict):
			op.Count("refused."+string(r.Found), 1)
		default:
			op.Count("failed", 1) // the engine set it aside; its plan shows why
		}
		if r.Handing == nil {
			continue
		}
		op.Count("handing", 1)
		err := out.Encode(map[string]any{
			"enrollment": r.ID, "contact": r.Contact, "message": r.Handing.Message, "address": r.Handing.Address, "since": r.Handing.Since,
		})
		if err != nil {
			return fault.Wrap(fault.Internal, err, "the list of messages on their way")
		}
	}
	op.Count("skipped.gone", int64(max(0, asked-len(results))))
	_, err := s.work.AddFile(ctx, op.Account, op.ID, HandingFile, &lines)
	return err
}

// runsOf walks enrollments.
func (s *Service) runsOf(ctx context.Context, op *work.Operation, r Runs, size int, do func([]int64) error) (bool, error) {
	return walk(op, r.IDs, r.Except, r.Until, size, func(after int64) ([]int64, error) {
		return s.store.EnrollmentIDs(ctx, op.Account, r, after, size)
	}, do)
}
