package store_test

import (
	"bytes"
	"testing"
	"time"

	"tactus/internal/backup"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// stalls is a client that takes nothing until the database's clock says that the backup has stood still for long enough.
type stalls struct {
	bytes.Buffer
	t     *testing.T
	other *store.DB
	began bool
}

func (s *stalls) Write(p []byte) (int, error) {
	for asked := false; !s.began; asked = true {
		var idle, long int
		if err := s.other.Get(s.t.Context(), `SELECT COUNT(*), COUNT(*) FILTER (WHERE clock_timestamp() - state_change > INTERVAL '1 second') FROM pg_stat_activity
			WHERE datname = current_database() AND state = 'idle in transaction'`, nil, &idle, &long); err != nil {
			s.t.Error(err)
		}
		s.began = long > 0 || idle == 0 && asked
	}
	return s.Buffer.Write(p)
}

// DEC-18: on PostgreSQL a backup waits for whoever takes it, longer than a transaction may otherwise stand still.
func TestDumpToAClientThatStalls(t *testing.T) {
	t.Parallel()
	address := storetest.Postgres(t)
	db := storetest.Open(t, address+"&idle_in_transaction_session_timeout=200")
	to := &stalls{t: t, other: storetest.Open(t, address)}
	err := db.Dump(t.Context(), "test", time.UnixMilli(1), func(h backup.Header) (*backup.Writer, error) { return backup.NewWriter(to, h) })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Verify(&to.Buffer, nil); err != nil {
		t.Error(err)
	}
}
