package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tactus/client"
	"tactus/internal/history"
	"tactus/internal/task"
)

const tasksTag = "Tasks"

func (a *API) taskRoutes() {
	add(a, operation{id: "list-tasks", method: http.MethodGet, path: "/tasks", tag: tasksTag, summary: "List tasks and reminders", about: "By due moment; those without one come last."}, a.listTasks)
	add(a, operation{id: "create-task", method: http.MethodPost, path: "/tasks", tag: tasksTag, status: http.StatusCreated, summary: "Make a task"}, a.createTask)
	add(a, operation{id: "get-task", method: http.MethodGet, path: "/tasks/{id}", tag: tasksTag, summary: "Get a task"}, a.getTask)
	add(a, operation{id: "update-task", method: http.MethodPatch, path: "/tasks/{id}", tag: tasksTag, summary: "Change, snooze or reassign an open task", about: "A task of a plan that was edited is not re-timed any more."}, a.updateTask)
	add(a, operation{id: "complete-task", method: http.MethodPost, path: "/tasks/{id}/complete", tag: tasksTag, summary: "Complete a task", about: "Its completion email goes out once, however often it is completed."}, a.completeTask)
	add(a, operation{id: "complete-tasks", method: http.MethodPost, path: "/tasks/complete", tag: tasksTag, summary: "Complete several tasks", about: "Returns those that this request completed."}, a.completeTasks)
	add(a, operation{id: "delete-task", method: http.MethodDelete, path: "/tasks/{id}", tag: tasksTag, status: http.StatusNoContent, summary: "Delete a task", about: "A task of a plan that has not fallen due takes its step with it, for this contact only."}, a.deleteTask)
}

func (a *API) taskOf(t task.Task) client.Task {
	return client.Task{
		ID: idOf(t.ID), Kind: string(t.Kind), Title: t.Title, Notes: t.Notes, Due: moment(t.DueAt), User: idOf(t.UserID), Partner: idOf(t.PartnerID),
		Contact: idOf(t.ContactID), Enrollment: idOf(t.EnrollmentID), CompletionEmail: idOf(t.CompletionID), Status: string(t.Status),
		Overdue: t.Overdue(a.opt.Clock.Now()), CreatedAt: t.CreatedAt, DoneAt: moment(t.DoneAt), DoneBy: t.DoneBy,
	}
}

type taskListInput struct {
	PageInput
	User    string    `query:"user"`
	Partner string    `query:"partner"`
	Contact string    `query:"contact"`
	Status  string    `query:"status" enum:"open,done"`
	DueFrom time.Time `query:"due_from"`
	DueTo   time.Time `query:"due_to" doc:"exclusive"`
}

func (a *API) listTasks(ctx context.Context, who Actor, in *taskListInput) (*body[client.Page[client.Task]], error) {
	q := task.Query{Status: task.Status(in.Status), DueFrom: instant(&in.DueFrom), DueTo: instant(&in.DueTo), Limit: history.Limit(in.Limit, 50, 500)}
	for _, f := range []struct {
		name, given string
		to          *int64
	}{{"user", in.User, &q.UserID}, {"partner", in.Partner, &q.PartnerID}, {"contact", in.Contact, &q.ContactID}} {
		id, err := reference(f.name, client.ID(f.given))
		if err != nil {
			return nil, err
		}
		*f.to = id
	}
	at, id, err := placeTime("tasks", in.Cursor)
	if err != nil {
		return nil, err
	}
	q.After = task.Place{DueAt: at, ID: id}
	list, err := a.s.Tasks.List(ctx, who.Account, q)
	if err != nil {
		return nil, err
	}
	page := client.Page[client.Task]{Items: each(list, a.taskOf)}
	if len(list) == q.Limit {
		last := list[len(list)-1]
		page.Next = cursorTime("tasks", last.DueAt, last.ID)
	}
	return &body[client.Page[client.Task]]{page}, nil
}

// cursorTime is cursor for lists in the order of a moment and id; the zero moment is one, too.
func cursorTime(list string, at time.Time, id int64) string {
	ms := ""
	if !at.IsZero() {
		ms = strconv.FormatInt(at.UnixMilli(), 10)
	}
	return cursor(list, fmt.Sprintf("%s/%d", ms, id))
}

func placeTime(list, given string) (time.Time, int64, error) {
	after, err := place(list, given)
	if err != nil || after == "" {
		return time.Time{}, 0, err
	}
	ms, rest, _ := strings.Cut(after, "/")
	id, err := strconv.ParseInt(rest, 10, 64)
	var at time.Time
	if err == nil && ms != "" {
		var n int64
		if n, err = strconv.ParseInt(ms, 10, 64); err == nil {
			at = time.UnixMilli(n).UTC()
		}
	}
	if err != nil {
		return at, 0, invalid("cursor", "this is not a cursor of this list; take next of the page before")
	}
	return at, id, nil
}

type newTaskInput struct{ Body client.NewTask }

func (a *API) createTask(ctx context.Context, who Actor, in *newTaskInput) (*created[client.Task], error) {
	b := in.Body
	t := task.Task{AccountID: who.Account, Kind: task.Kind(b.Kind), Title: b.Title, Notes: b.Notes, DueAt: instant(b.Due)}
	for _, f := range []struct {
		name  string
		given client.ID
		to    *int64
	}{{"user", b.User, &t.UserID}, {"partner", b.Partner, &t.PartnerID}, {"contact", b.Contact, &t.ContactID}, {"completion_email", b.CompletionEmail, &t.CompletionID}} {
		id, err := reference(f.name, f.given)
		if err != nil {
			return nil, err
		}
		*f.to = id
	}
	t, err := a.s.Tasks.Create(ctx, t, who.Author)
	return &created[client.Task]{Location: Prefix + "/tasks/" + string(idOf(t.ID)), Body: a.taskOf(t)}, err
}

func (a *API) theTask(ctx context.Context, account int64, given string) (task.Task, error) {
	id, err := object(given, "task")
	if err != nil {
		return task.Task{}, err
	}
	return a.s.Tasks.Get(ctx, account, id)
}

func (a *API) getTask(ctx context.Context, who Actor, in *IDInput) (*body[client.Task], error) {
	t, err := a.theTask(ctx, who.Account, in.ID)
	return &body[client.Task]{a.taskOf(t)}, err
}

type taskPatchInput struct {
	IDInput
	Body client.TaskPatch
}

func (a *API) updateTask(ctx context.Context, who Actor, in *taskPatchInput) (*body[client.Task], error) {
	id, err := object(in.ID, "task")
	if err != nil {
		return nil, err
	}
	b := in.Body
	p := task.Patch{Title: b.Title, Notes: b.Notes}
	if b.Due != nil {
		due := instant(b.Due)
		p.DueAt = &due
	}
	if b.NoDue {
		p.DueAt = &time.Time{}
	}
	for _, f := range []struct {
		name  string
		given *client.ID
		to    **int64
	}{{"user", b.User, &p.UserID}, {"partner", b.Partner, &p.PartnerID}, {"completion_email", b.CompletionEmail, &p.CompletionID}} {
		if f.given == nil {
			continue
		}
		n, err := reference(f.name, *f.given)
		if err != nil {
			return nil, err
		}
		*f.to = &n
	}
	t, err := a.s.Tasks.Update(ctx, who.Account, id, p, who.Author)
	return &body[client.Task]{a.taskOf(t)}, err
}

func (a *API) completeTask(ctx context.Context, who Actor, in *IDInput) (*body[client.Task], error) {
	t, err := a.theTask(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	if _, err := a.s.Tasks.Complete(ctx, who.Account, []int64{t.ID}, who.Author); err != nil {
		return nil, err
	}
	return a.getTask(ctx, who, in)
}

type idListInput struct{ Body client.IDList }

func (a *API) completeTasks(ctx context.Context, who Actor, in *idListInput) (*body[client.Page[client.Task]], error) {
	ids, err := references("ids", in.Body.IDs)
	if err != nil {
		return nil, err
	}
	done, err := a.s.Tasks.Complete(ctx, who.Account, ids, who.Author)
	return &body[client.Page[client.Task]]{client.Page[client.Task]{Items: each(done, a.taskOf)}}, err
}

func (a *API) deleteTask(ctx context.Context, who Actor, in *IDInput) (*none, error) {
	t, err := a.theTask(ctx, who.Account, in.ID)
	if err != nil {
		return nil, err
	}
	_, err = a.s.Tasks.Delete(ctx, who.Account, []int64{t.ID}, who.Author)
	return &none{}, err
}
