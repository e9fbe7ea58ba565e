// Package retention forgets what an account no longer wants to keep (CMP-9): history, and the content of sent messages, older than a
// moment. The consent ledger, suppressed addresses, and whatever a live run or a gate may still ask for are never touched; nothing
// that the engine decides depends on what goes.
package retention

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"tactus/internal/account"
	"tactus/internal/calendar"
	"tactus/internal/clock"
	"tactus/internal/fault"
	"tactus/internal/work"
)

// Kind is the operation's name. Stored for ever.
const Kind = "prune"

// Before says what is to go; a zero moment keeps all of its kind.
type Before struct {
	History time.Time `json:"history,omitzero"` // history rows of an earlier moment
	Content time.Time `json:"content,omitzero"` // the texts and bytes of messages that were settled earlier
	DryRun  bool      `json:"dry_run,omitempty"`
}

// Chunk is one bite: rows are looked at in the order in which they were written, from a place on.
type Chunk struct {
	Account int64
	Before  time.Time
	Place   int64 // the last row looked at
	Limit   int
	DryRun  bool
}

// Bite is what became of a chunk.
type Bite struct {
	Place int64
	Gone  int64
	Last  bool // everything that follows is younger
}

// Store is what retention needs of the database.
type Store interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	// PruneHistory deletes history rows of the chunk that are older; those of a live enrollment's present run stay.
	PruneHistory(ctx context.Context, c Chunk) (Bite, error)
	// PruneContent deletes contents of messages that were settled before and that nobody hands over again.
	PruneContent(ctx context.Context, c Chunk) (Bite, error)
	// ClaimDay reports whether this caller is the first of the day for a name, on any node.
	ClaimDay(ctx context.Context, name string, day int64) (bool, error)
	// DayClaimed reports whether anybody has claimed the day for a name.
	DayClaimed(ctx context.Context, name string, day int64) (bool, error)
}

// chunk is how many rows one transaction looks at: about 10 ms on SQLite, whose one writer others wait for.
const chunk = 2000

// Service prunes, when asked to and by the accounts' settings.
type Service struct {
	store    Store
	accounts *account.Service
	work     *work.Service
	clock    clock.Clock
}

// NewService makes the service.
func NewService(store Store, accounts *account.Service, jobs *work.Service, c clock.Clock) *Service {
	return &Service{store, accounts, jobs, c}
}

// Begin starts an operation that prunes, or with DryRun counts what would go.
func (s *Service) Begin(ctx context.Context, acct int64, b Before, author string) (id int64, err error) {
	var bad []fault.Field
	if b.History.IsZero() && b.Content.IsZero() {
		bad = append(bad, fault.Field{Name: "history_before", Message: "say what is to go: history, content, or both"})
	}
	for name, at := range map[string]time.Time{"history_before": b.History, "content_before": b.Content} {
		if at.After(s.clock.Now()) || !at.IsZero() && !calendar.Kept(at) {
			bad = append(bad, fault.Field{Name: name, Message: "give a moment in the past, of the years from 1900 on"})
		}
	}
	if err := fault.InvalidFields(bad); err != nil {
		return 0, err
	}
	err = s.store.InTx(ctx, func(ctx context.Context) error {
		id, err = s.work.Begin(ctx, acct, Kind, b, 0, author)
		return err
	})
	return id, err
}

// Daily begins the operations that the accounts' settings ask for, once a day on all nodes together. An account that fails keeps none behind it
// waiting, and is tried again when Daily is asked next; those that have begun are not.
func (s *Service) Daily(ctx context.Context) error {
	now := s.clock.Now()
	day := now.Unix() / (24 * 60 * 60)
	done, err := s.store.DayClaimed(ctx, Kind, day)
	if err != nil || done {
		return err
	}
	ids, err := s.accounts.IDs(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range ids {
		if err := s.daily(ctx, id, now, day); err != nil {
			failed = append(failed, fmt.Errorf("account %d: %w", id, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	if err := errors.Join(failed...); err != nil || ctx.Err() != nil {
		return err
	}
	_, err = s.store.ClaimDay(ctx, Kind, day)
	return err
}

// daily begins one account's operation together with the mark that it has begun.
func (s *Service) daily(ctx context.Context, id int64, now time.Time, day int64) error {
	a, err := s.accounts.Account(ctx, id)
	if err != nil {
		return err
	}
	var b Before
	if n := a.Settings.KeepHistoryMonths; n > 0 {
		b.History = now.AddDate(0, -n, 0)
	}
	if n := a.Settings.KeepContentMonths; n > 0 {
		b.Content = now.AddDate(0, -n, 0)
	}
	if b.History.IsZero() && b.Content.IsZero() {
		return nil
	}
	return s.store.InTx(ctx, func(ctx context.Context) error {
		first, err := s.store.ClaimDay(ctx, Kind+"."+strconv.FormatInt(id, 10), day)
		if err != nil || !first {
			return err
		}
		_, err = s.Begin(ctx, id, b, "system")
		return err
	})
}
