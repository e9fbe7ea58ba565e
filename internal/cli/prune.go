package cli

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tactus/client"
	"tactus/internal/clock"
)

func newPrune(std IO) *cobra.Command {
	var r remote
	var age string
	var history, content, dry, asJSON bool
	cmd := &cobra.Command{
		Use:   "prune --older-than AGE",
		Short: "Forget old history and the content of old messages",
		Long: `Deletes history rows and the texts and bytes of settled messages that are older than AGE (90d, 18mo, 2y), in the background. What stays: the rows of
an enrollment's present run while it is live, the consent ledger, suppressed addresses, the list of messages itself, and messages in doubt.

The settings keep_history_months and keep_content_months of an account do the same every day.`,
		Example: `  tactus prune --older-than 2y --dry-run
  tactus prune --older-than 18mo --content`,
		Args: cobra.NoArgs,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			before, err := ago(clock.Real{}.Now(), age)
			if err != nil {
				return err
			}
			c, err := r.open(cmd, std)
			if err != nil {
				return err
			}
			p := client.Prune{DryRun: dry}
			if history || !content {
				p.HistoryBefore = &before
			}
			if content || !history {
				p.ContentBefore = &before
			}
			op, err := c.Prune(cmd.Context(), p)
			if err != nil {
				return err
			}
			if op, err = follow(cmd.Context(), c, std, op); err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(std.Out).Encode(op)
			}
			what := "Forgotten"
			if dry {
				what = "Would go"
			}
			_, err = fmt.Fprintf(std.Out, "%s: %d history rows, the content of %d messages, from before %s.\n", what,
				op.Counts["history"], op.Counts["content"], before.Format(time.DateOnly))
			return err
		}),
	}
	r.add(cmd)
	cmd.Flags().StringVar(&age, "older-than", "", "an age: 90d, 12w, 18mo, 2y")
	cmd.Flags().BoolVar(&history, "history", false, "only history")
	cmd.Flags().BoolVar(&content, "content", false, "only the content of messages")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only count what would go")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the operation as JSON")
	return cmd
}

// ago is the moment that lies an age before now.
func ago(now time.Time, age string) (time.Time, error) {
	digits := strings.TrimRight(age, "dwmoy")
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > 10_000 {
		return now, usagef("give --older-than an age, such as 90d, 12w, 18mo or 2y")
	}
	switch strings.TrimPrefix(age, digits) {
	case "d":
		return now.AddDate(0, 0, -n), nil
	case "w":
		return now.AddDate(0, 0, -7*n), nil
	case "mo":
		return now.AddDate(0, -n, 0), nil
	case "y":
		return now.AddDate(-n, 0, 0), nil
	}
	return now, usagef("%q has none of the units d, w, mo, y", age)
}
