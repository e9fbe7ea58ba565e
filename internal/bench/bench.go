package bench

import (
	"context"
	"errors"
	"io"
	"os/exec"

	"tactus/internal/fault"
)

// Databases that a bench can run on.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Options size a run; zero values are the bench's own.
type Options struct {
	DB       string // SQLite or Postgres
	N        int    // how much of what the bench counts
	Runs     int    // how often each side is measured
	Workers  int    // of the engine on PostgreSQL
	Dir      string // where databases are made; "" = the system's folder for temporary files
	Keep     string // a folder whose fixtures are used again and kept
	Profile  string // a file for the CPU profile of our side's first run
	Postgres string // a server's URL; "" = one is started
	Members  int    // active enrollments that are there besides
	Signed   bool   // email with DKIM signatures
	// Connections are those that both sides of email keep to the mail server; 0 = the product\'s default.
	Connections int
	// Command makes the program itself with arguments, to be started as a server.
	Command  func(args ...string) (*exec.Cmd, error)
	Progress io.Writer // a terminal; nil = none
}

// Bench is one benchmark.
type Bench struct {
	Name  string
	Short string
	N     int // at full size
	Runs  int
	run   func(ctx context.Context, s *session) (Result, error)
}

// All are the benches, in the order of 9-quality.
func All() []Bench {
	return []Bench{
		{"steps", "enrollments with 5 database-only steps, all due", 100_000, 3, steps},
		{"assign", "contacts put on a ready plan by tag", 100_000, 3, assign},
		{"email", "emails of a plan over SMTP, answers recorded", 50_000, 3, email},
		{"lead", "leads at 200 a second, fewer at 1 and 50: to their first email", 3000, 1, lead},
		{"due", "steps that fall due while many members wait", dueRate * dueSeconds, 1, due},
		{"import", "rows of a CSV file", 100_000, 3, importing},
		{"memory", "of a server, idle and while contacts get 5 steps each", 100_000, 1, memory},
		{"start", "of a server: to its first answer", 1, 5, start},
		{"pages", "requests to each list of the API, beside a thousand plans and years of history", 150, 1, pages},
	}
}

// Find returns the bench of a name.
func Find(name string) (Bench, error) {
	for _, b := range All() {
		if b.Name == name {
			return b, nil
		}
	}
	return Bench{}, fault.New(fault.NotFound, "there is no bench %q; tactus bench --help lists them", name)
}

// session is one bench under way.
type session struct {
	Options
	*ground
	bench    Bench
	progress *progress
}

// Run measures.
func (b Bench) Run(ctx context.Context, opt Options) (res Result, err error) {
	if opt.N <= 0 {
		opt.N = b.N
	}
	if opt.Runs <= 0 {
		opt.Runs = b.Runs
	}
	if opt.Connections <= 0 {
		opt.Connections = 8
	}
	if opt.Workers <= 0 {
		opt.Workers = 2
	}
	s := &session{Options: opt, bench: b, progress: newProgress(opt.Progress, b.Name)}
	defer s.progress.done()
	s.progress.say("starting the database")
	if s.ground, err = newGround(ctx, opt); err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	res, err = b.run(ctx, s)
	res.Bench, res.DB, res.N = b.Name, opt.DB, opt.N
	if opt.Signed && b.Name == "email" {
		res.Bench = "email-signed"
	}
	return res, err
}
