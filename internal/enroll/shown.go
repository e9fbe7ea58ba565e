package enroll

import (
	"context"
	"time"
)

// Shown is what a message shows of its contact and its run. When that is no longer so, the message is made again (PLAN-26).
type Shown struct {
	Contact Millis // when the contact was last changed
	Version int64  // of the run; this and what follows for messages of plans alone
	Date    Millis // that the run is for; 0 = none
	Title   string // of the event that it is for
}

// shown is the run's part of it; date is that of its state.
func (r *Row) shown(date Millis, events map[int64]DatedEvent) Shown {
	out := Shown{Version: r.VersionID, Date: date}
	if date != 0 {
		out.Title = events[r.EventID].Title
	}
	return out
}

// Event are the merge fields of the date that the run is for; nil when it has none. See EventData.
func (s Shown) Event(p *Program, account, contact *time.Location) any {
	return EventData(DatedEvent{Title: s.Title}, s.Date.Time(), &p.Document, account, contact)
}

// With is the same of a contact that was last changed at that moment.
func (s Shown) With(contact time.Time) Shown {
	s.Contact = MillisOf(contact)
	return s
}

// Shown tells what messages of runs show of them, by enrollment. A run whose state cannot be read has no date: nothing of it leaves.
func (s *Service) Shown(ctx context.Context, account int64, rows map[int64]*Row) (map[int64]Shown, error) {
	var ids []int64
	for _, r := range rows {
		if r.EventID != 0 {
			ids = append(ids, r.EventID)
		}
	}
	var events map[int64]DatedEvent
	if len(ids) > 0 {
		var err error
		if events, err = s.store.Events(ctx, account, ids); err != nil {
			return nil, err
		}
	}
	out := make(map[int64]Shown, len(rows))
	for id, r := range rows {
		st, _ := DecodeState(r.Raw)
		out[id] = r.shown(st.Date, events)
	}
	return out, nil
}
