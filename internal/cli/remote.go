package cli

import (
	"context"
	"errors"
	"io/fs"
	"net/url"

	"github.com/spf13/cobra"

	"tactus/client"
	"tactus/internal/app/serve"
)

// remote finds the server that a command talks to (DEC-14): --server and --key, TACTUS_SERVER and TACTUS_KEY, else what a server on this
// machine wrote beside its database.
type remote struct {
	server, key string
	config      configFlags
}

func (r *remote) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.server, "server", "", "the server's address (TACTUS_SERVER; default: the one on this machine)")
	cmd.Flags().StringVar(&r.key, "key", "", "the API key (TACTUS_KEY)")
	r.config.add(cmd, "db", "state_dir")
}

// open makes a client of the server.
func (r *remote) open(cmd *cobra.Command, std IO) (*client.Client, error) {
	server, key := r.server, r.key
	if server == "" {
		server = std.Env("TACTUS_SERVER")
	}
	if key == "" {
		key = std.Env("TACTUS_KEY")
	}
	if server == "" || key == "" {
		cfg, err := r.config.load(cmd, std)
		if err != nil {
			return nil, err
		}
		local, err := serve.ReadLocal(cfg.Beside(".server"))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, usagef("no server was found: start one here with `tactus serve`, name its database with --db, or its address with --server and --key")
		case err != nil:
			return nil, err
		}
		if server == "" {
			server = local.URL
		}
		if key == "" {
			key = local.Key
		}
	}
	c, err := client.New(server, key, client.Options{UserAgent: "tactus-cli/" + version(), Tries: 2})
	if err != nil {
		return nil, usageError{err}
	}
	return c, nil
}

// explainRemote turns a refusal of the server, or its absence, into advice.
func explainRemote(err error) string {
	var p *client.Problem
	if errors.As(err, &p) {
		text := p.Detail
		if text == "" {
			text = p.Title
		}
		for _, f := range p.Fields {
			text += "\n  " + f.Name + ": " + f.Message
		}
		return text
	}
	var u *url.Error
	if errors.As(err, &u) && !errors.Is(err, context.Canceled) {
		return "the server at " + u.URL + " does not answer: " + u.Err.Error() + "\nIs it running? Start it with `tactus serve`."
	}
	return ""
}
