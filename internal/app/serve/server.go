// Package serve is the running server: the faces, the engine, the senders and the background work on one database.
package serve

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"tactus/internal/account"
	"tactus/internal/api"
	"tactus/internal/app"
	"tactus/internal/clock"
	"tactus/internal/enroll"
	"tactus/internal/fault"
	"tactus/internal/metrics"
	"tactus/internal/store"
	"tactus/internal/web"
)

// Server is a running installation: the faces, the engine, the senders and the background work on one database.
type Server struct {
	*app.App
	Config  app.Config
	Account account.Account // the first account
	Created bool            // this start created it
	URL     string
	Figures string // where Prometheus reads; "" = nowhere
	Key     string // for the command line on this machine
	Held    bool   // sending is held since a restore, until a person releases it (DEC-18)
	here    *store.Presence
	version string
	log     *slog.Logger
	http    *http.Server
	ln      net.Listener
	metrics *page // nil: none

	patience time.Duration // Options.Drain
}

// Options are what a server is given beside its settings.
type Options struct {
	Clock   clock.Clock // nil = the database's own time
	Log     *slog.Logger
	Version string
	Store   store.Options
	Drain   time.Duration // how long the requests under way may take at the end; 0 = 10 s
}

// Start opens and migrates the database, makes what a first start makes (DEC-15), listens, and writes address and key for the command line
// (DEC-14). A nil clock is the database's own time.
func Start(ctx context.Context, cfg app.Config, c clock.Clock, log *slog.Logger, version string) (*Server, error) {
	return StartWith(ctx, cfg, Options{Clock: c, Log: log, Version: version})
}

// StartWith is Start with all that it can be given.
func StartWith(ctx context.Context, cfg app.Config, opt Options) (_ *Server, err error) {
	c, log := opt.Clock, opt.Log
	opt.Store.Log = log
	db, err := store.Open(ctx, cfg.DB, opt.Store)
	if err != nil {
		return nil, err
	}
	undo := []func() error{db.Close}
	defer func() {
		for _, back := range slices.Backward(undo) {
			if err != nil {
				err = errors.Join(err, back())
			}
		}
	}()
	here, err := db.Attend(ctx)
	if err != nil {
		return nil, err
	}
	undo = append(undo, func() error { return here.Close(context.WithoutCancel(ctx)) })
	ln, err := listen(ctx, cfg.Listen, "--listen") // an address that is taken is found before anything is changed
	if err != nil {
		return nil, err
	}
	undo = append(undo, ln.Close)
	var inside net.Listener
	if cfg.Metrics != "" {
		if inside, err = listen(ctx, cfg.Metrics, "--metrics"); err != nil {
			return nil, err
		}
		undo = append(undo, inside.Close)
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, err
	}
	if err := db.CheckRestored(ctx); err != nil {
		return nil, err
	}
	db.FollowGrowth()
	if c == nil {
		if c, err = db.Clock(ctx); err != nil {
			return nil, err
		}
	}
	key, err := cfg.OpenSecret(ctx, db)
	if err != nil {
		return nil, err
	}
	signer := web.NewSigner(key)
	s := &Server{Config: cfg, log: log, here: here, ln: ln, version: opt.Version, patience: opt.Drain}
	s.URL = "http://" + ln.Addr().String()
	parts := app.Options{Log: log, Workers: s.workers(db), Sign: s.link(signer), Secret: key}
	if inside != nil {
		figures := metrics.New(db, c, opt.Version)
		parts.Observer = figures
		s.metrics = newPage(inside, figures.Handler(), log)
		s.Figures = "http://" + inside.Addr().String() + "/metrics"
	}
	s.App = app.New(db, c, parts)
	if timeout, err := time.ParseDuration(cfg.SendTimeout); err == nil {
		s.Delivery.Patience(timeout)
	}
	if err := s.Carriers.Default(cfg.SMTP); err != nil {
		return nil, err
	}
	if s.Account, s.Created, err = s.Accounts.Bootstrap(ctx, cfg.OwnerEmail); err != nil {
		return nil, err
	}
	if !db.Nodes() {
		// No other process can hold the file, so what is still being handed over was left behind (ENG-5).
		if err := s.Delivery.Doubt(ctx, true); err != nil {
			return nil, err
		}
		if err := s.Work.Recover(ctx); err != nil {
			return nil, err
		}
	}
	lost, err := db.Lost(ctx)
	if err != nil {
		return nil, err
	}
	s.Held = lost.Held
	if err := s.localKey(ctx); err != nil {
		return nil, err
	}
	s.http = &http.Server{
		Handler: s.handler(signer, opt.Version), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	return s, nil
}

func listen(ctx context.Context, address, flag string) (net.Listener, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "cannot listen on %s; choose another address with %s", address, flag)
	}
	return ln, nil
}

func (s *Server) workers(db *store.DB) int {
	switch {
	case !db.Nodes():
		return 1
	case s.Config.Workers > 0:
		return s.Config.Workers
	default:
		return runtime.NumCPU()
	}
}

// link makes a message's one-click link. Without a public address the server's own is used: right for the sandbox, useless outside.
func (s *Server) link(signer *web.Signer) func(int64, int64, int64, string) string {
	return func(account, contact, message int64, channel string) string {
		base := strings.TrimRight(s.Config.BaseURL, "/")
		if base == "" {
			base = s.URL
		}
		return base + "/u/" + signer.Token(web.Subscription{Account: account, Contact: contact, Message: message, Channel: channel})
	}
}

func (s *Server) handler(signer *web.Signer, version string) http.Handler {
	mux := http.NewServeMux()
	faces := api.New(s.services(), api.Options{
		Version: version, Database: s.DB.Dialect(), Log: s.log, Clock: s.Clock,
		Ping: func(ctx context.Context) error { _, err := s.DB.Now(ctx); return err },
	})
	mux.Handle("/", faces)
	mux.Handle("/u/", web.Unsubscribe(signer, s.App, s.log))
	mux.HandleFunc("GET /u/style.css", web.Style)
	return mux
}

// Run serves until ctx is done, then lets what is under way come to an end. Until nothing writes any more this node is present: a restore that
// replaces the database waits for that (DEC-18).
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	failed := make(chan error, 1)
	begin := func(ends *sync.WaitGroup, f func() error) {
		ends.Add(1)
		go func() {
			defer ends.Done()
			if err := f(); err != nil && ctx.Err() == nil {
				select {
				case failed <- err:
				default:
				}
				cancel()
			}
		}()
	}
	start := func(f func() error) { begin(&group, f) }
	var presence sync.WaitGroup
	present, leave := context.WithCancel(context.WithoutCancel(ctx))
	defer leave()
	begin(&presence, func() error { return s.here.Watch(present) })
	start(func() error {
		if err := s.http.Serve(s.ln); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	if s.metrics != nil {
		start(func() error { return s.metrics.serve(ctx) })
	}
	s.Loops(ctx, start)
	<-ctx.Done()
	err := s.drain()
	group.Wait()
	s.Carriers.Close()
	leave()
	presence.Wait()
	select {
	case cause := <-failed:
		err = errors.Join(cause, err)
	default:
	}
	return errors.Join(err, s.DB.Close())
}

// drain waits for the requests under way. Who is still at it in the end is cut off and may ask again with the same Idempotency-Key: that is no
// failure of ours, so the process ends well.
func (s *Server) drain() error {
	ctx, done := context.WithTimeout(context.Background(), cmp.Or(s.patience, 10*time.Second))
	defer done()
	err := s.http.Shutdown(ctx)
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	s.log.Warn("requests that did not end in time were cut off")
	return s.http.Close()
}

// Loops starts everything that works without being asked: engine, senders, background work and housekeeping.
func (s *Server) Loops(ctx context.Context, start func(func() error)) {
	engine, _ := s.DB.Subscribe(enroll.TopicEngine)
	outbox, _ := s.DB.Subscribe(enroll.TopicDelivery)
	start(func() error { return s.Engine.Run(ctx, engine) })
	start(func() error { return s.Delivery.Run(ctx, outbox) })
	start(func() error { return s.Work.Run(ctx) })
	start(func() error { return s.housekeeping(ctx) })
	if c, ok := s.Clock.(*clock.Synced); ok {
		start(func() error { return c.Run(ctx) })
	}
	start(func() error { return s.watchSchema(ctx) })
}
