package sim

import (
	"context"
	"errors"
	"hash/crc32"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"meadow/services/kernel/clock"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
)

// errDead is what a killed process sees of its store.
var errDead = docdb.ErrUnavailable.Because(errors.New("sim: the process is dead"))

// store keeps documents in maps. It outlives the processes that use it, and can
// kill one: after so many writes nothing answers any more.
type store struct {
	mu    sync.Mutex
	now   clock.Now
	colls map[string]*collection
	names []string // of colls, as they were declared

	writes int64
	trace  uint32 // of all writes, in their order
	left   int    // writes until the process dies; negative is never
	silent bool   // the last of them is made, and its answer lost
	dead   bool
	seen   func(coll, id string, before, after bson.Raw) // of every write
	before func(coll, id string)                         // somebody else was faster than a write
}

type collection struct {
	schema  docdb.Schema
	docs    map[string][]byte
	indexes []*index
}

// index is the entries of an index in their order: keys, then the document's id.
type index struct {
	docdb.Index
	paths   [][]string
	entries []entry
}

type entry struct{ key, id string }

func newStore(now clock.Now) *store {
	return &store{now: now, colls: map[string]*collection{}, left: -1}
}

var _ docdb.Driver = (*store)(nil)

func (s *store) Open(_ context.Context, sch docdb.Schema) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := docdb.CheckSchema(sch); err != nil {
		return err
	}
	c := s.colls[sch.Name]
	if c == nil {
		c = &collection{docs: map[string][]byte{}}
		s.colls[sch.Name] = c
		s.names = append(s.names, sch.Name)
	}
	c.schema = sch
	for _, ix := range sch.Indexes {
		if have := c.index(ix.Name); have != nil {
			if slices.Equal(have.Keys, ix.Keys) && have.Unique == ix.Unique {
				continue
			}
			c.indexes = slices.DeleteFunc(c.indexes, func(x *index) bool { return x == have })
		}
		x := &index{Index: ix}
		for _, k := range ix.Keys {
			x.paths = append(x.paths, strings.Split(k, "."))
		}
		for id, body := range c.docs {
			key := x.key(body)
			if x.Unique && key != "" && x.taken(key, id) {
				return docdb.Duplicate{Index: ix.Name}
			}
			if key != "" {
				x.add(entry{key, id})
			}
		}
		c.indexes = append(c.indexes, x)
	}
	return nil
}

// die begins a write. It is made if the error is nil; after says that the process
// dies with it.
func (s *store) die() (after bool, err error) {
	if s.dead {
		return false, errDead
	}
	if s.left < 0 {
		return false, nil
	}
	if s.left--; s.left >= 0 {
		return false, nil
	}
	s.dead = true
	if s.silent {
		return true, nil
	}
	return false, errDead
}

func (s *store) wrote(c *collection, id string, before, after []byte) {
	s.writes++
	s.trace = crc32.Update(s.trace, crc32.IEEETable, []byte(c.schema.Name))
	s.trace = crc32.Update(s.trace, crc32.IEEETable, []byte(id))
	// Maps are encoded in any order: the bytes differ, their number does not.
	s.trace = crc32.Update(s.trace, crc32.IEEETable, []byte{byte(len(after)), byte(len(after) >> 8), byte(len(after) >> 16)})
	if s.seen != nil {
		s.seen(c.schema.Name, id, before, after)
	}
}

func (s *store) Insert(_ context.Context, coll string, docs ...docdb.Doc) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.colls[coll]
	for _, d := range docs {
		after, err := s.die()
		if err != nil {
			return err
		}
		old, hidden := c.docs[d.ID]
		if _, ok := s.live(c, d.ID); ok {
			return docdb.ErrExists
		}
		if !hidden {
			old = nil // else one that has expired leaves its id
		}
		if err := c.swap(d.ID, old, d.Body); err != nil {
			return err
		}
		s.wrote(c, d.ID, nil, d.Body)
		if after {
			return errDead
		}
	}
	return nil
}

func (s *store) Get(_ context.Context, coll string, ids ...string) ([]docdb.Doc, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return nil, errDead
	}
	c := s.colls[coll]
	out := make([]docdb.Doc, 0, len(ids))
	for _, id := range ids {
		if body, ok := s.live(c, id); ok {
			out = append(out, asDoc(id, body))
		}
	}
	return out, nil
}

func asDoc(id string, body []byte) docdb.Doc {
	rev, _ := docdb.Rev(body)
	return docdb.Doc{ID: id, Rev: rev, Body: body}
}

func (s *store) live(c *collection, id string) ([]byte, bool) {
	body, ok := c.docs[id]
	if ok && c.schema.Expiry != "" {
		if at, expires := docdb.ExpiresAt(c.schema, body); expires && !s.now().Before(at) {
			return nil, false
		}
	}
	return body, ok
}

func (s *store) Replace(_ context.Context, coll string, rev int64, doc docdb.Doc) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.colls[coll]
	after, err := s.die()
	if err != nil {
		return err
	}
	body, ok := s.live(c, doc.ID)
	if !ok {
		return docdb.ErrNotFound
	}
	if have, _ := docdb.Rev(body); have != rev {
		return docdb.ErrConflict
	}
	if err := c.swap(doc.ID, body, doc.Body); err != nil {
		return err
	}
	s.wrote(c, doc.ID, body, doc.Body)
	if after {
		return errDead
	}
	return nil
}

func (s *store) UpdateIf(_ context.Context, coll, id string, conds []docdb.Cond, changes []docdb.Change) (docdb.Doc, error) {
	if s.before != nil {
		s.before(coll, id)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.colls[coll]
	after, err := s.die()
	if err != nil {
		return docdb.Doc{}, err
	}
	body, ok := s.live(c, id)
	if !ok {
		return docdb.Doc{}, docdb.ErrNotFound
	}
	fresh, rev, err := pebbledoc.Change(body, conds, changes)
	if err != nil {
		return docdb.Doc{}, err
	}
	if err := c.swap(id, body, fresh); err != nil {
		return docdb.Doc{}, err
	}
	s.wrote(c, id, body, fresh)
	if after {
		return docdb.Doc{}, errDead
	}
	return docdb.Doc{ID: id, Rev: rev, Body: fresh}, nil
}

func (s *store) Delete(_ context.Context, coll, id string, rev int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.colls[coll]
	after, err := s.die()
	if err != nil {
		return err
	}
	body, ok := s.live(c, id)
	if !ok {
		return docdb.ErrNotFound
	}
	if have, _ := docdb.Rev(body); rev != 0 && have != rev {
		return docdb.ErrConflict
	}
	if err := c.swap(id, body, nil); err != nil {
		return err
	}
	s.wrote(c, id, body, nil)
	if after {
		return errDead
	}
	return nil
}

// swap puts a document in the place of another; nil is none.
func (c *collection) swap(id string, old, fresh []byte) error {
	if len(fresh) > docdb.MaxBytes {
		return errors.New("sim: the document is too large")
	}
	var space [8][2]string
	keys := space[:0]
	for _, ix := range c.indexes {
		was, is := ix.key(old), ix.key(fresh)
		if ix.Unique && is != "" && is != was && ix.taken(is, id) {
			return docdb.Duplicate{Index: ix.Name}
		}
		keys = append(keys, [2]string{was, is})
	}
	for i, ix := range c.indexes {
		if keys[i][0] == keys[i][1] {
			continue
		}
		if keys[i][0] != "" {
			ix.remove(entry{keys[i][0], id})
		}
		if keys[i][1] != "" {
			ix.add(entry{keys[i][1], id})
		}
	}
	if fresh == nil {
		delete(c.docs, id)
	} else {
		c.docs[id] = fresh
	}
	return nil
}

// key returns the keys of a document in the index, "" if it is not in it.
func (x *index) key(body []byte) string {
	if body == nil {
		return ""
	}
	var space [96]byte
	key := space[:0]
	for _, path := range x.paths {
		v, err := bson.Raw(body).LookupErr(path...)
		if err != nil {
			return ""
		}
		var ok bool
		if key, ok = docdb.AppendValueKey(key, v.Type, v.Value); !ok {
			return ""
		}
	}
	return string(key)
}

func (x *index) search(key, id string) int {
	return sort.Search(len(x.entries), func(i int) bool {
		e := x.entries[i]
		return e.key > key || e.key == key && e.id >= id
	})
}

func (x *index) taken(key, id string) bool {
	i := x.search(key, "")
	for ; i < len(x.entries) && x.entries[i].key == key; i++ {
		if x.entries[i].id != id {
			return true
		}
	}
	return false
}

func (x *index) add(e entry) { x.entries = slices.Insert(x.entries, x.search(e.key, e.id), e) }

func (x *index) remove(e entry) {
	if i := x.search(e.key, e.id); i < len(x.entries) && x.entries[i] == e {
		x.entries = slices.Delete(x.entries, i, i+1)
	}
}

func (c *collection) index(name string) *index {
	for _, x := range c.indexes {
		if x.Name == name {
			return x
		}
	}
	return nil
}

func (s *store) Find(_ context.Context, coll string, q docdb.Query) ([]docdb.Doc, page.Cursor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return nil, "", errDead
	}
	c := s.colls[coll]
	x := c.index(q.Index)
	if x == nil {
		return nil, "", errors.New("sim: " + coll + " has no index " + q.Index)
	}
	fixed, lower, upper, err := bounds(coll, x, q)
	if err != nil {
		return nil, "", err
	}
	at := func(bound string) int {
		return sort.Search(len(x.entries), func(i int) bool { return compare(x.entries[i], bound) >= 0 })
	}
	from, to := at(lower), at(upper)
	var out []docdb.Doc
	var last entry
	for n := 0; from < to; n++ {
		e := x.entries[from]
		if q.Descending {
			e = x.entries[to-1]
		}
		if len(out) == q.Limit {
			next, err := docdb.CursorAt(coll, q, []byte(last.key + last.id)[len(fixed):])
			return out, next, err
		}
		last = e
		if body, ok := s.live(c, e.id); ok {
			out = append(out, asDoc(e.id, body))
		}
		if q.Descending {
			to--
		} else {
			from++
		}
	}
	return out, "", nil
}

// compare orders an entry and a bound, which may end anywhere in it.
func compare(e entry, bound string) int {
	n := min(len(e.key), len(bound))
	if c := strings.Compare(e.key[:n], bound[:n]); c != 0 {
		return c
	}
	if len(bound) <= len(e.key) {
		if len(bound) == len(e.key) && e.id == "" {
			return 0
		}
		return 1
	}
	return strings.Compare(e.id, bound[len(e.key):])
}

func bounds(coll string, x *index, q docdb.Query) (fixed, lower, upper string, err error) {
	if err = docdb.CheckQuery(x.Index, q); err != nil {
		return
	}
	var b []byte
	for _, v := range q.Equal {
		if b, err = docdb.AppendKey(b, v); err != nil {
			return
		}
	}
	fixed = string(b)
	lower, upper = fixed, "\xff"
	if len(b) > 0 {
		next := slices.Clone(b) // no key ends with ff…ff alone
		for i := len(next) - 1; i >= 0; i-- {
			if next[i]++; next[i] != 0 {
				next = next[:i+1]
				break
			}
		}
		upper = string(next)
	}
	ends := func(v any) (string, error) {
		k, err := docdb.AppendKey(slices.Clone(b), v)
		return string(k), err
	}
	if q.From != nil {
		if lower, err = ends(q.From); err != nil {
			return
		}
	}
	if q.Before != nil {
		if upper, err = ends(q.Before); err != nil {
			return
		}
	}
	place, err := docdb.Place(coll, x.Index, q)
	if err != nil || place == nil {
		return fixed, lower, upper, err
	}
	from := fixed + string(place)
	switch {
	case q.Descending && from < upper:
		upper = from
	case !q.Descending && from >= lower:
		lower = from + "\x00"
	}
	return fixed, lower, max(lower, upper), nil
}

func (s *store) Scan(_ context.Context, coll, after string, limit int) ([]docdb.Doc, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return nil, errDead
	}
	c := s.colls[coll]
	if c == nil {
		return nil, nil
	}
	ids := slices.Sorted(maps.Keys(c.docs))
	i, found := slices.BinarySearch(ids, after)
	if found {
		i++
	}
	var out []docdb.Doc
	for ; i < len(ids) && len(out) < limit; i++ {
		out = append(out, asDoc(ids[i], c.docs[ids[i]]))
	}
	return out, nil
}

func (s *store) Collections(context.Context) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, name := range s.names {
		if len(s.colls[name].docs) > 0 {
			out = append(out, name)
		}
	}
	return out, nil
}

func (s *store) Ping(context.Context) error { return nil }
func (s *store) Close() error               { return nil }
