package plan

import "encoding/json"

// ids checks that no two steps have one identity (DEC-8).
func (r *reader) ids(d *Document, objects []object) {
	first := map[string]int{}
	for i := range d.Steps {
		id := d.Steps[i].ID
		if id == "" {
			continue
		}
		a := spot{step: i + 1, path: spot{path: "steps"}.item(i).key("id").path}
		n := objects[i].get("id")
		switch old, double := first[id]; {
		case double:
			r.add(n.Line, a, DoubleID, "the id %q is step %d's already; each step has its own", id, old+1)
			d.Steps[i].ID = ""
		case !validID(id):
			r.add(n.Line, a, BadValue, "the id %q may hold only letters, digits, _ and -, at most 64", id)
		default:
			first[id] = i
		}
	}
}

func validID(id string) bool {
	for _, c := range id {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return len(id) <= 64
}

// repeats checks that a plan repeats itself at most once, at its end (PLAN-12).
func (r *reader) repeats(d *Document, objects []object) {
	seen := 0
	for i, s := range d.Steps {
		if s.Action == "" || !r.actions.Role(s.Action).Repeats {
			continue
		}
		seen++
		a := spot{step: i + 1, path: spot{path: "steps"}.item(i).key("action").path}
		line := objects[i].get("action").Line
		switch {
		case seen > 1:
			r.add(line, a, DoubleRepeat, "a plan has at most one %s step; take one out", s.Action)
		case i < len(d.Steps)-1:
			r.add(line, a, RepeatNotLast, "%s must be the last step; move it to the end", s.Action)
		}
	}
}

// rounds is how many rounds a repeating step allows in all; 0 = without end.
func rounds(config json.RawMessage) int {
	var c struct {
		Times int `json:"times"`
	}
	if json.Unmarshal(config, &c) != nil {
		return 0
	}
	return c.Times
}
