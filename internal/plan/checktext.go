package plan

import (
	"errors"

	"tactus/internal/fault"
	"tactus/internal/merge"
)

// CheckText returns what is wrong with the merge fields of a text outside of plans: a template, a message written by hand (TPL-2).
func CheckText(field, text string) []fault.Field {
	t, err := merge.Parse(text)
	if err != nil {
		var many merge.SyntaxErrors
		if !errors.As(err, &many) {
			return []fault.Field{{Name: field, Message: err.Error()}}
		}
		var bad []fault.Field
		for _, e := range many {
			bad = append(bad, fault.Field{Name: field, Message: e.Error()})
		}
		return bad
	}
	var bad []fault.Field
	for _, p := range merge.Check(t.Refs(), Schema()) {
		bad = append(bad, fault.Field{Name: field, Message: p.Message})
	}
	return bad
}
