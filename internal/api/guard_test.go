package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"tactus/client"
	"tactus/internal/account"
	"tactus/internal/api"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// described is the description as far as tests look at it.
type described struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]map[string]struct {
		OperationID string                     `json:"operationId"`
		Summary     string                     `json:"summary"`
		Tags        []string                   `json:"tags"`
		Responses   map[string]json.RawMessage `json:"responses"`
		RequestBody *struct {
			Content map[string]json.RawMessage `json:"content"`
		} `json:"requestBody"`
		Parameters []struct {
			Name string `json:"name"`
			In   string `json:"in"`
		} `json:"parameters"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]json.RawMessage `json:"schemas"`
	} `json:"components"`
}

func spec(t *testing.T) described {
	t.Helper()
	data, err := api.Spec("test")
	must(t, err)
	var d described
	must(t, json.Unmarshal(data, &d))
	return d
}

// SEC-1: every object is reached through its account. All routes that the description has are walked with the ids of another
// account, with ids that are none, and with ids that nothing has: 404 each time.
func TestOthersObjectsAreNotFound(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	p := k.plan("Mine")
	c := k.contact("a@example.com")
	_ = get[client.Outcome](t)(k.Assign(ctx, p.ID, client.Assign{IDs: []client.ID{c.ID}}))
	mail := k.plan("Mail", func(d *client.Document) {
		d.Steps = []map[string]any{{"name": "Hi", "action": "send_email", "when": "immediately", "subject": "Hi", "body": "Hello"}}
	})
	_ = get[client.Outcome](t)(k.Assign(ctx, mail.ID, client.Assign{IDs: []client.ID{c.ID}}))
	k.settle()
	op := get[client.Outcome](t)(k.ChangeContacts(ctx, client.ChangeContacts{IDs: []client.ID{c.ID}, AddTags: []string{"T"}}))
	label := func(kind string) client.ID {
		return get[client.Label](t)(k.CreateLabel(ctx, kind, client.NewLabel{Name: "mine"})).ID
	}
	owned := map[string]client.ID{
		"contacts": c.ID, "plans": p.ID, "operations": op.Operation.ID,
		"enrollments": get[client.Page[client.Enrollment]](t)(k.Enrollments(ctx, p.ID, client.PageOptions{})).Items[0].ID,
		"tags":        label(client.Tags), "stages": label(client.Stages), "sources": label(client.Sources), "groups": label(client.Groups),
		"users":     get[client.User](t)(k.CreateUser(ctx, client.NewUser{Email: "agent@acme.example"})).ID,
		"partners":  get[client.Partner](t)(k.CreatePartner(ctx, client.NewPartner{Name: "Pat", Email: "pat@example.com"})).ID,
		"keys":      get[client.MadeKey](t)(k.CreateKey(ctx, client.NewKey{Name: "k", Scopes: []string{"read"}})).ID,
		"tasks":     get[client.Task](t)(k.CreateTask(ctx, client.NewTask{Title: "Call"})).ID,
		"events":    get[client.Event](t)(k.CreateEvent(ctx, client.NewEvent{Title: "Closing", Kind: "closing", Contact: c.ID, At: begin})).ID,
		"templates": get[client.Template](t)(k.CreateTemplate(ctx, client.NewTemplate{Name: "t", Channel: "email", Subject: "s", Body: "b"})).ID,
		"messages":  get[client.Page[client.Message]](t)(k.Messages(ctx, client.MessageFilter{}, client.PageOptions{})).Items[0].ID,
		"imports":   get[client.ImportLook](t)(k.UploadImport(ctx, strings.NewReader("email\nb@example.com\n"))).Operation,
	}
	other := k.other()
	bodies := map[string]string{ // where the body must be right for the id to be looked at
		"add-contact-tags": `{"tags":["x"]}`, "add-contact-note": `{"text":"x"}`, "record-consent": `{"channel":"email","basis":"express"}`, "opt-out": `{"channel":"email"}`,
		"assign-plan": `{"ids":["1"]}`, "update-plan": `{"plan":"X","steps":[]}`, "preview-plan": `{"plan":"X","steps":[]}`,
		"update-partner": `{"name":"X","email":"x@example.com"}`, "update-template": `{"name":"X","channel":"sms","body":"x"}`,
	}
	first := regexp.MustCompile(`^/api/v1/([^/]+)/\{id\}`)
	walked := 0
	for path, methods := range spec(t).Paths {
		m := first.FindStringSubmatch(path)
		if m == nil {
			continue
		}
		id, ok := owned[m[1]]
		if !ok {
			t.Errorf("%s: the test has no object of this kind", path)
			continue
		}
		for method, o := range methods {
			body := bodies[o.OperationID]
			if body == "" && o.RequestBody != nil {
				body = `{}`
			}
			for _, bad := range []string{string(id), "999999999", "nonsense", "-1", "1e3", "99999999999999999999"} {
				u := strings.Replace(path, "{id}", bad, 1)
				u = strings.NewReplacer("{tag}", "x", "{version}", "1", "{name}", "refused.csv").Replace(u)
				switch o.OperationID {
				case "allow-address":
					u += "?channel=email&address=a@example.com&reason=bounce"
				case "compare-plan":
					u += "?from=1&to=1"
				}
				resp := other.raw(strings.ToUpper(method), u, body, "If-Match", "*")
				if resp.status != http.StatusNotFound || resp.header.Get("Content-Type") != "application/problem+json" {
					t.Errorf("%s %s: %d %s", method, u, resp.status, resp.body)
				}
				walked++
			}
		}
	}
	if walked < 300 {
		t.Errorf("only %d requests: the walk finds too few routes", walked)
	}
	// And what was tried has done nothing.
	if got := get[client.Contact](t)(k.Contact(ctx, c.ID)); got.FirstName != "Ann" {
		t.Errorf("contact: %+v", got)
	}
	if got := get[client.Enrollment](t)(k.Enrollment(ctx, owned["enrollments"])); got.Status != "active" {
		t.Errorf("enrollment: %+v", got)
	}
}

// SEC-1 in bodies and filters: ids of others name nothing there, either.
func TestOthersIDsInBodies(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	p, c := k.plan("Mine"), k.contact("a@example.com")
	_ = get[client.Outcome](t)(k.Assign(ctx, p.ID, client.Assign{IDs: []client.ID{c.ID}}))
	run := get[client.Page[client.Enrollment]](t)(k.Enrollments(ctx, p.ID, client.PageOptions{})).Items[0].ID
	user := get[client.User](t)(k.CreateUser(ctx, client.NewUser{Email: "agent@acme.example"})).ID
	o := k.other()
	own := o.plan("Theirs")
	out := get[client.Outcome](t)(o.Assign(ctx, own.ID, client.Assign{IDs: []client.ID{c.ID}}))
	if out.Counts["started"] != 0 || out.Counts["skipped.gone"] != 1 {
		t.Errorf("assign: %v", out.Counts)
	}
	out = get[client.Outcome](t)(o.CommandMany(ctx, client.Stop, client.Bulk{IDs: []client.ID{run}}))
	if out.Counts["skipped.gone"] != 1 {
		t.Errorf("stop: %v", out.Counts)
	}
	for name, err := range map[string]error{
		"task's contact":  second(o.CreateTask(ctx, client.NewTask{Title: "x", Contact: c.ID})),
		"task's user":     second(o.CreateTask(ctx, client.NewTask{Title: "x", User: user})),
		"event's contact": second(o.CreateEvent(ctx, client.NewEvent{Title: "x", Kind: "x", Contact: c.ID, At: begin})),
		"assigned":        second(o.CreateContact(ctx, client.NewContact{FirstName: "X", Assigned: user})),
		"key's user":      second(o.CreateKey(ctx, client.NewKey{Name: "x", Scopes: []string{"read"}, User: user})),
		"filter's plan":   second(o.Contacts(ctx, client.ContactFilter{Plan: p.ID}, "", client.PageOptions{})),
		"bulk's plan":     second(o.CommandMany(ctx, client.Stop, client.Bulk{Filter: &client.EnrollmentFilter{Plan: p.ID}})),
	} {
		if problem, ok := err.(*client.Problem); !ok || problem.Status != 422 { //nolint:errorlint // the client returns it bare
			t.Errorf("%s: %v", name, err)
		}
	}
	if m := get[client.Page[client.Task]](t)(o.Tasks(ctx, client.TaskFilter{Contact: c.ID}, client.PageOptions{})); len(m.Items) != 0 {
		t.Errorf("tasks: %+v", m.Items)
	}
}

func second[T any](_ T, err error) error { return err }

// Keys, scopes and roles.
func TestKeys(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	_, err := k.client("").Contacts(ctx, client.ContactFilter{}, "", client.PageOptions{})
	if p := refusal(t, err, 401); p.Code != "unauthenticated" {
		t.Errorf("code %s", p.Code)
	}
	_, err = k.client("abc.def").Contacts(ctx, client.ContactFilter{}, "", client.PageOptions{})
	refused(t, err, 401)
	read := k.client(k.newKey(account.Read))
	_ = get[client.Page[client.Contact]](t)(read.Contacts(ctx, client.ContactFilter{}, "", client.PageOptions{}))
	_, err = read.CreateContact(ctx, client.NewContact{FirstName: "X"})
	refused(t, err, 403)
	write := k.client(k.newKey(account.Write))
	_ = get[client.Lead](t)(write.CreateContact(ctx, client.NewContact{FirstName: "X"}))
	_, err = write.UpdateSettings(ctx, "", client.SettingsPatch{Kill: client.Ptr(true)})
	refused(t, err, 403)
	_, err = write.Keys(ctx)
	refused(t, err, 403)
	// An agent's key does no more than the agent may, whatever its scopes say.
	agent := get[client.User](t)(k.CreateUser(ctx, client.NewUser{Email: "agent@acme.example"}))
	made := get[client.MadeKey](t)(k.CreateKey(ctx, client.NewKey{Name: "agent", Scopes: []string{"admin"}, User: agent.ID}))
	_, err = k.client(made.Secret).UpdateSettings(ctx, "", client.SettingsPatch{Kill: client.Ptr(true)})
	refused(t, err, 403)
	// An admin makes no owners, and no key that is more than an admin.
	admin := get[client.User](t)(k.CreateUser(ctx, client.NewUser{Email: "admin@acme.example", Role: "admin"}))
	adminKey := k.client(get[client.MadeKey](t)(k.CreateKey(ctx, client.NewKey{Name: "admin", Scopes: []string{"admin"}, User: admin.ID})).Secret)
	_, err = adminKey.CreateUser(ctx, client.NewUser{Email: "x@acme.example", Role: "owner"})
	refused(t, err, 403)
	_, err = adminKey.CreateKey(ctx, client.NewKey{Name: "x", Scopes: []string{"admin"}})
	refused(t, err, 403)
	must(t, k.RevokeKey(ctx, made.ID))
	_, err = k.client(made.Secret).Contacts(ctx, client.ContactFilter{}, "", client.PageOptions{})
	refused(t, err, 401)
}

// SEC-5: guessing keys is slow.
func TestGuessingKeysIsSlow(t *testing.T) {
	t.Parallel()
	k := sqliteKit(t)
	for range 60 {
		resp := k.raw(http.MethodGet, "/api/v1/contacts", "", "Authorization", "Bearer guess.guess")
		if resp.status == http.StatusTooManyRequests {
			if resp.header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			// Behind a reverse proxy all have one address: who has a key is not kept out by who guesses.
			if resp := k.raw(http.MethodGet, "/api/v1/contacts", ""); resp.status != http.StatusOK {
				t.Errorf("a valid key from the same address: %d %s", resp.status, resp.body)
			}
			return
		}
	}
	t.Error("60 guesses were answered")
}

// API-1: rate limits with the standard headers.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	k := sqliteKit(t, func(o *api.Options) { o.PerSecond, o.Burst = 0.001, 3 })
	for i := range 4 {
		resp := k.raw(http.MethodGet, "/api/v1/tags", "")
		want := http.StatusOK
		if i == 3 {
			want = http.StatusTooManyRequests
		}
		if resp.status != want || resp.header.Get("RateLimit-Remaining") != fmt.Sprint(max(0, 2-i)) || resp.header.Get("RateLimit-Policy") == "" {
			t.Errorf("request %d: %d %v", i, resp.status, resp.header)
		}
		if i == 3 && resp.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
}

// Every refusal is a problem document: unknown fields, paths, methods, bodies that are too large or no JSON.
func TestProblems(t *testing.T) {
	t.Parallel()
	k := sqliteKit(t)
	for _, c := range []struct {
		method, path, body string
		status             int
		field              string
	}{
		{"GET", "/api/v1/nothing", "", 404, ""},
		{"DELETE", "/api/v1/contacts", "", 405, ""},
		{"POST", "/api/v1/contacts", `{"first_nmae":"Ann"}`, 422, "first_nmae"},
		{"POST", "/api/v1/contacts", `{"emails":[{"address":"a@example.com","kind":"home"}]}`, 422, "emails[0].kind"},
		{"POST", "/api/v1/contacts", `{"first_name":`, 400, "body"},
		{"POST", "/api/v1/contacts", `{"first_name":7}`, 422, "first_name"},
		{"POST", "/api/v1/contacts", `{"emails":[{"address":"nonsense"}]}`, 422, "emails[0]"},
		{"POST", "/api/v1/contacts", `{"stage":"Nowhere"}`, 422, "stage"},
		{"POST", "/api/v1/contacts", `{"note":"` + strings.Repeat("x", 2<<20) + `"}`, 413, ""},
		{"POST", "/api/v1/contacts", "", 400, ""},
		{"GET", "/api/v1/contacts?colour=red", "", 422, "colour"},
		{"GET", "/api/v1/contacts?limit=0", "", 422, "limit"},
		{"POST", "/api/v1/tasks", `{}`, 422, "title"},
		{"POST", "/api/v1/plans/apply", `{"files":[]}`, 422, "files"},
	} {
		resp := k.raw(c.method, c.path, c.body)
		var p client.Problem
		if err := json.Unmarshal([]byte(resp.body), &p); err != nil {
			t.Errorf("%s %s: %v", c.method, c.path, err)
			continue
		}
		named := c.field == ""
		for _, f := range p.Fields {
			named = named || strings.HasPrefix(f.Name, c.field) || strings.Contains(f.Message, c.field)
		}
		if resp.status != c.status || p.Status != c.status || p.Code == "" || p.Title == "" || p.Request == "" || !named ||
			resp.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s %.60s: %d %s %+v", c.method, c.path, c.body, resp.status, resp.header.Get("Content-Type"), p)
		}
	}
}

// API-1: the same key with the same request gets the same answer, and nothing happens twice.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	k, ctx := sqliteKit(t), t.Context()
	post := func(body, key string) (int, string, http.Header) {
		resp := k.raw(http.MethodPost, "/api/v1/tasks", body, "Idempotency-Key", key)
		return resp.status, resp.body, resp.header
	}
	s1, b1, _ := post(`{"title":"Call"}`, "k1")
	s2, b2, h2 := post(`{"title":"Call"}`, "k1")
	if s1 != 201 || s2 != 201 || strings.TrimSpace(b1) != strings.TrimSpace(b2) || h2.Get("Idempotency-Replayed") == "" || h2.Get("Location") == "" {
		t.Errorf("%d %s\n%d %s %v", s1, b1, s2, b2, h2)
	}
	if s, b, _ := post(`{"title":"Other"}`, "k1"); s != 422 || !strings.Contains(b, "Idempotency-Key") {
		t.Errorf("another request with the key: %d %s", s, b)
	}
	if s, _, _ := post(`{"title":""}`, "k2"); s != 422 {
		t.Errorf("refusal: %d", s)
	}
	if s, _, _ := post(`{"title":"Now right"}`, "k2"); s != 201 { // a refusal keeps no key
		t.Errorf("after a refusal: %d", s)
	}
	k.clock.Advance(25 * time.Hour)
	if s, b, _ := post(`{"title":"Call"}`, "k1"); s != 201 || strings.TrimSpace(b) == strings.TrimSpace(b1) {
		t.Errorf("a day later: %d %s", s, b)
	}
	if n := len(get[client.Page[client.Task]](t)(k.Tasks(ctx, client.TaskFilter{}, client.PageOptions{})).Items); n != 3 {
		t.Errorf("%d tasks", n)
	}
	// The key belongs to the API key: others may use the same.
	o := k.other()
	if resp := o.raw(http.MethodPost, "/api/v1/tasks", `{"title":"Theirs"}`, "Idempotency-Key", "k1"); resp.status != 201 {
		t.Errorf("another account: %d", resp.status)
	}
}

// Many at once with one key, on two nodes: the thing happens once; who comes while it is worked on waits, or is told to try again.
func TestIdempotencyAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		k := newKit(t, db)
		nodes := []string{k.url, k.node()}
		var wg sync.WaitGroup
		codes := make([]int, 20)
		for i := range codes {
			wg.Add(1)
			go func() {
				defer wg.Done()
				codes[i] = k.post(nodes[i%2]+"/api/v1/tasks", `{"title":"Once"}`, "same")
			}()
		}
		wg.Wait()
		made := 0
		for _, c := range codes {
			if c == 201 {
				made++
			} else if c != 409 {
				t.Errorf("codes: %v", codes)
				break
			}
		}
		if n := len(get[client.Page[client.Task]](t)(k.Tasks(t.Context(), client.TaskFilter{}, client.PageOptions{})).Items); n != 1 || made == 0 {
			t.Errorf("%d tasks, codes %v", n, codes)
		}
	})
}

// post returns the status of a POST; 0 when there was no answer, -1 for a conflict that does not say when to come again.
func (k *kit) post(url, body, key string) int {
	resp, err := k.try(url, http.MethodPost, body, "Idempotency-Key", key)
	if err != nil {
		return 0
	}
	if resp.status == http.StatusConflict && resp.header.Get("Retry-After") == "" {
		return -1
	}
	return resp.status
}

// A panic is an answer, too, and tells nothing but where to look.
func TestPanicIsAnAnswer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(api.New(api.Services{}, api.Options{})) // without services every request panics
	t.Cleanup(server.Close)
	resp, err := (&kit{key: "a.b"}).try(server.URL+"/api/v1/contacts", http.MethodGet, "")
	must(t, err)
	if resp.status != 500 || strings.Contains(resp.body, "nil pointer") || !strings.Contains(resp.body, resp.header.Get("X-Request-Id")) {
		t.Errorf("%d %s", resp.status, resp.body)
	}
}
