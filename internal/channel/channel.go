// Package channel is the contract of a carrier: what takes a finished message
// out of the house. One folder per carrier (channel/smtp, channel/sandbox …); no concrete
// carrier is named here. A carrier knows nothing of plans: it gets bytes and says what
// became of them.
package channel

import (
	"context"
	"encoding/json"
	"time"

	"tactus/internal/form"
)

// Names of channels; a message, a consent row and a gate decision name one of these. Stored for ever.
const (
	Email = "email"
	SMS   = "sms"
	Call  = "call"
	Mail  = "mail"
)

// Mailbox is a name and an address of the channel's kind (email address, E.164 number, postal address).
type Mailbox struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
}

// Content is what the author wrote with merge fields resolved; a channel takes what it knows.
type Content struct {
	Subject string   `json:"subject,omitempty"`
	Text    string   `json:"text,omitempty"` // Markdown for a simple email, plain text elsewhere
	HTML    string   `json:"html,omitempty"` // only for designs and templates with their own HTML
	Media   []string `json:"media,omitempty"`
}

// Draft is everything a carrier needs to make the bytes of one message to one recipient.
// Composing happens once, when the message is first handed over; the bytes are stored and every retry sends them again.
type Draft struct {
	MessageID   int64 // the row's id; stable over retries
	AccountID   int64
	From        Mailbox // a verified sender; never spoofed (EMAIL-3)
	ReplyTo     Mailbox // zero: none
	To          Mailbox
	Content     Content
	Date        time.Time
	InReplyTo   string   // Message-ID of the message this one answers, in angle brackets; "" = new thread
	References  []string // oldest first
	Unsubscribe string   // HTTPS URL of the signed one-click link; "" for one-to-one mail (EMAIL-4)
	Postal      string   // the account's postal address for the footer of plan and bulk mail
	Random      string   // seed of the Message-ID's random part, made once by the caller and stored
}

// Composed is the finished message as it will be handed over, byte for byte.
type Composed struct {
	EnvelopeFrom string
	EnvelopeTo   string
	Ref          string // the carrier-independent reference, e.g. the Message-ID with angle brackets
	Raw          []byte
	Preview      Content // what the recipient reads: subject, text part, HTML part
}

// Result says what the carrier made of a message.
type Result int

// The closed set of results (ENG-4, ENG-5, ENG-7).
const (
	Accepted Result = iota + 1 // the carrier has taken responsibility
	Refused                    // final: this message will never be taken
	Retry                      // nothing was taken; the same bytes may be tried again
	InDoubt                    // the connection broke after the carrier may have taken it, before it said so
)

// Receipt is the carrier's answer.
type Receipt struct {
	Result     Result
	Reason     string        // for Refused: a reason code of the step: refused, bad_email, bad_phone …
	BadAddress bool          // the address itself is dead: suppress it
	Down       bool          // the carrier as a whole is failing (connect, TLS, auth): counts for the circuit
	Code       string        // the carrier's own code, e.g. "550 5.1.1"
	Text       string        // the carrier's own words, for the timeline
	RetryAfter time.Duration // zero: the caller chooses
	CarrierID  string        // the carrier's id of the message, if it gives one
}

// Kind is one way of carrying a channel's messages. Its name is stored for ever.
type Kind interface {
	Info() Info
	// Fields describes the settings form; secrets are marked.
	Fields() []form.Field
	// Open makes a carrier from settings (strictly decoded, unknown keys refused). It does not connect yet.
	Open(settings json.RawMessage) (Carrier, error)
}

// Info names a kind and what it can do.
type Info struct {
	Name    string // "smtp", "sandbox"
	Channel string // Email, SMS …
	// Address is the kind of address that a channel of its own writes to: "email", "phone", or "" for paper. The product's
	// channels have theirs.
	Address string
	Label   string
	Help    string
	Outside bool // delivers to real people; the sandbox does not
}

// Carrier hands messages of one account over. Safe for concurrent use.
type Carrier interface {
	// Compose makes the bytes. A message is composed once; the bytes are stored and every retry sends them again, so
	// composing needn't be deterministic. Errors are faults of the content or sender (fault.Invalid).
	Compose(d Draft) (Composed, error)
	// Send hands the bytes over and returns the carrier's answer; it never returns before that is known or ctx is
	// done, and it never sends the same bytes twice by itself. After ctx ends mid-dialogue the result is Retry or InDoubt, honestly.
	Send(ctx context.Context, m Composed) Receipt
	// Connections is the greatest number of Send calls that make sense at once (DEC-12).
	Connections() int
	// Close ends pooled connections. Who was given the carrier before may still send with it; nothing stays open after that.
	Close() error
}

// Checker is implemented by carriers that can test their settings against the real service (doctor).
type Checker interface {
	Check(ctx context.Context) error
}

// Examiner is implemented by carriers that can say more than whether their settings work (doctor).
type Examiner interface {
	Checker
	// Examine connects as Check does, and sends nothing.
	Examine(ctx context.Context) (Examination, error)
}

// Examination is what a carrier says of itself and its service. It holds even when Examine fails, as far as it is known.
type Examination struct {
	Expires time.Time   // of the service's certificate; zero: there is none
	Key     *SigningKey // that messages are signed with; nil: none
}

// SigningKey is the public half of the key that a domain's messages are signed with, as DNS publishes it (DKIM).
type SigningKey struct {
	Domain, Selector string
	Algorithm        string // rsa or ed25519
	Public           []byte
}
