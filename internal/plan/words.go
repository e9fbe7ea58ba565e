package plan

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// choose reads a key that takes one of some words; to keeps its value when the key is absent or wrong.
func choose[T ~string](r *reader, o object, key string, a spot, words []T, to *T) {
	if n := o.get(key); n != nil {
		chosen(r, n, a.key(key), words, to)
	}
}

func chosen[T ~string](r *reader, n *yaml.Node, a spot, words []T, to *T) bool {
	s, ok := r.text(n, a)
	if !ok {
		return false
	}
	known := make([]string, len(words))
	for i, w := range words {
		if known[i] = string(w); strings.EqualFold(strings.TrimSpace(s), known[i]) {
			*to = w
			return true
		}
	}
	r.add(n.Line, a, BadValue, "%s: %s is not possible%s; write %s", last(a.path), valueOf(n), didYouMean(s, known), oneOf(known))
	return false
}

// parse reads a text by a parser of this package; its message is the problem.
func parse[T any](r *reader, n *yaml.Node, a spot, code Code, parser func(string) (T, error), to *T) (T, bool) {
	var none T
	s, ok := r.text(n, a)
	if !ok {
		return none, false
	}
	v, err := parser(s)
	if err != nil {
		r.add(n.Line, a, code, "%s: %v", last(a.path), err)
		return none, false
	}
	if to != nil {
		*to = v
	}
	return v, true
}

// oneOf lists words as "a, b or c".
func oneOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return fmt.Sprintf("%s or %s", strings.Join(words[:len(words)-1], ", "), words[len(words)-1])
}
