package api

import (
	"context"
	"encoding/json"
	"net/http"

	"tactus/client"
	"tactus/internal/account"
	"tactus/internal/fault"
)

const settingsTag = "Settings"

func (a *API) settingsRoutes() {
	add(a, operation{id: "get-settings", method: http.MethodGet, path: "/settings", tag: settingsTag, summary: "The account and its settings"}, a.getSettings)
	add(a, operation{
		id: "update-settings", method: http.MethodPatch, path: "/settings", tag: settingsTag, scope: account.All,
		summary: "Change settings", about: "What is absent stays; what is given is replaced whole. Live runs follow another zone: at once when they are at most 1,000, " +
			"else in the background, as an operation of kind account_zone.",
	}, a.updateSettings)
}

// settingsOf goes over JSON, because both sides name their fields alike.
func settingsOf(acct account.Account) (client.Settings, error) {
	var out client.Settings
	err := convert(acct.Settings, &out)
	out.Name, out.Zone, out.Country, out.Phone = acct.Name, acct.Zone, acct.Country, acct.Phone
	out.Email, out.Website, out.Postal, out.Owner = acct.Email, acct.Website, acct.Postal, idOf(acct.OwnerID)
	out.ChannelsOff, out.ActionsOff = texts(out.ChannelsOff), texts(out.ActionsOff)
	out.SenderDomains = texts(out.SenderDomains)
	out.BusinessHours.Closed = texts(out.BusinessHours.Closed)
	if out.Caps == nil {
		out.Caps = []client.Cap{}
	}
	if out.QuietHours == nil {
		out.QuietHours = map[string]string{}
	}
	return out, err
}

func convert(from, to any) error {
	data, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(data, to)
	}
	if err != nil {
		return fault.Wrap(fault.Internal, err, "settings cannot be translated")
	}
	return nil
}

func (a *API) getSettings(ctx context.Context, who Actor, _ *none) (*tagged[client.Settings], error) {
	acct, err := a.s.Accounts.Account(ctx, who.Account)
	if err != nil {
		return nil, err
	}
	out, err := settingsOf(acct)
	return &tagged[client.Settings]{ETag: tagOf(out), Body: out}, err
}

type settingsInput struct {
	IfMatch string `header:"If-Match"`
	Body    client.SettingsPatch
}

func (a *API) updateSettings(ctx context.Context, who Actor, in *settingsInput) (*tagged[client.Settings], error) {
	var out client.Settings
	err := a.alone(ctx, who, func(ctx context.Context) error {
		acct, err := a.s.Accounts.Account(ctx, who.Account)
		if err != nil {
			return err
		}
		if out, err = settingsOf(acct); err != nil {
			return err
		}
		if err := match(in.IfMatch, tagOf(out)); err != nil {
			return err
		}
		if err := patchSettings(&acct, in.Body); err != nil {
			return err
		}
		if in.Body.Owner != nil {
			if err := a.mayRole(ctx, who, account.Owner); err != nil {
				return err
			}
		}
		if err := a.s.Accounts.Update(ctx, acct, who.Author); err != nil {
			return err
		}
		if acct, err = a.s.Accounts.Account(ctx, who.Account); err != nil {
			return err
		}
		out, err = settingsOf(acct)
		return err
	})
	return &tagged[client.Settings]{ETag: tagOf(out), Body: out}, err
}

func patchSettings(acct *account.Account, p client.SettingsPatch) error {
	set(&acct.Name, p.Name)
	set(&acct.Zone, p.Zone)
	set(&acct.Country, p.Country)
	set(&acct.Phone, p.Phone)
	set(&acct.Email, p.Email)
	set(&acct.Website, p.Website)
	set(&acct.Postal, p.Postal)
	if p.Owner != nil {
		id, err := reference("owner", *p.Owner)
		if err != nil {
			return err
		}
		acct.OwnerID = id
	}
	s := &acct.Settings
	set(&s.ChannelsOff, p.ChannelsOff)
	set(&s.ActionsOff, p.ActionsOff)
	set(&s.Kill, p.Kill)
	set(&s.QuietHours, p.QuietHours)
	set(&s.DelayedTextsInBusinessHours, p.DelayedTexts)
	set(&s.MessageGapMinutes, p.MessageGap)
	set(&s.MaxStartsPerDay, p.MaxStarts)
	set(&s.FromAssignedUser, p.FromAssigned)
	set(&s.SenderAddress, p.Sender)
	set(&s.SenderDomains, p.SenderDomains)
	set(&s.BaseURL, p.BaseURL)
	set(&s.KeepHistoryMonths, p.KeepHistory)
	set(&s.KeepContentMonths, p.KeepContent)
	if p.BusinessHours != nil {
		s.BusinessHours = account.BusinessHours(*p.BusinessHours)
	}
	if p.Caps != nil {
		s.Caps = each(*p.Caps, func(c client.Cap) account.Cap { return account.Cap(c) })
	}
	if p.BCC != nil {
		s.BCC = account.BCC(*p.BCC)
	}
	if p.Limits != nil {
		s.Limits = account.Limits(*p.Limits)
	}
	return nil
}
