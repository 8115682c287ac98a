package pebbledoc

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

const (
	cacheBytes    = 32 << 20
	memTableBytes = 8 << 20
	openFiles     = 512
)

// tuned returns Pebble's options for a process with little memory to spare.
func (d *DB) tuned(o Options) *pebble.Options {
	opts := &pebble.Options{
		FS:           o.FS,
		Lock:         d.lock,
		CacheSize:    o.CacheBytes,
		MemTableSize: memTableBytes,
		MaxOpenFiles: openFiles,
		Logger:       logger{o.Log},
		// Fixed, so that a newer Pebble does not change folders by itself.
		FormatMajorVersion:         pebble.FormatValueSeparation,
		CompactionConcurrencyRange: func() (int, int) { return 1, 2 },
	}
	if opts.CacheSize == 0 {
		opts.CacheSize = cacheBytes
	}
	for i := range opts.Levels {
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	opts.EventListener = &pebble.EventListener{
		BackgroundError: func(err error) { o.Log.Error("document store: background work failed", "err", err) },
		DataCorruption: func(i pebble.DataCorruptionInfo) {
			o.Log.Error("document store: a file is damaged", "path", i.Path, "err", i.Details)
		},
		WriteStallBegin: func(i pebble.WriteStallBeginInfo) {
			o.Log.Warn("document store: writes wait for compaction", "why", i.Reason)
		},
	}
	return opts
}

// logger passes on what Pebble has to say.
type logger struct{ log *slog.Logger }

func (l logger) Infof(format string, args ...any) {}

func (l logger) Errorf(format string, args ...any) {
	l.log.Error("document store", "err", fmt.Sprintf(format, args...))
}

// Fatalf ends the process, as Pebble requires: after this its write path is
// stuck, and a process that only seems to live would keep its callers waiting.
func (l logger) Fatalf(format string, args ...any) {
	l.log.Error("document store: cannot go on", "err", fmt.Sprintf(format, args...))
	os.Exit(1)
}

// Metrics are a few figures of the database's health.
type Metrics struct {
	DiskBytes      uint64 // in the folder
	MemTableBytes  uint64
	CacheBytes     int64
	CacheHits      int64
	CacheMisses    int64
	Files          int64
	CompactionDebt uint64 // bytes that compactions still have to move
}

// Metrics returns the figures of now, or none after Close.
func (d *DB) Metrics() Metrics {
	d.closing.RLock()
	defer d.closing.RUnlock()
	if d.closed {
		return Metrics{}
	}
	m := d.store.Metrics()
	return Metrics{
		DiskBytes:      m.DiskSpaceUsage(),
		MemTableBytes:  m.MemTable.Size,
		CacheBytes:     m.BlockCache.Size,
		CacheHits:      m.BlockCache.Hits,
		CacheMisses:    m.BlockCache.Misses,
		Files:          m.Total().TablesCount,
		CompactionDebt: m.Compact.EstimatedDebt,
	}
}
