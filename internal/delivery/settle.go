package delivery

import (
	"context"
	"time"

	"tactus/internal/clock"
	"tactus/internal/enroll"
	"tactus/internal/fault"
)

// SettleStore keeps what a person decides about messages in doubt.
type SettleStore interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	// SettleUncertain moves a message that is in doubt; again hands the same bytes out once more, under the contact's gates alone. It reports
	// whether the message was in doubt; fault.NotFound when there is none, fault.Conflict when it cannot go again yet because its run has not gone on.
	SettleUncertain(ctx context.Context, account, message int64, again bool, author string, now time.Time) (bool, error)
	Signal(ctx context.Context, topic string)
}

// Settle carries out a person's word on messages in doubt (ENG-5).
type Settle struct {
	store SettleStore
	clock clock.Clock
}

// NewSettle makes it.
func NewSettle(store SettleStore, c clock.Clock) *Settle { return &Settle{store, c} }

// SendAgain hands the same bytes to the carrier once more.
func (s *Settle) SendAgain(ctx context.Context, account, message int64, author string) error {
	return s.settle(ctx, account, message, true, author)
}

// Arrived says that the message has arrived.
func (s *Settle) Arrived(ctx context.Context, account, message int64, author string) error {
	return s.settle(ctx, account, message, false, author)
}

func (s *Settle) settle(ctx context.Context, account, message int64, again bool, author string) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		ok, err := s.store.SettleUncertain(ctx, account, message, again, author, s.clock.Now())
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Conflict, "the message is not uncertain: its fate is known")
		}
		s.store.Signal(ctx, enroll.TopicDelivery)
		return nil
	})
}
