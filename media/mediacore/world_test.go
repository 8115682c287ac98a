package mediacore_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"

	"meadow/media/mediacore"
	"meadow/media/mediaworker"
	"meadow/services/kernel/clock"
	"meadow/services/platform/blob/blobtest"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
)

// deps returns what a core needs: embedded storage that ends with the test, and
// a decoder in this process.
func deps(t *testing.T, now clock.Now) mediacore.Deps {
	t.Helper()
	db, err := pebbledoc.Open(t.Context(), t.TempDir(), pebbledoc.Options{Now: now, SweepEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	return mediacore.Deps{
		DB: db, Blobs: blobtest.Store(t), Develop: mediaworker.Decode, Now: now,
		Log: slog.New(slog.DiscardHandler), Key: bytes.Repeat([]byte("k"), 32),
	}
}

func core(t *testing.T, d mediacore.Deps) *mediacore.Core {
	t.Helper()
	c, err := mediacore.New(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// cutDriver is a database that can be written to a few times, and then no more:
// as it looks to a process that is killed.
type cutDriver struct {
	docdb.Driver
	left atomic.Int32
}

var errCut = errors.New("killed before this write")

func (d *cutDriver) Insert(ctx context.Context, coll string, docs ...docdb.Doc) error {
	if d.left.Add(-1) < 0 {
		return errCut
	}
	return d.Driver.Insert(ctx, coll, docs...)
}

func (d *cutDriver) Replace(ctx context.Context, coll string, rev int64, doc docdb.Doc) error {
	if d.left.Add(-1) < 0 {
		return errCut
	}
	return d.Driver.Replace(ctx, coll, rev, doc)
}

func (d *cutDriver) UpdateIf(ctx context.Context, coll, of string, conds []docdb.Cond, changes []docdb.Change) (docdb.Doc, error) {
	if d.left.Add(-1) < 0 {
		return docdb.Doc{}, errCut
	}
	return d.Driver.UpdateIf(ctx, coll, of, conds, changes)
}

func (d *cutDriver) Delete(ctx context.Context, coll, of string, rev int64) error {
	if d.left.Add(-1) < 0 {
		return errCut
	}
	return d.Driver.Delete(ctx, coll, of, rev)
}
