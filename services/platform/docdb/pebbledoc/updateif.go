package pebbledoc

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"meadow/services/platform/docdb"
)

// UpdateIf applies changes if conds hold, under the document's lock.
func (d *DB) UpdateIf(ctx context.Context, coll, id string, conds []docdb.Cond, changes []docdb.Change) (docdb.Doc, error) {
	if err := docdb.CheckUpdate(conds, changes); err != nil {
		return docdb.Doc{}, err
	}
	w, err := d.begin(ctx, coll, id)
	if err != nil {
		return docdb.Doc{}, err
	}
	doc, err := w.change(id, conds, changes)
	if err != nil {
		w.abandon()
		return docdb.Doc{}, err
	}
	if err := w.commit(); err != nil {
		return docdb.Doc{}, err
	}
	return doc, nil
}

func (w *writer) change(id string, conds []docdb.Cond, changes []docdb.Change) (docdb.Doc, error) {
	raw, err := w.read(id)
	if err != nil {
		return docdb.Doc{}, err
	}
	ok, err := holds(raw, conds)
	if err != nil {
		return docdb.Doc{}, err
	}
	if !ok {
		return docdb.Doc{}, docdb.ErrRefused
	}
	body, err := apply(slices.Grow(slices.Clip(raw), 96), changes)
	if err != nil {
		return docdb.Doc{}, err
	}
	rev, err := countUp(body)
	if err != nil {
		return docdb.Doc{}, err
	}
	touched := func(ix docdb.Index) bool {
		return slices.ContainsFunc(ix.Keys, func(key string) bool {
			return key == docdb.RevField || slices.ContainsFunc(changes, func(c docdb.Change) bool { return docdb.Overlap(key, c.Field) })
		})
	}
	old, fresh := w.shape.entries(raw, id, touched), w.shape.entries(body, id, touched)
	return docdb.Doc{ID: id, Rev: rev, Body: body}, w.swap(id, body, old, fresh)
}

// countUp adds one to the revision where it stands.
func countUp(body []byte) (int64, error) {
	f, ok := find(body, docdb.RevField)
	if !ok || f.kind != bson.TypeInt64 {
		return 0, errors.New("pebbledoc: a document without a revision")
	}
	rev, _ := integer(f.kind, body[f.value:f.end])
	putInteger(body[f.value:], rev+1)
	return rev + 1, nil
}
