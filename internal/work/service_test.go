package work_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"tactus/internal/fault"
	"tactus/internal/store"
	"tactus/internal/store/storetest"
	"tactus/internal/work"
)

// TestDraft: a file is uploaded before anything happens; Start lets it go, once.
func TestDraft(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, d := t.Context(), newDesk(t, db)
		w := d.worker(&counting{db: db, chunks: 1})
		id, err := d.Draft(ctx, 1, "counting", map[string]int{"n": 1}, "user:7")
		if err != nil {
			t.Fatal(err)
		}
		d.run(w)
		if op := d.op(1, id); op.Status != work.Draft {
			t.Fatalf("%+v", op)
		}
		if err := d.Start(ctx, 2, id, nil, 0); !fault.Is(err, fault.NotFound) {
			t.Error("another account started it:", err)
		}
		if err := d.Start(ctx, 1, id, map[string]int{"n": 2}, 9); err != nil {
			t.Fatal(err)
		}
		if live, err := d.List(ctx, 1, work.Query{Live: true}); err != nil || len(live) != 1 || live[0].Total != 9 || string(live[0].Params) != `{"n":2}` {
			t.Error(live, err)
		}
		d.run(w)
		if err := d.Start(ctx, 1, id, nil, 0); !fault.Is(err, fault.Conflict) || d.op(1, id).Status != work.Done {
			t.Error("started twice:", err)
		}
	})
}

func TestFiles(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, d := t.Context(), newDesk(t, db)
		id := d.begin(1)
		content := bytes.Repeat([]byte("\x00\xffabc\n"), 100_000) // more than two parts
		n, err := d.AddFile(ctx, 1, id, "in.csv", iotest.OneByteReader(bytes.NewReader(content[:7])))
		if err != nil || n != 7 {
			t.Fatal(n, err)
		}
		if n, err = d.AddFile(ctx, 1, id, "in.csv", bytes.NewReader(content[7:])); err != nil || int(n) != len(content)-7 {
			t.Fatal(n, err)
		}
		if n, err := d.AddFile(ctx, 1, id, "other", bytes.NewReader([]byte("x"))); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		for _, offset := range []int64{0, 3, 7, 8, work.PartSize, work.PartSize + 7, int64(len(content)) - 1, int64(len(content)), int64(len(content)) + 5} {
			got, err := io.ReadAll(d.OpenFile(ctx, 1, id, "in.csv", offset))
			if err != nil || !bytes.Equal(got, content[min(offset, int64(len(content))):]) {
				t.Errorf("from %d: %d bytes, %v", offset, len(got), err)
			}
		}
		if size, err := d.FileSize(ctx, 1, id, "in.csv"); err != nil || int(size) != len(content) {
			t.Error(size, err)
		}
		if size, err := d.FileSize(ctx, 2, id, "in.csv"); err != nil || size != 0 {
			t.Error("another account's:", size, err)
		}
		if got, err := io.ReadAll(d.OpenFile(ctx, 2, id, "in.csv", 0)); err != nil || len(got) != 0 {
			t.Error("another account's:", len(got), err)
		}
		if _, err := d.AddFile(ctx, 2, id, "in.csv", bytes.NewReader(content)); !fault.Is(err, fault.NotFound) {
			t.Error("another account's:", err)
		}
		broken := errors.New("the upload broke off")
		if _, err := d.AddFile(ctx, 1, id, "half", iotest.ErrReader(broken)); !errors.Is(err, broken) {
			t.Error(err)
		}
	})
}

func TestPrune(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, d := t.Context(), newDesk(t, db)
		old := d.begin(1)
		d.run(d.worker(&counting{db: db, chunks: 2}))
		draft, err := d.Draft(ctx, 1, "counting", nil, "user:7")
		if err != nil {
			t.Fatal(err)
		}
		live := d.begin(1)
		d.clock.Advance(48 * time.Hour)
		if n, err := d.Prune(ctx, 24*time.Hour); err != nil || n != 2 {
			t.Fatal(n, err)
		}
		for _, id := range []int64{old, draft} {
			if _, err := d.Get(ctx, 1, id); !fault.Is(err, fault.NotFound) {
				t.Error(id, err)
			}
		}
		if d.op(1, live).Status != work.Waiting {
			t.Error("what is waiting went too")
		}
		if size, err := d.FileSize(ctx, 1, old, "log"); err != nil || size != 0 {
			t.Error("its file stayed:", size, err)
		}
	})
}

// TestWake: a worker that sleeps hears of new work after its commit (ENG-9).
func TestWake(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		did := make(chan int64, 10)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		w := d.worker(&counting{db: db, chunks: 1, before: func(op *work.Operation, _ int) error {
			did <- op.ID
			return nil
		}})
		go func() { ended <- w.Run(ctx) }()
		for range 3 {
			if id, got := d.begin(1), <-did; id != got {
				t.Errorf("began %d, did %d", id, got)
			}
		}
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}
