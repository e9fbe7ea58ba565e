package client_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tactus/client"
)

// changes are requests without an Idempotency-Key.
func changes() map[string]func(context.Context, *client.Client) error {
	return map[string]func(context.Context, *client.Client) error{
		"delete": func(ctx context.Context, c *client.Client) error { return c.DeleteTask(ctx, "1") },
		"patch": func(ctx context.Context, c *client.Client) error {
			_, err := c.UpdateTask(ctx, "1", client.TaskPatch{})
			return err
		},
		"patch of a version": func(ctx context.Context, c *client.Client) error {
			_, err := c.UpdateSettings(ctx, `"1"`, client.SettingsPatch{})
			return err
		},
		"put of a version": func(ctx context.Context, c *client.Client) error {
			_, err := c.UpdateTemplate(ctx, "1", `"1"`, client.NewTemplate{})
			return err
		},
	}
}

// A change whose repeat would be refused for what the first one did (404, 412) is not repeated after an answer that was lost: nobody is told that it was
// not done when it was.
func TestChangesWhoseAnswerWasLost(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]func(http.ResponseWriter){
		"busy":   answer(503, `{"status":503,"code":"unavailable"}`),
		"proxy":  answer(502, "<html>"),
		"broken": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		for what, change := range changes() {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				s, all := server(t, lost, answer(404, `{"status":404,"code":"not_found"}`))
				c, _ := connect(t, s.URL)
				err := change(t.Context(), c)
				if !errors.Is(err, client.ErrUnknown) || !strings.Contains(err.Error(), "not known") || name != "broken" && !client.IsCode(err, "unavailable") {
					t.Errorf("%v", err)
				}
				if len(all()) != 1 {
					t.Errorf("%d requests", len(all()))
				}
			})
		}
	}
}

// What the server has not done, or would do again to the same end, is repeated.
func TestChangesThatAreTriedAgain(t *testing.T) {
	t.Parallel()
	for name, change := range changes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, all := server(t, answer(429, `{"status":429,"code":"too_many"}`), answer(200, "{}"))
			c, _ := connect(t, s.URL)
			if err := change(t.Context(), c); err != nil || len(all()) != 2 {
				t.Errorf("%d requests, %v", len(all()), err)
			}
		})
	}
	for name, change := range map[string]func(context.Context, *client.Client) error{
		"remove a tag": func(ctx context.Context, c *client.Client) error { return c.RemoveTag(ctx, "1", "Hot") },
		"put": func(ctx context.Context, c *client.Client) error {
			_, err := c.UpdateTemplate(ctx, "1", "", client.NewTemplate{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, all := server(t, answer(503, `{"status":503,"code":"unavailable"}`), answer(200, "{}"))
			c, _ := connect(t, s.URL)
			if err := change(t.Context(), c); err != nil || len(all()) != 2 {
				t.Errorf("%d requests, %v", len(all()), err)
			}
		})
	}
}

// Whom nobody has reached, nobody has changed: it is tried again, and the error does not say that it may have been.
func TestAServerThatIsNotThere(t *testing.T) {
	t.Parallel()
	s, _ := server(t, answer(200, "{}"))
	var mu sync.Mutex
	dials := 0
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		dials++
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}}
	c, err := client.New(s.URL, "", client.Options{HTTP: &http.Client{Transport: transport}, Tries: 3, Wait: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	err = c.DeleteTask(t.Context(), "1")
	mu.Lock()
	defer mu.Unlock()
	if err == nil || errors.Is(err, client.ErrUnknown) || dials != 3 {
		t.Errorf("%d tries, %v", dials, err)
	}
}
