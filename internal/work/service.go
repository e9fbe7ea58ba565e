package work

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"tactus/internal/clock"
	"tactus/internal/fault"
)

// Service begins operations and tells how far they are.
type Service struct {
	store Store
	clock clock.Clock
}

// NewService makes the service.
func NewService(store Store, c clock.Clock) *Service { return &Service{store: store, clock: c} }

// Begin makes an operation that is done as soon as the transaction of ctx has committed. total is 0 when it is not known yet.
func (s *Service) Begin(ctx context.Context, account int64, kind string, params any, total int64, author string) (int64, error) {
	now := s.clock.Now()
	id, err := s.create(ctx, Operation{
		Account: account, Kind: kind, Status: Waiting, Total: total, Author: author, CreatedAt: now, DueAt: now,
	}, params)
	if err == nil {
		s.store.Signal(ctx, Topic)
	}
	return id, err
}

// Draft makes an operation that waits for Start: its file is uploaded and looked at first.
func (s *Service) Draft(ctx context.Context, account int64, kind string, params any, author string) (int64, error) {
	return s.create(ctx, Operation{Account: account, Kind: kind, Status: Draft, Author: author, CreatedAt: s.clock.Now()}, params)
}

func (s *Service) create(ctx context.Context, op Operation, params any) (int64, error) {
	var err error
	if op.Params, err = json.Marshal(params); err != nil {
		return 0, fault.Wrap(fault.Internal, err, "parameters of an operation")
	}
	return s.store.CreateOperation(ctx, op)
}

// Start lets a draft be done, with its final parameters.
func (s *Service) Start(ctx context.Context, account, id int64, params any, total int64) error {
	doc, err := json.Marshal(params)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "parameters of an operation")
	}
	err = s.store.StartOperation(ctx, Operation{ID: id, Account: account, Status: Waiting, Params: doc, Total: total, DueAt: s.clock.Now()})
	if err == nil {
		s.store.Signal(ctx, Topic)
	}
	return err
}

// Get returns an operation.
func (s *Service) Get(ctx context.Context, account, id int64) (Operation, error) {
	return s.store.Operation(ctx, account, id)
}

// List returns operations, newest first.
func (s *Service) List(ctx context.Context, account int64, q Query) ([]Operation, error) {
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, 500)
	return s.store.Operations(ctx, account, q)
}

// Cancel ends an operation before its next chunk; what its chunks have done stays. When it has returned, no further chunk begins. An
// operation that has ended is fault.Conflict.
func (s *Service) Cancel(ctx context.Context, account, id int64, author string) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		ok, err := s.store.CancelOperation(ctx, account, id, author, s.clock.Now())
		if err != nil || ok {
			return err
		}
		op, err := s.store.Operation(ctx, account, id)
		if err != nil {
			return err
		}
		return fault.New(fault.Conflict, "the operation is %s: there is nothing to cancel", op.Status)
	})
}

// Prune removes operations and files that ended longer ago than age, and drafts that nobody started.
func (s *Service) Prune(ctx context.Context, age time.Duration) (int64, error) {
	return s.store.DeleteOperations(ctx, s.clock.Now().Add(-age))
}

// PartSize is how many bytes of a file go into one row.
const PartSize = 256 << 10

// AddFile appends everything that r gives to an operation's file and returns how many bytes that were. Outside of a transaction each part
// is one of its own, so that a slow upload holds no locks: make a Draft first.
func (s *Service) AddFile(ctx context.Context, account, op int64, name string, r io.Reader) (int64, error) {
	var size int64
	part := make([]byte, PartSize)
	for {
		n, err := io.ReadFull(r, part)
		if n > 0 {
			if err := s.store.AppendFile(ctx, account, op, name, part[:n]); err != nil {
				return size, err
			}
			size += int64(n)
		}
		switch {
		case err == nil:
		case err == io.EOF || err == io.ErrUnexpectedEOF: // io.ReadFull returns them bare
			return size, nil
		default:
			return size, err
		}
	}
}

// FileSize returns how many bytes a file has; 0 when there is none.
func (s *Service) FileSize(ctx context.Context, account, op int64, name string) (int64, error) {
	return s.store.FileSize(ctx, account, op, name)
}

// OpenFile reads a file from an offset on. Reads use ctx, and its transaction when it has one. A file that is not there is empty.
func (s *Service) OpenFile(ctx context.Context, account, op int64, name string, offset int64) io.Reader {
	return &file{ctx: ctx, store: s.store, account: account, op: op, name: name, at: offset}
}

type file struct {
	ctx     context.Context
	store   Store
	account int64
	op      int64
	name    string
	at      int64 // where part ends
	part    []byte
	end     bool
}

// Read implements io.Reader.
func (f *file) Read(p []byte) (int, error) {
	if len(f.part) == 0 && !f.end {
		part, err := f.store.FilePart(f.ctx, f.account, f.op, f.name, f.at)
		if err != nil {
			return 0, err
		}
		f.part, f.end = part, len(part) == 0
		f.at += int64(len(part))
	}
	if f.end {
		return 0, io.EOF
	}
	n := copy(p, f.part)
	f.part = f.part[n:]
	return n, nil
}
