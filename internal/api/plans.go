package api

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"tactus/client"
	"tactus/internal/fault"
	"tactus/internal/plan"
	"tactus/internal/planbook"
)

const plansTag = "Plans"

// maxPlan bounds a plan's JSON.
const maxPlan = 4 << 20

func (a *API) planRoutes() {
	document := reflect.TypeFor[client.Document]()
	add(a, operation{id: "list-plans", method: http.MethodGet, path: "/plans", tag: plansTag, summary: "List plans", about: "By name, with the number of contacts by status."}, a.listPlans)
	add(a, operation{
		id: "create-plan", method: http.MethodPost, path: "/plans", tag: plansTag, status: http.StatusCreated, body: document, maxBody: maxPlan,
		summary: "Save a new plan", about: "As a draft: what keeps it from becoming ready is in saved.doubts. Missing tags, sources and groups are made.",
	}, a.createPlan)
	add(a, operation{id: "get-plan", method: http.MethodGet, path: "/plans/{id}", tag: plansTag, summary: "Get a plan", about: "Its document as in a plan file, with id, version, status and counts."}, a.getPlan)
	add(a, operation{
		id: "update-plan", method: http.MethodPut, path: "/plans/{id}", tag: plansTag, body: document, maxBody: maxPlan,
		summary: "Save a new version of a plan",
		about:   "If-Match names the version that was edited. apply_to says whom it reaches: everyone, from their next step on, or only new runs. Keys that only answers have are not looked at, so an answer can be edited and sent back.",
	}, a.updatePlan)
	add(a, operation{
		id: "preview-plan", method: http.MethodPost, path: "/plans/{id}/preview", tag: plansTag, body: document, maxBody: maxPlan,
		summary: "What saving a document would do", about: "How many contacts gain, lose or re-time which step. Nothing is saved.",
	}, a.previewPlan)
	add(a, operation{id: "ready-plan", method: http.MethodPost, path: "/plans/{id}/ready", tag: plansTag, summary: "Make a draft ready", about: "Refused with every field at fault."}, a.readyPlan)
	add(a, operation{id: "draft-plan", method: http.MethodPost, path: "/plans/{id}/draft", tag: plansTag, summary: "Take a plan back to draft", about: "It starts for nobody; contacts on it go on."}, a.draftPlan)
	add(a, operation{id: "archive-plan", method: http.MethodPost, path: "/plans/{id}/archive", tag: plansTag, summary: "Put a plan away", about: "Its start rules end; live runs finish, or are stopped."}, a.archivePlan)
	add(a, operation{id: "unarchive-plan", method: http.MethodPost, path: "/plans/{id}/unarchive", tag: plansTag, summary: "Take a plan out of the archive", about: "As a draft."}, a.unarchivePlan)
	add(a, operation{id: "duplicate-plan", method: http.MethodPost, path: "/plans/{id}/duplicate", tag: plansTag, status: http.StatusCreated, summary: "Copy a plan as a draft"}, a.duplicatePlan)
	add(a, operation{
		id: "delete-plan", method: http.MethodDelete, path: "/plans/{id}", tag: plansTag, status: http.StatusNoContent,
		summary: "Delete a plan", about: "Refused while contacts are on it in any status, or live plans name it.",
	}, a.deletePlan)
	a.versionRoutes()
}

// planBody is client.Plan, with the document as the plan language itself writes it.
type planBody struct {
	doc  *plan.Document
	plan client.Plan // without its document
}

// MarshalJSON joins both.
func (b planBody) MarshalJSON() ([]byte, error) {
	p := b.plan
	head, err := json.Marshal(struct {
		ID        client.ID     `json:"id"`
		Version   int           `json:"version"`
		Status    string        `json:"status"`
		Counts    client.Counts `json:"counts"`
		Problem   string        `json:"problem,omitempty"`
		CreatedAt any           `json:"created_at"`
		UpdatedAt any           `json:"updated_at"`
		Saved     *client.Saved `json:"saved,omitempty"`
	}{p.ID, p.Version, p.Status, p.Counts, p.Problem, p.CreatedAt, p.UpdatedAt, p.Saved})
	if err != nil {
		return nil, err
	}
	doc, err := json.Marshal(b.doc)
	if err != nil {
		return nil, err
	}
	out := append(head[:len(head)-1], ',') // both are objects with at least one key
	return append(out, doc[1:]...), nil
}

// Schema implements huma.SchemaProvider.
func (planBody) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[client.Plan](), true, "Plan")
}

func planStatus(p plan.Plan) string {
	switch {
	case p.Archived:
		return "archived"
	case p.Ready:
		return "ready"
	}
	return "draft"
}

func countsOf(c planbook.Counts) client.Counts { return client.Counts(c) }

type planAnswer struct {
	Status   int
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     planBody
}

func planTag(number int) string { return strconv.Quote(strconv.Itoa(number)) }

func planOf(f *planbook.Full, saved *planbook.Saved) *planAnswer {
	b := planBody{doc: &f.Version.Document}
	b.plan = client.Plan{
		ID: idOf(f.ID), Version: f.Number, Status: planStatus(f.Plan), Counts: countsOf(f.Counts), Problem: f.Problem,
		CreatedAt: f.CreatedAt, UpdatedAt: f.UpdatedAt,
	}
	if saved != nil {
		b.plan.Saved = savedOf(saved)
	}
	return &planAnswer{Status: http.StatusOK, ETag: planTag(f.Number), Body: b}
}

func doubtsOf(problems []plan.Problem) []client.Field {
	if len(problems) == 0 {
		return nil
	}
	return each(problems, func(p plan.Problem) client.Field { return client.Field{Name: p.Path, Message: p.Message} })
}

func savedOf(s *planbook.Saved) *client.Saved {
	return &client.Saved{
		Created: s.Created, Changed: s.Changed, Doubts: doubtsOf(s.Doubts), Moved: s.Moved, Waiting: s.Waiting, Operation: idOf(s.Operation),
	}
}

type planListInput struct {
	PageInput
	Text   string `query:"q" maxLength:"200" doc:"a part of the name"`
	Kind   string `query:"kind" enum:"connection,conversion,retention,event,seasonal,general"`
	Status string `query:"status" enum:"draft,ready,archived" doc:"all but archived when absent"`
}

func (a *API) listPlans(ctx context.Context, who Actor, in *planListInput) (*body[client.Page[client.PlanLine]], error) {
	after, err := place("plans", in.Cursor)
	if err != nil {
		return nil, err
	}
	q := planbook.Query{Text: in.Text, Kind: plan.Kind(in.Kind), Archived: in.Status == "archived", After: after, Limit: in.Limit}
	if in.Status == "draft" || in.Status == "ready" {
		ready := in.Status == "ready"
		q.Ready = &ready
	}
	page, err := a.s.Plans.List(ctx, who.Account, q)
	if err != nil {
		return nil, err
	}
	items := each(page.Plans, func(l planbook.Listed) client.PlanLine {
		return client.PlanLine{
			ID: idOf(l.ID), Name: l.Name, Kind: string(l.Kind), Status: planStatus(l.Plan), Version: l.Number, StepCount: l.StepCount,
			Counts: countsOf(l.Counts), Problem: l.Problem, CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt,
		}
	})
	return &body[client.Page[client.PlanLine]]{client.Page[client.PlanLine]{Items: items, Next: cursor("plans", page.Next)}}, nil
}

// thePlan finds the plan of a path.
func (a *API) thePlan(ctx context.Context, account int64, given string) (*planbook.Full, error) {
	id, err := object(given, "plan")
	if err != nil {
		return nil, err
	}
	return a.s.Plans.Get(ctx, account, id)
}

// documentOf reads a plan's JSON; keys that only answers have are left out.
func (a *API) documentOf(data []byte) (*plan.Document, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(data, &keys); err == nil {
		found := false
		for _, name := range []string{"id", "version", "status", "counts", "problem", "created_at", "updated_at", "saved"} {
			if _, ok := keys[name]; ok {
				delete(keys, name)
				found = true
			}
		}
		if found {
			if data, err = json.Marshal(keys); err != nil {
				return nil, fault.Wrap(fault.Internal, err, "a plan's JSON")
			}
		}
	}
	return plan.Decode(data, a.s.Actions)
}

type newPlanInput struct{ RawBody []byte }

func (a *API) createPlan(ctx context.Context, who Actor, in *newPlanInput) (*planAnswer, error) {
	doc, err := a.documentOf(in.RawBody)
	if err != nil {
		return nil, err
	}
	saved, err := a.s.Plans.Save(ctx, who.Account, doc, planbook.SaveOptions{New: true, Author: who.Author})
	if err != nil {
		return nil, err
	}
	return a.newPlan(ctx, who, saved)
}

// newPlan is the answer that names a plan that was made.
func (a *API) newPlan(ctx context.Context, who Actor, saved *planbook.Saved) (*planAnswer, error) {
	f, err := a.s.Plans.Get(ctx, who.Account, saved.Plan.ID)
	if err != nil {
		return nil, err
	}
	answer := planOf(f, saved)
	answer.Status, answer.Location = http.StatusCreated, Prefix+"/plans/"+string(idOf(f.ID))
	return answer, nil
}

func (a *API) getPlan(ctx context.Context, who Actor, in *IDInput) (*planAnswer, error) {
	f, err := a.thePlan(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	return planOf(f, nil), nil
}

type planInput struct {
	IDInput
	IfMatch string `header:"If-Match" doc:"the ETag of the version that was edited; required"`
	ApplyTo string `query:"apply_to" enum:"everyone,new" doc:"whom the edit reaches; everyone when absent"`
	RawBody []byte
}

func (a *API) updatePlan(ctx context.Context, who Actor, in *planInput) (*planAnswer, error) {
	f, err := a.thePlan(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	if err := mustMatch(in.IfMatch, planTag(f.Number)); err != nil {
		return nil, err
	}
	doc, err := a.documentOf(in.RawBody)
	if err != nil {
		return nil, err
	}
	opt := planbook.SaveOptions{ID: f.ID, ApplyTo: planbook.ApplyTo(in.ApplyTo), Author: who.Author}
	if in.IfMatch != "*" {
		opt.Number = f.Number // the service looks again, under its lock
	}
	saved, err := a.s.Plans.Save(ctx, who.Account, doc, opt)
	if err != nil {
		if now, look := a.s.Plans.Get(ctx, who.Account, f.ID); look == nil && opt.Number != 0 && now.Number != opt.Number {
			return nil, match(in.IfMatch, planTag(now.Number))
		}
		return nil, err
	}
	if f, err = a.s.Plans.Get(ctx, who.Account, f.ID); err != nil {
		return nil, err
	}
	return planOf(f, saved), nil
}

type planDocumentInput struct {
	IDInput
	RawBody []byte
}

func (a *API) previewPlan(ctx context.Context, who Actor, in *planDocumentInput) (*body[client.Preview], error) {
	f, err := a.thePlan(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	doc, err := a.documentOf(in.RawBody)
	if err != nil {
		return nil, err
	}
	p, err := a.s.Plans.Preview(ctx, who.Account, f.ID, doc)
	if err != nil {
		return nil, err
	}
	return &body[client.Preview]{*previewOf(p)}, nil
}

func previewOf(p *planbook.Preview) *client.Preview {
	if p == nil {
		return nil
	}
	return &client.Preview{
		Changes: each(p.Changes, changeOf), Live: p.Live, Private: p.Private,
		Steps: each(p.Steps, func(s planbook.StepPreview) client.StepPreview {
			return client.StepPreview{Step: client.ID(s.StepID), Name: s.Name, Gain: s.Gain, Late: s.Late, Lose: s.Lose, Retime: s.Retime}
		}),
	}
}

func changeOf(c plan.Change) client.PlanChange {
	return client.PlanChange{Kind: string(c.Kind), Step: client.ID(c.StepID), Name: c.Name, Text: c.String()}
}
