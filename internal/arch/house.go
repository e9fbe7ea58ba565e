package arch

// Groups of packages that several arrows name.
var (
	leaves   = []string{"internal/fault", "internal/clock", "internal/form", "internal/calendar"}
	features = []string{
		"internal/account", "internal/contact", "internal/plan", "internal/enroll", "internal/task",
		"internal/event", "internal/message", "internal/history", "internal/merge", "internal/gate",
		"internal/planbook", "internal/work", "internal/carrier", "internal/doctor", "internal/backup",
	}
	variants = []string{"internal/action/*", "internal/channel/*"}
	// proofs are what tests share, so they may use the test framework.
	proofs = []string{
		"internal/action/actiontest", "internal/channel/channeltest", "internal/channel/smtptest",
		"internal/store/pgtest", "internal/store/storetest", "internal/app/apptest",
	}
	workers = []string{
		"internal/engine", "internal/delivery", "internal/bulk", "internal/importer", "internal/retention", "internal/inbound", "internal/intake",
	}
	faces   = []string{"internal/api", "internal/web", "internal/cli"}
	drivers = []string{
		"database/sql/...", "github.com/jackc/pgx/...", "modernc.org/sqlite/...",
		"github.com/lib/pq/...", "github.com/mattn/go-sqlite3/...",
	}
	pages = []string{"net/http/...", "html/template", "text/template", "github.com/a-h/templ/...", "github.com/danielgtaylor/huma/..."}
	outer = join(faces, "internal/app/...", "internal/store/...", "internal/bench", "internal/metrics", "internal/demo", "internal/simulate", "internal/oracle",
		"cmd/...", "client/...", "e2e/...", "scripts/...")
)

// House is the law of this tree. To add a package, find the arrow whose From it belongs to; to
// change an arrow, write a decision (docs/adr) first.
func House() Law {
	return Law{
		Module: "tactus",
		Arrows: []Arrow{
			{From: leaves, Only: leaves, Reason: "everything stands on the leaves, so they stand on nothing else"},
			{
				From: features, Never: join(outer, workers...),
				Reason: "features hold the rules and declare the small Store interfaces they need; technology at the rim depends on them, not the other way round",
			},
			{
				From: features, Never: join(drivers, pages...),
				Reason: "a rule that knows SQL, HTTP or templates cannot be read, tested or reused without them",
			},
			{
				From: []string{"internal/plan", "internal/enroll", "internal/gate", "internal/merge", "internal/calendar"}, Never: []string{"os/...", "net", "math/rand/...", "crypto/rand"},
				Reason: "the core is pure (HOUSE-2): the same inputs give the same answer in the engine, the simulator and the model test",
			},
			{
				From: []string{"internal/..."}, Except: []string{"internal/store/...", "internal/bench"}, Never: drivers,
				Reason: "only store speaks SQL (bench for its yardsticks): the seam between SQLite and PostgreSQL is in one place",
			},
			{
				From: []string{"cmd/...", "client/...", "e2e/...", "scripts/..."}, Never: drivers,
				Reason: "what lies outside drives the product as its users do, through the binary and the API",
			},
			{
				From: []string{"internal/..."}, Except: []string{"internal/app"}, Never: []string{"internal/action/*/...", "internal/channel/*/...", "!internal/channel/smtptest"},
				Reason: "only app imports variants: a new action or channel is one folder and one line in app/registry.go (HOUSE-3); variants never import each other",
			},
			{
				From: variants, Never: join(workers, outer...),
				Reason: "an action describes its effects, a channel carries what it is given; neither knows who asks (HOUSE-2, HOUSE-3)",
			},
			{
				From: []string{"internal/action", "internal/channel", "internal/mail"}, Never: join(workers, outer...),
				Reason: "a contract that knows its users cannot serve a new one",
			},
			{
				From: workers, Never: join(outer, drivers...),
				Reason: "workers see the database through the interfaces that they declare, so that one suite proves them on both databases",
			},
			{
				From: []string{"internal/store/..."}, Never: join(faces, "internal/app/...", "internal/demo", "internal/simulate", "internal/oracle", "internal/action/*", "internal/channel/*"),
				Reason: "store keeps rows, it does not decide; variants are rows to it, never columns (HOUSE-4)",
			},
			{
				From: []string{"internal/metrics"}, Never: join(faces, "internal/app/...", "internal/action/*", "internal/channel/*", "internal/demo", "internal/simulate"),
				Reason: "the figures are told what happens and look at the database; they know nobody who does something",
			},
			{
				From: faces, Never: []string{"internal/store/..."},
				Reason: "the faces translate; what they may do is decided in services, which check the account and the role (SEC-1)",
			},
			{From: []string{"internal/api"}, Never: []string{"internal/web", "internal/cli"}, Reason: "the faces do not know each other"},
			{From: []string{"internal/web"}, Never: []string{"internal/api", "internal/cli"}, Reason: "the faces do not know each other"},
			{
				From: []string{"internal/api", "internal/web"}, Never: []string{"internal/app/..."},
				Reason: "the faces are given the services they translate for; who puts those together is none of their business",
			},
			{
				From: []string{"internal/app/..."}, Never: []string{"internal/cli", "internal/demo", "internal/simulate", "cmd/..."},
				Reason: "the composition root is started by the command line and by tests, and knows neither",
			},
			{
				From: []string{"internal/app"}, Never: []string{"internal/app/*", "internal/api", "internal/cli"},
				Reason: "the simulator and the tests take the product without its faces; serve adds them",
			},
			{
				From: []string{"internal/oracle"}, Only: leaves,
				Reason: "a model that borrows from what it checks repeats its mistakes; only calendar arithmetic is shared",
			},
			{
				From: []string{"internal/...", "cmd/...", "client/...", "scripts/..."}, Except: proofs, Never: join(proofs, "internal/oracle"),
				Reason: "what only tests need is not in what is shipped",
			},
			{
				From: []string{"internal/...", "cmd/...", "client/...", "scripts/..."}, Except: join(proofs, "internal/bench"), Never: []string{"internal/store/pgserver"},
				Reason: "throw-away servers are for tests and benchmarks; the product serves the database that it is given",
			},
			{
				From: []string{"internal/..."}, Except: []string{"internal/cli"}, Never: []string{"internal/bench"},
				Reason: "benchmarks use the product as it is; it does not know of them",
			},
			{
				From: []string{"cmd/..."}, Only: []string{"internal/cli"},
				Reason: "main connects signals, arguments and the exit code to the command line, and that is all",
			},
			{
				From: []string{"client/..."}, Only: []string{"client/..."},
				Reason: "the client is public: nobody outside this module can import what lies under internal",
			},
			{
				From: []string{"internal/...", "cmd/...", "client/..."}, Except: proofs, Never: []string{"testing/..."},
				Reason: "what is shipped does not contain the test framework; helpers for tests live in packages named …test",
			},
		},
		Clock: []Exception{
			{Pattern: "internal/clock", Reason: "the one place that reads the machine's time (ENG-13)"},
			{Pattern: "internal/bench", Reason: "stopwatches measure the machine itself"},
			{Pattern: "internal/channel/*", Reason: "socket timeouts are real time (DEC-13)"},
			{Pattern: "internal/store", Only: []string{"NewTimer"}, Reason: "waits a moment before it tries a busy or lost database again (DEC-13)"},
			{Pattern: "internal/store/pgserver", Reason: "waits for a real process to answer (DEC-13)"},
			{Pattern: "internal/store/pgtest", Reason: "waits for a real server to answer (DEC-13)"},
		},
		Long:    nil,
		Names:   []string{"util", "utils", "common", "helper", "helpers", "model", "models", "type", "types", "manager", "base", "misc", "shared"},
		Planned: []string{"internal/inbound", "internal/intake"},
	}
}

func join(list []string, more ...string) []string {
	return append(append([]string(nil), list...), more...)
}
