package crash_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"tactus/client"
	"tactus/internal/channel/smtptest"
)

// truth is everything that the API says at the end, and what the mail server took.
type truth struct {
	contacts    []client.Contact
	plans       []client.PlanLine
	names       map[client.ID]string // of plans
	enrollments map[client.ID]client.Enrollment
	versions    map[client.ID]map[int]client.Document // by plan and number
	history     []client.Entry                        // of all plans, oldest first
	messages    []client.Message
	operations  []client.Operation
	wire        []smtptest.Message
}

// step is one step of one run.
type step struct {
	enrollment client.ID
	run, round int
	step       client.ID
}

// pages reads a whole list.
func pages[T any](get func(client.PageOptions) (client.Page[T], error)) ([]T, error) {
	var out []T
	for page := (client.PageOptions{Limit: 500}); ; {
		got, err := get(page)
		if err != nil {
			return nil, err
		}
		out = append(out, got.Items...)
		if page.Cursor = got.Next; page.Cursor == "" {
			return out, nil
		}
	}
}

func (c *campaign) read(ctx context.Context) (*truth, error) {
	api := c.fleet.client
	t := &truth{names: map[client.ID]string{}, enrollments: map[client.ID]client.Enrollment{}, versions: map[client.ID]map[int]client.Document{}}
	var err error
	if t.contacts, err = pages(func(o client.PageOptions) (client.Page[client.Contact], error) {
		return api.Contacts(ctx, client.ContactFilter{}, "", o)
	}); err != nil {
		return nil, err
	}
	if t.messages, err = pages(func(o client.PageOptions) (client.Page[client.Message], error) {
		return api.Messages(ctx, client.MessageFilter{}, o)
	}); err != nil {
		return nil, err
	}
	if t.operations, err = pages(func(o client.PageOptions) (client.Page[client.Operation], error) {
		return api.Operations(ctx, "", false, o)
	}); err != nil {
		return nil, err
	}
	list, err := api.Plans(ctx, client.PlanFilter{}, client.PageOptions{Limit: 500})
	if err != nil {
		return nil, err
	}
	t.plans = list.Items
	for _, p := range t.plans {
		t.names[p.ID] = p.Name
		if err := c.readPlan(ctx, t, p.ID); err != nil {
			return nil, err
		}
	}
	t.wire = c.mail.Messages()
	return t, c.readHanding(ctx, t)
}

func (c *campaign) readPlan(ctx context.Context, t *truth, id client.ID) error {
	api := c.fleet.client
	rows, err := pages(func(o client.PageOptions) (client.Page[client.Enrollment], error) { return api.Enrollments(ctx, id, o) })
	if err != nil {
		return err
	}
	t.versions[id] = map[int]client.Document{}
	for _, e := range rows {
		t.enrollments[e.ID] = e
		if _, known := t.versions[id][e.Version]; !known {
			v, err := api.PlanVersion(ctx, id, e.Version)
			if err != nil {
				return err
			}
			t.versions[id][e.Version] = *v.Document
		}
	}
	entries, err := pages(func(o client.PageOptions) (client.Page[client.Entry], error) { return api.PlanHistory(ctx, id, o) })
	slices.Reverse(entries)
	t.history = append(t.history, entries...)
	return err
}

// readHanding adds the messages that operations named as being handed over, and when operations ended.
func (c *campaign) readHanding(ctx context.Context, t *truth) error {
	ended := map[client.ID]client.Operation{}
	for _, op := range t.operations {
		ended[op.ID] = op
		if op.Counts["handing"] == 0 {
			continue
		}
		file, err := c.fleet.client.OperationFile(ctx, op.ID, "handing.jsonl")
		if err != nil {
			return err
		}
		for lines := bufio.NewScanner(bytes.NewReader(file)); lines.Scan(); {
			var line struct {
				Message json.Number `json:"message"`
			}
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
				return err
			}
			c.j.handing[client.ID(line.Message.String())] = true
		}
	}
	for i, r := range c.j.revivals {
		if op := ended[r.operation]; op.EndedAt != nil {
			c.j.revivals[i].to = c.fleet.warp.from(*op.EndedAt)
		}
	}
	return nil
}

// emails are the steps of a version that send one, in its order, and all its steps.
func emails(d client.Document) (mail map[client.ID]bool, all []client.ID) {
	mail = map[client.ID]bool{}
	for _, s := range d.Steps {
		id, _ := s["id"].(string)
		all = append(all, client.ID(id))
		if s["action"] == "send_email" {
			mail[client.ID(id)] = true
		}
	}
	return mail, all
}

func stepOf(m client.Message) step { return step{m.Enrollment, m.Run, m.Round, m.Step} }
