package retention_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tactus/internal/app/apptest"
	"tactus/internal/contact"
	"tactus/internal/fault"
	"tactus/internal/history"
	"tactus/internal/message"
	"tactus/internal/retention"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
	"tactus/internal/work"
)

const (
	day = 24 * time.Hour
	// A short run, and one that goes round and lives on.
	short = `plan: Short
steps:
  - {name: Hi, action: send_email, when: immediately, subject: Hi, body: "Hi {{ contact.first_name }}"}
  - {name: Note, action: add_note, when: 1 day after previous, text: noted}
`
	long = `plan: Long
steps:
  - {name: Often, action: send_email, when: 20 days after start, subject: Often, body: x}
  - {name: Tag, action: add_tags, when: 1 day after previous, tags: [Round]}
  - {name: Again, action: repeat_plan, when: immediately}
`
)

// old is an office that has been at work for a year.
func old(t *testing.T, db *store.DB) (o *apptest.Office, ended, live int64) {
	t.Helper()
	o = apptest.New(t, db)
	ended, live = o.Lead("ended@example.com"), o.Lead("live@example.com")
	o.Assign(o.Plan(short), ended)
	o.Assign(o.Plan(long), live)
	o.OK(o.Contacts.RecordConsent(t.Context(), o.ID, ended, []contact.Consent{{Channel: "sms", Act: contact.Grant, Basis: "express", Method: "hand"}}, "test"))
	o.OK(o.Contacts.OptOut(t.Context(), o.ID, "email", "gone@example.com", "asked", "test"))
	weeks(o, 52)
	return o, ended, live
}

func weeks(o *apptest.Office, n int) {
	for range 7 * n {
		o.Settle()
		o.Clock.Advance(day)
	}
	o.Settle()
}

// prune carries a whole operation out and returns it.
func prune(o *apptest.Office, b retention.Before) work.Operation {
	o.Helper()
	id, err := o.Retain.Begin(o.Context(), o.ID, b, "test")
	o.OK(err)
	for range 1000 {
		op, err := o.Jobs.Get(o.Context(), o.ID, id)
		o.OK(err)
		if op.Status.Ended() {
			if op.Status != work.Done {
				o.Fatal(op.Message)
			}
			return op
		}
		_, err = o.Work.RunOnce(o.Context())
		o.OK(err)
	}
	o.Fatal("it does not end")
	return work.Operation{}
}

func kinds(o *apptest.Office, contactID int64) []string {
	o.Helper()
	rows, err := o.DB.HistorySince(o.Context(), o.ID, contactID, 0)
	o.OK(err)
	var out []string
	for _, r := range rows {
		out = append(out, r.Kind+" "+r.Outcome)
	}
	return out
}

// CMP-9: what is older goes, once it is of no run that lives; the ledger, suppressed addresses and what is counted stay. A dry run only counts.
func TestPrune(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o, ended, live := old(t, db)
		half := o.Clock.Now().Add(-180 * day)
		before, liveBefore := kinds(o, ended), kinds(o, live)
		b := retention.Before{History: half, Content: half, DryRun: true}
		dry := prune(o, b)
		if got := kinds(o, ended); !slices.Equal(got, before) || dry.Counts["history"] == 0 || dry.Counts["content"] == 0 {
			t.Fatalf("a dry run: %v, %v", dry.Counts, got)
		}
		b.DryRun = false
		if op := prune(o, b); op.Counts["history"] != dry.Counts["history"] || op.Counts["content"] != dry.Counts["content"] {
			t.Errorf("%v went, %v were told", op.Counts, dry.Counts)
		}
		if got := kinds(o, ended); len(got) != 0 {
			t.Errorf("left of a year ago: %v", got)
		}
		var steps []string
		for _, k := range liveBefore {
			if strings.HasPrefix(k, "step") {
				steps = append(steps, k)
			}
		}
		if got := o.Steps(live); len(got) != len(steps) {
			t.Errorf("of the live run %d steps are left of %d", len(got), len(steps))
		}
		if again := prune(o, b); again.Done != 0 {
			t.Errorf("there was more: %v", again.Counts)
		}
		stays(t, o, ended)
	})
}

// stays: consent, suppressed addresses, the list of messages, and content that is young or may be needed.
func stays(t *testing.T, o *apptest.Office, ended int64) {
	t.Helper()
	ledger, err := o.Contacts.Ledger(t.Context(), o.ID, ended)
	must(t, err)
	if len(ledger) < 2 {
		t.Errorf("the ledger has %d entries", len(ledger))
	}
	list, err := o.DB.ListMessages(t.Context(), o.ID, message.LogQuery{Limit: 500})
	must(t, err)
	withContent := 0
	for _, m := range list {
		_, err := o.DB.MessageContent(t.Context(), o.ID, m.ID)
		switch young := m.DoneAt.After(o.Clock.Now().Add(-180 * day)); {
		case err == nil && young:
			withContent++
		case err == nil || young || !fault.Is(err, fault.NotFound):
			t.Errorf("message %d of %s: %v", m.ID, m.DoneAt, err)
		}
	}
	if withContent == 0 || withContent == len(list) {
		t.Errorf("%d of %d messages have their content", withContent, len(list))
	}
	other := o.Lead("gone@example.com")
	full, err := o.Plans.ByName(t.Context(), o.ID, "Short")
	must(t, err)
	o.Assign(full.Plan.ID, other)
	o.Settle()
	if got := o.Steps(other); !slices.Equal(got, []string{"1.1 s1 skipped opted_out"}) {
		t.Errorf("an address that has refused: %v", got)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What goes changes nothing that the engine and the gates decide: of two offices that live alike, one forgets all it may, all the time.
func TestTheEngineDoesNotNotice(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		a, _, live := old(t, storetest.Memory(t))
		b, _, same := old(t, db)
		if live != same {
			t.Fatal("the offices differ")
		}
		for range 12 {
			weeks(a, 1)
			weeks(b, 1)
			prune(b, retention.Before{History: b.Clock.Now(), Content: b.Clock.Now()})
		}
		if x, y := a.Wire.Sent(), b.Wire.Sent(); !slices.Equal(x, y) {
			t.Errorf("sent %v\nand forgetting %v", x, y)
		}
		if x, y := a.Messages(live), b.Messages(live); !slices.Equal(x, y) {
			t.Errorf("messages %v\nand forgetting %v", x, y)
		}
		plan, err := a.Plans.ByName(t.Context(), a.ID, "Long")
		must(t, err)
		x, y := a.Row(plan.Plan.ID, live), b.Row(plan.Plan.ID, live)
		if x.Raw != y.Raw || !x.DueAt.Equal(y.DueAt) {
			t.Errorf("the run is %s, due %s\nand forgetting %s, due %s", x.Raw, x.DueAt, y.Raw, y.DueAt)
		}
	})
}

// More rows than a chunk, of two accounts: only the one that asked forgets, chunk by chunk, and a cancelled operation leaves the rest.
func TestManyRows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		const n = 3000
		for _, acct := range []int64{o.ID + 1, o.ID} { // the walk goes past what is another's
			rows := make([]history.Row, n)
			for i := range rows {
				rows[i] = history.Row{AccountID: acct, ContactID: 77, Kind: "note", At: o.Clock.Now().Add(time.Duration(i-n/2) * time.Minute), Author: "test"}
			}
			must(t, db.AppendHistory(t.Context(), rows))
		}
		left := func(acct int64) int {
			rows, err := db.HistorySince(t.Context(), acct, 77, 0)
			must(t, err)
			return len(rows)
		}
		op := prune(o, retention.Before{History: o.Clock.Now()})
		if op.Counts["history"] != n/2 || left(o.ID) != n/2 || left(o.ID+1) != n {
			t.Errorf("%v went; %d and %d are left", op.Counts, left(o.ID), left(o.ID+1))
		}
	})
}

// The settings ask for it every day, once on all nodes; what cannot be is refused.
func TestDaily(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		begun := func() int {
			list, err := o.Jobs.List(t.Context(), o.ID, work.Query{Kind: retention.Kind, Limit: 50})
			must(t, err)
			return len(list)
		}
		must(t, o.Retain.Daily(t.Context()))
		if begun() != 0 {
			t.Error("history is kept for ever unless the account says otherwise")
		}
		a, err := o.Accounts.Account(t.Context(), o.ID)
		must(t, err)
		a.Settings.KeepHistoryMonths = 1201
		if err := o.Accounts.Update(t.Context(), a, "test"); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
		a.Settings.KeepHistoryMonths = 24
		must(t, o.Accounts.Update(t.Context(), a, "test"))
		for d := range 3 {
			o.Clock.Advance(day)
			must(t, errors.Join(o.Retain.Daily(t.Context()), o.Second().Retain.Daily(t.Context()), o.Retain.Daily(t.Context())))
			if begun() != d+1 {
				t.Errorf("day %d: %d operations", d, begun())
			}
		}
		for _, b := range []retention.Before{{}, {History: o.Clock.Now().Add(time.Hour)}} {
			if _, err := o.Retain.Begin(t.Context(), o.ID, b, "test"); !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", b, err)
			}
		}
	})
}

// A SQLite file becomes smaller again.
func TestRoomIsGivenBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tactus.db")
	size := func(work func(o *apptest.Office)) int64 {
		db, err := store.Open(t.Context(), path, store.Options{})
		must(t, err)
		must(t, db.Migrate(t.Context()))
		work(apptest.New(t, db))
		must(t, db.Close())
		info, err := os.Stat(path)
		must(t, err)
		return info.Size()
	}
	full := size(func(o *apptest.Office) {
		rows := make([]history.Row, 10_000)
		for i := range rows {
			rows[i] = history.Row{AccountID: o.ID, ContactID: int64(i), Kind: "note", At: apptest.Start, Author: "test", Detail: strings.Repeat("x", 2000)}
		}
		o.OK(o.DB.AppendHistory(t.Context(), rows))
	})
	left := size(func(o *apptest.Office) {
		o.Clock.Advance(day)
		prune(o, retention.Before{History: o.Clock.Now()})
		o.OK(o.DB.GiveBack(t.Context()))
	})
	if left > full/3 {
		t.Errorf("%d bytes of %d are left", left, full)
	}
}
