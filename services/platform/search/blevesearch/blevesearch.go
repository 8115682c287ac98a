// Package blevesearch keeps a search index in a folder of this process, with
// Bleve. Han characters and their pairs are indexed apart from the words of
// spaced scripts, so that one character finds something and typos stay cheap.
package blevesearch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"go.etcd.io/bbolt"

	"meadow/services/platform/search"
)

// version changes with the layout of what is indexed; an index of another
// version is dropped and wants a rebuild.
const version = "2"

const (
	lockWait = 2 * time.Second
	batch    = 200 // documents written at once
)

// ErrInUse answers when another process has the folder open.
var ErrInUse = errors.New("blevesearch: the folder is in use")

// Index is an open index. It is safe for concurrent use.
type Index struct {
	dir string
	log *slog.Logger

	mu     sync.RWMutex // guards what Clear and Close change
	ix     bleve.Index
	closed bool // Bleve panics when it is closed twice
	raw    bool // not rebuilt since it was made empty
}

var _ search.Rebuildable = (*Index)(nil)

// Open opens the index in dir, making it if there is none. An index that
// cannot be read is dropped: see NeedsRebuild.
func Open(dir string, log *slog.Logger) (*Index, error) {
	x := &Index{dir: filepath.Join(dir, "bleve"), log: log}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("search folder: %w", err)
	}
	err := x.open()
	if errors.Is(err, bbolt.ErrTimeout) {
		return nil, fmt.Errorf("%w: %s", ErrInUse, x.dir)
	}
	if err != nil {
		if !errors.Is(err, bleve.ErrorIndexPathDoesNotExist) {
			log.Warn("search index dropped", "dir", x.dir, "err", err)
		}
		if err := x.create(); err != nil {
			return nil, err
		}
	}
	return x, nil
}

var (
	errVersion = errors.New("index of another version")
	errDamaged = errors.New("index is damaged")
)

func settings() map[string]any {
	return map[string]any{
		"bolt_timeout":       lockWait.String(),
		"numSnapshotsToKeep": 1,
		"scorchPersisterOptions": map[string]any{
			"NumPersisterWorkers":           1,
			"MaxSizeInMemoryMergePerWorker": 4 << 20,
		},
	}
}

func (x *Index) open() error {
	ix, err := bleve.OpenUsing(x.dir, settings())
	if err != nil {
		return err
	}
	if err := x.inspect(ix); err != nil {
		return errors.Join(err, ix.Close())
	}
	x.ix = ix
	return nil
}

// inspect reads a little of everything. Bleve maps its files and panics on
// some that were cut short, which here is a fact about the disk and not a bug.
func (x *Index) inspect(ix bleve.Index) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errDamaged, r)
		}
	}()
	v, err := ix.GetInternal(keyVersion())
	if err != nil {
		return fmt.Errorf("version: %w", err)
	}
	if string(v) != version {
		return fmt.Errorf("%w: %q", errVersion, v)
	}
	built, err := ix.GetInternal(keyBuilt())
	if err != nil {
		return fmt.Errorf("built: %w", err)
	}
	x.raw = len(built) == 0
	_, err = ix.Search(browse(bleve.NewMatchAllQuery(), 1, byOrder()))
	return err
}

func keyVersion() []byte { return []byte("meadow version") }
func keyBuilt() []byte   { return []byte("meadow built") }

// create puts an empty index in the folder's place.
func (x *Index) create() error {
	if err := os.RemoveAll(x.dir); err != nil {
		return fmt.Errorf("drop index: %w", err)
	}
	ix, err := bleve.NewUsing(x.dir, bleve.NewIndexMapping(), scorch.Name, scorch.Name, settings())
	if err != nil {
		return fmt.Errorf("create index: %w", err)
	}
	if err := ix.SetInternal(keyVersion(), []byte(version)); err != nil {
		return errors.Join(fmt.Errorf("create index: %w", err), ix.Close())
	}
	x.ix, x.raw, x.closed = ix, true, false
	return nil
}

// NeedsRebuild reports whether the index was made empty, by Open or by Clear,
// and MarkBuilt was not called since, be it in an earlier process.
func (x *Index) NeedsRebuild() bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.raw
}

// MarkBuilt says that every document has been put.
func (x *Index) MarkBuilt(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.ix.SetInternal(keyBuilt(), []byte("1")); err != nil {
		return fmt.Errorf("mark built: %w", err)
	}
	x.raw = false
	return nil
}

// Put stores docs; they are found when it returns.
func (x *Index) Put(ctx context.Context, docs ...search.Doc) error {
	x.mu.RLock()
	defer x.mu.RUnlock()
	b := x.ix.NewBatch()
	for i, d := range docs {
		d, err := d.Check()
		if err != nil {
			return fmt.Errorf("put %q: %w", d.ID, err)
		}
		if err := b.IndexAdvanced(newDocument(d)); err != nil {
			return fmt.Errorf("put %q: %w", d.ID, err)
		}
		if b.Size() < batch && i < len(docs)-1 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := x.ix.Batch(b); err != nil {
			return fmt.Errorf("put: %w", err)
		}
		b.Reset()
	}
	return nil
}

// Delete removes documents.
func (x *Index) Delete(ctx context.Context, ids ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	b := x.ix.NewBatch()
	for _, id := range ids {
		b.Delete(id)
	}
	if err := x.ix.Batch(b); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	return nil
}

// Sync returns at once: Put returns when its documents can be found.
func (x *Index) Sync(ctx context.Context) error { return ctx.Err() }

// Clear drops the index and begins an empty one.
func (x *Index) Clear(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return bleve.ErrorIndexClosed
	}
	x.closed = true
	if err := x.ix.Close(); err != nil {
		return fmt.Errorf("clear: %w", err)
	}
	return x.create()
}

// Ping reads from the index.
func (x *Index) Ping(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	if _, err := x.ix.GetInternal(keyVersion()); err != nil {
		return search.ErrDown.Because(err)
	}
	return nil
}

// Close writes what is left and lets the folder go. Closing again is fine.
func (x *Index) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil
	}
	x.closed = true
	return x.ix.Close()
}
