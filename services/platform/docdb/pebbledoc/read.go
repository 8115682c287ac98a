package pebbledoc

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"go.mongodb.org/mongo-driver/v2/bson"

	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

// Get returns the live documents among ids.
func (d *DB) Get(ctx context.Context, coll string, ids ...string) ([]docdb.Doc, error) {
	if err := d.enter(ctx); err != nil {
		return nil, err
	}
	defer d.leave()
	c, err := d.collection(coll)
	if err != nil {
		return nil, err
	}
	sh := c.shape.Load()
	out := make([]docdb.Doc, 0, len(ids))
	for _, id := range ids {
		doc, err := d.doc(d.store, sh, id)
		if errors.Is(err, docdb.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !d.expired(sh, doc.Body) {
			out = append(out, doc)
		}
	}
	return out, nil
}

// doc reads a document, even if it has expired.
func (d *DB) doc(r pebble.Reader, sh *shape, id string) (docdb.Doc, error) {
	v, closer, err := r.Get(sh.docKey(id))
	if errors.Is(err, pebble.ErrNotFound) {
		return docdb.Doc{}, docdb.ErrNotFound
	}
	if err != nil {
		return docdb.Doc{}, fmt.Errorf("read %s/%s: %w", sh.coll, id, err)
	}
	body := bytes.Clone(v)
	if err := closer.Close(); err != nil {
		return docdb.Doc{}, err
	}
	return asDoc(id, body)
}

func asDoc(id string, body bson.Raw) (docdb.Doc, error) {
	rev, err := docdb.Rev(body)
	return docdb.Doc{ID: id, Rev: rev, Body: body}, err
}

// Scan returns documents by id, expired ones included.
func (d *DB) Scan(ctx context.Context, coll, from string, limit int) ([]docdb.Doc, error) {
	if err := d.enter(ctx); err != nil {
		return nil, err
	}
	defer d.leave()
	c, err := d.collection(coll)
	if err != nil {
		return nil, err
	}
	sh := c.shape.Load()
	lower := sh.docs
	if from != "" {
		lower = append(sh.docKey(from), 0)
	}
	it, err := d.store.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: lower, UpperBound: after(sh.docs)})
	if err != nil {
		return nil, err
	}
	defer it.Close()
	var out []docdb.Doc
	for ok := it.First(); ok && len(out) < limit; ok = it.Next() {
		doc, err := asDoc(string(it.Key()[len(sh.docs):]), bytes.Clone(it.Value()))
		if err != nil {
			return nil, err
		}
		out = append(out, doc)
	}
	return out, it.Error()
}

// Collections returns the names of the collections that hold documents.
func (d *DB) Collections(ctx context.Context) ([]string, error) {
	if err := d.enter(ctx); err != nil {
		return nil, err
	}
	defer d.leave()
	it, err := d.store.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: []byte{spaceDoc}, UpperBound: []byte{spaceDoc + 1}})
	if err != nil {
		return nil, err
	}
	defer it.Close()
	var out []string
	for ok := it.First(); ok; {
		name, _, _ := bytes.Cut(it.Key()[1:], []byte{0})
		out = append(out, string(name))
		ok = it.SeekGE(after(docPrefix(string(name))))
	}
	return out, it.Error()
}

// hiddenMost bounds how many expired documents one Find steps over; then it
// answers with what it has and where to go on.
const hiddenMost = 1000

// Find returns one page of a walk over an index.
func (d *DB) Find(ctx context.Context, coll string, q docdb.Query) ([]docdb.Doc, page.Cursor, error) {
	if err := d.enter(ctx); err != nil {
		return nil, "", err
	}
	defer d.leave()
	c, err := d.collection(coll)
	if err != nil {
		return nil, "", err
	}
	sh := c.shape.Load()
	ix, ok := sh.index(q.Index)
	if !ok {
		return nil, "", fmt.Errorf("pebbledoc: %s has no index %q", coll, q.Index)
	}
	w, err := newWalk(sh, ix, q)
	if err != nil {
		return nil, "", err
	}
	snap := d.store.NewSnapshot()
	defer snap.Close()
	it, err := snap.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: w.lower, UpperBound: w.upper})
	if err != nil {
		return nil, "", err
	}
	defer it.Close()
	return d.page(snap, it, w)
}

// page reads what w asks for.
func (d *DB) page(snap *pebble.Snapshot, it *pebble.Iterator, w walk) ([]docdb.Doc, page.Cursor, error) {
	out := make([]docdb.Doc, 0, min(w.q.Limit, 4))
	var last []byte // the place of the last entry passed
	hidden := 0
	for ok := w.first(it); ok; ok = w.next(it) {
		if len(out) == w.q.Limit || hidden == hiddenMost {
			next, err := docdb.CursorAt(w.shape.coll, w.q, last)
			return out, next, err
		}
		id, place, err := w.entry(it)
		if err != nil {
			return nil, "", err
		}
		last = append(last[:0], place...)
		doc, err := d.doc(snap, w.shape, id)
		if err != nil {
			return nil, "", fmt.Errorf("index %s: %w", w.ix.Name, err)
		}
		if d.expired(w.shape, doc.Body) {
			hidden++
			continue
		}
		out = append(out, doc)
	}
	return out, "", it.Error()
}

// walk is a query turned into bounds.
type walk struct {
	shape        *shape
	ix           index
	q            docdb.Query
	fixed        []byte // the prefix that Equal fixes
	lower, upper []byte
}

func newWalk(sh *shape, ix index, q docdb.Query) (walk, error) {
	w := walk{shape: sh, ix: ix, q: q, fixed: bytes.Clone(ix.prefix)}
	if err := docdb.CheckQuery(ix.Index, q); err != nil {
		return w, err
	}
	var err error
	for _, v := range q.Equal {
		if w.fixed, err = docdb.AppendKey(w.fixed, v); err != nil {
			return w, err
		}
	}
	w.lower, w.upper = w.fixed, after(w.fixed)
	if q.From != nil {
		if w.lower, err = docdb.AppendKey(bytes.Clone(w.fixed), q.From); err != nil {
			return w, err
		}
	}
	if q.Before != nil {
		if w.upper, err = docdb.AppendKey(bytes.Clone(w.fixed), q.Before); err != nil {
			return w, err
		}
	}
	return w, w.resume()
}

// resume moves the bound at which the walk begins to the cursor.
func (w *walk) resume() error {
	place, err := docdb.Place(w.shape.coll, w.ix.Index, w.q)
	if err != nil || place == nil {
		return err
	}
	if w.ix.Unique { // its entries end before the id
		_, id, err := docdb.ReadPlace(w.ix.Index, w.q, place)
		if err != nil {
			return err
		}
		place = place[:len(place)-len(id)]
	}
	at := append(bytes.Clone(w.fixed), place...)
	switch {
	case w.q.Descending && bytes.Compare(at, w.upper) < 0:
		w.upper = at
	case !w.q.Descending && bytes.Compare(at, w.lower) >= 0:
		w.lower = append(at, 0)
	}
	if bytes.Compare(w.lower, w.upper) > 0 {
		w.lower = w.upper
	}
	return nil
}

func (w *walk) first(it *pebble.Iterator) bool {
	if w.q.Descending {
		return it.Last()
	}
	return it.First()
}

func (w *walk) next(it *pebble.Iterator) bool {
	if w.q.Descending {
		return it.Prev()
	}
	return it.Next()
}

// entry returns the id that the iterator's entry lists, and its place.
func (w *walk) entry(it *pebble.Iterator) (id string, place []byte, err error) {
	place = it.Key()[len(w.fixed):]
	if w.ix.Unique {
		id := string(it.Value())
		return id, append(bytes.Clone(place), id...), nil
	}
	rest := place
	for range len(w.ix.Keys) - len(w.q.Equal) {
		if _, rest, err = docdb.ReadKey(rest); err != nil {
			return "", nil, err
		}
	}
	return string(rest), place, nil
}
