package backup

import (
	"time"

	"tactus/internal/fault"
)

// Format is the version of the file that this program writes and reads.
const Format = 1

// Header says what a backup is of.
type Header struct {
	Format     int      `json:"tactus_backup"`
	Schema     int      `json:"schema"`     // the number of the newest migration
	Migrations []string `json:"migrations"` // their checksums, so that another build's schema is noticed
	Taken      int64    `json:"taken"`      // milliseconds since 1970: everything committed before is in it (DEC-18)
	Program    string   `json:"program"`
	Database   string   `json:"database"`
	Secret     string   `json:"secret,omitempty"` // the fingerprint of the installation's secret, which is not in the backup (SEC-2)
}

// Moment is when it was taken.
func (h Header) Moment() time.Time { return time.UnixMilli(h.Taken).UTC() }

// Table introduces the rows of a table.
type Table struct {
	Name    string   `json:"table"`
	Columns []string `json:"columns"`
	Last    int64    `json:"last,omitempty"` // the last id that the database gave; 0 = it gives none, or has given none
}

// trailer is the last line.
type trailer struct {
	Rows   map[string]int64 `json:"rows"`
	SHA256 string           `json:"sha256"`
}

// Summary is what a whole file holds.
type Summary struct {
	Header
	Rows map[string]int64 // by table
}

// Total is the number of rows.
func (s Summary) Total() int64 {
	n := int64(0)
	for _, rows := range s.Rows {
		n += rows
	}
	return n
}

// damaged says that a file cannot be trusted, before anything is made of it.
func damaged(format string, args ...any) error {
	return fault.New(fault.Invalid, "this backup is damaged: "+format+"; take another one", args...)
}
