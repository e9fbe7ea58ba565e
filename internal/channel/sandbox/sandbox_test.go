package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"tactus/internal/channel"
	"tactus/internal/channel/channeltest"
	"tactus/internal/channel/sandbox"
)

// shelf keeps messages by reference; failing makes it refuse.
type shelf struct {
	mu      sync.Mutex
	refs    map[string]int
	failing error
}

func (s *shelf) Keep(_ context.Context, m channel.Composed) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failing != nil {
		return s.failing
	}
	if s.refs == nil {
		s.refs = map[string]int{}
	}
	s.refs[m.Ref]++
	return nil
}

func (s *shelf) times(ref string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refs[ref]
}

func TestConformance(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, func(*testing.T) channeltest.Setup {
		s := &shelf{}
		return channeltest.Setup{Kind: sandbox.New(s), Settings: json.RawMessage(`{}`), Times: s.times}
	})
}

func TestKeeperDecides(t *testing.T) {
	t.Parallel()
	m := channel.Composed{Ref: "<1@x>"}
	for name, tc := range map[string]struct {
		keeper sandbox.Keeper
		want   channel.Receipt
	}{
		"no keeper":      {nil, channel.Receipt{Result: channel.Accepted, Text: "kept in the sandbox"}},
		"failing keeper": {&shelf{failing: errors.New("disk full")}, channel.Receipt{Result: channel.Retry, Text: "disk full", Down: true}},
	} {
		c, err := sandbox.New(tc.keeper).Open(nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Send(t.Context(), m); got != tc.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestComposesRealMail(t *testing.T) {
	t.Parallel()
	c, err := sandbox.New(nil).Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Compose(channel.Draft{
		MessageID: 7, Random: "r", Date: time.UnixMilli(1_800_000_000_000).UTC(),
		From: channel.Mailbox{Address: "a@x.example"}, To: channel.Mailbox{Address: "b@y.example"},
		Content: channel.Content{Subject: "S", Text: "**T**"},
	})
	if err != nil || m.Ref != "<7.r@x.example>" || m.Preview.Text != "T\n" || len(m.Raw) == 0 {
		t.Errorf("%+v (%v)", m, err)
	}
}
