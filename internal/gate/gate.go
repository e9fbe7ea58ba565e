package gate

import (
	"time"

	"tactus/internal/calendar"
)

// Verdict says what becomes of a step or message at the gates. The zero value is no verdict, so a
// decision that was forgotten never counts as open.
type Verdict int

// The closed set of verdicts (CMP-2).
const (
	Open     Verdict = iota + 1 // may go now
	Skip                        // never; the step ends as skipped
	Fail                        // never; the step ends as failed (missing or invalid address)
	Postpone                    // not before Decision.Until
)

// String names the verdict for logs and evidence.
func (v Verdict) String() string {
	switch v {
	case Open:
		return "open"
	case Skip:
		return "skip"
	case Fail:
		return "fail"
	case Postpone:
		return "postpone"
	}
	return "none"
}

// Reason codes, stable for ever: they are stored, and shown by the simulator (1a).
const (
	ActionOff    = "action_off"
	RunEnded     = "run_ended"
	TooLate      = "too_late"
	NoEmail      = "no_email"
	NoPhone      = "no_phone"
	NoAddress    = "no_address"
	BadEmail     = "bad_email"
	BadPhone     = "bad_phone"
	Suppressed   = "suppressed"
	OptedOut     = "opted_out"
	DoNotContact = "do_not_contact"
	NotConsented = "not_consented"

	FrequencyCap = "frequency_cap"
	MessageGap   = "message_gap"
	QuietHours   = "quiet_hours"
	// BusinessHoursClosed is the reason "business_hours".
	BusinessHoursClosed = "business_hours"
	CarrierLimit        = "carrier_limit"
)

// Decision is what the gates say at one moment.
type Decision struct {
	Verdict Verdict
	Reason  string    // a reason code; "" when open
	Until   time.Time // Postpone: the first moment, in UTC, at which every postponing gate is open
	Soonest time.Time // Postpone: before this it surely cannot go, when Until is a guess; zero: Until is none
	Rule    string    // evidence: rule with version, zone, numbers, as stored with the step or message
}

// Class says who wants the message and so which gates bind it; see the table in the package documentation.
type Class int

// The closed set of classes (ENG-4). The zero value is the most tightly bound one.
const (
	Plan       Class = iota // a plan's step
	Completion              // the email of a completed task
	Bulk                    // one message to a list
	Manual                  // one person writes to one contact
	System                  // the confirmation of an opt-out, answers to HELP
)

// AnyChannel is the key of Policy.QuietHours that stands for every channel without an entry of its own.
const AnyChannel = "*"

// Policy is one account's settings, an immutable snapshot; share it freely.
type Policy struct {
	Zone        *time.Location // the account's; nil = UTC
	Country     string         // the account's, ISO 3166 alpha-2; "" = that of Zone
	Kill        bool           // the account's kill switch: nothing leaves (CMP-2)
	ChannelsOff map[string]bool

	Rules      []Rule           // the law on hours: LegalRules; nil only where the simulator's --quiet-hours replace it
	QuietHours map[string]Hours // the account's own hours by channel (or AnyChannel), on top of Rules; zero Hours = none
	// QuietZoneContactOnly makes quiet hours ask for the contact's own zone alone, instead of every
	// candidate zone (CMP-3): for the simulator's --quiet-hours and its made-up contact.
	QuietZoneContactOnly bool

	Business                    *WeeklyHours // in Zone; nil = off
	DelayedTextsInBusinessHours bool         // plan texts that are not due at the run's start (CMP-4)

	Caps []Cap
	Gap  time.Duration // between messages of different enrollments (PLAN-26); 0 = none
}

// Cap allows at most Max messages of its channels together in any Window (CMP-5). Max ≤ 0 caps nothing.
type Cap struct {
	Channels []string
	Max      int
	Window   time.Duration
}

// DefaultPolicy is an account's policy before anyone has changed a setting.
func DefaultPolicy(zone *time.Location) Policy {
	return Policy{
		Zone:  zone,
		Rules: LegalRules(),
		Caps:  []Cap{{Channels: []string{sms, call}, Max: 3, Window: 24 * time.Hour}},
		Gap:   time.Hour,
	}
}

// Request asks whether one message, or one action without a channel, may go at Now.
type Request struct {
	Channel string // a channel's name; "" = an action that sends nothing
	// AddressKind is the kind of address that the channel writes to; "" = as the channel of that name does.
	AddressKind string
	Class       Class
	Now         time.Time
	Limit       time.Time // PLAN-10's last moment, inclusive; zero = none
	Enrollment  int64     // 0 = from no plan

	RunActive     bool // of Plan only: the run is still active
	DueAtRunStart bool // due in the moment the run began: not bound by DelayedTextsInBusinessHours (CMP-4)
	BusinessHours bool // the step itself asks for business hours, whatever its action

	SenderKilled    bool      // the kill switch of the user in whose name it goes
	CarrierOpensAt  time.Time // when the carrier's or sender's limit frees a place; zero = now
	CarrierEvidence string    // names that limit, for Decision.Rule

	Contact Contact
}

// Contact is what the gates need of the contact, for the channel of the request. The zero value is closed.
type Contact struct {
	Zone    *time.Location // as given; nil = not given
	Country string         // of the postal address, ISO 3166 alpha-2; "" = the account's
	Region  string         // state or province, code or English name
	Postal  string
	Phone   string // the primary phone in E.164, evidence of the zone; "" = Address, for texts and calls

	Address      string // where this message would go; "" = missing
	AddressValid bool   // CheckAddress found nothing and no carrier has called it dead

	KillSwitch      bool // of this address
	Suppressed      bool
	OptedOut        bool
	DoNotContact    bool // on a list, or a national list that binds this number is stale
	ConsentRequired bool
	Consent         bool

	// Recent holds the messages to this contact that plans have handed over or have in hand, of the
	// channel and of those that share a cap with it, as far back as the longest window; without the
	// message that is being decided.
	Recent []Sent
}

// Sent is one message of a plan.
type Sent struct {
	At         time.Time
	Enrollment int64
	Channel    string
}

// The channels that rules name. They repeat the stored names of internal/channel, which features above it import.
const (
	email = "email"
	sms   = "sms"
	call  = "call"
)

// Hours is a daily window of wall clocks: from Open until before Close. Close before Open goes over
// midnight. The zero value is no window: always open.
type Hours struct {
	Open, Close calendar.TimeOfDay // Close at most 24:00
}
