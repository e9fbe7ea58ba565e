package cli

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"tactus/client"
	"tactus/internal/app/serve"
	"tactus/internal/fault"
)

// remote finds the server that a command talks to (DEC-14): --server and --key, TACTUS_SERVER and TACTUS_KEY, else what a server on this
// machine wrote beside its database. The key written there goes to that server only.
type remote struct {
	server, key string
	config      configFlags
}

// add declares the flags; more are settings that a command needs which also works without a server.
func (r *remote) add(cmd *cobra.Command, more ...string) {
	cmd.Flags().StringVar(&r.server, "server", "", "the server's address (TACTUS_SERVER; default: the one on this machine)")
	cmd.Flags().StringVar(&r.key, "key", "", "the API key (TACTUS_KEY; default: the one kept on this machine, for its own server alone)")
	r.config.add(cmd, append(more, "db", "state_dir")...)
}

// open makes a client of the server.
func (r *remote) open(cmd *cobra.Command, std IO) (*client.Client, error) {
	server, key := r.named(std), r.key
	if key == "" {
		key = std.Env("TACTUS_KEY")
	}
	if server == "" || key == "" {
		local, err := r.local(cmd, std, server != "")
		if err != nil {
			return nil, err
		}
		if server == "" {
			server = local.URL
		}
		if key == "" && !sameServer(server, local.URL) {
			return nil, usagef("the key of %s is missing: give it with --key or TACTUS_KEY; the key that is kept on this machine is for its own server alone", server)
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

// named is the address that was given, by flag or environment; "" = the server on this machine is meant, if there is one.
func (r *remote) named(std IO) string { return cmp.Or(r.server, std.Env("TACTUS_SERVER")) }

// absent reports whether an error says that no server runs on this machine, so that a command may open the database itself. Who has named a
// server means that one's database: another in its place would be taken for it.
func (r *remote) absent(cmd *cobra.Command, std IO, err error) bool {
	var away *url.Error
	return err != nil && r.named(std) == "" && (errors.As(err, &away) || fault.Is(err, fault.Unavailable)) && cmd.Context().Err() == nil
}

// local reads what the server on this machine wrote; nothing when there is none and another is named.
func (r *remote) local(cmd *cobra.Command, std IO, named bool) (serve.Local, error) {
	cfg, err := r.config.load(cmd, std)
	if err != nil {
		return serve.Local{}, err
	}
	local, err := serve.ReadLocal(cfg.Beside(".server"))
	switch {
	case errors.Is(err, fs.ErrNotExist) && named:
		return serve.Local{}, nil
	case errors.Is(err, fs.ErrNotExist):
		return local, fault.New(fault.Unavailable, "no server was found: start one here with `tactus serve`, name its database with --db, or its address with --server and --key")
	case errors.Is(err, fs.ErrPermission):
		return local, fault.Wrap(fault.Forbidden, err, "address and key of the server on this machine are for the user alone that it runs as: be that user (sudo -u), or give --server and --key")
	}
	return local, err
}

// sameServer compares addresses as they are written, but for case and a slash at the end: the local key may do everything, and another name
// of this machine may lead to somebody else (SEC-2).
func sameServer(a, b string) bool {
	return strings.EqualFold(strings.TrimRight(a, "/"), strings.TrimRight(b, "/"))
}

// explainRemote turns a refusal of the server, or its absence, into advice.
func explainRemote(cmd *cobra.Command, err error) string {
	var p *client.Problem
	if errors.As(err, &p) {
		text := p.Detail
		if text == "" {
			text = p.Title
		}
		for _, f := range p.Fields {
			text += "\n  " + flagOf(cmd, f.Name) + ": " + f.Message
		}
		return text
	}
	var file *fs.PathError // of what was being uploaded
	var u *url.Error
	if errors.As(err, &u) && !errors.As(err, &file) && !errors.Is(err, context.Canceled) {
		at := u.URL
		if address, err := url.Parse(u.URL); err == nil {
			at = address.Scheme + "://" + address.Host
		}
		return "the server at " + at + " does not answer: " + u.Err.Error() + "\nIs it running? Start it with `tactus serve`."
	}
	return ""
}

// flagOf names a field of a request as the person wrote it: by the command's flag, if it has one for it.
func flagOf(cmd *cobra.Command, field string) string {
	name, _, _ := strings.Cut(field, "[")
	name = strings.TrimPrefix(name, "filter.")
	switch name {
	case "consent.basis":
		name = "consent"
	case "tags", "groups", "scopes":
		name = strings.TrimSuffix(name, "s")
	case "ids":
		name = "contact"
	}
	name = strings.NewReplacer("_", "-", ".", "-").Replace(name)
	if cmd != nil && cmd.Flags().Lookup(name) != nil {
		return "--" + name
	}
	return field
}
