package backup_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"tactus/internal/backup"
	"tactus/internal/fault"
)

// sample is a backup of two tables, one of them with rows enough for several batches and one row longer than any buffer.
func sample(t testing.TB) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := backup.NewWriter(&file, backup.Header{Schema: 3, Taken: 1_767_225_600_000, Program: "v1", Database: "SQLite", Migrations: []string{"a", "b", "c"}})
	must(t, err)
	must(t, w.Table(backup.Table{Name: "empty", Columns: []string{"id"}}))
	must(t, w.Table(backup.Table{Name: "full", Columns: []string{"id", "text"}, Last: 9}))
	for i := range 1000 {
		must(t, w.Row(fmt.Appendf(nil, `[%d,"row"]`, i)))
	}
	must(t, w.Row([]byte(`[1000,"`+strings.Repeat("x", 1<<20)+`"]`)))
	must(t, w.Close())
	return file.Bytes()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	r, err := backup.NewReader(bytes.NewReader(sample(t)))
	must(t, err)
	if r.Header.Schema != 3 || len(r.Header.Migrations) != 3 || r.Header.Moment().Year() != 2026 {
		t.Errorf("%+v", r.Header)
	}
	var got []string
	for {
		table, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		batches, rows := 0, 0
		for {
			batch, n, err := r.Rows(nil, 2000)
			must(t, err)
			if n == 0 {
				break
			}
			if commas := bytes.Count(batch, []byte(`],[`)); commas != n-1 {
				t.Errorf("%d rows in %s", n, batch)
			}
			batches, rows = batches+1, rows+n
		}
		got = append(got, fmt.Sprint(table.Name, table.Columns, table.Last, rows, batches > 5))
	}
	if want := "[empty[id]0 0 false full[id text]9 1001 true]"; strings.ReplaceAll(fmt.Sprint(got), "] ", "]") != strings.ReplaceAll(want, "] ", "]") {
		t.Errorf("%v", got)
	}
	if s := r.Summary(); s.Total() != 1001 || s.Rows["full"] != 1001 {
		t.Errorf("%+v", s.Rows)
	}
}

// A file that is not whole and sound is never taken for one, wherever it ends and whatever byte is another (9-quality "backup").
func TestDamageIsNoticed(t *testing.T) {
	t.Parallel()
	file := sample(t)
	refused := func(what string, data []byte) {
		t.Helper()
		if _, err := backup.Verify(bytes.NewReader(data), nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for at := 0; at < len(file); at += 1 + len(file)/200 {
		refused(fmt.Sprintf("cut at %d", at), file[:at])
		if at < 10 {
			continue // gzip's own header has bytes that mean nothing
		}
		other := bytes.Clone(file)
		other[at] ^= 0x40
		refused(fmt.Sprintf("byte %d", at), other)
	}
	refused("two files", append(bytes.Clone(file), file...))
	refused("a text", []byte("hello"))
	refused("another gzip", zip(t, "hello\n"))
	refused("nothing", nil)
	refused("no rows' table", zip(t, `{"tactus_backup":1}`+"\n[1]\n"))
	refused("no columns", zip(t, `{"tactus_backup":1}`+"\n"+`{"table":"a"}`+"\n"))
	refused("an empty line", zip(t, `{"tactus_backup":1}`+"\n\n"))
	refused("other counts", zip(t, `{"tactus_backup":1}`+"\n"+`{"rows":{"a":1},"sha256":"x"}`+"\n"))
	refused("another sum", zip(t, `{"tactus_backup":1}`+"\n"+`{"rows":{},"sha256":"x"}`+"\n"))
	if _, err := backup.Verify(bytes.NewReader(zip(t, `{"tactus_backup":2,"program":"v9"}`+"\n")), nil); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "newer Tactus (v9") {
		t.Error(err)
	}
	s, err := backup.Verify(bytes.NewReader(file), func(int64) {})
	if err != nil || s.Total() != 1001 {
		t.Error(s, err)
	}
}

func zip(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, text)
	must(t, err)
	must(t, w.Close())
	return b.Bytes()
}

func FuzzRead(f *testing.F) {
	f.Add("[1]")
	f.Add(`{"table":"a","columns":["id"]}` + "\n[1]\n[2]")
	f.Add(`{"rows":{},"sha256":""}`)
	f.Fuzz(func(t *testing.T, text string) {
		_, err := backup.Verify(bytes.NewReader(zip(t, `{"tactus_backup":1}`+"\n"+text)), nil)
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
	})
}
