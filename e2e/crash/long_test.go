//go:build long

package crash_test

import (
	"os"
	"strconv"
	"testing"
	"time"
)

// TestCrash is `make crash KILLS=n`: so many kills on each database.
func TestCrash(t *testing.T) {
	kills, err := strconv.Atoi(os.Getenv("TACTUS_CRASH_KILLS"))
	if err != nil {
		t.Fatal("TACTUS_CRASH_KILLS is how many kills; run make crash KILLS=200")
	}
	crash(t, size{kills: kills, pool: 3000, timeout: 20 * time.Second})
}
