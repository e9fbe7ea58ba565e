package app

import (
	"context"
	"fmt"

	"tactus/internal/account"
	"tactus/internal/channel"
	"tactus/internal/delivery"
	"tactus/internal/enroll"
	"tactus/internal/event"
	"tactus/internal/task"
)

// triggers let what happens to the account, to tasks and to events reach the plans, inside the same transaction.
type triggers struct{ a *App }

var (
	_ account.Triggers = triggers{}
	_ task.Triggers    = triggers{}
	_ event.Triggers   = triggers{}
)

// ZoneChanged implements account.Triggers (PLAN-8).
func (t triggers) ZoneChanged(ctx context.Context, account int64, author string) error {
	return t.a.Bulk.ZoneChanged(ctx, account, author)
}

// TaskCompleted implements task.Triggers: the completion email goes to the contact (PLAN-12, CON-9).
func (t triggers) TaskCompleted(ctx context.Context, done task.Task, _ string) error {
	if done.CompletionID == 0 || done.ContactID == 0 {
		return nil
	}
	now := t.a.Clock.Now()
	_, err := t.a.DB.QueueMessage(ctx, delivery.Outgoing{
		Account: done.AccountID, Contact: done.ContactID, Class: delivery.Completion, Channel: channel.Email,
		Template: done.CompletionID, Sender: done.UserID, Now: now,
	})
	if err == nil {
		t.a.DB.Signal(ctx, enroll.TopicDelivery)
	}
	return err
}

// TaskDeleted implements task.Triggers: the step is dropped for this contact (PLAN-13).
func (t triggers) TaskDeleted(ctx context.Context, was task.Task, author string) error {
	if was.EnrollmentID == 0 || was.Status != task.Open {
		return nil
	}
	return t.a.Runs.Amend(ctx, was.AccountID, was.EnrollmentID, amended(was, enroll.Override{Removed: true}), author)
}

// TaskChanged implements task.Triggers: the step is due when the task now is.
func (t triggers) TaskChanged(ctx context.Context, before, after task.Task, author string) error {
	if after.EnrollmentID == 0 || after.Status != task.Open || before.DueAt.Equal(after.DueAt) || after.DueAt.IsZero() {
		return nil
	}
	return t.a.Runs.Amend(ctx, after.AccountID, after.EnrollmentID, amended(after, enroll.Override{Due: enroll.MillisOf(after.DueAt)}), author)
}

func amended(of task.Task, o enroll.Override) enroll.Amend {
	return enroll.Amend{Step: of.Step, Run: of.Run, Round: of.Round, Override: o}
}

// EventChanged implements event.Triggers (PLAN-4, PLAN-11).
func (t triggers) EventChanged(ctx context.Context, account int64, e event.Event, what, author string) error {
	switch what {
	case event.Created:
		return t.a.Bulk.EventCreated(ctx, account, enroll.DatedEvent{
			ID: e.ID, Title: e.Title, Kind: e.Kind, At: e.At, Yearly: e.Yearly,
		}, e.ContactID, e.GroupID, author)
	case event.Moved:
		return t.a.Bulk.EventMoved(ctx, account, e.ID, author)
	case event.Deleted:
		return t.a.Bulk.EventDeleted(ctx, account, e.ID, author)
	}
	return fmt.Errorf("an event cannot be %q", what)
}
