package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tactus/client"
)

func newEnroll(std IO) *cobra.Command {
	var r remote
	var a client.Assign
	var f client.ContactFilter
	var planName string
	var contacts []string
	var all, asJSON bool
	cmd := &cobra.Command{
		Use:   "enroll",
		Short: "Put contacts on a plan",
		Long: `Puts contacts on a plan by tag, stage, source, group, or one by one. Contacts who are on it already are left alone; those whose run has
ended too, unless --restart is given. --later adds a start rule: everyone who gets the tag, stage, source or group later starts, too.`,
		Example: `  tactus enroll --plan "New buyer lead" --tag Hot
  tactus enroll --plan "Past client" --stage Closed --later
  tactus enroll --plan "Road to closing" --contact 17 --event 3`,
		Args: arguments(0, 0, "name the plan with --plan, and whom with --tag, --stage, --source, --group, --contact or --all"),
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			if planName == "" {
				return usagef("--plan is missing: name the plan")
			}
			for _, id := range contacts {
				a.IDs = append(a.IDs, client.ID(id))
			}
			filtered := len(f.Tags)+len(f.Groups) > 0 || f.Stage != "" || f.Source != ""
			switch {
			case len(a.IDs) > 0 && (filtered || all), filtered && all:
				return usagef("choose one way: --contact, or --tag, --stage, --source, --group, or --all")
			case len(a.IDs) == 0 && !filtered && !all:
				return usagef("say whom: --contact, --tag, --stage, --source, --group, or --all")
			case len(a.IDs) == 0:
				f.All = all
				a.Filter = &f
			}
			c, err := r.open(cmd, std)
			if err != nil {
				return err
			}
			id, err := planID(cmd.Context(), c, planName)
			if err != nil {
				return err
			}
			out, err := c.Assign(cmd.Context(), id, a)
			if err != nil {
				return err
			}
			return outcome(cmd.Context(), c, std, out, asJSON)
		}),
	}
	r.add(cmd)
	fl := cmd.Flags()
	fl.StringVar(&planName, "plan", "", "the plan, by name")
	addContactFilter(cmd, &f)
	fl.StringArrayVar(&contacts, "contact", nil, "a contact's id (repeatable)")
	fl.BoolVar(&all, "all", false, "all contacts of the account")
	fl.BoolVar(&a.Restart, "restart", false, "begin anew for those whose run has ended")
	fl.BoolVar(&a.AlsoRule, "later", false, "and everyone who gets it later")
	fl.StringVar((*string)(&a.Event), "event", "", "the event's id, for a plan dated by events")
	fl.BoolVar(&asJSON, "json", false, "print the answer as JSON")
	return cmd
}

// outcome waits for background work and says what became of everyone.
func outcome(ctx context.Context, c *client.Client, std IO, out client.Outcome, asJSON bool) error {
	if out.Operation != nil {
		op, err := follow(ctx, c, std, *out.Operation)
		if err != nil {
			return err
		}
		out.Operation, out.Counts = &op, op.Counts
	}
	if asJSON {
		return json.NewEncoder(std.Out).Encode(out)
	}
	fmt.Fprintln(std.Out, counts(out.Counts))
	for _, h := range out.Handing {
		fmt.Fprintf(std.Out, "A message to %s was being handed over at that moment and may still arrive (message %s).\n", h.Address, h.Message)
	}
	return nil
}

func newEnrollments(std IO) *cobra.Command {
	cmd := &cobra.Command{Use: "enrollments", Short: "List, pause, resume, stop, restart or remove contacts on plans", Args: cobra.ArbitraryArgs, RunE: group}
	cmd.AddCommand(newEnrollmentList(std))
	for _, verb := range []struct{ name, help string }{
		{"pause", "Pause contacts on a plan: nothing fires, the place is kept"},
		{"resume", "Resume paused contacts where they were"},
		{"stop", "Stop runs: only restart goes on"},
		{"restart", "Begin anew from the first step of the newest version"},
		{"remove", "Take contacts off a plan; what happened stays in their history"},
	} {
		cmd.AddCommand(newEnrollmentCommand(std, verb.name, verb.help))
	}
	return cmd
}

func newEnrollmentList(std IO) *cobra.Command {
	var r remote
	var planName string
	var status []string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "Show the contacts on a plan and what comes next for each", Args: cobra.NoArgs,
		Example: "  tactus enrollments list --plan \"New buyer lead\" --status paused",
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			if planName == "" {
				return usagef("--plan is missing: name the plan")
			}
			c, err := r.open(cmd, std)
			if err != nil {
				return err
			}
			id, err := planID(cmd.Context(), c, planName)
			if err != nil {
				return err
			}
			enc := json.NewEncoder(std.Out)
			w := tabwriter.NewWriter(std.Out, 0, 0, 2, ' ', 0)
			if !asJSON {
				fmt.Fprintln(w, "ID\tCONTACT\tSTATUS\tRUN\tPROGRESS\tNEXT")
			}
			who := newPeople(c, id)
			page := client.PageOptions{Limit: 200}
			for {
				list, err := c.Enrollments(cmd.Context(), id, page, status...)
				if err != nil {
					return err
				}
				for _, e := range list.Items {
					if asJSON {
						if err := enc.Encode(e); err != nil {
							return err
						}
						continue
					}
					name, err := who.name(cmd.Context(), e.Contact)
					if err != nil {
						return err
					}
					fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", e.ID, name, e.Status, e.Run, e.Progress, nextText(e))
				}
				if page.Cursor = list.Next; page.Cursor == "" {
					return w.Flush()
				}
			}
		}),
	}
	r.add(cmd)
	cmd.Flags().StringVar(&planName, "plan", "", "the plan, by name")
	cmd.Flags().StringArrayVar(&status, "status", nil, "active, paused, stopped or completed (repeatable)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

func nextText(e client.Enrollment) string {
	if e.Next == nil {
		return ""
	}
	text := e.Next.Name
	if e.Next.At != nil {
		text += ", " + e.Next.At.Local().Format("Mon 2 Jan 2006 15:04")
	}
	if e.Next.Reason != "" {
		text += " (" + strings.ReplaceAll(e.Next.Reason, "_", " ") + ")"
	}
	return text
}

func newEnrollmentCommand(std IO, verb, help string) *cobra.Command {
	var r remote
	var planName string
	var status []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     verb + " [ID…]",
		Short:   help,
		Example: fmt.Sprintf("  tactus enrollments %s 12 15\n  tactus enrollments %s --plan \"New buyer lead\"", verb, verb),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			if (planName == "") == (len(args) == 0) {
				return usagef("say which: ids, or --plan with all of its contacts")
			}
			if planName == "" && len(status) > 0 { // who relies on it must not command others
				return usagef("--status chooses among the contacts of a --plan: with ids, name those that are meant")
			}
			c, err := r.open(cmd, std)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				done, err := c.Command(cmd.Context(), client.ID(args[0]), verb)
				if err != nil {
					return err
				}
				return commanded(std, done, asJSON)
			}
			b := client.Bulk{}
			for _, id := range args {
				b.IDs = append(b.IDs, client.ID(id))
			}
			if planName != "" {
				id, err := planID(cmd.Context(), c, planName)
				if err != nil {
					return err
				}
				b.Filter = &client.EnrollmentFilter{Plan: id, Status: status}
			}
			out, err := c.CommandMany(cmd.Context(), verb, b)
			if err != nil {
				return err
			}
			return outcome(cmd.Context(), c, std, out, asJSON)
		}),
	}
	r.add(cmd)
	cmd.Flags().StringVar(&planName, "plan", "", "all contacts on this plan")
	cmd.Flags().StringArrayVar(&status, "status", nil, "with --plan: only these statuses (repeatable)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the answer as JSON")
	return cmd
}

func commanded(std IO, done client.Commanded, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(std.Out).Encode(done)
	}
	switch e := done.Enrollment; {
	case e == nil:
		fmt.Fprintln(std.Out, "removed")
	case nextText(*e) != "" && e.Status == "active":
		fmt.Fprintf(std.Out, "%s; next: %s\n", e.Status, nextText(*e))
	default:
		fmt.Fprintln(std.Out, e.Status)
	}
	if h := done.Handing; h != nil {
		fmt.Fprintf(std.Out, "A message to %s was being handed over at that moment and may still arrive (message %s).\n", h.Address, h.Message)
	}
	return nil
}
