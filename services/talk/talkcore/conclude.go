package talkcore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/talk"
)

// change lets decide change a comment, and then makes happen what follows.
func (c *Core) change(ctx context.Context, k id.Comment, decide func(*comment) error) (comment, error) {
	got, err := c.comments.Update(ctx, string(k), func(k *comment) error {
		if err := decide(k); err != nil {
			return err
		}
		k.Tally.owe(c.Now())
		c.announce(k)
		k.place()
		return nil
	})
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return got, talk.ErrNoSuchComment.Because(err)
	case errors.Is(err, errSame) && !got.gone():
	case err != nil:
		return got, err
	}
	c.said.Kick(string(k))
	return c.conclude(ctx, got)
}

// announce adds the event of a comment that is shown for the first time.
func (c *Core) announce(k *comment) {
	if k.Said || !k.shown() {
		return
	}
	k.Said = true
	d := talk.SaidData{
		Comment: k.ID, Post: k.Post, Author: k.Account, By: k.Author, Parent: k.Parent,
		Mentions: []id.User{}, Body: excerpt(k.Body, excerptMost), Trace: k.Trace, At: k.At, To: k.Answers,
	}
	for _, m := range k.Mentions {
		d.Mentions = append(d.Mentions, m.ID)
	}
	k.Add(c.Now(), talk.Said.Event(c.Now(), string(k.ID), d))
}

const excerptMost = 100

// chore notes that something follows from a change.
func (k *comment) chore(now time.Time) {
	k.Chore = now
	k.Chores++
}

// conclude makes happen what follows from the last change of a comment: what is
// left to do for others, and being counted. Both may be done by anybody, again,
// and after a kill.
func (c *Core) conclude(ctx context.Context, k comment) (comment, error) {
	if err := c.chores(ctx, k); err != nil {
		return k, fmt.Errorf("conclude: %w", err)
	}
	if k.Parent != "" {
		parent, err := c.replied.settle(ctx, string(k.ID), string(k.Parent))
		if err != nil {
			return k, fmt.Errorf("count a reply: %w", err)
		}
		if parent.gone() {
			if err := c.chores(ctx, parent); err != nil {
				return k, fmt.Errorf("conclude: %w", err)
			}
		}
	}
	if _, err := c.counted.settle(ctx, string(top(k)), string(k.Post)); err != nil {
		return k, fmt.Errorf("count a comment: %w", err)
	}
	c.told.Kick(string(k.Post))
	got, err := c.comments.Get(ctx, string(k.ID))
	if err != nil {
		return k, fmt.Errorf("conclude: %w", err)
	}
	return got, nil
}

func top(k comment) id.Comment {
	if k.Parent != "" {
		return k.Parent
	}
	return k.ID
}

// chores does what a comment has left to do, and notes that it is done.
func (c *Core) chores(ctx context.Context, k comment) error {
	if k.Chore.IsZero() {
		return nil
	}
	switch {
	case k.gone() && k.Parent == "":
		if err := c.hushReplies(ctx, k); err != nil {
			return err
		}
	case k.ByAuthor && k.shown() && k.Parent != "":
		if err := c.answer(ctx, k); err != nil {
			return err
		}
	}
	_, err := c.comments.UpdateIf(ctx, string(k.ID),
		[]docdb.Cond{{Field: "chores", Op: docdb.Eq, Value: k.Chores}},
		[]docdb.Change{{Field: "chore", Verb: docdb.Remove}})
	if errors.Is(err, docdb.ErrRefused) {
		return nil // there is another by now, and whoever noted it does it
	}
	return err
}

// hushBatch is how many replies go before they are counted.
const hushBatch = 50

// hushReplies takes away what was said under a comment that is gone.
func (c *Core) hushReplies(ctx context.Context, parent comment) error {
	for {
		found, err := c.comments.Find(ctx, docdb.Query{Index: "below", Equal: []any{string(parent.ID)}, Limit: hushBatch})
		if err != nil || len(found.Items) == 0 {
			return err
		}
		for _, reply := range found.Items {
			_, err := c.comments.Update(ctx, string(reply.ID), func(k *comment) error {
				if k.gone() {
					return errSame
				}
				c.remove(k)
				return nil
			})
			if err != nil && !errors.Is(err, errSame) {
				return err
			}
			c.said.Kick(string(reply.ID))
		}
		last := found.Items[len(found.Items)-1]
		if _, err := c.replied.settle(ctx, string(last.ID), string(parent.ID)); err != nil {
			return err
		}
	}
}

// answer marks the questions that a reply of the post's author answers: the
// comment it names, and the one its thread began with.
func (c *Core) answer(ctx context.Context, reply comment) error {
	for _, asked := range []id.Comment{reply.Named, reply.Parent} {
		_, err := c.comments.Update(ctx, string(asked), func(k *comment) error {
			if !k.Question || k.gone() || !k.AnsweredAt.IsZero() {
				return errSame
			}
			k.AnsweredAt = reply.At
			k.place()
			return nil
		})
		if err != nil && !errors.Is(err, errSame) && !errors.Is(err, docdb.ErrNotFound) {
			return err
		}
	}
	return nil
}

const (
	// grace is how long whoever changed something has to conclude it, before a
	// sweep does it too.
	grace = 5 * time.Second
	// sweepMost is how many of one kind a sweep finishes.
	sweepMost = 500
)

// Sweep finishes what a kill left behind. It is safe at any time, in any number
// of processes.
func (c *Core) Sweep(ctx context.Context) error {
	ctx = asSelf(ctx)
	stale := c.Now().Add(-grace)
	var failed []error
	for _, index := range []string{"chores", owed.Name} {
		found, err := c.comments.Find(ctx, docdb.Query{Index: index, Before: stale, Limit: sweepMost})
		failed = append(failed, err)
		for _, k := range found.Items {
			_, err := c.conclude(ctx, k)
			failed = append(failed, err)
		}
	}
	found, err := c.likes.Find(ctx, docdb.Query{Index: owed.Name, Before: stale, Limit: sweepMost})
	failed = append(failed, err)
	for _, l := range found.Items {
		_, err := c.liked.settle(ctx, l.ID, l.Tally.Under)
		failed = append(failed, err)
	}
	failed = append(failed, c.tellDue(ctx))
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	return nil
}
