package restore

import (
	"context"

	"tactus/internal/app"
	"tactus/internal/backup"
	"tactus/internal/store"
)

// Load fills a database from a backup by way of fill.
func Load(ctx context.Context, cfg app.Config, path string, db *store.DB, fill func(context.Context, *backup.Reader, func(int64)) error) error {
	s, err := Check(path, nil)
	if err != nil {
		return err
	}
	j := &job{cfg: cfg, path: path, opt: Options{Progress: func(string, int64) {}}, report: Report{Summary: s}}
	return j.load(ctx, db, fill)
}
