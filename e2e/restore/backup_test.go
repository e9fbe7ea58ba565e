package restore_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// rows are a table's rows by column.
type rows []map[string]any

// unpack reads a backup as anybody can: lines of JSON in gzip.
func unpack(t *testing.T, path string) map[string]rows {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	gz, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	out, table, columns := map[string]rows{}, "", []string(nil)
	lines := bufio.NewScanner(gz)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		line := lines.Bytes()
		if line[0] == '{' {
			var head struct {
				Table   string   `json:"table"`
				Columns []string `json:"columns"`
			}
			if err := json.Unmarshal(line, &head); err != nil {
				t.Fatal(err)
			}
			table, columns = head.Table, head.Columns
			continue
		}
		var values []any
		if err := json.Unmarshal(line, &values); err != nil {
			t.Fatal(err)
		}
		row := map[string]any{}
		for i, name := range columns {
			row[name] = values[i]
		}
		out[table] = append(out[table], row)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// consistent holds a backup that was taken under load against what every moment of a database promises: one transaction per move, so no
// effect without its history, no history without its guard, no count that is not so (ENG-2, DEC-4, DEC-11).
func consistent(t *testing.T, path string) map[string]rows {
	t.Helper()
	db := unpack(t, path)
	live, status := map[any]any{}, map[string]float64{}
	for _, e := range db["enrollment"] {
		status[fmt.Sprint(e["status"])]++
		if e["status"] == "active" || e["status"] == "paused" {
			live[e["id"]] = e["run"]
		}
	}
	counted := map[string]float64{}
	for _, c := range db["plan_count"] {
		for _, s := range []string{"active", "paused", "stopped", "completed"} {
			n, ok := c[s].(float64)
			if !ok {
				t.Fatalf("%v is no count", c[s])
			}
			counted[s] += n
		}
	}
	for s, n := range status {
		if counted[s] != n {
			t.Errorf("%v enrollments are %s, the plan counts %v", n, s, counted[s])
		}
	}
	key := func(row map[string]any, id any) string { return fmt.Sprint(id, row["run"], row["round"], row["step"]) }
	fired, guards := map[string]bool{}, map[string]bool{}
	for _, h := range db["history"] {
		if h["kind"] == "step" && (h["outcome"] == "fired" || h["outcome"] == "failed") {
			k := key(h, h["enrollment_id"])
			if fired[k] {
				t.Errorf("%s fired twice", k)
			}
			fired[k] = true
		}
	}
	for _, g := range db["guard"] {
		k := key(g, g["enrollment_id"])
		if guards[k] = true; !fired[k] {
			t.Errorf("%s has a guard and no history", k)
		}
	}
	for _, h := range db["history"] {
		if k := key(h, h["enrollment_id"]); fired[k] && live[h["enrollment_id"]] == h["run"] && !guards[k] {
			t.Errorf("%s has a history and no guard", k)
		}
	}
	for _, m := range db["message"] {
		if k := key(m, m["enrollment_id"]); fired[k] != (m["status"] == "accepted" || m["status"] == "uncertain") {
			t.Errorf("%s is %v; it has fired: %v", k, m["status"], fired[k])
		}
	}
	return db
}
