package app

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tactus/internal/fault"
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

// SigningKey is the configured secret, else a random one kept beside the database for this installation.
func (c Config) SigningKey() ([]byte, error) {
	if c.Secret != "" {
		sum := sha256.Sum256([]byte(c.Secret))
		return sum[:], nil
	}
	path := c.Beside(".secret")
	data, err := os.ReadFile(path)
	switch {
	case err == nil:
		key, err := hex.DecodeString(strings.TrimSpace(string(data)))
		if err != nil || len(key) < 16 {
			return nil, fault.New(fault.Invalid, "%s does not hold a secret; delete it (old unsubscribe links end) or put it back", path)
		}
		return key, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fault.Wrap(fault.Internal, err, "the secret cannot be read")
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, []byte(hex.EncodeToString(key)+"\n"), 0o600); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the secret cannot be kept; name another place with state_dir")
	}
	return key, nil
}
