package retention

import (
	"context"
	"strconv"
	"strings"

	"tactus/internal/work"
)

var _ work.Handler = (*Service)(nil)

// Kind implements work.Handler.
func (s *Service) Kind() string { return Kind }

// The parts of an operation, in order; its place is "PART ROW".
const (
	partHistory = "history"
	partContent = "content"
)

// Step implements work.Handler.
func (s *Service) Step(ctx context.Context, op *work.Operation) (bool, error) {
	var b Before
	if err := op.Decode(&b); err != nil {
		return false, err
	}
	part, at := place(op.Place)
	c := Chunk{Account: op.Account, Place: at, Limit: chunk, DryRun: b.DryRun}
	prune, next := s.store.PruneHistory, partContent
	if c.Before = b.History; part == partContent {
		c.Before, prune, next = b.Content, s.store.PruneContent, ""
	}
	bite := Bite{Last: true}
	if !c.Before.IsZero() {
		var err error
		if bite, err = prune(ctx, c); err != nil {
			return false, err
		}
	}
	op.Count(part, bite.Gone)
	op.Done += bite.Gone
	if !bite.Last {
		op.Place = part + " " + strconv.FormatInt(bite.Place, 10)
		return false, nil
	}
	op.Place = next + " 0"
	return next == "", nil
}

func place(text string) (part string, at int64) {
	part, row, _ := strings.Cut(text, " ")
	if part == "" {
		part = partHistory
	}
	at, _ = strconv.ParseInt(row, 10, 64) // our own words; from the beginning when there are none
	return part, at
}
