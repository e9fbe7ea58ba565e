package crash_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"tactus/client"
)

// The plans under load. Steps with an id are never edited away; m1, m2, m3 are emails that must arrive in this order.
var plans = []client.PlanFile{{Name: "lead.yaml", Content: `tactus: 1
plan: Lead
source: Zillow
next_plan: Nurture
steps:
  - {id: m1, name: One, action: send_email, when: immediately, subject: One, body: "{{ contact.first_name }}"}
  - {id: tag, name: Seen, action: add_tags, when: immediately, tags: [Seen]}
  - {id: m2, name: Two, action: send_email, when: immediately, subject: Two, body: Two.}
  - {id: note, name: Note, action: add_note, when: immediately, text: Noted}
  - {id: m3, name: Three, action: send_email, when: 5 minutes after start, subject: Three, body: Three.}
  - {id: last, name: Last, action: add_note, when: 2 minutes after previous, text: The last}
`}, {Name: "nurture.yaml", Content: `tactus: 1
plan: Nurture
again: when finished
steps:
  - {id: m1, name: First, action: send_email, when: immediately, subject: First, body: First.}
  - {id: task, name: Call, action: create_task, when: 4 minutes after start, title: Call}
  - {id: note, name: Note, action: add_note, when: 2 minutes after previous, text: Nurtured}
  - {id: m2, name: Second, action: send_email, when: 1 minute after previous, subject: Second, body: Second.}
`}, {Name: "hot.yaml", Content: `tactus: 1
plan: Hot
again: when finished
start_on: [{tag: Hot}]
steps:
  - {id: drop, name: Drop, action: remove_tags, when: immediately, tags: [Hot]}
  - {id: m1, name: Hot, action: send_email, when: immediately, subject: Hot, body: Hot.}
  - {id: stage, name: Note, action: add_note, when: 3 minutes after start, text: Was hot}
  - {id: m2, name: Hotter, action: send_email, when: 3 minutes after start, subject: Hotter, body: Hotter.}
`}, {Name: "pool.yaml", Content: `tactus: 1
plan: Pool
steps:
  - {id: note, name: Welcome, action: add_note, when: immediately, text: Welcome}
  - {id: tag, name: Swimmer, action: add_tags, when: immediately, tags: [Swimmer]}
  - {id: m1, name: Mail, action: send_email, when: 1 minute after start, only_if: 'contact.tags contains "Letters"', subject: Pool, body: Pool.}
  - {id: later, name: Later, action: add_note, when: 6 minutes after start, text: Later}
`}}

// base are the steps that edits keep, in order; true for emails.
func base(plan string) map[string]bool {
	return map[string]map[string]bool{
		"Lead":    {"m1": true, "tag": false, "m2": true, "note": false, "m3": true, "last": false},
		"Nurture": {"m1": true, "task": false, "note": false, "m2": true},
		"Hot":     {"drop": false, "m1": true, "stage": false, "m2": true},
		"Pool":    {"note": false, "tag": false, "m1": true, "later": false},
	}[plan]
}

// setUp makes the plans, and lifts what would spread emails over hours.
func (l *load) setUp(ctx context.Context) error {
	_, err := l.c().UpdateSettings(ctx, "", client.SettingsPatch{
		MessageGap: client.Ptr(0), MaxStarts: client.Ptr(1000), Postal: client.Ptr("1 Main St, Denver"), Sender: client.Ptr("ann@agency.example"),
	})
	if err != nil {
		return err
	}
	for _, f := range slices.Backward(plans) { // Lead names Nurture
		if _, err := l.c().ApplyPlans(ctx, client.ApplyPlans{Files: []client.PlanFile{f}}); err != nil {
			return err
		}
	}
	list, err := l.c().Plans(ctx, client.PlanFilter{}, client.PageOptions{})
	for _, p := range list.Items {
		l.plans[p.Name] = p.ID
	}
	return err
}

// edit saves a new version of a plan (PLAN-22): a step comes, one that came goes, or one moves.
func (l *load) edit(ctx context.Context, rnd *rand.Rand) error {
	name := []string{"Lead", "Nurture", "Hot"}[rnd.IntN(3)]
	apply := []string{"everyone", "everyone", "new"}[rnd.IntN(3)]
	what, place, number := rnd.IntN(3), rnd.IntN(4), rnd.IntN(1e6)
	p, err := l.c().Plan(ctx, l.plans[name])
	if err != nil {
		return err
	}
	d := p.Document
	extra := slices.IndexFunc(d.Steps, func(s map[string]any) bool { return strings.HasPrefix(fmt.Sprint(s["name"]), "Extra") })
	switch {
	case what == 0 && extra >= 0:
		d.Steps = slices.Delete(d.Steps, extra, extra+1)
	case what <= 1 && len(d.Steps) < 9:
		step := map[string]any{"name": fmt.Sprint("Extra ", number), "when": fmt.Sprintf("%d minutes after start", 1+place)}
		if number%2 == 0 {
			step["action"], step["text"] = "add_note", "Extra"
		} else {
			step["action"], step["subject"], step["body"] = "send_email", "Extra", "Extra."
		}
		d.Steps = slices.Insert(d.Steps, place, step)
	default:
		for _, s := range d.Steps {
			switch s["id"] {
			case "m3":
				s["when"] = fmt.Sprintf("%d minutes after start", 5+place)
			case "stage":
				s["text"] = fmt.Sprint("Was hot ", number)
			}
		}
	}
	_, err = l.c().UpdatePlan(ctx, p.ID, p.Version, apply, d)
	return err
}
