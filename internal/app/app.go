package app

import (
	"context"
	"log/slog"
	"time"

	"tactus/internal/account"
	"tactus/internal/action"
	"tactus/internal/bulk"
	"tactus/internal/carrier"
	"tactus/internal/channel"
	"tactus/internal/clock"
	"tactus/internal/contact"
	"tactus/internal/delivery"
	"tactus/internal/engine"
	"tactus/internal/enroll"
	"tactus/internal/event"
	"tactus/internal/gate"
	"tactus/internal/importer"
	"tactus/internal/message"
	"tactus/internal/plan"
	"tactus/internal/planbook"
	"tactus/internal/retention"
	"tactus/internal/store"
	"tactus/internal/task"
	"tactus/internal/work"
)

// App is the product put together on one database. It owns nothing that lasts: the database is the only state (ENG-1).
type App struct {
	DB       *store.DB
	Clock    clock.Clock
	Actions  *action.Registry
	Accounts *account.Service
	Contacts *contact.Service
	Plans    *planbook.Service
	Runs     *enroll.Service // for faces and services
	Moves    *enroll.Service // for the engine and delivery, on connections tuned for them
	Engine   *engine.Engine
	Delivery *delivery.Service
	Carriers *Carriers
	Desk     *delivery.Desk   // what people write by hand
	Carrying *carrier.Service // shows and changes what carries each channel
	Tasks    *task.Service
	Events   *event.Service
	Template *message.Templates
	Imports  *importer.Service
	Bulk     *bulk.Service
	Work     *work.Worker  // does long operations
	Jobs     *work.Service // begins and shows them
	Retain   *retention.Service
}

// Options put an App together; zero values are the defaults.
type Options struct {
	Log     *slog.Logger
	Actions *action.Registry // nil = Actions()
	// Channels are carriers beside the program's own.
	Channels []channel.Kind
	Workers  int // of the engine: 1 on SQLite
	Batch    int // of the engine
	Tune     func(*enroll.Account)
	// Secret encrypts the settings of carriers; nil = a random one, for databases that do not outlive the process.
	Secret []byte
	// Observer is told what the workers do; nil = nobody.
	Observer Observer
	// Sign makes the one-click unsubscribe link of a message; nil = none.
	Sign func(account, contact, message int64, channel string) string
}

// New puts the parts together on an open, migrated database.
func New(db *store.DB, c clock.Clock, opt Options) *App {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Actions == nil {
		opt.Actions = Actions()
	}
	if len(opt.Secret) == 0 {
		opt.Secret = carrier.RandomSecret()
	}
	if opt.Sign == nil {
		opt.Sign = func(int64, int64, int64, string) string { return "" }
	}
	a := &App{DB: db, Clock: c, Actions: opt.Actions}
	a.Runs = enroll.NewService(db, c, opt.Actions)
	a.Moves = enroll.NewService(db.Engine(), c, opt.Actions)
	vault := carrier.NewVault(db, opt.Secret)
	a.Carriers = NewCarriers(vault, opt.Channels...)
	a.Carrying = carrier.NewService(vault, a.Carriers, c)
	channels := a.Carriers.addresses()
	a.Runs.Channels(channels)
	a.Moves.Channels(channels)
	a.Runs.Tune(opt.Tune)
	a.Moves.Tune(opt.Tune)
	a.Accounts = account.NewService(db, c, triggers{a})
	a.Contacts = contact.NewService(db, c, zoneNow, a.Runs)
	a.Contacts.Channels(channels)
	a.Plans = planbook.NewService(db, c, opt.Actions, a.Runs)
	var runs engine.Runs = a.Moves
	var carriers delivery.Carriers = a.Carriers
	if opt.Observer != nil {
		runs, carriers = observedRuns{runs, opt.Observer}, observedCarriers{carriers, opt.Observer}
	}
	a.Engine = engine.New(db.Engine(), runs, c, opt.Log, engine.Options{Workers: opt.Workers, Batch: opt.Batch})
	outbox := db.Engine().Outbox()
	author := delivery.NewAuthor(a.Moves, outbox, opt.Sign)
	a.Tasks = task.NewService(db, c, triggers{a})
	a.Events = event.NewService(db, c, triggers{a})
	a.Template = message.NewTemplates(db, c, plan.CheckText)
	a.Jobs = work.NewService(db, c)
	a.Imports = importer.NewService(a.Contacts, a.Accounts, db, a.Jobs, c)
	a.Bulk = bulk.NewService(db, a.Jobs, a.Contacts, a.Runs)
	a.Retain = retention.NewService(db, a.Accounts, a.Jobs, c)
	a.Work = work.NewWorker(db, c, opt.Log, a.handlers()...)
	a.Desk = delivery.NewDesk(db, a.Runs, c, plan.CheckText)
	a.Delivery = delivery.New(outbox, a.Moves, c, carriers, author, a.limits, opt.Log)
	return a
}

// handlers are the kinds of long work.
func (a *App) handlers() []work.Handler {
	return append(a.Bulk.Handlers(nil), a.Imports, a.Retain)
}

// zoneNow is the zone in effect of what is known of a contact: given, else the address's; "" = the account's (PLAN-8).
func zoneNow(c contact.Contact) string {
	loc, source := gate.ContactZone(c.Zone, c.Address.Country, c.Address.State, c.Address.Zip, nil)
	if loc == nil || source == "account" {
		return ""
	}
	return loc.String()
}

// limits are what one sender of the account may hand over per window (EMAIL-6).
func (a *App) limits(ctx context.Context, id int64, _ string) (map[time.Duration]int, error) {
	acct, err := a.Moves.Account(ctx, id)
	if err != nil {
		return nil, err
	}
	return acct.Limits, nil
}
