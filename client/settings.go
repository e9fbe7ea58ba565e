package client

import (
	"context"
	"net/http"
)

// Settings are what the account says of itself and how it works.
type Settings struct {
	Name    string `json:"name"`
	Zone    string `json:"zone" doc:"time zone, such as America/Denver"`
	Country string `json:"country" doc:"ISO 3166, two letters"`
	Phone   string `json:"phone"`
	Email   string `json:"email"`
	Website string `json:"website"`
	Postal  string `json:"postal" doc:"the postal address as mail shows it"`
	Owner   ID     `json:"owner" doc:"the user who stands in where nobody else is responsible"`

	ChannelsOff   []string          `json:"channels_off" doc:"optional channels that are switched off"`
	ActionsOff    []string          `json:"actions_off" doc:"actions that are switched off"`
	Kill          bool              `json:"kill" doc:"the kill switch: nothing leaves"`
	QuietHours    map[string]string `json:"quiet_hours" doc:"hours in which messages may leave, by channel or *: 08:00-21:00"`
	BusinessHours BusinessHours     `json:"business_hours"`
	DelayedTexts  bool              `json:"delayed_texts_in_business_hours" doc:"plan texts that are not due at the start keep to the business hours"`
	Caps          []Cap             `json:"caps" doc:"the most messages to one contact"`
	MessageGap    int               `json:"message_gap_minutes" doc:"between messages of different plans to one contact"`
	MaxStarts     int               `json:"max_starts_per_day" doc:"automatic starts per contact, plan and day"`
	FromAssigned  bool              `json:"from_assigned_user" doc:"plan emails go out in the assigned user's name"`
	Sender        string            `json:"sender_address" doc:"stands in as From for people whose own domain is not verified; empty = their own addresses are used as they are"`
	SenderDomains []string          `json:"sender_domains" doc:"verified domains beside that of sender_address"`
	BCC           BCC               `json:"bcc" doc:"when the account owner gets a copy"`
	Limits        Limits            `json:"limits" doc:"what one sender may hand over; 0 = no limit"`
	BaseURL       string            `json:"base_url" doc:"how people outside reach this server"`
	KeepHistory   int               `json:"keep_history_months" doc:"how many months history is kept; 0 = for ever"`
	KeepContent   int               `json:"keep_content_months" doc:"how many months the content of sent messages is kept; 0 = for ever"`
	ETag          string            `json:"-"`
}

// BusinessHours are weekly hours in the account's zone.
type BusinessHours struct {
	On       bool                `json:"on"`
	Days     map[string][]string `json:"days" doc:"mon … sun: 09:00-12:30, 13:30-18:00"`
	Holidays string              `json:"holidays" doc:"us: federal holidays are closed"`
	Closed   []string            `json:"closed" doc:"closed days: YYYY-MM-DD"`
}

// Cap allows Max messages of the channels together in any Hours.
type Cap struct {
	Channels []string `json:"channels"`
	Max      int      `json:"max"`
	Hours    int      `json:"hours"`
}

// BCC says when the account owner gets a copy.
type BCC struct {
	Plan       bool `json:"plan"`
	Bulk       bool `json:"bulk"`
	Manual     bool `json:"manual"`
	NewLeads   bool `json:"new_leads"`
	OwnerSends bool `json:"owner_sends"`
}

// Limits bound what one sender hands over.
type Limits struct {
	PerSecond int `json:"per_second"`
	PerHour   int `json:"per_hour"`
	PerDay    int `json:"per_day"`
}

// SettingsPatch changes settings; what is absent stays, what is given is replaced whole.
type SettingsPatch struct {
	Name    *string `json:"name,omitempty"`
	Zone    *string `json:"zone,omitempty"`
	Country *string `json:"country,omitempty"`
	Phone   *string `json:"phone,omitempty"`
	Email   *string `json:"email,omitempty"`
	Website *string `json:"website,omitempty"`
	Postal  *string `json:"postal,omitempty" maxLength:"2000"`
	Owner   *ID     `json:"owner,omitempty"`

	ChannelsOff   *[]string          `json:"channels_off,omitempty"`
	ActionsOff    *[]string          `json:"actions_off,omitempty"`
	Kill          *bool              `json:"kill,omitempty"`
	QuietHours    *map[string]string `json:"quiet_hours,omitempty"`
	BusinessHours *BusinessHours     `json:"business_hours,omitempty"`
	DelayedTexts  *bool              `json:"delayed_texts_in_business_hours,omitempty"`
	Caps          *[]Cap             `json:"caps,omitempty"`
	MessageGap    *int               `json:"message_gap_minutes,omitempty"`
	MaxStarts     *int               `json:"max_starts_per_day,omitempty"`
	FromAssigned  *bool              `json:"from_assigned_user,omitempty"`
	Sender        *string            `json:"sender_address,omitempty" maxLength:"254"`
	SenderDomains *[]string          `json:"sender_domains,omitempty" maxItems:"100"`
	BCC           *BCC               `json:"bcc,omitempty"`
	Limits        *Limits            `json:"limits,omitempty"`
	BaseURL       *string            `json:"base_url,omitempty"`
	KeepHistory   *int               `json:"keep_history_months,omitempty" minimum:"0" maximum:"1200"`
	KeepContent   *int               `json:"keep_content_months,omitempty" minimum:"0" maximum:"1200"`
}

// Settings returns the account's settings.
func (c *Client) Settings(ctx context.Context) (Settings, error) {
	var out Settings
	a, err := c.do(ctx, request{method: http.MethodGet, path: "/settings"}, &out)
	out.ETag = a.etag
	return out, err
}

// UpdateSettings changes settings; etag "" changes them whatever they have become meanwhile.
func (c *Client) UpdateSettings(ctx context.Context, etag string, p SettingsPatch) (Settings, error) {
	var out Settings
	a, err := c.do(ctx, request{method: http.MethodPatch, path: "/settings", body: p, match: etag}, &out)
	out.ETag = a.etag
	return out, err
}

// Health says whether the server works.
type Health struct {
	Status   string `json:"status" enum:"ok,unavailable"`
	Database string `json:"database"`
	Version  string `json:"version"`
	Sending  string `json:"sending,omitempty" enum:"held" doc:"held after a restore, until a person releases it"`
}

// Health asks how the server is; it needs no key.
func (c *Client) Health(ctx context.Context) (Health, error) {
	return get[Health](ctx, c, "/health", nil)
}
