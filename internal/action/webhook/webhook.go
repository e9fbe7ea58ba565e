// Package webhook is the action that posts contact and step to a web address, the door for add-ons.
package webhook

import (
	"tactus/internal/action"
	"tactus/internal/fault"
	"tactus/internal/form"
)

// Call is the kind call_webhook.
type Call struct{}

// Info implements action.Kind.
func (Call) Info() action.Info {
	return action.Info{
		Name: "call_webhook", Label: "Call webhook",
		Help:    "Posts the contact and the step to a web address, signed.",
		Planned: true, Optional: true,
	}
}

// Fields implements action.Kind.
func (Call) Fields() []form.Field {
	return []form.Field{{
		Name: "url", Label: "Web address", Type: form.URL, Required: true,
		Help: "Where to post, beginning with https:// or http://.",
	}}
}

// New implements action.Kind.
func (Call) New() action.Action { return new(config) }

type config struct {
	URL string `json:"url"`
}

func (c *config) Validate() []fault.Field {
	var f action.Faults
	f.Text("url", c.URL, "is missing; write the web address to post to")
	f.URL("url", c.URL)
	return f.All()
}

func (c *config) Do(action.Input) action.Outcome {
	return action.Doing(action.CallWebhook{URL: c.URL})
}
