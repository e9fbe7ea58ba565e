package app

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tactus/internal/fault"
	"tactus/internal/store"
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

// OpenSecret returns the installation's secret, which signs links and seals settings: the configured one, else a random one kept in a file
// beside the database, never in it (SEC-2). All nodes must have the same: the database remembers its fingerprint, and another is refused.
func (c Config) OpenSecret(ctx context.Context, db *store.DB) ([]byte, error) {
	key, fresh, err := c.secret()
	if err != nil {
		return nil, err
	}
	mine := fingerprint(key)
	kept, err := db.Mark(ctx, SecretMark, mine)
	if err != nil { // the fingerprint may have been written all the same: what was made stays
		return nil, err
	}
	if kept != mine {
		err = fault.New(fault.Conflict, "this database was set up with another secret than this process has. Give it that one with --secret or "+
			"TACTUS_SECRET, or copy the other node's file to %s. If it is lost, accept a new one with `tactus migrate --new-secret`: links in "+
			"emails already sent end then, and passwords of mail servers must be entered again", c.Beside(".secret"))
	}
	if err != nil && fresh { // nobody can want it, and the right one may be put there
		err = errors.Join(err, os.Remove(c.Beside(".secret")))
	}
	return key, err
}

// CheckSecret refuses a backup whose secret, by its fingerprint, is not the one that this installation has; nothing is made or changed.
func (c Config) CheckSecret(wanted string) error {
	if wanted == "" {
		return nil
	}
	if _, err := os.Stat(c.Beside(".secret")); c.Secret != "" || err == nil {
		key, _, err := c.secret()
		if err != nil || fingerprint(key) == wanted {
			return err
		}
	}
	return fault.New(fault.Conflict, "this backup belongs to another secret than the one here, and holds none. Give the installation's own with --secret or TACTUS_SECRET, "+
		"or copy its file to %s. If it is lost, restore with --new-secret: links in emails already sent end then, and passwords of mail servers must be entered again",
		c.Beside(".secret"))
}

// SecretMark is what the fingerprint is kept under.
const SecretMark = "secret"

func fingerprint(key []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("fingerprint\x00"))
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// secretSize is how many bytes a secret of our own making has.
const secretSize = 32

// secret reads the configured secret or the kept one; fresh says that it was made just now.
func (c Config) secret() (key []byte, fresh bool, err error) {
	if c.Secret != "" {
		if key, err := written(c.Secret); err == nil {
			return key, false, nil
		}
		sum := sha256.Sum256([]byte(c.Secret))
		return sum[:], false, nil
	}
	path := c.Beside(".secret")
	if key, err = readSecret(path); !errors.Is(err, fs.ErrNotExist) {
		return key, false, err
	}
	if key, err = makeSecret(path); errors.Is(err, fs.ErrExist) { // another process was first
		key, err = readSecret(path)
		return key, false, err
	}
	if err != nil {
		return nil, false, fault.Wrap(fault.Internal, err, "the secret cannot be kept; name another place with --state-dir")
	}
	return key, true, nil
}

func readSecret(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the secret cannot be read")
	}
	key, err := written(string(data))
	if err != nil {
		return nil, fault.New(fault.Invalid, "%s does not hold a secret; put it back", path)
	}
	return key, nil
}

// makeSecret keeps a random secret in a file; one that is there already is fs.ErrExist. The file has its name when it is whole and on the disk:
// the database keeps the fingerprint for good, and a secret that a crash had cut off or taken away would be lost.
func makeSecret(path string) (key []byte, err error) {
	key = make([]byte, secretSize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	return key, WriteWhole(path, []byte(hex.EncodeToString(key)+"\n"), GiveName)
}

// written reads a secret as its file holds it. The setting may be the file's text too, so that a secret that was kept can be given either way.
func written(text string) ([]byte, error) {
	key, err := hex.DecodeString(strings.TrimSpace(text))
	if err == nil && len(key) != secretSize {
		err = hex.ErrLength
	}
	return key, err
}

// NewSecret makes the database forget its secret's fingerprint: the next one is taken for its own.
func NewSecret(ctx context.Context, cfg Config) (err error) {
	db, err := store.Open(ctx, cfg.DB, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	return db.Unmark(ctx, SecretMark)
}
