package mongodoc

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"meadow/services/platform/docdb"
)

// Insert stores docs.
func (d *DB) Insert(ctx context.Context, coll string, docs ...docdb.Doc) error {
	if err := docdb.CheckName(coll); err != nil {
		return err
	}
	buried := ""
	for len(docs) > 0 {
		stored, err := d.insert(ctx, coll, docs)
		if err == nil {
			return nil
		}
		// An id whose document has expired is free, but MongoDB may not have
		// removed the document yet.
		docs = docs[stored:]
		if !errors.Is(err, docdb.ErrExists) || docs[0].ID == buried || !d.bury(ctx, coll, docs[0].ID) {
			return err
		}
		buried = docs[0].ID
	}
	return nil
}

// insert returns how many of docs were stored before one was refused.
func (d *DB) insert(ctx context.Context, coll string, docs []docdb.Doc) (stored int, err error) {
	if len(docs) == 1 {
		_, err := d.db.Collection(coll).InsertOne(ctx, docs[0].Body)
		return 0, translate(err)
	}
	bodies := make([]any, len(docs))
	for i, doc := range docs {
		bodies[i] = doc.Body
	}
	_, err = d.db.Collection(coll).InsertMany(ctx, bodies, options.InsertMany().SetOrdered(true))
	if e, ok := errors.AsType[mongo.BulkWriteException](err); ok && len(e.WriteErrors) > 0 {
		stored = e.WriteErrors[0].Index
	}
	return stored, translate(err)
}

// bury removes the document under id if it has expired.
func (d *DB) bury(ctx context.Context, coll, id string) bool {
	s := d.schema(coll)
	if s.Expiry == "" {
		return false
	}
	r, err := d.db.Collection(coll).DeleteOne(ctx, all(field(docdb.IDField, "$eq", id),
		field(s.Expiry, "$lte", bson.NewDateTimeFromTime(d.now())), field(s.Expiry, "$gt", zeroTime())))
	return err == nil && r.DeletedCount == 1
}

// Replace swaps a document at revision rev.
func (d *DB) Replace(ctx context.Context, coll string, rev int64, doc docdb.Doc) error {
	if err := docdb.CheckName(coll); err != nil {
		return err
	}
	r, err := d.db.Collection(coll).ReplaceOne(ctx, d.byID(coll, doc.ID, field(docdb.RevField, "$eq", rev)), doc.Body)
	if err != nil {
		return translate(err)
	}
	if r.MatchedCount == 0 {
		return d.why(ctx, coll, doc.ID, docdb.ErrConflict)
	}
	return nil
}

// Delete removes a document at revision rev, or at any if rev is 0.
func (d *DB) Delete(ctx context.Context, coll, id string, rev int64) error {
	if err := docdb.CheckName(coll); err != nil {
		return err
	}
	filter := d.byID(coll, id)
	if rev != 0 {
		filter = d.byID(coll, id, field(docdb.RevField, "$eq", rev))
	}
	r, err := d.db.Collection(coll).DeleteOne(ctx, filter)
	if err != nil {
		return translate(err)
	}
	if r.DeletedCount == 0 {
		return d.why(ctx, coll, id, docdb.ErrConflict)
	}
	return nil
}

// UpdateIf is one findAndModify whose filter holds the conditions.
func (d *DB) UpdateIf(ctx context.Context, coll, id string, conds []docdb.Cond, changes []docdb.Change) (docdb.Doc, error) {
	if err := docdb.CheckName(coll); err != nil {
		return docdb.Doc{}, err
	}
	if err := docdb.CheckUpdate(conds, changes); err != nil {
		return docdb.Doc{}, err
	}
	filter, err := conditions(conds)
	if err != nil {
		return docdb.Doc{}, err
	}
	update, err := update(changes)
	if err != nil {
		return docdb.Doc{}, err
	}
	body, err := d.db.Collection(coll).FindOneAndUpdate(ctx, d.byID(coll, id, filter...), update,
		options.FindOneAndUpdate().SetReturnDocument(options.After)).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return docdb.Doc{}, d.why(ctx, coll, id, docdb.ErrRefused)
	}
	if err != nil {
		return docdb.Doc{}, translate(err)
	}
	return asDoc(body)
}

// why explains a write that matched nothing: the document is gone, or it is
// there and refused.
func (d *DB) why(ctx context.Context, coll, id string, refused error) error {
	err := d.db.Collection(coll).FindOne(ctx, d.byID(coll, id), options.FindOne().SetProjection(bson.D{{Key: docdb.IDField, Value: 1}})).Err()
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return docdb.ErrNotFound
	case err != nil:
		return translate(err)
	}
	return refused
}

func conditions(conds []docdb.Cond) ([]any, error) {
	var out []any
	for _, c := range conds {
		switch c.Op {
		case docdb.Present, docdb.Absent:
			out = append(out, field(c.Field, "$exists", c.Op == docdb.Present))
		case docdb.Eq, docdb.Ne, docdb.Gte, docdb.Lte:
			v, err := docdb.Scalar(c.Value)
			if err != nil {
				return nil, err
			}
			out = append(out, field(c.Field, "$"+string(c.Op), v))
		default:
			return nil, fmt.Errorf("mongodoc: unknown condition %q", c.Op)
		}
	}
	return out, nil
}

func update(changes []docdb.Change) (bson.D, error) {
	set, add, remove := bson.D{}, bson.D{{Key: docdb.RevField, Value: int64(1)}}, bson.D{}
	for _, c := range changes {
		switch c.Verb {
		case docdb.Set:
			set = append(set, bson.E{Key: c.Field, Value: c.Value})
		case docdb.Add:
			v, err := docdb.Scalar(c.Value)
			if err != nil {
				return nil, err
			}
			add = append(add, bson.E{Key: c.Field, Value: v})
		case docdb.Remove:
			remove = append(remove, bson.E{Key: c.Field, Value: ""})
		default:
			return nil, fmt.Errorf("mongodoc: unknown change %q", c.Verb)
		}
	}
	out := bson.D{{Key: "$inc", Value: add}}
	if len(set) > 0 {
		out = append(out, bson.E{Key: "$set", Value: set})
	}
	if len(remove) > 0 {
		out = append(out, bson.E{Key: "$unset", Value: remove})
	}
	return out, nil
}
