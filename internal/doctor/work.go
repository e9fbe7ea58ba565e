package doctor

import (
	"fmt"
	"time"
)

// Vitals is the work of one account: what is late, what a person must settle, and what the engine promises there is none of. Counts
// stop at a bound.
type Vitals struct {
	Overdue   int
	OldestDue time.Time
	Ready     int // messages that wait for their sender
	Waiting   int // that a carrier has put off
	Uncertain int
	Held      int
	Plans     []string // plans with a problem
	Broken    int      // enrollments that the engine paused, with an error
	Stuck     int      // operations that nobody works on

	Timeless   int // active, and neither due nor waiting (a constraint forbids it)
	Unattended int // handing over, though the lease is over
	Forgotten  int // enrollments that wait for a message that nobody is about to send
	Guards     int // guards of completed runs
	Miscounted int // plans whose counts are not those of their enrollments
}

// Restore is what a restore has left behind.
type Restore struct {
	Unfinished  bool // it was interrupted: nothing serves the database
	Held        bool // messages wait for a person's word
	From, Until time.Time
}

func restored(l *list, r Restore) {
	switch {
	case r.Unfinished:
		l.add(Fail, "restore", "it has not come to its end, and no server takes the database", "Run it again: tactus restore FILE.")
	case r.Held:
		l.add(Warn, "restore", "no message leaves: sending is held, because what left between "+minute(r.From)+" and "+minute(r.Until)+" is not known",
			"Settle tactus messages --status uncertain, enter again who opted out in that time, then: tactus sending release.")
	default:
		l.ok("restore", "sending is not held")
	}
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }

func work(l *list, v Vitals) {
	late := "nothing is late"
	if v.Overdue > 0 {
		late = fmt.Sprintf("%d are late, the oldest was due %s", v.Overdue, minute(v.OldestDue))
	}
	count(l, "due", Warn, v.Overdue, late, "Does a server run? Its log says what holds it up; more nodes or workers if it is the load.")
	l.ok("messages", fmt.Sprintf("%d to send, %d put off by their carrier", v.Ready, v.Waiting))
	count(l, "uncertain", Warn, v.Uncertain, fmt.Sprintf("%d may have left", v.Uncertain), "Look in the mail server's log, then say which arrived: tactus messages --status uncertain.")
	count(l, "held", Warn, v.Held, fmt.Sprintf("%d miss a field's text", v.Held), "Fill the fields: tactus messages --status held.")
	found(l, "plans", Warn, v.Plans, "none has a problem", "Correct the plan and apply it again.")
	count(l, "engine errors", Warn, v.Broken, fmt.Sprintf("%d enrollments were paused by the engine", v.Broken), "Their plan shows the error; resume them when it is put right.")
	count(l, "operations", Warn, v.Stuck, fmt.Sprintf("%d stand still", v.Stuck), "Does a server run? Its log says what holds them up.")

	count(l, "moments", Fail, v.Timeless, fmt.Sprintf("%d active enrollments are neither due nor waiting (ENG-1)", v.Timeless), report)
	count(l, "hand-overs", Warn, v.Unattended, fmt.Sprintf("%d were left by a process that ended", v.Unattended), "The next tactus serve marks them uncertain.")
	count(l, "answers", Warn, v.Forgotten, fmt.Sprintf("%d enrollments wait for a message that nobody sends", v.Forgotten), "A running server brings them their answers within a minute. If they stay: "+report)
	count(l, "guards", Warn, v.Guards, fmt.Sprintf("%d of runs that have ended", v.Guards), report)
	count(l, "counts", Warn, v.Miscounted, fmt.Sprintf("%d plans show other numbers than there are", v.Miscounted), report)
}

const report = "This should not be: keep a backup and report it."

// count reports a number that should be 0.
func count(l *list, name string, bad Status, n int, saw, advice string) {
	if n == 0 {
		l.ok(name, "none")
		return
	}
	l.add(bad, name, saw, advice)
}
