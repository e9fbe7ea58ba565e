package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tactus/client"
)

func newContactsList(std IO) *cobra.Command {
	var r remote
	var f client.ContactFilter
	var planName string
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [TEXT]",
		Short: "Show contacts with their ids",
		Long:  "Shows contacts, newest first; TEXT is the beginning of a name, an email or a phone.",
		Example: `  tactus contacts list anna
  tactus contacts list --tag Hot --limit 1000
  tactus contacts list --plan "New buyer lead"`,
		Args: arguments(0, 1, "one text to look for, in quotes if it has spaces"),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			if limit < 1 {
				return usagef("--limit must be at least 1")
			}
			c, err := r.open(cmd, std)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				f.Text = args[0]
			}
			if planName != "" {
				if f.Plan, err = planID(cmd.Context(), c, planName); err != nil {
					return err
				}
			}
			return listContacts(cmd.Context(), c, std, f, limit, asJSON)
		}),
	}
	r.add(cmd)
	addContactFilter(cmd, &f)
	cmd.Flags().StringVar(&planName, "plan", "", "contacts on this plan, by its name")
	cmd.Flags().IntVar(&limit, "limit", 100, "how many at most")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

func listContacts(ctx context.Context, c *client.Client, std IO, f client.ContactFilter, limit int, asJSON bool) error {
	enc := json.NewEncoder(std.Out)
	w := tabwriter.NewWriter(std.Out, 0, 0, 2, ' ', 0)
	if !asJSON {
		fmt.Fprintln(w, "ID\tNAME\tEMAIL\tPHONE\tSTAGE\tSOURCE\tTAGS")
	}
	page := client.PageOptions{Limit: min(limit, 200)}
	for left := limit; left > 0; {
		got, err := c.Contacts(ctx, f, "", page)
		if err != nil {
			return err
		}
		for _, p := range got.Items[:min(left, len(got.Items))] {
			if asJSON {
				if err := enc.Encode(p); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.ID, personName(p), firstEmail(p), firstPhone(p), p.Stage, p.Source, strings.Join(p.Tags, ", "))
		}
		left -= len(got.Items)
		if page.Cursor = got.Next; page.Cursor == "" {
			break
		}
	}
	return w.Flush()
}

func personName(p client.Contact) string {
	return strings.TrimSpace(p.FirstName + " " + p.LastName)
}

func firstEmail(p client.Contact) string {
	if len(p.Emails) == 0 {
		return ""
	}
	return p.Emails[0].Address
}

func firstPhone(p client.Contact) string {
	if len(p.Phones) == 0 {
		return ""
	}
	return p.Phones[0].Number
}

// people tells who the contacts on a plan are, asking for pages of them only as far as needed.
type people struct {
	c     *client.Client
	plan  client.ID
	names map[client.ID]string
	next  client.PageOptions
	done  bool
}

func newPeople(c *client.Client, plan client.ID) *people {
	return &people{c: c, plan: plan, names: map[client.ID]string{}, next: client.PageOptions{Limit: 200}}
}

// name is a contact's name, else email or phone, with the id that commands take.
func (p *people) name(ctx context.Context, id client.ID) (string, error) {
	for !p.done && p.names[id] == "" {
		got, err := p.c.Contacts(ctx, client.ContactFilter{Plan: p.plan}, "", p.next)
		if err != nil {
			return "", err
		}
		for _, c := range got.Items {
			text := personName(c)
			for _, other := range []string{firstEmail(c), firstPhone(c)} {
				if text == "" {
					text = other
				}
			}
			p.names[c.ID] = strings.TrimSpace(text + " (" + string(c.ID) + ")")
		}
		p.next.Cursor = got.Next
		p.done = got.Next == ""
	}
	if name := p.names[id]; name != "" {
		return name, nil
	}
	return "(" + string(id) + ")", nil
}
