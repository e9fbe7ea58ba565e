package api

import (
	"context"
	"net/http"

	"tactus/client"
	"tactus/internal/contact"
)

const contactsTag = "Contacts"

func (a *API) contactRoutes() {
	add(a, operation{id: "list-contacts", method: http.MethodGet, path: "/contacts", tag: contactsTag, summary: "List contacts"}, a.listContacts)
	add(a, operation{
		id: "count-contacts", method: http.MethodGet, path: "/contacts/count", tag: contactsTag, summary: "Count contacts",
		about: "A count of more than 100,000 may be up to twenty seconds old.",
	}, a.countContacts)
	add(a, operation{
		id: "create-contact", method: http.MethodPost, path: "/contacts", tag: contactsTag, status: http.StatusCreated,
		summary: "Take a lead in",
		about:   "The same email or phone updates the contact that has it: gaps are filled, tags added, a new inquiry recorded (CON-3); the answer is 200 then. Source, tags, stage and groups start the plans that wait for them.",
	}, a.createContact)
	add(a, operation{id: "get-contact", method: http.MethodGet, path: "/contacts/{id}", tag: contactsTag, summary: "Get a contact"}, a.getContact)
	add(a, operation{id: "update-contact", method: http.MethodPatch, path: "/contacts/{id}", tag: contactsTag, summary: "Change a contact", about: "When silenced becomes true no message leaves any more once it has answered; those that were being handed over at that moment are named."}, a.updateContact)
	add(a, operation{
		id: "delete-contact", method: http.MethodDelete, path: "/contacts/{id}", tag: contactsTag,
		summary: "Delete a contact", about: "Its runs end and its tasks go; opt-outs and the consent ledger stay. Messages that were being handed over at that moment are named.",
	}, a.deleteContact)
	add(a, operation{id: "add-contact-tags", method: http.MethodPost, path: "/contacts/{id}/tags", tag: contactsTag, summary: "Add tags"}, a.addTags)
	add(a, operation{
		id: "remove-contact-tag", method: http.MethodDelete, path: "/contacts/{id}/tags/{tag}", tag: contactsTag, status: http.StatusNoContent, summary: "Remove a tag",
	}, a.removeTag)
	add(a, operation{
		id: "add-contact-note", method: http.MethodPost, path: "/contacts/{id}/notes", tag: contactsTag, status: http.StatusNoContent, summary: "Put a note on the timeline",
	}, a.addNote)
}

func contactOf(c contact.Contact) client.Contact {
	out := client.Contact{
		ID: idOf(c.ID), FirstName: c.FirstName, LastName: c.LastName,
		Emails: each(c.Emails, func(e contact.Email) client.Email { return client.Email(e) }),
		Phones: each(c.Phones, func(p contact.Phone) client.Phone { return client.Phone(p) }),
		Source: c.Source, Stage: c.Stage, Tags: texts(c.Tags), Groups: texts(c.Groups), Assigned: idOf(c.Assigned),
		Zone: c.Zone, ZoneInUse: c.ZoneNow, Language: c.Language, Birthday: c.Birthday, Dates: c.Dates, Fields: c.Fields,
		Silenced: c.Killed, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, ActiveAt: moment(c.ActiveAt),
	}
	if c.Address != (contact.Address{}) {
		address := client.Address(c.Address)
		out.Address = &address
	}
	return out
}

type contactQuery struct {
	PageInput
	FilterInput
	Order string `query:"order" enum:"newest,name" doc:"newest first (usual), or by name"`
}

func (a *API) listContacts(ctx context.Context, who Actor, in *contactQuery) (*body[client.Page[client.Contact]], error) {
	list := "contacts." + in.Order
	after, err := place(list, in.Cursor)
	if err != nil {
		return nil, err
	}
	filter, err := a.filter(ctx, who.Account, in.filter(), "")
	if err != nil {
		return nil, err
	}
	found, err := a.s.Contacts.List(ctx, who.Account, contact.Query{Filter: filter, Order: contact.Order(in.Order), After: after, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	return &body[client.Page[client.Contact]]{client.Page[client.Contact]{Items: each(found.Contacts, contactOf), Next: cursor(list, found.Next)}}, nil
}

func (a *API) countContacts(ctx context.Context, who Actor, in *struct{ FilterInput }) (*body[client.ContactCount], error) {
	filter, err := a.filter(ctx, who.Account, in.filter(), "")
	if err != nil {
		return nil, err
	}
	n, err := a.s.Contacts.Count(ctx, who.Account, filter)
	return &body[client.ContactCount]{client.ContactCount{Count: n}}, err
}

type newContactInput struct{ Body client.NewContact }

func (a *API) createContact(ctx context.Context, who Actor, in *newContactInput) (*chosen[client.Lead], error) {
	lead, err := leadOf(in.Body)
	if err != nil {
		return nil, err
	}
	began := a.opt.Clock.Now()
	res, err := a.s.Contacts.Upsert(ctx, who.Account, lead, who.Author)
	if err != nil {
		return nil, err
	}
	c, err := a.s.Contacts.Get(ctx, who.Account, res.ID)
	if err != nil {
		return nil, err
	}
	out := client.Lead{Contact: contactOf(c), Created: res.Created, Possible: idsOf(res.Possible)}
	if out.Started, err = a.startedSince(ctx, who.Account, res.ID, began); err != nil {
		return nil, err
	}
	answer := &chosen[client.Lead]{Status: http.StatusCreated, Location: Prefix + "/contacts/" + string(idOf(res.ID)), Body: out}
	if !res.Created {
		answer.Status = http.StatusOK
	}
	return answer, nil
}

func leadOf(n client.NewContact) (contact.Lead, error) {
	assigned, err := reference("assigned", n.Assigned)
	if err != nil {
		return contact.Lead{}, err
	}
	// Without a source it is what somebody knows of a person, and no inquiry.
	lead := contact.Lead{Note: n.Note, Inquired: n.Source != "", Contact: contact.Contact{
		FirstName: n.FirstName, LastName: n.LastName,
		Emails: each(n.Emails, func(e client.Email) contact.Email { return contact.Email(e) }),
		Phones: each(n.Phones, func(p client.Phone) contact.Phone { return contact.Phone(p) }),
		Source: n.Source, Stage: n.Stage, Tags: n.Tags, Groups: n.Groups, Assigned: assigned,
		Zone: n.Zone, Language: n.Language, Birthday: n.Birthday, Dates: n.Dates, Fields: n.Fields,
	}}
	if n.Address != nil {
		lead.Address = contact.Address(*n.Address)
	}
	for _, c := range n.Consents {
		lead.Consents = append(lead.Consents, ledgerLine(c))
	}
	return lead, nil
}

func (a *API) getContact(ctx context.Context, who Actor, in *IDInput) (*tagged[client.Contact], error) {
	id, err := object(in.ID, "contact")
	if err != nil {
		return nil, err
	}
	c, err := a.s.Contacts.Get(ctx, who.Account, id)
	if err != nil {
		return nil, err
	}
	out := contactOf(c)
	tag := tagOf(out)
	out.Permissions, err = a.permissions(ctx, who.Account, id)
	return &tagged[client.Contact]{ETag: tag, Body: out}, err
}

type contactPatchInput struct {
	IDInput
	IfMatch string `header:"If-Match"`
	Body    client.ContactPatch
}

func (a *API) updateContact(ctx context.Context, who Actor, in *contactPatchInput) (*tagged[client.Contact], error) {
	id, err := object(in.ID, "contact")
	if err != nil {
		return nil, err
	}
	patch, err := patchOf(in.Body)
	if err != nil {
		return nil, err
	}
	var after contact.Contact
	var handing []client.Handing
	err = a.s.Store.InTx(ctx, func(ctx context.Context) error {
		if in.IfMatch != "" {
			now, err := a.s.Contacts.Update(ctx, who.Account, id, contact.Patch{}, who.Author) // locks it
			if err != nil {
				return err
			}
			if err := match(in.IfMatch, tagOf(contactOf(now))); err != nil {
				return err
			}
		}
		if after, err = a.s.Contacts.Update(ctx, who.Account, id, patch, who.Author); err != nil || patch.Killed == nil || !*patch.Killed {
			return err
		}
		handing, err = a.handingOfContact(ctx, who.Account, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := contactOf(after)
	tag := tagOf(out)
	out.Handing = handing
	return &tagged[client.Contact]{ETag: tag, Body: out}, nil
}

func patchOf(p client.ContactPatch) (contact.Patch, error) {
	out := contact.Patch{
		FirstName: p.FirstName, LastName: p.LastName, Zone: p.Zone, Language: p.Language, Birthday: p.Birthday,
		Source: p.Source, Stage: p.Stage, AddTags: p.AddTags, RemoveTags: p.RemoveTags, AddGroups: p.AddGroups, RemoveGroups: p.RemoveGroups,
		Dates: p.Dates, Fields: p.Fields, Killed: p.Silenced,
	}
	if p.Emails != nil {
		list := each(*p.Emails, func(e client.Email) contact.Email { return contact.Email(e) })
		out.Emails = &list
	}
	if p.Phones != nil {
		list := each(*p.Phones, func(n client.Phone) contact.Phone { return contact.Phone(n) })
		out.Phones = &list
	}
	if p.Address != nil {
		address := contact.Address(*p.Address)
		out.Address = &address
	}
	if p.Assigned != nil {
		user, err := reference("assigned", *p.Assigned)
		if err != nil {
			return out, err
		}
		out.Assigned = &user
	}
	return out, nil
}

func (a *API) deleteContact(ctx context.Context, who Actor, in *IDInput) (*body[client.Deleted], error) {
	id, err := object(in.ID, "contact")
	if err != nil {
		return nil, err
	}
	out := client.Deleted{}
	err = a.s.Store.InTx(ctx, func(ctx context.Context) error {
		n, err := a.s.Contacts.Delete(ctx, who.Account, []int64{id}, who.Author)
		if err == nil && n == 0 {
			_, err = object("", "contact")
		}
		if err != nil {
			return err
		}
		out.Handing, err = a.handingOfContact(ctx, who.Account, id)
		return err
	})
	return &body[client.Deleted]{out}, err
}

type tagsInput struct {
	IDInput
	Body client.TagList
}

func (a *API) addTags(ctx context.Context, who Actor, in *tagsInput) (*body[client.Contact], error) {
	id, err := object(in.ID, "contact")
	if err != nil {
		return nil, err
	}
	c, err := a.s.Contacts.Update(ctx, who.Account, id, contact.Patch{AddTags: in.Body.Tags}, who.Author)
	return &body[client.Contact]{contactOf(c)}, err
}

type tagInput struct {
	IDInput
	Tag string `path:"tag" maxLength:"200"`
}

func (a *API) removeTag(ctx context.Context, who Actor, in *tagInput) (*none, error) {
	id, err := object(in.ID, "contact")
	if err != nil {
		return nil, err
	}
	_, err = a.s.Contacts.Update(ctx, who.Account, id, contact.Patch{RemoveTags: []string{in.Tag}}, who.Author)
	return &none{}, err
}

type noteInput struct {
	IDInput
	Body client.NewNote
}

func (a *API) addNote(ctx context.Context, who Actor, in *noteInput) (*none, error) {
	id, err := object(in.ID, "contact")
	if err != nil {
		return nil, err
	}
	return &none{}, a.s.Contacts.AddNote(ctx, who.Account, id, in.Body.Text, who.Author)
}
