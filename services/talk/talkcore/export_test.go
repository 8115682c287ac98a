package talkcore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/kernel/id"
	"meadow/services/talk"
)

// What tests see of the inside.
var (
	IsQuestion = isQuestion
	HasLink    = hasLink
	HoldsAny   = holdsAny
	FoldAll    = foldAll
	Plain      = plain
	Heat       = heat
	Measure    = measure
)

const HalfLife = halfLife

// Audit counts everything again from what is written down, and says what is
// wrong. Nothing may be under way, and sweeping must be done.
func (c *Core) Audit(ctx context.Context) (wrong []string, err error) {
	var all []comment
	if err := c.comments.Each(ctx, func(_ string, k comment) error { all = append(all, k); return nil }); err != nil {
		return nil, err
	}
	likes := map[string]int64{}
	if err := c.likes.Each(ctx, func(_ string, l like) error {
		if l.On {
			likes[l.Tally.Under]++
		}
		if !l.Tally.Owed.IsZero() || l.Tally.Told != likeCounts(l) {
			wrong = append(wrong, fmt.Sprintf("like %s owes: %+v", l.ID, l))
		}
		return nil
	}); err != nil {
		return nil, err
	}
	byID := map[id.Comment]comment{}
	for _, k := range all {
		byID[k.ID] = k
	}
	slices.SortFunc(all, func(a, b comment) int {
		if d := a.At.Compare(b.At); d != 0 {
			return d
		}
		return cmpText(a.ID, b.ID)
	})
	shown, under := map[id.Post]int64{}, map[id.Comment][]id.Comment{}
	for _, k := range all {
		switch {
		case !k.shown():
		case k.Parent == "":
			shown[k.Post]++
		default:
			under[k.Parent] = append(under[k.Parent], k.ID)
			if byID[k.Parent].shown() {
				shown[k.Post]++
			}
		}
	}
	say := func(format string, v ...any) { wrong = append(wrong, fmt.Sprintf(format, v...)) }
	for _, k := range all {
		if !k.Tally.Owed.IsZero() || !k.Chore.IsZero() || k.Tally.Told != k.want() {
			say("comment %s owes: %+v, chore %v", k.ID, k.Tally, k.Chore)
		}
		if k.Parent != "" && !k.gone() && byID[k.Parent].gone() {
			say("reply %s outlived its parent", k.ID)
		}
		if got, want := k.Likes, likes[string(k.ID)]; got != want {
			say("comment %s: %d likes, want %d", k.ID, got, want)
		}
		if got, want := k.Replies, int64(len(under[k.ID])); got != want {
			say("comment %s: %d replies, want %d", k.ID, got, want)
		}
		if want := under[k.ID][:min(talk.Preview, len(under[k.ID]))]; !k.gone() && !slices.Equal(k.Latest, want) {
			say("comment %s: first replies %v, want %v", k.ID, k.Latest, want)
		}
		placed := k
		placed.place()
		if d := cmp.Diff(placed.Places, k.Places); d != "" {
			say("comment %s is out of place: %s", k.ID, d)
		}
		if k.ByAuthor && k.shown() && k.Parent != "" {
			for _, q := range []id.Comment{k.Parent, k.Named} {
				if q := byID[q]; q.Question && !q.gone() && q.AnsweredAt.IsZero() {
					say("question %s was not answered by %s", q.ID, k.ID)
				}
			}
		}
		if k.shown() != k.Said && k.shown() {
			say("comment %s was never announced", k.ID)
		}
	}
	return wrong, c.threads.Each(ctx, func(_ string, t thread) error {
		if t.Comments != shown[t.ID] {
			say("thread %s: %d comments, want %d", t.ID, t.Comments, shown[t.ID])
		}
		return nil
	})
}

func cmpText(a, b id.Comment) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Counts is how many comments a post's thread counts, and at which revision.
func (c *Core) Counts(ctx context.Context, p id.Post) (n, rev int64, err error) {
	t, err := c.threads.Get(ctx, string(p))
	return t.Comments, t.Version, err
}

// Fill stores n shown comments under a post, as if they had been said one a
// second until now, some with likes and some with replies.
func (c *Core) Fill(ctx context.Context, p id.Post, account id.User, n int) error {
	now := c.Now()
	if err := c.threads.Insert(ctx, string(p), thread{Account: account, Comments: int64(n)}); err != nil {
		return err
	}
	var ids []string
	var batch []comment
	flush := func() error {
		err := c.comments.InsertMany(ctx, ids, batch)
		ids, batch = ids[:0], batch[:0]
		return err
	}
	add := func(k comment) error {
		k.place()
		ids, batch = append(ids, string(k.ID)), append(batch, k)
		if len(batch) == 500 {
			return flush()
		}
		return nil
	}
	for i := range n {
		k := comment{
			ID: id.Comment(id.Derive("cmt", fmt.Sprint(i))), Post: p, Account: account, Author: id.User(fmt.Sprintf("usr_%026d", i%1000)),
			Body: "This looks lovely, how does it wear after a month? 很好看，想知道耐不耐用", At: now.Add(-time.Duration(n-i) * time.Second),
			Request: "0123456789abcdef0123456789abcdef", Likes: int64(i * 7 % 40), Said: true,
		}
		k.Tally = tally{Under: k.under(), Told: 1}
		for r := range i % 3 { // none, one or two
			reply := k
			reply.ID, reply.Parent = id.Comment(id.Derive("cmt", fmt.Sprint(i), fmt.Sprint(r))), k.ID
			reply.At, reply.Likes, reply.Body = k.At.Add(time.Duration(r+1)*time.Second), 0, "Thank you for asking, it does"
			reply.Tally = tally{Under: reply.under(), Told: 1}
			k.Replies++
			k.Latest = append(k.Latest, reply.ID)
			if err := add(reply); err != nil {
				return err
			}
		}
		if err := add(k); err != nil {
			return err
		}
	}
	return flush()
}
