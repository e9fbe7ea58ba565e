package api

import (
	"context"
	"net/http"

	"tactus/client"
	"tactus/internal/message"
)

const templatesTag = "Templates"

// maxTemplate bounds a template's texts.
const maxTemplate = 4 << 20

func (a *API) templateRoutes() {
	add(a, operation{id: "list-templates", method: http.MethodGet, path: "/templates", tag: templatesTag, summary: "List templates", about: "By name, with their texts."}, a.listTemplates)
	add(a, operation{id: "create-template", method: http.MethodPost, path: "/templates", tag: templatesTag, status: http.StatusCreated, maxBody: maxTemplate, summary: "Make a template"}, a.createTemplate)
	add(a, operation{id: "get-template", method: http.MethodGet, path: "/templates/{id}", tag: templatesTag, summary: "Get a template"}, a.getTemplate)
	add(a, operation{
		id: "update-template", method: http.MethodPut, path: "/templates/{id}", tag: templatesTag, maxBody: maxTemplate,
		summary: "Replace a template", about: "Messages that are not yet rendered take it; used_by names the plans.",
	}, a.updateTemplate)
	add(a, operation{id: "delete-template", method: http.MethodDelete, path: "/templates/{id}", tag: templatesTag, status: http.StatusNoContent, summary: "Delete a template", about: "Refused while plans name it."}, a.deleteTemplate)
}

func templateOf(t message.Template) client.Template {
	return client.Template{
		ID: idOf(t.ID), Name: t.Name, Channel: t.Channel, Subject: t.Subject, Body: t.Body, HTML: t.HTML, OnEmpty: t.OnEmpty,
		CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt,
	}
}

type templateListInput struct {
	Channel string `query:"channel" enum:"email,sms,letter,postcard,task,note"`
}

func (a *API) listTemplates(ctx context.Context, who Actor, in *templateListInput) (*body[client.Page[client.Template]], error) {
	all, err := a.s.Content.List(ctx, who.Account, in.Channel)
	return &body[client.Page[client.Template]]{client.Page[client.Template]{Items: each(all, templateOf)}}, err
}

func (a *API) theTemplate(ctx context.Context, account int64, given string) (message.Template, error) {
	id, err := object(given, "template")
	if err != nil {
		return message.Template{}, err
	}
	return a.s.Content.Get(ctx, account, id)
}

func (a *API) getTemplate(ctx context.Context, who Actor, in *IDInput) (*tagged[client.Template], error) {
	t, err := a.theTemplate(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	out := templateOf(t)
	return &tagged[client.Template]{ETag: tagOf(out), Body: out}, nil
}

func fillTemplate(t *message.Template, n client.NewTemplate) {
	t.Name, t.Channel, t.Subject, t.Body, t.HTML, t.OnEmpty = n.Name, n.Channel, n.Subject, n.Body, n.HTML, n.OnEmpty
}

type newTemplateInput struct{ Body client.NewTemplate }

func (a *API) createTemplate(ctx context.Context, who Actor, in *newTemplateInput) (*created[client.Template], error) {
	t := message.Template{AccountID: who.Account}
	fillTemplate(&t, in.Body)
	t, err := a.s.Content.Create(ctx, t)
	if err != nil {
		return nil, err
	}
	out := templateOf(t)
	return &created[client.Template]{Location: Prefix + "/templates/" + string(out.ID), ETag: tagOf(out), Body: out}, nil
}

type templateInput struct {
	IDInput
	IfMatch string `header:"If-Match"`
	Body    client.NewTemplate
}

func (a *API) updateTemplate(ctx context.Context, who Actor, in *templateInput) (*tagged[client.Template], error) {
	var out client.Template
	var tag string
	err := a.alone(ctx, who, func(ctx context.Context) error {
		t, err := a.theTemplate(ctx, who.Account, in.ID)
		if err != nil {
			return err
		}
		if err := match(in.IfMatch, tagOf(templateOf(t))); err != nil {
			return err
		}
		fillTemplate(&t, in.Body)
		plans, err := a.s.Content.Update(ctx, t)
		if err != nil {
			return err
		}
		if t, err = a.s.Content.Get(ctx, who.Account, t.ID); err != nil {
			return err
		}
		out = templateOf(t)
		tag, out.UsedBy = tagOf(out), plans
		return nil
	})
	return &tagged[client.Template]{ETag: tag, Body: out}, err
}

func (a *API) deleteTemplate(ctx context.Context, who Actor, in *IDInput) (*none, error) {
	id, err := object(in.ID, "template")
	if err != nil {
		return nil, err
	}
	return &none{}, a.s.Content.Delete(ctx, who.Account, id)
}
