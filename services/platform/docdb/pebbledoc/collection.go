package pebbledoc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"meadow/services/platform/docdb"
)

// collection is one collection of an open database.
type collection struct {
	mu       sync.RWMutex // held by writers for reading, and while an index is built
	shape    atomic.Pointer[shape]
	schema   docdb.Schema // as stored; guarded by DB.declaring
	declared bool         // by this process; guarded by DB.declaring
}

// collection returns the collection called name as it was last declared, by
// this process or an earlier one.
func (d *DB) collection(name string) (*collection, error) {
	d.collMu.RLock()
	c, ok := d.colls[name]
	d.collMu.RUnlock()
	if ok {
		return c, nil
	}
	if err := docdb.CheckName(name); err != nil {
		return nil, err
	}
	d.collMu.Lock()
	defer d.collMu.Unlock()
	if c, ok := d.colls[name]; ok {
		return c, nil
	}
	c = &collection{schema: docdb.Schema{Name: name}}
	if err := d.readSchema(&c.schema); err != nil {
		return nil, err
	}
	c.shape.Store(newShape(c.schema))
	d.colls[name] = c
	return c, nil
}

func (d *DB) readSchema(s *docdb.Schema) error {
	v, closer, err := d.store.Get(schemaKey(s.Name))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer closer.Close()
	return json.Unmarshal(v, s)
}

func (d *DB) writeSchema(s docdb.Schema) error {
	v, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := d.store.Set(schemaKey(s.Name), v, pebble.Sync); err != nil {
		return d.fail(err)
	}
	return nil
}

// Open declares a collection. What an earlier process declared and this one
// does not is dropped; a second Open in one process only adds.
func (d *DB) Open(ctx context.Context, s docdb.Schema) error {
	if err := docdb.CheckSchema(s); err != nil {
		return err
	}
	if err := d.enter(ctx); err != nil {
		return err
	}
	defer d.leave()
	d.declaring.Lock()
	defer d.declaring.Unlock()
	c, err := d.collection(s.Name)
	if err != nil {
		return err
	}
	if c.declared {
		s = union(c.schema, s)
	}
	if !sameSchema(c.schema, s) {
		if err := d.reshape(ctx, c, s); err != nil {
			return fmt.Errorf("declare %s: %w", s.Name, err)
		}
	}
	c.declared = true
	return nil
}

// reshape makes a collection into what s says while no writer is at it. What
// is built is recorded last, so that a crash in between builds it again.
func (d *DB) reshape(ctx context.Context, c *collection, s docdb.Schema) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := docdb.Schema{Name: s.Name}
	if c.schema.Expiry == s.Expiry {
		kept.Expiry = s.Expiry
	}
	var fresh []docdb.Index
	for _, ix := range s.Indexes {
		if slices.ContainsFunc(c.schema.Indexes, func(o docdb.Index) bool { return sameIndex(o, ix) }) {
			kept.Indexes = append(kept.Indexes, ix)
		} else {
			fresh = append(fresh, ix)
		}
	}
	if err := d.writeSchema(kept); err != nil {
		return err
	}
	if err := d.clear(kept, c.schema.Indexes, fresh); err != nil {
		return err
	}
	c.schema = kept
	c.shape.Store(newShape(kept))
	build := docdb.Schema{Name: s.Name, Indexes: fresh}
	if kept.Expiry != s.Expiry {
		build.Expiry = s.Expiry
	}
	if err := d.build(ctx, newShape(build)); err != nil {
		return err
	}
	if err := d.writeSchema(s); err != nil {
		return err
	}
	c.schema = s
	c.shape.Store(newShape(s))
	return nil
}

// clear removes the entries of all indexes that are not kept.
func (d *DB) clear(kept docdb.Schema, lists ...[]docdb.Index) error {
	for _, ix := range slices.Concat(lists...) {
		if slices.ContainsFunc(kept.Indexes, func(o docdb.Index) bool { return sameIndex(o, ix) }) {
			continue
		}
		p := indexPrefix(kept.Name, ix.Name)
		if err := d.store.DeleteRange(p, after(p), pebble.NoSync); err != nil {
			return d.fail(err)
		}
	}
	return nil
}

// build fills the indexes of sh from the documents that are there.
func (d *DB) build(ctx context.Context, sh *shape) error {
	it, err := d.store.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: sh.docs, UpperBound: after(sh.docs)})
	if err != nil {
		return err
	}
	defer it.Close()
	const batchBytes = 1 << 20
	b := d.store.NewIndexedBatch() // indexed, to see unique keys of its own
	defer func() { b.Close() }()
	for ok := it.First(); ok; ok = it.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		id := string(it.Key()[len(sh.docs):])
		es := sh.entries(it.Value(), id, nil)
		if err := sh.refuse(b, nil, es); err != nil {
			return err
		}
		if err := sh.list(b, id, nil, es); err != nil {
			return err
		}
		if b.Len() < batchBytes {
			continue
		}
		if err := b.Commit(pebble.NoSync); err != nil {
			return d.fail(err)
		}
		if err := b.Close(); err != nil {
			return err
		}
		b = d.store.NewIndexedBatch()
	}
	if err := it.Error(); err != nil {
		return err
	}
	if err := b.Commit(pebble.Sync); err != nil {
		return d.fail(err)
	}
	return nil
}

// refuse returns Duplicate if an entry of fresh that is not in old is taken.
func (s *shape) refuse(r pebble.Reader, old, fresh entries) error {
	for n, ix := range s.indexes {
		if !ix.Unique || fresh[n] == nil || old != nil && bytes.Equal(old[n], fresh[n]) {
			continue
		}
		_, closer, err := r.Get(fresh[n])
		if err == nil {
			closer.Close()
			return docdb.Duplicate{Index: ix.Name}
		}
		if !errors.Is(err, pebble.ErrNotFound) {
			return err
		}
	}
	return nil
}

// list replaces the entries old of a document by fresh; either may be nil.
func (s *shape) list(b *pebble.Batch, id string, old, fresh entries) error {
	for n := range len(s.indexes) + 1 {
		var was, is []byte
		if old != nil {
			was = old[n]
		}
		if fresh != nil {
			is = fresh[n]
		}
		if bytes.Equal(was, is) {
			continue
		}
		if was != nil {
			if err := b.Delete(was, nil); err != nil {
				return err
			}
		}
		if is == nil {
			continue
		}
		var v []byte
		if n < len(s.indexes) && s.indexes[n].Unique {
			v = []byte(id)
		}
		if err := b.Set(is, v, nil); err != nil {
			return err
		}
	}
	return nil
}

func union(have, more docdb.Schema) docdb.Schema {
	out := docdb.Schema{Name: more.Name, Expiry: more.Expiry, Indexes: slices.Clone(more.Indexes)}
	if out.Expiry == "" {
		out.Expiry = have.Expiry
	}
	for _, ix := range have.Indexes {
		if !slices.ContainsFunc(more.Indexes, func(o docdb.Index) bool { return o.Name == ix.Name }) {
			out.Indexes = append(out.Indexes, ix)
		}
	}
	return out
}

func sameSchema(a, b docdb.Schema) bool {
	return a.Expiry == b.Expiry && len(a.Indexes) == len(b.Indexes) &&
		!slices.ContainsFunc(b.Indexes, func(ix docdb.Index) bool {
			return !slices.ContainsFunc(a.Indexes, func(o docdb.Index) bool { return sameIndex(o, ix) })
		})
}

func sameIndex(a, b docdb.Index) bool {
	return a.Name == b.Name && a.Unique == b.Unique && slices.Equal(a.Keys, b.Keys)
}
