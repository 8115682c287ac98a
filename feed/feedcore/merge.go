package feedcore

import (
	"container/heap"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

// place is how far a merged list has been read: to this post, or nowhere yet.
type place struct {
	At time.Time `json:"t"`
	ID id.Post   `json:"p"`
}

// after reports whether p comes after q in a list, that is, is older.
func (p place) after(q place) bool {
	if !p.At.Equal(q.At) {
		return p.At.Before(q.At)
	}
	return p.ID < q.ID
}

func (p place) cursor() page.Cursor {
	b, _ := json.Marshal(p) // an instant and a string always marshal
	return page.Cursor(base64.RawURLEncoding.EncodeToString(b))
}

func readPlace(c page.Cursor) (place, error) {
	if c == "" {
		return place{}, nil
	}
	var p place
	b, err := base64.RawURLEncoding.DecodeString(string(c))
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil || p.ID == "" || p.At.IsZero() {
		return place{}, page.ErrCursor.Because(err)
	}
	return p, nil
}

// list is a walk of an index of posts, latest first.
type list struct {
	index string
	equal []any
}

// walk is a list from where it was left; its first post is the next.
type walk struct {
	list
	posts []Head
	next  page.Cursor
}

func (w *walk) place() place { return place{w.posts[0].At, w.posts[0].ID} }

// merger is the walks that are not at their end, the one with the latest post
// first. It is a heap.
type merger struct {
	c     *Core
	walks []*walk
	from  place
	chunk int
}

func (m *merger) more() bool         { return len(m.walks) > 0 }
func (m *merger) Len() int           { return len(m.walks) }
func (m *merger) Less(i, j int) bool { return m.walks[j].place().after(m.walks[i].place()) }
func (m *merger) Swap(i, j int)      { m.walks[i], m.walks[j] = m.walks[j], m.walks[i] }
func (m *merger) Push(w any)         { m.walks = append(m.walks, w.(*walk)) }
func (m *merger) Pop() any {
	last := m.walks[len(m.walks)-1]
	m.walks = m.walks[:len(m.walks)-1]
	return last
}

// readers is how many walks are begun at a time.
const readers = 8

// merge begins all lists after from, for pages of this size.
func (c *Core) merge(ctx context.Context, all []list, from place, size int) (*merger, error) {
	m := &merger{c: c, from: from, chunk: max(1, min(size+1, 2*size/max(len(all), 1)))}
	walks := make([]*walk, len(all))
	errs := make([]error, readers)
	var work sync.WaitGroup
	for r := range readers {
		work.Go(func() {
			for i := r; i < len(all) && errs[r] == nil; i += readers {
				walks[i] = &walk{list: all[i]}
				errs[r] = m.refill(ctx, walks[i])
			}
		})
	}
	work.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	for _, w := range walks {
		if len(w.posts) > 0 {
			m.walks = append(m.walks, w)
		}
	}
	heap.Init(m)
	return m, nil
}

// refill reads on until the walk has a post after where the list was left, or is
// at its end.
func (m *merger) refill(ctx context.Context, w *walk) error {
	for {
		q := docdb.Query{Index: w.index, Equal: w.equal, Descending: true, Limit: m.chunk, After: w.next}
		if m.from.ID != "" {
			q.Before = m.from.At.Add(time.Millisecond) // others of that instant are passed over below
		}
		found, err := m.c.heads.Find(ctx, q)
		if err != nil {
			return err
		}
		w.next = found.Next
		for _, h := range found.Items {
			if m.from.ID == "" || (place{h.At, h.ID}).after(m.from) {
				w.posts = append(w.posts, h)
			}
		}
		if len(w.posts) > 0 || w.next == "" {
			return nil
		}
	}
}

// take returns where the next posts stand, at most n.
func (m *merger) take(ctx context.Context, n int) ([]place, error) {
	var out []place
	for len(out) < n && m.Len() > 0 {
		w := m.walks[0]
		out = append(out, w.place())
		w.posts = w.posts[1:]
		if len(w.posts) == 0 && w.next != "" {
			if err := m.refill(ctx, w); err != nil {
				return nil, err
			}
		}
		if len(w.posts) == 0 {
			heap.Pop(m)
			continue
		}
		heap.Fix(m, 0)
	}
	return out, nil
}

const (
	// rounds bounds how often a page reads on because posts turned out not to be
	// for the caller, each time further than before: over about a thousand posts.
	rounds = 8
	// mostCards is how many posts are asked for at a time.
	mostCards = 200
)

// reader is a list that is read on.
type reader interface {
	take(ctx context.Context, n int) ([]place, error)
	more() bool
}

// fill makes a page of the next posts, passing over those that the caller may
// not see and those that are gone without the feed having heard of it. A page
// may come out thin, and its cursor still leads on.
func (c *Core) fill(ctx context.Context, m reader, size int) (page.Page[creator.Card], error) {
	out := page.Page[creator.Card]{Items: []creator.Card{}}
	me, err := c.person(ctx, viewer(ctx))
	if err != nil {
		return out, err
	}
	for round := range rounds {
		next, err := m.take(ctx, min(size<<round, mostCards))
		if err != nil {
			return out, fmt.Errorf("feed: %w", err)
		}
		there, err := c.cards(ctx, next)
		if err != nil {
			return out, err
		}
		if err := c.spare(ctx, me, there, ""); err != nil {
			return out, err
		}
		for i, p := range next {
			if k, ok := there[p.ID]; ok {
				out.Items = append(out.Items, k)
			}
			more := i < len(next)-1 || m.more()
			switch {
			case !more:
				out.Next = ""
				return out, nil
			case len(out.Items) == size:
				out.Next = p.cursor()
				return out, nil
			}
			out.Next = p.cursor()
		}
		if len(next) == 0 {
			break
		}
	}
	return out, nil
}

// cards returns those posts that are there, as the caller sees them.
func (c *Core) cards(ctx context.Context, at []place) (map[id.Post]creator.Card, error) {
	if len(at) == 0 {
		return nil, nil
	}
	in := creator.Cards{For: actor.From(ctx).User}
	for _, p := range at {
		in.IDs = append(in.IDs, p.ID)
	}
	got, err := c.Creator.Cards(asFeed(ctx), in)
	if err != nil {
		return nil, fmt.Errorf("cards: %w", err)
	}
	out := make(map[id.Post]creator.Card, len(got.Items))
	for _, k := range got.Items {
		out[k.ID] = k
	}
	return out, nil
}
