package pebbledoc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
	"go.mongodb.org/mongo-driver/v2/bson"

	"meadow/services/platform/docdb"
)

// writer is one write on its way: what it holds, and what it has put into its
// batch so far.
type writer struct {
	db     *DB
	coll   *collection
	shape  *shape
	batch  *pebble.Batch
	docs   held
	unique held
}

// begin locks the documents under ids. Follow it by commit or abandon.
func (d *DB) begin(ctx context.Context, coll string, ids ...string) (*writer, error) {
	if err := d.enter(ctx); err != nil {
		return nil, err
	}
	c, err := d.collection(coll)
	if err != nil {
		d.leave()
		return nil, err
	}
	w := &writer{db: d, coll: c}
	c.mu.RLock()
	w.shape = c.shape.Load()
	var space [96]byte
	for _, id := range ids {
		d.docs.add(&w.docs, append(append(space[:0], w.shape.docs...), id...))
	}
	d.docs.lock(&w.docs)
	w.batch = d.store.NewBatch()
	return w, nil
}

// claim is what a document wants of the unique indexes.
type claim struct {
	old, fresh entries
	exists     bool
}

// lockUnique locks the unique entries that are in fresh and not in old. A
// writer does so once.
func (w *writer) lockUnique(claims ...claim) {
	for _, c := range claims {
		for n, ix := range w.shape.indexes {
			if ix.Unique && c.fresh[n] != nil && (c.old == nil || !bytes.Equal(c.old[n], c.fresh[n])) {
				w.db.unique.add(&w.unique, c.fresh[n])
			}
		}
	}
	w.db.unique.lock(&w.unique)
}

// swap puts body in the place of old, if the unique indexes allow it.
func (w *writer) swap(id string, body []byte, old, fresh entries) error {
	w.lockUnique(claim{old: old, fresh: fresh})
	if err := w.shape.refuse(w.db.store, old, fresh); err != nil {
		return err
	}
	return w.put(id, body, old, fresh)
}

func (w *writer) release() {
	w.db.unique.unlock(&w.unique)
	w.db.docs.unlock(&w.docs)
	w.coll.mu.RUnlock()
}

func (w *writer) abandon() {
	w.release()
	_ = w.batch.Close() // an empty or unapplied batch has nothing to lose
	w.db.leave()
}

// commit applies the batch, lets go of the locks, and waits for the disk.
func (w *writer) commit() error {
	defer w.db.leave()
	if w.batch.Empty() {
		w.release()
		return w.batch.Close()
	}
	err := w.db.store.ApplyNoSyncWait(w.batch, pebble.Sync)
	w.release()
	if err == nil {
		err = w.batch.SyncWait()
	}
	if err != nil {
		return w.db.fail(err)
	}
	return w.batch.Close()
}

// read returns a copy of the live document under id with some room to grow,
// or docdb.ErrNotFound. raw is what is stored, even if it has expired.
func (w *writer) read(id string) (raw []byte, err error) {
	v, closer, err := w.db.store.Get(w.shape.docKey(id))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, docdb.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	raw = append(make([]byte, 0, len(v)), v...)
	if err := closer.Close(); err != nil {
		return nil, err
	}
	if w.db.expired(w.shape, raw) {
		return raw, docdb.ErrNotFound
	}
	return raw, nil
}

// put stores body in the place of old, which is nil for a new document.
func (w *writer) put(id string, body []byte, old, fresh entries) error {
	if len(body) > docdb.MaxBytes {
		return fmt.Errorf("pebbledoc: document %q of %d bytes is too large", id, len(body))
	}
	if err := w.batch.Set(w.shape.docKey(id), body, nil); err != nil {
		return err
	}
	return w.shape.list(w.batch, id, old, fresh)
}

func (d *DB) expired(s *shape, doc []byte) bool {
	ms, ok := s.expiresAt(doc)
	return ok && d.now().UnixMilli() >= ms
}

// Insert stores docs.
func (d *DB) Insert(ctx context.Context, coll string, docs ...docdb.Doc) error {
	const chunk = 256 // bounds what is held at once
	for part := range slices.Chunk(docs, chunk) {
		if err := d.insert(ctx, coll, part); err != nil {
			return err
		}
	}
	return nil
}

func (d *DB) insert(ctx context.Context, coll string, docs []docdb.Doc) error {
	ids := make([]string, len(docs))
	for i, doc := range docs {
		if err := checkBody(doc); err != nil {
			return err
		}
		ids[i] = doc.ID
	}
	w, err := d.begin(ctx, coll, ids...)
	if err != nil {
		return err
	}
	refused, err := w.insert(docs)
	if err != nil {
		w.abandon()
		return err
	}
	if err := w.commit(); err != nil { // those before the refused one are stored
		return err
	}
	return refused
}

// insert puts docs until one is refused.
func (w *writer) insert(docs []docdb.Doc) (refused, err error) {
	claims := make([]claim, len(docs))
	for i, doc := range docs {
		claims[i].fresh = w.shape.entries(doc.Body, doc.ID, nil)
		raw, err := w.read(doc.ID)
		switch {
		case err == nil:
			claims[i].exists = true
		case !errors.Is(err, docdb.ErrNotFound):
			return nil, err
		case raw != nil: // it has expired; what listed it goes with it
			claims[i].old = w.shape.entries(raw, doc.ID, nil)
		}
	}
	w.lockUnique(claims...)
	taken := map[string]bool{}
	for i, doc := range docs {
		c := claims[i]
		if c.exists || taken[doc.ID] {
			return docdb.ErrExists, nil
		}
		if err := w.shape.refuse(w.db.store, c.old, c.fresh); err != nil {
			return refusal(err)
		}
		if len(docs) > 1 {
			if err := w.take(taken, doc.ID, c.fresh); err != nil {
				return err, nil
			}
		}
		if err := w.put(doc.ID, doc.Body, c.old, c.fresh); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// refusal tells an answer from a failure.
func refusal(err error) (refused, failed error) {
	if _, ok := errors.AsType[docdb.Duplicate](err); ok {
		return err, nil
	}
	return nil, err
}

// take refuses what an earlier document of the same batch took.
func (w *writer) take(taken map[string]bool, id string, fresh entries) error {
	taken[id] = true
	for n, ix := range w.shape.indexes {
		if !ix.Unique || fresh[n] == nil {
			continue
		}
		key := "\x00" + string(fresh[n]) // apart from the ids
		if taken[key] {
			return docdb.Duplicate{Index: ix.Name}
		}
		taken[key] = true
	}
	return nil
}

// Replace swaps a document at revision rev.
func (d *DB) Replace(ctx context.Context, coll string, rev int64, doc docdb.Doc) error {
	if err := checkBody(doc); err != nil {
		return err
	}
	w, err := d.begin(ctx, coll, doc.ID)
	if err != nil {
		return err
	}
	raw, err := w.read(doc.ID)
	if err == nil {
		err = atRevision(raw, rev)
	}
	if err != nil {
		w.abandon()
		return err
	}
	old, fresh := w.shape.entries(raw, doc.ID, nil), w.shape.entries(doc.Body, doc.ID, nil)
	if err := w.swap(doc.ID, doc.Body, old, fresh); err != nil {
		w.abandon()
		return err
	}
	return w.commit()
}

// Delete removes a document at revision rev, or at any if rev is 0.
func (d *DB) Delete(ctx context.Context, coll, id string, rev int64) error {
	w, err := d.begin(ctx, coll, id)
	if err != nil {
		return err
	}
	raw, err := w.read(id)
	if err == nil && rev != 0 {
		err = atRevision(raw, rev)
	}
	if err == nil {
		err = w.remove(id, raw)
	}
	if err != nil {
		w.abandon()
		return err
	}
	return w.commit()
}

func (w *writer) remove(id string, raw []byte) error {
	if err := w.batch.Delete(w.shape.docKey(id), nil); err != nil {
		return err
	}
	return w.shape.list(w.batch, id, w.shape.entries(raw, id, nil), nil)
}

func atRevision(raw []byte, rev int64) error {
	have, err := docdb.Rev(raw)
	if err == nil && have != rev {
		return docdb.ErrConflict
	}
	return err
}

// checkBody refuses what Stamp did not make: stored once, it could not be read.
func checkBody(doc docdb.Doc) error {
	if err := doc.Body.Validate(); err != nil {
		return fmt.Errorf("pebbledoc: document %q: %w", doc.ID, err)
	}
	f, ok := find(doc.Body, docdb.IDField)
	if !ok || f.kind != bson.TypeString || doc.ID == "" || string(doc.Body[f.value+4:f.end-1]) != doc.ID {
		return fmt.Errorf("pebbledoc: document %q does not hold its id", doc.ID)
	}
	if _, err := docdb.Rev(doc.Body); err != nil {
		return fmt.Errorf("pebbledoc: document %q: %w", doc.ID, err)
	}
	return nil
}
