package smtp_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"tactus/internal/channel"
	"tactus/internal/channel/smtp"
	"tactus/internal/channel/smtptest"
)

// huge is more than the sockets' buffers hold, so that writing notices a closed connection.
const huge = 16 << 20

func TestEveryFailureSaysWhatBecameOfTheMessage(t *testing.T) { // ENG-4, ENG-5, ENG-7
	t.Parallel()
	retry := channel.Receipt{Result: channel.Retry}
	down := channel.Receipt{Result: channel.Retry, Down: true}
	refused := channel.Receipt{Result: channel.Refused, Reason: "refused"}
	dead := channel.Receipt{Result: channel.Refused, Reason: "bad_email", BadAddress: true}
	inDoubt := channel.Receipt{Result: channel.InDoubt}
	coded := func(r channel.Receipt, code string) channel.Receipt {
		r.Code = code
		return r
	}
	cases := map[string]struct {
		fault    smtptest.Fault
		size     int
		cancel   bool // once the server has stalled
		want     channel.Receipt
		accepted int // by the server
	}{
		"greeting 421":              {fault: smtptest.Fault{At: smtptest.Greeting, Code: 421, Enhanced: [3]int{4, 3, 2}}, want: coded(down, "421 4.3.2")},
		"greeting 554":              {fault: smtptest.Fault{At: smtptest.Greeting, Code: 554, Enhanced: [3]int{5, 7, 1}}, want: coded(down, "554 5.7.1")},
		"greeting closed":           {fault: smtptest.Fault{At: smtptest.Greeting, Close: true}, want: down},
		"greeting never":            {fault: smtptest.Fault{At: smtptest.Greeting, Stall: true}, cancel: true, want: retry},
		"sender 4xx":                {fault: smtptest.Fault{At: smtptest.Mail, Code: 451, Enhanced: [3]int{4, 3, 0}}, want: coded(retry, "451 4.3.0")},
		"sender 5xx":                {fault: smtptest.Fault{At: smtptest.Mail, Code: 550, Enhanced: [3]int{5, 1, 1}}, want: coded(refused, "550 5.1.1")},
		"sender 421":                {fault: smtptest.Fault{At: smtptest.Mail, Code: 421, Enhanced: [3]int{4, 7, 0}}, want: coded(down, "421 4.7.0")},
		"sender needs sign-in":      {fault: smtptest.Fault{At: smtptest.Mail, Code: 530, Enhanced: [3]int{5, 7, 0}}, want: coded(down, "530 5.7.0")},
		"sender closed":             {fault: smtptest.Fault{At: smtptest.Mail, Close: true}, want: down},
		"sender never answered":     {fault: smtptest.Fault{At: smtptest.Mail, Stall: true}, cancel: true, want: retry},
		"recipient 4xx":             {fault: smtptest.Fault{At: smtptest.Rcpt, Code: 450, Enhanced: [3]int{4, 2, 0}}, want: coded(retry, "450 4.2.0")},
		"recipient unknown":         {fault: smtptest.Fault{At: smtptest.Rcpt, Code: 550, Enhanced: [3]int{5, 1, 1}}, want: coded(dead, "550 5.1.1")},
		"recipient has null MX":     {fault: smtptest.Fault{At: smtptest.Rcpt, Code: 556, Enhanced: [3]int{5, 1, 10}}, want: coded(dead, "556 5.1.10")},
		"recipient disabled":        {fault: smtptest.Fault{At: smtptest.Rcpt, Code: 550, Enhanced: [3]int{5, 2, 1}}, want: coded(dead, "550 5.2.1")},
		"sender refused late":       {fault: smtptest.Fault{At: smtptest.Rcpt, Code: 550, Enhanced: [3]int{5, 1, 8}}, want: coded(refused, "550 5.1.8")},
		"mailbox full":              {fault: smtptest.Fault{At: smtptest.Rcpt, Code: 552, Enhanced: [3]int{5, 2, 2}}, want: coded(refused, "552 5.2.2")},
		"policy":                    {fault: smtptest.Fault{At: smtptest.Rcpt, Code: 550, Enhanced: [3]int{5, 7, 1}}, want: coded(refused, "550 5.7.1")},
		"recipient closed":          {fault: smtptest.Fault{At: smtptest.Rcpt, Close: true}, want: down},
		"recipient never answered":  {fault: smtptest.Fault{At: smtptest.Rcpt, Stall: true}, cancel: true, want: retry},
		"content 4xx":               {fault: smtptest.Fault{At: smtptest.Data, Code: 451, Enhanced: [3]int{4, 7, 1}}, want: coded(retry, "451 4.7.1")},
		"content 5xx":               {fault: smtptest.Fault{At: smtptest.Data, Code: 554, Enhanced: [3]int{5, 7, 26}}, want: coded(refused, "554 5.7.26")},
		"unknown after the content": {fault: smtptest.Fault{At: smtptest.Data, Code: 550, Enhanced: [3]int{5, 1, 1}}, want: coded(dead, "550 5.1.1")},
		"content 421":               {fault: smtptest.Fault{At: smtptest.Data, Code: 421, Enhanced: [3]int{4, 3, 2}}, want: coded(down, "421 4.3.2")},
		"closed in the content":     {fault: smtptest.Fault{At: smtptest.Data, Close: true}, size: huge, want: down},
		"content other 2xx":         {fault: smtptest.Fault{At: smtptest.Dot, Code: 251, Enhanced: [3]int{2, 1, 5}}, want: channel.Receipt{Result: channel.Accepted, Code: "251 2.1.5"}, accepted: 1},
		"nonsense after the dot":    {fault: smtptest.Fault{At: smtptest.Dot, Code: 354, Enhanced: [3]int{-1, -1, -1}}, want: coded(inDoubt, "354"), accepted: 1},
		"closed after the dot":      {fault: smtptest.Fault{At: smtptest.Dot, Close: true}, want: inDoubt, accepted: 1},
		"given up after the dot":    {fault: smtptest.Fault{At: smtptest.Dot, Stall: true}, cancel: true, want: inDoubt, accepted: 1},
		"never answered, not taken": {fault: smtptest.Fault{At: smtptest.Data, Stall: true}, cancel: true, want: inDoubt},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.fault.Text = "because"
			s := smtptest.Start(t, smtptest.Options{Keep: smtptest.IDs, Faults: []smtptest.Fault{tc.fault}})
			c := open(t, s, smtp.Options{}, nil)
			m := message(t, c, 1, tc.size)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tc.cancel {
				go func() {
					_ = s.WaitFor(ctx, func(c smtptest.Counts) bool { return c.Stalled > 0 })
					cancel()
				}()
			}
			got := c.Send(ctx, m)
			if got.Text == "" || tc.fault.Code != 0 && got.Text != "because" {
				t.Errorf("the words are %q", got.Text)
			}
			if got.Text = ""; got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
			if n := s.Counts().Accepted; n != tc.accepted {
				t.Errorf("the server accepted %d, want %d", n, tc.accepted)
			}
		})
	}
}

func TestBytesArriveAsComposed(t *testing.T) { // ENG-5: a retry sends the same bytes
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{Faults: []smtptest.Fault{{At: smtptest.Data, Code: 451, Times: 1}}})
	c := open(t, s, smtp.Options{}, nil)
	m := message(t, c, 1, 0)
	if r := c.Send(t.Context(), m); r.Result != channel.Retry {
		t.Fatalf("%+v", r)
	}
	r := c.Send(t.Context(), m)
	if r.Result != channel.Accepted || r.Code != "250" {
		t.Fatalf("%+v", r)
	}
	got := s.Messages()
	if len(got) != 1 || !bytes.Equal(got[0].Raw, m.Raw) || got[0].ID != m.Ref || got[0].From != m.EnvelopeFrom || got[0].To[0] != m.EnvelopeTo {
		t.Errorf("the server took %+v", got)
	}
}

func TestConnectionsAreReused(t *testing.T) { // EMAIL-1
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{Keep: smtptest.IDs, Faults: []smtptest.Fault{
		{At: smtptest.Rcpt, Code: 550, Enhanced: [3]int{5, 1, 1}, Skip: 3, Times: 1},
		{At: smtptest.Data, Code: 451, Enhanced: [3]int{4, 3, 0}, Skip: 6, Times: 1},
	}})
	c := open(t, s, smtp.Options{}, nil)
	accepted := 0
	for i := range int64(20) {
		if c.Send(t.Context(), message(t, c, i+1, 0)).Result == channel.Accepted {
			accepted++
		}
	}
	if n := s.Counts(); n.Connected != 1 || n.Accepted != 18 || accepted != 18 || n.Duplicates != 0 {
		t.Errorf("%+v, %d accepted by the carrier", n, accepted)
	}
}

func TestConnectionLostWhileIdleIsReplaced(t *testing.T) {
	t.Parallel()
	for name, hangUp := range map[string]func(*smtptest.Server){
		"closed":           func(s *smtptest.Server) { s.Disconnect() },
		"closed when used": func(s *smtptest.Server) { s.Script(smtptest.Fault{At: smtptest.Mail, Close: true, Times: 1}) },
		"421 when used":    func(s *smtptest.Server) { s.Script(smtptest.Fault{At: smtptest.Mail, Code: 421, Times: 1}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := smtptest.Start(t, smtptest.Options{})
			c := open(t, s, smtp.Options{}, nil)
			for i := range int64(2) {
				if r := c.Send(t.Context(), message(t, c, i+1, 0)); r.Result != channel.Accepted {
					t.Fatalf("message %d: %+v", i+1, r)
				}
				if i == 0 {
					hangUp(s)
				}
			}
			if n := s.Counts(); n.Connected != 2 || n.Accepted != 2 || n.Duplicates != 0 {
				t.Errorf("%+v", n)
			}
		})
	}
}

func TestConnectionLostAfterARefusalIsReplaced(t *testing.T) { // ENG-7: nothing is said of the message that comes next
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{UTF8: true, Faults: []smtptest.Fault{
		{At: smtptest.Rcpt, Code: 550, Times: 1}, {At: smtptest.Hello, Close: true, Skip: 1, Times: 1},
	}})
	c := open(t, s, smtp.Options{}, nil)
	if r := c.Send(t.Context(), message(t, c, 1, 0)); r.Result != channel.Refused {
		t.Fatalf("%+v", r)
	}
	m := message(t, c, 2, 0)
	m.EnvelopeTo = "jürgen@buyer.example"
	for _, m := range []channel.Composed{m, message(t, c, 3, 0)} {
		if r := c.Send(t.Context(), m); r.Result != channel.Accepted {
			t.Errorf("%+v", r)
		}
	}
	if n := s.Counts(); n.Connected != 2 || n.Accepted != 2 {
		t.Errorf("%+v", n)
	}
}

func TestConnectionIsReplacedOnceOnly(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{Faults: []smtptest.Fault{{At: smtptest.Mail, Close: true, Skip: 1}}})
	c := open(t, s, smtp.Options{}, nil)
	if r := c.Send(t.Context(), message(t, c, 1, 0)); r.Result != channel.Accepted {
		t.Fatalf("%+v", r)
	}
	if r := c.Send(t.Context(), message(t, c, 2, 0)); r.Result != channel.Retry || !r.Down {
		t.Errorf("%+v", r)
	}
	if n := s.Counts(); n.Connected != 2 {
		t.Errorf("%+v", n)
	}
}

func TestInDoubtIsNotSentAgain(t *testing.T) { // ENG-5
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{Faults: []smtptest.Fault{{At: smtptest.Dot, Close: true, Skip: 1, Times: 1}}})
	c := open(t, s, smtp.Options{}, nil)
	for i, want := range []channel.Result{channel.Accepted, channel.InDoubt, channel.Accepted} {
		if r := c.Send(t.Context(), message(t, c, int64(i+1), 0)); r.Result != want {
			t.Errorf("message %d: %+v", i+1, r)
		}
	}
	if n := s.Counts(); n.Accepted != 3 || n.Duplicates != 0 {
		t.Errorf("%+v", n)
	}
}

func TestUnusedConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	c := open(t, s, smtp.Options{Idle: 1}, nil)
	if r := c.Send(t.Context(), message(t, c, 1, 0)); r.Result != channel.Accepted {
		t.Fatalf("%+v", r)
	}
	if err := s.WaitFor(t.Context(), func(n smtptest.Counts) bool { return n.Open == 0 }); err != nil {
		t.Fatal(err)
	}
	if r := c.Send(t.Context(), message(t, c, 2, 0)); r.Result != channel.Accepted {
		t.Errorf("%+v", r)
	}
}

func TestClosedCarrierFinishesWhatIsInHand(t *testing.T) { // ENG-7: new settings are no failure of the server
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	c := open(t, s, smtp.Options{}, nil)
	m := message(t, c, 2, 0)
	if r := c.Send(t.Context(), message(t, c, 1, 0)); r.Result != channel.Accepted {
		t.Fatalf("%+v", r)
	}
	none := func(n smtptest.Counts) bool { return n.Open == 0 }
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.WaitFor(t.Context(), none); err != nil {
		t.Fatal(err)
	}
	if r := c.Send(t.Context(), m); r.Result != channel.Accepted || s.Counts().Accepted != 2 {
		t.Errorf("%+v", r)
	}
	if err := s.WaitFor(t.Context(), none); err != nil { // nothing is kept for later
		t.Error(err)
	}
}

func TestAddressesBeyondASCII(t *testing.T) { // EMAIL-2
	t.Parallel()
	for name, tc := range map[string]struct {
		offered bool
		want    channel.Result
	}{"offered": {true, channel.Accepted}, "not offered": {false, channel.Refused}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := smtptest.Start(t, smtptest.Options{UTF8: tc.offered})
			c := open(t, s, smtp.Options{}, nil)
			m, err := c.Compose(channel.Draft{
				MessageID: 1, Random: "seed", Date: time.UnixMilli(1_800_000_000_000),
				From: channel.Mailbox{Address: "ann@agency.example"}, To: channel.Mailbox{Address: "jürgen@bücher.example"},
			})
			if err != nil {
				t.Fatal(err)
			}
			r := c.Send(t.Context(), m)
			if r.Result != tc.want || r.BadAddress || r.Down || !tc.offered && !strings.Contains(r.Text, "SMTPUTF8") {
				t.Errorf("%+v", r)
			}
			if r := c.Send(t.Context(), message(t, c, 2, 0)); r.Result != channel.Accepted || s.Counts().Connected != 1 {
				t.Errorf("the next message: %+v", r)
			}
			if tc.offered && s.Messages()[0].To[0] != "jürgen@xn--bcher-kva.example" {
				t.Errorf("sent to %v", s.Messages()[0].To)
			}
		})
	}
}
