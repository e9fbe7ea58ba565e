package plan

import (
	"fmt"

	"tactus/internal/form"
)

// What a document may name besides the objects that form fields refer to.
const (
	RefGroup   form.Ref = "group"
	RefSource  form.Ref = "source"
	RefPartner form.Ref = "partner"
)

// References lists every object that the document names, in its own keys and in its steps, with the path of each as Field
// ("next_plan", "steps[2].template"). An object that is named twice is listed twice.
func (d *Document) References(actions Actions) []Reference {
	var refs []Reference
	add := func(field string, ref form.Ref, name string) {
		if name != "" {
			refs = append(refs, Reference{Field: field, Ref: ref, Name: name})
		}
	}
	add("source", RefSource, d.Source)
	add("stage", form.Stage, d.Stage)
	add("next_plan", form.Plan, d.NextPlan)
	for i, rule := range d.StartOn {
		path := fmt.Sprintf("start_on[%d].", i)
		add(path+"tag", form.Tag, rule.Tag)
		add(path+"stage", form.Stage, rule.Stage)
		add(path+"group", RefGroup, rule.Group)
	}
	for i, s := range d.Steps {
		if s.Action == "" {
			continue
		}
		for _, ref := range actions.Refs(s.Action, s.Config) {
			add(fmt.Sprintf("steps[%d].%s", i, ref.Field), ref.Ref, ref.Name)
		}
	}
	return refs
}
