package account

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"tactus/internal/calendar"
	"tactus/internal/fault"
	"tactus/internal/gate"
)

// Settings are what an account may choose. Stored as JSON; a key that is missing has its default.
type Settings struct {
	ChannelsOff []string `json:"channels_off,omitempty"` // optional channels that are switched off (PLAN-12)
	ActionsOff  []string `json:"actions_off,omitempty"`
	Kill        bool     `json:"kill,omitempty"` // nothing leaves (CMP-2)

	// QuietHours are the account's own, "08:00-21:00" by channel or "*", on top of the law's (CMP-3).
	QuietHours    map[string]string `json:"quiet_hours,omitempty"`
	BusinessHours BusinessHours     `json:"business_hours"`
	// DelayedTextsInBusinessHours keeps plan texts that are not due at the start within business hours (CMP-4).
	DelayedTextsInBusinessHours bool `json:"delayed_texts_in_business_hours,omitempty"`

	Caps              []Cap `json:"caps"`
	MessageGapMinutes int   `json:"message_gap_minutes"` // between messages of different enrollments (PLAN-26); 0 = none
	MaxStartsPerDay   int   `json:"max_starts_per_day"`  // automatic starts per contact, plan and day (PLAN-14)

	FromAssignedUser bool `json:"from_assigned_user,omitempty"` // plan emails go out in the assigned user's name (EMAIL-1)
	// SenderAddress stands in as From for people whose own domain is not verified; its domain and SenderDomains are the verified
	// ones. Without it people's own addresses are used as they are (EMAIL-3).
	SenderAddress string   `json:"sender_address,omitempty"`
	SenderDomains []string `json:"sender_domains,omitempty"`

	// KeepHistoryMonths and KeepContentMonths are how long history, and the content of sent messages, are kept (CMP-9); 0 = for ever.
	KeepHistoryMonths int `json:"keep_history_months,omitempty"`
	KeepContentMonths int `json:"keep_content_months,omitempty"`

	BCC    BCC    `json:"bcc"`
	Limits Limits `json:"limits"` // per sender (EMAIL-6)
	// BaseURL is how people outside reach this server, for unsubscribe and task links: "https://crm.example.com".
	BaseURL string `json:"base_url,omitempty"`
}

// BusinessHours are weekly hours in the account's zone (CMP-4).
type BusinessHours struct {
	On       bool                `json:"on,omitempty"`
	Days     map[string][]string `json:"days"`               // "mon": ["09:00-12:30", "13:30-18:00"]
	Holidays string              `json:"holidays,omitempty"` // "us" = federal holidays of the United States
	Closed   []string            `json:"closed,omitempty"`   // YYYY-MM-DD
}

// Cap allows Max messages of the channels together in any Hours (CMP-5).
type Cap struct {
	Channels []string `json:"channels"`
	Max      int      `json:"max"`
	Hours    int      `json:"hours"`
}

// BCC says when the account owner gets a copy (EMAIL-5).
type BCC struct {
	Plan       bool `json:"plan,omitempty"`
	Bulk       bool `json:"bulk,omitempty"`
	Manual     bool `json:"manual,omitempty"`
	NewLeads   bool `json:"new_leads,omitempty"`
	OwnerSends bool `json:"owner_sends,omitempty"`
}

// Limits bound what one sender hands over; 0 = no limit.
type Limits struct {
	PerSecond int `json:"per_second,omitempty"`
	PerHour   int `json:"per_hour,omitempty"`
	PerDay    int `json:"per_day,omitempty"`
}

// Windows are the limits by the length of their window; what has none is not in it.
func (l Limits) Windows() map[time.Duration]int {
	out := map[time.Duration]int{}
	for size, n := range map[time.Duration]int{time.Second: l.PerSecond, time.Hour: l.PerHour, 24 * time.Hour: l.PerDay} {
		if n > 0 {
			out[size] = n
		}
	}
	return out
}

// DefaultSettings are those of a fresh account.
func DefaultSettings() Settings {
	s := Settings{
		Caps:              []Cap{{Channels: []string{"sms", "call"}, Max: 3, Hours: 24}},
		MessageGapMinutes: 60,
		MaxStartsPerDay:   24,
		BusinessHours:     BusinessHours{Days: map[string][]string{}},
	}
	for _, day := range weekdays[1:6] {
		s.BusinessHours.Days[day] = []string{"09:00-18:00"}
	}
	return s
}

// ReadSettings reads stored settings; keys that are missing have their defaults.
func ReadSettings(text string) (Settings, error) {
	s := DefaultSettings()
	days := s.BusinessHours.Days
	s.BusinessHours.Days = nil // a map would be merged, and a day that was closed would open again
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return s, fault.Wrap(fault.Internal, err, "the account's settings cannot be read")
	}
	if s.BusinessHours.Days == nil {
		s.BusinessHours.Days = days
	}
	return s, nil
}

// maxKeep is how many months a retention may be.
const maxKeep = 1200

// weekdays by time.Weekday.
var weekdays = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// check returns every field at fault.
func (s Settings) check() []fault.Field {
	var bad []fault.Field
	add := func(name, format string, args ...any) {
		bad = append(bad, fault.Field{Name: "settings." + name, Message: fmt.Sprintf(format, args...)})
	}
	for ch, text := range s.QuietHours {
		if _, err := gate.ParseHours(text); err != nil {
			add("quiet_hours."+ch, "write the hours in which messages may leave, such as 08:00-21:00")
		}
	}
	if _, err := s.BusinessHours.weekly(); err != nil {
		add("business_hours", "%v", err)
	}
	for i, c := range s.Caps {
		if c.Max < 0 || c.Hours < 1 || c.Hours > 24*30 || len(c.Channels) == 0 {
			add(fmt.Sprintf("caps[%d]", i), "name channels, the most messages, and hours from 1 to 720")
		}
	}
	if s.MessageGapMinutes < 0 || s.MessageGapMinutes > 7*24*60 {
		add("message_gap_minutes", "give minutes from 0 to a week")
	}
	if s.MaxStartsPerDay < 1 || s.MaxStartsPerDay > 1000 {
		add("max_starts_per_day", "give a number from 1 to 1000")
	}
	for name, n := range map[string]int{"keep_history_months": s.KeepHistoryMonths, "keep_content_months": s.KeepContentMonths} {
		if n < 0 || n > maxKeep {
			add(name, "give months from 1 to %d; 0 keeps for ever", maxKeep)
		}
	}
	if s.Limits.PerSecond < 0 || s.Limits.PerHour < 0 || s.Limits.PerDay < 0 {
		add("limits", "a limit is a number of messages; 0 means none")
	}
	bad = append(bad, checkEmail("settings.sender_address", s.SenderAddress, len(s.SenderDomains) > 0)...)
	for i, d := range s.SenderDomains {
		if gate.CheckAddress("email", "x@"+d) != "" {
			add(fmt.Sprintf("sender_domains[%d]", i), "%q is not a domain, such as example.com", d)
		}
	}
	if s.BaseURL != "" {
		u, err := url.Parse(s.BaseURL)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" {
			add("base_url", "write the address of this server as others reach it, such as https://crm.example.com")
		}
	}
	return bad
}

func (b BusinessHours) weekly() (*gate.WeeklyHours, error) {
	w := &gate.WeeklyHours{Closed: map[calendar.Date]bool{}}
	for day, hours := range b.Days {
		n := slices.Index(weekdays[:], strings.ToLower(day))
		if n < 0 {
			return nil, fault.New(fault.Invalid, "%q is not a day; write %s", day, strings.Join(weekdays[:], ", "))
		}
		for _, text := range hours {
			h, err := gate.ParseHours(text)
			if err != nil || h.IsZero() {
				return nil, fault.New(fault.Invalid, "%s: %q are no hours; write 09:00-18:00", day, text)
			}
			w.Days[n] = append(w.Days[n], h)
		}
	}
	for _, text := range b.Closed {
		t, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return nil, fault.New(fault.Invalid, "%q is not a day; write 2026-12-24", text)
		}
		w.Closed[calendar.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}] = true
	}
	switch b.Holidays {
	case "":
	case "us":
		w.Holidays = gate.USFederalHoliday
	default:
		return nil, fault.New(fault.Invalid, "holidays are known for \"us\"; list others as closed days")
	}
	return w, nil
}

// Verified are the domains that mail may come from; none = whatever people's addresses are (EMAIL-3).
func (s Settings) Verified() []string {
	_, own, ok := strings.Cut(s.SenderAddress, "@")
	if !ok {
		return s.SenderDomains
	}
	return append([]string{own}, s.SenderDomains...)
}

// Policy is what the gates need of the account. Stored settings were checked when they were saved; an entry that
// cannot be read is left out on the closed side: its channel is off.
func (a Account) Policy() gate.Policy {
	zone, err := time.LoadLocation(a.Zone)
	if err != nil {
		zone = time.UTC
	}
	s := a.Settings
	p := gate.DefaultPolicy(zone)
	p.Country, p.Kill = a.Country, s.Kill
	p.Gap = time.Duration(s.MessageGapMinutes) * time.Minute
	p.DelayedTextsInBusinessHours = s.DelayedTextsInBusinessHours
	p.ChannelsOff = map[string]bool{}
	for _, ch := range s.ChannelsOff {
		p.ChannelsOff[ch] = true
	}
	p.QuietHours = map[string]gate.Hours{}
	for ch, text := range s.QuietHours {
		h, err := gate.ParseHours(text)
		if err != nil {
			p.ChannelsOff[ch] = true
			p.Kill = p.Kill || ch == gate.AnyChannel
		}
		p.QuietHours[ch] = h
	}
	p.Caps = nil
	for _, c := range s.Caps {
		p.Caps = append(p.Caps, gate.Cap{Channels: c.Channels, Max: c.Max, Window: time.Duration(c.Hours) * time.Hour})
	}
	if s.BusinessHours.On {
		if p.Business, err = s.BusinessHours.weekly(); err != nil {
			p.Business = &gate.WeeklyHours{} // never open
		}
	}
	return p
}
