package store_test

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"tactus/internal/channel"
	"tactus/internal/delivery"
	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// outMessage is a row of the outbox as the cases below need it.
type outMessage struct {
	account int64
	channel string
	lane    int
	try     time.Time
	class   string
	enroll  int64
	step    string
}

func queue(t *testing.T, db *store.DB, m outMessage) int64 {
	t.Helper()
	if m.channel == "" {
		m.channel = channel.Email
	}
	if m.class == "" {
		m.class = "manual"
	}
	if m.account == 0 {
		m.account = 1
	}
	var id int64
	if err := db.Get(t.Context(), `INSERT INTO message (account_id, contact_id, enrollment_id, run, step, class, channel, status, lane, due_at, try_at, content, created_at)
		VALUES ($1, 9, $2, 1, $3, $4, $5, 'ready', $6, $7, $7, '{"text":"hi"}', $7) RETURNING id`,
		[]any{m.account, m.enroll, m.step, m.class, m.channel, m.lane, m.try.UnixMilli()}, &id); err != nil {
		t.Fatal(err)
	}
	return id
}

func claim(t *testing.T, db *store.DB, limit int, lease time.Duration) []delivery.Message {
	t.Helper()
	got, err := db.Outbox().ClaimMessages(t.Context(), delivery.Lane{Account: 1, Channel: channel.Email}, noon, limit, lease)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func marksOf(messages []delivery.Message) []delivery.Mark {
	var marks []delivery.Mark
	for _, m := range messages {
		marks = append(marks, delivery.Mark{
			Message: m.ID, Token: m.Token, Address: "ann@example.com", Subject: "Hello", Carrier: "sandbox",
			Body: &channel.Composed{
				EnvelopeFrom: "me@example.com", EnvelopeTo: "ann@example.com", Ref: fmt.Sprintf("<%d@x>", m.ID),
				Raw: []byte{0, 0xff, '\n', byte(m.Attempts)}, Preview: channel.Content{Subject: "Hello", Text: "hi"},
			},
		})
	}
	return marks
}

func messageIDs(messages []delivery.Message) []int64 {
	var out []int64
	for _, m := range messages {
		out = append(out, m.ID)
	}
	return out
}

func row(t *testing.T, db *store.DB, id int64, columns string) string {
	t.Helper()
	got, err := db.Strings(t.Context(), `SELECT `+columns+` FROM message WHERE id = $1`, id)
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	return got[0]
}

// TestClaimOrder: those that have just started go first, then by moment (ENG-8); what is leased is left alone.
func TestClaimOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		late := queue(t, db, outMessage{lane: 1, try: noon})
		old := queue(t, db, outMessage{lane: 1, try: noon.Add(-time.Hour)})
		lead := queue(t, db, outMessage{lane: 0, try: noon})
		queue(t, db, outMessage{lane: 0, try: noon.Add(time.Minute)}) // not yet
		queue(t, db, outMessage{account: 2, try: noon})
		queue(t, db, outMessage{channel: channel.SMS, try: noon})
		first, second, third := claim(t, db, 2, time.Minute), claim(t, db, 5, time.Minute), claim(t, db, 5, time.Minute)
		if got := messageIDs(first); !slices.Equal(got, []int64{lead, old}) {
			t.Errorf("first %v, want %v", got, []int64{lead, old})
		}
		if got := messageIDs(second); !slices.Equal(got, []int64{late}) || len(third) != 0 {
			t.Errorf("second %v, third %v", got, third)
		}
		m := first[0]
		if m.Token != 1 || m.Contact != 9 || m.Class != delivery.Manual || string(m.Content) != `{"text":"hi"}` || !m.DueAt.Equal(noon) || m.Body != nil {
			t.Errorf("the message came as %+v", m)
		}
	})
}

func TestDueLanes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := db.Outbox()
		due := func(now time.Time) ([]delivery.Lane, time.Time) {
			t.Helper()
			lanes, next, err := o.DueLanes(t.Context(), now)
			if err != nil {
				t.Fatal(err)
			}
			return lanes, next
		}
		if lanes, next := due(noon); len(lanes) != 0 || !next.IsZero() {
			t.Fatal("an empty outbox:", lanes, next)
		}
		for i := range 3 {
			queue(t, db, outMessage{lane: i % 2, try: noon})
			queue(t, db, outMessage{account: 7, channel: channel.SMS, try: noon.Add(-time.Hour)})
			queue(t, db, outMessage{account: 8, try: noon.Add(time.Hour)})
		}
		want := []delivery.Lane{{Account: 1, Channel: channel.Email}, {Account: 7, Channel: channel.SMS}}
		if lanes, next := due(noon); !slices.Equal(lanes, want) || !next.Equal(noon.Add(time.Hour)) {
			t.Error(lanes, next)
		}
		claim(t, db, 10, time.Minute) // has them: nobody else needs to look
		if lanes, _ := due(noon); !slices.Equal(lanes, want[1:]) {
			t.Error("after a claim:", lanes)
		}
		if lanes, next := due(noon.Add(2 * time.Hour)); len(lanes) != 2 || !next.IsZero() {
			t.Error("later:", lanes, next)
		}
	})
}

// TestHanding follows a message from the claim to its second hand-over: the same bytes, the first moment of trying, and no write by
// a token that is over (ENG-4, PLAN-26).
func TestHanding(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := t.Context(), db.Outbox()
		id := queue(t, db, outMessage{try: noon})
		got := claim(t, db, 1, time.Minute)
		ready, err := o.LockMessages(ctx, 1, got)
		if err != nil || !ready[id] {
			t.Fatal(ready, err)
		}
		if err := o.MarkHanding(ctx, 1, marksOf(got), noon, time.Minute); err != nil {
			t.Fatal(err)
		}
		if s := row(t, db, id, `status || ' ' || attempts || ' ' || address || ' ' || subject || ' ' || ref || ' ' || carrier || ' ' || (handed_at - first_try_at)`); s != "handing 1 ann@example.com Hello <1@x> sandbox 0" {
			t.Error(s)
		}
		if ready, err = o.LockMessages(ctx, 1, got); err != nil || ready[id] {
			t.Error("a message that is being handed over is ready:", err)
		}
		if err := o.MarkHanding(ctx, 1, marksOf(got), noon, time.Minute); !fault.Is(err, fault.Conflict) {
			t.Error("marked twice:", err)
		}
		again := noon.Add(time.Minute)
		out := []delivery.Outcome{{Message: id, Token: got[0].Token, Status: delivery.Ready, Reason: "carrier_down", Answer: "421 later\x00", TryAt: noon}}
		if done, err := o.Record(ctx, 1, out, again); err != nil || !done[id] {
			t.Fatal(done, err)
		}
		second := claim(t, db, 1, time.Minute)
		if len(second) != 1 || second[0].Attempts != 1 || !second[0].FirstTry.Equal(noon) || second[0].Token != 2 {
			t.Fatalf("the second claim: %+v", second)
		}
		body := second[0].Body
		if body == nil || !bytes.Equal(body.Raw, []byte{0, 0xff, '\n', 0}) || body.Ref != "<1@x>" || body.Preview.Subject != "Hello" || body.EnvelopeTo != "ann@example.com" {
			t.Fatalf("the bytes of the first hand-over: %+v", body)
		}
		if err := o.MarkHanding(ctx, 1, marksOf(second), again, time.Minute); err != nil { // offers other bytes
			t.Fatal(err)
		}
		out[0].Status = delivery.Accepted
		if done, err := o.Record(ctx, 1, out, again); err != nil || done[id] {
			t.Error("a late sender wrote:", done, err)
		}
		out[0].Token, out[0].CarrierID, out[0].Reason, out[0].Answer = 2, "c7", "", "250 ok"
		if done, err := o.Record(ctx, 1, out, again); err != nil || !done[id] {
			t.Error(done, err)
		}
		if s := row(t, db, id, `status || ' ' || carrier_id || ' ' || answer || ' ' || (done_at - first_try_at) || ' ' || COALESCE(try_at, -1)`); s != "accepted c7 250 ok 60000 -1" {
			t.Error(s)
		}
		if done, err := o.Record(ctx, 1, out, again); err != nil || done[id] {
			t.Error("written twice:", done, err)
		}
		if raws, err := db.Strings(ctx, `SELECT COUNT(*) FROM message_body WHERE raw = $1`, []byte{0, 0xff, '\n', 0}); err != nil || raws[0] != "1" {
			t.Error("the first bytes did not stay:", raws, err)
		}
	})
}

// TestRecordStatuses: which outcomes are tried again by the row itself, and which have ended.
func TestRecordStatuses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for status, want := range map[delivery.Status]string{
			delivery.Accepted: "false false", delivery.Refused: "false false", delivery.Failed: "false false", delivery.Withdrawn: "false false",
			delivery.Skipped: "false false", delivery.Waiting: "false true", delivery.Held: "false true", delivery.Uncertain: "false true", delivery.Ready: "true true",
		} {
			id := queue(t, db, outMessage{try: noon})
			m := claim(t, db, 1, time.Minute)[0]
			if _, err := db.Outbox().Record(t.Context(), 1, []delivery.Outcome{{Message: id, Token: m.Token, Status: status, TryAt: noon.Add(time.Hour)}}, noon); err != nil {
				t.Fatal(err)
			}
			got := row(t, db, id, `CASE WHEN try_at IS NULL THEN 'false' ELSE 'true' END || ' ' || CASE WHEN done_at IS NULL THEN 'true' ELSE 'false' END`)
			if got != want {
				t.Errorf("%s: tried again, open = %s, want %s", status, got, want)
			}
		}
	})
}

// TestExpired: one node settles a message whose sender fell silent, and the sender cannot write any more (ENG-5, DEC-13).
func TestExpired(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := t.Context(), db.Outbox()
		for range 2 {
			queue(t, db, outMessage{try: noon})
		}
		got := claim(t, db, 2, time.Minute)
		marks := marksOf(got)
		if err := o.MarkHanding(ctx, 1, marks[:1], noon, -time.Second); err != nil { // its lease is over
			t.Fatal(err)
		}
		if err := o.MarkHanding(ctx, 1, marks[1:], noon, time.Hour); err != nil {
			t.Fatal(err)
		}
		if none, err := o.ExpiredHanding(ctx, false, []int64{got[0].ID, got[1].ID}, 10); err != nil || len(none) != 0 {
			t.Error("what this process still holds:", none, err)
		}
		lost, err := o.ExpiredHanding(ctx, false, nil, 10)
		if err != nil || len(lost) != 1 || lost[0].ID != got[0].ID || lost[0].Token != 2 || lost[0].Body == nil {
			t.Fatal(lost, err)
		}
		if none, err := o.ExpiredHanding(ctx, false, nil, 10); err != nil || len(none) != 0 {
			t.Error("settled twice:", none, err)
		}
		if done, err := o.Record(ctx, 1, []delivery.Outcome{{Message: got[0].ID, Token: got[0].Token, Status: delivery.Accepted}}, noon); err != nil || len(done) != 0 {
			t.Error("the sender that fell silent wrote:", done, err)
		}
		if all, err := o.ExpiredHanding(ctx, true, nil, 10); err != nil || len(all) != 2 {
			t.Error("after a start:", all, err)
		}
	})
}

// TestRelease: what was claimed and not handed over is given back, also when the mark was committed and its sender never heard of it; who has
// lost the message gives nothing back.
func TestRelease(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := t.Context(), db.Outbox()
		for range 3 {
			queue(t, db, outMessage{try: noon})
		}
		got := claim(t, db, 3, time.Hour)
		if err := o.MarkHanding(ctx, 1, marksOf(got[:2]), noon, time.Hour); err != nil {
			t.Fatal(err)
		}
		late := got[0]
		late.Token--
		if err := o.Release(ctx, 1, got[:2], false); err != nil { // as of a claim that never was
			t.Fatal(err)
		}
		if s := row(t, db, got[1].ID, `status`); s != "handing" {
			t.Errorf("somebody's hand-over was taken back: it is %s", s)
		}
		if err := o.Release(ctx, 1, []delivery.Message{late, got[1], got[2]}, true); err != nil {
			t.Fatal(err)
		}
		again := claim(t, db, 3, time.Hour)
		if len(again) != 2 || again[0].ID != got[1].ID || again[0].Attempts != 1 || again[0].Body == nil || again[1].ID != got[2].ID {
			t.Errorf("%+v", again)
		}
	})
}

// TestClaimLeaseEnds: a sender that died between the claim and the hand-over has sent nothing; the message goes to the next.
func TestClaimLeaseEnds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		id := queue(t, db, outMessage{try: noon})
		first := claim(t, db, 1, -time.Second)
		second := claim(t, db, 1, time.Minute)
		if len(second) != 1 || second[0].ID != id {
			t.Fatal(second)
		}
		ready, err := db.Outbox().LockMessages(t.Context(), 1, first)
		if err != nil || len(ready) != 0 {
			t.Error("the first sender still holds it:", ready, err)
		}
	})
}

// TestClaimsDoNotOverlap: many senders at once, each message once (ENG-3).
func TestClaimsDoNotOverlap(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for range 60 {
			queue(t, db, outMessage{try: noon})
		}
		var mu sync.Mutex
		seen := map[int64]int{}
		var senders sync.WaitGroup
		for range 4 {
			senders.Go(func() {
				for {
					got := claim(t, db, 7, time.Minute)
					mu.Lock()
					for _, m := range got {
						seen[m.ID]++
					}
					enough := len(seen) == 60
					mu.Unlock()
					if enough || len(got) == 0 && !db.Nodes() {
						return
					}
				}
			})
		}
		senders.Wait()
		if len(seen) != 60 {
			t.Errorf("%d of 60 were claimed", len(seen))
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("message %d was claimed %d times", id, n)
			}
		}
	})
}
