package feedcore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"meadow/feed"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
)

// Hide says that the caller does not want a post. It is a decision, not a deed:
// it holds also for those who are not remembered.
func (c *Core) Hide(ctx context.Context, in feed.Hide) (feed.Empty, error) {
	author, err := c.authorFor(ctx, in.ID)
	if err != nil {
		return feed.Empty{}, err
	}
	_, err = c.decide(ctx, func(me id.User, now time.Time, p *person) error {
		p.unwant(unwanted{in.ID, author, in.Reason})
		p.announceHidden(now, feed.HiddenData{User: me, Post: in.ID, Author: author, Reason: in.Reason, On: true, At: now})
		return nil
	})
	return feed.Empty{}, err
}

// Unhide takes it back, also of a post that is gone by now.
func (c *Core) Unhide(ctx context.Context, in feed.OfPost) (feed.Empty, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return feed.Empty{}, err
	}
	p, err := c.person(ctx, me)
	if err != nil {
		return feed.Empty{}, err
	}
	// It is announced also where the record has nothing to take back: who ranks may
	// know of it from elsewhere.
	was := unwanted{Post: in.ID}
	if at := slices.IndexFunc(p.Hidden, func(u unwanted) bool { return u.Post == in.ID }); at >= 0 {
		was = p.Hidden[at]
	} else if was.Author, err = c.authorFor(ctx, in.ID); err != nil {
		return feed.Empty{}, err
	}
	_, err = c.decide(ctx, func(me id.User, now time.Time, p *person) error {
		p.Hidden = p.forgiving(in.ID)
		p.announceHidden(now, feed.HiddenData{User: me, Post: in.ID, Author: was.Author, Reason: was.Reason, At: now})
		return nil
	})
	return feed.Empty{}, err
}

// unwant puts a post last on the list of those not wanted.
func (p *person) unwant(u unwanted) {
	p.Hidden = append(p.forgiving(u.Post), u)
	p.Hidden = p.Hidden[max(0, len(p.Hidden)-mostHidden):]
}

// forgiving is what the person does not want, but for one post.
func (p *person) forgiving(post id.Post) []unwanted {
	return slices.DeleteFunc(slices.Clone(p.Hidden), func(u unwanted) bool { return u.Post == post })
}

// unwanted reports whether the person said of the post itself that they do not
// want it.
func (p person) unwanted(post id.Post) bool {
	return slices.ContainsFunc(p.Hidden, func(u unwanted) bool { return u.Post == post })
}

func (p *person) announceHidden(now time.Time, d feed.HiddenData) {
	p.Add(now, feed.Hidden.Event(now, fmt.Sprintf("%s/%d", p.ID, p.Rev), d))
}

// authorFor returns who made a post that the caller may read:
// creator.ErrNoSuchPost.
func (c *Core) authorFor(ctx context.Context, post id.Post) (id.User, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return "", err
	}
	got, err := c.Creator.Facts(asFeed(ctx), creator.Cards{IDs: []id.Post{post}, For: me})
	if err != nil {
		return "", fmt.Errorf("facts: %w", err)
	}
	if len(got.Items) == 0 || !got.Items[0].Visible {
		return "", creator.ErrNoSuchPost
	}
	return got.Items[0].Author, nil
}
