package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tactus/internal/account"
	"tactus/internal/bulk"
	"tactus/internal/carrier"
	"tactus/internal/clock"
	"tactus/internal/contact"
	"tactus/internal/delivery"
	"tactus/internal/doctor"
	"tactus/internal/enroll"
	"tactus/internal/event"
	"tactus/internal/history"
	"tactus/internal/importer"
	"tactus/internal/message"
	"tactus/internal/plan"
	"tactus/internal/planbook"
	"tactus/internal/retention"
	"tactus/internal/task"
	"tactus/internal/work"
)

// Prefix is where the API lives.
const Prefix = "/api/v1"

// Store is what the API itself keeps: answers by Idempotency-Key, and transactions around a check and its edit.
type Store interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	// LockAccount keeps others that lock the account waiting until the transaction ends.
	LockAccount(ctx context.Context, account int64) error
	// ReserveKey takes an Idempotency-Key for a request, in the transaction of ctx. When it is taken, mine is false and
	// the request that took it and its answer are returned; entries from before expired do not count.
	ReserveKey(ctx context.Context, account int64, key, request string, now, expired time.Time) (mine bool, kept KeptAnswer, err error)
	// KeepAnswer keeps the answer of a key that was reserved.
	KeepAnswer(ctx context.Context, account int64, key string, status int, answer []byte) error
	// ForgetKeys deletes entries from before a moment.
	ForgetKeys(ctx context.Context, before time.Time) (int64, error)
}

// KeptAnswer is what was answered to a request.
type KeptAnswer = struct {
	Request string
	Status  int
	Answer  []byte
}

// Services are what the API translates for; all are needed but Settle, without which messages in doubt stay so.
type Services struct {
	Store    Store
	Accounts *account.Service
	Contacts *contact.Service
	History  *history.Service
	Plans    *planbook.Service
	Actions  plan.Actions
	Runs     *enroll.Service
	Views    *enroll.Views
	Bulk     *bulk.Service
	Work     *work.Service
	Tasks    *task.Service
	Events   *event.Service
	Content  *message.Templates
	Messages *message.Log
	Settle   Settler
	Imports  *importer.Service
	Carriers *carrier.Service
	Desk     *delivery.Desk
	Hold     *delivery.Hold
	Retain   *retention.Service
	Doctor   *doctor.Service
	// Backup writes a backup of the whole installation.
	Backup func(ctx context.Context, w io.Writer) error
}

// Settler lets a person decide on messages in doubt (ENG-5). What is not uncertain is fault.Conflict.
type Settler interface {
	// SendAgain hands the same bytes to the carrier once more.
	SendAgain(ctx context.Context, account, message int64, author string) error
	// Arrived says that the message has arrived.
	Arrived(ctx context.Context, account, message int64, author string) error
}

// Options of the API; zero values are the defaults.
type Options struct {
	Version  string // of the program
	Database string // its name for people
	Log      *slog.Logger
	Clock    clock.Clock // what is due and when keys expire; nil = the machine's
	// Ping tells whether the database answers; nil = it does.
	Ping func(ctx context.Context) error
	// PerSecond and Burst limit one key's requests; 0 = 100 and 400.
	PerSecond float64
	Burst     int
	// SlowReader is how long a client may take nothing of a download before it is cut off; 0 = five minutes.
	SlowReader time.Duration
}

// API is the handler of everything under /api, /health and /healthz.
type API struct {
	s    Services
	opt  Options
	mux  *http.ServeMux
	huma huma.API
	keys *limiters // requests by API key
	bad  *limiters // refused keys by address, so that guessing is slow
	idem *inProgress
	page []byte // the readable description
}

// New makes the API.
func New(s Services, opt Options) *API {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Clock == nil {
		opt.Clock = clock.Real{}
	}
	if opt.PerSecond <= 0 {
		opt.PerSecond = 100
	}
	if opt.Burst <= 0 {
		opt.Burst = 400
	}
	if opt.SlowReader <= 0 {
		opt.SlowReader = slowReader
	}
	a := &API{
		s: s, opt: opt, mux: http.NewServeMux(),
		keys: newLimiters(opt.PerSecond, opt.Burst), bad: newLimiters(2, 40), idem: newInProgress(),
	}
	a.huma = huma.NewAPI(a.config(), (*adapter)(a))
	a.routes()
	a.describe()
	return a
}

// routes registers every operation; one file per resource.
func (a *API) routes() {
	a.contactRoutes()
	a.consentRoutes()
	a.timelineRoutes()
	a.labelRoutes()
	a.peopleRoutes()
	a.keyRoutes()
	a.settingsRoutes()
	a.carrierRoutes()
	a.planRoutes()
	a.planFileRoutes()
	a.assignRoutes()
	a.enrollmentRoutes()
	a.operationRoutes()
	a.importRoutes()
	a.taskRoutes()
	a.eventRoutes()
	a.templateRoutes()
	a.messageRoutes()
	a.installationRoutes()
	a.healthRoutes()
	a.doctorRoutes()
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := &recorder{ResponseWriter: w}
	r = r.WithContext(withRequest(r.Context()))
	h := rec.Header()
	h.Set("X-Request-Id", requestOf(r.Context()).id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	defer a.recoverPanic(rec, r)
	handler, pattern := a.mux.Handler(r)
	if pattern == "" {
		a.noRoute(rec, r, handler)
		return
	}
	a.mux.ServeHTTP(rec, r)
}

// noRoute answers for paths and methods that do not exist; the mux knows which methods a path has.
func (a *API) noRoute(w http.ResponseWriter, r *http.Request, standard http.Handler) {
	probe := &probe{header: http.Header{}}
	standard.ServeHTTP(probe, r)
	switch probe.status {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", probe.header.Get("Allow"))
		a.write(w, r, status(http.StatusMethodNotAllowed, "method_not_allowed", "this address takes "+probe.header.Get("Allow")))
	default:
		a.write(w, r, status(http.StatusNotFound, "not_found", "there is nothing at this address; /api/docs describes the API"))
	}
}

// probe takes an answer that is not sent.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(status int)      { p.status = status }
