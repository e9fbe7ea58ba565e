package cli

import (
	"context"
	"fmt"
	"runtime/debug"

	"tactus/internal/app"
)

func migrate(ctx context.Context, cfg app.Config, check bool, std IO) error {
	state, err := app.Migrate(ctx, cfg, check)
	if err != nil {
		return err
	}
	switch {
	case check && state.Pending > 0:
		fmt.Fprintf(std.Out, "%s to run; the schema is at version %d, this program needs %d.\n",
			count(state.Pending, "migration is", "migrations are"), state.Before, state.Version)
		return quiet(exitProblem)
	case state.Pending > 0:
		fmt.Fprintf(std.Out, "The schema went from version %d to %d.\n", state.Before, state.Version)
	default:
		fmt.Fprintf(std.Out, "The schema is at version %d; there is nothing to do.\n", state.Version)
	}
	return nil
}

// version is the module's version, or the revision it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "dev-" + s.Value[:12]
		}
	}
	return "dev"
}
