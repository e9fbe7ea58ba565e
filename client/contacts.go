package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Email is one address of a contact; the first is primary.
type Email struct {
	Address string `json:"address" maxLength:"320"`
	Type    string `json:"type,omitempty" maxLength:"40" doc:"home, work …"`
}

// Phone is one number of a contact; the first is primary.
type Phone struct {
	Number string `json:"number" maxLength:"40" doc:"any way people write it; answered in E.164"`
	Type   string `json:"type,omitempty" maxLength:"40" doc:"mobile, home, work"`
}

// Address is a postal address.
type Address struct {
	Street  string `json:"street,omitempty"`
	Line2   string `json:"line2,omitempty"`
	City    string `json:"city,omitempty"`
	State   string `json:"state,omitempty"`
	Zip     string `json:"zip,omitempty"`
	Country string `json:"country,omitempty" doc:"ISO 3166, two letters"`
}

// Contact is a lead or client.
type Contact struct {
	ID          ID                `json:"id"`
	FirstName   string            `json:"first_name"`
	LastName    string            `json:"last_name"`
	Emails      []Email           `json:"emails"`
	Phones      []Phone           `json:"phones"`
	Address     *Address          `json:"address,omitempty"`
	Source      string            `json:"source,omitempty"`
	Stage       string            `json:"stage,omitempty"`
	Tags        []string          `json:"tags"`
	Groups      []string          `json:"groups"`
	Assigned    ID                `json:"assigned,omitempty" doc:"the assigned user"`
	Zone        string            `json:"zone,omitempty" doc:"time zone as given"`
	ZoneInUse   string            `json:"zone_in_use,omitempty" doc:"given, else the address's; absent = the account's"`
	Language    string            `json:"language,omitempty"`
	Birthday    string            `json:"birthday,omitempty" doc:"YYYY-MM-DD"`
	Dates       map[string]string `json:"dates,omitempty" doc:"other dated fields: YYYY-MM-DD or YYYY-MM-DDTHH:MM"`
	Fields      map[string]any    `json:"fields,omitempty" doc:"custom fields: text, number, yes/no"`
	Silenced    bool              `json:"silenced,omitempty" doc:"the person's own kill switch: nothing leaves"`
	Permissions []Permission      `json:"permissions,omitempty" doc:"consent by channel; only when one contact is asked for"`
	Handing     []Handing         `json:"handing,omitempty" doc:"only when it has just been silenced: messages that were being handed over at that moment and may still arrive; they are not retried"`
	CreatedAt   time.Time         `json:"created_at"`
	UpdatedAt   time.Time         `json:"updated_at"`
	ActiveAt    *time.Time        `json:"active_at,omitempty" doc:"the last thing the contact did: an inquiry (a lead that came in, with its source), or unsubscribing by a link; not what others did with it, such as imports and edits. Absent when there is none"`
	ETag        string            `json:"-"`
}

// NewContact is what comes in of a person. Tags, groups and sources are made when they are missing; a stage must exist.
type NewContact struct {
	FirstName string            `json:"first_name,omitempty" maxLength:"200"`
	LastName  string            `json:"last_name,omitempty" maxLength:"200"`
	Emails    []Email           `json:"emails,omitempty" maxItems:"20"`
	Phones    []Phone           `json:"phones,omitempty" maxItems:"20"`
	Address   *Address          `json:"address,omitempty"`
	Source    string            `json:"source,omitempty" maxLength:"100" doc:"where the lead came from; may start plans (PLAN-4)"`
	Stage     string            `json:"stage,omitempty" maxLength:"100"`
	Tags      []string          `json:"tags,omitempty" maxItems:"100"`
	Groups    []string          `json:"groups,omitempty" maxItems:"100"`
	Assigned  ID                `json:"assigned,omitempty" doc:"the assigned user"`
	Zone      string            `json:"zone,omitempty"`
	Language  string            `json:"language,omitempty"`
	Birthday  string            `json:"birthday,omitempty" doc:"YYYY-MM-DD"`
	Dates     map[string]string `json:"dates,omitempty"`
	Fields    map[string]any    `json:"fields,omitempty"`
	Note      string            `json:"note,omitempty" maxLength:"20000"`
	Consents  []NewConsent      `json:"consents,omitempty" maxItems:"20"`
}

// Lead is the answer to a new contact: the same email or phone updates the contact that has it (CON-3).
type Lead struct {
	Contact  Contact      `json:"contact"`
	Created  bool         `json:"created" doc:"false: merged into a contact that was there"`
	Possible []ID         `json:"possible_duplicates,omitempty" doc:"contacts with the same phone and another name"`
	Started  []Enrollment `json:"started,omitempty" doc:"plans that started for the contact"`
}

// ContactPatch changes a contact; what is absent stays.
type ContactPatch struct {
	FirstName    *string           `json:"first_name,omitempty" maxLength:"200"`
	LastName     *string           `json:"last_name,omitempty" maxLength:"200"`
	Emails       *[]Email          `json:"emails,omitempty" maxItems:"20"`
	Phones       *[]Phone          `json:"phones,omitempty" maxItems:"20"`
	Address      *Address          `json:"address,omitempty"`
	Source       *string           `json:"source,omitempty" maxLength:"100"`
	Stage        *string           `json:"stage,omitempty" maxLength:"100"`
	AddTags      []string          `json:"add_tags,omitempty" maxItems:"100"`
	RemoveTags   []string          `json:"remove_tags,omitempty" maxItems:"100"`
	AddGroups    []string          `json:"add_groups,omitempty" maxItems:"100"`
	RemoveGroups []string          `json:"remove_groups,omitempty" maxItems:"100"`
	Assigned     *ID               `json:"assigned,omitempty" doc:"the assigned user; an empty text: nobody"`
	Zone         *string           `json:"zone,omitempty"`
	Language     *string           `json:"language,omitempty"`
	Birthday     *string           `json:"birthday,omitempty"`
	Dates        map[string]string `json:"dates,omitempty" doc:"an empty text removes one"`
	Fields       map[string]any    `json:"fields,omitempty" doc:"null removes one"`
	Silenced     *bool             `json:"silenced,omitempty"`
}

// ContactFilter selects contacts; several conditions must all hold.
type ContactFilter struct {
	Stage        string     `json:"stage,omitempty" doc:"a stage's name"`
	Source       string     `json:"source,omitempty" doc:"a source's name"`
	Tags         []string   `json:"tags,omitempty" doc:"has all of these tags"`
	Groups       []string   `json:"groups,omitempty" doc:"is in all of these groups"`
	Assigned     ID         `json:"assigned,omitempty" doc:"a user, or nobody"`
	Plan         ID         `json:"plan,omitempty"`
	PlanStatus   string     `json:"plan_status,omitempty" enum:"active,paused,stopped,completed" doc:"with plan"`
	Text         string     `json:"q,omitempty" maxLength:"200" doc:"the beginning of a name, an email or a phone"`
	ActiveSince  *time.Time `json:"active_since,omitempty" doc:"did something then or later (active_at)"`
	ActiveBefore *time.Time `json:"active_before,omitempty" doc:"has done nothing since then; who has never done anything counts. Alone it is refused when that is everybody"`
	All          bool       `json:"all,omitempty" doc:"selects all contacts; a filter without any condition must say so"`
}

func (f ContactFilter) query(q url.Values) {
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("stage", f.Stage)
	set("source", f.Source)
	for _, t := range f.Tags {
		q.Add("tag", t)
	}
	for _, g := range f.Groups {
		q.Add("group", g)
	}
	set("assigned", string(f.Assigned))
	set("plan", string(f.Plan))
	set("plan_status", f.PlanStatus)
	set("q", f.Text)
	if f.ActiveSince != nil {
		q.Set("active_since", f.ActiveSince.UTC().Format(time.RFC3339))
	}
	if f.ActiveBefore != nil {
		q.Set("active_before", f.ActiveBefore.UTC().Format(time.RFC3339))
	}
}

// ContactCount says how many contacts match.
type ContactCount struct {
	Count int64 `json:"count"`
}

// Contacts returns a page of contacts; order is "newest" (also "") or "name".
func (c *Client) Contacts(ctx context.Context, f ContactFilter, order string, page PageOptions) (Page[Contact], error) {
	q := page.query()
	f.query(q)
	if order != "" {
		q.Set("order", order)
	}
	return get[Page[Contact]](ctx, c, "/contacts", q)
}

// CountContacts returns how many contacts match.
func (c *Client) CountContacts(ctx context.Context, f ContactFilter) (int64, error) {
	q := url.Values{}
	f.query(q)
	out, err := get[ContactCount](ctx, c, "/contacts/count", q)
	return out.Count, err
}

// CreateContact takes a lead in.
func (c *Client) CreateContact(ctx context.Context, lead NewContact) (Lead, error) {
	return send[Lead](ctx, c, http.MethodPost, "/contacts", lead)
}

// Contact returns one contact.
func (c *Client) Contact(ctx context.Context, id ID) (Contact, error) {
	var out Contact
	a, err := c.do(ctx, request{method: http.MethodGet, path: path("contacts", string(id))}, &out)
	out.ETag = a.etag
	return out, err
}

// UpdateContact changes a contact; etag "" changes it whatever it has become meanwhile.
func (c *Client) UpdateContact(ctx context.Context, id ID, etag string, p ContactPatch) (Contact, error) {
	var out Contact
	a, err := c.do(ctx, request{method: http.MethodPatch, path: path("contacts", string(id)), body: p, match: etag}, &out)
	out.ETag = a.etag
	return out, err
}

// Deleted is the answer to the deletion of a contact.
type Deleted struct {
	Handing []Handing `json:"handing,omitempty" doc:"messages that were being handed over at that moment and may still arrive; they are not retried"`
}

// DeleteContact deletes a contact: its runs end and its tasks go.
func (c *Client) DeleteContact(ctx context.Context, id ID) (Deleted, error) {
	var out Deleted
	_, err := c.do(ctx, request{method: http.MethodDelete, path: path("contacts", string(id))}, &out)
	return out, err
}

// AddTags adds tags to a contact, RemoveTag takes one away.
func (c *Client) AddTags(ctx context.Context, id ID, tags ...string) (Contact, error) {
	return send[Contact](ctx, c, http.MethodPost, path("contacts", string(id), "tags"), TagList{Tags: tags})
}

// RemoveTag takes a tag away.
func (c *Client) RemoveTag(ctx context.Context, id ID, tag string) error {
	_, err := c.do(ctx, request{method: http.MethodDelete, path: path("contacts", string(id), "tags", tag), same: true}, nil)
	return err
}

// TagList names tags.
type TagList struct {
	Tags []string `json:"tags" minItems:"1" maxItems:"100"`
}

// NewNote is a note for a contact's timeline.
type NewNote struct {
	Text string `json:"text" maxLength:"20000"`
}

// AddNote puts a note on the timeline.
func (c *Client) AddNote(ctx context.Context, id ID, text string) error {
	_, err := c.do(ctx, request{method: http.MethodPost, path: path("contacts", string(id), "notes"), body: NewNote{Text: text}}, nil)
	return err
}
