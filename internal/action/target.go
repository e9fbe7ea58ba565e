package action

import (
	"strings"

	"tactus/internal/form"
	"tactus/internal/plan"
)

// Partner marks a reference to a co-marketing partner. No field refers to partners alone
// (an assignee may be one), so it is a kind of plan.Reference rather than of form.Field.
const Partner form.Ref = "partner"

// Target returns the id of an object that the step names. It is false when the version knows none of
// that name, or when the plan, template or user is draft, archived, inactive or gone by now (PLAN-26).
func (in Input) Target(ref form.Ref, name string) (int64, bool) {
	id := named(in.Refs, ref)[name]
	if id == 0 {
		return 0, false
	}
	switch ref {
	case form.Plan, form.Template, form.User:
		return id, in.Alive(ref, id)
	default:
		return id, true
	}
}

// Line renders a text for a place that has room for one line: line breaks and runs of blanks become one blank.
func (in Input) Line(text string) (string, error) {
	out, err := in.Render(text)
	return strings.Join(strings.Fields(out), " "), err
}

func named(refs *plan.Refs, ref form.Ref) map[string]int64 {
	if refs == nil {
		return nil
	}
	switch ref {
	case form.Template:
		return refs.Templates
	case form.User:
		return refs.Users
	case form.Stage:
		return refs.Stages
	case form.Tag:
		return refs.Tags
	case form.Plan:
		return refs.Plans
	case Partner:
		return refs.Partners
	default:
		return nil
	}
}

// References returns the references of a list field, one for each item, named "users[0]", "users[1]" …
func References(field string, ref form.Ref, names List) []plan.Reference {
	refs := make([]plan.Reference, len(names))
	for i, name := range names {
		refs[i] = plan.Reference{Field: Item(field, i), Ref: ref, Name: name}
	}
	return refs
}
