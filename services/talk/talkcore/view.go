package talkcore

import (
	"context"
	"fmt"

	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/talk"
)

// views shows comments to a reader, with the first replies to each: whatever the
// page holds, in one look-up of replies, one of likes and one of people.
func (c *Core) views(ctx context.Context, in page.Page[comment], e *eyes) (page.Page[talk.Comment], error) {
	none := page.Page[talk.Comment]{}
	below, err := c.latest(ctx, in.Items, e)
	if err != nil {
		return none, fmt.Errorf("replies: %w", err)
	}
	liked, err := c.likedBy(ctx, e.me, in.Items, below)
	if err != nil {
		return none, fmt.Errorf("likes: %w", err)
	}
	people, err := c.authors(ctx, names(in.Items, below))
	if err != nil {
		return none, err
	}
	v := viewing{eyes: e, people: people, liked: liked}
	under := map[id.Comment][]talk.Comment{}
	for _, k := range below {
		under[k.Parent] = append(under[k.Parent], v.show(k))
	}
	return page.Map(in, func(k comment) talk.Comment {
		out := v.show(k)
		out.Latest = under[k.ID]
		return out
	}), nil
}

// latest reads the first replies to some comments, those that the reader sees.
func (c *Core) latest(ctx context.Context, in []comment, e *eyes) ([]comment, error) {
	var ids []string
	for _, k := range in {
		ids = append(ids, texts(k.Latest)...)
	}
	found, err := c.comments.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	if err := c.lookUp(ctx, writers(found), e); err != nil {
		return nil, err
	}
	kept := found[:0]
	for _, k := range found {
		if k.shown() && e.sees(k) {
			kept = append(kept, k)
		}
	}
	return kept, nil
}

// likedBy returns which of some comments somebody likes.
func (c *Core) likedBy(ctx context.Context, me id.User, lists ...[]comment) (map[string]bool, error) {
	if me == "" {
		return nil, nil
	}
	var ids []string
	for _, list := range lists {
		for _, k := range list {
			if k.Likes > 0 {
				ids = append(ids, likeID(me, k.ID))
			}
		}
	}
	found, err := c.likes.GetMany(ctx, ids)
	out := make(map[string]bool, len(found))
	for _, l := range found {
		out[l.ID] = l.On
	}
	return out, err
}

// viewing is what showing comments to somebody takes.
type viewing struct {
	*eyes
	people map[id.User]creator.Author
	liked  map[string]bool
}

func (v viewing) show(k comment) talk.Comment {
	out := talk.Comment{
		ID: k.ID, Post: k.Post, Parent: k.Parent, To: authorOf(v.people, k.To), Author: authorOf(v.people, k.Author),
		Body: k.Body, Pictures: k.Pictures, Mentions: k.Mentions, Likes: k.Likes, Replies: k.Replies,
		ByAuthor: k.ByAuthor, First: v.first[k.ID], Pinned: v.pins[k.ID], Bought: k.Bought, Mine: v.me != "" && k.Author == v.me,
		State: k.state(), At: k.At,
	}
	if v.me != "" && len(v.liked) > 0 {
		out.Liked = v.liked[likeID(v.me, k.ID)]
	}
	if out.Pictures == nil {
		out.Pictures = []picture.Picture{}
	}
	if out.Mentions == nil {
		out.Mentions = []creator.Mention{}
	}
	return out
}
