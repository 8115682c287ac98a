package creatorcore

import (
	"context"
	"fmt"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

// Cards returns the posts that may stand in a list that For sees, in the order
// asked.
func (c *Core) Cards(ctx context.Context, in creator.Cards) (creator.CardList, error) {
	if err := internal(ctx); err != nil {
		return creator.CardList{}, err
	}
	found, err := c.posts.GetMany(ctx, texts(in.IDs))
	if err != nil {
		return creator.CardList{}, fmt.Errorf("cards: %w", err)
	}
	items, err := c.cardsFor(ctx, found, in.For, sight.lists)
	return creator.CardList{Items: items}, err
}

// shownOf returns those posts that the caller may read, in the order asked.
func (c *Core) shownOf(ctx context.Context, ids []id.Post) ([]post, error) {
	found, err := c.posts.GetMany(ctx, texts(ids))
	if err != nil {
		return nil, fmt.Errorf("posts: %w", err)
	}
	s, err := c.look(ctx, viewer(ctx), found...)
	return s.those(found, sight.may), err
}

// those returns the posts of which ok says so.
func (s sight) those(posts []post, ok func(sight, post) bool) []post {
	out := make([]post, 0, len(posts))
	for _, p := range posts {
		if ok(s, p) && len(p.Pictures) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// cardsFor shows me those posts of which ok says so.
func (c *Core) cardsFor(ctx context.Context, posts []post, me id.User, ok func(sight, post) bool) ([]creator.Card, error) {
	s, err := c.look(ctx, me, posts...)
	if err != nil {
		return nil, err
	}
	return c.cardViews(ctx, s.those(posts, ok), s.people, me)
}

// cardViews are posts in a list.
func (c *Core) cardViews(ctx context.Context, posts []post, people map[id.User]profile, me id.User) ([]creator.Card, error) {
	ids := make([]id.Post, len(posts))
	for i, p := range posts {
		ids[i] = p.ID
	}
	mine, err := c.reactionsOf(ctx, me, likes, "", ids...)
	if err != nil {
		return nil, err
	}
	products := c.shownProducts(ctx, posts...)
	out := make([]creator.Card, len(posts))
	for i, p := range posts {
		out[i] = creator.Card{
			ID: p.ID, Kind: p.Kind, Title: p.Title, Cover: p.Pictures[0], Author: people[p.Author].author(),
			Likes: p.Likes, Liked: mine[mark{p.ID, likes}], Ad: p.Ad, PaidBy: p.PaidBy, AI: p.AI, Verified: p.Verified,
			Price: cheapest(p, products), PublishedAt: p.At,
		}
		if p.Video != nil {
			out[i].Duration, out[i].Preview = p.Video.Duration, p.Video.Preview
		}
	}
	return out, nil
}

// Facts returns what other parts must know of posts that were not removed.
func (c *Core) Facts(ctx context.Context, in creator.Cards) (creator.FactList, error) {
	if err := internal(ctx); err != nil {
		return creator.FactList{}, err
	}
	found, err := c.posts.GetMany(ctx, texts(in.IDs))
	if err != nil {
		return creator.FactList{}, fmt.Errorf("facts: %w", err)
	}
	s, err := c.look(ctx, in.For, found...)
	if err != nil {
		return creator.FactList{}, err
	}
	out := creator.FactList{Items: []creator.PostFacts{}}
	for _, p := range found {
		if !p.kept() {
			continue
		}
		d := p.data("")
		f := creator.PostFacts{
			ID: p.ID, Author: p.Author, Kind: p.Kind, Title: p.Title, State: p.State, Visible: s.may(p),
			Trace: p.Trace, Tagged: d.Products, Ad: p.Ad, At: p.At,
		}
		if len(p.Pictures) > 0 {
			f.Thumb = p.Pictures[0].Thumb
		}
		out.Items = append(out.Items, f)
	}
	return out, nil
}

// listRounds bounds how often a list reads on when posts in it are not for who
// reads it.
const listRounds = 8

// PostsBy pages through a creator's posts that the caller may read, newest
// first: their own with the private ones, of those they follow with what is for
// followers.
func (c *Core) PostsBy(ctx context.Context, in creator.PostsBy) (page.Page[creator.Card], error) {
	none := page.Page[creator.Card]{}
	if _, err := c.profile(ctx, in.ID); err != nil {
		return none, err
	}
	me := viewer(ctx)
	index := "author_public"
	if me != "" {
		mine, err := c.edits(ctx, me, in.ID)
		if err != nil {
			return none, err
		}
		fan, err := c.isFollowed(ctx, me, in.ID)
		if err != nil {
			return none, fmt.Errorf("posts: %w", err)
		}
		if fan {
			index = "author_fans"
		}
		if mine {
			index = "author"
		}
	}
	return c.list(ctx, in.Ask, func(size int, after page.Cursor) (page.Page[creator.Card], error) {
		found, err := c.posts.Find(ctx, docdb.Query{
			Index: index, Equal: []any{string(in.ID)}, Descending: true, Limit: size, After: after,
		})
		if err != nil {
			return none, fmt.Errorf("posts: %w", err)
		}
		items, err := c.cardsFor(ctx, found.Items, me, sight.lists)
		return page.Page[creator.Card]{Items: items, Next: found.Next}, err
	})
}

// list fills a page from a list in which some posts are not for who reads it.
func (c *Core) list(ctx context.Context, in page.Ask, next func(size int, after page.Cursor) (page.Page[creator.Card], error)) (page.Page[creator.Card], error) {
	size := in.Size(usualPage, mostPage)
	out := page.Page[creator.Card]{Items: []creator.Card{}, Next: in.After}
	for range listRounds {
		more, err := next(size-len(out.Items), out.Next)
		if err != nil {
			return page.Page[creator.Card]{}, err
		}
		out.Items, out.Next = append(out.Items, more.Items...), more.Next
		if out.Next == "" || len(out.Items) == size || ctx.Err() != nil {
			break
		}
	}
	return out, ctx.Err()
}

// Saved pages through what the caller saved, latest first, passing over posts
// that they may not read any more.
func (c *Core) Saved(ctx context.Context, in page.Ask) (page.Page[creator.Card], error) {
	none := page.Page[creator.Card]{}
	me, err := actor.Signed(ctx)
	if err != nil {
		return none, err
	}
	return c.list(ctx, in, func(size int, after page.Cursor) (page.Page[creator.Card], error) {
		found, err := c.reactions.Find(ctx, docdb.Query{
			Index: "user", Equal: []any{string(me), string(saves)}, Descending: true, Limit: size, After: after,
		})
		if err != nil {
			return none, fmt.Errorf("saved: %w", err)
		}
		ids := make([]id.Post, len(found.Items))
		for i, r := range found.Items {
			ids[i] = r.Post
		}
		posts, err := c.posts.GetMany(ctx, texts(ids))
		if err != nil {
			return none, fmt.Errorf("saved: %w", err)
		}
		items, err := c.cardsFor(ctx, posts, me, sight.may)
		return page.Page[creator.Card]{Items: items, Next: found.Next}, err
	})
}

// AllPosts pages through every post that others may read, oldest first.
func (c *Core) AllPosts(ctx context.Context, in page.Ask) (page.Page[creator.PublishedData], error) {
	none := page.Page[creator.PublishedData]{}
	if err := internal(ctx); err != nil {
		return none, err
	}
	found, err := c.posts.Find(ctx, docdb.Query{Index: "fans", Limit: in.Size(100, 500), After: in.After})
	if err != nil {
		return none, fmt.Errorf("all posts: %w", err)
	}
	authors := make([]id.User, len(found.Items))
	for i, p := range found.Items {
		authors[i] = p.Author
	}
	names, err := c.profilesOf(ctx, authors)
	if err != nil {
		return none, err
	}
	out := page.Page[creator.PublishedData]{Items: []creator.PublishedData{}, Next: found.Next}
	now := c.Now()
	for _, p := range found.Items {
		if author := names[p.Author]; !author.banned(now) {
			out.Items = append(out.Items, p.data(author.Name))
		}
	}
	return out, nil
}
