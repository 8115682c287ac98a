package talkcore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
	"meadow/services/talk"
)

const (
	usualPage = 20
	mostPage  = 50
	// A page of which much is hidden from the reader is filled up by reading on,
	// in steps of at least stepLeast, at most fillTries times: then it is thin,
	// and its cursor goes on.
	fillTries = 10
	unseenMax = 20 // of the caller's own that others do not see
)

// Comments pages through a post's comments or through the replies to one. What
// of the caller's own others do not see comes at the top of the first page, of
// replies at the end of the last.
func (c *Core) Comments(ctx context.Context, in talk.Comments) (page.Page[talk.Comment], error) {
	none := page.Page[talk.Comment]{}
	me := viewer(ctx)
	if _, err := c.post(ctx, in.ID, me); err != nil {
		return none, err
	}
	e, err := c.eyes(ctx, me)
	if err != nil {
		return none, err
	}
	var found page.Page[comment]
	if in.Parent != "" {
		found, err = c.replies(ctx, in, e)
	} else {
		found, err = c.tops(ctx, in, e)
	}
	if err != nil {
		return none, fmt.Errorf("comments: %w", err)
	}
	return c.views(ctx, found, e)
}

func (c *Core) tops(ctx context.Context, in talk.Comments, e *eyes) (page.Page[comment], error) {
	t, err := c.threads.Get(ctx, string(in.ID))
	if errors.Is(err, docdb.ErrNotFound) {
		return page.Page[comment]{}, nil
	}
	if err != nil {
		return page.Page[comment]{}, err
	}
	e.know(t)
	var first []comment
	if in.After == "" {
		if first, err = c.onTop(ctx, t, e); err != nil {
			return page.Page[comment]{}, err
		}
	}
	q := docdb.Query{Index: "hot", Equal: []any{string(in.ID)}, Descending: true, After: in.After}
	if in.Order == talk.New {
		q.Index = "new"
	}
	return c.fill(ctx, first, q, in.Size(usualPage, mostPage), e)
}

// onTop is what a first page begins with: the pinned comment, and those of the
// reader's own that nobody else sees.
func (c *Core) onTop(ctx context.Context, t thread, e *eyes) ([]comment, error) {
	var out []comment
	if t.Pinned != "" {
		pinned, err := c.comments.GetMany(ctx, []string{string(t.Pinned)})
		if err != nil {
			return nil, err
		}
		if err := c.lookUp(ctx, writers(pinned), e); err != nil {
			return nil, err
		}
		out = append(out, slices.DeleteFunc(pinned, func(k comment) bool { return !k.shown() || !e.sees(k) })...)
	}
	own, err := c.unseen(ctx, string(t.ID), e)
	return append(out, own...), err
}

// unseen is what the reader said under something that nobody else sees.
func (c *Core) unseen(ctx context.Context, under string, e *eyes) ([]comment, error) {
	if e.me == "" {
		return nil, nil
	}
	found, err := c.comments.Find(ctx, docdb.Query{
		Index: "mine", Equal: []any{string(e.me), under}, Descending: true, Limit: unseenMax,
	})
	return found.Items, err
}

func (c *Core) replies(ctx context.Context, in talk.Comments, e *eyes) (page.Page[comment], error) {
	none := page.Page[comment]{}
	parent, err := c.comments.Get(ctx, string(in.Parent))
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return none, talk.ErrNoSuchComment.Because(err)
	case err != nil:
		return none, err
	case parent.Post != in.ID, parent.Parent != "", !e.may(parent):
		return none, talk.ErrNoSuchComment
	}
	out, err := c.fill(ctx, nil, docdb.Query{Index: "replies", Equal: []any{string(in.Parent)}, After: in.After},
		in.Size(usualPage, mostPage), e)
	if err != nil || out.Next != "" {
		return out, err
	}
	own, err := c.unseen(ctx, string(in.Parent), e)
	slices.Reverse(own)
	out.Items = append(out.Items, own...)
	return out, err
}

// fill walks on until a page is full of what its reader may see.
func (c *Core) fill(ctx context.Context, first []comment, q docdb.Query, size int, e *eyes) (page.Page[comment], error) {
	out := page.Page[comment]{Items: first, Next: q.After}
	for try := range fillTries {
		q.Limit = size - len(out.Items)
		if q.Limit < 1 && try > 0 {
			break
		}
		q.Limit = max(q.Limit, 1) // what is on top may fill a page alone
		found, err := c.comments.Find(ctx, q)
		if err != nil {
			return out, err
		}
		kept, err := c.sift(ctx, found.Items, e)
		if err != nil {
			return out, err
		}
		out.Items, out.Next, q.After = append(out.Items, kept...), found.Next, found.Next
		if found.Next == "" {
			break
		}
	}
	return out, nil
}

// sift leaves out what the reader does not want to see, or should not.
func (c *Core) sift(ctx context.Context, in []comment, e *eyes) ([]comment, error) {
	if err := c.lookUp(ctx, writers(in), e); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(in, func(k comment) bool { return k.ID == e.pinned || !e.sees(k) }), nil
}

// eyes are of who reads: what they must not be shown, and what was learned of
// others on the way.
type eyes struct {
	me     id.User
	hidden map[id.User]bool
	silent []id.User
	words  []string // folded
	banned map[id.User]bool
	looked map[id.User]bool
	pinned id.Comment
	first  map[id.Comment]bool // comments that are the first under their post
	pins   map[id.Comment]bool
}

func (c *Core) eyes(ctx context.Context, me id.User) (*eyes, error) {
	s, err := c.shield(ctx, me)
	if err != nil {
		return nil, err
	}
	return newEyes(me, s), nil
}

func newEyes(me id.User, s moderation.Shield) *eyes {
	e := &eyes{
		me: me, hidden: make(map[id.User]bool, len(s.Hidden)), silent: s.Silent, words: foldAll(s.Words),
		banned: map[id.User]bool{}, looked: map[id.User]bool{}, first: map[id.Comment]bool{}, pins: map[id.Comment]bool{},
	}
	for _, u := range s.Hidden {
		e.hidden[u] = true
	}
	return e
}

func (e *eyes) know(t thread) {
	e.pinned = t.Pinned
	e.first[t.First], e.pins[t.Pinned] = true, true
}

// sees reports whether the reader is shown a comment in a list that everybody is
// shown.
func (e *eyes) sees(k comment) bool {
	if k.Author == e.me {
		return !k.gone()
	}
	return k.shown() && !e.hidden[k.Author] && !e.banned[k.Author] && !holdsAny(k.Body, e.words)
}

// may reports whether the reader may read a comment by its id.
func (e *eyes) may(k comment) bool {
	switch {
	case k.gone():
		return false
	case k.state() == talk.Held:
		return k.Author == e.me || k.Account == e.me && k.forAuthor()
	case k.state() == talk.Limited:
		return k.Author == e.me
	}
	return true
}

// lookUp learns which of these people are banned.
func (c *Core) lookUp(ctx context.Context, people []id.User, e *eyes) error {
	var fresh []id.User
	for _, u := range people {
		if !e.looked[u] {
			e.looked[u] = true
			fresh = append(fresh, u)
		}
	}
	banned, err := c.banned(ctx, fresh)
	for u := range banned {
		e.banned[u] = true
	}
	return err
}

// one is a comment as the caller sees it, alone.
func (c *Core) one(ctx context.Context, k comment) (talk.Comment, error) {
	e, err := c.eyes(ctx, viewer(ctx))
	if err != nil {
		return talk.Comment{}, err
	}
	out, err := c.inThreads(ctx, page.Page[comment]{Items: []comment{k}}, e)
	if err != nil {
		return talk.Comment{}, err
	}
	return out.Items[0], nil
}

// inThreads is views of comments under several posts.
func (c *Core) inThreads(ctx context.Context, in page.Page[comment], e *eyes) (page.Page[talk.Comment], error) {
	posts := make([]id.Post, len(in.Items))
	for i, k := range in.Items {
		posts[i] = k.Post
	}
	threads, err := c.threads.GetMany(ctx, texts(distinct(posts)))
	if err != nil {
		return page.Page[talk.Comment]{}, fmt.Errorf("threads: %w", err)
	}
	for _, t := range threads {
		e.first[t.First], e.pins[t.Pinned] = true, true
	}
	return c.views(ctx, in, e)
}

func writers(in []comment) []id.User {
	out := make([]id.User, len(in))
	for i, k := range in {
		out[i] = k.Author
	}
	return out
}

// names is who is named in some comments.
func names(lists ...[]comment) []id.User {
	var out []id.User
	for _, list := range lists {
		for _, k := range list {
			out = append(out, k.Author, k.To)
		}
	}
	return out
}

func authorOf(people map[id.User]creator.Author, u id.User) creator.Author {
	if a, ok := people[u]; ok || u == "" {
		return a
	}
	return creator.Author{ID: u}
}
