package work

import (
	"context"
	"time"
)

// Store is what work needs of the database. Methods run in the transaction of ctx. Leases run on the database's own clock (DEC-13).
type Store interface {
	InTx(ctx context.Context, fn func(context.Context) error) error

	CreateOperation(ctx context.Context, op Operation) (int64, error)
	Operation(ctx context.Context, account, id int64) (Operation, error)
	// Operations returns a page, newest first.
	Operations(ctx context.Context, account int64, q Query) ([]Operation, error)
	// StartOperation makes a draft due; fault.Conflict when it is none.
	StartOperation(ctx context.Context, op Operation) error
	// CancelOperation ends an operation that has not ended; false when it has. It waits for a chunk that is being done.
	CancelOperation(ctx context.Context, account, id int64, author string, now time.Time) (bool, error)
	// DeleteOperations removes operations, with their files, that ended before the moment, and drafts made before it.
	DeleteOperations(ctx context.Context, before time.Time) (int64, error)

	// DueOperations returns the accounts with operations of these kinds to do by now, and the earliest later moment (zero: none).
	DueOperations(ctx context.Context, kinds []string, now time.Time) (accounts []int64, next time.Time, err error)
	// ClaimOperation leases the account's due operation whose last chunk is longest ago; false when there is none.
	ClaimOperation(ctx context.Context, account int64, kinds []string, now time.Time, lease time.Duration) (Operation, bool, error)
	// LockOperation locks a claimed operation until the transaction ends; false when the claim is over.
	LockOperation(ctx context.Context, account, id, token int64) (Operation, bool, error)
	// SaveOperation writes the progress of a locked operation and gives its lease back.
	SaveOperation(ctx context.Context, op Operation) error
	// RenewOperation makes a claim's lease last so long from now on; a claim that is over stays over.
	RenewOperation(ctx context.Context, id, token int64, lease time.Duration) error
	// ReleaseOperations gives leases back: of one claim, or all when the id is 0 (a single process after its start).
	ReleaseOperations(ctx context.Context, id, token int64) error

	// AppendFile adds a part at the end of an operation's file; fault.NotFound without such an operation.
	AppendFile(ctx context.Context, account, op int64, name string, part []byte) error
	// FilePart returns the file's bytes from the offset to the end of the part that holds it; none at the end.
	FilePart(ctx context.Context, account, op int64, name string, offset int64) ([]byte, error)
	// FileSize returns the size in bytes; 0 when there is no such file.
	FileSize(ctx context.Context, account, op int64, name string) (int64, error)

	// Signal wakes subscribers of a topic on every node after the commit.
	Signal(ctx context.Context, topic string)
	Subscribe(topic string) (wake <-chan struct{}, cancel func())
}
