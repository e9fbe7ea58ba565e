package api_test

import (
	"context"
	"encoding/json"
	"maps"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"tactus/client"
	"tactus/internal/channel"
	"tactus/internal/store/pgtest"
	"tactus/internal/store/storetest"
)

// PLAN-11, CON-10: two who change different things of one object at the same time lose nothing to each other.
func TestPatchesTogether(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	k, see := newKit(t, storetest.Open(t, address)), pgtest.Connect(t, address)
	ctx := context.Background()
	at, later := begin.AddDate(0, 0, 20), begin.AddDate(0, 0, 30)
	c := get[client.Lead](t)(k.CreateContact(ctx, client.NewContact{FirstName: "Ann"})).Contact
	e := get[client.Event](t)(k.CreateEvent(ctx, client.NewEvent{Title: "Closing", Kind: "closing", Contact: c.ID, At: at}))
	u := get[client.User](t)(k.CreateUser(ctx, client.NewUser{Email: "sam@acme.example"}))
	l := get[client.Label](t)(k.CreateLabel(ctx, client.Stages, client.NewLabel{Name: "Early", Position: client.Ptr(70)}))

	t.Run("event", func(t *testing.T) {
		k.together(t, see,
			func() error {
				_, err := k.UpdateEvent(ctx, e.ID, client.EventPatch{Title: client.Ptr("Signing")})
				return err
			},
			func() error { _, err := k.UpdateEvent(ctx, e.ID, client.EventPatch{At: &later}); return err },
		)
		if got := get[client.Event](t)(k.Event(ctx, e.ID)); got.Title != "Signing" || !got.At.Equal(later) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("user", func(t *testing.T) {
		k.together(t, see,
			func() error {
				_, err := k.UpdateUser(ctx, u.ID, client.UserPatch{FirstName: client.Ptr("Sam")})
				return err
			},
			func() error {
				_, err := k.UpdateUser(ctx, u.ID, client.UserPatch{Signature: client.Ptr("Yours")})
				return err
			},
		)
		if got := get[client.User](t)(k.User(ctx, u.ID)); got.FirstName != "Sam" || got.Signature != "Yours" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("label", func(t *testing.T) {
		k.together(t, see,
			func() error {
				_, err := k.UpdateLabel(ctx, client.Stages, l.ID, client.LabelPatch{Name: client.Ptr("Late")})
				return err
			},
			func() error {
				_, err := k.UpdateLabel(ctx, client.Stages, l.ID, client.LabelPatch{Position: client.Ptr(80)})
				return err
			},
		)
		for _, got := range get[client.Page[client.Label]](t)(k.Labels(ctx, client.Stages)).Items {
			if got.ID == l.ID && (got.Name != "Late" || got.Position != 80) {
				t.Errorf("%+v", got)
			}
		}
	})
	// A password that is left out is the one that holds by then.
	t.Run("carrier", func(t *testing.T) {
		choose := func(more map[string]any) error {
			set := map[string]any{"host": "smtp.example.com", "username": "ann"}
			maps.Copy(set, more)
			_, err := k.SetCarrier(ctx, channel.Email, client.CarrierChoice{Kind: "smtp", Settings: set})
			return err
		}
		must(t, choose(map[string]any{"password": "old"}))
		k.together(t, see, func() error { return choose(map[string]any{"password": "new"}) }, func() error { return choose(map[string]any{"port": 587}) })
		_, raw, err := k.app.Carriers.Settings(ctx, k.id, channel.Email)
		must(t, err)
		var got struct {
			Password string
			Port     int
		}
		if must(t, json.Unmarshal(raw, &got)); got.Password != "new" || got.Port != 587 {
			t.Errorf("%+v", got)
		}
	})
}

// together lets two requests come to where they wait for the account, one after the other, before either goes on.
func (k *kit) together(t *testing.T, see *pgx.Conn, requests ...func() error) {
	t.Helper()
	locked, released := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(released) })
	t.Cleanup(release)
	done := make(chan error, 1+len(requests))
	go func() {
		done <- k.services.Store.InTx(context.Background(), func(ctx context.Context) error {
			err := k.services.Store.LockAccount(ctx, k.id)
			close(locked)
			<-released
			return err
		})
	}()
	<-locked
	for i, request := range requests {
		go func() { done <- request() }()
		pgtest.Until(t, see, `SELECT $1 <= COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`, i+1)
	}
	release()
	for range cap(done) {
		must(t, <-done)
	}
}
