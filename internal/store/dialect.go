package store

import (
	"regexp"
	"strings"
	"sync"
	"sync/atomic"

	"tactus/internal/fault"
)

// dialect is everything that differs between the two databases. It stays under ten methods (HOUSE-4).
type dialect interface {
	name() string
	// macro returns the text of {word arg}; false when there is no such word.
	macro(word, arg string) (string, bool)
	// parameter is the text of parameter number n.
	parameter(n string) string
	// classify reads the driver's own code; ok is false for errors that are not the database's.
	classify(err error) (c class, ok bool)
	// lockSetup is the statement that keeps other first starts out until the transaction ends; "" = none is needed.
	lockSetup() string
	// hasTable is a query that returns a row when table $1 exists.
	hasTable() string
	// restartIDs makes the next id of a table last + 1.
	restartIDs(table string, last int64) string
}

// class is what an error of the database means to callers.
type class struct {
	code    fault.Code
	message string
	retry   bool // the same transaction may succeed at once
	locked  bool // a lock was not to be had in the time given
}

// statement is a text ready for the driver.
type statement struct {
	text  string
	write bool
}

var (
	words  = regexp.MustCompile(`\{([a-z]+)(?: ([^{}]*))?\}`)
	number = regexp.MustCompile(`\$(\d+)`)
)

// rewrite makes the dialect's text of a shared one.
func rewrite(d dialect, text string) string {
	text = words.ReplaceAllStringFunc(text, func(m string) string {
		part := words.FindStringSubmatch(m)
		if s, ok := d.macro(part[1], part[2]); ok {
			return s
		}
		return m
	})
	return number.ReplaceAllStringFunc(text, func(m string) string { return d.parameter(m[1:]) })
}

// texts remembers rewritten texts. Lists build theirs from a few parts, so the number is bounded in practice;
// past the bound a text is rewritten each time.
type texts struct {
	known sync.Map // string -> statement
	count atomic.Int64
}

const maxTexts = 4096

func (t *texts) get(d dialect, text string) statement {
	if s, ok := t.known.Load(text); ok {
		return s.(statement) //nolint:errcheck // nothing else is put there
	}
	s := statement{text: rewrite(d, text), write: writes(text)}
	if t.count.Load() < maxTexts {
		if _, loaded := t.known.LoadOrStore(text, s); !loaded {
			t.count.Add(1)
		}
	}
	return s
}

// writes reports whether one of our own texts changes anything, so that INSERT … RETURNING goes to the writer.
func writes(text string) bool {
	word, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	switch strings.ToUpper(word) {
	case "SELECT", "VALUES":
		return false
	case "WITH":
		rest = strings.ToUpper(rest)
		return strings.Contains(rest, "INSERT INTO") || strings.Contains(rest, "UPDATE ") || strings.Contains(rest, "DELETE FROM")
	}
	return true
}

// of puts "OF arg" behind a locking word.
func of(arg string) string {
	if arg == "" {
		return ""
	}
	return " OF " + arg
}
