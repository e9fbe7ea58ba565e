package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tactus/internal/app/apptest"
	"tactus/internal/engine"
	"tactus/internal/enroll"
	"tactus/internal/plan"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// poison lets the database refuse whatever is written for some enrollments, or the program die of it.
type poison struct {
	*store.DB
	bad    map[int64]bool
	panics bool
	writes *atomic.Int32
}

func (p poison) Write(ctx context.Context, w *enroll.Writes) error {
	p.writes.Add(1)
	for _, r := range w.Rows {
		if p.bad[r.ID] && p.panics {
			panic("a bug that only this enrollment meets")
		}
		if p.bad[r.ID] {
			return fmt.Errorf("the database refuses enrollment %d", r.ID)
		}
	}
	return p.DB.Write(ctx, w)
}

// ENG-8: an enrollment that cannot be moved is tried 5 times and paused, with the error on its plan; its batch goes on at once, and to find it
// costs about the logarithm of the batch, not a transaction for each that is sound.
func TestPoisonedBatch(t *testing.T) {
	t.Parallel()
	for _, panics := range []bool{false, true} {
		t.Run(fmt.Sprintf("panics %t", panics), func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				o := apptest.New(t, db)
				p, people := o.Plan(noted), o.Crowd("a", 256)
				o.Assign(p, people...)
				bad := map[int64]bool{people[7]: true, people[200]: true}
				sick := poison{db, map[int64]bool{}, panics, &atomic.Int32{}}
				for c := range bad {
					sick.bad[o.Row(p, c).ID] = true
				}
				moves := enroll.NewService(sick, o.Clock, o.Actions)
				e := engine.New(db, moves, o.Clock, slog.New(slog.DiscardHandler), engine.Options{})
				_, _, err := e.RunOnce(t.Context())
				o.OK(err)
				if n := sick.writes.Load(); n > 1+2*2*8 { // two of 256, each found by halving 8 times
					t.Errorf("%d transactions to set two enrollments aside", n)
				}
				for _, c := range people {
					if got := len(o.Steps(c)); got != 1 && !bad[c] {
						t.Errorf("contact %d: %d steps", c, got)
					}
				}
				for try := 2; try <= 5; try++ {
					if r := o.Row(p, people[7]); r.Status != plan.Active || r.Tries != try-1 {
						t.Errorf("before try %d: %s after %d tries", try, r.Status, r.Tries)
					}
					o.Clock.Advance(24 * time.Hour)
					_, _, err := e.RunOnce(t.Context())
					o.OK(err)
				}
				for c := range bad {
					if r := o.Row(p, c); r.Status != plan.Paused || len(r.Holders) != 1 || r.Holders[0] != enroll.HeldByEngine || r.Tries != 5 {
						t.Errorf("%+v", r)
					}
				}
				head, err := db.PlanHead(t.Context(), o.ID, p)
				o.OK(err)
				if !strings.Contains(head.Problem, "engine error") {
					t.Errorf("the plan says %q", head.Problem)
				}
				if text, err := db.EngineErrors(t.Context(), o.ID); err != nil || text == "" {
					t.Errorf("the error is not kept: %q (%v)", text, err)
				}
			})
		})
	}
}

// unloadable has one version that no program can read.
type unloadable struct {
	*store.DB
	version int64
}

func (u unloadable) LoadVersions(ctx context.Context, account int64, ids []int64) ([]*plan.Version, error) {
	versions, err := u.DB.LoadVersions(ctx, account, ids)
	for _, v := range versions {
		if v.ID == u.version {
			v.Document.Steps[0].Action = "of_another_program"
		}
	}
	return versions, err
}

// ENG-8: enrollments whose version does not load are paused after 5 tries; others of the same batch go on.
func TestUnloadableVersion(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		bad, good := o.Plan(noted), o.Plan("plan: Good\nsteps:\n  - {id: note, name: Note, action: add_note, when: immediately, text: noted}\n")
		people := o.Leads(3)
		o.Assign(bad, people...)
		o.Assign(good, people...)
		moves := enroll.NewService(unloadable{db, o.Row(bad, people[0]).VersionID}, o.Clock, o.Actions)
		e := engine.New(db, moves, o.Clock, slog.New(slog.DiscardHandler), engine.Options{})
		for range 5 {
			for range 3 { // a contact's two plans are moved one after the other
				_, _, err := e.RunOnce(t.Context())
				o.OK(err)
			}
			o.Clock.Advance(24 * time.Hour)
		}
		for _, c := range people {
			if r := o.Row(bad, c); r.Status != plan.Paused || r.Tries != 5 {
				t.Errorf("%+v", r)
			}
			if got := o.Steps(c); len(got) != 1 {
				t.Errorf("the other plan: %q", got)
			}
		}
	})
}

// lost has an account whose settings do not load.
type lost struct {
	*store.DB
	account int64
}

func (l lost) LoadAccount(ctx context.Context, id int64) (*enroll.Account, error) {
	if id == l.account {
		return nil, fmt.Errorf("the settings of account %d cannot be read", id)
	}
	return l.DB.LoadAccount(ctx, id)
}

// ENG-8: an account whose settings do not load holds nobody up, and none of its enrollments is blamed: they stay due until it loads.
func TestUnloadableAccount(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p, people := o.Plan(noted), o.Leads(3)
		o.Assign(p, people...)
		other := o.Neighbour("second")
		q, d := other.Plan(noted), other.Lead("bob@example.com")
		other.Assign(q, d)
		moves := enroll.NewService(lost{db, o.ID}, o.Clock, o.Actions)
		e := engine.New(db, moves, o.Clock, slog.New(slog.DiscardHandler), engine.Options{})
		for range 6 {
			if _, _, err := e.RunOnce(t.Context()); err == nil {
				t.Error("the failure is not told")
			}
			o.Clock.Advance(24 * time.Hour)
		}
		if got := other.Steps(d); len(got) != 1 {
			t.Errorf("the other account: %q", got)
		}
		for _, c := range people {
			if r := o.Row(p, c); r.Tries != 0 || r.Status != plan.Active {
				t.Errorf("%+v", r)
			}
		}
		o.Move()
		for _, c := range people {
			if got := o.Steps(c); len(got) != 1 {
				t.Errorf("once it loads: %q", got)
			}
		}
	})
}
