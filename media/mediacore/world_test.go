package mediacore_test

import (
	"bytes"
	"log/slog"
	"testing"

	"meadow/media/mediacore"
	"meadow/media/mediaworker"
	"meadow/services/kernel/clock"
	"meadow/services/platform/blob/blobtest"
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
