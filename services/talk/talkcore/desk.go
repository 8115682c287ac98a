package talkcore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
	"meadow/services/talk"
)

// Held pages through what waits under the caller's posts, oldest first.
func (c *Core) Held(ctx context.Context, in page.Ask) (page.Page[talk.Comment], error) {
	none := page.Page[talk.Comment]{}
	me, err := actor.Signed(ctx)
	if err != nil {
		return none, err
	}
	found, _, err := c.desk(ctx, "held", me, in)
	if err != nil {
		return none, err
	}
	e, err := c.eyes(ctx, me)
	if err != nil {
		return none, err
	}
	return c.inThreads(ctx, found, e)
}

// desk pages through a list of what waits for an account, under posts that are
// still there.
func (c *Core) desk(ctx context.Context, index string, account id.User, in page.Ask) (page.Page[comment], map[id.Post]creator.PostFacts, error) {
	facts := map[id.Post]creator.PostFacts{}
	out := page.Page[comment]{Next: in.After}
	size := in.Size(usualPage, mostPage)
	for range fillTries {
		found, err := c.comments.Find(ctx, docdb.Query{Index: index, Equal: []any{string(account)}, Limit: size - len(out.Items), After: out.Next})
		if err != nil {
			return out, nil, fmt.Errorf("%s: %w", index, err)
		}
		posts := make([]id.Post, len(found.Items))
		for i, k := range found.Items {
			posts[i] = k.Post
		}
		more, err := c.posts(ctx, posts, account)
		if err != nil {
			return out, nil, err
		}
		for p, f := range more {
			facts[p] = f
		}
		for _, k := range found.Items {
			if _, there := more[k.Post]; there {
				out.Items = append(out.Items, k)
			}
		}
		if out.Next = found.Next; out.Next == "" || len(out.Items) == size {
			break
		}
	}
	return out, facts, nil
}

// Let lets a comment that waits for the post's author through. What moderation
// holds is a moderator's to let: of their own it stays held, of another's it is
// not theirs to see.
func (c *Core) Let(ctx context.Context, in talk.ByComment) (talk.Comment, error) {
	k, err := c.ofMine(ctx, in.ID)
	if err != nil {
		return talk.Comment{}, err
	}
	if k, err = c.change(ctx, k.ID, func(k *comment) error {
		switch {
		case k.gone(), k.state() == talk.Limited:
			return talk.ErrNoSuchComment
		case !k.Waits:
			return errSame
		}
		k.Waits = false
		return nil
	}); err != nil {
		return talk.Comment{}, err
	}
	if k.gone() {
		return talk.Comment{}, talk.ErrNoSuchComment
	}
	return c.one(ctx, k)
}

// Questions pages through what has no answer yet, longest waiting first.
func (c *Core) Questions(ctx context.Context, in talk.Questions) (page.Page[talk.Question], error) {
	none := page.Page[talk.Question]{}
	me, err := actor.Signed(ctx)
	if err != nil {
		return none, err
	}
	account, err := c.account(ctx, me, in.As, creator.Editor)
	if err != nil {
		return none, err
	}
	found, posts, err := c.desk(ctx, "asking", account, in.Ask)
	if err != nil {
		return none, err
	}
	e, err := c.eyes(ctx, me)
	if err != nil {
		return none, err
	}
	shown, err := c.inThreads(ctx, found, e)
	if err != nil {
		return none, err
	}
	now := c.Now()
	return page.Map(shown, func(k talk.Comment) talk.Question {
		p := posts[k.Post]
		return talk.Question{Comment: k, Title: p.Title, Thumb: p.Thumb, Waiting: max(now.Sub(k.At), 0)}
	}), nil
}

// Settle takes a question off the list without an answer.
func (c *Core) Settle(ctx context.Context, in talk.ByComment) (rpc.Empty, error) {
	k, err := c.ofMine(ctx, in.ID)
	if err != nil {
		return rpc.Empty{}, err
	}
	_, err = c.change(ctx, k.ID, func(k *comment) error {
		switch {
		case k.gone():
			return talk.ErrNoSuchComment
		case k.Settled:
			return errSame
		}
		k.Settled = true
		return nil
	})
	return rpc.Empty{}, err
}

const (
	responseDays = 30
	// responseMost is how many questions are measured: the latest.
	responseMost = 5000
)

// Response measures the answers to the questions of the last 30 days.
func (c *Core) Response(ctx context.Context, in talk.AskResponse) (talk.Response, error) {
	none := talk.Response{}
	me, err := actor.Signed(ctx)
	if err != nil {
		return none, err
	}
	account, err := c.account(ctx, me, in.As, creator.Editor, creator.Analyst)
	if err != nil {
		return none, err
	}
	out := talk.Response{Days: responseDays, Target: talk.AnswerTarget}
	var took []time.Duration
	q := docdb.Query{
		Index: "asked", Equal: []any{string(account)}, From: c.Now().AddDate(0, 0, -responseDays), Descending: true, Limit: 500,
	}
	for out.Asked < responseMost {
		found, err := c.comments.Find(ctx, q)
		if err != nil {
			return none, fmt.Errorf("response: %w", err)
		}
		for _, k := range found.Items {
			out.Asked++
			switch {
			case !k.AnsweredAt.IsZero():
				took = append(took, max(k.AnsweredAt.Sub(k.At), 0))
			case !k.Settled:
				out.Waiting++
			}
		}
		if q.After = found.Next; q.After == "" {
			break
		}
	}
	measure(&out, took)
	return out, nil
}

// measure adds what the answered questions took: of percentiles, the nearest
// rank.
func measure(out *talk.Response, took []time.Duration) {
	slices.Sort(took)
	out.Answered = int64(len(took))
	if len(took) == 0 {
		return
	}
	rank := func(percent int) int64 {
		return int64(took[max((len(took)*percent+99)/100, 1)-1] / time.Second)
	}
	out.Median, out.P90 = rank(50), rank(90)
	for _, d := range took {
		if d <= talk.AnswerTarget*time.Second {
			out.Within++
		}
	}
}
