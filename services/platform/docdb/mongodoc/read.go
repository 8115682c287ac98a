package mongodoc

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

// Get returns the live documents among ids.
func (d *DB) Get(ctx context.Context, coll string, ids ...string) ([]docdb.Doc, error) {
	switch len(ids) {
	case 0:
		return nil, nil
	case 1:
		return d.find(ctx, coll, d.byID(coll, ids[0]), nil, 1)
	}
	return d.find(ctx, coll, all(append(bson.A{field(docdb.IDField, "$in", ids)}, d.live(coll)...)...), nil, 0)
}

// Scan returns documents by id, expired ones included.
func (d *DB) Scan(ctx context.Context, coll, after string, limit int) ([]docdb.Doc, error) {
	if limit <= 0 {
		return nil, nil
	}
	return d.find(ctx, coll, field(docdb.IDField, "$gt", after), bson.D{{Key: docdb.IDField, Value: 1}}, limit)
}

// Collections returns the names of the collections that hold documents.
func (d *DB) Collections(ctx context.Context) ([]string, error) {
	names, err := d.db.ListCollectionNames(ctx, bson.D{})
	if err != nil {
		return nil, translate(err)
	}
	out := []string{}
	for _, name := range names {
		if strings.HasPrefix(name, "system.") {
			continue
		}
		docs, err := d.Scan(ctx, name, "", 1)
		if err != nil {
			return nil, err
		}
		if len(docs) > 0 {
			out = append(out, name)
		}
	}
	return out, nil
}

// find reads at most limit documents, or all if it is 0, in few round trips.
func (d *DB) find(ctx context.Context, coll string, filter, sort bson.D, limit int) ([]docdb.Doc, error) {
	if err := docdb.CheckName(coll); err != nil {
		return nil, err
	}
	o := options.Find()
	if sort != nil {
		o.SetSort(sort)
	}
	if limit > 0 {
		o.SetLimit(int64(limit)).SetBatchSize(int32(min(limit, 1000) + 1))
	}
	cur, err := d.db.Collection(coll).Find(ctx, filter, o)
	if err != nil {
		return nil, translate(err)
	}
	defer cur.Close(context.WithoutCancel(ctx))
	var out []docdb.Doc
	for cur.Next(ctx) {
		doc, err := asDoc(slices.Clone(cur.Current))
		if err != nil {
			return nil, err
		}
		out = append(out, doc)
	}
	return out, translate(cur.Err())
}

func asDoc(body bson.Raw) (docdb.Doc, error) {
	id, ok := body.Lookup(docdb.IDField).StringValueOK()
	if !ok {
		return docdb.Doc{}, fmt.Errorf("mongodoc: a document whose id is no text: %s", body.Lookup(docdb.IDField))
	}
	rev, err := docdb.Rev(body)
	return docdb.Doc{ID: id, Rev: rev, Body: body}, err
}

// Find returns one page of a walk over an index.
func (d *DB) Find(ctx context.Context, coll string, q docdb.Query) ([]docdb.Doc, page.Cursor, error) {
	s := d.schema(coll)
	n := slices.IndexFunc(s.Indexes, func(ix docdb.Index) bool { return ix.Name == q.Index })
	if n < 0 {
		return nil, "", fmt.Errorf("mongodoc: %s has no index %q", coll, q.Index)
	}
	ix := s.Indexes[n]
	filter, err := walk(coll, ix, q)
	if err != nil {
		return nil, "", err
	}
	docs, err := d.find(ctx, coll, all(append(filter, d.live(coll)...)...), order(ix, q), q.Limit+1)
	if err != nil || len(docs) <= q.Limit {
		return docs, "", err
	}
	docs = docs[:q.Limit]
	place, err := placeOf(ix, q, docs[q.Limit-1])
	if err != nil {
		return nil, "", err
	}
	next, err := docdb.CursorAt(coll, q, place)
	return docs, next, err
}

// walk returns the conditions of a query.
func walk(coll string, ix docdb.Index, q docdb.Query) (bson.A, error) {
	if err := docdb.CheckQuery(ix, q); err != nil {
		return nil, err
	}
	var out bson.A
	for i, k := range ix.Keys {
		if k != docdb.IDField && k != docdb.RevField {
			out = append(out, field(k, "$type", indexed())) // as the index says, so that it is used
		}
		if i < len(q.Equal) {
			v, err := docdb.Scalar(q.Equal[i])
			if err != nil {
				return nil, err
			}
			out = append(out, field(k, "$eq", v))
		}
	}
	for _, bound := range []struct {
		op string
		v  any
	}{{"$gte", q.From}, {"$lt", q.Before}} {
		if bound.v == nil {
			continue
		}
		v, err := docdb.Scalar(bound.v)
		if err != nil {
			return nil, err
		}
		out = append(out, field(ix.Keys[len(q.Equal)], bound.op, v))
	}
	place, err := docdb.Place(coll, ix, q)
	if err != nil || place == nil {
		return out, err
	}
	beyond, err := beyond(ix, q, place)
	return append(out, beyond...), err
}

// beyond returns the conditions of standing after place: the first key is not
// before it, which the index can seek to, and some key or the id is after it
// while those in front of that one are equal.
func beyond(ix docdb.Index, q docdb.Query, place []byte) (bson.A, error) {
	keys, id, err := docdb.ReadPlace(ix, q, place)
	if err != nil {
		return nil, err
	}
	paths := append(slices.Clone(ix.Keys[len(q.Equal):]), docdb.IDField)
	values := append(keys, id)
	past, from := "$gt", "$gte"
	if q.Descending {
		past, from = "$lt", "$lte"
	}
	var some bson.A
	for i, path := range paths {
		var every []any
		for n := range i {
			every = append(every, field(paths[n], "$eq", values[n]))
		}
		some = append(some, all(append(every, field(path, past, values[i]))...))
	}
	return bson.A{field(paths[0], from, values[0]), bson.D{{Key: "$or", Value: some}}}, nil
}

// order is the sort of a walk: the keys that are not fixed, then the id, which
// a unique index does not have and does not need.
func order(ix docdb.Index, q docdb.Query) bson.D {
	way := 1
	if q.Descending {
		way = -1
	}
	var out bson.D
	for _, k := range ix.Keys[len(q.Equal):] {
		out = append(out, bson.E{Key: k, Value: way})
	}
	if !ix.Unique && !slices.Contains(ix.Keys, docdb.IDField) {
		out = append(out, bson.E{Key: docdb.IDField, Value: way})
	}
	return out
}

func placeOf(ix docdb.Index, q docdb.Query, doc docdb.Doc) ([]byte, error) {
	var out []byte
	for _, k := range ix.Keys[len(q.Equal):] {
		v, err := doc.Body.LookupErr(strings.Split(k, ".")...)
		if err != nil {
			return nil, err
		}
		var ok bool
		if out, ok = docdb.AppendValueKey(out, v.Type, v.Value); !ok {
			return nil, fmt.Errorf("mongodoc: %s of %s is a %s", k, doc.ID, v.Type)
		}
	}
	return append(out, doc.ID...), nil
}
