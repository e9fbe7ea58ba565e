package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"tactus/internal/app"
	"tactus/internal/plan"
)

func newPlan(std IO) *cobra.Command {
	cmd := &cobra.Command{Use: "plan", Short: "Check, simulate, apply and export plan files", Args: cobra.ArbitraryArgs, RunE: group}
	cmd.AddCommand(newPlanCheck(std), newPlanSimulate(std), newPlanApply(std), newPlanExport(std), newPlanList(std))
	return cmd
}

func newPlanCheck(std IO) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check FILE…",
		Short: "Find every problem of plan files, with line and advice",
		Long: `Checks plan files without a server. Exit code 0: all is well. 1: one line a problem on standard error,
FILE:LINE: message; with --json an array of {file, line, step, code, message} on standard output.

Other plans that a file names must be among the files.`,
		Example: "  tactus plan check plans/*.yaml\n  tactus plan check --json plans/new-lead.yaml",
		Args:    arguments(1, -1, "name plan files to check"),
		RunE: run(func(_ *cobra.Command, args []string) error {
			_, problems, err := loadPlans(args)
			if err != nil {
				return err
			}
			if err := writeProblems(std, problems, asJSON); err != nil {
				return err
			}
			if len(problems) > 0 {
				return quiet(exitProblem)
			}
			if !asJSON {
				fmt.Fprintf(std.Out, "%s fine.\n", count(len(args), "file is", "files are"))
			}
			return nil
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the problems as a JSON array")
	return cmd
}

// loadPlans reads and checks plan files as one set, without an account.
func loadPlans(paths []string) ([]*plan.File, []plan.Problem, error) {
	sources := make([]plan.Source, 0, len(paths))
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, nil, unreadable(path, err)
		}
		sources = append(sources, plan.Source{Name: path, Data: data})
	}
	files, problems := plan.LoadAll(sources, app.Actions(), plan.Names{})
	return files, problems, nil
}

func writeProblems(std IO, problems []plan.Problem, asJSON bool) error {
	if asJSON {
		if problems == nil {
			problems = []plan.Problem{}
		}
		enc := json.NewEncoder(std.Out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(problems)
	}
	return writeLines(std.Err, problems)
}

func writeLines(w io.Writer, problems []plan.Problem) error {
	for _, p := range problems {
		if _, err := fmt.Fprintln(w, p); err != nil {
			return err
		}
	}
	return nil
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
