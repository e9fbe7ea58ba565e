package restore_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"tactus/internal/app"
	"tactus/internal/app/restore"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// DEC-18: a restore that failed has taken its own files away, and the next one need not replace what the first has made.
func TestAFailedRestoreIsNotInTheWay(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		for _, phase := range []string{"restoring", "living the lost time through"} {
			t.Run(kind+" "+phase, func(t *testing.T) {
				t.Parallel()
				path, _ := lived(t, kind)
				address := fresh(t, kind)
				cfg := settings(t, address)
				_, err := stopped(t, cfg, path, phase, restore.Options{})
				if err == nil {
					t.Fatal("it came to its end")
				}
				if left, err := filepath.Glob(address + ".restoring*"); err != nil || kind == "sqlite" && len(left) > 0 {
					t.Errorf("it left %v, %v", left, err)
				}
				report, err := restore.Restore(t.Context(), cfg, path, restore.Options{})
				must(t, err)
				if report.Aside != "" {
					t.Errorf("what nobody wants was kept in %s", report.Aside)
				}
				must(t, storetest.Open(t, address).CheckRestored(t.Context()))
			})
		}
	}
}

// stopped carries a restore out that is stopped in a phase.
func stopped(t *testing.T, cfg app.Config, path, phase string, opt restore.Options) (restore.Report, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	opt.Progress = func(now string, _ int64) {
		if now == phase {
			cancel()
		}
	}
	return restore.Restore(ctx, cfg, path, opt)
}

// DEC-18: what was there before stays somebody's: after a failed restore that was to replace it, it is there, or the error says where.
func TestAFailedRestoreKeepsWhatWasThere(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			path, _ := lived(t, kind)
			address := fresh(t, kind)
			old, err := store.Open(t.Context(), address, store.Options{})
			must(t, err)
			must(t, old.Migrate(t.Context()))
			_, err = old.Mark(t.Context(), "old", "yes")
			must(t, err)
			must(t, old.Close())
			cfg := settings(t, address)
			report, err := stopped(t, cfg, path, "living the lost time through", restore.Options{Replace: true})
			if err == nil {
				t.Fatal("it came to its end")
			}
			if kind == "postgres" {
				if report.Aside == "" || !strings.Contains(err.Error(), report.Aside) {
					t.Errorf("set aside in %q: %v", report.Aside, err)
				}
				_, err := restore.Restore(t.Context(), cfg, path, restore.Options{})
				must(t, err)
				return
			}
			if kept, err := storetest.Open(t, address).Marked(t.Context(), "old"); err != nil || kept != "yes" {
				t.Errorf("the old database: %q, %v", kept, err)
			}
		})
	}
}
