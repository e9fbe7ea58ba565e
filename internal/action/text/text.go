// Package text is the action that sends an SMS or MMS: always the same text, or the next one of several.
package text

import (
	"tactus/internal/action"
	"tactus/internal/channel"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// Send is the kind send_sms.
type Send struct{}

// Info implements action.Kind.
func (Send) Info() action.Info {
	return action.Info{
		Name: "send_sms", Label: "Send text",
		Help:    "Sends the contact a text message; with several texts, each round of the plan sends the next one.",
		Planned: true, Optional: true,
		Role: plan.Role{Channel: channel.SMS},
	}
}

// Fields implements action.Kind.
func (Send) Fields() []form.Field {
	return []form.Field{
		{Name: "text", Label: "Text", Type: form.LongText, Merge: true, Help: "The one text, sent in every round."},
		{
			Name: "texts", Label: "Several texts", Type: form.List, Merge: true,
			Help: "Several texts: each round sends the next one, over runs, and after the last the first again.",
		},
		{Name: "media", Label: "Media", Type: form.List, Help: "Web addresses of pictures to send along, as an MMS."},
	}
}

// OneOf implements action.Chooser.
func (Send) OneOf() []string { return []string{"text", "texts"} }

// New implements action.Kind.
func (Send) New() action.Action { return new(config) }

type config struct {
	Single string      `json:"text"`
	Many   action.List `json:"texts"`
	Media  action.List `json:"media"`
}

func (c *config) Validate() []fault.Field {
	var f action.Faults
	switch {
	case c.Single != "" && len(c.Many) > 0:
		f.Add("texts", "a single text is written already; take out the one or the other")
	case len(c.Many) > 0:
		f.List("texts", c.Many, "")
	default:
		f.Text("text", c.Single, "say what to send: one text, or several as texts")
	}
	for i, url := range c.Media {
		name := action.Item("media", i)
		f.Text(name, url, "is empty; write a web address or take it out")
		f.URL(name, url)
	}
	return f.All()
}

func (c *config) Texts() map[string]string {
	if c.Single != "" {
		return map[string]string{"text": c.Single}
	}
	return action.Numbered("texts", c.Many)
}

// Content implements action.Content: several texts take turns and wrap (PLAN-12).
func (c *config) Content(n int) action.Source {
	text := c.Single
	if len(c.Many) > 0 {
		text = c.Many[n%len(c.Many)]
	}
	return action.Source{Text: text, Media: c.Media}
}

func (c *config) Do(action.Input) action.Outcome {
	return action.Doing(action.SendMessage{Channel: channel.SMS})
}
