package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tactus/client"
)

func newMessages(std IO) *cobra.Command {
	var r remote
	var f client.MessageFilter
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "messages [ID]",
		Short: "Show what was sent, or would have been: the sandbox's inbox",
		Long:  "Lists messages, newest last; with an ID shows one as its recipient reads it, with --raw byte for byte.",
		Example: `  tactus messages
  tactus messages --status uncertain
  tactus messages 17 --raw`,
		Args: arguments(0, 1, "name one message by its id, or none"),
	}
	raw := cmd.Flags().Bool("raw", false, "with an ID: the bytes as handed over")
	cmd.RunE = run(func(cmd *cobra.Command, args []string) error {
		c, err := r.open(cmd, std)
		if err != nil {
			return err
		}
		if len(args) == 1 {
			return showMessage(cmd, std, c, client.ID(args[0]), *raw, asJSON)
		}
		if *raw {
			return usagef("--raw shows one message: name its id")
		}
		list, err := lastMessages(cmd.Context(), c, f, limit)
		if err != nil {
			return err
		}
		if asJSON {
			enc := json.NewEncoder(std.Out)
			for _, m := range list {
				if err := enc.Encode(m); err != nil {
					return err
				}
			}
			return nil
		}
		if len(list) == 0 {
			fmt.Fprintln(std.Out, "No messages yet.")
			return nil
		}
		w := tabwriter.NewWriter(std.Out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tWHEN\tTO\tSTATUS\tBY\tSUBJECT")
		for _, m := range list {
			when := m.CreatedAt
			if m.DoneAt != nil {
				when = *m.DoneAt
			}
			status := m.Status
			if m.Reason != "" && m.Reason != m.Status {
				status += " (" + m.Reason + ")"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", m.ID, when.Local().Format("2 Jan 15:04:05"), m.Address, status, m.Carrier, m.Subject)
		}
		return w.Flush()
	})
	r.add(cmd)
	fl := cmd.Flags()
	fl.StringArrayVar(&f.Status, "status", nil, "only these: ready, handing, accepted, refused, failed, waiting, withdrawn, uncertain, held, skipped (repeatable)")
	fl.StringVar((*string)(&f.Contact), "contact", "", "only messages to this contact")
	fl.IntVar(&limit, "limit", 30, "how many")
	fl.BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

// lastMessages are the newest, newest last.
func lastMessages(ctx context.Context, c *client.Client, f client.MessageFilter, limit int) ([]client.Message, error) {
	if limit < 1 {
		return nil, usagef("--limit must be at least 1")
	}
	var list []client.Message
	for page := (client.PageOptions{}); len(list) < limit; {
		page.Limit = min(limit-len(list), 200)
		got, err := c.Messages(ctx, f, page)
		if err != nil {
			return nil, err
		}
		list = append(list, got.Items...)
		if page.Cursor = got.Next; page.Cursor == "" {
			break
		}
	}
	slices.Reverse(list)
	return list, nil
}

func showMessage(cmd *cobra.Command, std IO, c *client.Client, id client.ID, raw, asJSON bool) error {
	if raw {
		data, err := c.RawMessage(cmd.Context(), id)
		if err != nil {
			return err
		}
		_, err = std.Out.Write(data)
		return err
	}
	m, err := c.Message(cmd.Context(), id)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(std.Out).Encode(m)
	}
	p := &printer{w: std.Out}
	p.line("%s, %s", m.Status, m.CreatedAt.Local().Format("Mon 2 Jan 2006 15:04:05"))
	if m.Answer != "" {
		p.line("The carrier said: %s", m.Answer)
	}
	if k := m.Content; k != nil {
		p.line("From: %s\nTo: %s\nSubject: %s\n\n%s", k.From, k.To, k.Subject, k.Text)
	}
	return p.err
}

func newKey(std IO) *cobra.Command {
	cmd := &cobra.Command{Use: "key", Short: "Make, list and revoke API keys", Args: cobra.ArbitraryArgs, RunE: group}
	var r remote
	var scope string
	create := &cobra.Command{
		Use: "create NAME", Short: "Make a key; it is shown this once", Args: arguments(1, 1, "name what will use the key: tactus key create website"),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			c, err := r.open(cmd, std)
			if err != nil {
				return err
			}
			k, err := c.CreateKey(cmd.Context(), client.NewKey{Name: args[0], Scopes: []string{scope}})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(std.Out, k.Secret)
			return err
		}),
	}
	create.Flags().StringVar(&scope, "scope", "write", "read, write or admin")
	r.add(create)
	cmd.AddCommand(create, newKeyList(std), newKeyRevoke(std))
	return cmd
}

func newKeyList(std IO) *cobra.Command {
	var r remote
	cmd := &cobra.Command{
		Use: "list", Short: "Show the account's keys", Args: cobra.NoArgs,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			c, err := r.open(cmd, std)
			if err != nil {
				return err
			}
			keys, err := c.Keys(cmd.Context())
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(std.Out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tNAME\tBEGINS WITH\tMAY\tSTATE")
			for _, k := range keys.Items {
				state := "in use"
				if k.RevokedAt != nil {
					state = "revoked"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%v\t%s\n", k.ID, k.Name, k.Prefix, k.Scopes, state)
			}
			return w.Flush()
		}),
	}
	r.add(cmd)
	return cmd
}

func newKeyRevoke(std IO) *cobra.Command {
	var r remote
	cmd := &cobra.Command{
		Use: "revoke ID", Short: "End a key at once", Args: arguments(1, 1, "name the key by its id: tactus key list shows them"),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			c, err := r.open(cmd, std)
			if err != nil {
				return err
			}
			return c.RevokeKey(cmd.Context(), client.ID(args[0]))
		}),
	}
	r.add(cmd)
	return cmd
}
