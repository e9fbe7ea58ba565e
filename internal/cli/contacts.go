package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tactus/client"
)

func newContacts(std IO) *cobra.Command {
	cmd := &cobra.Command{Use: "contacts", Short: "List, import and export contacts", Args: cobra.ArbitraryArgs, RunE: group}
	cmd.AddCommand(newContactsList(std), newContactsImport(std), newContactsExport(std))
	return cmd
}

func newContactsImport(std IO) *cobra.Command {
	var r remote
	var p client.ImportParams
	var columns []string
	var refused string
	var dry, asJSON bool
	cmd := &cobra.Command{
		Use:   "import FILE.csv",
		Short: "Import contacts from a CSV file",
		Long: `Columns are guessed from their headings; --map sets one by hand. A bad row never stops the others: refused rows come back as a file
with the reason in each. The basis of the list's consent must be said: with "none" its people can be written to by hand only.`,
		Example: `  tactus contacts import leads.csv --source Zillow --consent express
  tactus contacts import leads.csv --dry-run
  tactus contacts import old.csv --consent inquiry --map "Cell=phone" --tag 2025 --refused refused.csv`,
		Args: arguments(1, 1, "name one CSV file to import"),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			if p.Consent.Basis == "" && !dry {
				return usagef("--consent is missing: say on what basis these people may be written to: express, express_written, inquiry, transaction or none")
			}
			f, err := os.Open(args[0])
			if err != nil {
				return unreadable(args[0], err)
			}
			defer f.Close()
			if info, err := f.Stat(); err == nil && info.IsDir() {
				return usagef("%s is a folder; name one CSV file", args[0])
			}
			c, err := r.open(cmd, std)
			if err != nil {
				return err
			}
			look, err := c.UploadImport(cmd.Context(), f)
			if err != nil {
				return err
			}
			if p.Columns, err = mapped(look, columns); err != nil {
				return err
			}
			if dry {
				if look, err = c.LookImport(cmd.Context(), look.Operation, p); err != nil {
					return err
				}
				return showLook(std, look, asJSON)
			}
			if len(look.Ignored) > 0 && !asJSON {
				fmt.Fprintf(std.Err, "Not imported: %s (name a field with --map)\n", strings.Join(look.Ignored, ", "))
			}
			op, err := c.StartImport(cmd.Context(), look.Operation, p)
			if err != nil {
				return err
			}
			if op, err = follow(cmd.Context(), c, std, op); err != nil {
				return err
			}
			return imported(cmd, std, c, op, refused, asJSON)
		}),
	}
	r.add(cmd)
	fl := cmd.Flags()
	fl.StringVar(&p.Source, "source", "", "the source of rows that name none; may start plans")
	fl.StringVar(&p.Consent.Basis, "consent", "", "the basis of the list's consent: express, express_written, inquiry, transaction, none")
	fl.StringVar(&p.Consent.Document, "consent-document", "", "where the evidence of it is")
	fl.StringVar(&p.Stage, "stage", "", "the stage of new contacts whose row has none")
	fl.StringArrayVar(&p.Tags, "tag", nil, "a tag for every row (repeatable)")
	fl.StringArrayVar(&p.Groups, "group", nil, "a group for every row (repeatable)")
	fl.StringArrayVar(&columns, "map", nil, "COLUMN=FIELD, where the heading says too little; COLUMN= leaves it out (repeatable)")
	fl.StringVar(&p.Days, "days", "", "how days such as 3/4/1980 are read: mdy or dmy (default: as the columns tell, else as in the account's country)")
	fl.StringVar(&refused, "refused", "", "write refused rows with their reasons to this file")
	fl.BoolVar(&dry, "dry-run", false, "only show what was understood, with the first rows")
	fl.BoolVar(&asJSON, "json", false, "print the operation as JSON")
	return cmd
}

// mapped lays --map over what was guessed.
func mapped(look client.ImportLook, maps []string) ([]client.ImportColumn, error) {
	cols := look.Columns
	for _, m := range maps {
		column, field, ok := strings.Cut(m, "=")
		if !ok {
			return nil, usagef("--map %q: write COLUMN=FIELD", m)
		}
		i := slices.IndexFunc(cols, func(c client.ImportColumn) bool { return strings.EqualFold(c.Column, strings.TrimSpace(column)) })
		switch {
		case i >= 0:
			cols[i].Field = strings.TrimSpace(field)
		case slices.Contains(look.Header, strings.TrimSpace(column)):
			cols = append(cols, client.ImportColumn{Column: strings.TrimSpace(column), Field: strings.TrimSpace(field)})
		default:
			return nil, usagef("--map %q: the file has no column %q; it has %s", m, column, strings.Join(look.Header, ", "))
		}
	}
	return cols, nil
}

// showLook says what was understood of a file.
func showLook(std IO, look client.ImportLook, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(std.Out).Encode(look)
	}
	p := &printer{w: std.Out}
	p.line("%s, read as %s.", count(int(look.Rows), "row", "rows"), look.Encoding)
	for _, c := range look.Columns {
		field := c.Field
		if field == "" {
			field = "(not imported)"
		}
		p.line("  %-24s → %s", c.Column, field)
	}
	for _, c := range firstDays(look) {
		p.line("  %s is read as %s", c.Text, c.Read)
	}
	for _, row := range look.Preview {
		if why := problems(look, row); len(why) > 0 {
			p.line("  line %d would be refused: %s", row.Line, strings.Join(why, "; "))
		}
	}
	if look.Rows > int64(len(look.Preview)) {
		p.line("Only the first %d rows were looked at for problems.", len(look.Preview))
	}
	p.line("Nothing was imported (--dry-run).")
	return p.err
}

// firstDays are the first of each column's days, with how they were read: 3/4/1980 may be two.
func firstDays(look client.ImportLook) []client.ImportCell {
	var out []client.ImportCell
	for i, name := range look.Header {
		at := slices.IndexFunc(look.Preview, func(r client.ImportRow) bool { return i < len(r.Cells) && r.Cells[i].Read != "" })
		if at >= 0 {
			c := look.Preview[at].Cells[i]
			c.Text = name + ": " + c.Text
			out = append(out, c)
		}
	}
	return out
}

// problems are what is wrong with a row: as a whole, and in each column.
func problems(look client.ImportLook, row client.ImportRow) []string {
	var why []string
	if row.Problem != "" {
		why = append(why, row.Problem)
	}
	for i, cell := range row.Cells {
		switch {
		case cell.Problem == "":
		case i < len(look.Header):
			why = append(why, look.Header[i]+": "+cell.Problem)
		default:
			why = append(why, cell.Problem)
		}
	}
	return why
}

// imported says what became of the rows and keeps the refused ones.
func imported(cmd *cobra.Command, std IO, c *client.Client, op client.Operation, path string, asJSON bool) error {
	if asJSON {
		if err := json.NewEncoder(std.Out).Encode(op); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(std.Out, "%s: %s\n", count(int(op.Done), "row", "rows"), counts(op.Counts))
	}
	if op.Counts["refused"] == 0 || asJSON && path == "" {
		return nil
	}
	data, err := c.OperationFile(cmd.Context(), op.ID, "refused.csv")
	if err != nil {
		return err
	}
	if path == "" {
		lines := strings.SplitN(string(data), "\n", 12)
		fmt.Fprintln(std.Err, "Refused rows (all of them with --refused FILE):")
		for _, l := range lines[:min(len(lines), 11)] {
			if l != "" {
				fmt.Fprintln(std.Err, "  "+l)
			}
		}
		return nil
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return err
	}
	if !asJSON {
		fmt.Fprintf(std.Out, "Refused rows are in %s.\n", path)
	}
	return nil
}

func newContactsExport(std IO) *cobra.Command {
	var r remote
	var f client.ContactFilter
	var out string
	cmd := &cobra.Command{
		Use:     "export",
		Short:   "Export contacts as CSV",
		Example: "  tactus contacts export --tag Hot --out hot.csv",
		Args:    cobra.NoArgs,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			c, err := r.open(cmd, std)
			if err != nil {
				return err
			}
			data, err := c.ExportContacts(cmd.Context(), f)
			if err != nil {
				return err
			}
			if out == "" {
				_, err = std.Out.Write(data)
				return err
			}
			return os.WriteFile(out, data, 0o600)
		}),
	}
	r.add(cmd)
	addContactFilter(cmd, &f)
	cmd.Flags().StringVar(&out, "out", "", "write to this file instead of standard output")
	return cmd
}

func addContactFilter(cmd *cobra.Command, f *client.ContactFilter) {
	fl := cmd.Flags()
	fl.StringArrayVar(&f.Tags, "tag", nil, "contacts with this tag (repeatable: all of them)")
	fl.StringVar(&f.Stage, "stage", "", "contacts in this stage")
	fl.StringVar(&f.Source, "source", "", "contacts of this source")
	fl.StringArrayVar(&f.Groups, "group", nil, "contacts in this group (repeatable: all of them)")
}

// group is a command that only has subcommands.
func group(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
	}
	return cmd.Help()
}
