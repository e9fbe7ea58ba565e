package doctor

import (
	"net/url"
	"strings"
	"time"

	"tactus/internal/account"
)

func setup(l *list, a account.Account, p Place, outside bool) {
	if p.Secret != "" {
		l.add(Fail, "secret", p.Secret, "Put it back from where you keep it. If it is lost: tactus migrate --new-secret.")
	} else {
		l.ok("secret", "is the one that this database was set up with")
	}
	found(l, "files", Warn, p.Open, "only their owner may read them", "chmod 600 them: they hold keys.")
	if _, err := time.LoadLocation("America/Denver"); err != nil {
		l.add(Fail, "time zones", err.Error(), "Install tzdata.")
	} else if _, err := time.LoadLocation(a.Zone); err != nil {
		l.add(Fail, "time zones", "the account's zone "+a.Zone+" is not known", "Correct it, or install tzdata.")
	} else {
		l.ok("time zones", "known; the account's is "+a.Zone)
	}
	if !outside {
		l.ok("sending", "sandbox: nothing leaves")
		return
	}
	base := a.Settings.BaseURL
	if base == "" {
		base = p.BaseURL
	}
	u, err := url.Parse(base)
	switch {
	case base == "":
		l.add(Fail, "public address", "is missing", "Unsubscribe links lead nowhere: set base_url.")
	case err != nil || u.Scheme != "https":
		l.add(Warn, "public address", base, "Put TLS in front and write https://: mail programs want it for one-click unsubscribing.")
	default:
		l.ok("public address", base)
	}
	if strings.TrimSpace(a.Postal) == "" {
		l.add(Warn, "postal address", "is missing", "The law may demand it in every email (EMAIL-4): set postal with PATCH /api/v1/settings.")
	} else {
		l.ok("postal address", strings.ReplaceAll(a.Postal, "\n", ", "))
	}
	if a.Settings.Kill {
		l.add(Warn, "sending", "the account's kill switch is on: nothing leaves", "Switch it off when you are ready.")
	}
}
