//go:build long

package oracle_test

import "testing"

// TestModel is the model test at length (make model): 1,000,000 histories, of which one in fifty on PostgreSQL, or as many as TACTUS_MODEL_N says.
func TestModel(t *testing.T) {
	t.Parallel()
	n := size(t, 1_000_000)
	check(t, n, share(n, 1, 50))
	t.Run("every crash", func(t *testing.T) {
		t.Parallel()
		everyCrash(t, 1, 5)
	})
}
