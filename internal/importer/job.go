package importer

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	"tactus/internal/contact"
	"tactus/internal/fault"
	"tactus/internal/work"
)

// job is an import under way in this process: the open file, and whom it has met. It only saves work; after a crash, or when
// another worker goes on, it is made anew from the file and the operation's place.
type job struct {
	place   string // of the operation, where table stands
	file    *upload
	table   *Table
	convert *converter
	total   int64
	row     int64 // rows read so far
	legacy  int   // of them, with the header
	seen    map[int64]struct{}
	last    *batch // handed out; its contacts are seen when the place says that it was committed
}

// batch is the rows of one chunk.
type batch struct {
	entries []*entry
	header  []string
	next    string // the place behind it
	total   int64
	end     bool
	legacy  int
	seen    map[int64]struct{} // contacts of the chunks before
	met     []int64            // contacts of this chunk that were not seen, set by Step
}

// jobs are those under way.
type jobs struct {
	mu sync.Mutex
	m  map[int64]*job
}

// maxJobs bounds what is kept of imports that were cancelled or went on elsewhere.
const maxJobs = 16

// take hands a job out, which is then nobody else's; nil when there is none at this place.
func (js *jobs) take(id int64, place string) *job {
	js.mu.Lock()
	defer js.mu.Unlock()
	j := js.m[id]
	delete(js.m, id)
	if j == nil || j.place != place {
		return nil
	}
	return j
}

func (js *jobs) put(id int64, j *job) {
	js.mu.Lock()
	defer js.mu.Unlock()
	if js.m == nil {
		js.m = map[int64]*job{}
	}
	for other := range js.m {
		if len(js.m) < maxJobs {
			break
		}
		delete(js.m, other)
	}
	js.m[id] = j
}

// upload reads the operation's file with the context of the chunk under way.
type upload struct {
	ops     Operations
	account int64
	op      int64
	offset  int64
	r       io.Reader
}

// within makes further reads use ctx.
func (u *upload) within(ctx context.Context) {
	u.r = u.ops.OpenFile(ctx, u.account, u.op, Upload, u.offset)
}

// Read implements io.Reader.
func (u *upload) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	u.offset += int64(n)
	return n, err
}

// open makes the job of an operation, standing at its place.
func (s *Service) open(ctx context.Context, op work.Operation) (*job, error) {
	var p Params
	if err := op.Decode(&p); err != nil {
		return nil, err
	}
	survey, facts, err := s.examine(ctx, op.Account, op.ID)
	if err != nil {
		return nil, err
	}
	if err := p.Check(survey.Header, facts); err != nil {
		return nil, err
	}
	j := &job{
		place: op.Place, file: &upload{ops: s.ops, account: op.Account, op: op.ID}, seen: map[int64]struct{}{},
		convert: newConverter(p, facts, survey.dayOrders(p, facts.Country)), total: survey.Rows,
	}
	j.file.within(ctx)
	if j.table, err = Open(j.file); err != nil {
		return nil, err
	}
	if op.Place == "" {
		return j, nil
	}
	rows, err := strconv.ParseInt(op.Place, 10, 64)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the place of an import")
	}
	for ; j.row < rows; j.row++ {
		if _, err := j.table.Next(); err != nil {
			return nil, fmt.Errorf("the import stood at row %d, the file ends at %d: %w", rows, j.row, err)
		}
	}
	j.legacy = j.table.Legacy
	return j, j.recall(ctx, s.ops, op)
}

// recall reads whom the chunks before have met.
func (j *job) recall(ctx context.Context, ops Operations, op work.Operation) error {
	raw, err := io.ReadAll(ops.OpenFile(ctx, op.Account, op.ID, contacts, 0))
	if err != nil {
		return err
	}
	for len(raw) >= 8 {
		j.seen[int64(binary.LittleEndian.Uint64(raw))] = struct{}{}
		raw = raw[8:]
	}
	return nil
}

// read makes the next batch.
func (j *job) read(ctx context.Context) (*batch, error) {
	j.file.within(ctx)
	if j.last != nil {
		for _, id := range j.last.met {
			j.seen[id] = struct{}{}
		}
	}
	b := &batch{header: j.table.Header, total: j.total, seen: j.seen}
	for len(b.entries) < contact.MaxBatch {
		row, err := j.table.Next()
		if errors.Is(err, io.EOF) {
			b.end = true
			break
		}
		if err != nil {
			return nil, err
		}
		b.entries = append(b.entries, j.convert.convert(row))
	}
	j.row += int64(len(b.entries))
	b.legacy, j.legacy = j.table.Legacy-j.legacy, j.table.Legacy
	b.next = strconv.FormatInt(j.row, 10)
	b.end = b.end || j.row == j.total
	j.place, j.last = b.next, b
	return b, nil
}

// packed is the form in which contacts are kept.
func packed(ids []int64) []byte {
	out := make([]byte, 0, 8*len(ids))
	for _, id := range ids {
		out = binary.LittleEndian.AppendUint64(out, uint64(id))
	}
	return out
}
