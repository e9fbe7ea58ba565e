// Package app is the composition root: the only place that knows every variant and puts the parts together.
package app

import (
	"tactus/internal/action"
	"tactus/internal/action/call"
	"tactus/internal/action/email"
	"tactus/internal/action/flow"
	"tactus/internal/action/letter"
	"tactus/internal/action/note"
	"tactus/internal/action/otherplan"
	"tactus/internal/action/remind"
	"tactus/internal/action/stage"
	"tactus/internal/action/tag"
	"tactus/internal/action/task"
	"tactus/internal/action/text"
	"tactus/internal/action/user"
	"tactus/internal/action/webhook"
	"tactus/internal/channel"
	"tactus/internal/channel/sandbox"
	"tactus/internal/channel/smtp"
)

// Actions is the one list of what a step can do, in the order shown to people (HOUSE-3).
func Actions() *action.Registry {
	return action.NewRegistry(
		email.Send{},
		text.Send{},
		call.Start{},
		letter.Send{},
		remind.Create{},
		task.Create{},
		user.Assign{},
		user.Unassign{},
		tag.Add{},
		tag.Remove{},
		stage.Change{},
		note.Add{},
		otherplan.Assign{},
		otherplan.Pause{},
		otherplan.PauseAll{},
		flow.Repeat{},
		flow.End{},
		webhook.Call{},
	)
}

// Channels is the one list of carriers (HOUSE-3).
func Channels() []channel.Kind {
	return []channel.Kind{
		sandbox.New(nil),
		smtp.New(smtp.Options{}),
	}
}
