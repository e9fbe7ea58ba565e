package delivery_test

import (
	"testing"

	"tactus/internal/app/apptest"
	"tactus/internal/delivery"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/message"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// ENG-1, ENG-5: a message in doubt whose run could not take that in yet does not go again, or the run would wait for ever.
func TestSendAgainStrandsNoRun(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, c := o.Plan(hello), o.Lead("ann@example.com")
		o.Assign(p, c)
		o.Move()
		if _, _, err := sender(o, parts{store: lost{db.Outbox()}}).RunOnce(t.Context()); err == nil {
			t.Error("the answer is recorded")
		}
		runs := enroll.NewService(poison{db, everybody, false}, o.Clock, o.Actions)
		_ = sender(o, parts{runs: runs}).Doubt(t.Context(), true) // it tells which one it was
		same(t, "messages", o.Messages(c), "hi uncertain")
		list, err := db.ListMessages(t.Context(), o.ID, message.LogQuery{Contact: c, Limit: 9})
		o.OK(err)
		settle := delivery.NewSettle(db, o.Clock)
		if err := settle.SendAgain(t.Context(), o.ID, list[0].ID, "test"); !fault.Is(err, fault.Conflict) {
			t.Errorf("it goes again while its run waits: %v", err)
		}
		if n, err := o.Delivery.Reconcile(t.Context(), db); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		o.OK(settle.SendAgain(t.Context(), o.ID, list[0].ID, "test"))
		o.Settle()
		same(t, "messages", o.Messages(c), "hi accepted")
		same(t, "steps", o.Steps(c), "1.1 hi fired")
	})
}
