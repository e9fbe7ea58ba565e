// Package simulate shows what a plan will do for one contact, from the assignment to the end: the
// real migrations, engine, gates and delivery on an in-memory database with a recording carrier, jumping from due
// moment to due moment (PLAN-25, DEC-16). There is no second implementation of the rules.
package simulate

import (
	"fmt"
	"strings"
	"time"

	"tactus/internal/gate"
)

// Options say for whom, from when, and what happens on the way.
type Options struct {
	Start       time.Time // when the contact is assigned
	Zone        string    // the contact's, IANA; "" = the account's
	AccountZone string    // "" = UTC
	Event       time.Time // the date of a dated plan, whatever the file says; zero: the file's
	Contact     map[string]any
	Happenings  []Happening
	// Hours in which messages may go, in the contact's zone, for every channel; nil = the defaults (email unlimited, texts and
	// calls by CMP-3), with HoursOff: no hours at all.
	Hours    *gate.Hours
	HoursOff bool
	Business *gate.WeeklyHours // in the account's zone; nil = off
	Until    time.Time         // inclusive; zero = to the end
	Rounds   int               // cuts endless repeats; 0 = 3
}

// defaultRounds is where endless repeats are cut; yearly plans show as many occurrences.
const defaultRounds = 3

// Verb is what happens at a moment.
type Verb string

// The verbs.
const (
	Reply     Verb = "reply"
	Pause     Verb = "pause"
	Resume    Verb = "resume"
	Stop      Verb = "stop"
	Restart   Verb = "restart"
	MoveEvent Verb = "move-event"
	OptOut    Verb = "opt-out"
)

// Happening is something a person inserts into the simulation.
type Happening struct {
	Verb    Verb
	At      time.Time
	To      time.Time // of MoveEvent
	Channel string    // of Reply (email or sms) and OptOut
}

// ParseHappening reads the value of a simulator flag (1a): RFC 3339, with CHANNEL@ before it for replies and opt-outs, and OLD=NEW for
// moved events.
func ParseHappening(verb Verb, text string) (Happening, error) {
	h := Happening{Verb: verb}
	var err error
	switch verb {
	case MoveEvent:
		from, to, ok := strings.Cut(text, "=")
		if !ok {
			return h, fmt.Errorf("write the moment of the move, = and the new date, like 2026-03-01T10:00:00Z=2026-03-20T15:00:00Z")
		}
		if h.At, err = ParseMoment(from); err != nil {
			return h, err
		}
		h.To, err = ParseMoment(to)
		return h, err
	case OptOut, Reply:
		ch, at, ok := strings.Cut(text, "@")
		if !ok {
			if verb == OptOut {
				return h, fmt.Errorf("write the channel, @ and the moment, like email@2026-03-01T10:00:00Z")
			}
			ch, at = "email", text
		}
		h.Channel = strings.ToLower(strings.TrimSpace(ch))
		if err := channelFor(verb, h.Channel); err != nil {
			return h, err
		}
		h.At, err = ParseMoment(at)
		return h, err
	default:
		h.At, err = ParseMoment(text)
		return h, err
	}
}

func channelFor(verb Verb, ch string) error {
	known := []string{"email", "sms", "call", "mail"}
	if verb == Reply {
		known = known[:2]
	}
	for _, k := range known {
		if ch == k {
			return nil
		}
	}
	return fmt.Errorf("%q is no channel here; use %s", ch, strings.Join(known, ", "))
}

// ParseMoment reads RFC 3339; seconds may carry a fraction, which is cut to milliseconds.
func ParseMoment(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, strings.TrimSpace(s))
	if err != nil {
		return t, fmt.Errorf("%q is not a moment in RFC 3339, like 2026-03-01T09:00:00-05:00", s)
	}
	return t.UTC().Truncate(time.Millisecond), nil
}
