package doctor

import (
	"fmt"
	"strings"
	"time"
)

// Schema says how the database's schema and the program fit.
type Schema struct {
	Version, Program, Oldest int
	Pending                  []string
	Refused                  string // why this program cannot work on it; "" = it can
}

// Table is one with rows that wait to be cleaned away.
type Table struct {
	Name       string
	Dead, Live int64
	NoCleaning bool // autovacuum is off for it
	// Cleaned is how long ago it was vacuumed; as long as the server runs when it was never.
	Cleaned time.Duration
}

// cleansWithin is how soon autovacuum comes by: it looks once a minute, and a busy table may have many thousand dead rows until then.
const cleansWithin = 10 * time.Minute

// Database is what a database says of itself.
type Database struct {
	Kind     string // SQLite or PostgreSQL
	Version  string
	Number   int // PostgreSQL's server_version_num; 0 on SQLite
	Schema   Schema
	Damage   []string          // what a quick check of the file found
	Half     []string          // indexes that were not finished
	Settings map[string]string // as they hold for our connections
	Ours     int               // connections that this process may open, at the most
	Nodes    int               // processes that serve it now
	Most     int               // connections that the server allows
	Oldest   time.Duration     // age of the oldest transaction; 0 = none
	Tables   []Table
	Ahead    time.Duration // its clock before this machine's
	Free     int64         // bytes on the disk of the file; -1 = not known
	Public   bool          // others on the machine may read the file
}

// lowDisk and fullDisk are how little free space is worth a word, and how little is too little.
const (
	lowDisk  = 1 << 30
	fullDisk = 100 << 20
)

func database(l *list, d Database) {
	l.ok("reachable", d.Kind+" "+d.Version)
	if d.Number > 0 && d.Number < 150000 {
		l.add(Fail, "version", d.Version, "Tactus needs PostgreSQL 15 or newer: upgrade the server.")
	}
	schema(l, d.Schema)
	found(l, "damage", Fail, d.Damage, "the file is sound", "Stop the server, keep the file, and restore a backup.")
	if d.Kind == "SQLite" {
		want(l, d, "journal_mode", "Readers would wait for writers.", "wal", "memory")
		want(l, d, "synchronous", "A power cut could lose what was committed.", "full", "extra")
		disk(l, d.Free)
		if d.Public {
			l.add(Warn, "file mode", "others on this machine may read the database", "It holds people's data: chmod 600 the file.")
		}
	} else {
		postgres(l, d)
	}
	skew(l, d.Ahead)
}

func schema(l *list, s Schema) {
	saw := fmt.Sprintf("version %d; this program knows %d, the oldest that may run %d", s.Version, s.Program, s.Oldest)
	switch {
	case s.Refused != "":
		l.add(Fail, "schema", s.Refused, "Run the newer program.")
	case len(s.Pending) > 0:
		l.add(Warn, "schema", fmt.Sprintf("%s; to run: %s", saw, strings.Join(s.Pending, ", ")), "tactus migrate, or the next tactus serve, brings it up to date.")
	default:
		l.ok("schema", saw)
	}
}

// found reports things that should not be there.
func found(l *list, name string, bad Status, things []string, good, advice string) {
	if len(things) == 0 {
		l.ok(name, good)
		return
	}
	saw := strings.Join(things[:min(len(things), 3)], "; ")
	if more := len(things) - 3; more > 0 {
		saw += fmt.Sprintf(" and %d more", more)
	}
	l.add(bad, name, saw, advice)
}

// want checks a setting that durability stands on.
func want(l *list, d Database, name, why string, good ...string) {
	value := d.Settings[name]
	for _, g := range good {
		if value == g {
			l.ok(name, value)
			return
		}
	}
	l.add(Fail, name, value, why+" Set it to "+good[0]+".")
}

func disk(l *list, free int64) {
	switch {
	case free < 0:
	case free < fullDisk:
		l.add(Fail, "disk", size(free)+" free", "Make room now: when it is full nothing more is committed and nothing leaves.")
	case free < lowDisk:
		l.add(Warn, "disk", size(free)+" free", "Make room: history and messages grow.")
	default:
		l.ok("disk", size(free)+" free")
	}
}

func size(n int64) string {
	if n < 10<<30 {
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d GB", n>>30)
}

func postgres(l *list, d Database) {
	found(l, "indexes", Warn, d.Half, "all are whole", "The next migration makes them anew; else DROP INDEX them: they cost every write.")
	want(l, d, "fsync", "A crash of the machine could destroy the database.", "on")
	want(l, d, "full_page_writes", "A crash of the machine could destroy the database.", "on")
	want(l, d, "synchronous_commit", "A crash could forget that a message left, and it would leave again (ENG-5).", "on", "remote_write", "remote_apply", "local")
	if d.Settings["autovacuum"] == "off" {
		l.add(Fail, "autovacuum", "off", "Switch it on: the queues' tables grow without it.")
	}
	if d.Settings["idle_in_transaction_session_timeout"] == "0" {
		l.add(Warn, "idle transactions", "never ended", "Set idle_in_transaction_session_timeout, or take it out of the database's URL: a node that stalls keeps its rows locked.")
	}
	connections(l, d)
	if d.Oldest > 10*time.Minute {
		l.add(Warn, "transactions", fmt.Sprintf("one is open since %s", d.Oldest.Round(time.Second)), "Find it in pg_stat_activity and end it: nothing can be cleaned away behind it.")
	} else {
		l.ok("transactions", "none is old")
	}
	for _, t := range d.Tables {
		switch {
		case t.NoCleaning:
			l.add(Warn, "vacuum", "autovacuum is off for "+t.Name, "ALTER TABLE "+t.Name+" RESET (autovacuum_enabled).")
		case t.Dead > 10_000 && t.Dead > t.Live/2 && t.Cleaned > cleansWithin:
			l.add(Warn, "vacuum", fmt.Sprintf("%s: %d dead rows, %d live, not cleaned for %s", t.Name, t.Dead, t.Live, t.Cleaned.Round(time.Minute)), "See what holds autovacuum up (an old transaction?); VACUUM "+t.Name+".")
		}
	}
}

func connections(l *list, d Database) {
	saw := fmt.Sprintf("up to %d a node, nodes: %d; the server allows %d", d.Ours, max(d.Nodes, 1), d.Most)
	if need := d.Ours * max(d.Nodes, 1); need > d.Most {
		l.add(Warn, "connections", saw, fmt.Sprintf("Raise max_connections to %d or more: under load nodes would be refused.", need+10))
		return
	}
	l.ok("connections", saw)
}

// skew compares the clocks. Due moments follow the database's; what is off confuses people who read times.
func skew(l *list, ahead time.Duration) {
	name, saw := "clock", fmt.Sprintf("the database is %s from this machine", ahead.Abs().Round(time.Millisecond))
	switch off := ahead.Abs(); {
	case off > 5*time.Minute:
		l.add(Fail, name, saw, "Set both by NTP: certificates and signatures fail.")
	case off > 2*time.Second:
		l.add(Warn, name, saw, "Set both by NTP. Nothing fires at a wrong time: the database's clock counts.")
	default:
		l.ok(name, saw)
	}
}
