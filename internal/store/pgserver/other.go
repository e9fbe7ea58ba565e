//go:build !unix

package pgserver

import (
	"context"

	"tactus/internal/fault"
)

var errPlatform = fault.New(fault.Unavailable,
	"throw-away PostgreSQL servers are started on Unix only; name a running server in TACTUS_POSTGRES_URL")

// Start is not available on this platform.
func Start(context.Context, string, ...string) (url string, stop func() error, err error) {
	return "", nil, errPlatform
}

// Shared is not available on this platform.
func Shared(context.Context) (string, error) { return "", errPlatform }
