package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tactus/internal/app"
	"tactus/internal/merge"
	"tactus/internal/plan"
)

// note stands under the title of every page.
const note = "<!-- Generated from the code by `make generate`; do not edit. -->\n\n"

// configuration is the list of settings.
func configuration() []byte {
	var b bytes.Buffer
	b.WriteString("# Settings\n\n" + note)
	b.WriteString("Defaults < file < environment < flags: the later wins. The file is YAML with the keys below, named by `--config` or\n" +
		"`TACTUS_CONFIG`. For each variable there is one more with `_FILE` behind its name, which names a file that holds the\n" +
		"value (`TACTUS_SMTP_FILE=/run/secrets/smtp`). `tactus config` prints what holds, secrets masked.\n\n")
	b.WriteString("| key | environment | flag | default | meaning |\n|---|---|---|---|---|\n")
	defaults := app.DefaultConfig().Masked()
	for i, k := range app.Keys() {
		help := k.Help
		if k.Secret {
			help += " (secret)"
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | `--%s` | %s | %s |\n", k.Name, k.Env(), k.Flag(), code(defaults[i][1]), cell(help))
	}
	return b.Bytes()
}

// mergeFields is the list of what texts and conditions may use.
func mergeFields() []byte {
	var b bytes.Buffer
	b.WriteString("# Merge fields\n\n" + note)
	b.WriteString("Texts of plans and templates may hold them: `{{ contact.first_name | default: \"there\" }}`. A field that does not exist is\n" +
		"found by `tactus plan check`, with the nearest that does.\n\n## Fields\n\n| field | is |\n|---|---|\n")
	root := merge.Node{Kind: merge.Group, Fields: plan.Schema()}
	fields(&b, "", root)
	b.WriteString("\nDates are written with `| date: \"%-d %B %Y\"`; `contact.fields` are the account's own fields, `contact.dates` those that are dates.\n" +
		"`unsubscribe_url` is the link under mail of plans. Mail that a person writes has no such footer, but the link where its words ask for it. " +
		"Notes, tasks and servers without a public address have none: there the field is empty. " +
		"In simple email a field inside a web address, after its host, is percent-encoded: `https://cal.example/book?email={{ contact.email }}`.\n")
	b.WriteString("\n## In conditions\n\n`only_if` may ask for the same, and for what became of earlier steps:\n\n| field | is |\n|---|---|\n")
	conditions := plan.ConditionSchema()
	maps.DeleteFunc(conditions, func(name string, _ merge.Node) bool { _, too := plan.Schema()[name]; return too })
	fields(&b, "", merge.Node{Kind: merge.Group, Fields: conditions})
	b.WriteString("\n## Filters\n\nAfter a bar, as in Liquid: ")
	names(&b, merge.Filters())
	b.WriteString(".\n\n## Tags\n\n")
	names(&b, merge.Tags())
	b.WriteString(", as in Liquid; there is no `include`, and no way to files, network or code. Work and output\nof a text are bounded.\n")
	return b.Bytes()
}

// names writes a list within a sentence.
func names(b *bytes.Buffer, list []string) {
	for i, name := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(code(name))
	}
}

func fields(b *bytes.Buffer, prefix string, n merge.Node) {
	for _, name := range slices.Sorted(maps.Keys(n.Fields)) {
		field(b, prefix+name, n.Fields[name])
	}
	if n.Any != nil {
		key := "NAME"
		if prefix == "steps." {
			key = "ID"
		}
		field(b, prefix+key, *n.Any)
	}
}

func field(b *bytes.Buffer, path string, n merge.Node) {
	if n.Kind == merge.Group {
		fields(b, path+".", n)
		return
	}
	words := map[merge.Kind]string{merge.Text: "text", merge.Number: "number", merge.Date: "date", merge.Bool: "true or false", merge.List: "list"}
	fmt.Fprintf(b, "| `%s` | %s |\n", path, words[n.Kind])
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// cell keeps a text within one cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
