package plan

import "tactus/internal/merge"

// Schema lists the merge fields that a plan's texts may use (TPL-1); run time fills exactly these. This is their only list:
// the checks, the editor's field picker and the reference are made from it. Custom fields stand under contact.fields,
// dated ones under contact.dates.
func Schema() merge.Schema {
	text, date := merge.Node{Kind: merge.Text}, merge.Node{Kind: merge.Date}
	texts := func(names ...string) map[string]merge.Node {
		fields := make(map[string]merge.Node, len(names))
		for _, name := range names {
			fields[name] = text
		}
		return fields
	}
	group := func(names ...string) merge.Node { return merge.Node{Kind: merge.Group, Fields: texts(names...)} }

	contact := texts("id", "name", "first_name", "last_name", "email", "phone",
		"street", "city", "state", "zip", "country", "source", "stage", "language")
	contact["address"] = group("street", "city", "state", "zip", "country")
	contact["tags"] = merge.Node{Kind: merge.List, Item: &text}
	contact["groups"] = merge.Node{Kind: merge.List, Item: &text}
	contact["birthday"] = date
	contact["assigned_user"] = group("name", "first_name", "email", "phone")
	contact["fields"] = merge.Node{Kind: merge.Group, Any: &text}
	contact["dates"] = merge.Node{Kind: merge.Group, Any: &date}

	event := group("title", "kind")
	for _, name := range []string{"date", "time", "at"} {
		event.Fields[name] = date
	}
	return merge.Schema{
		"contact":         {Kind: merge.Group, Fields: contact, Preferred: true},
		"user":            group("name", "first_name", "last_name", "email", "phone", "signature"), // the sender
		"account":         group("name", "phone", "email", "address", "website"),
		"plan":            group("name", "kind"),
		"event":           event, // the plan's date, whatever gives it
		"unsubscribe_url": text,
	}
}

// ConditionSchema lists what an "only_if" may ask: the fields of Schema and steps.ID.outcome of earlier steps.
func ConditionSchema() merge.Schema {
	s := Schema()
	s["steps"] = merge.Node{Kind: merge.Group, Any: &merge.Node{
		Kind: merge.Group, Fields: map[string]merge.Node{"outcome": {Kind: merge.Text}},
	}}
	return s
}
