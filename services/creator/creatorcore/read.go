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

// Post returns a post as the caller sees it.
func (c *Core) Post(ctx context.Context, in creator.ReadPost) (creator.Post, error) {
	p, err := c.shownPost(ctx, in.ID)
	if err != nil {
		return creator.Post{}, err
	}
	return c.postView(ctx, p)
}

func (c *Core) postView(ctx context.Context, p post) (creator.Post, error) {
	me := viewer(ctx)
	authors, err := c.profilesOf(ctx, []id.User{p.Author})
	if err != nil {
		return creator.Post{}, err
	}
	mine, err := c.reactionsOf(ctx, me, likes, saves, p.ID)
	if err != nil {
		return creator.Post{}, err
	}
	followed, err := c.isFollowed(ctx, me, p.Author)
	if err != nil {
		return creator.Post{}, fmt.Errorf("post: %w", err)
	}
	return creator.Post{
		ID: p.ID, Kind: creator.Pictures, Author: authors[p.Author].author(),
		Title: p.Title, Body: p.Body, Topics: some(p.Topics), Pictures: some(p.Pictures),
		Tags: c.tagViews(p, c.shownProducts(ctx, p), c.Now()), Ad: p.Ad, Lang: p.Lang,
		Likes: p.Likes, Saves: p.Saves, Comments: p.Comments,
		Liked: mine[mark{p.ID, likes}], Saved: mine[mark{p.ID, saves}], Followed: followed,
		PublishedAt: p.At, EditedAt: p.EditedAt,
	}, nil
}

// some is never nil, so that an empty list travels as [].
func some[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

// cards shows posts in a list as me sees them.
func (c *Core) cards(ctx context.Context, posts []post, me id.User) ([]creator.Card, error) {
	var authors []id.User
	var ids []id.Post
	for _, p := range posts {
		authors, ids = append(authors, p.Author), append(ids, p.ID)
	}
	people, err := c.profilesOf(ctx, authors)
	if err != nil {
		return nil, err
	}
	mine, err := c.reactionsOf(ctx, me, likes, "", ids...)
	if err != nil {
		return nil, err
	}
	products := c.shownProducts(ctx, posts...)
	out := make([]creator.Card, len(posts))
	for i, p := range posts {
		out[i] = creator.Card{
			ID: p.ID, Kind: creator.Pictures, Title: p.Title, Cover: p.Pictures[0], Author: people[p.Author].author(),
			Likes: p.Likes, Liked: mine[mark{p.ID, likes}], Ad: p.Ad, Price: cheapest(p, products), PublishedAt: p.At,
		}
	}
	return out, nil
}

// Cards returns the posts that exist, in the order asked.
func (c *Core) Cards(ctx context.Context, in creator.Cards) (creator.CardList, error) {
	if err := internal(ctx); err != nil {
		return creator.CardList{}, err
	}
	posts, err := c.shownOf(ctx, in.IDs)
	if err != nil {
		return creator.CardList{}, err
	}
	out, err := c.cards(ctx, posts, in.For)
	return creator.CardList{Items: out}, err
}

func (c *Core) shownOf(ctx context.Context, ids []id.Post) ([]post, error) {
	found, err := c.posts.GetMany(ctx, texts(ids))
	if err != nil {
		return nil, fmt.Errorf("cards: %w", err)
	}
	posts := make([]post, 0, len(found))
	for _, p := range found {
		if p.shown() {
			posts = append(posts, p)
		}
	}
	return posts, nil
}

const (
	usualPage = 20
	mostPage  = 50
)

// PostsBy pages through a creator's posts, newest first.
func (c *Core) PostsBy(ctx context.Context, in creator.PostsBy) (page.Page[creator.Card], error) {
	none := page.Page[creator.Card]{}
	if _, err := c.profile(ctx, in.ID); err != nil {
		return none, err
	}
	found, err := c.posts.Find(ctx, docdb.Query{
		Index: "author", Equal: []any{string(in.ID)}, Descending: true, Limit: in.Size(usualPage, mostPage), After: in.After,
	})
	if err != nil {
		return none, fmt.Errorf("posts: %w", err)
	}
	items, err := c.cards(ctx, found.Items, viewer(ctx))
	return page.Page[creator.Card]{Items: items, Next: found.Next}, err
}

// savedRounds bounds how often Saved reads on when posts are gone.
const savedRounds = 8

// Saved pages through what the caller saved, latest first, passing over posts
// that are gone.
func (c *Core) Saved(ctx context.Context, in page.Ask) (page.Page[creator.Card], error) {
	none := page.Page[creator.Card]{}
	me, err := actor.Signed(ctx)
	if err != nil {
		return none, err
	}
	size, next := in.Size(usualPage, mostPage), in.After
	var posts []post
	for range savedRounds {
		found, err := c.reactions.Find(ctx, docdb.Query{
			Index: "user", Equal: []any{string(me), string(saves)}, Descending: true, Limit: size - len(posts), After: next,
		})
		if err != nil {
			return none, fmt.Errorf("saved: %w", err)
		}
		ids := make([]id.Post, len(found.Items))
		for i, r := range found.Items {
			ids[i] = r.Post
		}
		more, err := c.shownOf(ctx, ids)
		if err != nil {
			return none, err
		}
		posts, next = append(posts, more...), found.Next
		if next == "" || len(posts) == size {
			break
		}
	}
	items, err := c.cards(ctx, posts, me)
	return page.Page[creator.Card]{Items: items, Next: next}, err
}
