package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tactus/client"
)

func newPlanApply(std IO) *cobra.Command {
	var r remote
	var a client.ApplyPlans
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "apply FILE|FOLDER…",
		Short: "Bring plan files into the account, all or nothing",
		Long: `Shows what changes, then saves the plans and makes them ready. Missing tags, sources and groups are made; stages, users and
templates must exist or come among the files. A plan with contacts on it changes for everyone from their next step on, or with
--apply-to new only for new runs. Any problem means that nothing is applied.`,
		Example: "  tactus plan apply plans/\n  tactus plan apply plans/*.yaml --dry-run",
		Args:    arguments(1, -1, "name plan files, or a folder of them"),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			paths, err := planPaths(args)
			if err != nil {
				return err
			}
			for _, p := range paths {
				data, err := os.ReadFile(p)
				if err != nil {
					return unreadable(p, err)
				}
				a.Files = append(a.Files, client.PlanFile{Name: p, Content: string(data)})
			}
			c, err := r.open(cmd, std)
			if err != nil {
				return err
			}
			done, err := c.ApplyPlans(cmd.Context(), a)
			if err != nil {
				return notApplied(std, err)
			}
			if asJSON {
				return json.NewEncoder(std.Out).Encode(done)
			}
			return applied(std, done, a)
		}),
	}
	r.add(cmd)
	fl := cmd.Flags()
	fl.BoolVar(&a.Draft, "draft", false, "leave new plans in draft")
	fl.StringVar(&a.ApplyTo, "apply-to", "", "whom an edit reaches: everyone (default) or new")
	fl.BoolVar(&a.DryRun, "dry-run", false, "only show what would change")
	fl.BoolVar(&asJSON, "json", false, "print the answer as JSON")
	return cmd
}

// planPaths are the files that the arguments name; a folder stands for its YAML and JSON files.
func planPaths(args []string) ([]string, error) {
	var out []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, unreadable(arg, err)
		}
		if !info.IsDir() {
			out = append(out, arg)
			continue
		}
		found := len(out)
		err = filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(path))) {
				out = append(out, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		if len(out) == found {
			return nil, usagef("%s holds no .yaml or .json file", arg)
		}
	}
	return out, nil
}

// notApplied writes the problems of plan files one a line, FILE:LINE: message, as plan check does.
func notApplied(std IO, err error) error {
	var p *client.Problem
	if !errors.As(err, &p) || p.Status != http.StatusUnprocessableEntity || len(p.Fields) == 0 || !strings.Contains(p.Fields[0].Name, ":") {
		return err
	}
	for _, f := range p.Fields {
		fmt.Fprintf(std.Err, "%s: %s\n", f.Name, f.Message)
	}
	fmt.Fprintln(std.Err, "Nothing was applied.")
	return quiet(exitProblem)
}

func applied(std IO, done client.AppliedPlans, a client.ApplyPlans) error {
	p := &printer{w: std.Out}
	for _, f := range done.Files {
		what := "unchanged"
		switch {
		case f.Created:
			what = "new"
		case f.Changed:
			what = "changed"
		}
		state := ""
		if f.What == "plan" {
			state = ", draft"
			if f.Ready {
				state = ", ready"
			}
		}
		p.line("%-9s %s %q%s", what, f.What, f.Name, state)
		if f.Preview != nil {
			previewLines(p, f.Preview, a.ApplyTo == "new")
		}
		for _, d := range f.Doubts {
			p.line("            %s: %s", d.Name, d.Message)
		}
		if f.Followed != "" {
			p.line("            %s on it are taken to the new version in the background (operation %s)", count(f.Waiting, "contact", "contacts"), f.Followed)
		} else if f.Moved > 0 {
			p.line("            %s on it are on the new version", count(f.Moved, "contact", "contacts"))
		}
	}
	if a.DryRun {
		p.line("Nothing was applied (--dry-run).")
	}
	return p.err
}

func previewLines(p *printer, v *client.Preview, onlyNew bool) {
	for _, c := range v.Changes {
		p.line("            %s", c.Text)
	}
	if onlyNew && len(v.Changes) > 0 && v.Live > 0 {
		p.line("            %s on it: they go on as before (--apply-to new)", count(v.Live, "contact is", "contacts are"))
		return
	}
	for _, s := range v.Steps {
		var parts []string
		for _, n := range []struct {
			n    int
			text string
		}{{s.Gain, "get it"}, {s.Late, "would get it too late and skip it"}, {s.Lose, "lose it"}, {s.Retime, "get it at another time"}} {
			if n.n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n.n, n.text))
			}
		}
		p.line("            of the %s on it, at step %q: %s", count(v.Live, "contact", "contacts"), s.Name, strings.Join(parts, ", "))
	}
}

func newPlanExport(std IO) *cobra.Command {
	var r remote
	var out string
	var templates bool
	cmd := &cobra.Command{
		Use:     "export [PLAN…]",
		Short:   "Write plans as files; all of them when none is named",
		Example: "  tactus plan export --out plans/\n  tactus plan export \"New buyer lead\"",
		RunE: run(func(cmd *cobra.Command, args []string) error {
			c, err := r.open(cmd, std)
			if err != nil {
				return err
			}
			files, err := c.ExportPlans(cmd.Context(), templates, args...)
			if err != nil {
				return err
			}
			for _, f := range files.Files {
				if out == "" {
					if _, err := fmt.Fprintf(std.Out, "# %s\n%s\n", f.Name, f.Content); err != nil {
						return err
					}
					continue
				}
				if err := os.MkdirAll(out, 0o755); err != nil {
					return err
				}
				path := filepath.Join(out, filepath.Base(f.Name))
				if err := os.WriteFile(path, []byte(f.Content), 0o600); err != nil {
					return err
				}
				fmt.Fprintln(std.Out, path)
			}
			return nil
		}),
	}
	r.add(cmd)
	cmd.Flags().StringVar(&out, "out", "", "write files into this folder instead of standard output")
	cmd.Flags().BoolVar(&templates, "templates", true, "with the templates that they use")
	return cmd
}
