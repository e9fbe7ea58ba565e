package enroll

import (
	"context"
	"time"
)

// ZoneChanged lets those of the enrollments that are live follow the account's zone as it is now (PLAN-8), in one transaction: dates (PLAN-6), due
// moments, and with them open tasks (PLAN-13). It returns how many were live. The zone is read under the rows' locks,
// so whoever comes last leaves them by the newest one.
func (s *Service) ZoneChanged(ctx context.Context, account int64, ids []int64, author string) (int, error) {
	n := 0
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		rows, err := s.lockLive(ctx, account, Selection{IDs: ids})
		if err != nil {
			return err
		}
		n = len(rows)
		dates, err := s.datesNow(ctx, account, rows)
		if err != nil {
			return err
		}
		return s.interrupt(ctx, account, rows, author, func(r *Row, _ *Program, handing bool) Event {
			return Relocate{Date: dates[r.ID], Handing: handing}
		})
	})
	return n, err
}

// datesNow are the dates of those runs that their plan's date, their event or their contact's field puts at another moment than they have.
func (s *Service) datesNow(ctx context.Context, account int64, rows []Row) (map[int64]*time.Time, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	b, err := s.batch(ctx, account, rows)
	if err != nil {
		return nil, err
	}
	out := map[int64]*time.Time{}
	err = loading(func() {
		for i := range rows {
			if at, differs := b.dateNow(&rows[i]); differs {
				out[rows[i].ID] = &at
			}
		}
	})
	return out, err
}

// dateNow is false also of what cannot be read: the move sets that aside (ENG-8).
func (b *batch) dateNow(r *Row) (time.Time, bool) {
	p := b.programs[r.VersionID]
	if p == nil {
		return time.Time{}, false
	}
	st, err := DecodeState(r.Raw)
	if err != nil || st.Date == 0 {
		return time.Time{}, false
	}
	e := &env{b: b, row: r, p: p, facts: r.Facts}
	src := e.dateSource()
	if !src.known {
		return time.Time{}, false // whatever took the date away has said so itself
	}
	at := runDate(src, r, b.now)
	return at, MillisOf(at) != st.Date
}
