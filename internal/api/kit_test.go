package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tactus/client"
	"tactus/internal/account"
	"tactus/internal/api"
	"tactus/internal/app"
	"tactus/internal/app/restore"
	"tactus/internal/bulk"
	"tactus/internal/clock"
	"tactus/internal/delivery"
	"tactus/internal/enroll"
	"tactus/internal/history"
	"tactus/internal/importer"
	"tactus/internal/message"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
	"tactus/internal/work"
)

// kit is the whole API on a real database, with one account and a key that may do everything.
type kit struct {
	*client.Client
	t     testing.TB
	app   *app.App
	clock *clock.Fake
	url   string
	key   string
	id    int64 // of the account
	owner int64
	work  *work.Worker

	services api.Services
	opt      api.Options
}

// begin is a Monday.
var begin = time.Date(2026, time.March, 2, 15, 0, 0, 0, time.UTC)

func newKit(t testing.TB, db *store.DB, change ...func(*api.Options)) *kit {
	t.Helper()
	clk := clock.NewFake(begin)
	a := app.New(db, clk, app.Options{})
	imports := importer.NewService(a.Contacts, a.Accounts, db, a.Jobs, clk)
	many := bulk.NewService(db, a.Jobs, a.Contacts, a.Runs)
	opt := api.Options{Version: "test", Database: db.Dialect(), Clock: clk, PerSecond: 1e6, Burst: 1e6}
	for _, f := range change {
		f(&opt)
	}
	k := &kit{t: t, app: a, clock: clk, opt: opt}
	k.services = api.Services{
		Store: db, Accounts: a.Accounts, Contacts: a.Contacts, History: history.NewService(db), Plans: a.Plans, Actions: a.Actions,
		Runs: a.Runs, Views: enroll.NewViews(a.Runs, db), Bulk: many, Work: a.Jobs, Tasks: a.Tasks, Events: a.Events, Content: a.Template,
		Messages: message.NewLog(db), Settle: delivery.NewSettle(db, clk), Imports: imports, Carriers: a.Carrying, Desk: a.Desk,
		Hold: delivery.NewHold(db), Retain: a.Retain, Doctor: a.Doctor(app.DefaultConfig(), noNames{}),
		Backup: func(ctx context.Context, w io.Writer) error {
			return restore.Dump(ctx, db, w, "test", clk.Now(), nil)
		},
	}
	k.url = k.node()
	k.work = work.NewWorker(db, clk, nil, append(many.Handlers(nil), imports)...)
	k.account("Acme Realty", "owner@acme.example")
	return k
}

// node starts one more server of the same installation and returns its address.
func (k *kit) node() string {
	server := httptest.NewServer(api.New(k.services, k.opt))
	k.t.Cleanup(server.Close)
	return server.URL
}

func sqliteKit(t testing.TB, change ...func(*api.Options)) *kit {
	return newKit(t, storetest.Memory(t), change...)
}

// account makes an account and turns the kit to it.
func (k *kit) account(name, owner string) {
	k.t.Helper()
	ctx := context.Background()
	a, err := k.app.Accounts.Create(ctx, account.Account{Name: name, Zone: "America/New_York", Country: "US"}, account.User{Email: owner})
	if err != nil {
		k.t.Fatal(err)
	}
	k.id, k.owner = a.ID, a.OwnerID
	k.key = k.newKey(account.All)
	k.Client = k.client(k.key)
}

func (k *kit) newKey(scopes ...account.Scope) string {
	k.t.Helper()
	_, token, err := k.app.Accounts.CreateKey(context.Background(), account.Key{AccountID: k.id, Name: "test", Scopes: scopes})
	if err != nil {
		k.t.Fatal(err)
	}
	return token
}

func (k *kit) client(key string) *client.Client {
	k.t.Helper()
	c, err := client.New(k.url, key, client.Options{Tries: 1})
	if err != nil {
		k.t.Fatal(err)
	}
	return c
}

// other is the kit turned to a second account of the same server.
func (k *kit) other() *kit {
	o := *k
	o.account("Other Realty", "owner@other.example")
	return &o
}

// settle lets operations and due steps run until nothing is left to do now.
func (k *kit) settle() {
	k.t.Helper()
	for range 100 {
		n, err := k.work.RunOnce(context.Background())
		must(k.t, err)
		m, _, err := k.app.Engine.RunOnce(context.Background())
		must(k.t, err)
		if n+m == 0 {
			return
		}
	}
	k.t.Fatal("it does not come to rest")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func get[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		must(t, err)
		return v
	}
}

// refused fails unless err is a problem of that status.
func refused(t testing.TB, err error, status int) {
	t.Helper()
	_ = refusal(t, err, status)
}

// refusal is refused for who wants to see the problem.
func refusal(t testing.TB, err error, status int) *client.Problem {
	t.Helper()
	var p *client.Problem
	if !errors.As(err, &p) {
		t.Fatalf("want a problem with status %d, got %v", status, err)
	}
	if p.Status != status {
		t.Fatalf("want status %d, got %d: %v", status, p.Status, p)
	}
	return p
}

func field(p *client.Problem, name string) string {
	for _, f := range p.Fields {
		if f.Name == name {
			return f.Message
		}
	}
	return ""
}

// plan is a small plan that is ready.
func (k *kit) plan(name string, change ...func(*client.Document)) client.Plan {
	k.t.Helper()
	d := client.Document{
		Name: name, Kind: "general",
		Steps: []map[string]any{
			{"name": "Tag", "action": "add_tags", "when": "immediately", "tags": []string{"Started"}},
			{"name": "Later", "action": "add_note", "when": "3 days after start", "text": "Three days"},
			{"name": "Last", "action": "add_note", "when": "5 days after start", "text": "Five days"},
		},
	}
	for _, f := range change {
		f(&d)
	}
	p := get[client.Plan](k.t)(k.CreatePlan(context.Background(), d))
	return get[client.Plan](k.t)(k.ReadyPlan(context.Background(), p.ID))
}

func (k *kit) contact(email string) client.Contact {
	k.t.Helper()
	return get[client.Lead](k.t)(k.CreateContact(context.Background(), client.NewContact{
		FirstName: "Ann", LastName: "Lee", Emails: []client.Email{{Address: email}}, Source: "Zillow",
		Consents: []client.NewConsent{{Channel: "email", Basis: "express"}},
	})).Contact
}

// reply is an answer as it came.
type reply struct {
	status int
	header http.Header
	body   string
}

// raw sends a request as it is.
func (k *kit) raw(method, path, body string, header ...string) reply {
	k.t.Helper()
	r, err := k.try(k.url+path, method, body, header...)
	must(k.t, err)
	return r
}

func (k *kit) try(address, method, body string, header ...string) (reply, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Authorization", "Bearer "+k.key)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := new(http.Client).Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(data)}, err
}
