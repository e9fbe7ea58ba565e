package store_test

import (
	"strings"
	"testing"

	"tactus/internal/account"
	"tactus/internal/app/apptest"
	"tactus/internal/retention"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
	"tactus/internal/work"
)

// CMP-9: of three accounts the first one fails; the others are pruned all the same, once, and it is as soon as it can be.
func TestDailyOfAnAccountThatFails(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		offices := []*apptest.Office{o, o.Neighbour("second"), o.Neighbour("third")}
		for _, o := range offices {
			o.Change(func(a *account.Account) { a.Settings.KeepHistoryMonths = 24 })
		}
		begun := func() (out [3]int) {
			for i, o := range offices {
				list, err := o.Jobs.List(t.Context(), o.ID, work.Query{Kind: retention.Kind, Limit: 50})
				o.OK(err)
				out[i] = len(list)
			}
			return out
		}
		var settings string
		o.OK(db.Get(t.Context(), `SELECT settings FROM account WHERE id = $1`, []any{o.ID}, &settings))
		change(t, db, `UPDATE account SET settings = '{' WHERE id = $1`, o.ID)
		for range 2 {
			if err := o.Retain.Daily(t.Context()); err == nil || !strings.Contains(err.Error(), "settings cannot be read") {
				t.Errorf("the failure is not told: %v", err)
			}
			if got := begun(); got != [3]int{0, 1, 1} {
				t.Errorf("begun %v", got)
			}
		}
		change(t, db, `UPDATE account SET settings = $1 WHERE id = $2`, settings, o.ID)
		for range 2 {
			o.OK(o.Second().Retain.Daily(t.Context()))
			if got := begun(); got != [3]int{1, 1, 1} {
				t.Errorf("begun %v", got)
			}
		}
	})
}
