package smtptest_test

import (
	"fmt"
	"maps"
	netsmtp "net/smtp"
	"slices"
	"testing"

	"tactus/internal/channel/smtptest"
)

// send uses the standard library's client, which shares no code with the server.
func send(t *testing.T, s *smtptest.Server, id, to string) error {
	t.Helper()
	return netsmtp.SendMail(s.Addr, nil, "ann@agency.example", []string{to},
		fmt.Appendf(nil, "Subject: Hello\r\nmessage-id: %s\r\n\r\n.Hi\r\n", id))
}

func TestCountsAndDuplicates(t *testing.T) {
	t.Parallel()
	for keep, want := range map[smtptest.Keep]struct {
		counts   smtptest.Counts
		messages int
	}{
		smtptest.All:  {smtptest.Counts{Connected: 3, Accepted: 3, Duplicates: 1}, 3},
		smtptest.IDs:  {smtptest.Counts{Connected: 3, Accepted: 3, Duplicates: 1}, 3},
		smtptest.None: {smtptest.Counts{Connected: 3, Accepted: 3}, 0},
	} {
		s := smtptest.Start(t, smtptest.Options{Keep: keep})
		for _, id := range []string{"<1@x>", "<2@x>", "<1@x>"} {
			if err := send(t, s, id, "bob@buyer.example"); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.WaitFor(t.Context(), func(c smtptest.Counts) bool { return c.Open == 0 }); err != nil {
			t.Fatal(err)
		}
		got := s.Messages()
		if s.Counts() != want.counts || len(got) != want.messages {
			t.Errorf("keep %d: %+v, %d messages", keep, s.Counts(), len(got))
		}
		if keep == smtptest.None {
			continue
		}
		if !maps.Equal(s.Duplicates(), map[string]int{"<1@x>": 2}) || s.Times("<2@x>") != 1 || s.Times("<3@x>") != 0 {
			t.Errorf("keep %d: duplicates %v", keep, s.Duplicates())
		}
		if m := got[1]; m.Number != 2 || m.ID != "<2@x>" || m.From != "ann@agency.example" || m.To[0] != "bob@buyer.example" || m.At.IsZero() {
			t.Errorf("keep %d: %+v", keep, m)
		}
		if raw := string(got[1].Raw); (keep == smtptest.All) != (raw == "Subject: Hello\r\nmessage-id: <2@x>\r\n\r\n.Hi\r\n") {
			t.Errorf("keep %d: %q", keep, raw)
		}
	}
}

func TestFaultsAreForWhomAndHowOften(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{Faults: []smtptest.Fault{
		{At: smtptest.Rcpt, To: "bob@buyer.example", Skip: 1, Times: 2, Code: 450, Text: "later"},
	}})
	for i, tc := range []struct {
		to string
		ok bool
	}{
		{"bob@buyer.example", true},
		{"eve@buyer.example", true},
		{"bob@buyer.example", false},
		{"eve@buyer.example", true},
		{"bob@buyer.example", false},
		{"bob@buyer.example", true},
	} {
		if err := send(t, s, "<1@x>", tc.to); (err == nil) != tc.ok {
			t.Errorf("message %d: %v", i+1, err)
		}
	}
	if s.Counts().Refused != 2 {
		t.Errorf("%+v", s.Counts())
	}
}

func TestCloseEndsStalledDialogues(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{Faults: []smtptest.Fault{{At: smtptest.Dot, Stall: true}}})
	sent := make(chan error)
	go func() { sent <- send(t, s, "<1@x>", "bob@buyer.example") }()
	if err := s.WaitFor(t.Context(), func(c smtptest.Counts) bool { return c.Stalled == 1 }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-sent; err == nil {
		t.Error("the client was told that all is well")
	}
}

// A judge is asked at each stage, from the content on with the Message-ID; a message is under way from MAIL until its answer.
func TestJudge(t *testing.T) {
	t.Parallel()
	var asked []string
	s := smtptest.Start(t, smtptest.Options{Keep: smtptest.IDs, Judge: func(m smtptest.Moment) (smtptest.Fault, bool) {
		asked = append(asked, fmt.Sprintf("%d %v %s", m.At, m.To, m.ID))
		return smtptest.Fault{At: m.At, Close: true}, m.At == smtptest.Dot && m.ID == "<2@x>"
	}})
	for i, id := range []string{"<1@x>", "<2@x>"} {
		if err := send(t, s, id, "bob@buyer.example"); (err == nil) != (i == 0) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if err := s.WaitFor(t.Context(), func(c smtptest.Counts) bool { return c.Open == 0 && c.Busy == 0 }); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, id := range []string{"<1@x>", "<2@x>"} {
		for _, at := range []smtptest.Stage{smtptest.Greeting, smtptest.Hello, smtptest.Mail, smtptest.Rcpt, smtptest.Ask, smtptest.Data, smtptest.Dot} {
			to, name := "[]", ""
			if at == smtptest.Rcpt || at >= smtptest.Data {
				to = "[bob@buyer.example]"
			}
			if at >= smtptest.Data {
				name = id
			}
			want = append(want, fmt.Sprintf("%d %s %s", at, to, name))
		}
	}
	if !slices.Equal(asked, want) {
		t.Errorf("asked %q", asked)
	}
	if c := s.Counts(); c.Accepted != 2 || c.Refused != 1 {
		t.Errorf("%+v", c)
	}
}
