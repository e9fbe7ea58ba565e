package enroll

import (
	"context"
	"slices"
	"time"

	"tactus/internal/calendar"
	"tactus/internal/fault"
	"tactus/internal/plan"
)

// insert starts contacts that were never on the plan and returns the others; those of one date share their state.
func (s *Service) insert(ctx context.Context, a *Account, req StartRequest, p *Program, contacts []int64, out *Started) (left []int64, err error) {
	if len(contacts) == 0 {
		return nil, nil
	}
	now := s.clock.Now()
	byDate, err := s.dates(ctx, a, p, req.Event, contacts, now)
	if err != nil {
		return nil, err
	}
	for _, group := range byDate {
		made, err := s.store.Enroll(ctx, Insert{
			Account: a.ID, Plan: req.Plan, Version: p.ID, Event: req.Event, Contacts: group.contacts,
			State: EncodeState(NewState(now, group.date, nil)), Now: now, Lane: laneOf(len(req.Contacts)), AssignedBy: req.By, Author: req.Author,
		})
		if err != nil {
			return nil, err
		}
		out.Started += len(made)
		if len(made) < len(group.contacts) {
			slices.Sort(made)
			for _, id := range group.contacts {
				if _, found := slices.BinarySearch(made, id); !found {
					left = append(left, id)
				}
			}
		}
	}
	slices.Sort(left)
	return left, nil
}

// smallStart is how many contacts at once still count as leads rather than bulk: they go before old backlog (ENG-8).
const smallStart = 50

// laneOf is the lane of runs that so many contacts start together.
func laneOf(contacts int) int {
	if contacts <= smallStart {
		return 0
	}
	return 1
}

type dated struct {
	date     time.Time
	contacts []int64
}

// dates groups contacts by the date of the run that starts now, in order of date.
func (s *Service) dates(ctx context.Context, a *Account, p *Program, event int64, contacts []int64, now time.Time) ([]dated, error) {
	d := &p.Document
	switch {
	case d.Event != "":
		events, err := s.store.Events(ctx, a.ID, []int64{event})
		if err != nil {
			return nil, err
		}
		ev, ok := events[event]
		if !ok || ev.Deleted {
			return nil, fault.New(fault.NotFound, "there is no such event")
		}
		return []dated{{firstDate(eventSource(ev, true, d.Yearly, a.Zone), now), contacts}}, nil
	case d.DateField != "":
		return s.fieldDates(ctx, a, d, contacts, now)
	case d.Date != nil:
		src := dateSource{wall: d.Date.Wall, zone: a.Zone, yearly: d.Yearly, known: true}
		return []dated{{firstDate(src, now), contacts}}, nil
	default:
		return []dated{{time.Time{}, contacts}}, nil
	}
}

func (s *Service) fieldDates(ctx context.Context, a *Account, d *plan.Document, contacts []int64, now time.Time) ([]dated, error) {
	full, err := s.store.FullContacts(ctx, a.ID, contacts)
	if err != nil {
		return nil, err
	}
	var out []dated
	at := map[int64]int{}
	for _, id := range contacts {
		c := full[id]
		if c == nil {
			continue
		}
		date := firstDate(fieldSource(c, d, ZoneOf(c.ZoneNow, a.Zone)), now)
		i, ok := at[date.UnixMilli()]
		if !ok {
			i = len(out)
			at[date.UnixMilli()] = i
			out = append(out, dated{date: date})
		}
		out[i].contacts = append(out[i].contacts, id)
	}
	return out, nil
}

// ZoneOf is the named zone, or the other one, mostly the account's, when the name is empty or unknown.
func ZoneOf(name string, otherwise *time.Location) *time.Location {
	if name == "" {
		return otherwise
	}
	if z, err := calendar.Zone(name); err == nil {
		return z
	}
	return otherwise
}
