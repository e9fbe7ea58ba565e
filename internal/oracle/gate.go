package oracle

import (
	"fmt"
	"strings"
	"time"

	"tactus/internal/calendar"
)

// Settings are an account's gates.
type Settings struct {
	Quiet    *Window // hours for email, in the contact's zone
	Business *Window // in the account's zone
	Gap      time.Duration
	Cap      Cap
	Limit    Limit
	Starts   int             // so often may a plan start by itself for a contact in a day
	Killed   bool            // the kill switch: nothing leaves
	Off      map[string]bool // actions that are switched off; Email: its channel
}

// String is the settings in a line.
func (s Settings) String() string {
	text := fmt.Sprintf("gap %s, %d starts a day", s.Gap, s.Starts)
	if s.Cap.Max > 0 {
		text += fmt.Sprintf(", at most %d in %s", s.Cap.Max, s.Cap.Within)
	}
	if q := s.Quiet; q != nil {
		text += fmt.Sprintf(", email %s-%s", q.Open, q.Close)
	}
	if o := s.Business; o != nil {
		text += fmt.Sprintf(", office %s-%s mon-fri", o.Open, o.Close)
	}
	for _, what := range []string{Email, Note, Task} {
		if s.Off[what] {
			text += ", no " + what
		}
	}
	if s.Limit.Max > 0 {
		text += fmt.Sprintf(", %d to send in %s", s.Limit.Max, s.Limit.Per)
	}
	if s.Killed {
		text += ", killed"
	}
	return text
}

// Change is new settings: what waits for an opening goes on waiting for it, and asks again then.
func (w *World) Change(s Settings) { w.Settings, w.shut = s, nil }

// Window is a daily window of wall clocks, from Open until before Close, on some weekdays (zero: all).
type Window struct {
	Open, Close calendar.TimeOfDay
	On          calendar.Weekdays
}

func (h *Window) open(t time.Time, zone *time.Location) bool {
	is := calendar.Of(t, zone)
	return (h.On == 0 || h.On.Has(is.Date.Weekday())) && is.Time >= h.Open && is.Time < h.Close
}

// Cap allows at most Max messages to the contact in any Within, from whatever plans (CMP-5).
type Cap struct {
	Max    int
	Within time.Duration
}

// Bars are what keeps messages from a contact altogether (CMP-2).
type Bars struct {
	Silenced     bool // the contact's own kill switch
	NoAddress    bool
	Bounced      bool
	OptedOut     bool
	DoNotContact bool
	NoConsent    bool
}

// barred is the outcome and the reason that the first closed bar gives a message, in the order of CMP-2; "" when it may leave.
func (w *World) barred() (outcome, reason string) {
	b := w.Bars
	switch {
	case w.Killed:
		return "skipped", "action_off"
	case b.Silenced:
		return "skipped", "do_not_contact"
	case b.NoAddress:
		return "failed", "no_email"
	case b.Bounced:
		return "skipped", "suppressed"
	case b.OptedOut:
		return "skipped", "opted_out"
	case b.DoNotContact:
		return "skipped", "do_not_contact"
	case b.NoConsent:
		return "skipped", "not_consented"
	}
	return "", ""
}

// closed names the gates that are closed for a step at a moment.
func (w *World) closed(l *Life, s Step, t time.Time) (out []string) {
	if s.Action == Email {
		if w.Cap.Max > 0 && w.sent(t, w.Cap.Within, 0) >= w.Cap.Max {
			out = append(out, "frequency_cap")
		}
		if w.sent(t, w.Gap, l.Serial) > 0 {
			out = append(out, "message_gap")
		}
	}
	return append(out, w.outside(s, t)...)
}

// sent counts the messages that at a moment have left less than so long ago, but for those of one life.
func (w *World) sent(t time.Time, within time.Duration, but int) int {
	n := 0
	for _, m := range w.Sent {
		if m.Serial != but && t.Before(m.At.Add(within)) {
			n++
		}
	}
	return n
}

// outside names the hours that a moment is out of.
func (w *World) outside(s Step, t time.Time) (out []string) {
	if s.Action == Email && w.Quiet != nil && !w.Quiet.open(t, w.zone()) {
		out = append(out, "quiet_hours")
	}
	if s.Business && w.Business != nil && !w.Business.open(t, w.AccountZone) {
		out = append(out, "business_hours")
	}
	return out
}

// hours are what decides which hours bind a step: what is found shut for one is shut for all like it.
type hours struct {
	email, business bool
	zone            string
}

func (w *World) hours(s Step) hours {
	if w.shut == nil {
		w.shut = map[hours]time.Time{}
	}
	return hours{s.Action == Email, s.Business, w.zone().String()}
}

// quarter is where windows open and close.
const quarter = 15 * time.Minute

// opening is the first moment from now on at which no gate is closed, and which gates were closed up to it. Windows open at quarters of
// an hour, gaps and caps end at any moment: so these are all the moments to look at. Hours that never open together are asked again a day later, for
// settings change; a step that would be too late by any date is not (the zero time).
func (w *World) opening(l *Life, s Step) (time.Time, string) {
	if len(w.closed(l, s, w.Now)) == 0 {
		return w.Now, ""
	}
	horizon := w.Now.AddDate(0, 0, 400)
	first, together := horizon, false
	for _, m := range w.Sent {
		for _, end := range []time.Time{m.At.Add(w.Gap), m.At.Add(w.Cap.Within)} {
			if end.After(w.Now) && end.Before(first) && len(w.closed(l, s, end)) == 0 {
				first = end
			}
		}
	}
	for t := later(w.Now.Truncate(quarter).Add(quarter), w.shut[w.hours(s)]); t.Before(first); t = t.Add(quarter) {
		if len(w.outside(s, t)) > 0 {
			continue
		}
		together = true
		if len(w.closed(l, s, t)) == 0 {
			first = t
		}
	}
	switch {
	case first.Before(horizon):
		return first, strings.Join(w.closed(l, s, first.Add(-time.Millisecond)), "|")
	case !together:
		w.shut[w.hours(s)] = horizon
	}
	if l.dated(s) {
		return time.Time{}, "too_late"
	}
	return w.Now.Add(24 * time.Hour), "quiet_hours|business_hours"
}
