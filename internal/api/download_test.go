package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

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
