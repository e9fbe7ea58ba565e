package store_test

import (
	"testing"
	"time"

	"tactus/internal/clock"
	"tactus/internal/store/storetest"
)

// ENG-3: what is due follows the database's time, from wherever that is set to while the server runs; the machine's own does not count.
func TestClockFollowsTheDatabase(t *testing.T) {
	t.Parallel()
	address, set := storetest.Set(t)
	set(42 * time.Minute)
	db := storetest.Open(t, address)
	c, err := db.Clock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	synced, ok := c.(*clock.Synced)
	if !ok {
		t.Fatalf("the clock is a %T", c)
	}
	for _, by := range []time.Duration{42 * time.Minute, 3 * time.Hour, -2 * time.Hour, 0} {
		set(by)
		if err := synced.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		if off := c.Now().Sub(clock.Real{}.Now()) - by; off.Abs() > time.Minute { // the server runs on this machine
			t.Errorf("set off by %v, it is another %v off", by, off)
		}
		now, err := db.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if off := c.Now().Sub(now); off < -time.Minute || off > time.Minute {
			t.Errorf("it is %v off the database's", off)
		}
	}
}
