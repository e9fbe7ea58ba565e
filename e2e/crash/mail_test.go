package crash_test

import (
	"math/rand/v2"
	"testing"

	"tactus/internal/channel/smtptest"
)

// mail is a counting SMTP server that misbehaves at random for the whole campaign.
type mail struct {
	*smtptest.Server
	rnd  *rand.Rand     // under the server's lock
	kept map[string]int // Message-IDs whose answer it kept back: it closed or stalled when the client may have written the final dot
}

// odds are the chances of a fault, in thousandths of the dialogues that come to that stage.
var odds = []struct {
	in    int
	fault smtptest.Fault
}{
	{4, smtptest.Fault{At: smtptest.Greeting, Code: 421, Enhanced: [3]int{4, 3, 2}, Text: "too busy"}},
	{4, smtptest.Fault{At: smtptest.Greeting, Close: true}},
	{4, smtptest.Fault{At: smtptest.Mail, Code: 421, Enhanced: [3]int{4, 3, 2}, Text: "going down"}},
	{4, smtptest.Fault{At: smtptest.Mail, Close: true}},
	{30, smtptest.Fault{At: smtptest.Rcpt, Code: 451, Enhanced: [3]int{4, 7, 1}, Text: "greylisted"}},
	{4, smtptest.Fault{At: smtptest.Rcpt, Code: 550, Enhanced: [3]int{5, 7, 1}, Text: "not here"}},
	{2, smtptest.Fault{At: smtptest.Rcpt, Code: 550, Enhanced: [3]int{5, 1, 1}, Text: "no such user"}},
	{10, smtptest.Fault{At: smtptest.Data, Code: 452, Enhanced: [3]int{4, 3, 1}, Text: "disk full"}},
	{4, smtptest.Fault{At: smtptest.Data, Close: true}},
	{1, smtptest.Fault{At: smtptest.Data, Stall: true}},
	{15, smtptest.Fault{At: smtptest.Dot, Close: true}},
	{1, smtptest.Fault{At: smtptest.Dot, Stall: true}},
}

func newMail(t *testing.T, seed uint64) *mail {
	m := &mail{rnd: rand.New(rand.NewPCG(seed, 1)), kept: map[string]int{}}
	m.Server = smtptest.Start(t, smtptest.Options{Keep: smtptest.IDs, Judge: m.judge})
	return m
}

func (m *mail) judge(at smtptest.Moment) (smtptest.Fault, bool) {
	draw := m.rnd.IntN(1000)
	for _, o := range odds {
		if o.fault.At != at.At {
			continue
		}
		if draw -= o.in; draw < 0 {
			if at.At >= smtptest.Data && (o.fault.Close || o.fault.Stall) {
				m.kept[at.ID]++
			}
			return o.fault, true
		}
	}
	return smtptest.Fault{}, false
}
