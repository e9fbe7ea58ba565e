package merge

import (
	"slices"
	"strings"
)

// Filters names every filter that a text may use, in alphabetical order, for the reference.
func Filters() []string { return slices.Sorted(slices.Values(filterNames())) }

// Tags names every tag, the closing ones and those within another left out.
func Tags() []string {
	return slices.DeleteFunc(tagNames(), func(name string) bool {
		return strings.HasPrefix(name, "end") || strings.HasPrefix(name, "els") || name == "when"
	})
}
