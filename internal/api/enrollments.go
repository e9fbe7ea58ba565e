package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"tactus/client"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/history"
	"tactus/internal/plan"
)

const enrollmentsTag = "Enrollments"

// commands of PLAN-15, with what they do.
func commands() []struct {
	cmd   enroll.Command
	about string
} {
	return []struct {
		cmd   enroll.Command
		about string
	}{
		{enroll.CmdPause, "Nothing fires; the place is kept."},
		{enroll.CmdResume, "Goes on where it was paused; gaps stay as designed."},
		{enroll.CmdStop, "This run is over; only restart goes on."},
		{enroll.CmdRestart, "A new run from the first step of the newest version."},
		{enroll.CmdRemove, "The assignment goes; what happened stays in the contact's history."},
	}
}

func (a *API) enrollmentRoutes() {
	add(a, operation{id: "list-plan-enrollments", method: http.MethodGet, path: "/plans/{id}/enrollments", tag: enrollmentsTag, summary: "Who is on a plan", about: "Newest first."}, a.planEnrollments)
	add(a, operation{id: "list-contact-enrollments", method: http.MethodGet, path: "/contacts/{id}/enrollments", tag: enrollmentsTag, summary: "A contact's plans", about: "Newest first, with progress, the next step and when."}, a.contactEnrollments)
	add(a, operation{id: "get-enrollment", method: http.MethodGet, path: "/enrollments/{id}", tag: enrollmentsTag, summary: "Get an enrollment", about: "Status, progress, next step and when."}, a.getEnrollment)
	add(a, operation{id: "enrollment-history", method: http.MethodGet, path: "/enrollments/{id}/history", tag: enrollmentsTag, summary: "What happened on an enrollment", about: "Newest first."}, a.enrollmentHistory)
	for _, c := range commands() {
		name := string(c.cmd)
		add(a, operation{
			id: name + "-enrollment", method: http.MethodPost, path: "/enrollments/{id}/" + name, tag: enrollmentsTag,
			summary: "Carry out: " + name,
			about:   c.about + " Refused with the state found when the status does not allow it. When it has answered, it holds; a message that was being handed over at that moment is named.",
		}, a.command(c.cmd))
		add(a, operation{
			id: name + "-enrollments", method: http.MethodPost, path: "/enrollments/" + name, tag: enrollmentsTag, maxBody: maxIDs,
			summary: "Carry out on several: " + name,
			about:   c.about + " Up to 50 ids are done at once; more, and filters, become an operation. Those whose status does not allow it are counted, not fatal.",
		}, a.commandMany(c.cmd))
	}
}

func enrollmentOf(v enroll.View) client.Enrollment {
	out := client.Enrollment{
		ID: idOf(v.ID), Contact: idOf(v.ContactID), Plan: idOf(v.PlanID), PlanName: v.PlanName, Event: idOf(v.EventID),
		Status: string(v.Status), Holders: each(v.Holders, func(h enroll.Holder) string { return string(h) }),
		Version: v.Version, Custom: v.Private, Run: v.Run, Round: v.State.Round, Steps: v.Steps, Done: v.Done,
		Waits: string(v.Wait), Problems: v.Problems, StartedAt: v.StartedAt, EndedAt: moment(v.EndedAt),
	}
	switch {
	case v.Status == plan.Completed:
		out.Progress = fmt.Sprintf("%d of %d steps", v.Done, v.Steps)
	case v.Steps > 0:
		out.Progress = fmt.Sprintf("step %d of %d", min(v.Done+1, v.Steps), v.Steps)
	}
	if v.Next != nil {
		out.Next = &client.NextStep{
			Step: client.ID(v.Next.Step), Number: v.Next.Number, Name: v.Next.Name, Action: v.Next.Action, At: moment(v.Next.At), Reason: v.Next.Reason,
		}
	}
	return out
}

type enrollmentListInput struct {
	IDInput
	PageInput
	Status []string `query:"status,explode" enum:"active,paused,stopped,completed" doc:"only these; repeat it for several"`
}

func (a *API) planEnrollments(ctx context.Context, who Actor, in *enrollmentListInput) (*body[client.Page[client.Enrollment]], error) {
	f, err := a.thePlan(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	return a.enrollments(ctx, who.Account, enroll.ListQuery{Plan: f.ID, Status: statuses(in.Status), Limit: in.Limit}, in.Cursor)
}

func (a *API) contactEnrollments(ctx context.Context, who Actor, in *enrollmentListInput) (*body[client.Page[client.Enrollment]], error) {
	c, err := a.theContact(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	return a.enrollments(ctx, who.Account, enroll.ListQuery{Contact: c.ID, Status: statuses(in.Status), Limit: in.Limit}, in.Cursor)
}

func statuses(list []string) []plan.Status {
	return each(list, func(s string) plan.Status { return plan.Status(s) })
}

func (a *API) enrollments(ctx context.Context, account int64, q enroll.ListQuery, given string) (*body[client.Page[client.Enrollment]], error) {
	var err error
	if q.Before, err = placeID("enrollments", given); err != nil {
		return nil, err
	}
	views, next, err := a.s.Views.List(ctx, account, q)
	return &body[client.Page[client.Enrollment]]{client.Page[client.Enrollment]{Items: each(views, enrollmentOf), Next: cursorID("enrollments", next)}}, err
}

// startedSince are the enrollments of a contact whose run began at or after a moment.
func (a *API) startedSince(ctx context.Context, account, contact int64, since time.Time) ([]client.Enrollment, error) {
	views, _, err := a.s.Views.List(ctx, account, enroll.ListQuery{Contact: contact, Limit: 100})
	if err != nil {
		return nil, err
	}
	var out []client.Enrollment
	for _, v := range views {
		if !v.StartedAt.Before(since) {
			out = append(out, enrollmentOf(v))
		}
	}
	return out, nil
}

// theEnrollment finds the enrollment of a path.
func (a *API) theEnrollment(ctx context.Context, account int64, given string) (enroll.View, error) {
	id, err := object(given, "enrollment")
	if err != nil {
		return enroll.View{}, err
	}
	views, err := a.s.Views.Of(ctx, account, []int64{id})
	if err == nil && len(views) == 0 {
		_, err = object("", "enrollment")
	}
	if err != nil {
		return enroll.View{}, err
	}
	return views[0], nil
}

func (a *API) getEnrollment(ctx context.Context, who Actor, in *IDInput) (*body[client.Enrollment], error) {
	v, err := a.theEnrollment(ctx, who.Account, in.ID)
	return &body[client.Enrollment]{enrollmentOf(v)}, err
}

type enrollmentHistoryInput struct {
	IDInput
	PageInput
}

// enrollmentHistory keeps to one enrollment's rows of its contact's timeline: pages may be short, and next still leads on.
func (a *API) enrollmentHistory(ctx context.Context, who Actor, in *enrollmentHistoryInput) (*body[client.Page[client.Entry]], error) {
	v, err := a.theEnrollment(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	limit := history.Limit(in.Limit, 50, 500)
	before, err := placeID("history", in.Cursor)
	if err != nil {
		return nil, err
	}
	out := client.Page[client.Entry]{Items: []client.Entry{}}
	for range maxLooks {
		page, err := a.s.History.Page(ctx, who.Account, history.Query{ContactID: v.ContactID, Before: before, Limit: 500})
		if err != nil {
			return nil, err
		}
		for _, row := range page.Rows {
			before = row.ID
			if row.EnrollmentID != v.ID {
				continue
			}
			if out.Items = append(out.Items, entryOf(row)); len(out.Items) == limit {
				out.Next = cursorID("history", before)
				return &body[client.Page[client.Entry]]{out}, nil
			}
		}
		if page.Next == 0 {
			return &body[client.Page[client.Entry]]{out}, nil
		}
	}
	out.Next = cursorID("history", before)
	return &body[client.Page[client.Entry]]{out}, nil
}

// maxLooks bounds how many pages of a timeline one request looks through.
const maxLooks = 10

// command is the operation that carries a command out on one enrollment.
func (a *API) command(cmd enroll.Command) func(context.Context, Actor, *IDInput) (*body[client.Commanded], error) {
	return func(ctx context.Context, who Actor, in *IDInput) (*body[client.Commanded], error) {
		v, err := a.theEnrollment(ctx, who.Account, in.ID)
		if err != nil {
			return nil, err
		}
		results, err := a.s.Runs.Do(ctx, who.Account, cmd, enroll.Selection{IDs: []int64{v.ID}}, who.Author, who.User)
		if err != nil {
			return nil, err
		}
		if len(results) == 0 {
			_, err := object("", "enrollment")
			return nil, err
		}
		r := results[0]
		if r.Err != nil {
			p := a.problem(ctx, r.Err)
			if fault.Is(r.Err, fault.Conflict) {
				p.State = string(r.Found)
			}
			return nil, p
		}
		out := client.Commanded{Found: string(r.Found), Handing: handingOf(r.Handing)}
		views, err := a.s.Views.Of(ctx, who.Account, []int64{v.ID})
		if err != nil {
			return nil, err
		}
		if len(views) > 0 {
			e := enrollmentOf(views[0])
			out.Enrollment = &e
		}
		return &body[client.Commanded]{out}, nil
	}
}

func handingOf(h *enroll.Handing) *client.Handing {
	if h == nil {
		return nil
	}
	return &client.Handing{Message: idOf(h.Message), Address: h.Address, Since: h.Since}
}
