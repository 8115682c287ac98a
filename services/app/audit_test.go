package app

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"meadow/services/platform/docdb/pebbledoc"
)

func TestAShopWhoseObjectsAreElsewhereGivesAnAuditASnapshotAndItsOwnTime(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	ahead := time.Now().Add(72 * time.Hour).UTC().Truncate(time.Millisecond) // as -ahead makes it
	now := func() time.Time { return ahead }
	log := slog.New(slog.DiscardHandler)
	db, err := pebbledoc.Open(t.Context(), filepath.Join(data, "docs"), pebbledoc.Options{Now: now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	s := &System{cfg: Config{Data: data, Blob: "s3://k:s@127.0.0.1:1/b"}, stores: &Stores{DB: db}, log: log, now: now}
	stop, err := s.serveControl(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	point, at, err := snapshot(t.Context(), data)
	if err != nil || point == "" || !at.Equal(ahead) {
		t.Errorf("snapshot = %q at %v, %v; want one at %v", point, at, err, ahead)
	}
	if _, err := os.Stat(filepath.Join(point, "docs")); err != nil {
		t.Error(err)
	}
	var to bytes.Buffer
	if err := backupTo(t.Context(), &to, data, &to); err == nil || !strings.Contains(err.Error(), "-blob names") || to.Len() > 0 {
		t.Errorf("a backup without its objects: %v, %d bytes", err, to.Len())
	}
	out, err := (&auditing{log: log}).folder(t.Context(), data)
	if err != nil || !out.OK {
		t.Errorf("audit: %+v, %v", out, err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
