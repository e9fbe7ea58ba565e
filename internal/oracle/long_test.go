//go:build long

package oracle_test

import "testing"

// TestModel is the model test at length (make model): 10,000 histories, of which one in twenty on PostgreSQL, or as many as TACTUS_MODEL_N says.
func TestModel(t *testing.T) {
	t.Parallel()
	n := size(t, 10_000)
	check(t, n, max(onPostgres, n/20))
}
