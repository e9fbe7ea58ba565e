package account_test

import (
	"strings"
	"testing"

	"tactus/internal/account"
)

// CON-1: a label's name is what people see; characters that nobody sees are refused with the name that has them.
func TestLabelNames(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]string{
		"Hot":                    "",
		" Zürich \t West ":       "",
		"ready\nto buy":          "",
		"👩‍👩‍👧 family":           "",
		" ":                      "give a name",
		"\x00":                   `"\x00" holds control characters`,
		"H\x00ot":                "control characters",
		"Hot\x1b[31m":            "control characters",
		"Hot\u009f":              "control characters",
		"\x7fHot":                "control characters",
		strings.Repeat("x", 101): "at most 100",
	} {
		bad := account.CheckLabel("tags[0]", name)
		switch {
		case says == "" && len(bad) > 0:
			t.Errorf("%q: %+v", name, bad)
		case says != "" && (len(bad) != 1 || bad[0].Name != "tags[0]" || !strings.Contains(bad[0].Message, says)):
			t.Errorf("%q: %+v, want %q", name, bad, says)
		}
	}
}
