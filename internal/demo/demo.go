// Package demo fills an account with believable people and plans and shows, on a fast clock, what
// happens as it happens: a newcomer sees plans run within seconds.
package demo

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"tactus/internal/app"
	"tactus/internal/contact"
	"tactus/internal/enroll"
	"tactus/internal/event"
	"tactus/internal/fault"
	"tactus/internal/plan"
	"tactus/internal/planbook"
)

//go:embed plans/*.yaml
var plans embed.FS

// author is who the demo's own changes are recorded by.
const author = "demo"

// Fill makes 200 contacts and the plans in a fresh account: half the people are new leads of today and the weeks before, the others clients
// of all stages; some close soon, some have their birthday ahead.
func Fill(ctx context.Context, a *app.App, id int64) error {
	acct, err := a.Accounts.Account(ctx, id)
	if err != nil {
		return err
	}
	acct.Name, acct.Zone, acct.Postal = "Harbor Street Realty", "America/New_York", "12 Harbor Street, Portland, ME 04101"
	if err := a.Accounts.Update(ctx, acct, author); err != nil {
		return err
	}
	owner, err := a.Accounts.Member(ctx, id, acct.OwnerID)
	if err != nil {
		return err
	}
	owner.FirstName, owner.LastName = "Robin", "Hale"
	if err := a.Accounts.UpdateMember(ctx, owner); err != nil {
		return err
	}
	if err := apply(ctx, a, id); err != nil {
		return err
	}
	return people(ctx, a, id)
}

func apply(ctx context.Context, a *app.App, id int64) error {
	var sources []plan.Source
	names, err := fs.Glob(plans, "plans/*.yaml")
	if err != nil {
		return err
	}
	for _, name := range names {
		data, err := plans.ReadFile(name)
		if err != nil {
			return err
		}
		sources = append(sources, plan.Source{Name: name, Data: data})
	}
	files, problems := plan.LoadAll(sources, a.Actions, plan.Names{Users: map[string]bool{"owner@sandbox.example": true}})
	if len(problems) == 0 {
		applied, err := a.Plans.Apply(ctx, id, files, planbook.ApplyOptions{Author: author})
		if err != nil {
			return err
		}
		problems = applied.Problems
	}
	if err := plan.Fault(problems); err != nil {
		return err
	}
	return nil
}

// people makes the contacts in batches, without starting anything twice: new leads start by their source.
func people(ctx context.Context, a *app.App, id int64) error {
	now := a.Clock.Now()
	var leads []contact.Lead
	for i := range Count {
		leads = append(leads, Person(i, now))
	}
	results, err := a.Contacts.UpsertBatch(ctx, id, leads, author)
	if err != nil {
		return err
	}
	clients := []int64{}
	for i, r := range results {
		if r.Err != nil {
			return fmt.Errorf("demo contact %d: %w", i, r.Err)
		}
		switch {
		case leads[i].Stage == "Under contract":
			at := now.Add(time.Duration(20+i%200) * time.Hour).Truncate(time.Hour)
			_, err = a.Events.Create(ctx, event.Event{AccountID: id, Title: "Closing", Kind: "closing", ContactID: r.ID, At: at}, author)
		case leads[i].Stage == "Working":
			clients = append(clients, r.ID)
		}
		if err != nil {
			return err
		}
	}
	return start(ctx, a, id, "Long-term nurture", clients)
}

func start(ctx context.Context, a *app.App, id int64, name string, contacts []int64) error {
	full, err := a.Plans.ByName(ctx, id, name)
	if err != nil {
		return err
	}
	_, err = a.Runs.Start(ctx, id, enroll.StartRequest{Plan: full.ID, Contacts: contacts, Cause: "list", Author: author})
	return err
}

// Arrive lets one more lead come in, as a form on a site would.
func Arrive(ctx context.Context, a *app.App, id int64, n int) error {
	lead := Person(Count+n, a.Clock.Now())
	lead.Inquired = true
	_, err := a.Contacts.Upsert(ctx, id, lead, author)
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}
