package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"tactus/client"
	"tactus/internal/importer"
)

const importsTag = "Imports"

func (a *API) importRoutes() {
	add(a, operation{
		id: "upload-import", method: http.MethodPost, path: "/imports", tag: importsTag, status: http.StatusCreated, bodyType: "text/csv", maxBody: importer.MaxSize,
		summary: "Upload a CSV file", about: "The answer says what was understood; nothing is imported until it is started. Without an Idempotency-Key the file is not held in memory.",
	}, a.uploadImport)
	add(a, operation{id: "look-import", method: http.MethodPost, path: "/imports/{id}/look", tag: importsTag, summary: "How a file would be read", about: "With these parameters; nothing is imported."}, a.lookImport)
	add(a, operation{
		id: "start-import", method: http.MethodPost, path: "/imports/{id}/start", tag: importsTag, status: http.StatusAccepted,
		summary: "Import an uploaded file", about: "An operation; refused rows with reasons are its file refused.csv. A bad row never stops the others.",
	}, a.startImport)
	add(a, operation{id: "export-contacts", method: http.MethodGet, path: "/contacts/export", tag: contactsTag, summary: "Contacts as CSV"}, a.exportContacts)
}

// uploadInput takes the body as it comes.
type uploadInput struct{ body io.Reader }

// Resolve implements huma.Resolver.
func (in *uploadInput) Resolve(ctx huma.Context) []error {
	in.body = ctx.BodyReader()
	return nil
}

func (a *API) uploadImport(ctx context.Context, who Actor, in *uploadInput) (*created[client.ImportLook], error) {
	look, err := a.s.Imports.Upload(ctx, who.Account, in.body, who.Author)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, status(http.StatusRequestEntityTooLarge, "too_large", "the file is too large; split it")
	}
	if err != nil {
		return nil, err
	}
	return &created[client.ImportLook]{Location: Prefix + "/operations/" + string(idOf(look.Operation)), Body: lookOf(look)}, nil
}

func lookOf(l importer.Look) client.ImportLook {
	return client.ImportLook{
		Operation: idOf(l.Operation), Rows: l.Rows, Header: texts(l.Header), Encoding: l.Encoding, Separator: l.Separator, Unreadable: l.Unreadable,
		Columns: each(l.Mapping.Columns, func(c importer.Column) client.ImportColumn {
			return client.ImportColumn{Column: c.Column, Field: string(c.Field)}
		}),
		Ignored: texts(l.Ignored),
		Preview: each(l.Preview, func(r importer.RowPreview) client.ImportRow {
			return client.ImportRow{Line: r.Line, Problem: r.Problem, Cells: each(r.Cells, func(c importer.CellPreview) client.ImportCell { return client.ImportCell(c) })}
		}),
	}
}

type importInput struct {
	IDInput
	Body client.ImportParams
}

func paramsOf(p client.ImportParams) (importer.Params, error) {
	assigned, err := reference("assigned", p.Assigned)
	return importer.Params{
		Mapping: importer.Mapping{Columns: each(p.Columns, func(c client.ImportColumn) importer.Column {
			return importer.Column{Column: c.Column, Field: importer.Field(c.Field)}
		})},
		Source: p.Source, Stage: p.Stage, Assigned: assigned, Tags: p.Tags, Groups: p.Groups,
		Consent: importer.Consent(p.Consent), Days: importer.DayOrder(p.Days),
	}, err
}

func (a *API) lookImport(ctx context.Context, who Actor, in *importInput) (*body[client.ImportLook], error) {
	id, err := object(in.ID, "import")
	if err != nil {
		return nil, err
	}
	p, err := paramsOf(in.Body)
	if err != nil {
		return nil, err
	}
	look, err := a.s.Imports.Look(ctx, who.Account, id, p)
	if err != nil {
		return nil, err
	}
	return &body[client.ImportLook]{lookOf(look)}, nil
}

func (a *API) startImport(ctx context.Context, who Actor, in *importInput) (*created[client.Operation], error) {
	id, err := object(in.ID, "import")
	if err != nil {
		return nil, err
	}
	p, err := paramsOf(in.Body)
	if err != nil {
		return nil, err
	}
	if len(p.Mapping.Columns) == 0 {
		look, err := a.s.Imports.Look(ctx, who.Account, id, importer.Params{})
		if err != nil {
			return nil, err
		}
		p.Mapping = look.Mapping
	}
	if err := a.s.Imports.Start(ctx, who.Account, id, p); err != nil {
		return nil, err
	}
	op, err := a.s.Work.Get(ctx, who.Account, id)
	return &created[client.Operation]{Location: Prefix + "/operations/" + in.ID, Body: operationOf(op)}, err
}

type contactExportInput struct{ FilterInput }

func (a *API) exportContacts(ctx context.Context, who Actor, in *contactExportInput) (*huma.StreamResponse, error) {
	filter, err := a.filter(ctx, who.Account, in.filter(), "")
	if err != nil {
		return nil, err
	}
	return a.download("contacts.csv", 0, func(ctx context.Context, w io.Writer) error {
		_, err := a.s.Imports.Export(ctx, who.Account, filter, w)
		return err
	}), nil
}

// contentType is that of a file by its name.
func contentType(name string) string {
	if strings.HasSuffix(name, ".csv") {
		return "text/csv; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" && strings.HasPrefix(t, "text/plain") {
		return t
	}
	return "application/octet-stream"
}
