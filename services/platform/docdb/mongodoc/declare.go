package mongodoc

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"meadow/services/platform/docdb"
)

// expiryIndex is the name of the index by which MongoDB removes what expired.
// No declared index has it: their names are the domain's.
const expiryIndex = "_expiry"

// buildTime bounds the making of one collection's indexes.
const buildTime = time.Hour

// indexed are the types that a document must have at each key to be listed.
func indexed() bson.A { return bson.A{"string", "int", "long", "bool", "date"} }

// Open declares a collection: it makes the indexes that are missing, and makes
// anew those that were declared otherwise.
func (d *DB) Open(ctx context.Context, s docdb.Schema) error {
	if err := docdb.CheckSchema(s); err != nil {
		return err
	}
	if _, ok := ctx.Deadline(); !ok { // building an index takes longer than a call
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, buildTime)
		defer cancel()
	}
	view := d.db.Collection(s.Name).Indexes()
	have, err := specifications(ctx, view)
	if err != nil {
		return fmt.Errorf("declare %s: %w", s.Name, err)
	}
	for _, ix := range wanted(s) {
		old, ok := have[ix.name]
		if ok && ix.same(old) {
			continue
		}
		if ok {
			if err := view.DropOne(ctx, ix.name); err != nil && !hasCode(err, codeNoSuchIdx) {
				return fmt.Errorf("declare %s: drop index %s: %w", s.Name, ix.name, translate(err))
			}
		}
		if _, err := view.CreateOne(ctx, ix.model()); err != nil {
			return fmt.Errorf("declare %s: make index %s: %w", s.Name, ix.name, translate(err))
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if old, ok := d.schemas[s.Name]; ok { // a second declaration only adds
		for _, ix := range old.Indexes {
			if !slices.ContainsFunc(s.Indexes, func(n docdb.Index) bool { return n.Name == ix.Name }) {
				s.Indexes = append(slices.Clip(s.Indexes), ix)
			}
		}
		if s.Expiry == "" {
			s.Expiry = old.Expiry
		}
	}
	d.schemas[s.Name] = s
	return nil
}

func specifications(ctx context.Context, view mongo.IndexView) (map[string]mongo.IndexSpecification, error) {
	list, err := view.ListSpecifications(ctx)
	if err != nil && !hasCode(err, codeNoSuchColl) {
		return nil, translate(err)
	}
	out := map[string]mongo.IndexSpecification{}
	for _, s := range list {
		out[s.Name] = s
	}
	return out, nil
}

// definition is an index as MongoDB is to have it.
type definition struct {
	name   string
	keys   bson.D
	unique bool
	expiry bool
}

// wanted returns the indexes of a schema. One that is not unique ends with the
// id, so that the walk over it needs no sorting.
func wanted(s docdb.Schema) []definition {
	var out []definition
	for _, ix := range s.Indexes {
		def := definition{name: ix.Name, unique: ix.Unique}
		for _, k := range ix.Keys {
			def.keys = append(def.keys, bson.E{Key: k, Value: int32(1)})
		}
		if !ix.Unique && !slices.Contains(ix.Keys, docdb.IDField) {
			def.keys = append(def.keys, bson.E{Key: docdb.IDField, Value: int32(1)})
		}
		out = append(out, def)
	}
	if s.Expiry != "" {
		out = append(out, definition{name: expiryIndex, keys: bson.D{{Key: s.Expiry, Value: int32(1)}}, expiry: true})
	}
	return out
}

func (ix definition) same(old mongo.IndexSpecification) bool {
	keys, err := bson.Marshal(ix.keys)
	return err == nil && bytes.Equal(keys, old.KeysDocument) &&
		ix.unique == (old.Unique != nil && *old.Unique) && ix.expiry == (old.ExpireAfterSeconds != nil)
}

func (ix definition) model() mongo.IndexModel {
	o := options.Index().SetName(ix.name)
	if ix.unique {
		o.SetUnique(true)
	}
	if ix.expiry {
		o.SetExpireAfterSeconds(0).SetPartialFilterExpression(field(ix.keys[0].Key, "$gt", zeroTime()))
		return mongo.IndexModel{Keys: ix.keys, Options: o}
	}
	var listed bson.D
	for _, k := range ix.keys {
		if k.Key != docdb.IDField && k.Key != docdb.RevField {
			listed = append(listed, field(k.Key, "$type", indexed())...)
		}
	}
	if len(listed) > 0 {
		o.SetPartialFilterExpression(listed)
	}
	return mongo.IndexModel{Keys: ix.keys, Options: o}
}
