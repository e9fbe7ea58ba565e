package cli_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"tactus/internal/cli"
)

// keys notes which keys a server was sent.
type keys struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string
}

func newKeys(t *testing.T) *keys {
	t.Helper()
	k := &keys{}
	k.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.seen = append(k.seen, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"items":[]}`)
	}))
	t.Cleanup(k.Close)
	return k
}

func (k *keys) take() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	seen := k.seen
	k.seen = nil
	return seen
}

// DEC-14, SEC-2: the key that a server keeps on this machine may do everything; it goes to that server and to no other.
func TestLocalKeyStaysLocal(t *testing.T) {
	t.Parallel()
	local, other := newKeys(t), newKeys(t)
	dir, empty := t.TempDir(), t.TempDir()
	file := fmt.Sprintf(`{"url":%q,"key":"local.secret","pid":1}`, local.URL)
	if err := os.WriteFile(filepath.Join(dir, "tactus.server"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args  []string
		dir   string
		code  int
		local []string
		other []string
	}{
		{nil, dir, 0, []string{"local.secret"}, nil},
		{[]string{"--server", local.URL + "/"}, dir, 0, []string{"local.secret"}, nil},
		{[]string{"--key", "my.own"}, dir, 0, []string{"my.own"}, nil},
		{[]string{"--server", other.URL}, dir, 2, nil, nil},
		{[]string{"--server", other.URL}, empty, 2, nil, nil},
		{[]string{"--server", local.URL + ".example.com"}, dir, 2, nil, nil},
		{[]string{"--server", other.URL, "--key", "my.own"}, dir, 0, nil, []string{"my.own"}},
		{nil, empty, 1, nil, nil},
	} {
		code, said := tactus(t.Context(), append([]string{"key", "list", "--state-dir", c.dir}, c.args...)...)
		if code != c.code || !slices.Equal(local.take(), c.local) || !slices.Equal(other.take(), c.other) {
			t.Errorf("%q: exit code %d, %q", c.args, code, said)
		}
		if code == 2 && (!strings.Contains(said, "--key") || !strings.Contains(said, "TACTUS_KEY")) {
			t.Errorf("%q: %q", c.args, said)
		}
	}
}

// DEC-14: who names a server, by flag or environment, never gets this machine's database in its place.
func TestNamedServerIsNotReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := filepath.Join(dir, "tactus.db")
	if code, said := tactus(t.Context(), "migrate", "--db", db); code != 0 {
		t.Fatal(said)
	}
	const away = "http://127.0.0.1:1"
	named := map[string]string{"TACTUS_SERVER": away, "TACTUS_KEY": "x"}
	for _, c := range []struct {
		env  map[string]string
		args []string
		away bool
	}{
		{named, nil, true},
		{nil, []string{"--server", away, "--key", "x"}, true},
		{nil, nil, false}, // none is named and none runs
	} {
		file := filepath.Join(dir, fmt.Sprintf("%d%d.backup", len(c.env), len(c.args)))
		for _, command := range [][]string{{"backup", file}, {"doctor", "--json"}} {
			var out, errs bytes.Buffer
			args := append(append(command, "--db", db), c.args...)
			code := cli.Run(t.Context(), args, cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs, Env: func(name string) string { return c.env[name] }})
			if said := errs.String(); strings.Contains(said, "does not answer") != c.away || (out.Len() == 0) != c.away || c.away && code != 1 {
				t.Errorf("%q %v: exit code %d, %s%s", args, c.env, code, &out, said)
			}
		}
		if _, err := os.Stat(file); (err != nil) != c.away {
			t.Errorf("%v %v: %v", c.env, c.args, err)
		}
	}
}
