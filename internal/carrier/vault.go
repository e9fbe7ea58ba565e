// Package carrier is an account's choice of what carries each channel: it checks the settings, keeps their secrets sealed, and
// never shows them again.
package carrier

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"tactus/internal/fault"
)

// Store keeps choices. Methods run in the transaction of ctx.
type Store interface {
	// CarrierSettings returns the account's choice for a channel; fault.NotFound when there is none.
	CarrierSettings(ctx context.Context, account int64, channel string) (kind string, settings json.RawMessage, err error)
	SetCarrier(ctx context.Context, account int64, channel, kind string, settings json.RawMessage, now time.Time) error
	DropCarrier(ctx context.Context, account int64, channel string) error
	// CarrierDown tells of the carrier that keeps failing; its zero value is one that does not.
	CarrierDown(ctx context.Context, account int64, channel string) (Down, error)
}

// Down is a carrier that failed several times in a row, so that it is left alone but for one try now and then (ENG-7).
type Down struct {
	Since    time.Time // zero: it is not down
	NextTry  time.Time
	Failures int // in a row
	Answer   string
}

// Vault is a Store whose settings lie encrypted in the one below, with a key that is not in the database (SEC-2). A row belongs to its
// account and channel: copied elsewhere it cannot be read.
type Vault struct {
	Store
	aead cipher.AEAD
}

// sealed marks settings that are encrypted; what has no mark is a JSON object as it was written before there were secrets in it.
const sealed = "sealed:1:"

// NewVault makes a vault; every node of an installation needs the same secret.
func NewVault(store Store, secret []byte) *Vault {
	key := hmac.New(sha256.New, secret)
	key.Write([]byte("carrier settings\x00"))
	block, err := aes.NewCipher(key.Sum(nil))
	if err != nil {
		panic(err) // only of keys that are not 16, 24 or 32 bytes
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // only of ciphers that are not AES
	}
	return &Vault{store, aead}
}

// RandomSecret is for databases that do not outlive the process.
func RandomSecret() []byte {
	secret := make([]byte, 32)
	rand.Read(secret)
	return secret
}

// CarrierSettings implements Store.
func (v *Vault) CarrierSettings(ctx context.Context, account int64, channel string) (string, json.RawMessage, error) {
	kind, text, err := v.Store.CarrierSettings(ctx, account, channel)
	if err != nil {
		return kind, nil, err
	}
	data, ok := strings.CutPrefix(string(text), sealed)
	if !ok {
		return kind, text, nil
	}
	raw, err := base64.RawStdEncoding.DecodeString(data)
	if err == nil {
		raw, err = v.aead.Open(nil, nil, raw, owner(account, channel, kind))
	}
	if err != nil {
		return kind, nil, fault.New(fault.Unavailable, "the settings of the carrier %s for %s were made with another secret than this installation's; put the secret back, or enter the settings again", kind, channel)
	}
	return kind, raw, nil
}

// SetCarrier implements Store.
func (v *Vault) SetCarrier(ctx context.Context, account int64, channel, kind string, settings json.RawMessage, now time.Time) error {
	data := v.aead.Seal(nil, nil, settings, owner(account, channel, kind))
	return v.Store.SetCarrier(ctx, account, channel, kind, json.RawMessage(sealed+base64.RawStdEncoding.EncodeToString(data)), now)
}

func owner(account int64, channel, kind string) []byte {
	return fmt.Appendf(nil, "%d/%s/%s", account, channel, kind)
}
