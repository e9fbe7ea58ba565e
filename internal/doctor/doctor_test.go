package doctor_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tactus/internal/app"
	"tactus/internal/app/apptest"
	"tactus/internal/channel/smtptest"
	"tactus/internal/doctor"
	"tactus/internal/store"
	"tactus/internal/store/pgtest"
	"tactus/internal/store/storetest"
)

// seen are checks by "Section: name".
type seen map[string]doctor.Check

func look(checks []doctor.Check) seen {
	s := seen{}
	for _, c := range checks {
		s[c.Section+": "+c.Name] = c
	}
	return s
}

// want holds a check's status and a part of what it saw or advises.
func (s seen) want(t *testing.T, name string, status doctor.Status, part string) {
	t.Helper()
	c, ok := s[name]
	if !ok {
		t.Errorf("%s was not looked at", name)
	} else if c.Status != status || !strings.Contains(c.Saw+" "+c.Advice, part) {
		t.Errorf("%s: %s %q → %q; want %s with %q", name, c.Status, c.Saw, c.Advice, status, part)
	}
	if ok && (c.Status == doctor.OK) != (c.Advice == "") {
		t.Errorf("%s: %s with advice %q", name, c.Status, c.Advice)
	}
}

// key is a DKIM key: as a setting, and as DNS publishes it.
func key(t *testing.T) (setting, published string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), base64.StdEncoding.EncodeToString(public)
}

// office is an account that sends real email through a real server.
func office(t *testing.T, db *store.DB, mail *smtptest.Server, setting string) *apptest.Office {
	t.Helper()
	o := apptest.New(t, db)
	settings := map[string]json.RawMessage{}
	for name, v := range map[string]any{
		"host": mail.Host, "port": mail.Port, "security": "none", "dkim_domain": "agency.example", "dkim_selector": "s1", "dkim_key": setting,
	} {
		raw, err := json.Marshal(v)
		o.OK(err)
		settings[name] = raw
	}
	_, err := o.Carrying.Set(t.Context(), o.ID, "email", "smtp", settings)
	o.OK(err)
	a, err := o.Accounts.Account(t.Context(), o.ID)
	o.OK(err)
	a.Settings.SenderAddress, a.Settings.BaseURL, a.Postal = "team@agency.example", "https://crm.agency.example", "1 Main St\nDenver CO 80202"
	o.OK(o.Accounts.Update(t.Context(), a, "test"))
	return o
}

// unsafe is how the tests' own PostgreSQL is set, for speed.
var unsafe = map[string]bool{"fsync": true, "full_page_writes": true, "synchronous_commit": true}

func TestAllIsWell(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		mail := smtptest.Start(t, smtptest.Options{})
		setting, published := key(t)
		o := office(t, db, mail, setting)
		p := o.Plan("plan: Hello\nsteps:\n  - {name: Tag, action: add_tags, when: immediately, tags: [Seen]}\n  - {name: Note, action: add_note, when: 3 days after start, text: Noted}\n")
		o.Assign(p, o.Leads(3)...)
		o.Settle()
		names := doctor.Resolver(dns(t, map[string][]string{
			"agency.example MX": {"mx.agency.example."}, "agency.example TXT": {"v=spf1 include:mail.example -all", "unrelated"},
			"s1._domainkey.agency.example TXT": {"v=DKIM1; k=ed25519; p=" + published}, "_dmarc.agency.example TXT": {"v=DMARC1; p=none"},
		}))
		for _, c := range o.Doctor(app.Config{Secret: "x"}, names).Look(t.Context(), o.ID) {
			if c.Status != doctor.OK && !unsafe[c.Name] {
				t.Errorf("%s %s: %s %s → %s", c.Section, c.Name, c.Status, c.Saw, c.Advice)
			}
		}
		if n := mail.Counts().Accepted; n != 0 {
			t.Errorf("%d messages were sent", n)
		}
	})
}

func TestSenderDomains(t *testing.T) {
	t.Parallel()
	mail := smtptest.Start(t, smtptest.Options{})
	setting, published := key(t)
	o := office(t, storetest.Memory(t), mail, setting)
	good := map[string][]string{
		"agency.example MX": {"mx.agency.example."}, "agency.example TXT": {"v=spf1 include:mail.example -all"},
		"s1._domainkey.agency.example TXT": {"v=DKIM1; p=" + published}, "_dmarc.agency.example TXT": {"v=DMARC1; p=none"},
	}
	const at = "Sender domains: agency.example"
	for _, c := range []struct {
		record, value string
		check         string
		status        doctor.Status
		part          string
	}{
		{"agency.example MX", "", at + " MX", doctor.Warn, "cannot come back"},
		{"agency.example MX", "!", at, doctor.Warn, "could not be looked up"},
		{"agency.example TXT", "", at + " SPF", doctor.Warn, "v=spf1 include:"},
		{"agency.example TXT", "v=spf1 +all", at + " SPF", doctor.Fail, "everybody"},
		{"agency.example TXT", "v=spf1 mx", at + " SPF", doctor.Fail, "end it with"},
		{"agency.example TXT", "v=spf1 mx -all|v=spf1 a -all", at + " SPF", doctor.Fail, "several"},
		{"s1._domainkey.agency.example TXT", "", at + " DKIM", doctor.Fail, "p=" + published},
		{"s1._domainkey.agency.example TXT", "v=DKIM1; p=AAAA", at + " DKIM", doctor.Fail, "another key"},
		{"_dmarc.agency.example TXT", "", at + " DMARC", doctor.Warn, "v=DMARC1; p=none"},
		{"_dmarc.agency.example TXT", "!", at + " DMARC", doctor.Warn, "could not be looked up"},
	} {
		records := maps.Clone(good)
		if records[c.record] = strings.Split(c.value, "|"); c.value == "" {
			delete(records, c.record)
		}
		look(o.Doctor(app.Config{}, doctor.Resolver(dns(t, records))).Look(t.Context(), o.ID)).want(t, c.check, c.status, c.part)
	}
}

func TestCarrierAndSetup(t *testing.T) {
	t.Parallel()
	mail := smtptest.Start(t, smtptest.Options{User: "u", Password: "p"})
	setting, _ := key(t)
	o := office(t, storetest.Memory(t), mail, setting)
	names := doctor.Resolver(dns(t, nil))
	ask := func() seen { return look(o.Doctor(app.Config{}, names).Look(t.Context(), o.ID)) }
	a, err := o.Accounts.Account(t.Context(), o.ID)
	o.OK(err)
	a.Postal, a.Settings.BaseURL, a.Settings.Kill = "", "", true
	o.OK(o.Accounts.Update(t.Context(), a, "test"))
	s := ask()
	s.want(t, "Setup: postal address", doctor.Warn, "EMAIL-4")
	s.want(t, "Setup: public address", doctor.Fail, "base_url")
	s.want(t, "Setup: sending", doctor.Warn, "kill switch")
	a.Settings.BaseURL = "http://crm.agency.example"
	o.OK(o.Accounts.Update(t.Context(), a, "test"))
	ask().want(t, "Setup: public address", doctor.Warn, "https://")
	o.OK(mail.Close())
	ask().want(t, "Carriers: email", doctor.Fail, "does not accept")
}

func TestCertificate(t *testing.T) {
	t.Parallel()
	mail := smtptest.Start(t, smtptest.Options{TLS: true})
	o := apptest.New(t, storetest.Memory(t))
	_, err := o.Carrying.Set(t.Context(), o.ID, "email", "smtp", map[string]json.RawMessage{
		"host": json.RawMessage(`"` + mail.Host + `"`), "port": json.RawMessage(fmt.Sprint(mail.Port)), "security": json.RawMessage(`"tls"`),
	})
	o.OK(err)
	look(o.Doctor(app.Config{}, doctor.Resolver(dns(t, nil))).Look(t.Context(), o.ID)).want(t, "Carriers: email", doctor.Fail, "certificate")
}

// The promises of the engine, broken by hand.
func TestWork(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		p := o.Plan("plan: Hello\nsteps:\n  - {name: Hi, action: send_email, when: immediately, subject: Hi, body: Hello}\n")
		o.Assign(p, o.Leads(2)...)
		s := look(o.Doctor(app.Config{}, doctor.Resolver(dns(t, nil))).Look(t.Context(), o.ID))
		s.want(t, "Work: due", doctor.OK, "none")
		o.Clock.Advance(time.Hour)
		s = look(o.Doctor(app.Config{}, doctor.Resolver(dns(t, nil))).Look(t.Context(), o.ID))
		s.want(t, "Work: due", doctor.Warn, "2 are late")
		o.Wire.Always(apptest.Later)
		o.Settle()
		s = look(o.Doctor(app.Config{}, doctor.Resolver(dns(t, nil))).Look(t.Context(), o.ID))
		s.want(t, "Work: due", doctor.OK, "none")
		s.want(t, "Work: counts", doctor.OK, "none")
		s.want(t, "Work: answers", doctor.OK, "none")
		s.want(t, "Setup: sending", doctor.OK, "sandbox")
	})
}

// After a restore nothing leaves until a person says so, which nobody must have to guess (DEC-18).
func TestRestored(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := apptest.New(t, db)
		const at = "Work: restore"
		ask := func() seen { return look(o.Doctor(app.Config{}, doctor.Resolver(dns(t, nil))).Look(t.Context(), o.ID)) }
		ask().want(t, at, doctor.OK, "not held")
		now := o.Clock.Now()
		o.OK(db.BeginRestore(t.Context(), now.Add(-time.Hour), now))
		ask().want(t, at, doctor.Fail, "tactus restore FILE")
		o.OK(db.EndRestore(t.Context()))
		ask().want(t, at, doctor.Warn, "tactus sending release")
		_, err := db.ReleaseSending(t.Context())
		o.OK(err)
		ask().want(t, at, doctor.OK, "not held")
	})
}

// What a PostgreSQL server can have that makes it unsafe.
func TestPostgresSettings(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	db := storetest.Open(t, address+separator+"synchronous_commit=off&idle_in_transaction_session_timeout=0")
	o := apptest.New(t, db)
	conn := pgtest.Connect(t, address)
	for _, text := range []string{
		`ALTER TABLE message SET (autovacuum_enabled = false)`, `CREATE INDEX half ON contact (id)`,
		`UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass('half')`,
	} {
		_, err := conn.Exec(t.Context(), text)
		o.OK(err)
	}
	s := look(o.Doctor(app.Config{}, doctor.Resolver(dns(t, nil))).Look(t.Context(), o.ID))
	s.want(t, "Database: synchronous_commit", doctor.Fail, "ENG-5")
	s.want(t, "Database: idle transactions", doctor.Warn, "idle_in_transaction_session_timeout")
	s.want(t, "Database: vacuum", doctor.Warn, "message")
	s.want(t, "Database: indexes", doctor.Warn, "half")
	s.want(t, "Database: clock", doctor.OK, "from this machine")
}

// Without a server the database is opened directly; what is not there is not made.
func TestStoppedServer(t *testing.T) {
	t.Parallel()
	cfg := app.DefaultConfig()
	cfg.DB = filepath.Join(t.TempDir(), "tactus.db")
	ask := func() seen {
		t.Helper()
		checks, err := app.Examine(t.Context(), cfg, doctor.Resolver(dns(t, nil)))
		if err != nil {
			t.Fatal(err)
		}
		return look(checks)
	}
	ask().want(t, "Database: reachable", doctor.Fail, "there is no database")
	if _, err := os.Stat(cfg.DB); err == nil {
		t.Error("it made one")
	}
	db, err := store.Open(t.Context(), cfg.DB, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	ask().want(t, "Database: schema", doctor.Warn, "0001_init.sql")
	if db, err = store.Open(t.Context(), cfg.DB, store.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := apptest.New(t, db)
	if _, err := cfg.OpenSecret(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	ask().want(t, "Database: reachable", doctor.Fail, "process") // the file's lock
	o.OK(db.Close())
	s := ask()
	s.want(t, "Setup: secret", doctor.OK, "set up with")
	s.want(t, "Database: synchronous", doctor.OK, "full")
	secret := cfg.Beside(".secret")
	o.OK(os.Chmod(secret, 0o644))
	o.OK(os.Chmod(cfg.DB, 0o644))
	s = ask()
	s.want(t, "Setup: files", doctor.Warn, secret)
	s.want(t, "Database: file mode", doctor.Warn, "chmod 600")
	o.OK(os.WriteFile(secret, []byte(strings.Repeat("ab", 32)+"\n"), 0o600))
	ask().want(t, "Setup: secret", doctor.Fail, "another")
	o.OK(os.Remove(secret))
	ask().want(t, "Setup: secret", doctor.Fail, "is missing")
	if _, err := os.Stat(secret); err == nil {
		t.Error("it made a secret")
	}
	o.OK(storetest.Newer(t.Context(), cfg.DB))
	ask().want(t, "Database: schema", doctor.Fail, "newer Tactus")
}
