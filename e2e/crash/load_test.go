package crash_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tactus/client"
	"tactus/e2e/process"
)

// load is the mixed work that the campaign puts on the fleet.
type load struct {
	fleet *fleet
	j     *journal
	plans map[string]client.ID
	think time.Duration // between two acts of a worker, at most
	pool  int           // rows of an imported file, at most
	most  int           // files
	done  atomic.Int64  // acts that were answered

	mu       sync.Mutex
	next     int
	contacts []client.ID
	known    []client.ID // enrollments
	busy     map[client.ID]bool
	files    int
	editing  sync.Mutex
}

func newLoad(f *fleet, j *journal, s size) *load {
	return &load{fleet: f, j: j, pool: s.pool, most: 2 + s.kills/20, think: 80 * time.Millisecond, plans: map[string]client.ID{}, busy: map[client.ID]bool{}}
}

func (l *load) c() *client.Client { return l.fleet.client }

// act is one thing that people and programs do, and how often in 100.
type act struct {
	often int
	name  string
	do    func(context.Context, *rand.Rand) error
}

func (l *load) acts() []act {
	return []act{
		{38, "lead", l.lead},
		{4, "lead again", l.leadAgain},
		{26, "command", l.command},
		{4, "commands", l.commands},
		{3, "look", l.look},
		{2, "all", l.all},
		{4, "assign", l.assign},
		{2, "assign many", l.assignMany},
		{3, "tag", l.tag},
		{2, "tag many", l.tagMany},
		{4, "edit", l.editAlone},
		{4, "opt out", l.optOut},
		{3, "write", l.write},
		{1, "import", l.importFile},
	}
}

// work acts until ctx is done. An act that has begun is brought to its end.
func (l *load) work(ctx context.Context, rnd *rand.Rand) {
	for ctx.Err() == nil {
		draw := rnd.IntN(100)
		for _, a := range l.acts() {
			if draw -= a.often; draw < 0 {
				limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
				if err := a.do(limited, rnd); err != nil {
					l.j.fail(fmt.Sprintf("%s: %v", a.name, err))
				}
				cancel()
				l.done.Add(1)
				break
			}
		}
		if process.Pause(ctx, time.Duration(rnd.Int64N(int64(l.think)))) != nil {
			return
		}
	}
}

// patience is how long one act may take, kills included.
const patience = 2 * time.Minute

func (l *load) lead(ctx context.Context, _ *rand.Rand) error {
	l.mu.Lock()
	n := l.next
	l.next++
	l.mu.Unlock()
	return l.post(ctx, n)
}

// leadAgain is an inquiry of somebody who is known: no second contact, no second run.
func (l *load) leadAgain(ctx context.Context, rnd *rand.Rand) error {
	l.mu.Lock()
	n := rnd.IntN(l.next + 1)
	l.next = max(l.next, n+1)
	l.mu.Unlock()
	return l.post(ctx, n)
}

func (l *load) post(ctx context.Context, n int) error {
	address := fmt.Sprintf("lead%d@example.com", n)
	got, err := l.c().CreateContact(ctx, client.NewContact{
		FirstName: fmt.Sprintf("Lead %d", n), Emails: []client.Email{{Address: address}}, Source: "Zillow",
		Consents: []client.NewConsent{{Channel: "email", Basis: "express", Method: "form"}},
	})
	if err != nil {
		return err
	}
	l.j.with(func() { l.j.leads[address] = got.Contact.ID })
	l.mu.Lock()
	defer l.mu.Unlock()
	if got.Created {
		l.contacts = append(l.contacts, got.Contact.ID)
	}
	for _, e := range got.Started {
		l.known = append(l.known, e.ID)
	}
	return nil
}

// contact draws a contact; "" while there is none.
func (l *load) contact(rnd *rand.Rand) client.ID {
	l.mu.Lock()
	defer l.mu.Unlock()
	return drawn(rnd, l.contacts)
}

// drawn draws from the newest things: those are the ones under way.
func drawn(rnd *rand.Rand, all []client.ID) client.ID {
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1-rnd.IntN(min(len(all), 40))]
}

// some draws several contacts.
func (l *load) some(rnd *rand.Rand, n int) []client.ID {
	var out []client.ID
	for range n {
		if id := l.contact(rnd); id != "" {
			out = append(out, id)
		}
	}
	return out
}

func (l *load) tag(ctx context.Context, rnd *rand.Rand) error {
	id := l.contact(rnd)
	if id == "" {
		return nil
	}
	_, err := l.c().AddTags(ctx, id, "Hot")
	return err
}

func (l *load) tagMany(ctx context.Context, rnd *rand.Rand) error {
	if ids := l.some(rnd, 30); len(ids) > 0 {
		_, err := l.c().ChangeContacts(ctx, client.ChangeContacts{IDs: ids, AddTags: []string{"Hot"}})
		return err
	}
	return nil
}

func (l *load) write(ctx context.Context, rnd *rand.Rand) error {
	id := l.contact(rnd)
	if id == "" {
		return nil
	}
	m, err := l.c().Write(ctx, id, client.NewMessage{Subject: "By hand", Text: "Hello {{ contact.first_name }}"})
	if err == nil {
		l.j.with(func() { l.j.letters = append(l.j.letters, m.ID) })
	}
	return err
}

// optOut is a refusal that holds from its answer on; some contacts come late to it.
func (l *load) optOut(ctx context.Context, rnd *rand.Rand) error {
	id := l.contact(rnd)
	if id == "" {
		return nil
	}
	got, err := l.c().OptOut(ctx, id, client.NewOptOut{Channel: "email"})
	at := process.Now()
	l.j.with(func() {
		for _, s := range got.Items {
			if _, known := l.j.opted[s.Address]; !known {
				l.j.opted[s.Address] = at
			}
		}
		for _, h := range got.Handing {
			l.j.handing[h.Message] = true
		}
	})
	return err
}

func (l *load) editAlone(ctx context.Context, rnd *rand.Rand) error {
	l.editing.Lock()
	defer l.editing.Unlock()
	err := l.edit(ctx, rnd)
	if errors.Is(err, client.ErrUnknown) {
		return nil // the edit may have been saved: it is not sent again
	}
	return err
}

// importFile brings contacts in and, every other time, puts all who have come so on a plan.
func (l *load) importFile(ctx context.Context, rnd *rand.Rand) error {
	l.mu.Lock()
	file := l.files + 1
	enough := file > l.most
	if !enough {
		l.files = file
	}
	l.mu.Unlock()
	if enough {
		return nil
	}
	rows := l.pool/2 + rnd.IntN(l.pool/2)
	var csv strings.Builder
	csv.WriteString("First name,Email,Tags\n")
	for i := range rows {
		tags := "Pool"
		if i%20 == 0 {
			tags = "Pool; Letters"
		}
		fmt.Fprintf(&csv, "Swimmer %d,pool%d-%d@example.com,%s\n", i, file, i, tags)
	}
	var look client.ImportLook
	for { // an upload is not repeated by the client; a second one is another draft
		var err error
		if look, err = l.c().UploadImport(ctx, strings.NewReader(csv.String())); err == nil {
			break
		}
		if ctx.Err() != nil {
			return err
		}
		if err := process.Pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	op, err := l.c().StartImport(ctx, look.Operation, client.ImportParams{
		Source: "Fair", Consent: client.ImportConsent{Basis: "express", Channels: []string{"email"}},
	})
	if err != nil {
		return err
	}
	l.j.with(func() { l.j.imports[op.ID] = rows })
	if _, err := l.c().WaitOperation(ctx, op.ID, nil); err != nil {
		return err
	}
	got, err := l.c().Assign(ctx, l.plans["Pool"], client.Assign{Filter: &client.ContactFilter{Tags: []string{"Pool"}}})
	if err == nil {
		l.j.with(func() { l.j.pools[got.Operation.ID] = true })
	}
	return err
}
