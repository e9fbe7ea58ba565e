package calendar

import (
	"sync"
	"time"
)

// zones remembers what Zone has read: time.LoadLocation unpacks the zone's table on every call, and batches ask for a few zones a
// thousand times. Locations are immutable.
var zones sync.Map

// Zone is time.LoadLocation with a memory.
func Zone(name string) (*time.Location, error) {
	if known, ok := zones.Load(name); ok {
		if z, ok := known.(*time.Location); ok {
			return z, nil
		}
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	zones.Store(name, z)
	return z, nil
}
