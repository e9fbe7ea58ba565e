package api

import (
	"context"
	"net/http"

	"tactus/client"
	"tactus/internal/account"
	"tactus/internal/fault"
)

func (a *API) labelRoutes() {
	for _, l := range []struct {
		kind      account.LabelKind
		path, tag string
		about     string
	}{
		{account.Tag, "/tags", "Tags", "Deleting a tag takes it from the contacts."},
		{account.Stage, "/stages", "Stages", "In their order. A stage that contacts are in cannot be deleted."},
		{account.Source, "/sources", "Sources", "A source that contacts come from cannot be deleted."},
		{account.Group, "/groups", "Groups", "Deleting a group takes it from the contacts."},
	} {
		r := labels{a, l.kind}
		word := string(l.kind)
		add(a, operation{id: "list-" + word + "s", method: http.MethodGet, path: l.path, tag: l.tag, summary: "List " + word + "s", about: l.about}, r.list)
		add(a, operation{id: "create-" + word, method: http.MethodPost, path: l.path, tag: l.tag, status: http.StatusCreated, summary: "Make a " + word}, r.create)
		add(a, operation{id: "update-" + word, method: http.MethodPatch, path: l.path + "/{id}", tag: l.tag, summary: "Rename or move a " + word, about: "Plans follow."}, r.update)
		add(a, operation{
			id: "delete-" + word, method: http.MethodDelete, path: l.path + "/{id}", tag: l.tag, status: http.StatusNoContent,
			summary: "Delete a " + word, about: "Refused while plans name it.",
		}, r.remove)
	}
}

// labels are the operations on one kind.
type labels struct {
	a    *API
	kind account.LabelKind
}

func labelOf(l account.Label) client.Label {
	return client.Label{ID: idOf(l.ID), Name: l.Name, Position: l.Position, Contacts: l.Contacts}
}

func (r labels) list(ctx context.Context, who Actor, _ *none) (*body[client.Page[client.Label]], error) {
	all, err := r.a.s.Accounts.Labels(ctx, who.Account, r.kind)
	return &body[client.Page[client.Label]]{client.Page[client.Label]{Items: each(all, labelOf)}}, err
}

type newLabelInput struct{ Body client.NewLabel }

func (r labels) create(ctx context.Context, who Actor, in *newLabelInput) (*created[client.Label], error) {
	var made account.Label
	err := r.a.alone(ctx, who, func(ctx context.Context) error {
		name := in.Body.Name
		if err := fault.InvalidFields(account.CheckLabel("name", name)); err != nil {
			return err
		}
		there, err := r.a.s.Accounts.FindLabels(ctx, who.Account, r.kind, []string{name})
		if err != nil {
			return err
		}
		if there[name] != 0 {
			return fault.New(fault.Conflict, "there is a %s %q already", r.kind, name)
		}
		ids, err := r.a.s.Accounts.EnsureLabels(ctx, who.Account, r.kind, []string{name})
		if err != nil {
			return err
		}
		if in.Body.Position != nil {
			if err := r.a.s.Accounts.UpdateLabel(ctx, who.Account, ids[name], account.LabelPatch{Position: in.Body.Position}); err != nil {
				return err
			}
		}
		made, err = r.find(ctx, who.Account, string(idOf(ids[name])))
		return err
	})
	return &created[client.Label]{Body: labelOf(made)}, err
}

// find returns a label of this kind.
func (r labels) find(ctx context.Context, acct int64, given string) (account.Label, error) {
	id, err := object(given, string(r.kind))
	if err != nil {
		return account.Label{}, err
	}
	all, err := r.a.s.Accounts.Labels(ctx, acct, r.kind)
	if err != nil {
		return account.Label{}, err
	}
	for _, l := range all {
		if l.ID == id {
			return l, nil
		}
	}
	return account.Label{}, fault.New(fault.NotFound, "there is no such %s", r.kind)
}

type labelPatchInput struct {
	IDInput
	Body client.LabelPatch
}

func (r labels) update(ctx context.Context, who Actor, in *labelPatchInput) (*body[client.Label], error) {
	l, err := r.find(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	if err := r.a.s.Accounts.UpdateLabel(ctx, who.Account, l.ID, account.LabelPatch(in.Body)); err != nil {
		return nil, err
	}
	l, err = r.find(ctx, who.Account, in.ID)
	return &body[client.Label]{labelOf(l)}, err
}

func (r labels) remove(ctx context.Context, who Actor, in *IDInput) (*none, error) {
	l, err := r.find(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	return &none{}, r.a.s.Accounts.DeleteLabel(ctx, who.Account, l.ID)
}
