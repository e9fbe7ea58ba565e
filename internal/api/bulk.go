package api

import (
	"context"
	"net/http"
	"reflect"
	"slices"

	"tactus/client"
	"tactus/internal/bulk"
	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/fault"
)

// atOnce is how many ids are done within the request; more are an operation.
const atOnce = 50

// maxIDs bounds the body of requests that may list many ids.
const maxIDs = 4 << 20

func (a *API) assignRoutes() {
	add(a, operation{
		id: "assign-plan", method: http.MethodPost, path: "/plans/{id}/assign", tag: enrollmentsTag, maxBody: maxIDs,
		summary: "Put contacts on a plan",
		about:   "Up to 50 ids start at once; more, and filters, become an operation (202). The counts say how many started, were on it already, were skipped and why.",
	}, a.assign)
	add(a, operation{
		id: "change-contacts", method: http.MethodPost, path: "/contacts/change", tag: contactsTag, maxBody: maxIDs, status: http.StatusAccepted,
		summary: "Change many contacts alike", about: "Tags, groups, stage, assigned user; an operation.",
	}, a.changeContacts)
}

// outcome is the answer to a command on several.
type outcome struct {
	Status   int
	Location string `header:"Location"`
	Body     client.Outcome
}

// accepted is the answer that an operation has begun.
func (a *API) accepted(ctx context.Context, account, id int64) (*outcome, error) {
	op, err := a.s.Work.Get(ctx, account, id)
	if err != nil {
		return nil, err
	}
	o := operationOf(op)
	return &outcome{Status: http.StatusAccepted, Location: Prefix + "/operations/" + string(o.ID), Body: client.Outcome{Operation: &o}}, nil
}

// selection reads {ids} or {filter, except}; ids nil means the filter.
func selection(list, except []client.ID, filtered bool) (ids, but []int64, err error) {
	switch {
	case filtered == (list != nil):
		return nil, nil, invalid("ids", "name ids, or a filter, and not both")
	case !filtered && len(list) == 0:
		return nil, nil, invalid("ids", "name at least one")
	case !filtered && len(except) > 0:
		return nil, nil, invalid("except", "except goes with a filter; leave them out of ids")
	}
	if but, err = references("except", except); err != nil || filtered {
		return nil, but, err
	}
	ids, err = references("ids", list)
	slices.Sort(ids)
	return slices.Compact(ids), nil, err
}

// who is the filter of contacts that a bulk request means.
func (a *API) who(ctx context.Context, account int64, list, except []client.ID, f *client.ContactFilter) (contact.Filter, error) {
	ids, but, err := selection(list, except, f != nil)
	if err != nil {
		return contact.Filter{}, err
	}
	if f == nil {
		return contact.Filter{IDs: ids}, nil
	}
	out, err := a.filter(ctx, account, *f, "filter.")
	if err != nil {
		return out, err
	}
	named := out.StageID != 0 || out.SourceID != 0 || len(out.LabelIDs) > 0 || out.AssignedID != 0 || out.PlanID != 0 || out.Text != "" ||
		!out.ActiveSince.IsZero() || !out.ActiveBefore.IsZero()
	if named == f.All {
		return out, invalid("filter", "name a condition, or say all: true for all contacts, and not both")
	}
	if err := a.someWereActive(ctx, account, out); err != nil {
		return out, err
	}
	out.Except = but
	return out, nil
}

// someWereActive refuses active_before alone when nobody has done anything since: that is everybody, which must be said.
func (a *API) someWereActive(ctx context.Context, account int64, f contact.Filter) error {
	if f.ActiveBefore.IsZero() || !reflect.DeepEqual(f, contact.Filter{ActiveBefore: f.ActiveBefore}) {
		return nil
	}
	active, err := a.s.Contacts.IDs(ctx, account, contact.Filter{ActiveSince: f.ActiveBefore}, 0, 1)
	if err == nil && len(active) == 0 {
		err = invalid("filter.active_before", "no contact has been active since then, so this is everybody; say all: true instead if that is meant")
	}
	return err
}

type changeInput struct{ Body client.ChangeContacts }

func (a *API) changeContacts(ctx context.Context, who Actor, in *changeInput) (*outcome, error) {
	b := in.Body
	filter, err := a.who(ctx, who.Account, b.IDs, b.Except, b.Filter)
	if err != nil {
		return nil, err
	}
	many := contact.Many{
		Stage: b.Stage, AddTags: b.AddTags, RemoveTags: b.RemoveTags, AddGroups: b.AddGroups, RemoveGroups: b.RemoveGroups,
	}
	if b.Assigned != nil {
		user, err := reference("assigned", *b.Assigned)
		if err != nil {
			return nil, err
		}
		many.Assigned = &user
	}
	id, err := a.s.Bulk.Change(ctx, who.Account, filter, many, who.Author)
	if err != nil {
		return nil, err
	}
	return a.accepted(ctx, who.Account, id)
}

type bulkInput struct{ Body client.Bulk }

// commandMany is the operation that carries a command out on several enrollments.
func (a *API) commandMany(cmd enroll.Command) func(context.Context, Actor, *bulkInput) (*outcome, error) {
	return func(ctx context.Context, who Actor, in *bulkInput) (*outcome, error) {
		b := in.Body
		ids, except, err := selection(b.IDs, b.Except, b.Filter != nil)
		if err != nil {
			return nil, err
		}
		if b.Filter == nil && len(ids) <= atOnce {
			return a.commandNow(ctx, who, cmd, ids)
		}
		runs := bulk.Runs{IDs: ids, Except: except}
		if b.Filter != nil {
			f, err := a.thePlan(ctx, who.Account, string(b.Filter.Plan))
			if fault.Is(err, fault.NotFound) {
				return nil, invalid("filter.plan", "there is no such plan")
			}
			if err != nil {
				return nil, err
			}
			runs.Plan, runs.Status = f.ID, statuses(b.Filter.Status)
		} else if runs.Plan, err = a.planOf(ctx, who.Account, ids); err != nil {
			return nil, err
		}
		id, err := a.s.Bulk.Command(ctx, who.Account, cmd, runs, who.Author, who.User)
		if err != nil {
			return nil, err
		}
		return a.accepted(ctx, who.Account, id)
	}
}

// planOf is the one plan that enrollments are on.
func (a *API) planOf(ctx context.Context, account int64, ids []int64) (int64, error) {
	found := int64(0)
	for part := range slices.Chunk(ids, 1000) {
		rows, err := a.s.Runs.Rows(ctx, account, part)
		if err != nil {
			return 0, err
		}
		for _, r := range rows {
			if found != 0 && r.PlanID != found {
				return 0, invalid("ids", "more than %d ids must be of one plan", atOnce)
			}
			found = r.PlanID
		}
	}
	if found == 0 {
		return 0, invalid("ids", "there are no such enrollments")
	}
	return found, nil
}

// commandNow carries a command out on a few within the request.
func (a *API) commandNow(ctx context.Context, who Actor, cmd enroll.Command, ids []int64) (*outcome, error) {
	results, err := a.s.Runs.Do(ctx, who.Account, cmd, enroll.Selection{IDs: ids}, who.Author, who.User)
	if err != nil {
		return nil, err
	}
	out := client.Outcome{Counts: map[string]int64{}}
	for _, r := range results {
		switch {
		case r.Err == nil:
			out.Counts[pastOf(cmd)]++
		case fault.Is(r.Err, fault.Conflict):
			out.Counts["refused."+string(r.Found)]++
		default:
			out.Counts["failed"]++
		}
		if r.Handing != nil {
			out.Handing = append(out.Handing, *handingOf(r.Handing))
		}
	}
	if gone := len(ids) - len(results); gone > 0 {
		out.Counts["skipped.gone"] = int64(gone)
	}
	return &outcome{Status: http.StatusOK, Body: out}, nil
}

// pastOf names what a command has done in the counts, as package bulk does.
func pastOf(cmd enroll.Command) string {
	switch cmd {
	case enroll.CmdPause:
		return "paused"
	case enroll.CmdResume:
		return "resumed"
	case enroll.CmdStop:
		return "stopped"
	case enroll.CmdRestart:
		return "restarted"
	case enroll.CmdRemove:
		return "removed"
	}
	return string(cmd)
}
