// Package channeltest is the suite that every carrier passes (HOUSE-3): run it with the
// kind opened against the real service's protocol.
package channeltest

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"tactus/internal/channel"
	"tactus/internal/fault"
	"tactus/internal/form"
)

// Setup is a kind with a service behind it that takes messages.
type Setup struct {
	Kind     channel.Kind
	Settings json.RawMessage      // that work
	To       channel.Mailbox      // who can be written to; zero: an email address
	From     channel.Mailbox      // zero: an email address
	Times    func(ref string) int // how often the service has taken the message; nil: it cannot say
}

// golden lists every kind with its channel and the names of its settings, one line each. All of them are stored for ever.
//
//go:embed kinds.golden
var golden string

// Golden returns the lines, for the test that compares them with the registry.
func Golden() []string { return strings.Split(strings.TrimSpace(golden), "\n") }

// Line is a kind's line in the golden list.
func Line(k channel.Kind) string {
	line := k.Info().Name + " " + k.Info().Channel + ":"
	for _, f := range k.Fields() {
		line += " " + f.Name
	}
	return line
}

// Run runs the suite. setup is called once per test and may use t.Cleanup.
func Run(t *testing.T, setup func(t *testing.T) Setup) {
	t.Helper()
	tests := map[string]func(*testing.T, Setup){
		"info":                           testInfo,
		"names are golden":               testGolden,
		"fields describe themselves":     testFields,
		"settings are decoded strictly":  testStrict,
		"errors keep secrets":            testSecrets,
		"reads back as the draft":        testReadsBack,
		"a bad draft is a fault":         testBadDraft,
		"accepts once":                   testAccepts,
		"gives up when told":             testCancelled,
		"many at once":                   testConcurrent,
		"closes and says so":             testClose,
		"checks its settings when asked": testCheck,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, setup(t))
		})
	}
}

func testInfo(t *testing.T, s Setup) {
	info := s.Kind.Info()
	if !name.MatchString(info.Name) {
		t.Errorf("the name %q is not lower_case", info.Name)
	}
	switch info.Channel {
	case channel.Email, channel.SMS, channel.Call, channel.Mail:
	default:
		t.Errorf("the channel %q is unknown", info.Channel)
	}
	if info.Label == "" || info.Help == "" {
		t.Error("label or help is missing")
	}
}

func testGolden(t *testing.T, s Setup) {
	for _, line := range Golden() {
		if line == Line(s.Kind) {
			return
		}
	}
	t.Errorf("not in kinds.golden (stored names must not change; a new kind adds its line):\n%s", Line(s.Kind))
}

func testFields(t *testing.T, s Setup) {
	seen := map[string]bool{}
	for _, f := range s.Kind.Fields() {
		if !name.MatchString(f.Name) || seen[f.Name] || f.Label == "" {
			t.Errorf("the field %+v has no proper name, no label, or occurs twice", f)
		}
		seen[f.Name] = true
		if (f.Type == form.Choice) != (len(f.Options) > 0) {
			t.Errorf("%s: options and type do not go together", f.Name)
		}
		if looksSecret.MatchString(f.Name) && f.Type != form.Secret {
			t.Errorf("%s looks like a secret and is not one", f.Name)
		}
		if f.Type == form.Secret && f.Default != "" {
			t.Errorf("%s: a secret with a default", f.Name)
		}
	}
}

func testStrict(t *testing.T, s Setup) {
	fields := map[string]form.Field{}
	for _, f := range s.Kind.Fields() {
		fields[f.Name] = f
	}
	values := s.values(t)
	for key := range values {
		if _, ok := fields[key]; !ok {
			t.Errorf("the setting %s has no field", key)
		}
	}
	s.refuses(t, values, "no_such_setting", json.RawMessage(`1`))
	for key, f := range fields {
		s.refuses(t, values, key, json.RawMessage(`{"not":"a value"}`)) // so each field is decoded
		if f.Required {
			s.refuses(t, values, key, nil)
		}
		if f.Default != "" {
			value := json.RawMessage(f.Default)
			if f.Type != form.Int && f.Type != form.Bool {
				value, _ = json.Marshal(f.Default) //nolint:errchkjson // a string
			}
			s.accepts(t, with(values, key, value))
		}
	}
	for _, raw := range []string{`[]`, `"x"`, `{`, `{} {}`} {
		if _, err := s.Kind.Open(json.RawMessage(raw)); !fault.Is(err, fault.Invalid) {
			t.Errorf("the settings %s are not refused as invalid: %v", raw, err)
		}
	}
}

func testSecrets(t *testing.T, s Setup) {
	const secret = "hunter2-Zx9"
	values := with(s.values(t), "no_such_setting", json.RawMessage(`1`))
	for _, f := range s.Kind.Fields() {
		if f.Type == form.Secret {
			values = with(values, f.Name, json.RawMessage(`"`+secret+`"`))
		}
	}
	_, err := s.Kind.Open(encode(t, values))
	if err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("the error tells a secret, or there is none: %v", err)
	}
}

func testBadDraft(t *testing.T, s Setup) {
	d := s.draft(1)
	d.To.Address = "no\r\nsuch address"
	if _, err := s.open(t).Compose(d); !fault.Is(err, fault.Invalid) {
		t.Errorf("an impossible recipient is not refused as invalid: %v", err)
	}
}

func testAccepts(t *testing.T, s Setup) {
	c := s.open(t)
	for i := range int64(3) { // the second and third on a connection that has been used
		m := compose(t, c, s.draft(i+1))
		if r := c.Send(t.Context(), m); r.Result != channel.Accepted || r.Reason != "" || r.BadAddress || r.Down {
			t.Fatalf("not accepted: %+v", r)
		}
		s.took(t, m.Ref)
	}
}

func testCancelled(t *testing.T, s Setup) {
	c := s.open(t)
	m := compose(t, c, s.draft(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := c.Send(ctx, m); r.Result != channel.Retry || r.Down {
		t.Errorf("a cancelled send says %+v", r)
	}
	if s.Times != nil && s.Times(m.Ref) != 0 {
		t.Error("a cancelled send was sent")
	}
	if r := c.Send(t.Context(), m); r.Result != channel.Accepted {
		t.Errorf("the next try says %+v", r)
	}
	s.took(t, m.Ref)
}

func testConcurrent(t *testing.T, s Setup) {
	c := s.open(t)
	if c.Connections() < 1 {
		t.Fatalf("%d connections", c.Connections())
	}
	var all sync.WaitGroup
	for i := range int64(4 * c.Connections()) {
		m := compose(t, c, s.draft(i+1))
		all.Go(func() {
			if r := c.Send(t.Context(), m); r.Result != channel.Accepted {
				t.Errorf("message %d: %+v", i+1, r)
				return
			}
			s.took(t, m.Ref)
		})
	}
	all.Wait()
}

func testClose(t *testing.T, s Setup) {
	c := s.open(t)
	m := compose(t, c, s.draft(1))
	if r := c.Send(t.Context(), m); r.Result != channel.Accepted {
		t.Fatalf("%+v", r)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	}
}

func testCheck(t *testing.T, s Setup) {
	c, ok := s.open(t).(channel.Checker)
	if !ok {
		return
	}
	if err := c.Check(t.Context()); err != nil {
		t.Errorf("good settings fail the check: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Check(ctx); err == nil {
		t.Error("a cancelled check succeeds")
	}
}

// draft is a message that every channel can carry.
func (s Setup) draft(id int64) channel.Draft {
	d := channel.Draft{
		MessageID: id,
		AccountID: 1,
		From:      channel.Mailbox{Name: "Ann Agent", Address: "ann@agency.example"},
		To:        channel.Mailbox{Name: "Bob Buyer", Address: "bob@buyer.example"},
		Content:   channel.Content{Subject: "Hello", Text: "Hello Bob.\n"},
		Date:      time.Date(2027, 3, 14, 15, 9, 26, 0, time.UTC),
		Random:    fmt.Sprintf("seed%d", id),
	}
	if s.From != (channel.Mailbox{}) {
		d.From = s.From
	}
	if s.To != (channel.Mailbox{}) {
		d.To = s.To
	}
	return d
}

func (s Setup) open(t *testing.T) channel.Carrier {
	t.Helper()
	return s.accepts(t, s.values(t))
}

func (s Setup) took(t *testing.T, ref string) {
	t.Helper()
	if s.Times == nil {
		return
	}
	if n := s.Times(ref); n != 1 {
		t.Errorf("the service took %s %d times", ref, n)
	}
}

func compose(t *testing.T, c channel.Carrier, d channel.Draft) channel.Composed {
	t.Helper()
	m, err := c.Compose(d)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var (
	name        = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	looksSecret = regexp.MustCompile(`password|secret|token|_key$`)
)
