package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tactus/client"
	"tactus/internal/app"
	"tactus/internal/clock"
	"tactus/internal/doctor"
)

func newDoctor(std IO) *cobra.Command {
	var r remote
	var resolver string
	var asJSON, quietly bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look whether all is well: database, work, setup, carriers, DNS of sender domains, clock",
		Long: `Looks at the whole installation and says of each part what was seen and what to do. It changes nothing and sends nothing. A running
server is asked; without one, and with none named, the database is opened directly.

Exit code 0: nothing failed (there may be warnings). 1: a check failed, or nothing could be looked at.`,
		Example: `  tactus doctor
  tactus doctor --quiet && echo fine
  tactus doctor --resolver 1.1.1.1:53`,
		Args: cobra.NoArgs,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			up, err := examine(cmd, std, &r, resolver)
			if err != nil {
				return err
			}
			if asJSON {
				err = json.NewEncoder(std.Out).Encode(up)
			} else {
				err = tellCheckup(std, up, quietly)
			}
			if err == nil && !up.OK {
				return quiet(exitProblem)
			}
			return err
		}),
	}
	r.add(cmd, "base_url", "smtp", "secret")
	cmd.Flags().StringVar(&resolver, "resolver", "", "without a server: the DNS server to ask, HOST:PORT (default: this machine's)")
	cmd.Flags().BoolVar(&quietly, "quiet", false, "show only what is not well")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	return cmd
}

// examine asks the server, or looks itself when none runs.
func examine(cmd *cobra.Command, std IO, r *remote, resolver string) (client.Checkup, error) {
	c, err := r.open(cmd, std)
	var up client.Checkup
	if err == nil {
		up, err = c.Doctor(cmd.Context())
	}
	if err == nil && resolver != "" {
		return up, usagef("--resolver is for a server that does not run: the one that does asks its machine's")
	}
	if !r.absent(cmd, std, err) {
		return up, err
	}
	cfg, err := r.config.load(cmd, std)
	if err != nil {
		return up, err
	}
	checks, err := app.Examine(cmd.Context(), cfg, doctor.Resolver(resolver))
	up.OK, up.At = true, clock.Real{}.Now()
	for _, k := range checks {
		up.OK = up.OK && k.Status != doctor.Fail
		up.Checks = append(up.Checks, client.Check{Section: k.Section, Name: k.Name, Status: string(k.Status), Saw: k.Saw, Advice: k.Advice})
	}
	return up, err
}

// tellCheckup writes a section after the other; what is to be done stands below what was seen.
func tellCheckup(std IO, up client.Checkup, quietly bool) error {
	marks := map[string]string{"ok": "ok", "warn": "WARN", "fail": "FAIL"}
	w := tabwriter.NewWriter(std.Out, 0, 0, 2, ' ', 0)
	section, number := "", map[string]int{}
	for _, c := range up.Checks {
		number[c.Status]++
		if quietly && c.Status == "ok" {
			continue
		}
		if c.Section != section {
			section = c.Section
			fmt.Fprintln(w, section)
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", marks[c.Status], c.Name, oneLine(c.Saw))
		if c.Advice != "" {
			fmt.Fprintf(w, "  \t\t→ %s\n", oneLine(c.Advice))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	var parts []string
	for _, s := range []string{"fail", "warn", "ok"} {
		if n := number[s]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, map[string]string{"fail": "failed", "warn": "to look at", "ok": "well"}[s]))
		}
	}
	if quietly && !slices.ContainsFunc(up.Checks, func(c client.Check) bool { return c.Status != "ok" }) {
		return nil
	}
	_, err := fmt.Fprintln(std.Out, strings.Join(parts, ", ")+".")
	return err
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
