package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Reference writes every command with its usage, examples and flags as Markdown: docs/cli.md. It depends on nothing but the commands.
func Reference(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Commands\n\n<!-- Generated from the commands themselves by `make generate`; do not edit. -->\n\n")
	root := newRoot(IO{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Env: func(string) string { return "" }})
	b.WriteString(root.Long + "\n")
	writeCommands(&b, root)
	_, err := io.WriteString(w, b.String())
	return err
}

func writeCommands(b *strings.Builder, parent *cobra.Command) {
	for _, cmd := range parent.Commands() {
		if cmd.Hidden {
			continue
		}
		if cmd.HasSubCommands() {
			writeCommands(b, cmd)
			continue
		}
		fmt.Fprintf(b, "\n## %s\n\n%s.\n", cmd.CommandPath(), strings.TrimSuffix(cmd.Short, "."))
		if cmd.Long != "" {
			b.WriteString("\n" + cmd.Long + "\n")
		}
		fmt.Fprintf(b, "\n```\n%s\n```\n", strings.TrimSuffix(cmd.UseLine(), " [flags]"))
		if cmd.Example != "" {
			fmt.Fprintf(b, "\n```\n%s\n```\n", unindent(cmd.Example))
		}
		writeFlags(b, cmd)
	}
}

func writeFlags(b *strings.Builder, cmd *cobra.Command) {
	head := "\n| flag | default | meaning |\n|---|---|---|\n"
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		value, usage := pflag.UnquoteUsage(f)
		if value != "" {
			name += " " + strings.TrimSuffix(value, "Array")
		}
		fallback := f.DefValue
		if fallback == "[]" || fallback == "false" || fallback == "0" || fallback == "0s" {
			fallback = ""
		}
		if fallback != "" {
			fallback = "`" + fallback + "`"
		}
		fmt.Fprintf(b, "%s| `%s` | %s | %s |\n", head, name, fallback, strings.ReplaceAll(usage, "|", `\|`))
		head = ""
	})
}

// unindent takes the two blanks off that examples have in a terminal.
func unindent(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "  ")
	}
	return strings.Join(lines, "\n")
}
