package cli

import (
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"tactus/internal/bench"
)

func newBench(std IO) *cobra.Command {
	opt := bench.Options{DB: bench.SQLite}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "bench NAME",
		Short: "Measure the program on this machine, each time beside a yardstick",
		Long: `Measures the program on databases of its own that are gone afterwards, and in the same run what hand-written SQL or a bare client
needs for the same rows or bytes: ratio is ours ÷ yardstick, higher is better. PostgreSQL is the server that TACTUS_POSTGRES_URL
names (its user must be allowed to make databases), else one is started with default settings.

` + benches() + `  all      all of these`,
		Example: `  tactus bench steps
  tactus bench assign --db postgres --n 10000 --json`,
		Args: arguments(1, 1, "name the bench: tactus bench steps"),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			if opt.N < 0 || opt.Runs < 0 || opt.Workers < 1 {
				return usagef("--n and --runs must not be below 0, --workers must be at least 1")
			}
			if opt.DB != bench.SQLite && opt.DB != bench.Postgres {
				return usagef("--db is sqlite or postgres, not %q", opt.DB)
			}
			list := bench.All()
			if args[0] != "all" {
				one, err := bench.Find(args[0])
				if err != nil {
					return usageError{err}
				}
				list = []bench.Bench{one}
			}
			opt.Postgres, opt.Command = std.Env("TACTUS_POSTGRES_URL"), itself
			if isTerminal(std.Err) {
				opt.Progress = std.Err
			}
			return runBenches(cmd, std, list, opt, asJSON)
		}),
	}
	f := cmd.Flags()
	f.StringVar(&opt.DB, "db", opt.DB, "sqlite or postgres")
	f.IntVar(&opt.N, "n", 0, "how many enrollments, contacts, emails … (default: the bench's own full size)")
	f.IntVar(&opt.Runs, "runs", 0, "how often both sides are measured; the median counts (default: the bench's own)")
	f.IntVar(&opt.Workers, "workers", 2, "engine workers on PostgreSQL")
	f.StringVar(&opt.Dir, "dir", "", "where the databases are made, such as a folder on the disk to be measured (default: the system's temporary folder)")
	f.StringVar(&opt.Keep, "keep", "", "a folder where fixtures are kept for the next run and taken from")
	f.StringVar(&opt.Profile, "cpuprofile", "", "a file for the CPU profile of our side's first run")
	f.IntVar(&opt.Members, "members", 1_000_000, "lead, due, memory, start: how many active enrollments there are besides")
	f.BoolVar(&opt.Signed, "signed", false, "email: with DKIM signatures (RSA-2048), on both sides")
	f.IntVar(&opt.Connections, "connections", 8, "email: connections to the mail server, on both sides")
	f.BoolVar(&asJSON, "json", false, "print one JSON object a bench")
	return cmd
}

// itself is this program with other arguments.
func itself(args ...string) (*exec.Cmd, error) {
	path, err := os.Executable()
	return exec.Command(path, args...), err //nolint:noctx // the bench ends it, and waits for it
}

// benches lists what there is to measure.
func benches() string {
	var b strings.Builder
	for _, one := range bench.All() {
		fmt.Fprintf(&b, "  %-8s %s (%d)\n", one.Name, one.Short, one.N)
	}
	return b.String()
}

func runBenches(cmd *cobra.Command, std IO, list []bench.Bench, opt bench.Options, asJSON bool) error {
	for _, one := range list {
		variants := []bool{opt.Signed}
		if len(list) > 1 {
			variants = []bool{false}
			if one.Name == "email" {
				variants = []bool{false, true}
			}
		}
		for _, opt.Signed = range variants {
			res, err := one.Run(cmd.Context(), opt)
			if cmd.Context().Err() != nil {
				return fmt.Errorf("bench %s was interrupted; its databases are gone", one.Name)
			}
			if err != nil {
				return fmt.Errorf("bench %s: %w", one.Name, err)
			}
			if err := writeResult(std, res, asJSON); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeResult(std IO, res bench.Result, asJSON bool) error {
	if asJSON {
		return bench.WriteJSON(std.Out, res)
	}
	return bench.WriteTable(std.Out, res)
}
