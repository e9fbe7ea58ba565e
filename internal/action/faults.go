package action

import (
	"fmt"
	"net/mail"
	"net/url"
	"strings"

	"tactus/internal/fault"
)

// Faults gathers everything that is wrong with a config; the zero value is ready for use. Messages are advice: they say what to write.
type Faults struct{ all []fault.Field }

// All returns what was found, nil when the config is valid.
func (f *Faults) All() []fault.Field { return f.all }

// Add reports a fault of a field.
func (f *Faults) Add(name, message string, args ...any) {
	f.all = append(f.all, fault.Field{Name: name, Message: fmt.Sprintf(message, args...)})
}

// Text reports a text that is missing or blank.
func (f *Faults) Text(name, value, advice string) {
	if blank(value) {
		f.Add(name, "%s", advice)
	}
}

// Absent reports a text that has no place beside another field.
func (f *Faults) Absent(name, value, advice string) {
	if value != "" {
		f.Add(name, "%s", advice)
	}
}

// Line reports a text that is missing, blank or longer than one line; the line break a YAML block ends with is no fault.
func (f *Faults) Line(name, value, advice string) {
	f.Text(name, value, advice)
	if strings.ContainsAny(strings.TrimSpace(value), "\r\n") {
		f.Add(name, "has room for one line only")
	}
}

// List reports a list without items, and items that are blank ("tags[1]").
func (f *Faults) List(name string, values List, advice string) {
	if len(values) == 0 {
		f.Add(name, "%s", advice)
	}
	for i, v := range values {
		f.Text(Item(name, i), v, "is empty; write something or take it out")
	}
}

// Email reports a text that is not one plain email address.
func (f *Faults) Email(name, value string) {
	if !blank(value) && !isEmail(value) {
		f.Add(name, "%q is not an email address; write it like kim@example.com", value)
	}
}

// URL reports a text that is not an absolute http or https address.
func (f *Faults) URL(name, value string) {
	if blank(value) {
		return
	}
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		f.Add(name, "%q is not a web address; write it like https://example.com/path", value)
	case u.User != nil:
		f.Add(name, "must not hold a user name or password")
	}
}

// Numbered returns the texts of a list field by name: "texts[0]", "texts[1]" …
func Numbered(name string, values List) map[string]string {
	texts := make(map[string]string, len(values))
	for i, v := range values {
		texts[Item(name, i)] = v
	}
	return texts
}

// Item names one item of a list field: "texts[0]".
func Item(name string, i int) string { return fmt.Sprintf("%s[%d]", name, i) }

func blank(text string) bool { return strings.TrimSpace(text) == "" }

func isEmail(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Name == "" && a.Address == text
}
