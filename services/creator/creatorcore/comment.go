package creatorcore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

const maxComment = 500

// Comments pages through a post's comments, newest first, or through the
// replies to one, oldest first.
func (c *Core) Comments(ctx context.Context, in creator.Comments) (page.Page[creator.Comment], error) {
	none := page.Page[creator.Comment]{}
	if _, err := c.shownPost(ctx, in.ID); err != nil {
		return none, err
	}
	if in.Parent != "" {
		if _, err := c.comment(ctx, in.Parent, in.ID); err != nil {
			return none, err
		}
	}
	found, err := c.comments.Find(ctx, docdb.Query{
		Index: "thread", Equal: []any{string(in.ID), string(in.Parent)}, Descending: in.Parent == "",
		Limit: in.Size(usualPage, mostPage), After: in.After,
	})
	if err != nil {
		return none, fmt.Errorf("comments: %w", err)
	}
	authors := make([]id.User, len(found.Items))
	for i, k := range found.Items {
		authors[i] = k.Author
	}
	people, err := c.profilesOf(ctx, authors)
	if err != nil {
		return none, err
	}
	return page.Map(found, func(k comment) creator.Comment {
		return k.view(people[k.Author].author(), viewer(ctx))
	}), nil
}

// Say adds a comment under an id derived from the request. A reply to a reply
// joins the thread of the comment it all began with.
func (c *Core) Say(ctx context.Context, in creator.Say) (creator.Comment, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return creator.Comment{}, err
	}
	if in.RequestID == "" {
		return creator.Comment{}, rpc.ErrNoKey
	}
	body, err := line("body", plain(in.Body), 1, maxComment)
	if err != nil {
		return creator.Comment{}, err
	}
	if _, err := c.shownPost(ctx, in.ID); err != nil {
		return creator.Comment{}, err
	}
	people, err := c.profilesOf(ctx, []id.User{me})
	if err != nil {
		return creator.Comment{}, err
	}
	k := comment{
		ID: id.Comment(id.Derive("cmt", string(me), in.RequestID)), Post: in.ID, Author: me, Body: body, At: c.Now(),
		Request: fingerprint([]string{string(in.ID), string(in.Parent), body}),
	}
	said, err := c.comments.Get(ctx, string(k.ID))
	if errors.Is(err, docdb.ErrNotFound) {
		said, err = c.add(ctx, k, in.Parent)
	}
	switch {
	case err != nil:
		return creator.Comment{}, err
	case said.Request != k.Request:
		return creator.Comment{}, rpc.ErrReused
	case said.gone():
		return creator.Comment{}, creator.ErrNoSuchComment
	}
	return said.view(people[me].author(), me), nil
}

// add stores a comment, unless it is there, and counts it.
func (c *Core) add(ctx context.Context, k comment, parent id.Comment) (comment, error) {
	if parent != "" {
		above, err := c.comment(ctx, parent, k.Post)
		if err != nil {
			return comment{}, err
		}
		if k.Parent = above.ID; above.Parent != "" {
			k.Parent = above.Parent
		}
	}
	said, _, err := c.said.settle(ctx, string(k.ID), string(k.Post), func(there *comment) {
		if there.ID == "" {
			k.Tally = there.Tally
			*there = k
		}
	})
	if err != nil {
		return comment{}, fmt.Errorf("say: %w", err)
	}
	return said, nil
}

// Unsay removes a comment of the caller's, or one under their post.
func (c *Core) Unsay(ctx context.Context, in creator.ByComment) (rpc.Empty, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return rpc.Empty{}, err
	}
	k, err := c.comment(ctx, in.ID, "")
	if err != nil {
		return rpc.Empty{}, err
	}
	p, err := c.shownPost(ctx, k.Post)
	switch {
	case errors.Is(err, creator.ErrNoSuchPost):
		return rpc.Empty{}, creator.ErrNoSuchComment.Because(err)
	case err != nil:
		return rpc.Empty{}, err
	case k.Author != me && p.Author != me:
		return rpc.Empty{}, actor.ErrForbidden
	}
	if _, _, err := c.said.settle(ctx, string(k.ID), string(k.Post), hush); err != nil {
		return rpc.Empty{}, fmt.Errorf("unsay: %w", err)
	}
	return rpc.Empty{}, nil
}

// hush takes a comment away, and what it said with it.
func hush(k *comment) { k.At, k.Body = time.Time{}, "" }

// conclude ends what a comment owes: whatever was said under one that is gone
// goes too. A reply that came too late for that takes itself away.
func (c *Core) conclude(ctx context.Context, k comment) (func(*comment), error) {
	switch {
	case k.Parent == "" && k.gone():
		return nil, c.hushReplies(ctx, k)
	case k.Parent != "" && !k.gone():
		_, err := c.comment(ctx, k.Parent, k.Post)
		if errors.Is(err, creator.ErrNoSuchComment) {
			return hush, nil
		}
		return nil, err
	}
	return nil, nil
}

func (c *Core) hushReplies(ctx context.Context, k comment) error {
	const batch = 100
	for {
		found, err := c.comments.Find(ctx, docdb.Query{
			Index: "thread", Equal: []any{string(k.Post), string(k.ID)}, Limit: batch,
		})
		if err != nil {
			return err
		}
		for _, reply := range found.Items {
			if _, _, err := c.said.settle(ctx, string(reply.ID), string(reply.Post), hush); err != nil {
				return err
			}
		}
		if len(found.Items) == 0 {
			return nil
		}
	}
}

// comment returns one that is there, under this post if one is named.
func (c *Core) comment(ctx context.Context, k id.Comment, under id.Post) (comment, error) {
	got, err := c.comments.Get(ctx, string(k))
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return comment{}, creator.ErrNoSuchComment.Because(err)
	case err != nil:
		return comment{}, fmt.Errorf("comment: %w", err)
	case got.gone(), under != "" && got.Post != under:
		return comment{}, creator.ErrNoSuchComment
	}
	return got, nil
}
