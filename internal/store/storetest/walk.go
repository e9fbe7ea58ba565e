package storetest

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"tactus/internal/store"
)

var (
	known sync.Map // dialect and statement -> struct{}
	// allowed are walks through a partial index that holds what is to be done now and nothing else.
	allowed = []string{"message_handing", "message_due", "message_doubt", "enrollment_wait"}
	// whole is what a backup asks for: every row.
	whole = regexp.MustCompile(`^SELECT CAST\(json_(build_)?array\(.*\) AS TEXT\) FROM \w+$`)
)

// noWalks fails when a statement that the test has run goes through a table that grows with contacts and time: the cost of a loop, a page or a
// count grows with what is to be done, not with what there is. So every test of the product is one of its statements' plans.
func noWalks(t testing.TB, db *store.DB) {
	if _, err := db.Now(context.Background()); err != nil || t.Failed() {
		return // the test has closed it, or has worse to tell
	}
	walks, err := db.Walks(context.Background(), func(statement string) bool {
		_, seen := known.LoadOrStore(db.Dialect()+statement, struct{}{})
		return seen
	})
	if err != nil {
		t.Errorf("explaining statements: %v", err)
	}
	for _, w := range walks {
		if !may(w) {
			t.Errorf("%s walks through %s (%s):\n%s", db.Dialect(), w.Table, w.Step, w.Statement)
		}
	}
}

func may(w store.Walk) bool {
	return whole.MatchString(w.Statement) || slices.ContainsFunc(allowed, func(index string) bool { return strings.HasSuffix(w.Step, "INDEX "+index) })
}
