package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"tactus/internal/app/restore"
	"tactus/internal/backup"
)

func newBackup(std IO) *cobra.Command {
	var r remote
	var verify, asJSON bool
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write everything to one file, while the server runs",
		Long: `Writes every row of every account, as it is at one moment, to a new file that tactus restore reads, on SQLite or PostgreSQL. The server
goes on meanwhile, and nobody waits; without a server, and with none named, the database is opened directly. The file is read back and checked before it gets its name.

It holds personal data and is readable for you alone. The installation's secret (tactus.db.secret, or the setting "secret") is NOT in it: keep
that too, in another place. Without it, links in emails already sent end, and passwords of mail servers must be entered again.`,
		Example: `  tactus backup tactus-monday.backup
  tactus backup --verify tactus-monday.backup`,
		Args: arguments(1, 1, "name the new file"),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			var s backup.Summary
			var err error
			steps := newSteps(std)
			if verify {
				s, err = restore.Check(args[0], steps.rows("checking"))
			} else {
				s, err = restore.ToFile(args[0], func(w io.Writer) error { return takeBackup(cmd, std, &r, w, steps) }, steps.rows("checking"))
			}
			steps.end()
			if err != nil {
				return err
			}
			return tellBackup(std, args[0], s, asJSON)
		}),
	}
	r.add(cmd)
	cmd.Flags().BoolVar(&verify, "verify", false, "only check that a file is a whole and sound backup, and say what it holds")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	return cmd
}

// takeBackup asks the server, or opens the database itself when none runs.
func takeBackup(cmd *cobra.Command, std IO, r *remote, w io.Writer, steps *steps) error {
	c, err := r.open(cmd, std)
	if err == nil {
		err = c.Backup(cmd.Context(), &counting{w: w, steps: steps})
	}
	if !r.absent(cmd, std, err) {
		return err
	}
	cfg, err := r.config.load(cmd, std)
	if err != nil {
		return err
	}
	return restore.Take(cmd.Context(), cfg, w, version(), steps.rows("writing"))
}

// counting tells how much has come.
type counting struct {
	w     io.Writer
	steps *steps
	bytes int64
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.bytes += int64(n)
	c.steps.show(fmt.Sprintf("writing: %d MB", c.bytes>>20))
	return n, err
}

func tellBackup(std IO, path string, s backup.Summary, asJSON bool) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(std.Out).Encode(map[string]any{
			"file": path, "bytes": info.Size(), "taken": s.Moment().Format(time.RFC3339Nano), "schema": s.Schema, "program": s.Program,
			"database": s.Database, "rows": s.Rows, "total": s.Total(),
		})
	}
	_, err = fmt.Fprintf(std.Out, "%s is whole: %d contacts, %d enrollments, %d messages, %d rows in all, as of %s (%d MB).\n"+
		"The installation's secret is not in it; keep that in another place.\n",
		path, s.Rows["contact"], s.Rows["enrollment"], s.Rows["message"], s.Total(), s.Moment().Format(time.RFC3339), (info.Size()+1<<20-1)>>20)
	return err
}

func newRestore(std IO) *cobra.Command {
	var flags configFlags
	var opt restore.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Make a database of a backup, with sending held",
		Long: `Makes a new SQLite file, or the tables of an empty PostgreSQL database, of a backup of either. Stop every server first. What left between
the backup and now is unknown to the backup, so nothing that was due then leaves by itself: such messages are marked uncertain, for a person to
decide, and sending as a whole is held until "tactus sending release".

Give the settings that serve has: the secret, the state folder, base_url and smtp.`,
		Example: `  tactus restore tactus-monday.backup --db tactus.db
  tactus restore tactus-monday.backup --db postgres://tactus@db/tactus --secret …`,
		Args: arguments(1, 1, "name the file of the backup"),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			cfg, err := flags.load(cmd, std)
			if err != nil {
				return err
			}
			steps := newSteps(std)
			opt.Log = newLogger(cfg, std)
			opt.Progress = func(phase string, n int64) { steps.show(fmt.Sprintf("%s: %d", phase, n)) }
			done, err := restore.Restore(cmd.Context(), cfg, args[0], opt)
			steps.end()
			if err != nil {
				return err
			}
			return tellRestore(std, done, asJSON)
		}),
	}
	flags.add(cmd, "db", "secret", "state_dir", "base_url", "listen", "smtp", "log_level", "log_format")
	cmd.Flags().BoolVar(&opt.Replace, "replace", false, "a database is there: keep it under another name, and put the backup in its place")
	cmd.Flags().BoolVar(&opt.NewSecret, "new-secret", false, "the secret is lost: links in emails already sent end, and passwords of mail servers must be entered again")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	return cmd
}

func tellRestore(std IO, r restore.Report, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(std.Out).Encode(map[string]any{
			"taken": r.Moment().Format(time.RFC3339Nano), "restored": r.Until.Format(time.RFC3339Nano), "rows": r.Rows, "total": r.Total(),
			"uncertain": r.Uncertain, "aside": r.Aside,
		})
	}
	p := &printer{w: std.Out}
	p.line("Restored %d contacts, %d enrollments and %d rows in all, as of %s.", r.Rows["contact"], r.Rows["enrollment"], r.Total(), r.Moment().Format(time.RFC3339))
	if r.Aside != "" {
		p.line("What was there before is in %s.", r.Aside)
	}
	p.line("\nSending is held. What came in after the backup is lost: leads, opt-outs, commands. Before anything leaves:")
	p.line("  1. start the server, with the settings that you have just given: tactus serve")
	p.line("  2. settle %s that may have left already: tactus messages --status uncertain", count(r.Uncertain, "message", "messages"))
	p.line("  3. enter again who has opted out since %s", r.Moment().Format(time.RFC3339))
	p.line("  4. let messages leave: tactus sending release")
	return p.err
}

func newSending(std IO) *cobra.Command {
	cmd := &cobra.Command{Use: "sending", Short: "Whether messages may leave", Args: cobra.ArbitraryArgs, RunE: group}
	cmd.AddCommand(sendingCommand(std, "show", "Show whether messages may leave", false), sendingCommand(std, "release", "Let messages leave again after a restore", true))
	return cmd
}

func sendingCommand(std IO, use, short string, release bool) *cobra.Command {
	var r remote
	var asJSON bool
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			return sending(cmd.Context(), cmd, std, &r, release, asJSON)
		}),
	}
	r.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	return cmd
}

func sending(ctx context.Context, cmd *cobra.Command, std IO, r *remote, release, asJSON bool) error {
	c, err := r.open(cmd, std)
	if err != nil {
		return err
	}
	ask := c.Sending
	if release {
		ask = c.ReleaseSending
	}
	s, err := ask(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(std.Out).Encode(s)
	}
	text := "Messages may leave."
	if s.Held {
		text = "Sending is held since a restore: nothing leaves until `tactus sending release`."
	}
	if s.LostFrom != nil && s.LostUntil != nil {
		text += fmt.Sprintf("\nWhat was due by %s and had not left by %s is uncertain: tactus messages --status uncertain",
			s.LostUntil.Format(time.RFC3339), s.LostFrom.Format(time.RFC3339))
	}
	_, err = fmt.Fprintln(std.Out, text)
	return err
}
