package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"tactus/client"
	"tactus/internal/api"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// before is a response before whose body begins something happens.
type before struct {
	http.ResponseWriter
	happens func()
}

// Unwrap lets http.ResponseController reach the connection.
func (b before) Unwrap() http.ResponseWriter { return b.ResponseWriter }

func (b before) Write(p []byte) (int, error) {
	b.happens()
	return b.ResponseWriter.Write(p)
}

// A file of an operation that still adds to it comes whole as far as it was when it was asked for.
func TestFileThatGrows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		k := newKit(t, db)
		id, err := k.app.Jobs.Draft(t.Context(), k.id, "import", nil, "test")
		must(t, err)
		add := func(text string) {
			_, err := k.app.Jobs.AddFile(context.Background(), k.id, id, "refused.csv", strings.NewReader(text))
			must(t, err)
		}
		add("one\n")
		op := get[client.Page[client.Operation]](t)(k.Operations(t.Context(), "", false, client.PageOptions{})).Items[0]
		more := sync.OnceFunc(func() { add("two\n") })
		a := api.New(k.services, k.opt)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.ServeHTTP(before{w, more}, r) }))
		defer server.Close()
		k.url = server.URL
		for _, want := range []string{"one\n", "one\ntwo\n"} {
			if got := string(get[[]byte](t)(k.client(k.key).OperationFile(t.Context(), op.ID, "refused.csv"))); got != want {
				t.Errorf("it holds %q, want %q", got, want)
			}
		}
	})
}

// reliability: a client that takes nothing of a backup does not keep it, and the database's snapshot, for ever.
func TestClientThatStalls(t *testing.T) {
	t.Parallel()
	k := sqliteKit(t, func(o *api.Options) { o.SlowReader = 50 * time.Millisecond })
	broken := make(chan error, 1)
	k.services.Backup = func(ctx context.Context, w io.Writer) error {
		for part := make([]byte, 1<<20); ; {
			if _, err := w.Write(part); err != nil {
				broken <- err
				return err
			}
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, k.node()+"/api/v1/backup", nil)
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+k.key)
	resp, err := http.DefaultTransport.RoundTrip(req)
	must(t, err)
	defer resp.Body.Close()
	select {
	case err := <-broken:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	case <-ctx.Done():
		t.Error("it is still being sent")
	}
}
