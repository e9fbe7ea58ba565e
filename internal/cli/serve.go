package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"tactus/internal/app"
	"tactus/internal/app/serve"
)

func newServe(std IO) *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server: API, engine and senders in one process",
		Long: `Runs everything in one process on one database: a SQLite file by default, or a PostgreSQL database that any number of servers may
share. The first start creates the account "My business". Until an SMTP server is named, email stays in the sandbox.`,
		Example: `  tactus serve
  tactus serve --db /var/lib/tactus/tactus.db --smtp smtp://user:password@mail.example.com:587 --owner-email me@example.com
  tactus serve --db postgres://tactus@db/tactus --listen 0.0.0.0:8080`,
		Args: cobra.NoArgs,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			cfg, err := flags.load(cmd, std)
			if err != nil {
				return err
			}
			server, err := serve.Start(cmd.Context(), cfg, std.Clock, newLogger(cfg, std), version())
			if err != nil {
				return err
			}
			welcome(cmd.Context(), std.Out, server)
			return server.Run(cmd.Context())
		}),
	}
	flags.add(cmd)
	return cmd
}

// welcome says where the server is and what to do next.
func welcome(ctx context.Context, w io.Writer, s *serve.Server) {
	fmt.Fprintf(w, "Tactus %s is serving at %s (database: %s)\n", version(), s.URL, s.DB.Dialect())
	if s.Figures != "" {
		fmt.Fprintf(w, "Figures for Prometheus: %s (without a key: keep it inside)\n", s.Figures)
	}
	if s.Carriers.Sandboxed() {
		fmt.Fprintln(w, "SANDBOX: email is kept, not sent. See it with: tactus messages. Send for real with --smtp.")
	}
	if s.Held {
		fmt.Fprintln(w, "HELD: this database was restored; nothing is sent until: tactus sending release. See first: tactus messages --status uncertain")
	}
	for _, note := range notes(ctx, s) {
		fmt.Fprintln(w, "NOTE: "+note)
	}
	if !s.Created {
		return
	}
	fmt.Fprintf(w, `
The account "%s" is new; its owner is %s. Next:
  tactus plan apply plans/                                       put plans on
  tactus contacts import leads.csv --source Zillow --consent express
  tactus enroll --plan "…" --tag Hot
API: %s/api/docs · the key for programs: tactus key create NAME
`, s.Account.Name, s.Config.OwnerEmail, s.URL)
}

// notes are what real email still lacks.
func notes(ctx context.Context, s *serve.Server) []string {
	var out []string
	if s.Carriers.Sandboxed() {
		return nil
	}
	if s.Config.BaseURL == "" && s.Account.Settings.BaseURL == "" {
		out = append(out, "unsubscribe links lead to "+s.URL+"; name the address that people outside reach with --base-url.")
	}
	owner, err := s.Accounts.Member(ctx, s.Account.ID, s.Account.OwnerID)
	if err == nil && s.Account.Settings.SenderAddress == "" && owner.Email == app.DefaultConfig().OwnerEmail {
		out = append(out, "email leaves as "+owner.Email+", which nobody can answer; set sender_address with PATCH /api/v1/settings.")
	}
	if s.Account.Postal == "" {
		out = append(out, "email carries no postal address, which the law may demand; set postal with PATCH /api/v1/settings.")
	}
	return out
}

func newMigrate(std IO) *cobra.Command {
	var flags configFlags
	var check, newSecret bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database to this program's schema (serve does it too)",
		Args:  cobra.NoArgs,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			cfg, err := flags.load(cmd, std)
			if err != nil {
				return err
			}
			if newSecret {
				return app.NewSecret(cmd.Context(), cfg)
			}
			return migrate(cmd.Context(), cfg, check, std)
		}),
	}
	flags.add(cmd, "db")
	cmd.Flags().BoolVar(&check, "check", false, "only say whether there is something to do (exit code 1 if so)")
	cmd.Flags().BoolVar(&newSecret, "new-secret", false, "the secret is lost: take the next start's; links in emails already sent end, and passwords of mail servers must be entered again")
	cmd.MarkFlagsMutuallyExclusive("check", "new-secret")
	return cmd
}

func newVersion(std IO) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the program's version", Args: cobra.NoArgs,
		RunE: run(func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(std.Out, "tactus", version())
			return err
		}),
	}
}
