package pebbledoc

import (
	"bytes"
	"encoding/binary"

	"go.mongodb.org/mongo-driver/v2/bson"

	"meadow/services/platform/docdb"
)

// Everything lives in one ordered space of bytes:
//
//	d <collection> 00 <id>                        → the document
//	i <collection> 00 <index> 00 <keys> <id>      → nothing
//	i <collection> 00 <index> 00 <keys>           → the id, if the index is unique
//	x <milliseconds> <collection> 00 <id>         → nothing; when the document goes
//	m s <collection>                              → its schema
//	m v                                           → the version of this layout
const (
	spaceDoc    = 'd'
	spaceIndex  = 'i'
	spaceExpiry = 'x'
	spaceMeta   = 'm'
)

const layoutVersion = "1"

func versionKey() []byte           { return []byte{spaceMeta, 'v'} }
func schemaKey(coll string) []byte { return append([]byte{spaceMeta, 's'}, coll...) }

func docPrefix(coll string) []byte { return prefix(spaceDoc, coll) }

func indexPrefix(coll, index string) []byte {
	return append(append(prefix(spaceIndex, coll), index...), 0)
}

func prefix(space byte, coll string) []byte {
	b := make([]byte, 0, len(coll)+2)
	return append(append(append(b, space), coll...), 0)
}

func expiryKey(coll string, ms int64, id string) []byte {
	b := make([]byte, 0, 10+len(coll)+len(id))
	b = binary.BigEndian.AppendUint64(append(b, spaceExpiry), uint64(ms)^1<<63)
	return append(append(append(b, coll...), 0), id...)
}

// expiryAfter is the first expiry key after those of ms and earlier.
func expiryAfter(ms int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{spaceExpiry}, uint64(ms+1)^1<<63)
}

func splitExpiryKey(k []byte) (coll, id string, ok bool) {
	if len(k) < 9 {
		return "", "", false
	}
	c, i, ok := bytes.Cut(k[9:], []byte{0})
	return string(c), string(i), ok
}

// after returns the first key after all that begin with prefix.
func after(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

// index is a declared index and where it lives.
type index struct {
	docdb.Index
	prefix []byte
}

// shape is what a collection is declared to be. It does not change; declaring
// a collection anew replaces it.
type shape struct {
	coll    string
	docs    []byte // the prefix of its documents
	indexes []index
	expiry  string
}

func newShape(s docdb.Schema) *shape {
	sh := &shape{coll: s.Name, docs: docPrefix(s.Name), expiry: s.Expiry}
	for _, ix := range s.Indexes {
		sh.indexes = append(sh.indexes, index{ix, indexPrefix(s.Name, ix.Name)})
	}
	return sh
}

func (s *shape) docKey(id string) []byte {
	b := make([]byte, 0, len(s.docs)+len(id))
	return append(append(b, s.docs...), id...)
}

func (s *shape) index(name string) (index, bool) {
	for _, ix := range s.indexes {
		if ix.Name == name {
			return ix, true
		}
	}
	return index{}, false
}

// expiresAt returns the instant, in milliseconds, from which doc is gone.
func (s *shape) expiresAt(doc []byte) (int64, bool) {
	if s.expiry == "" {
		return 0, false
	}
	f, ok := find(doc, s.expiry)
	if !ok || f.kind != bson.TypeDateTime {
		return 0, false
	}
	ms := int64(binary.LittleEndian.Uint64(doc[f.value:]))
	return ms, ms != zeroTime
}

// zeroTime is time.Time{}, which a document holds where no expiry was set.
const zeroTime = -62135596800000

// entries are the keys under which the indexes list one document, in the order
// of the indexes, and last the one of its expiry. nil where it is not listed.
type entries [][]byte

// entries returns the entries of doc in the indexes that want says, all if nil.
func (s *shape) entries(doc []byte, id string, want func(docdb.Index) bool) entries {
	out := make(entries, len(s.indexes)+1)
	for n, ix := range s.indexes {
		if want == nil || want(ix.Index) {
			out[n] = ix.entry(doc, id)
		}
	}
	if ms, ok := s.expiresAt(doc); ok {
		out[len(s.indexes)] = expiryKey(s.coll, ms, id)
	}
	return out
}

func (ix *index) entry(doc []byte, id string) []byte {
	k := make([]byte, 0, len(ix.prefix)+len(id)+32*len(ix.Keys))
	k = append(k, ix.prefix...)
	for _, path := range ix.Keys {
		f, ok := find(doc, path)
		if !ok {
			return nil
		}
		if k, ok = docdb.AppendValueKey(k, f.kind, doc[f.value:f.end]); !ok {
			return nil
		}
	}
	if !ix.Unique {
		k = append(k, id...)
	}
	return k
}
