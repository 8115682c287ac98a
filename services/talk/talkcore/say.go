package talkcore

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
	"meadow/services/talk"
)

// Say adds a comment under an id derived from the request. A reply to a reply
// joins the thread of the comment it all began with.
func (c *Core) Say(ctx context.Context, in talk.Say) (talk.Comment, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return talk.Comment{}, err
	}
	if in.RequestID == "" {
		return talk.Comment{}, rpc.ErrNoKey
	}
	if in.Body, err = body(in); err != nil {
		return talk.Comment{}, err
	}
	k := comment{
		ID: id.Comment(id.Derive("cmt", string(me), in.RequestID)), Post: in.ID, Author: me, Body: in.Body,
		Request: fingerprint([]any{in.ID, in.Parent, in.Body, in.Pictures, in.Mentions}),
	}
	said, err := c.comments.Get(ctx, string(k.ID))
	if errors.Is(err, docdb.ErrNotFound) {
		said, err = c.say(ctx, k, in)
	}
	switch {
	case err != nil:
		return talk.Comment{}, fmt.Errorf("say: %w", err)
	case said.Request != k.Request:
		return talk.Comment{}, rpc.ErrReused
	}
	if said, err = c.conclude(ctx, said); err != nil {
		return talk.Comment{}, err
	}
	if said.gone() {
		return talk.Comment{}, talk.ErrNoSuchComment
	}
	return c.one(ctx, said)
}

// body is what a comment says, cleaned.
func body(in talk.Say) (string, error) {
	s := plain(in.Body)
	switch {
	case blank(s) && len(in.Pictures) == 0:
		return "", talk.ErrEmpty
	case utf8.RuneCountInString(s) > talk.MaxBody:
		return "", errs.ErrInvalid.With("body", fmt.Sprintf("must be at most %d characters", talk.MaxBody))
	case len(in.Pictures) > talk.MaxPictures:
		return "", errs.ErrInvalid.With("pictures", fmt.Sprintf("must be at most %d", talk.MaxPictures))
	}
	return s, nil
}

// say makes a comment of what was asked, if its post lets it, and stores it,
// unless its twin did.
func (c *Core) say(ctx context.Context, k comment, in talk.Say) (comment, error) {
	post, err := c.post(ctx, k.Post, k.Author)
	if err != nil {
		return k, err
	}
	k.Account, k.Trace = post.Author, post.Trace
	above, err := c.join(ctx, &k, in.Parent)
	if err != nil {
		return k, err
	}
	shield, err := c.permit(ctx, k, above)
	if err != nil {
		return k, err
	}
	if k.ByAuthor, err = c.mayAct(ctx, k.Author, k.Account, creator.Editor); err != nil {
		return k, err
	}
	rules, err := c.rulesOf(ctx, k.Account)
	if err != nil {
		return k, err
	}
	if err := c.welcomes(ctx, k, rules); err != nil {
		return k, err
	}
	if k.Mentions, err = c.mentions(ctx, in.Mentions, shield.Silent); err != nil {
		return k, err
	}
	if err := c.admit(ctx, k.Author, k.ID); err != nil {
		return k, err
	}
	return c.write(ctx, k, in, post, rules)
}

// join finds where a reply belongs, and returns whose comment that is.
func (c *Core) join(ctx context.Context, k *comment, named id.Comment) (id.User, error) {
	if named == "" {
		return "", nil
	}
	to, err := c.under(ctx, named, k.Post)
	if err != nil {
		return "", err
	}
	k.Named, k.Parent, k.Answers = to.ID, to.ID, to.Author
	if to.Parent == "" {
		return to.Author, nil
	}
	above, err := c.under(ctx, to.Parent, k.Post)
	if err != nil {
		return "", err
	}
	k.Parent = above.ID
	if to.Author != above.Author {
		k.To = to.Author
	}
	return above.Author, nil
}

// under returns a comment that may be answered: one that is shown under a post.
func (c *Core) under(ctx context.Context, k id.Comment, post id.Post) (comment, error) {
	got, err := c.comments.Get(ctx, string(k))
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return comment{}, talk.ErrNoSuchComment.Because(err)
	case err != nil:
		return comment{}, fmt.Errorf("comment: %w", err)
	case !got.shown(), got.Post != post:
		return comment{}, talk.ErrNoSuchComment
	}
	return got, nil
}

// permit refuses who is banned, and those between whom a block stands.
func (c *Core) permit(ctx context.Context, k comment, above id.User) (moderation.Shield, error) {
	banned, err := c.banned(ctx, []id.User{k.Author})
	if err != nil {
		return moderation.Shield{}, err
	}
	if banned[k.Author] {
		return moderation.Shield{}, moderation.ErrSuspended
	}
	shield, err := c.shield(ctx, k.Author)
	if err == nil && (among(shield.Silent, k.Account) || among(shield.Silent, k.Answers) || among(shield.Silent, above)) {
		err = creator.ErrBlocked
	}
	return shield, err
}

// welcomes refuses whom the post's author does not let comment.
func (c *Core) welcomes(ctx context.Context, k comment, r rules) error {
	switch {
	case k.ByAuthor, r.Who == talk.Everybody:
		return nil
	case r.Who == talk.Followers:
		if ok, err := c.follows(ctx, k.Account); ok || err != nil {
			return err
		}
	}
	return talk.ErrClosed
}

// write adds what a comment shows and what is thought of it, and stores it.
func (c *Core) write(ctx context.Context, k comment, in talk.Say, post creator.PostFacts, r rules) (comment, error) {
	var likenesses []string
	var err error
	if k.Pictures, likenesses, err = c.pictures(ctx, k.Author, in.Pictures); err != nil {
		return k, err
	}
	if k.Verdict, err = c.check(ctx, k, likenesses); err != nil {
		return k, err
	}
	if k.Bought, err = c.bought(ctx, k.Author, post.Tagged); err != nil {
		return k, err
	}
	k.Waits = !k.ByAuthor && r.holds(k.Body)
	k.Question = !k.ByAuthor && isQuestion(k.Body)
	return c.store(ctx, k)
}

// check asks what the rules of the shop say.
func (c *Core) check(ctx context.Context, k comment, likenesses []string) (moderation.Outcome, error) {
	facts := moderation.Facts{Text: k.Body, Link: "/p/" + string(k.Post), Likenesses: likenesses}
	if len(k.Pictures) > 0 {
		facts.Thumb = k.Pictures[0].Thumb
	}
	v, err := c.Moderation.Check(asSelf(ctx), moderation.Check{
		Subject: moderation.Subject{Kind: moderation.Comment, ID: string(k.ID)}, Rev: 1, Author: k.Author, Facts: facts,
	})
	if err != nil {
		return "", fmt.Errorf("check: %w", err)
	}
	return v.Outcome, nil
}

// store writes a comment, and the thread it belongs to if it is the first.
func (c *Core) store(ctx context.Context, k comment) (comment, error) {
	_, err := c.threads.Get(ctx, string(k.Post))
	if errors.Is(err, docdb.ErrNotFound) {
		err = c.threads.Insert(ctx, string(k.Post), thread{Account: k.Account})
		if errors.Is(err, docdb.ErrExists) {
			err = nil
		}
	}
	if err != nil {
		return k, err
	}
	k.At = c.Now()
	k.Tally.Under = k.under()
	k.Tally.owe(k.At)
	c.announce(&k)
	k.place()
	err = c.comments.Insert(ctx, string(k.ID), k)
	if errors.Is(err, docdb.ErrExists) {
		return c.comments.Get(ctx, string(k.ID))
	}
	c.said.Kick(string(k.ID))
	return k, err
}
