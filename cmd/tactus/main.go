// Command tactus runs action plans: the server, its tools and its demo in one binary.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // zones must not depend on what the machine has installed

	"tactus/internal/cli"
)

func main() {
	if os.Getenv("GOGC") == "" { // little is alive at a time: half of the work of collecting for some ten megabytes
		debug.SetGCPercent(200)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, os.Args[1:], cli.IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv})
	stop()
	os.Exit(code)
}
