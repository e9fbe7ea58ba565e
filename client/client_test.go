package client_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"tactus/client"
)

// seen is what a server saw of one request.
type seen struct{ method, path, key, auth, body string }

// server answers each request with the next of some answers, the last one for ever.
func server(t *testing.T, answers ...func(http.ResponseWriter)) (*httptest.Server, func() []seen) {
	t.Helper()
	var mu sync.Mutex
	var all []seen
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		n := len(all)
		all = append(all, seen{r.Method, r.URL.RequestURI(), r.Header.Get("Idempotency-Key"), r.Header.Get("Authorization"), string(data)})
		mu.Unlock()
		answers[min(n, len(answers)-1)](w)
	}))
	t.Cleanup(s.Close)
	return s, func() []seen { mu.Lock(); defer mu.Unlock(); return all }
}

func answer(status int, body string, header ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func connect(t *testing.T, url string) (*client.Client, *[]time.Duration) {
	t.Helper()
	var waits []time.Duration
	c, err := client.New(url, "abc.def", client.Options{Wait: func(_ context.Context, d time.Duration) error {
		waits = append(waits, d)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c, &waits
}

// A POST that found the server busy is sent again with the same key, so that it happens once; Retry-After is kept.
func TestPostIsTriedAgainWithItsKey(t *testing.T) {
	t.Parallel()
	busy := answer(503, `{"status":503,"code":"unavailable"}`, "Retry-After", "7")
	s, all := server(t, busy, busy, answer(201, `{"id":"5","title":"Call"}`))
	c, waits := connect(t, s.URL)
	task, err := c.CreateTask(t.Context(), client.NewTask{Title: "Call"})
	if err != nil || task.ID != "5" {
		t.Fatalf("%+v %v", task, err)
	}
	got := all()
	if len(got) != 3 || got[0].key == "" || got[0].key != got[2].key || got[0].body != got[2].body || got[0].auth != "Bearer abc.def" {
		t.Errorf("requests: %+v", got)
	}
	if len(*waits) != 2 || (*waits)[0] != 7*time.Second {
		t.Errorf("waits: %v", *waits)
	}
	if _, err := c.CreateTask(t.Context(), client.NewTask{Title: "Call"}); err != nil {
		t.Fatal(err)
	}
	if got = all(); got[3].key == got[0].key {
		t.Error("another request has the same key")
	}
}

// However often it is tried, the gaps do not shrink again.
func TestManyTriesKeepTheirDistance(t *testing.T) {
	t.Parallel()
	s, all := server(t, answer(503, `{"status":503,"code":"unavailable"}`))
	var waits []time.Duration
	c, err := client.New(s.URL, "abc.def", client.Options{Tries: 80, Wait: func(_ context.Context, d time.Duration) error {
		waits = append(waits, d)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Task(t.Context(), "1"); !client.IsCode(err, "unavailable") || len(all()) != 80 {
		t.Errorf("%v after %d requests", err, len(all()))
	}
	for i := 1; i < len(waits); i++ {
		if waits[i] < waits[i-1] {
			t.Errorf("after try %d it waits %s, before that %s", i+1, waits[i], waits[i-1])
		}
	}
}

// A refusal is final, and a *Problem with its fields.
func TestRefusal(t *testing.T) {
	t.Parallel()
	s, all := server(t, answer(422, `{"status":422,"code":"invalid","detail":"the input is not valid","fields":[{"name":"title","message":"say what is to be done"}]}`))
	c, _ := connect(t, s.URL)
	_, err := c.CreateTask(t.Context(), client.NewTask{})
	if !client.IsCode(err, "invalid") || err.Error() != "the input is not valid: title: say what is to be done" {
		t.Errorf("%v", err)
	}
	if len(all()) != 1 {
		t.Errorf("%d requests", len(all()))
	}
}

// What is no problem document becomes one; a page that is no JSON is said to be so.
func TestOtherAnswers(t *testing.T) {
	t.Parallel()
	s, _ := server(t, answer(404, "<html>nginx</html>"), answer(200, "<html>hello</html>"))
	c, _ := connect(t, s.URL)
	if _, err := c.Task(t.Context(), "1"); !client.IsCode(err, "not_found") {
		t.Errorf("%v", err)
	}
	if _, err := c.Task(t.Context(), "1"); err == nil || !strings.Contains(err.Error(), "is it a Tactus server") {
		t.Errorf("%v", err)
	}
}

// Parts of paths are escaped; a base below a path works.
func TestPaths(t *testing.T) {
	t.Parallel()
	s, all := server(t, answer(204, ""))
	c, _ := connect(t, s.URL+"/crm/")
	if err := c.RemoveTag(t.Context(), "7", "a/b c?"); err != nil {
		t.Fatal(err)
	}
	if got := all()[0]; got.path != "/crm/api/v1/contacts/7/tags/a%2Fb%20c%3F" || got.method != http.MethodDelete {
		t.Errorf("%+v", got)
	}
	for _, bad := range []string{"", "localhost:8080", "ftp://x", "http://"} {
		if _, err := client.New(bad, "", client.Options{}); err == nil {
			t.Errorf("%q is taken for an address", bad)
		}
	}
}

// A server that is not there is tried some times, and the context ends the waiting.
func TestServerIsNotThere(t *testing.T) {
	t.Parallel()
	s, _ := server(t, answer(200, "{}"))
	s.Close()
	c, waits := connect(t, s.URL)
	if _, err := c.Task(t.Context(), "1"); err == nil || len(*waits) != 3 {
		t.Errorf("%v after %d waits", err, len(*waits))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Task(ctx, "1"); err == nil {
		t.Error("a context that is done")
	}
}
