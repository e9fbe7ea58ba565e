package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Task is one thing to do.
type Task struct {
	ID              ID         `json:"id"`
	Kind            string     `json:"kind" enum:"task,contact_reminder,call_reminder"`
	Title           string     `json:"title"`
	Notes           string     `json:"notes,omitempty"`
	Due             *time.Time `json:"due,omitempty" doc:"absent: some day"`
	User            ID         `json:"user,omitempty" doc:"who does it: a user or a partner"`
	Partner         ID         `json:"partner,omitempty"`
	Contact         ID         `json:"contact,omitempty"`
	Enrollment      ID         `json:"enrollment,omitempty" doc:"the plan's run that made it"`
	CompletionEmail ID         `json:"completion_email,omitempty" doc:"a template, sent to the contact when the task is completed"`
	Status          string     `json:"status" enum:"open,done"`
	Overdue         bool       `json:"overdue"`
	CreatedAt       time.Time  `json:"created_at"`
	DoneAt          *time.Time `json:"done_at,omitempty"`
	DoneBy          string     `json:"done_by,omitempty"`
}

// NewTask is a task to make. Without an assignee it is the assigned user's of its contact, else the owner's.
type NewTask struct {
	Kind            string     `json:"kind,omitempty" enum:"task,contact_reminder,call_reminder"`
	Title           string     `json:"title" maxLength:"500"`
	Notes           string     `json:"notes,omitempty" maxLength:"20000"`
	Due             *time.Time `json:"due,omitempty"`
	User            ID         `json:"user,omitempty"`
	Partner         ID         `json:"partner,omitempty"`
	Contact         ID         `json:"contact,omitempty"`
	CompletionEmail ID         `json:"completion_email,omitempty"`
}

// TaskPatch changes an open task; what is absent stays.
type TaskPatch struct {
	Title           *string    `json:"title,omitempty" maxLength:"500"`
	Notes           *string    `json:"notes,omitempty" maxLength:"20000"`
	Due             *time.Time `json:"due,omitempty"`
	NoDue           bool       `json:"no_due,omitempty" doc:"some day"`
	User            *ID        `json:"user,omitempty"`
	Partner         *ID        `json:"partner,omitempty"`
	CompletionEmail *ID        `json:"completion_email,omitempty" doc:"an empty text: none"`
}

// TaskFilter selects tasks.
type TaskFilter struct {
	User, Partner, Contact ID
	Status                 string // open, done; "" = both
	DueFrom, DueTo         *time.Time
}

// IDList names objects.
type IDList struct {
	IDs []ID `json:"ids" minItems:"1" maxItems:"1000"`
}

// Tasks returns a page of tasks by due moment; those without one come last.
func (c *Client) Tasks(ctx context.Context, f TaskFilter, page PageOptions) (Page[Task], error) {
	q := page.query()
	for name, value := range map[string]string{"user": string(f.User), "partner": string(f.Partner), "contact": string(f.Contact), "status": f.Status} {
		if value != "" {
			q.Set(name, value)
		}
	}
	setTime(q, "due_from", f.DueFrom)
	setTime(q, "due_to", f.DueTo)
	return get[Page[Task]](ctx, c, "/tasks", q)
}

func setTime(q url.Values, name string, t *time.Time) {
	if t != nil {
		q.Set(name, t.UTC().Format(time.RFC3339Nano))
	}
}

// Task returns one.
func (c *Client) Task(ctx context.Context, id ID) (Task, error) {
	return get[Task](ctx, c, path("tasks", string(id)), nil)
}

// CreateTask makes a task.
func (c *Client) CreateTask(ctx context.Context, t NewTask) (Task, error) {
	return send[Task](ctx, c, http.MethodPost, "/tasks", t)
}

// UpdateTask changes an open task.
func (c *Client) UpdateTask(ctx context.Context, id ID, p TaskPatch) (Task, error) {
	return send[Task](ctx, c, http.MethodPatch, path("tasks", string(id)), p)
}

// CompleteTask completes a task; completing it again changes nothing.
func (c *Client) CompleteTask(ctx context.Context, id ID) (Task, error) {
	return send[Task](ctx, c, http.MethodPost, path("tasks", string(id), "complete"), nil)
}

// CompleteTasks completes several and returns those that this call completed.
func (c *Client) CompleteTasks(ctx context.Context, ids ...ID) (Page[Task], error) {
	return send[Page[Task]](ctx, c, http.MethodPost, "/tasks/complete", IDList{IDs: ids})
}

// DeleteTask deletes a task.
func (c *Client) DeleteTask(ctx context.Context, id ID) error {
	return c.drop(ctx, path("tasks", string(id)))
}
