package talkcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
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

// announce adds the event of a comment that has come to be shown, or no longer is.
func (c *Core) announce(k *comment) {
	switch {
	case !k.shown():
		c.unsay(k)
		return
	case k.Said:
		return
	}
	k.Said = true
	if k.ByAuthor && k.Parent != "" {
		k.chore(c.Now()) // it may answer a question
	}
	d := talk.SaidData{
		Comment: k.ID, Post: k.Post, Author: k.Account, By: k.Author, Parent: k.Parent,
		Mentions: []id.User{}, Body: excerpt(k.Body, excerptMost), Trace: k.Trace, At: k.At, To: k.Answers,
	}
	for _, m := range k.Mentions {
		d.Mentions = append(d.Mentions, m.ID)
	}
	k.Add(c.Now(), talk.Said.Event(c.Now(), k.turn(), d))
}

// unsay adds the event that takes back what was announced, if it was: to the
// post's author, whom it answers and whom it names.
func (c *Core) unsay(k *comment) {
	if !k.Said {
		return
	}
	k.Said = false
	told := []id.User{k.Account, k.Answers}
	for _, m := range k.Mentions {
		told = append(told, m.ID)
	}
	told = slices.DeleteFunc(distinct(told), func(u id.User) bool { return u == k.Author })
	k.Add(c.Now(), talk.Unsaid.Event(c.Now(), k.turn(), talk.UnsaidData{Comment: k.ID, Post: k.Post, By: k.Author, Told: told}))
	k.Turn++
}

// turn names what is announced of a comment now: each time it is said, and then
// unsaid, is another event.
func (k comment) turn() string {
	if k.Turn == 0 {
		return string(k.ID)
	}
	return string(k.ID) + "." + strconv.FormatInt(k.Turn, 10)
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
		if done, err := c.hushReplies(ctx, k); err != nil || !done {
			return err // a sweep goes on
		}
	case k.ByAuthor && k.Parent != "" && k.shown():
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

const (
	// hushBatch is how many replies go before they are counted, hushBatches how
	// many times that in one go, so that who removed a comment need not wait.
	hushBatch   = 50
	hushBatches = 8
)

// hushReplies takes away what was said under a comment that is gone, and
// reports whether that was all.
func (c *Core) hushReplies(ctx context.Context, parent comment) (bool, error) {
	for range hushBatches {
		found, err := c.comments.Find(ctx, docdb.Query{Index: "below", Equal: []any{string(parent.ID)}, Limit: hushBatch})
		if err != nil || len(found.Items) == 0 {
			return err == nil, err
		}
		for _, reply := range found.Items {
			if err := c.hush(ctx, reply.ID); err != nil {
				return false, err
			}
		}
		last := found.Items[len(found.Items)-1]
		if _, err := c.replied.settle(ctx, string(last.ID), string(parent.ID)); err != nil {
			return false, err
		}
	}
	return false, nil
}

func (c *Core) hush(ctx context.Context, reply id.Comment) error {
	_, err := c.comments.Update(ctx, string(reply), func(k *comment) error {
		if k.gone() {
			return errSame
		}
		c.remove(k)
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return err
	}
	c.said.Kick(string(reply))
	return nil
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
	conclude := func(k comment) error { _, err := c.conclude(ctx, k); return err }
	err := errors.Join(
		sweep(ctx, c.comments, "chores", stale, conclude),
		sweep(ctx, c.comments, owed.Name, stale, conclude),
		sweep(ctx, c.likes, owed.Name, stale, func(l like) error {
			_, err := c.liked.settle(ctx, l.ID, l.Tally.Under)
			return err
		}),
		c.tellDue(ctx),
	)
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	return nil
}

// sweep does something for what is in an index since before an instant.
func sweep[T any](ctx context.Context, coll *docdb.Collection[T], index string, before time.Time, do func(T) error) error {
	found, err := coll.Find(ctx, docdb.Query{Index: index, Before: before, Limit: sweepMost})
	if err != nil {
		return err
	}
	var failed []error
	for _, v := range found.Items {
		failed = append(failed, do(v))
	}
	return errors.Join(failed...)
}
