package doctor

import (
	"testing"
	"time"
)

// 9-quality: tables vacuum. What a busy minute leaves until autovacuum comes by is no news; what it has not come to for long is.
func TestVacuum(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		table Table
		warns bool
	}{
		{Table{Name: "guard", Dead: 60_000, Live: 20, Cleaned: time.Minute}, false},
		{Table{Name: "guard", Dead: 60_000, Live: 20, Cleaned: time.Hour}, true},
		{Table{Name: "history", Dead: 60_000, Live: 1_000_000, Cleaned: time.Hour}, false},
		{Table{Name: "guard", Dead: 9_000, Live: 20, Cleaned: time.Hour}, false},
		{Table{Name: "guard", NoCleaning: true}, true},
	} {
		l := &list{}
		postgres(l, Database{Tables: []Table{c.table}})
		warned := false
		for _, found := range l.checks {
			warned = warned || found.Name == "vacuum"
		}
		if warned != c.warns {
			t.Errorf("%+v: warns %t", c.table, warned)
		}
	}
}
