// Package docdb stores documents. A service writes its persistence once,
// against Collection; a Driver decides where the bytes live. What a driver
// promises is said exactly by package docdbtest.
//
// A document is BSON with real fields, held under a string id. One document is
// one transaction; there is none across documents.
package docdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/page"
)

var (
	// ErrNotFound means that no document has this id, or that it has expired.
	ErrNotFound = errors.New("docdb: not found")
	// ErrExists means that the id is taken.
	ErrExists = errors.New("docdb: already exists")
	// ErrConflict means that the document changed since it was read.
	ErrConflict = errors.New("docdb: changed since read")
	// ErrRefused means that a condition of UpdateIf does not hold, or that Inc
	// would pass its floor.
	ErrRefused = errors.New("docdb: condition does not hold")
)

// Duplicate is the error of a write that a unique index refuses.
type Duplicate struct{ Index string }

func (d Duplicate) Error() string { return "docdb: unique index " + d.Index + " refuses" }

// ErrBusy is what a caller of Update sees when a document changes faster than
// it can be read and written back.
var ErrBusy = errs.New(errs.Conflict, "too_busy", "Many people are doing this right now. Please try again.")

// ErrUnavailable means that the database cannot be reached or does not answer
// in time. A write that ends with it may have been made.
var ErrUnavailable = errs.New(errs.Unavailable, "store_unavailable", "We cannot reach our records right now. Please try again.")

// MaxBytes is how large a document may become.
const MaxBytes = 16 << 20

// Fields that every stored document has beside its own.
const (
	IDField  = "_id"  // the document's id, a string
	RevField = "_rev" // counts its writes from 1, an int64
)

// Index is a declared order over some fields, given as dotted paths. A
// document is in the index only if it has every one of them, and each holds a
// string, an integer, a bool or an instant. Within one field all documents hold
// the same type. Paths lead through embedded documents, not through arrays.
type Index struct {
	Name   string
	Keys   []string
	Unique bool // no two documents in the index have equal keys
}

// Schema declares a collection.
type Schema struct {
	Name    string
	Indexes []Index
	// Expiry is the path of an instant; a document is gone once it has passed:
	// no verb but Scan sees it, its id is free, and its unique keys are free once
	// it is removed, soon after. Without the field, documents stay.
	Expiry string
}

// Doc is a stored document. Body includes IDField and RevField.
type Doc struct {
	ID   string
	Rev  int64
	Body bson.Raw
}

// Op compares a field with a value in a Cond.
type Op string

const (
	Eq      Op = "eq"      // the field holds the value
	Ne      Op = "ne"      // the field is absent or holds something else
	Gte     Op = "gte"     // the field holds at least the value (same type)
	Lte     Op = "lte"     // the field holds at most the value (same type)
	Present Op = "present" // the field exists
	Absent  Op = "absent"  // the field does not exist
)

// Cond is one condition of UpdateIf. Value is nil for Present and Absent.
type Cond struct {
	Field string
	Op    Op
	Value any
}

// Verb is how a Change alters a field.
type Verb string

const (
	Set    Verb = "set"    // store the value there, making the embedded documents on the way
	Add    Verb = "add"    // add the int64 to the integer there; absent counts as 0
	Remove Verb = "remove" // remove the field; absent is fine
)

// Change is one change of UpdateIf. Value is nil for Remove only; Set takes
// whatever BSON can hold.
type Change struct {
	Field string
	Verb  Verb
	Value any
}

// Query walks one index. Equal fixes the index's first keys, in their order;
// From and Before bound the key after them as [From, Before), either may be
// nil. Documents come in the order of the remaining keys, then of their ids;
// Descending turns the whole walk round.
type Query struct {
	Index      string
	Equal      []any
	From       any
	Before     any
	Descending bool
	Limit      int
	After      page.Cursor
}

// Driver is the little that a database must do. All methods are safe for
// concurrent use; a write that returned nil is durable.
type Driver interface {
	// Open declares a collection; declaring it again the same way is fine. An
	// index that is new to a collection with documents is built before it returns.
	Open(ctx context.Context, s Schema) error
	// Insert stores docs, whose Rev is 1. If several are given some may be stored
	// when it fails: ErrExists or Duplicate tells of the first that was refused.
	Insert(ctx context.Context, coll string, docs ...Doc) error
	// Get returns the documents that exist, in no particular order.
	Get(ctx context.Context, coll string, ids ...string) ([]Doc, error)
	// Replace swaps the document if its revision is still rev, else ErrConflict;
	// ErrNotFound if it is gone. doc.Rev is rev+1.
	Replace(ctx context.Context, coll string, rev int64, doc Doc) error
	// UpdateIf applies changes in one atomic step if every condition holds, and
	// returns the document after it. ErrNotFound, ErrRefused or Duplicate.
	UpdateIf(ctx context.Context, coll, id string, conds []Cond, changes []Change) (Doc, error)
	// Delete removes the document if its revision is rev, or at any revision if
	// rev is 0. ErrNotFound or ErrConflict.
	Delete(ctx context.Context, coll, id string, rev int64) error
	// Find returns one page of a walk, and where to go on.
	Find(ctx context.Context, coll string, q Query) ([]Doc, page.Cursor, error)
	// Scan returns up to limit documents by id, from the first id greater than
	// after. It is for copying and rebuilding, not for answering.
	Scan(ctx context.Context, coll, after string, limit int) ([]Doc, error)
	// Collections returns the names of the collections that hold documents.
	Collections(ctx context.Context) ([]string, error)
	// Ping reports whether the database answers.
	Ping(ctx context.Context) error
	Close() error
}

// Collection is a named set of documents of one type. T is encoded by its bson
// tags; a field that holds the id carries `bson:"_id"`, and is filled on read.
type Collection[T any] struct{ store }

// store is a collection without its type: what needs none is compiled once.
type store struct {
	driver Driver
	schema Schema
	now    func() time.Time
}

// Open declares a collection and returns it. now decides what has expired.
func Open[T any](ctx context.Context, d Driver, now func() time.Time, s Schema) (*Collection[T], error) {
	if err := d.Open(ctx, s); err != nil {
		return nil, fmt.Errorf("open %s: %w", s.Name, err)
	}
	return &Collection[T]{store{driver: d, schema: s, now: now}}, nil
}

// Insert stores v under id. ErrExists or Duplicate.
func (c *Collection[T]) Insert(ctx context.Context, id string, v T) error {
	return c.insert(ctx, id, v)
}

func (c *store) insert(ctx context.Context, id string, v any) error {
	doc, err := c.encode(id, 1, v)
	if err != nil {
		return c.fault("insert", id, err)
	}
	err = c.driver.Insert(ctx, c.schema.Name, doc)
	if errors.Is(err, ErrExists) && c.schema.Expiry != "" && c.bury(ctx, id) {
		err = c.driver.Insert(ctx, c.schema.Name, doc)
	}
	return c.fault("insert", id, err)
}

// InsertMany stores several documents, faster than one by one. It stops at the
// first that is refused; those before it are stored.
func (c *Collection[T]) InsertMany(ctx context.Context, ids []string, vs []T) error {
	docs := make([]Doc, len(vs))
	for i, v := range vs {
		var err error
		if docs[i], err = c.encode(ids[i], 1, v); err != nil {
			return c.fault("insert", ids[i], err)
		}
	}
	return c.fault("insert", fmt.Sprintf("%d documents", len(vs)), c.driver.Insert(ctx, c.schema.Name, docs...))
}

// Get returns the document under id, or ErrNotFound.
func (c *Collection[T]) Get(ctx context.Context, id string) (T, error) {
	v, _, err := c.get(ctx, id)
	return v, c.fault("get", id, err)
}

// GetMany returns the documents under ids in the order asked, leaving out
// those that do not exist.
func (c *Collection[T]) GetMany(ctx context.Context, ids []string) ([]T, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	docs, err := c.driver.Get(ctx, c.schema.Name, ids...)
	if err != nil {
		return nil, c.fault("get", fmt.Sprintf("%d documents", len(ids)), err)
	}
	byID := make(map[string]Doc, len(docs))
	for _, d := range docs {
		byID[d.ID] = d
	}
	out := make([]T, 0, len(docs))
	for _, id := range ids {
		d, ok := byID[id]
		if !ok || c.expired(d.Body) {
			continue
		}
		v, err := decode[T](d)
		if err != nil {
			return nil, c.fault("get", id, err)
		}
		out = append(out, v)
	}
	return out, nil
}

// updateTries is how often Update starts over before it gives up. Each try
// waits a little longer, so that this many writers of one document all pass.
const updateTries = 64

// Update reads the document, lets change decide, and writes it back if nobody
// else did meanwhile, else starts over. change may run several times and
// touches nothing but its argument; its error ends the update and is returned
// as it is, with the document as change left it. ErrNotFound or ErrBusy.
func (c *Collection[T]) Update(ctx context.Context, id string, change func(*T) error) (T, error) {
	for try := range updateTries {
		v, rev, err := c.get(ctx, id)
		if err != nil {
			return v, c.fault("update", id, err)
		}
		if err := change(&v); err != nil {
			return v, err
		}
		doc, err := c.encode(id, rev+1, v)
		if err != nil {
			return v, c.fault("update", id, err)
		}
		err = c.driver.Replace(ctx, c.schema.Name, rev, doc)
		if err == nil {
			return v, nil
		}
		if !errors.Is(err, ErrConflict) {
			return v, c.fault("update", id, err)
		}
		if err := pause(ctx, try); err != nil {
			return v, c.fault("update", id, err)
		}
	}
	var none T
	return none, ErrBusy.Because(fmt.Errorf("update %s/%s", c.schema.Name, id))
}

// Upsert is Update for a document that may not exist yet: change then starts
// from the zero T.
func (c *Collection[T]) Upsert(ctx context.Context, id string, change func(*T) error) (T, error) {
	for range updateTries {
		v, err := c.Update(ctx, id, change)
		if !errors.Is(err, ErrNotFound) {
			return v, err
		}
		var fresh T
		if err := change(&fresh); err != nil {
			return fresh, err
		}
		err = c.Insert(ctx, id, fresh)
		if err == nil || !errors.Is(err, ErrExists) {
			return fresh, err
		}
	}
	var none T
	return none, ErrBusy.Because(fmt.Errorf("upsert %s/%s", c.schema.Name, id))
}

// UpdateIf applies changes in one atomic step if every condition holds, and
// returns the document after it. ErrNotFound, ErrRefused or Duplicate.
func (c *Collection[T]) UpdateIf(ctx context.Context, id string, conds []Cond, changes []Change) (T, error) {
	doc, err := c.driver.UpdateIf(ctx, c.schema.Name, id, conds, changes)
	if err != nil {
		var none T
		return none, c.fault("update", id, err)
	}
	v, err := decode[T](doc)
	return v, c.fault("update", id, err)
}

// Inc adds delta to an integer field in one atomic step and returns the
// document after it. It refuses with ErrRefused to take the field below floor.
func (c *Collection[T]) Inc(ctx context.Context, id, field string, delta, floor int64) (T, error) {
	return c.UpdateIf(ctx, id,
		[]Cond{{Field: field, Op: Gte, Value: floor - delta}},
		[]Change{{Field: field, Verb: Add, Value: delta}})
}

// Delete removes the document, or returns ErrNotFound.
func (c *store) Delete(ctx context.Context, id string) error {
	return c.fault("delete", id, c.driver.Delete(ctx, c.schema.Name, id, 0))
}

// Find returns one page of documents. A page may hold fewer than Limit when
// some have expired; only an empty Next means the end.
func (c *Collection[T]) Find(ctx context.Context, q Query) (page.Page[T], error) {
	if q.Limit <= 0 {
		return page.Page[T]{}, c.fault("find", q.Index, errors.New("a query has a limit"))
	}
	docs, next, err := c.driver.Find(ctx, c.schema.Name, q)
	if err != nil {
		return page.Page[T]{}, c.fault("find", q.Index, err)
	}
	out := page.Page[T]{Items: make([]T, 0, len(docs)), Next: next}
	for _, d := range docs {
		if c.expired(d.Body) {
			continue
		}
		v, err := decode[T](d)
		if err != nil {
			return page.Page[T]{}, c.fault("find", d.ID, err)
		}
		out.Items = append(out.Items, v)
	}
	return out, nil
}

// Each calls f with every document by id, for rebuilding what is derived from
// them. An error of f ends the walk.
func (c *Collection[T]) Each(ctx context.Context, f func(id string, v T) error) error {
	const batch = 500
	for after := ""; ; {
		docs, err := c.driver.Scan(ctx, c.schema.Name, after, batch)
		if err != nil {
			return c.fault("scan", after, err)
		}
		for _, d := range docs {
			after = d.ID
			if c.expired(d.Body) {
				continue
			}
			v, err := decode[T](d)
			if err != nil {
				return c.fault("scan", d.ID, err)
			}
			if err := f(d.ID, v); err != nil {
				return err
			}
		}
		if len(docs) < batch {
			return nil
		}
	}
}

func (c *Collection[T]) get(ctx context.Context, id string) (v T, rev int64, err error) {
	docs, err := c.driver.Get(ctx, c.schema.Name, id)
	if err != nil {
		return v, 0, err
	}
	if len(docs) == 0 || c.expired(docs[0].Body) {
		return v, 0, ErrNotFound
	}
	v, err = decode[T](docs[0])
	return v, docs[0].Rev, err
}

// bury removes the document under id if it has expired, and reports whether
// the id is free now.
func (c *store) bury(ctx context.Context, id string) bool {
	docs, err := c.driver.Get(ctx, c.schema.Name, id)
	if err != nil {
		return false
	}
	if len(docs) == 0 {
		return true
	}
	return c.expired(docs[0].Body) && c.driver.Delete(ctx, c.schema.Name, id, docs[0].Rev) == nil
}

func (c *store) fault(op, what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s/%s: %w", op, c.schema.Name, what, err)
}
