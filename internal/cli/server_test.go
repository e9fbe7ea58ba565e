package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tactus/client"
	"tactus/internal/app"
	"tactus/internal/app/serve"
	"tactus/internal/cli"
)

// serving starts a server on this machine and returns a client of it, and how command lines reach it.
func serving(t *testing.T) (*client.Client, func(args ...string) string) {
	t.Helper()
	cfg := app.DefaultConfig()
	cfg.DB, cfg.Listen = filepath.Join(t.TempDir(), "tactus.db"), "127.0.0.1:0"
	s, err := serve.Start(t.Context(), cfg, nil, slog.New(slog.DiscardHandler), "1")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	c, err := client.New(s.URL, s.Key, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c, func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		args = append(args, "--db", cfg.DB)
		code := cli.Run(t.Context(), args, cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs, Env: func(string) string { return "" }})
		if code != 0 {
			t.Fatalf("%q: exit code %d, %s", args, code, &errs)
		}
		return out.String()
	}
}

// CLI-1: lists are whole, and a name is found, however many pages there are.
func TestMoreThanOnePageOfPlans(t *testing.T) {
	t.Parallel()
	c, tactus := serving(t)
	const others = 201
	for i := range others + 1 {
		name := fmt.Sprintf("About Zed %03d", i)
		if i == others {
			name = "Zed" // comes last
		}
		_, err := c.CreatePlan(t.Context(), client.Document{
			Name: name, Kind: "general", Steps: []map[string]any{{"name": "Tag", "action": "add_tags", "when": "immediately", "tags": []string{"x"}}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var list []client.PlanLine
	if err := json.Unmarshal([]byte(tactus("plan", "list", "--json")), &list); err != nil {
		t.Fatal(err)
	}
	before := len(list) - others - 1 // a new account's own
	if before < 0 || list[len(list)-1].Name != "Zed" {
		t.Errorf("%d plans as JSON, the last of them %q", len(list), list[len(list)-1].Name)
	}
	if n := strings.Count(tactus("plan", "list"), "Zed"); n != others+1 {
		t.Errorf("%d plans in the table", n)
	}
	tactus("enrollments", "list", "--plan", "Zed")
}

// CLI-2: --json changes how the end is told, not whether refused rows are kept.
func TestRefusedRowsAreKeptWithJSON(t *testing.T) {
	t.Parallel()
	_, tactus := serving(t)
	dir := t.TempDir()
	file, refused := filepath.Join(dir, "leads.csv"), filepath.Join(dir, "refused.csv")
	if err := os.WriteFile(file, []byte("first name,email\nAnn,ann@example.com\nBob,nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var op client.Operation
	if err := json.Unmarshal([]byte(tactus("contacts", "import", file, "--consent", "none", "--source", "List", "--json", "--refused", refused)), &op); err != nil || op.Counts["refused"] != 1 {
		t.Errorf("%v %+v", err, op)
	}
	kept, err := os.ReadFile(refused)
	if err != nil || !strings.Contains(string(kept), "nonsense") {
		t.Errorf("%v %s", err, kept)
	}
}
