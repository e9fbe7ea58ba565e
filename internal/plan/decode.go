package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"tactus/internal/fault"
)

// UnmarshalJSON reads what MarshalJSON wrote: strictly, but without asking the actions, so that stored versions are read fast and also
// when a kind of action is gone. "tactus" may be missing. The error is a fault.Invalid with every field at fault
// ("steps[2].when"). What comes from people goes through Decode.
func (d *Document) UnmarshalJSON(data []byte) error {
	r := &jsonReader{}
	*d = Document{Kind: General}
	r.object(data, "", d.field)
	return fault.InvalidFields(r.faults)
}

// Decode reads a plan's JSON from outside and checks it as a plan file is checked (1a). The error is a
// fault.Invalid with every field at fault. A plan without steps is a fine draft.
func Decode(data []byte, actions Actions) (*Document, error) {
	f, problems := Load("", data, actions)
	problems = slices.DeleteFunc(problems, func(p Problem) bool {
		return p.Code == NoSteps || p.Path == "tactus" && p.Code == MissingKey
	})
	if err := Fault(problems); err != nil {
		return nil, err
	}
	if f.Document == nil {
		return nil, fault.New(fault.Invalid, "this is a template, not a plan")
	}
	return f.Document, nil
}

// Validate checks a document that was made by other means than Load, as a plan file is checked.
func (d *Document) Validate(actions Actions) error {
	data, err := json.Marshal(d)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the plan cannot be written")
	}
	_, err = Decode(data, actions)
	return err
}

type jsonReader struct{ faults []fault.Field }

func (r *jsonReader) fail(path, message string) {
	r.faults = append(r.faults, fault.Field{Name: path, Message: message})
}

// object hands each key to field, in order; a key that field doesn't know is at fault.
func (r *jsonReader) object(data []byte, path string, field func(r *jsonReader, path, key string, value json.RawMessage) bool) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		r.fail(path, "takes a JSON object")
		return
	}
	prefix := path
	if path != "" {
		prefix += "."
	}
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		key, ok := token.(string)
		var value json.RawMessage
		if err == nil && ok {
			err = decoder.Decode(&value)
		}
		if err != nil || !ok {
			r.fail(path, fmt.Sprintf("is not JSON: %v", err))
			return
		}
		switch {
		case seen[key]:
			r.fail(prefix+key, "stands twice")
		case !field(r, prefix+key, key, value):
			r.fail(prefix+key, "is not a key of a plan"+didYouMean(key, planKeys()))
		}
		seen[key] = true
	}
}

// field takes one key of a plan.
func (d *Document) field(r *jsonReader, path, key string, value json.RawMessage) bool {
	switch key {
	case "tactus":
		version := 0
		if r.into(path, value, &version); version != 1 {
			r.fail(path, "is not 1, the version that this program reads")
		}
	case "plan":
		r.into(path, value, &d.Name)
	case "kind":
		r.into(path, value, &d.Kind)
	case "description":
		r.into(path, value, &d.Description)
	case "source":
		r.into(path, value, &d.Source)
	case "stage":
		r.into(path, value, &d.Stage)
	case "date":
		d.Date = textInto(r, path, value, ParseDate)
	case "yearly":
		r.into(path, value, &d.Yearly)
	case "event":
		r.into(path, value, &d.Event)
	case "date_field":
		r.into(path, value, &d.DateField)
		d.DateField = dateField(d.DateField) // of versions that were saved as they were written
	case "next_plan":
		r.into(path, value, &d.NextPlan)
	case "again":
		if again := textInto(r, path, value, ParseAgain); again != nil {
			d.Again = *again
		}
	case "start_on":
		decoder := json.NewDecoder(bytes.NewReader(value))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&d.StartOn); err != nil {
			r.fail(path, err.Error())
		}
	case "pause_on":
		r.into(path, value, &d.PauseOn)
	case "pause_scope":
		r.into(path, value, &d.PauseScope)
	case "on_failure":
		word := ""
		r.into(path, value, &word)
		d.PauseOnFail = word == "pause"
	case "at":
		d.At = textInto(r, path, value, ParseTimeOfDay)
	case "steps":
		d.steps(r, path, value)
	default:
		return false
	}
	return true
}

func (d *Document) steps(r *jsonReader, path string, value json.RawMessage) {
	var raw []json.RawMessage
	if !r.into(path, value, &raw) || len(raw) == 0 {
		return
	}
	d.Steps = make([]Step, len(raw))
	for i, one := range raw {
		config := &objectWriter{}
		s := &d.Steps[i]
		r.object(one, fmt.Sprintf("%s[%d]", path, i), func(r *jsonReader, path, key string, value json.RawMessage) bool {
			return s.field(r, path, key, value, config)
		})
		s.Config, _ = config.end() // its values are JSON already
	}
}

// field takes one key of a step; those that it doesn't know are the action's.
func (s *Step) field(r *jsonReader, path, key string, value json.RawMessage, config *objectWriter) bool {
	switch key {
	case "id":
		r.into(path, value, &s.ID)
	case "name":
		r.into(path, value, &s.Name)
	case "milestone":
		r.into(path, value, &s.Milestone)
	case "action":
		r.into(path, value, &s.Action)
	case "when":
		if when := textInto(r, path, value, ParseTiming); when != nil {
			s.When = *when
		}
	case "notify":
		r.into(path, value, &s.Notify)
	case "business_hours":
		r.into(path, value, &s.BusinessHours)
	case "only_if":
		r.into(path, value, &s.OnlyIf)
	default:
		config.comma()
		config.out.Write(quoted(key))
		config.out.WriteByte(':')
		var compact bytes.Buffer
		if err := json.Compact(&compact, value); err != nil {
			r.fail(path, err.Error())
		}
		json.HTMLEscape(&config.out, compact.Bytes())
	}
	return true
}

// into decodes a value.
func (r *jsonReader) into(path string, value json.RawMessage, to any) bool {
	err := json.Unmarshal(value, to)
	if err == nil {
		return true
	}
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		r.fail(path, fmt.Sprintf("takes a %s, not a %s", wrongType.Type, wrongType.Value))
	} else {
		r.fail(path, err.Error())
	}
	return false
}

// textInto decodes a text by a parser of this package; nil when it is absent or at fault.
func textInto[T any](r *jsonReader, path string, value json.RawMessage, parser func(string) (T, error)) *T {
	var text *string
	if !r.into(path, value, &text) || text == nil {
		return nil
	}
	v, err := parser(*text)
	if err != nil {
		r.fail(path, err.Error())
		return nil
	}
	return &v
}
