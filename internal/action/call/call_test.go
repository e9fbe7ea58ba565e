package call_test

import (
	"testing"

	"tactus/internal/action"
	"tactus/internal/action/actiontest"
	"tactus/internal/action/call"
)

// PLAN-12: an automated call; its channel is not built yet.
func TestCall(t *testing.T) {
	t.Parallel()
	if info := (call.Start{}).Info(); !info.Planned || info.Role.Channel != "call" {
		t.Errorf("info: %+v", info)
	}
	actiontest.CheckFaults(t, call.Start{}, map[string][]string{`{}`: nil})
	actiontest.CheckDeeds(t, call.Start{}, []actiontest.Deed{
		{Name: "call", Config: `{}`, Want: action.Doing(action.SendMessage{Channel: "call"})},
	})
}
