package cli

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tactus/internal/app"
)

// configFlags are the settings of the installation as flags, by key.
type configFlags struct {
	file   string
	values map[string]*string
}

// add declares --config and one flag a setting; only keys named are declared, all without any.
func (c *configFlags) add(cmd *cobra.Command, only ...string) {
	c.values = map[string]*string{}
	cmd.Flags().StringVar(&c.file, "config", "", "a YAML file of settings (TACTUS_CONFIG)")
	defaults := app.DefaultConfig().Masked()
	for i, k := range app.Keys() {
		if len(only) > 0 && !slices.Contains(only, k.Name) {
			continue
		}
		c.values[k.Name] = cmd.Flags().String(k.Flag(), defaults[i][1], k.Help+" ("+k.Env()+")")
	}
}

// load reads the configuration: defaults < file < environment < flags.
func (c *configFlags) load(cmd *cobra.Command, std IO) (app.Config, error) {
	set := map[string]string{}
	for key, value := range c.values {
		if cmd.Flags().Changed(app.Key{Name: key}.Flag()) {
			set[key] = *value
		}
	}
	file := c.file
	if file == "" {
		file = std.Env("TACTUS_CONFIG")
	}
	return app.LoadConfig(file, std.Env, set)
}

func newConfig(std IO) *cobra.Command {
	var flags configFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show the settings in effect, secrets masked",
		Long:  "Shows what holds after defaults, file, environment and flags, in this order.",
		Args:  cobra.NoArgs,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			cfg, err := flags.load(cmd, std)
			if err != nil {
				return err
			}
			if asJSON {
				out := map[string]string{}
				for _, kv := range cfg.Masked() {
					out[kv[0]] = kv[1]
				}
				return json.NewEncoder(std.Out).Encode(out)
			}
			w := tabwriter.NewWriter(std.Out, 0, 0, 2, ' ', 0)
			for _, kv := range cfg.Masked() {
				fmt.Fprintf(w, "%s\t%s\n", kv[0], kv[1])
			}
			return w.Flush()
		}),
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	return cmd
}

func newLogger(cfg app.Config, std IO) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.LogLevel)) // checked when the configuration was read
	opt := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(std.Err, opt))
	}
	return slog.New(slog.NewTextHandler(std.Err, opt))
}
