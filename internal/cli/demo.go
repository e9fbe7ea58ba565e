package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tactus/internal/app"
	"tactus/internal/app/serve"
	"tactus/internal/clock"
	"tactus/internal/demo"
)

func newDemo(std IO) *cobra.Command {
	var speed float64
	var listen string
	var lasts time.Duration
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See plans run: a sandboxed server with 200 contacts on a fast clock",
		Long: `Starts a server on a database of its own that is gone afterwards, with 200 believable contacts and plans of all kinds, and prints
what happens as it happens. The clock runs fast: an hour in a second. Nothing leaves the machine.`,
		Args: cobra.NoArgs,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			if lasts > 0 {
				var stop context.CancelFunc
				ctx, stop = context.WithTimeout(ctx, lasts)
				defer stop()
			}
			return runDemo(ctx, std, speed, listen)
		}),
	}
	cmd.Flags().Float64Var(&speed, "speed", 3600, "how many times faster than real time the clock runs")
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "the address that the server listens on")
	cmd.Flags().DurationVar(&lasts, "for", 0, "stop after this time, like 20s (default: until Ctrl-C)")
	return cmd
}

func runDemo(ctx context.Context, std IO, speed float64, listen string) (err error) {
	if speed <= 0 || speed > 1_000_000 {
		return usagef("--speed must be above 0 and at most 1000000")
	}
	dir, err := os.MkdirTemp("", "tactus-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cfg := app.DefaultConfig()
	cfg.DB, cfg.Listen, cfg.LogLevel = filepath.Join(dir, "demo.db"), listen, "error"
	fast := clock.NewFast(clock.Real{}.Now(), speed)
	server, err := serve.Start(ctx, cfg, fast, newLogger(cfg, std), version())
	if err != nil {
		return err
	}
	if err := demo.Fill(ctx, server.App, server.Account.ID); err != nil {
		return err
	}
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		return err
	}
	fmt.Fprintf(std.Out, `SANDBOX: %d contacts, six plans, a clock that runs %g times as fast; nothing leaves this machine.
API: %s/api/docs   key: %s   stop with Ctrl-C

`, demo.Count, speed, server.URL, server.Key)
	show := &demo.Show{App: server.App, Account: server.Account.ID, Out: std.Out, Zone: zone, Color: isTerminal(std.Out)}
	shown := make(chan error, 1)
	go func() { shown <- show.Run(ctx) }()
	go arrivals(ctx, server)
	err = server.Run(ctx)
	if showErr := <-shown; ctx.Err() == nil {
		err = errors.Join(err, showErr)
	}
	if ctx.Err() != nil {
		fmt.Fprintln(std.Out, "\nThe demo is over; its database is gone. To run your own: tactus serve")
	}
	return err
}

// arrivals lets a new lead come in every few seconds, so that there is always something to see.
func arrivals(ctx context.Context, server *serve.Server) {
	for n := 0; ctx.Err() == nil; n++ {
		if err := clock.Sleep(ctx, 4*time.Second); err != nil {
			return
		}
		if err := demo.Arrive(ctx, server.App, server.Account.ID, n); err != nil {
			return
		}
	}
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
