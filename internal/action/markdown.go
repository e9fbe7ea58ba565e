package action

import (
	"fmt"
	"strings"

	"tactus/internal/form"
)

// Markdown writes the reference of all kinds, docs/actions.md; the answer depends on nothing but the registry.
func Markdown(r *Registry) string {
	var b strings.Builder
	b.WriteString("# Actions\n\n<!-- Generated from the actions themselves by `make generate`; do not edit. -->\n\n" +
		"What a step of a plan can do. Every step also takes the fields that all steps have: `name`, `when`, `notify` and so on.\n")
	for _, k := range r.Kinds() {
		writeKind(&b, k)
	}
	return b.String()
}

func writeKind(b *strings.Builder, k Kind) {
	info := k.Info()
	fmt.Fprintf(b, "\n## %s\n\n**%s.** %s\n", code(info.Name), info.Label, info.Help)
	if info.Planned {
		fmt.Fprintf(b, "\nNot built yet: plans may hold such steps, but they are skipped (`%s`).\n", ActionOff)
	}
	if info.Optional {
		b.WriteString("\nEach account switches this action on or off.\n")
	}
	fields := k.Fields()
	if len(fields) == 0 {
		b.WriteString("\nIt has no fields of its own.\n")
		return
	}
	if c, ok := k.(Chooser); ok {
		names := make([]string, len(c.OneOf()))
		for i, name := range c.OneOf() {
			names[i] = code(name)
		}
		fmt.Fprintf(b, "\nExactly one of %s is set.\n", strings.Join(names, ", "))
	}
	b.WriteString("\n| field | takes | meaning |\n|---|---|---|\n")
	for _, f := range fields {
		fmt.Fprintf(b, "| %s | %s | %s |\n", code(f.Name), cell(takes(f)), cell(f.Help))
	}
}

// takes says in words what a field's value is.
func takes(f form.Field) string {
	words := map[form.Type]string{
		form.Text: "text", form.LongText: "text of several lines", form.Bool: "true or false",
		form.Int: "number", form.Choice: strings.Join(f.Options, " or "), form.List: "text, or list of texts",
		form.Secret: "secret", form.URL: "web address", form.Duration: "duration",
	}[f.Type]
	if f.Ref != form.NoRef {
		if f.Type == form.List {
			words = fmt.Sprintf("name of a %s, or list of names", f.Ref)
		} else {
			words = fmt.Sprintf("name of a %s", f.Ref)
		}
	}
	if f.Merge {
		words += ", with merge fields"
	}
	switch {
	case f.Required:
		words += "; required"
	case f.Default != "":
		words += "; default " + code(f.Default)
	}
	return words
}

func code(text string) string { return "`" + text + "`" }

// cell keeps a text within one cell of a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}
