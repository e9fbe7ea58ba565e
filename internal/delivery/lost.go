package delivery

import (
	"context"
	"fmt"
	"time"

	"tactus/internal/channel"
	"tactus/internal/enroll"
)

// covers reports whether a message may have left in the lost time: whatever was due by its end, however long before, since it may
// have waited for its opening or its carrier. What a person sends again has that moment as its due moment.
func (l Lost) covers(m Message) bool { return !l.Until.IsZero() && !m.DueAt.After(l.Until) }

func (l Lost) doubt() channel.Receipt {
	return channel.Receipt{Result: channel.InDoubt, Text: fmt.Sprintf("it may have left between the backup (%s) and its restore (%s)",
		l.From.Format(time.RFC3339), l.Until.Format(time.RFC3339))}
}

// HoldStore keeps whether sending is held.
type HoldStore interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	Lost(ctx context.Context) (Lost, error)
	// ReleaseSending lets messages leave again; false when they were not held.
	ReleaseSending(ctx context.Context) (bool, error)
	Signal(ctx context.Context, topic string)
}

// Hold is a person's word on sending after a restore.
type Hold struct{ store HoldStore }

// NewHold makes it.
func NewHold(store HoldStore) *Hold { return &Hold{store} }

// Lost tells what the last restore lost, and whether sending is held since.
func (h *Hold) Lost(ctx context.Context) (Lost, error) { return h.store.Lost(ctx) }

// Release lets messages leave again, on every node. To release what is not held changes nothing.
func (h *Hold) Release(ctx context.Context) error {
	return h.store.InTx(ctx, func(ctx context.Context) error {
		held, err := h.store.ReleaseSending(ctx)
		if err == nil && held {
			h.store.Signal(ctx, enroll.TopicDelivery)
		}
		return err
	})
}
