package creatorcore

import (
	"context"
	"errors"
	"fmt"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/platform/docdb"
)

// Collections lists the caller's, latest first, and whether each holds a post.
func (c *Core) Collections(ctx context.Context, in creator.AskCollections) (creator.CollectionList, error) {
	out := creator.CollectionList{Items: []creator.Collection{}}
	me, err := actor.Signed(ctx)
	if err != nil {
		return out, err
	}
	s, err := c.shelfFor(ctx, me)
	if err != nil || len(s.Items) == 0 {
		return out, err
	}
	out.Items, err = c.collectionViews(ctx, me, s.Items, in.Post)
	return out, err
}

func (c *Core) oneCollection(ctx context.Context, me id.User, k id.Collection) (creator.Collection, error) {
	s, err := c.shelfFor(ctx, me)
	if err != nil {
		return creator.Collection{}, err
	}
	at := s.find(k)
	if at < 0 {
		return creator.Collection{}, creator.ErrNoSuchCollection
	}
	all, err := c.collectionViews(ctx, me, s.Items[at:at+1], "")
	if err != nil {
		return creator.Collection{}, err
	}
	return all[0], nil
}

// collectionViews are collections as their owner sees them.
func (c *Core) collectionViews(ctx context.Context, owner id.User, all []named, holds id.Post) ([]creator.Collection, error) {
	me, err := c.profile(ctx, owner)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	keeps := make([]string, len(all))
	for i, n := range all {
		ids[i], keeps[i] = string(n.ID), keptID(n.ID, holds)
	}
	counts, err := c.people.gathered.GetMany(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("collections: %w", err)
	}
	posts := map[id.Collection]int64{}
	for _, g := range counts {
		posts[g.ID] = g.Posts
	}
	held, err := c.people.keeping.GetMany(ctx, keeps)
	if err != nil {
		return nil, fmt.Errorf("collections: %w", err)
	}
	holding := map[id.Collection]bool{}
	for _, k := range held {
		holding[k.Collection] = !k.At.IsZero()
	}
	covers, err := c.covers(ctx, all)
	if err != nil {
		return nil, err
	}
	out := make([]creator.Collection, len(all))
	for i, n := range all {
		out[i] = creator.Collection{
			ID: n.ID, Name: n.Name, Open: n.Open, Owner: me.author(), Posts: posts[n.ID], Cover: covers[n.ID],
			Holds: holding[n.ID], MadeAt: n.MadeAt,
		}
	}
	return out, nil
}

// coverAmong is how many of a collection's latest posts are tried as its cover.
const coverAmong = 3

// covers are of each collection's latest post that can be seen.
func (c *Core) covers(ctx context.Context, all []named) (map[id.Collection]picture.Picture, error) {
	latest := make(map[id.Collection][]id.Post, len(all))
	var ids []id.Post
	for _, n := range all {
		found, err := c.people.keeping.Find(ctx, docdb.Query{
			Index: "collection", Equal: []any{string(n.ID)}, Descending: true, Limit: coverAmong,
		})
		if err != nil {
			return nil, fmt.Errorf("covers: %w", err)
		}
		for _, k := range found.Items {
			latest[n.ID] = append(latest[n.ID], k.Post)
			ids = append(ids, k.Post)
		}
	}
	posts, err := c.shownOf(ctx, unique(ids))
	if err != nil {
		return nil, err
	}
	of := map[id.Post]picture.Picture{}
	for _, p := range posts {
		if len(p.Pictures) > 0 {
			of[p.ID] = p.Pictures[0]
		}
	}
	out := map[id.Collection]picture.Picture{}
	for k, ids := range latest {
		for _, p := range ids {
			if cover, ok := of[p]; ok {
				out[k] = cover
				break
			}
		}
	}
	return out, nil
}

// Collected pages through a collection that the caller may read, latest first:
// their own, or an open one of somebody they are on speaking terms with.
func (c *Core) Collected(ctx context.Context, in creator.Collected) (page.Page[creator.Card], error) {
	none := page.Page[creator.Card]{}
	if err := c.mayOpen(ctx, in.ID); err != nil {
		return none, err
	}
	return c.list(ctx, in.Ask, func(size int, after page.Cursor) (page.Page[creator.Card], error) {
		found, err := c.people.keeping.Find(ctx, docdb.Query{
			Index: "collection", Equal: []any{string(in.ID)}, Descending: true, Limit: size, After: after,
		})
		if err != nil {
			return none, fmt.Errorf("collected: %w", err)
		}
		ids := make([]string, len(found.Items))
		for i, k := range found.Items {
			ids[i] = string(k.Post)
		}
		posts, err := c.posts.GetMany(ctx, ids)
		if err != nil {
			return none, fmt.Errorf("collected: %w", err)
		}
		items, err := c.cardsFor(ctx, posts, viewer(ctx), sight.may)
		return page.Page[creator.Card]{Items: items, Next: found.Next}, err
	})
}

// mayOpen returns ErrNoSuchCollection unless the caller may read it.
func (c *Core) mayOpen(ctx context.Context, k id.Collection) error {
	me := viewer(ctx)
	if me != "" { // one's own may be so new that nothing was put in yet
		mine, err := c.shelfFor(ctx, me)
		if err != nil || mine.find(k) >= 0 {
			return err
		}
	}
	g, err := c.people.gathered.Get(ctx, string(k))
	if errors.Is(err, docdb.ErrNotFound) {
		return creator.ErrNoSuchCollection.Because(err)
	}
	if err != nil {
		return fmt.Errorf("collected: %w", err)
	}
	theirs, err := c.shelfFor(ctx, g.Owner)
	if err != nil {
		return err
	}
	if at := theirs.find(k); at < 0 || !theirs.Items[at].Open {
		return creator.ErrNoSuchCollection
	}
	if me == "" {
		return nil
	}
	if err := c.onSpeakingTerms(ctx, me, g.Owner); errors.Is(err, creator.ErrBlocked) {
		return creator.ErrNoSuchCollection.Because(err)
	} else if err != nil {
		return err
	}
	return nil
}
