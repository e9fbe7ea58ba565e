package retention_test

import (
	"slices"
	"testing"
	"time"

	"tactus/internal/app/apptest"
	"tactus/internal/channel"
	"tactus/internal/delivery"
	"tactus/internal/fault"
	"tactus/internal/retention"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// letter writes to a contact by hand and returns the message's id.
func letter(o *apptest.Office, to int64) int64 {
	o.Helper()
	id, err := o.Desk.Write(o.Context(), o.ID, delivery.Letter{Contact: to, Subject: "Hi", Text: "by hand"})
	o.OK(err)
	return id
}

// CMP-9: a message in doubt that a person has settled is as old as that word; then its content goes like any other's.
func TestContentOfASettledMessage(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		o.Wire.Always(channel.Receipt{Result: channel.InDoubt, Text: "no answer"})
		id := letter(o, o.Lead("doubt@example.com"))
		o.Settle()
		o.Clock.Advance(365 * day)
		all := retention.Before{Content: o.Clock.Now()}
		if op := prune(o, all); op.Done != 0 {
			t.Errorf("of a message in doubt went %v", op.Counts)
		}
		must(t, delivery.NewSettle(db, o.Clock).Arrived(t.Context(), o.ID, id, "test"))
		o.Clock.Advance(time.Minute)
		all.Content = o.Clock.Now()
		if op := prune(o, all); op.Counts["content"] != 1 {
			t.Errorf("after a person's word went %v", op.Counts)
		}
	})
}

// CMP-9: a letter that never left holds what was written to somebody, too.
func TestContentOfALetterThatWasSkipped(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		to := o.Lead("gone@example.com")
		id := letter(o, to)
		o.OK(o.Contacts.OptOut(t.Context(), o.ID, "email", "gone@example.com", "asked", "test"))
		o.Settle()
		_, err := o.DB.MessageContent(t.Context(), o.ID, id)
		if got := o.Messages(to); !slices.Equal(got, []string{" skipped"}) || !fault.Is(err, fault.NotFound) {
			t.Fatalf("%q, its bytes: %v", got, err)
		}
		o.Clock.Advance(day)
		for _, want := range []int64{1, 0} {
			if op := prune(o, retention.Before{Content: o.Clock.Now()}); op.Counts["content"] != want {
				t.Errorf("%v went, want %d", op.Counts, want)
			}
		}
	})
}
