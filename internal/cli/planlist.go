package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tactus/client"
)

func newPlanList(std IO) *cobra.Command {
	var r remote
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "Show the account's plans and who is on them", Args: cobra.NoArgs,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			c, err := r.open(cmd, std)
			if err != nil {
				return err
			}
			list := []client.PlanLine{}
			for p, err := range allPlans(cmd.Context(), c, client.PlanFilter{}) {
				if err != nil {
					return err
				}
				list = append(list, p)
			}
			if asJSON {
				return json.NewEncoder(std.Out).Encode(list)
			}
			w := tabwriter.NewWriter(std.Out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "PLAN\tKIND\tSTATE\tSTEPS\tACTIVE\tPAUSED\tSTOPPED\tCOMPLETED")
			for _, p := range list {
				fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\n", p.Name, p.Kind, p.Status, p.StepCount,
					p.Counts.Active, p.Counts.Paused, p.Counts.Stopped, p.Counts.Completed)
			}
			return w.Flush()
		}),
	}
	r.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return cmd
}

// allPlans are the plans of a filter, page by page as far as they are asked for.
func allPlans(ctx context.Context, c *client.Client, f client.PlanFilter) iter.Seq2[client.PlanLine, error] {
	return func(yield func(client.PlanLine, error) bool) {
		page := client.PageOptions{Limit: 200}
		for {
			got, err := c.Plans(ctx, f, page)
			if err != nil {
				yield(client.PlanLine{}, err)
				return
			}
			for _, p := range got.Items {
				if !yield(p, nil) {
					return
				}
			}
			if page.Cursor = got.Next; page.Cursor == "" {
				return
			}
		}
	}
}

// planID finds a plan by its name, which is its identity in the account.
func planID(ctx context.Context, c *client.Client, name string) (client.ID, error) {
	var near []string
	for p, err := range allPlans(ctx, c, client.PlanFilter{Text: name}) {
		if err != nil {
			return "", err
		}
		if p.Name == name {
			return p.ID, nil
		}
		near = append(near, p.Name)
	}
	if len(near) > 0 {
		return "", fmt.Errorf("there is no plan %q; did you mean %q?", name, strings.Join(near[:min(3, len(near))], `", "`))
	}
	return "", fmt.Errorf("there is no plan %q; see them with: tactus plan list", name)
}
