package restore

import (
	"context"
	"fmt"
	"time"

	"tactus/internal/app"
	"tactus/internal/clock"
	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/web"
)

// relive lets the time between the backup and the restore pass on the real engine, from due moment to due moment as the simulator does
// (DEC-16): steps fire as they were due, runs end, next plans begin, imports and bulk commands go on. Every message that would have left is
// composed and marked uncertain instead. Without it a step after a step of the lost time would be due too late, and leave twice.
func (j *job) relive(ctx context.Context, db *store.DB, key []byte) error {
	from, until := j.report.Moment(), j.report.Until
	at := clock.NewFake(from)
	signer := web.NewSigner(key)
	a := app.New(db, at, app.Options{Log: j.opt.Log, Workers: 1, Secret: key, Sign: func(account, contact, message int64, channel string) string {
		base := j.cfg.BaseURL
		if base == "" {
			base = "http://" + j.cfg.Listen
		}
		return base + "/u/" + signer.Token(web.Subscription{Account: account, Contact: contact, Message: message, Channel: channel})
	}})
	defer a.Carriers.Close()
	if err := a.Carriers.Default(j.cfg.SMTP); err != nil {
		return err
	}
	a.Carriers.Lost(fmt.Sprintf("it may have left between the backup (%s) and its restore (%s)", from.Format(time.RFC3339), until.Format(time.RFC3339)))
	if err := a.Delivery.Doubt(ctx, true); err != nil { // what was being handed over at the moment of the backup
		return err
	}
	for moments := int64(1); ; moments++ {
		next, err := j.moment(ctx, a)
		if err != nil {
			return err
		}
		if next.IsZero() || next.After(until) {
			return nil
		}
		at.Set(next)
		j.opt.Progress("living the lost time through", moments)
	}
}

// moment does all that is to be done at one moment, and returns the next at which something is.
func (j *job) moment(ctx context.Context, a *app.App) (time.Time, error) {
	var next time.Time
	for {
		moved, due, err := a.Engine.RunOnce(ctx)
		if err != nil {
			return next, err
		}
		sent, try, err := a.Delivery.RunOnce(ctx)
		if err != nil && (ctx.Err() != nil || fault.Is(err, fault.Internal)) {
			return next, err
		}
		if err != nil { // a carrier that nobody chose: its messages wait for a person, who finds them uncertain then
			j.report.Left++
			j.opt.Log.Warn("messages stay in the outbox", "error", err)
		}
		worked, err := a.Work.RunOnce(ctx)
		if err != nil {
			return next, err
		}
		if moved+sent+worked > 0 {
			continue
		}
		later, err := a.DB.NextOperation(ctx, a.Clock.Now())
		if err != nil {
			return next, err
		}
		for _, t := range []time.Time{due, try, later} {
			if !t.IsZero() && t.After(a.Clock.Now()) && (next.IsZero() || t.Before(next)) {
				next = t
			}
		}
		return next, nil
	}
}
