package importer

import (
	"fmt"
	"slices"
	"strings"

	"tactus/internal/account"
	"tactus/internal/fault"
)

// Column says what a column means.
type Column struct {
	Column string `json:"column"` // its name in the header, as Table has it
	Field  Field  `json:"field"`  // "" = not imported
}

// Mapping says what the columns of a file mean, in the file's order.
type Mapping struct {
	Columns []Column `json:"columns"`
}

// Ignored names the columns that are not imported.
func (m Mapping) Ignored() []string {
	var out []string
	for _, c := range m.Columns {
		if c.Field == "" {
			out = append(out, c.Column)
		}
	}
	return out
}

// Has reports whether a column is mapped to the field.
func (m Mapping) Has(f Field) bool {
	return slices.ContainsFunc(m.Columns, func(c Column) bool { return c.Field == f })
}

// With changes a mapping by pairs "column=field", as people write them; nothing behind "=" leaves the column out. The
// result is checked.
func (m Mapping) With(pairs []string) (Mapping, error) {
	out := Mapping{slices.Clone(m.Columns)}
	var bad []fault.Field
	for _, pair := range pairs {
		i := strings.LastIndexByte(pair, '=')
		if i < 0 {
			bad = append(bad, fault.Field{Name: pair, Message: "write column=field"})
			continue
		}
		column, field := strings.TrimSpace(pair[:i]), strings.TrimSpace(pair[i+1:])
		at := slices.IndexFunc(out.Columns, func(c Column) bool { return account.NameKey(c.Column) == account.NameKey(column) })
		if at < 0 {
			bad = append(bad, fault.Field{Name: column, Message: "the file has no such column; it has " + quoted(names(out.Columns))})
			continue
		}
		if field == "-" {
			field = ""
		}
		out.Columns[at].Field = Field(field)
		if !out.Columns[at].Field.known() {
			out.Columns[at].Field = Field(strings.ToLower(field))
		}
	}
	return out, fault.InvalidFields(append(bad, out.check()...))
}

// Check returns an error that names every column at fault; header is that of the file.
func (m Mapping) Check(header []string) error {
	bad := m.check()
	for i, c := range m.Columns {
		if i >= len(header) || header[i] != c.Column {
			bad = append(bad, fault.Field{Name: c.Column, Message: "the file has no such column in this place; upload it again"})
			break
		}
	}
	if len(m.Columns) != len(header) {
		bad = append(bad, fault.Field{Name: "mapping", Message: fmt.Sprintf("the file has %s, the mapping %d", count(len(header), "column"), len(m.Columns))})
	}
	return fault.InvalidFields(bad)
}

func (m Mapping) check() []fault.Field {
	var bad []fault.Field
	first := map[Field]string{}
	useful := false
	for _, c := range m.Columns {
		if c.Field == "" {
			continue
		}
		if !c.Field.known() {
			message := fmt.Sprintf("%q is no field", c.Field)
			if s := suggest(string(c.Field)); s != "" {
				message += fmt.Sprintf("; do you mean %q?", s)
			} else {
				message += "; for a field of your own write field:NAME, number:NAME, yes_no:NAME or date:NAME"
			}
			bad = append(bad, fault.Field{Name: c.Column, Message: message})
			continue
		}
		if other, ok := first[c.Field]; ok && c.Field.once() {
			bad = append(bad, fault.Field{Name: c.Column, Message: fmt.Sprintf("the column %q is %s already; a contact has one", other, c.Field)})
		}
		first[c.Field] = c.Column
		useful = useful || slices.Contains([]Field{FirstName, LastName, FullName, Email, Phone, PhoneMobile, PhoneHome, PhoneWork}, c.Field)
	}
	if m.Has(FullName) && (m.Has(FirstName) || m.Has(LastName)) {
		bad = append(bad, fault.Field{Name: first[FullName], Message: "map the whole name or its parts, not both"})
	}
	if !useful && len(bad) == 0 {
		bad = append(bad, fault.Field{Name: "mapping", Message: "map at least one column to a name, an email address or a phone number"})
	}
	return bad
}

func names(columns []Column) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.Column
	}
	return out
}

func quoted(names []string) string { return "“" + strings.Join(names, "”, “") + "”" }
