package crash_test

import (
	"sync"
	"time"

	"tactus/client"
)

// journal is what the campaign did and was answered, in real time; the wire and the database are held against it.
type journal struct {
	mu       sync.Mutex
	kills    []kill
	holds    []hold
	revivals []revival
	handing  map[client.ID]bool   // messages that answers named as being handed over
	opted    map[string]time.Time // addresses, and when an opt-out had been answered
	leads    map[string]client.ID // addresses that were posted, and their contacts
	letters  []client.ID          // messages written by hand
	imports  map[client.ID]int    // operations, and the rows of their files
	pools    map[client.ID]bool   // operations that put people on Pool
	failures []string             // what must not have happened meanwhile
}

// kill is one SIGKILL.
type kill struct {
	at     time.Time
	served bool // the process had begun to work
}

// hold is a promise of ENG-6: from the answer on nothing of the enrollment's runs up to this one leaves, and no step fires.
type hold struct {
	why        string // pause, stop, remove, or seen: it was read as paused, stopped or completed
	enrollment client.ID
	run        int // 0 = any
	asked, at  time.Time
	lifted     bool // a resume ends it
}

// revival is a command that may set paused runs going again, from when it was sent until it had been answered or had ended.
type revival struct {
	enrollment client.ID // "" = any
	from, to   time.Time
	operation  client.ID // it goes on until this ended
}

func newJournal() *journal {
	return &journal{
		handing: map[client.ID]bool{}, opted: map[string]time.Time{}, leads: map[string]client.ID{}, imports: map[client.ID]int{},
		pools: map[client.ID]bool{},
	}
}

func (j *journal) with(f func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	f()
}

func (j *journal) fail(text string) { j.with(func() { j.failures = append(j.failures, text) }) }

// until is when a hold was lifted; ok false: it cannot be told whether it ever held.
func (j *journal) until(h hold) (end time.Time, ok bool) {
	if !h.lifted {
		return time.Time{}, true
	}
	for _, r := range j.revivals {
		if r.enrollment != "" && r.enrollment != h.enrollment || !r.to.IsZero() && r.to.Before(h.asked) {
			continue
		}
		if !r.from.After(h.at) {
			return time.Time{}, false
		}
		if end.IsZero() || r.from.Before(end) {
			end = r.from
		}
	}
	return end, true
}
