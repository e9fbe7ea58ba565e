package oracle

import "time"

// A carrier that failed so many times in a row is taken for down (ENG-7); it is asked again after a minute, and then after twice as long
// each time, up to ten minutes.
const (
	failuresInARow = 5
	firstProbe     = time.Minute
	lastProbe      = 10 * time.Minute
)

// Limit is how many messages a sender may hand over in each span of an hour or a day, counted since 1970 UTC (EMAIL-6).
type Limit struct {
	Max int
	Per time.Duration
}

// outage is the one under way; nil = the carrier is up.
func (w *World) outage() *Pause {
	if n := len(w.outages); n > 0 && w.outages[n-1].To.IsZero() {
		return &w.outages[n-1]
	}
	return nil
}

// heard is what an answer says of the carrier itself. What was lost says nothing.
func (w *World) heard(a Answer) {
	out := w.outage()
	switch {
	case a == Lost:
	case a != Down:
		w.failures = 0
		if out != nil {
			out.To = w.Now
		}
	default:
		w.failures++
		if w.failures < failuresInARow {
			return
		}
		if out == nil {
			w.outages = append(w.outages, Pause{From: w.Now})
		}
		gap := firstProbe
		for range w.failures - failuresInARow {
			gap = min(2*gap, lastProbe)
		}
		w.probe = w.Now.Add(gap)
	}
}

// down is how long the carrier has been down since a moment.
func (w *World) down(since time.Time) (sum time.Duration) {
	for _, out := range w.outages {
		from, to := later(out.From, since), out.To
		if to.IsZero() {
			to = w.Now
		}
		sum += max(0, to.Sub(from))
	}
	return sum
}
