package fault_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tactus/client"
	"tactus/internal/channel/smtptest"
)

// letters is two emails some days apart with a step that follows the first, whatever becomes of that.
const letters = `plan: Letters
source: Web
steps:
  - {id: one, name: One, action: send_email, when: immediately, subject: One, body: One.}
  - {id: note, name: Note, action: add_note, when: immediately, text: Noted}
  - {id: two, name: Two, action: send_email, when: 3 days after start, subject: Two, body: Two.}
`

// The carrier answers 4xx: the same bytes are tried again with growing gaps, and later steps with their own time go on (ENG-7, DEC-2, PLAN-26).
func TestCarrierSaysLater(t *testing.T) {
	t.Parallel()
	later := smtptest.Fault{At: smtptest.Data, Code: 451, Enhanced: [3]int{4, 7, 1}, Text: "greylisted", Times: 3}
	each(t, smtptest.Options{Faults: []smtptest.Fault{later}}, func(h *house) {
		plan(h, h.Client, letters+"  - {id: own, name: Own time, action: add_note, when: 1 minute after start, text: Noted}\n")
		ann := h.lead("ann@example.com")
		m := h.comes(ann, "waiting", 1)
		first := ok[[]byte](h)(h.RawMessage(h.Context(), m.ID))
		for try := 1; try <= 3; try++ {
			if m.Status != "waiting" || m.Reason != "carrier_down" || m.Answer != "451 4.7.1 greylisted" {
				h.Errorf("try %d: %+v", try, m)
			}
			h.did(ann, []string{"own fired"}[:min(try-1, 1)]...)
			before := *m.HandedAt
			m = h.retried(ann)
			gap := m.HandedAt.Sub(before)
			if least := time.Minute << (try - 1); gap < least || gap > least+least/4 {
				h.Errorf("gap %d is %v", try, gap)
			}
		}
		if m.Status != "accepted" || m.Attempts != 4 {
			h.Errorf("%+v", m)
		}
		h.did(ann, "own fired", "one fired carrier_down", "note fired carrier_down")
		if got := h.mail.Messages(); len(got) != 1 || !bytes.Equal(got[0].Raw, first) || got[0].ID != m.MessageID {
			h.Errorf("the bytes differ from those of the first try: %d messages", len(got))
		}
		h.clock.Advance(73 * time.Hour)
		h.did(ann, "own fired", "one fired carrier_down", "note fired carrier_down", "two fired")
		h.wire(2)
	})
}

// The carrier answers 4xx for ever: given up after 24 hours of tries at most an hour apart; the step has failed, the plan goes on (ENG-7).
func TestCarrierSaysLaterForADay(t *testing.T) {
	t.Parallel()
	later := smtptest.Fault{At: smtptest.Rcpt, To: "ann@example.com", Code: 450, Enhanced: [3]int{4, 2, 2}, Text: "mailbox full"}
	each(t, smtptest.Options{Faults: []smtptest.Fault{later}}, func(h *house) {
		plan(h, h.Client, letters)
		ann := h.lead("ann@example.com")
		m := h.comes(ann, "waiting", 1)
		began := h.clock.Now()
		for m.Status == "waiting" {
			m = h.retried(ann)
		}
		took := h.clock.Now().Sub(began)
		if m.Status != "failed" || m.Reason != "unreachable" || m.Answer != "450 4.2.2 mailbox full" || took < 24*time.Hour || took > 25*time.Hour+15*time.Minute {
			h.Errorf("after %v: %+v", took, m)
		}
		h.did(ann, "one failed unreachable", "note fired carrier_down")
		if e := h.run(ann); e.Status != "active" || e.Problems != 1 {
			h.Errorf("%+v", e)
		}
		h.wire(0)
	})
}

// The carrier answers 5xx: final at once, the step has failed, and the plan goes on or pauses as it says (ENG-7). Who has a dead address is
// written to no more.
func TestCarrierSaysNo(t *testing.T) {
	t.Parallel()
	faults := []smtptest.Fault{
		{At: smtptest.Rcpt, To: "ann@example.com", Code: 550, Enhanced: [3]int{5, 7, 1}, Text: "policy", Times: 1},
		{At: smtptest.Data, To: "bob@example.com", Code: 554, Enhanced: [3]int{5, 6, 0}, Text: "content", Times: 1},
		{At: smtptest.Rcpt, To: "cleo@example.com", Code: 550, Enhanced: [3]int{5, 1, 1}, Text: "no such user"},
	}
	each(t, smtptest.Options{Faults: faults}, func(h *house) {
		plan(h, h.Client, letters)
		ann, bob, cleo := h.lead("ann@example.com"), h.lead("bob@example.com"), h.lead("cleo@example.com")
		for who, reason := range map[client.ID]string{ann: "refused", bob: "refused", cleo: "bad_email"} {
			if m := h.comes(who, "refused", 1); m.Reason != reason {
				h.Errorf("%+v", m)
			}
			h.did(who, "one failed "+reason, "note fired")
		}
		h.clock.Advance(73 * time.Hour)
		h.did(ann, "one failed refused", "note fired", "two fired")
		h.did(bob, "one failed refused", "note fired", "two fired")
		h.did(cleo, "one failed bad_email", "note fired", "two skipped suppressed")
		h.wire(2)
	})
}

// A plan that pauses on a failure does so (PLAN-17), and goes on when a person resumes it.
func TestCarrierSaysNoAndThePlanPauses(t *testing.T) {
	t.Parallel()
	no := smtptest.Fault{At: smtptest.Rcpt, Code: 550, Enhanced: [3]int{5, 7, 1}, Text: "policy", Times: 1}
	each(t, smtptest.Options{Faults: []smtptest.Fault{no}}, func(h *house) {
		plan(h, h.Client, strings.Replace(letters, "source: Web", "source: Web\non_failure: pause", 1))
		ann := h.lead("ann@example.com")
		h.did(ann, "one failed refused")
		if e := h.run(ann); e.Status != "paused" || len(e.Holders) != 1 || e.Holders[0] != "failure" {
			h.Errorf("%+v", e)
		}
		ok[client.Commanded](h)(h.Command(h.Context(), h.run(ann).ID, client.Resume))
		h.did(ann, "one failed refused", "note fired")
		h.wire(0)
	})
}

// The carrier closes in the dialogue, or stalls before the content: nothing was accepted, so it is tried again (ENG-7).
func TestCarrierBreaksOffBeforeTheContent(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]smtptest.Fault{
		"closes at the greeting":   {At: smtptest.Greeting, Close: true},
		"closes after MAIL":        {At: smtptest.Mail, Close: true},
		"closes after RCPT":        {At: smtptest.Rcpt, Close: true},
		"closes after DATA":        {At: smtptest.Ask, Close: true},
		"stalls at the greeting":   {At: smtptest.Greeting, Stall: true},
		"stalls after MAIL":        {At: smtptest.Mail, Stall: true},
		"stalls after RCPT":        {At: smtptest.Rcpt, Stall: true},
		"stalls after DATA":        {At: smtptest.Ask, Stall: true},
		"421 at the greeting":      {At: smtptest.Greeting, Code: 421, Text: "too many"},
		"421 instead of an answer": {At: smtptest.Rcpt, Code: 421, Text: "closing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f.Times = 1
			each(t, smtptest.Options{Faults: []smtptest.Fault{f}}, func(h *house) {
				plan(h, h.Client, letters)
				ann := h.lead("ann@example.com")
				if m := h.comes(ann, "waiting", 1); m.Reason != "carrier_down" || m.Answer == "" {
					h.Errorf("%+v", m)
				}
				if m := h.retried(ann); m.Status != "accepted" || m.Attempts != 2 {
					h.Errorf("%+v", m)
				}
				h.did(ann, "one fired carrier_down", "note fired carrier_down")
				h.wire(1)
			})
		})
	}
}

// The carrier closes or stalls after the final dot: it may have the message. It is uncertain, counts as fired, its plan goes on, and it is not
// sent again by itself (ENG-5). A person's word settles it, once.
func TestCarrierBreaksOffAfterTheDot(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault smtptest.Fault
		taken int // before anybody says anything
	}{
		"closes, has it":     {smtptest.Fault{At: smtptest.Dot, Close: true}, 1},
		"stalls, has it":     {smtptest.Fault{At: smtptest.Dot, Stall: true}, 1},
		"closes, has it not": {smtptest.Fault{At: smtptest.Data, Close: true}, 0},
		"stalls, has it not": {smtptest.Fault{At: smtptest.Data, Stall: true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.fault.Times = 1
			each(t, smtptest.Options{Faults: []smtptest.Fault{tc.fault}}, func(h *house) {
				plan(h, h.Client, letters)
				ann := h.lead("ann@example.com")
				m := h.comes(ann, "uncertain", 1)
				if m.Answer == "" {
					h.Errorf("%+v", m)
				}
				h.did(ann, "one fired", "note fired")
				h.clock.Advance(48 * time.Hour) // nobody tries it again
				h.did(ann, "one fired", "note fired")
				h.comes(ann, "uncertain", 1)
				if n := h.mail.Counts().Accepted; n != tc.taken {
					h.Errorf("%d messages left", n)
				}
				settle, other, status := h.Arrived, h.SendAgain, "accepted"
				if tc.taken == 0 {
					settle, other = h.SendAgain, h.Arrived
				}
				ok[client.Message](h)(settle(h.Context(), m.ID))
				h.comes(ann, status, 2-tc.taken)
				for _, again := range []func() (client.Message, error){
					func() (client.Message, error) { return settle(h.Context(), m.ID) },
					func() (client.Message, error) { return other(h.Context(), m.ID) },
				} {
					if _, err := again(); !client.IsCode(err, "conflict") {
						h.Errorf("settled twice: %v", err)
					}
				}
				h.clock.Advance(25 * time.Hour)
				h.did(ann, "one fired", "note fired", "two fired")
				h.wire(2)
			})
		})
	}
}
