package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"

	"tactus/internal/fault"
)

// CreateKey makes an API key and returns its secret token "prefix.secret", which is kept nowhere: only
// its hash is stored. 130 random bits need no slow hash.
func (s *Service) CreateKey(ctx context.Context, k Key) (made Key, token string, err error) {
	var bad []fault.Field
	if k.Name = strings.TrimSpace(k.Name); k.Name == "" {
		bad = append(bad, fault.Field{Name: "name", Message: "name the key after what will use it"})
	}
	if len(k.Scopes) == 0 {
		bad = append(bad, fault.Field{Name: "scopes", Message: "choose read, write or admin"})
	}
	for _, scope := range k.Scopes {
		if scope != Read && scope != Write && scope != All {
			bad = append(bad, fault.Field{Name: "scopes", Message: "there is no scope " + string(scope) + "; choose read, write or admin"})
		}
	}
	if err := fault.InvalidFields(bad); err != nil {
		return k, "", err
	}
	secret := rand.Text()
	k.Prefix, k.CreatedAt = strings.ToLower(rand.Text()[:10]), s.clock.Now()
	err = s.store.InTx(ctx, func(ctx context.Context) error {
		if k.UserID != 0 {
			if _, err := s.store.Member(ctx, k.AccountID, k.UserID); err != nil {
				return err
			}
		}
		k.ID, err = s.store.CreateKey(ctx, k, hash(secret))
		return err
	})
	if err != nil {
		return k, "", err
	}
	return k, k.Prefix + "." + secret, nil
}

// Authenticate returns the key of a token; fault.Unauthenticated for unknown and revoked ones alike, and for a key
// of a user who is no longer active.
func (s *Service) Authenticate(ctx context.Context, token string) (Key, error) {
	denied := fault.New(fault.Unauthenticated, "this API key is not valid; make one with: tactus key create NAME")
	prefix, secret, _ := strings.Cut(token, ".")
	k, want, err := s.store.KeyByPrefix(ctx, prefix)
	if fault.Is(err, fault.NotFound) {
		return Key{}, denied
	}
	if err != nil {
		return Key{}, err
	}
	if subtle.ConstantTimeCompare([]byte(hash(secret)), []byte(want)) != 1 || !k.RevokedAt.IsZero() {
		return Key{}, denied
	}
	if k.UserID != 0 {
		m, err := s.store.Member(ctx, k.AccountID, k.UserID)
		if fault.Is(err, fault.NotFound) || err == nil && !m.Active {
			return Key{}, denied
		}
		if err != nil {
			return Key{}, err
		}
	}
	return k, nil
}

// Keys returns the account's keys, newest first, revoked ones too.
func (s *Service) Keys(ctx context.Context, account int64) ([]Key, error) {
	return s.store.Keys(ctx, account)
}

// RevokeKey ends a key at once; revoking it again changes nothing.
func (s *Service) RevokeKey(ctx context.Context, account, id int64) error {
	return s.store.RevokeKey(ctx, Key{ID: id, AccountID: account, RevokedAt: s.clock.Now()})
}

func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
