// Package form describes input fields without saying HTML or HTTP: the editor's
// form, the API's schema, the command line's help and the docs are made from it (HOUSE-3).
package form

// Type is what a field takes. A new type needs a decision in docs/adr.
type Type string

// The closed set of field types.
const (
	Text     Type = "text"     // one line
	LongText Type = "longtext" // several lines, merge fields allowed where Merge is set
	Bool     Type = "bool"
	Int      Type = "int"
	Choice   Type = "choice" // one of Options
	List     Type = "list"   // a list of texts
	Secret   Type = "secret" // write-only
	URL      Type = "url"
	Duration Type = "duration"
)

// Ref says that a field's value names an object of the account, so that it can be checked, offered and protected from deletion.
type Ref string

// What a field's value may refer to; stored by name in plan files, by id in versions.
const (
	NoRef    Ref = ""
	Template Ref = "template"
	User     Ref = "user"
	Stage    Ref = "stage"
	Tag      Ref = "tag"
	Plan     Ref = "plan"
)

// Field is one input field.
type Field struct {
	Name     string // the key in plan files, API and forms
	Label    string
	Help     string
	Type     Type
	Options  []string // for Choice
	Required bool
	Merge    bool // the text is a Liquid template
	Ref      Ref
	Default  string
}
