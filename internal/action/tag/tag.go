// Package tag is the pair of actions that put tags on the contact and take them off.
package tag

import (
	"fmt"
	"strings"

	"tactus/internal/action"
	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// Add is the kind add_tags.
type Add struct{}

// Info implements action.Kind.
func (Add) Info() action.Info {
	return action.Info{Name: "add_tags", Label: "Add tags", Help: "Puts tags on the contact."}
}

// Fields implements action.Kind.
func (Add) Fields() []form.Field { return fields("The tags to put on the contact, by name.") }

// New implements action.Kind.
func (Add) New() action.Action { return new(add) }

// Remove is the kind remove_tags.
type Remove struct{}

// Info implements action.Kind.
func (Remove) Info() action.Info {
	return action.Info{Name: "remove_tags", Label: "Remove tags", Help: "Takes tags off the contact."}
}

// Fields implements action.Kind.
func (Remove) Fields() []form.Field { return fields("The tags to take off the contact, by name.") }

// New implements action.Kind.
func (Remove) New() action.Action { return new(remove) }

func fields(help string) []form.Field {
	return []form.Field{{Name: "tags", Label: "Tags", Type: form.List, Ref: form.Tag, Required: true, Help: help}}
}

type (
	add    config
	remove config
)

func (c *add) Validate() []fault.Field    { return (*config)(c).validate() }
func (c *remove) Validate() []fault.Field { return (*config)(c).validate() }

func (c *add) Refs() []plan.Reference    { return action.References("tags", form.Tag, c.Tags) }
func (c *remove) Refs() []plan.Reference { return action.References("tags", form.Tag, c.Tags) }

func (c *add) Do(in action.Input) action.Outcome {
	return (*config)(c).change(in, "has the tags already", false, func(ids []int64) action.ChangeContact {
		return action.ChangeContact{AddTags: ids}
	})
}

func (c *remove) Do(in action.Input) action.Outcome {
	return (*config)(c).change(in, "has none of the tags", true, func(ids []int64) action.ChangeContact {
		return action.ChangeContact{RemoveTags: ids}
	})
}

type config struct {
	Tags action.List `json:"tags"`
}

func (c *config) validate() []fault.Field {
	var f action.Faults
	f.List("tags", c.Tags, "is missing; name at least one tag")
	return f.All()
}

// change makes the effect for those tags that the contact has (or has not); a tag that is gone from
// the account is left out and told of.
func (c *config) change(in action.Input, already string, has bool, effect func([]int64) action.ChangeContact) action.Outcome {
	var ids []int64
	var gone []string
	seen := make(map[int64]bool, len(c.Tags))
	for _, name := range c.Tags {
		id, ok := in.Target(form.Tag, name)
		switch {
		case !ok:
			gone = append(gone, fmt.Sprintf("%q", name))
		case !seen[id] && in.Contact.Tags.Has(id) == has:
			ids = append(ids, id)
		}
		seen[id] = true
	}
	missing := ""
	if len(gone) > 0 {
		missing = "gone: " + strings.Join(gone, ", ")
	}
	switch {
	case len(ids) > 0:
		return action.Outcome{Effects: []action.Effect{effect(ids)}, Detail: missing}
	case len(gone) == len(c.Tags):
		return action.Skipped(action.TargetMissing, "%s", missing)
	case missing != "":
		return action.Skipped(action.NothingToDo, "the contact %s; %s", already, missing)
	default:
		return action.Skipped(action.NothingToDo, "the contact %s", already)
	}
}
