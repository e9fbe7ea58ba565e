package action

// Chooser is implemented by kinds of which exactly one of some fields must be set, so that the
// editor, the API's schema and the reference can say so. None of them is Required by itself;
// when none is set, Validate names the first.
type Chooser interface {
	OneOf() []string
}
