package bulk

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/work"
)

// kindZone takes the live runs of an account to its new time zone. Stored for ever.
const kindZone = "account_zone"

type zoneParams struct {
	Until int64 `json:"until"` // the newest run when the zone changed; later ones have begun by the new one
}

// ZoneChanged lets the account's live runs follow its new zone, within the transaction of ctx when they are few, else as an operation that is
// queued in it. The account is locked in that transaction, so that no run begins by the old zone unseen.
func (s *Service) ZoneChanged(ctx context.Context, acct int64, author string) error {
	ids, _, last, err := s.liveRuns(ctx, acct, spot{}, math.MaxInt64-1, enroll.AtOnce+1)
	if err != nil {
		return err
	}
	if last {
		_, err := s.runs.ZoneChanged(ctx, acct, ids, author)
		return err
	}
	_, until, err := s.store.Newest(ctx, acct)
	if err != nil {
		return err
	}
	total, err := s.countLive(ctx, acct)
	if err != nil {
		return err
	}
	_, err = s.work.Begin(ctx, acct, kindZone, zoneParams{Until: until}, total, author)
	return err
}

// zone does it chunk by chunk. Each reads the zone under the rows' locks: of two changes, whichever operation comes to a run last leaves it by the
// newest.
type zone struct{ s *Service }

// Kind implements work.Handler.
func (zone) Kind() string { return kindZone }

// Step implements work.Handler.
func (h zone) Step(ctx context.Context, op *work.Operation) (bool, error) {
	var p zoneParams
	if err := op.Decode(&p); err != nil {
		return false, err
	}
	from, err := readSpot(op.Place)
	if err != nil {
		return false, err
	}
	ids, to, last, err := h.s.liveRuns(ctx, op.Account, from, p.Until, commandChunk)
	if err != nil || len(ids) == 0 {
		return true, err
	}
	n, err := h.s.runs.ZoneChanged(ctx, op.Account, ids, op.Author)
	if err != nil {
		return false, err
	}
	op.Place = to.String()
	op.Done += int64(len(ids))
	op.Count("moved", int64(n))
	op.Count("skipped.ended", int64(len(ids)-n))
	return last, nil
}

// spot is how far the runs of an account have been walked: plan by plan, as the index has them, so that a chunk costs its own size.
type spot struct{ plan, run int64 }

func (s spot) String() string { return fmt.Sprintf("%d/%d", s.plan, s.run) }

func readSpot(place string) (s spot, err error) {
	if place == "" {
		return s, nil
	}
	if _, err := fmt.Sscanf(place, "%d/%d", &s.plan, &s.run); err != nil {
		return s, fault.Wrap(fault.Internal, err, "an operation's place")
	}
	return s, nil
}

// liveRuns returns up to limit live runs behind a spot and where they end; last when there are no more up to the newest that counts.
func (s *Service) liveRuns(ctx context.Context, acct int64, from spot, until int64, limit int) (ids []int64, to spot, last bool, err error) {
	plans, err := s.plans(ctx, acct)
	if err != nil {
		return nil, from, false, err
	}
	to = from
	for _, id := range plans {
		if id < from.plan {
			continue
		}
		after := int64(0)
		if id == from.plan {
			after = from.run
		}
		found, err := s.store.EnrollmentIDs(ctx, acct, Runs{Plan: id, Status: live()}, after, limit-len(ids))
		if err != nil {
			return nil, from, false, err
		}
		beyond, _ := slices.BinarySearch(found, until+1)
		if found = found[:beyond]; len(found) == 0 {
			continue
		}
		ids = append(ids, found...)
		to = spot{id, found[len(found)-1]}
		if len(ids) == limit {
			return ids, to, false, nil
		}
	}
	return ids, to, true, nil
}

func (s *Service) countLive(ctx context.Context, acct int64) (total int64, err error) {
	plans, err := s.plans(ctx, acct)
	if err != nil {
		return 0, err
	}
	for _, id := range plans {
		n, err := s.store.CountEnrollments(ctx, acct, Runs{Plan: id, Status: live()})
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// plans are the account's, archived ones too, ascending.
func (s *Service) plans(ctx context.Context, acct int64) ([]int64, error) {
	a, err := s.runs.Account(ctx, acct)
	if err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(a.Plans)), nil
}
