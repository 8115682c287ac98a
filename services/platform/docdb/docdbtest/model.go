package docdbtest

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"meadow/services/kernel/clock"
	"meadow/services/platform/docdb"
)

// model is a collection of notes as a map, in the simplest words.
type model struct {
	now  clock.Now
	docs map[string]record
}

type record struct {
	note note
	rev  int64
}

func newModel(now clock.Now) *model { return &model{now: now, docs: map[string]record{}} }

func (m *model) live(id string) (record, bool) {
	r, ok := m.docs[id]
	return r, ok && (r.note.Gone == nil || m.now().Before(*r.note.Gone))
}

// rev returns the document's revision, 0 if there is none.
func (m *model) rev(id string) int64 {
	if r, ok := m.live(id); ok {
		return r.rev
	}
	return 0
}

func (m *model) ids() []string {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(m.docs)) {
		if m.rev(id) != 0 {
			out = append(out, id)
		}
	}
	return out
}

func (m *model) insert(n note) error {
	if m.rev(n.ID) != 0 {
		return docdb.ErrExists
	}
	return m.store(n, 1)
}

func (m *model) store(n note, rev int64) error {
	var refused []error
	for id, r := range m.docs {
		if id == n.ID {
			continue
		}
		if n.Author != "" && n.Slug != "" && n.Author == r.note.Author && n.Slug == r.note.Slug {
			refused = append(refused, docdb.Duplicate{Index: "slug"})
		}
		if n.Mail != "" && n.Mail == r.note.Mail {
			refused = append(refused, docdb.Duplicate{Index: "mail"})
		}
	}
	if len(refused) > 0 {
		return errors.Join(refused...) // a driver tells of any one of them
	}
	m.docs[n.ID] = record{n, rev}
	return nil
}

func (m *model) replace(n note, rev int64) error {
	switch have := m.rev(n.ID); have {
	case 0:
		return docdb.ErrNotFound
	case rev:
		return m.store(n, rev+1)
	}
	return docdb.ErrConflict
}

func (m *model) change(id string, f func(*note) error) error {
	r, ok := m.live(id)
	if !ok {
		return docdb.ErrNotFound
	}
	n := r.note
	n.Holds = maps.Clone(n.Holds)
	if err := f(&n); err != nil {
		return err
	}
	return m.store(n, r.rev+1)
}

func (m *model) remove(id string, rev int64) error {
	switch have := m.rev(id); {
	case have == 0:
		return docdb.ErrNotFound
	case rev != 0 && rev != have:
		return docdb.ErrConflict
	}
	delete(m.docs, id)
	return nil
}

// value returns what stands at a key of a note, nil if nothing.
func value(n note, key string) any {
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	switch {
	case key == "author":
		return text(n.Author)
	case key == "slug":
		return text(n.Slug)
	case key == "mail":
		return text(n.Mail)
	case key == "holds.main.by":
		return text(n.Holds["main"].By)
	case key == "score" && n.Score != nil:
		return *n.Score
	case key == "at" && n.At != nil:
		return *n.At
	case key == "pinned" && n.Pinned != nil:
		return *n.Pinned
	}
	return nil
}

func compare(a, b any) int {
	switch a := a.(type) {
	case string:
		return strings.Compare(a, b.(string))
	case int64:
		return cmp.Compare(a, b.(int64))
	case time.Time:
		return a.Compare(b.(time.Time))
	case bool:
		return cmp.Compare(rank(a), rank(b.(bool)))
	}
	panic("a key of an unknown type")
}

func rank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// find returns the ids of a whole walk.
func (m *model) find(ix docdb.Index, q docdb.Query) []string {
	out := slices.DeleteFunc(m.ids(), func(id string) bool {
		for i, k := range ix.Keys {
			v := value(m.docs[id].note, k)
			switch {
			case v == nil, i < len(q.Equal) && compare(v, q.Equal[i]) != 0:
				return true
			case i == len(q.Equal) && q.From != nil && compare(v, q.From) < 0:
				return true
			case i == len(q.Equal) && q.Before != nil && compare(v, q.Before) >= 0:
				return true
			}
		}
		return false
	})
	slices.SortFunc(out, func(a, b string) int {
		for _, k := range ix.Keys[len(q.Equal):] {
			if c := compare(value(m.docs[a].note, k), value(m.docs[b].note, k)); c != 0 {
				return c
			}
		}
		return strings.Compare(a, b)
	})
	if q.Descending {
		slices.Reverse(out)
	}
	return append([]string{}, out...)
}
