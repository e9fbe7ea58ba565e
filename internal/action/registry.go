package action

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/plan"
)

// Registry is the list of kinds a program knows; internal/app builds it, tests build small ones.
type Registry struct {
	kinds []Kind
	by    map[string]Kind
}

// NewRegistry makes a registry; two kinds of one name are a programming error.
func NewRegistry(kinds ...Kind) *Registry {
	r := &Registry{kinds: kinds, by: make(map[string]Kind, len(kinds))}
	for _, k := range kinds {
		name := k.Info().Name
		if r.by[name] != nil {
			panic(fmt.Sprintf("action %q is registered twice", name))
		}
		r.by[name] = k
	}
	return r
}

// Kind returns the kind of that name, nil when there is none.
func (r *Registry) Kind(name string) Kind { return r.by[name] }

// Kinds returns all kinds in the order of registration.
func (r *Registry) Kinds() []Kind { return r.kinds }

// The methods below make a Registry the plan language's view of actions.
var _ plan.Actions = (*Registry)(nil)

// Names implements plan.Actions.
func (r *Registry) Names() []string {
	names := make([]string, len(r.kinds))
	for i, k := range r.kinds {
		names[i] = k.Info().Name
	}
	return names
}

// Fields implements plan.Actions.
func (r *Registry) Fields(name string) ([]form.Field, bool) {
	k := r.by[name]
	if k == nil {
		return nil, false
	}
	return k.Fields(), true
}

// Validate implements plan.Actions.
func (r *Registry) Validate(name string, config json.RawMessage) []fault.Field {
	k := r.by[name]
	if k == nil {
		return []fault.Field{{Name: "action", Message: fmt.Sprintf("there is no action %q", name)}}
	}
	a, err := Decode(k, config)
	if err != nil {
		return []fault.Field{{Name: fieldOf(err), Message: err.Error()}}
	}
	return a.Validate()
}

// Refs implements plan.Actions.
func (r *Registry) Refs(name string, config json.RawMessage) []plan.Reference {
	if a, ok := r.decode(name, config).(Referencer); ok {
		return a.Refs()
	}
	return nil
}

// Texts implements plan.Actions.
func (r *Registry) Texts(name string, config json.RawMessage) map[string]string {
	if a, ok := r.decode(name, config).(Texter); ok {
		return a.Texts()
	}
	return nil
}

// Role implements plan.Actions.
func (r *Registry) Role(name string) plan.Role {
	if k := r.by[name]; k != nil {
		return k.Info().Role
	}
	return plan.Role{}
}

// decode returns nil for what Validate would refuse.
func (r *Registry) decode(name string, config json.RawMessage) Action {
	if k := r.by[name]; k != nil {
		if a, err := Decode(k, config); err == nil {
			return a
		}
	}
	return nil
}

// fieldOf names the field of a JSON type error, "" when the error is of another kind.
func fieldOf(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return wrong.Field
	}
	return ""
}

func strictJSON(raw json.RawMessage, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(into)
}
