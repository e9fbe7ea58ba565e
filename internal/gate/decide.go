package gate

import (
	"fmt"
	"time"
)

// Decide asks the gates in the order of CMP-2 at r.Now. When one of the postponing gates is closed, Until is
// the first moment at which all of them are open together, and Reason the gate that is the last to open.
// A joint opening after the limit skips at once (PLAN-10). Gates without a joint opening within 400 days
// postpone by a day, so that a change of the settings or of the law is noticed.
func Decide(p *Policy, r Request) Decision {
	if d := final(p, r); d.Verdict != 0 {
		return d
	}
	return opening(p, r)
}

// final asks the gates that don't postpone; a zero verdict means that all are open.
func final(p *Policy, r Request) Decision {
	c, message := &r.Contact, r.Channel != ""
	switch {
	case p.Kill && message:
		return Decision{Verdict: Skip, Reason: ActionOff, Rule: "kill_switch:account"}
	case r.SenderKilled && message:
		return Decision{Verdict: Skip, Reason: ActionOff, Rule: "kill_switch:user"}
	case c.KillSwitch && message:
		return Decision{Verdict: Skip, Reason: DoNotContact, Rule: "kill_switch:address"}
	case message && p.ChannelsOff[r.Channel]:
		return Decision{Verdict: Skip, Reason: ActionOff, Rule: "action_off:" + r.Channel}
	case r.Class == Plan && !r.RunActive:
		return Decision{Verdict: Skip, Reason: RunEnded, Rule: fmt.Sprintf("run_ended:enrollment %d", r.Enrollment)}
	case late(r, r.Now):
		return Decision{Verdict: Skip, Reason: TooLate, Rule: "too_late:limit " + stamp(r.Limit)}
	case !message:
		return Decision{}
	case c.Address == "":
		return Decision{Verdict: Fail, Reason: missing(r.kind()), Rule: "address:" + r.Channel}
	case !c.AddressValid:
		return Decision{Verdict: Fail, Reason: invalid(r.kind()), Rule: "address:" + r.Channel}
	case c.Suppressed:
		return Decision{Verdict: Skip, Reason: Suppressed, Rule: "suppressed:" + r.Channel}
	case c.OptedOut:
		return Decision{Verdict: Skip, Reason: OptedOut, Rule: "opted_out:" + r.Channel}
	case c.DoNotContact:
		return Decision{Verdict: Skip, Reason: DoNotContact, Rule: "do_not_contact:" + r.Channel}
	case needsConsent(r) && !c.Consent:
		return Decision{Verdict: Skip, Reason: NotConsented, Rule: "not_consented:" + r.Channel}
	}
	return Decision{}
}

// needsConsent reports whether the consent gate stands. By hand one may reach whoever has not refused (CMP-8).
func needsConsent(r Request) bool {
	return r.Contact.ConsentRequired && r.Class != Manual && r.Class != System
}

// opening asks the postponing gates.
func opening(p *Policy, r Request) Decision {
	gates := bounds(p, r)
	t, last, ok := joint(gates, r.Now, r.Limit)
	switch {
	case ok && last == nil:
		return Decision{Verdict: Open, Rule: passed(gates)}
	case late(r, t):
		return Decision{Verdict: Skip, Reason: TooLate, Rule: last.evidence() + "; too_late:limit " + stamp(r.Limit)}
	case !ok && !r.Limit.IsZero() && !r.Limit.After(r.Now.Add(horizon)):
		return Decision{Verdict: Skip, Reason: TooLate, Rule: last.evidence() + "; never opens"}
	case !ok:
		return Decision{Verdict: Postpone, Reason: last.reason, Until: r.Now.Add(24 * time.Hour).UTC(), Rule: last.evidence() + "; never opens"}
	}
	return Decision{Verdict: Postpone, Reason: last.reason, Until: t.UTC(), Rule: last.evidence()}
}

// late reports whether t is past the limit.
func late(r Request, t time.Time) bool { return !r.Limit.IsZero() && t.After(r.Limit) }

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
