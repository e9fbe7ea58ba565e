// Package cli is the command line: it reads flags, calls the product or the running server,
// and writes for people or, with --json, for programs. Nothing but translation (HOUSE-1).
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tactus/internal/clock"
	"tactus/internal/fault"
)

// Exit codes (CLI-2).
const (
	exitOK      = 0
	exitProblem = 1 // the input or the server said no; the message says why
	exitUsage   = 2 // the command line is wrong
)

// IO is the world as the command line sees it.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
	Env      func(string) string
	Clock    clock.Clock // that serve runs on; nil = the database's own time (ENG-13)
}

// Run executes one command line and returns its exit code.
func Run(ctx context.Context, args []string, std IO) int {
	root := newRoot(std)
	root.SetArgs(args)
	root.SetIn(std.In)
	root.SetOut(std.Out)
	root.SetErr(std.Err)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	var done quiet
	if errors.As(err, &done) {
		return int(done)
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		fmt.Fprintln(std.Err, "tactus: interrupted")
		return exitProblem
	}
	fmt.Fprintln(std.Err, "tactus: "+explain(cmd, err))
	var wrong usageError
	if errors.As(err, &wrong) || isCobraUsage(err) {
		fmt.Fprintln(std.Err, "Run the command with --help for its flags and examples.")
		return exitUsage
	}
	return exitProblem
}

// explain writes an error for people: the message, and each field on a line of its own.
func explain(cmd *cobra.Command, err error) string {
	if text := explainRemote(cmd, err); text != "" {
		return text
	}
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Fields) == 0 {
		return err.Error()
	}
	text := f.Message
	for _, field := range f.Fields {
		text += "\n  " + field.Name + ": " + field.Message
	}
	return text
}

// quiet ends a command with an exit code after it has said everything itself.
type quiet int

func (q quiet) Error() string { return fmt.Sprintf("exit %d", int(q)) }

// usageError is a command line that is wrong.
type usageError struct{ error }

// arguments says in a command's own words what it takes, where cobra would count.
func arguments(least, most int, advice string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usagef("%s", advice)
		case most >= 0 && len(args) > most:
			return usagef("%q is too much: %s", args[most], advice)
		}
		return nil
	}
}

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// misused says what a flag takes, where its parser would tell of itself.
func misused(_ *cobra.Command, err error) error {
	var wrong *pflag.InvalidValueError
	if !errors.As(err, &wrong) {
		return err
	}
	takes, ok := map[string]string{
		"int": "a whole number", "float64": "a number", "duration": "a time like 20s, 5m or 2h", "bool": "true or false, or nothing at all",
	}[wrong.GetFlag().Value.Type()]
	if !ok {
		return err
	}
	return usagef("--%s takes %s, not %q", wrong.GetFlag().Name, takes, wrong.GetValue())
}

// isCobraUsage: cobra's own complaints before a command runs carry no type; commands mark that they have begun.
func isCobraUsage(err error) bool {
	var begun *begunError
	return !errors.As(err, &begun)
}

// begunError wraps what a command's own work returned.
type begunError struct{ error }

func (b *begunError) Unwrap() error { return b.error }

// run adapts a command's work so that its errors are told apart from cobra's.
func run(f func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := f(cmd, args); err != nil {
			return &begunError{err}
		}
		return nil
	}
}

func newRoot(std IO) *cobra.Command {
	root := &cobra.Command{
		Use:   "tactus",
		Short: "Action plans for people who live from relationships",
		Long: `Tactus runs action plans: a lead arrives, the first message goes out within a second, the follow-up
goes on for a year, and everything automatic falls silent when the lead answers.

Exit codes: 0 done, 1 a problem that the message explains, 2 a wrong command line.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(misused)
	root.AddCommand(newServe(std), newDemo(std), newPlan(std), newContacts(std), newEnroll(std), newEnrollments(std), newMessages(std), newKey(std), newConfig(std), newBackup(std), newRestore(std), newSending(std), newPrune(std), newDoctor(std), newMigrate(std), newBench(std), newVersion(std))
	return root
}
