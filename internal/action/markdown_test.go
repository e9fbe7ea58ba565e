package action_test

import (
	"testing"

	"tactus/internal/action"
	"tactus/internal/fault"
	"tactus/internal/form"
)

type plant struct{}

func (plant) Info() action.Info {
	return action.Info{Name: "plant_tree", Label: "Plant tree", Help: "Plants a tree.", Planned: true, Optional: true}
}

func (plant) Fields() []form.Field {
	return []form.Field{
		{Name: "kind", Type: form.Choice, Options: []string{"oak", "ash"}, Default: "oak", Help: "Oak | ash."},
		{Name: "who", Type: form.List, Ref: form.User, Help: "Who\nplants."},
		{Name: "words", Type: form.LongText, Merge: true, Required: true, Help: "What is said."},
	}
}

func (plant) OneOf() []string { return []string{"kind", "who"} }

func (plant) New() action.Action { return new(planting) }

type planting struct{}

func (*planting) Validate() []fault.Field        { return nil }
func (*planting) Do(action.Input) action.Outcome { return action.Outcome{} }

func TestMarkdown(t *testing.T) {
	t.Parallel()
	const want = `# Actions

<!-- Generated from the actions themselves by ` + "`make generate`" + `; do not edit. -->

What a step of a plan can do. Every step also takes the fields that all steps have: ` + "`name`, `when`, `notify`" + ` and so on.

## ` + "`plant_tree`" + `

**Plant tree.** Plants a tree.

Not built yet: plans may hold such steps, but they are skipped (` + "`action_off`" + `).

Each account switches this action on or off.

Exactly one of ` + "`kind`, `who`" + ` is set.

| field | takes | meaning |
|---|---|---|
| ` + "`kind`" + ` | oak or ash; default ` + "`oak`" + ` | Oak \| ash. |
| ` + "`who`" + ` | name of a user, or list of names | Who plants. |
| ` + "`words`" + ` | text of several lines, with merge fields; required | What is said. |
`
	if got := action.Markdown(action.NewRegistry(plant{})); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
