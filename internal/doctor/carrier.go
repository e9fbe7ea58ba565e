package doctor

import (
	"context"
	"fmt"
	"time"

	"tactus/internal/carrier"
	"tactus/internal/channel"
)

// outside says whether anything of the account leaves for real people.
func (s *Service) outside(ctx context.Context, acct int64) bool {
	all, err := s.carriers.All(ctx, acct)
	if err != nil {
		return true // when in doubt, the stricter checks
	}
	for _, c := range all {
		if outside(c) {
			return true
		}
	}
	return false
}

func outside(c carrier.Choice) bool {
	for _, k := range c.Kinds {
		if k.Info().Name == c.Kind {
			return k.Info().Outside
		}
	}
	return false
}

// soon is how long before its end a certificate is worth a word.
const soon = 14 * 24 * time.Hour

// carry connects to what carries each channel, sends nothing, and returns the keys that it signs with.
func (s *Service) carry(ctx context.Context, l *list, acct int64) (keys []channel.SigningKey) {
	all, err := s.carriers.All(ctx, acct)
	if err != nil {
		l.add(Fail, "settings", err.Error(), "Choose the carrier again: tactus serve --smtp, or PUT /api/v1/carriers.")
		return nil
	}
	for _, c := range all {
		if c.Kind == "" {
			continue // nothing carries it: its steps say so
		}
		if !c.Down.Since.IsZero() {
			l.add(Warn, c.Channel+" circuit", fmt.Sprintf("open since %s after %d failures: %s", c.Down.Since.Format("2006-01-02 15:04 MST"), c.Down.Failures, c.Down.Answer),
				"Nothing is lost: it is tried again by itself once the carrier answers.")
		}
		found, err := s.carriers.Examine(ctx, acct, c.Channel)
		if err != nil {
			l.add(Fail, c.Channel, err.Error(), "Correct its settings, or the server that they name.")
			continue
		}
		if found.Key != nil {
			keys = append(keys, *found.Key)
		}
		if !outside(c) {
			l.ok(c.Channel, c.Kind+": nothing leaves")
			continue
		}
		l.ok(c.Channel, c.Kind+" lets us in; nothing was sent")
		s.certificate(l, c.Channel, found.Expires)
	}
	return keys
}

func (s *Service) certificate(l *list, ch string, expires time.Time) {
	if expires.IsZero() {
		return
	}
	saw := "is good until " + expires.Format("2006-01-02")
	if expires.Sub(s.clock.Now()) < soon {
		l.add(Warn, ch+" certificate", saw, "Whoever runs that server must renew it, or nothing leaves then.")
		return
	}
	l.ok(ch+" certificate", saw)
}
