package webhook_test

import (
	"testing"

	"tactus/internal/action"
	"tactus/internal/action/actiontest"
	"tactus/internal/action/webhook"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	bad := []string{"url"}
	actiontest.CheckFaults(t, webhook.Call{}, map[string][]string{
		`{"url": "https://example.com/hook?x=1"}`:   nil,
		`{"url": "http://localhost:8080"}`:          nil,
		`{}`:                                        bad,
		`{"url": "example.com/hook"}`:               bad,
		`{"url": "ftp://example.com"}`:              bad,
		`{"url": "file:///etc/passwd"}`:             bad,
		`{"url": "https://"}`:                       bad,
		`{"url": "https://:443/"}`:                  bad,
		`{"url": "https://kim:secret@example.com"}`: bad,
		`{"url": "https://exa mple.com"}`:           bad,
	})
}

// PLAN-12: posts contact and step to a URL.
func TestDo(t *testing.T) {
	t.Parallel()
	if !(webhook.Call{}).Info().Planned {
		t.Error("it is not built yet")
	}
	actiontest.CheckDeeds(t, webhook.Call{}, []actiontest.Deed{
		{Name: "post", Config: `{"url": "https://example.com"}`, Want: action.Doing(action.CallWebhook{URL: "https://example.com"})},
	})
}
