package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"tactus/client"
	"tactus/internal/fault"
	"tactus/internal/plan"
	"tactus/internal/planbook"
)

// maxFiles bounds what one apply brings.
const maxFiles = 32 << 20

func (a *API) planFileRoutes() {
	add(a, operation{id: "plan-file", method: http.MethodGet, path: "/plans/{id}/file", tag: plansTag, summary: "A plan as a file", about: "YAML, with the identities of its steps."}, a.planFile)
	add(a, operation{id: "export-plans", method: http.MethodGet, path: "/plans/export", tag: plansTag, summary: "Plans as files"}, a.exportPlans)
	add(a, operation{
		id: "apply-plans", method: http.MethodPost, path: "/plans/apply", tag: plansTag, maxBody: maxFiles,
		summary: "Apply plan and template files",
		about:   "All or nothing: plans are found by their names, checked together and made ready. A refusal names each fault by file and line: FILE:LINE.",
	}, a.applyPlans)
}

func (a *API) planFile(ctx context.Context, who Actor, in *IDInput) (*file, error) {
	f, err := a.thePlan(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	files, err := a.s.Plans.Export(ctx, who.Account, planbook.ExportOptions{Names: []string{f.Name}})
	if err != nil {
		return nil, err
	}
	return &file{ContentType: "application/yaml", Disposition: disposition(files[0].Name), Body: files[0].Data}, nil
}

// disposition names a file to download; names are made by us.
func disposition(name string) string {
	clean := strings.Map(func(c rune) rune {
		if c < ' ' || c == '"' || c == '\\' || c > '~' {
			return '_'
		}
		return c
	}, name)
	return fmt.Sprintf("attachment; filename=%q", clean)
}

type exportInput struct {
	Names     []string `query:"name,explode" doc:"a plan's name; repeat it for several; all that are not archived when absent"`
	Templates bool     `query:"templates" doc:"also the templates that they name"`
}

func (a *API) exportPlans(ctx context.Context, who Actor, in *exportInput) (*body[client.PlanFiles], error) {
	files, err := a.s.Plans.Export(ctx, who.Account, planbook.ExportOptions{Names: in.Names, Templates: in.Templates})
	return &body[client.PlanFiles]{client.PlanFiles{Files: each(files, func(f planbook.ExportedFile) client.PlanFile {
		return client.PlanFile{Name: f.Name, Content: string(f.Data)}
	})}}, err
}

type applyInput struct{ Body client.ApplyPlans }

func (a *API) applyPlans(ctx context.Context, who Actor, in *applyInput) (*body[client.AppliedPlans], error) {
	var files []*plan.File
	var bad []fault.Field
	for _, f := range in.Body.Files {
		read, problems := plan.Load(f.Name, []byte(f.Content), a.s.Actions)
		for _, p := range problems {
			bad = append(bad, fault.Field{Name: fmt.Sprintf("%s:%d", p.File, p.Line), Message: p.Message})
		}
		files = append(files, read)
	}
	if err := fault.InvalidFields(bad); err != nil {
		return nil, err
	}
	done, err := a.s.Plans.Apply(ctx, who.Account, files, planbook.ApplyOptions{
		Draft: in.Body.Draft, ApplyTo: planbook.ApplyTo(in.Body.ApplyTo), DryRun: in.Body.DryRun, Author: who.Author,
	})
	if err != nil {
		return nil, err
	}
	return &body[client.AppliedPlans]{client.AppliedPlans{Files: each(done.Files, appliedOf)}}, nil
}

func appliedOf(f planbook.AppliedFile) client.AppliedFile {
	out := client.AppliedFile{
		File: f.File, Name: f.Name, What: "plan", ID: idOf(f.ID), Created: f.Created, Changed: f.Changed, Ready: f.Ready,
		Preview: previewOf(f.Preview), Doubts: doubtsOf(f.Doubts),
	}
	if f.Template {
		out.What = "template"
	}
	for _, p := range f.UsedBy {
		out.UsedBy = append(out.UsedBy, p.Name)
	}
	if f.Saved != nil {
		out.ID, out.Moved, out.Waiting, out.Followed = idOf(f.Saved.Plan.ID), f.Saved.Moved, f.Saved.Waiting, idOf(f.Saved.Operation)
	}
	if f.ID != 0 {
		out.ID = idOf(f.ID)
	}
	return out
}
