// Package pebbledoc keeps documents in one folder of this machine, in Pebble.
//
// A write is on the disk before it returns. Writers of different documents
// share one fsync, and the lock of a document is let go before the wait for
// it: a reader may therefore see a write a moment before it is durable, but
// never something that depends on a write that was lost.
//
// If the disk refuses a write, the database stops: every call fails with
// ErrStopped until the process is started again, because what was applied in
// memory and what is on the disk may differ from then on.
package pebbledoc

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"meadow/services/kernel/clock"
	"meadow/services/platform/docdb"
)

var (
	// ErrInUse means that another process, or another part of this one, has the
	// folder open. Stop that one, or choose another folder.
	ErrInUse = errors.New("pebbledoc: the folder is already in use; stop the process that uses it, or choose another folder")
	// ErrStopped means that the disk failed earlier. Make room or repair it, and
	// start again: every write that returned nil is still there.
	ErrStopped = errors.New("pebbledoc: stopped after the disk failed; make room or repair it, then start again")
	// ErrLayout means that the folder was written by an incompatible version.
	ErrLayout = errors.New("pebbledoc: the folder was written by another version")
	// ErrClosed means that Close was called.
	ErrClosed = errors.New("pebbledoc: closed")
)

// Options are what a database needs from its process.
type Options struct {
	Now clock.Now    // decides what has expired; clock.System if nil
	Log *slog.Logger // nil logs nothing
	FS  vfs.FS       // the machine's own if nil
	// CacheBytes is for blocks read from disk, 32 MB if 0.
	CacheBytes int64
	// SweepEvery is how often expired documents are removed: 10 s if 0, and only
	// by Sweep if negative.
	SweepEvery time.Duration
}

// DB is an open folder. It is a docdb.Driver.
type DB struct {
	store *pebble.DB
	lock  *pebble.Lock
	now   clock.Now
	log   *slog.Logger

	docs   stripes // of document keys
	unique stripes // of unique index entries; taken after docs

	declaring sync.Mutex   // one Open of a collection at a time
	collMu    sync.RWMutex // guards colls
	colls     map[string]*collection

	closing sync.RWMutex // held for reading by every call
	closed  bool
	failure atomic.Pointer[error]

	stop    context.CancelFunc
	running sync.WaitGroup
}

var _ docdb.Driver = (*DB)(nil)

// Open opens the folder dir, making it if need be, and recovers what was
// durable. ErrInUse or ErrLayout. Call Close.
func Open(ctx context.Context, dir string, o Options) (*DB, error) {
	if o.Now == nil {
		o.Now = clock.System
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if err := o.FS.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	lock, err := pebble.LockDirectory(dir, o.FS)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || vfs.IsNoSpaceError(err) {
			return nil, fmt.Errorf("open %s: %w", dir, err)
		}
		return nil, fmt.Errorf("open %s: %w (%w)", dir, ErrInUse, err)
	}
	d := &DB{lock: lock, now: o.Now, log: o.Log, colls: map[string]*collection{}}
	d.docs.seed, d.unique.seed = maphash.MakeSeed(), maphash.MakeSeed()
	if d.store, err = pebble.Open(dir, d.tuned(o)); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", dir, err), lock.Close())
	}
	if err := d.checkLayout(); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", dir, err), d.store.Close(), lock.Close())
	}
	d.sweepEvery(ctx, o.SweepEvery)
	return d, nil
}

func (d *DB) checkLayout() error {
	v, closer, err := d.store.Get(versionKey())
	if errors.Is(err, pebble.ErrNotFound) {
		return d.store.Set(versionKey(), []byte(layoutVersion), pebble.Sync)
	}
	if err != nil {
		return err
	}
	defer closer.Close()
	if string(v) != layoutVersion {
		return fmt.Errorf("%w: layout %q, this is %q", ErrLayout, v, layoutVersion)
	}
	return nil
}

// enter begins a call. Every nil is followed by one leave.
func (d *DB) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d.closing.RLock()
	if d.closed {
		d.closing.RUnlock()
		return ErrClosed
	}
	if err := d.failure.Load(); err != nil {
		d.closing.RUnlock()
		return *err
	}
	return nil
}

func (d *DB) leave() { d.closing.RUnlock() }

// fail stops the database because of cause, and returns the error to give.
func (d *DB) fail(cause error) error {
	err := error(docdb.ErrUnavailable.Because(fmt.Errorf("%w: %w", ErrStopped, cause)))
	if d.failure.CompareAndSwap(nil, &err) {
		d.log.Error("the document store stopped", "err", cause)
	}
	return err
}

// Ping reports whether the database still works.
func (d *DB) Ping(ctx context.Context) error {
	if err := d.enter(ctx); err != nil {
		return err
	}
	d.leave()
	return nil
}

// Checkpoint writes a copy of the database, as it is now, into the new folder
// dir on the same disk. It can be opened like the original. Writers go on.
func (d *DB) Checkpoint(ctx context.Context, dir string) error {
	if err := d.enter(ctx); err != nil {
		return err
	}
	defer d.leave()
	if err := d.store.Checkpoint(dir, pebble.WithFlushedWAL()); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// Close waits for the calls that are running, then closes the folder. Calls
// after it fail with ErrClosed.
func (d *DB) Close() error {
	d.closing.Lock()
	if d.closed {
		d.closing.Unlock()
		return nil
	}
	d.closed = true
	d.closing.Unlock()
	d.stop()
	d.running.Wait()
	return errors.Join(d.store.Close(), d.lock.Close())
}
