package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"path/filepath"
	"strings"
)

// Beside is the file of that ending beside the database, or in the state folder.
func (c Config) Beside(ending string) string {
	if c.StateDir != "" {
		return filepath.Join(c.StateDir, "tactus"+ending)
	}
	if strings.Contains(c.DB, "://") || c.DB == ":memory:" {
		return "tactus" + ending
	}
	return strings.TrimPrefix(c.DB, "file:") + ending
}

// Secrets keeps the secrets of an installation: it returns the one kept under a name, else keeps fresh.
type Secrets interface {
	Secret(ctx context.Context, name string, fresh []byte) ([]byte, error)
}

// SigningKey is the configured secret, else a random one kept in the database, so that every node takes the links that another has signed.
func (c Config) SigningKey(ctx context.Context, kept Secrets) ([]byte, error) {
	if c.Secret != "" {
		sum := sha256.Sum256([]byte(c.Secret))
		return sum[:], nil
	}
	fresh := make([]byte, 32)
	if _, err := rand.Read(fresh); err != nil {
		return nil, err
	}
	return kept.Secret(ctx, "links", fresh)
}
