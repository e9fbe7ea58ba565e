package fault_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	_ "time/tzdata"

	started "tactus/e2e/process"
	"tactus/internal/channel/smtptest"
	"tactus/internal/clock"
)

// asServer makes this test binary the tactus command.
const asServer = "TACTUS_FAULT_AS_SERVER"

// identity is what mail servers with TLS show, and what this process trusts.
var identity *smtptest.Identity

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		started.Main(nil)
	}
	code, err := tests(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// tests runs them in a process that trusts the mail servers' certificate: Go reads that file when it first verifies one.
func tests(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "tactus-fault")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // of no use any more
	if identity, err = smtptest.NewIdentity(clock.Real{}.Now()); err != nil {
		return 1, err
	}
	file := filepath.Join(dir, "cert.pem")
	if err := os.WriteFile(file, identity.PEM(), 0o600); err != nil {
		return 1, err
	}
	if err := os.Setenv("SSL_CERT_FILE", file); err != nil {
		return 1, err
	}
	return m.Run(), nil
}
