package importer

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"tactus/internal/contact"
	"tactus/internal/fault"
	"tactus/internal/work"
)

// The counts of an import. Created, updated and refused together are the rows of the file.
const (
	Created    = "created"
	Updated    = "updated"
	Turned     = "refused"
	Duplicates = "duplicates_in_file" // of the updated: contacts that an earlier row of the file made or updated
	Possible   = "possible_duplicates"
	Converted  = "read_as_windows_1252"
)

// Kind implements work.Handler.
func (s *Service) Kind() string { return Kind }

// Prepare implements work.Preparer: it reads and checks the rows of the next chunk, without holding locks.
func (s *Service) Prepare(ctx context.Context, op work.Operation) (any, error) {
	j := s.jobs.take(op.ID, op.Place)
	if j == nil {
		var err error
		if j, err = s.open(ctx, op); err != nil {
			return nil, err
		}
	}
	b, err := j.read(ctx)
	if err != nil {
		return nil, err
	}
	if !b.end {
		s.jobs.put(op.ID, j)
	}
	return b, nil
}

// Step implements work.Handler: it takes the rows of one chunk in, in the transaction of ctx.
func (s *Service) Step(ctx context.Context, op *work.Operation) (bool, error) {
	b, ok := op.Prepared.(*batch)
	if !ok {
		return false, fault.New(fault.Internal, "an import was not prepared")
	}
	var leads []contact.Lead
	var taken []*entry
	for _, e := range b.entries {
		if len(e.problems) == 0 {
			leads, taken = append(leads, e.lead), append(taken, e)
		}
	}
	refused := map[*entry][]Problem{}
	b.met = nil
	if len(leads) > 0 {
		results, err := s.contacts.UpsertBatch(ctx, op.Account, leads, "import:"+strconv.FormatInt(op.ID, 10))
		if err != nil {
			return false, err
		}
		if err := s.record(ctx, op, taken, results); err != nil {
			return false, err
		}
		b.tally(op, taken, results, refused)
	}
	for _, e := range b.entries {
		if len(e.problems) > 0 {
			refused[e] = e.problems
		}
	}
	if err := s.keepRefused(ctx, op, b, refused); err != nil {
		return false, err
	}
	if len(b.met) > 0 {
		if _, err := s.ops.AddFile(ctx, op.Account, op.ID, contacts, bytes.NewReader(packed(b.met))); err != nil {
			return false, err
		}
	}
	op.Count(Turned, int64(len(refused)))
	op.Count(Converted, int64(b.legacy))
	op.Place, op.Total = b.next, b.total
	op.Done += int64(len(b.entries))
	return b.end, nil
}

// tally counts what became of the rows that were taken.
func (b *batch) tally(op *work.Operation, taken []*entry, results []contact.Result, refused map[*entry][]Problem) {
	now := map[int64]bool{}
	for i, r := range results {
		if r.Err != nil {
			refused[taken[i]] = reasons(r.Err)
			continue
		}
		_, before := b.seen[r.ID]
		switch {
		case r.Created:
			op.Count(Created, 1)
		default:
			op.Count(Updated, 1)
			if before || now[r.ID] {
				op.Count(Duplicates, 1)
			}
		}
		if len(r.Possible) > 0 {
			op.Count(Possible, 1)
		}
		if !before && !now[r.ID] {
			now[r.ID] = true
			b.met = append(b.met, r.ID)
		}
	}
}

// reasons are what the contact service says of a lead that it refused.
func reasons(err error) []Problem {
	var out []Problem
	for _, f := range fields(err) {
		out = append(out, Problem{f.Name, f.Message})
	}
	if len(out) == 0 {
		out = []Problem{{Message: message(err)}}
	}
	return out
}

func message(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Message
	}
	return err.Error()
}

// keepRefused adds rows to the file of refused ones: the columns of the upload, then line and reason. It can be corrected and
// uploaded as it is.
func (s *Service) keepRefused(ctx context.Context, op *work.Operation, b *batch, refused map[*entry][]Problem) error {
	if len(refused) == 0 {
		return nil
	}
	var out bytes.Buffer
	if op.Counts[Turned] == 0 {
		out.WriteString("\ufeff") // spreadsheets take it for Windows-1252 without
	}
	w := csv.NewWriter(&out)
	if op.Counts[Turned] == 0 {
		if err := w.Write(guarded(append(b.header[:len(b.header):len(b.header)], "line", "reason"))); err != nil {
			return fmt.Errorf("refused rows: %w", err)
		}
	}
	for _, e := range b.entries {
		why, ok := refused[e]
		if !ok {
			continue
		}
		row := make([]string, len(b.header), len(b.header)+2)
		copy(row, e.row.Cells)
		texts := make([]string, len(why))
		for i, p := range why {
			texts[i] = p.String()
		}
		row = append(row, strconv.Itoa(e.row.Line), strings.Join(texts, "; "))
		if err := w.Write(guarded(row)); err != nil {
			return fmt.Errorf("refused rows: %w", err)
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("refused rows: %w", err)
	}
	_, err := s.ops.AddFile(ctx, op.Account, op.ID, Refused, &out)
	return err
}

func guarded(cells []string) []string {
	for i, c := range cells {
		cells[i] = guard(strings.ReplaceAll(c, "\x00", ""))
	}
	return cells
}
