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

// Following pages through the posts of whom the caller follows, latest first.
// It merges the authors' own lists: a post is written once however many follow
// its author, and a page costs one short walk for each one followed, of whom
// there are at most creator.MaxFollows or so.
func (c *Core) Following(ctx context.Context, in page.Ask) (page.Page[creator.Card], error) {
	none := page.Page[creator.Card]{}
	me, err := actor.Signed(ctx)
	if err != nil {
		return none, err
	}
	from, err := readPlace(in.After)
	if err != nil {
		return none, err
	}
	authors, err := c.followed(ctx, me)
	if err != nil {
		return none, err
	}
	size := in.Size(usualPage, mostPage)
	m, err := c.merge(ctx, authors, from, size)
	if err != nil {
		return none, fmt.Errorf("following: %w", err)
	}
	out := page.Page[creator.Card]{Items: []creator.Card{}}
	for range rounds {
		ids, err := m.take(ctx, size-len(out.Items))
		if err != nil {
			return none, fmt.Errorf("following: %w", err)
		}
		cards, err := c.cards(ctx, ids)
		if err != nil {
			return none, err
		}
		out.Items = append(out.Items, cards...)
		if m.Len() == 0 {
			return out, nil
		}
		if len(out.Items) >= size {
			break
		}
	}
	out.Next = m.at.cursor()
	return out, nil
}

// followed returns whom a user follows.
func (c *Core) followed(ctx context.Context, me id.User) ([]id.User, error) {
	var out []id.User
	ask := creator.Follows{ID: me, Ask: page.Ask{Limit: creator.MaxFollows}}
	for len(out) <= creator.MaxFollows {
		got, err := c.Creator.Follows(asFeed(ctx), ask)
		if err != nil {
			return nil, fmt.Errorf("follows: %w", err)
		}
		out = append(out, got.Items...)
		if ask.After = got.Next; ask.After == "" {
			break
		}
	}
	return out, nil
}

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

// walk is one author's list from where it was left; its first post is the next.
type walk struct {
	author id.User
	posts  []head
	next   page.Cursor
}

func (w *walk) place() place { return place{w.posts[0].At, w.posts[0].ID} }

// merger is the walks that are not at their end, the one with the latest post
// first. It is a heap.
type merger struct {
	c     *Core
	walks []*walk
	from  place
	chunk int
	at    place // what was taken last
}

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

// merge begins all walks after from.
func (c *Core) merge(ctx context.Context, authors []id.User, from place, size int) (*merger, error) {
	m := &merger{c: c, from: from, at: from, chunk: max(2, min(size+1, 2*size/max(len(authors), 1)+1))}
	walks := make([]*walk, len(authors))
	errs := make([]error, readers)
	var work sync.WaitGroup
	for r := range readers {
		work.Go(func() {
			for i := r; i < len(authors) && errs[r] == nil; i += readers {
				walks[i] = &walk{author: authors[i]}
				errs[r] = m.fill(ctx, walks[i])
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

// fill reads on until the walk has a post after where the list was left, or is
// at its end.
func (m *merger) fill(ctx context.Context, w *walk) error {
	for {
		q := docdb.Query{Index: "author", Equal: []any{string(w.author)}, Descending: true, Limit: m.chunk, After: w.next}
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

// take returns the next posts, at most n.
func (m *merger) take(ctx context.Context, n int) ([]id.Post, error) {
	var out []id.Post
	for len(out) < n && m.Len() > 0 {
		w := m.walks[0]
		m.at = w.place()
		out = append(out, w.posts[0].ID)
		w.posts = w.posts[1:]
		if len(w.posts) == 0 && w.next != "" {
			if err := m.fill(ctx, w); err != nil {
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
