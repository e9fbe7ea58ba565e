//go:build long

package soak_test

import (
	"os"
	"strconv"
	"testing"
	"time"
)

// TestSoak is `make soak SOAK=1h`: so long on each database, at the same time.
func TestSoak(t *testing.T) {
	total, err := time.ParseDuration(os.Getenv("TACTUS_SOAK"))
	if err != nil || total <= 0 {
		t.Fatal("TACTUS_SOAK is how long; run make soak SOAK=1h")
	}
	rate, err := strconv.Atoi(os.Getenv("TACTUS_SOAK_RATE"))
	if err != nil || rate <= 0 {
		t.Fatal("TACTUS_SOAK_RATE is how many leads a second; run make soak RATE=200")
	}
	soak(t, size{
		total: total, life: min(max(total/16, 5*time.Second), 5*time.Minute), lives: 4, rate: rate, timeout: 20 * time.Second,
		ends: []end{killed, stopped, later},
	})
}
