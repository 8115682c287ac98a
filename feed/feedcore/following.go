package feedcore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

// Following pages through the posts of whom the caller follows, latest first or
// ranked. It merges the authors' own lists, which are in memory: a post is
// written once however many follow its author.
func (c *Core) Following(ctx context.Context, in feed.AskFollowing) (page.Page[creator.Card], error) {
	none := page.Page[creator.Card]{}
	me, err := actor.Signed(ctx)
	if err != nil {
		return none, err
	}
	if in.Order == "ranked" {
		return c.followingRanked(ctx, me, in.Ask)
	}
	from, err := readPlace(in.After)
	if err != nil {
		return none, err
	}
	authors, err := c.followed(ctx, me)
	if err != nil {
		return none, err
	}
	return c.fill(ctx, &rings{Core: c, authors: authors, from: from}, in.Size(usualPage, mostPage))
}

// rings is the posts of some authors, latest first: out of the memory of all
// processes as far back as that goes, then out of the records.
type rings struct {
	*Core
	authors []id.User
	from    place
	next    []place // read already
	end     bool    // there are no more in memory
	records *merger // what is older than memory, once that is at its end
}

func (r *rings) more() bool { return len(r.next) > 0 || !r.end || r.records != nil && r.records.more() }

// take returns where the next posts stand, at most n.
func (r *rings) take(ctx context.Context, n int) ([]place, error) {
	if len(r.next) <= n && !r.end {
		if err := r.read(ctx, n+1-len(r.next)); err != nil {
			return nil, err
		}
	}
	out := slices.Clone(r.next[:min(n, len(r.next))])
	r.next = r.next[len(out):]
	if len(out) == n || r.records == nil {
		return out, nil
	}
	older, err := r.records.take(ctx, n-len(out))
	return append(out, older...), err
}

// read reads on in memory, and opens the records behind it.
func (r *rings) read(ctx context.Context, n int) error {
	shares := make([][]id.User, r.shards())
	for _, a := range r.authors {
		k := engine.ShardOf(a, len(shares))
		shares[k] = append(shares[k], a)
	}
	all := askAll(ctx, r.Core, "following", func(ctx context.Context, shard int, p feed.Parts) (feed.PlaceList, error) {
		if len(shares[shard]) == 0 {
			return feed.PlaceList{}, nil
		}
		return p.FollowingShard(ctx, feed.FollowingShard{Authors: shares[shard], Before: feed.Place{Post: r.from.ID, At: r.from.At}, N: n})
	})
	var found []place
	var since time.Time // memory is whole back to there
	full := false
	for _, a := range all {
		if a.err != nil {
			a.value = feed.PlaceList{Since: farFuture}
		}
		since = later(since, a.value.Since)
		full = full || len(a.value.Items) >= n
		for _, p := range a.value.Items {
			found = append(found, place{p.At, p.Post})
		}
	}
	slices.SortFunc(found, byPlace)
	found = found[:min(n, len(found))]
	whole := len(found)
	if !since.IsZero() {
		if i := slices.IndexFunc(found, func(p place) bool { return p.At.Before(since) }); i >= 0 {
			whole = i
		}
	}
	r.next = append(r.next, found[:whole]...)
	if whole > 0 {
		r.from = found[whole-1]
	}
	if whole == len(found) && (full || len(found) >= n) {
		return nil
	}
	r.end = true
	if since.IsZero() {
		return nil
	}
	var err error
	r.records, err = r.merge(ctx, lists(r.authors), r.from, n)
	return err
}

func byPlace(a, b place) int {
	return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID))
}

func lists(authors []id.User) []list {
	out := make([]list, len(authors))
	for i, a := range authors {
		out[i] = list{index: "author", equal: []any{string(a)}}
	}
	return out
}

// followed returns whom a user follows.
func (c *Core) followed(ctx context.Context, me id.User) ([]id.User, error) {
	var out []id.User
	ask := creator.Follows{ID: me, Ask: page.Ask{Limit: creator.MaxFollows}}
	for len(out) <= creator.MaxFollows {
		got, err := c.Creator.Follows(asFeed(ctx), ask)
		if err != nil {
			return nil, fmt.Errorf("follows: %w", err)
		}
		out = append(out, got.Items...)
		if ask.After = got.Next; ask.After == "" {
			break
		}
	}
	return out, nil
}

// mostRanked is out of how many of the latest posts a ranked page is chosen.
const mostRanked = 200

// followingRanked pages through the same posts, those first that suit the
// caller best: each page out of the latest that the walk has not shown.
func (c *Core) followingRanked(ctx context.Context, me id.User, in page.Ask) (page.Page[creator.Card], error) {
	none := page.Page[creator.Card]{}
	walk, err := readWalk(in.After)
	if err != nil {
		return none, err
	}
	authors, err := c.followed(ctx, me)
	if err != nil {
		return none, err
	}
	p, err := c.person(ctx, me)
	if err != nil {
		return none, err
	}
	r := &rings{Core: c, authors: authors}
	out, size := page.Page[creator.Card]{Items: []creator.Card{}}, in.Size(usualPage, mostPage)
	for range rounds {
		at, more, err := r.unshown(ctx, walk.Shown, mostRanked)
		if err != nil {
			return none, err
		}
		ranked, err := c.rank(ctx, at, size-len(out.Items))
		if err != nil {
			return none, err
		}
		cards, err := c.cards(ctx, ranked)
		if err != nil {
			return none, err
		}
		if err := c.spare(ctx, p, cards, ""); err != nil {
			return none, err
		}
		for _, at := range ranked {
			walk.Show(at.ID)
			if k, ok := cards[at.ID]; ok {
				out.Items = append(out.Items, k)
			}
		}
		if !more && len(ranked) == len(at) || len(walk.Shown) >= longest {
			return out, nil
		}
		out.Next = page.Cursor(walk.Encode())
		if len(out.Items) == size {
			return out, nil
		}
		r = &rings{Core: c, authors: authors}
	}
	return out, nil
}

// unshown are the latest posts that a walk has not shown, and whether there are
// more behind them.
func (r *rings) unshown(ctx context.Context, shown []uint32, n int) ([]place, bool, error) {
	had := make(map[uint32]bool, len(shown))
	for _, h := range shown {
		had[h] = true
	}
	var out []place
	for len(out) < n && r.more() {
		next, err := r.take(ctx, n)
		if err != nil {
			return nil, false, err
		}
		for _, p := range next {
			if !had[engine.Hash(p.ID)] {
				out = append(out, p)
			}
		}
	}
	return out, r.more(), nil
}

// rank returns the n of some posts that suit the caller best, best first. Those
// that nobody ranks, because their process does not answer, stand behind.
func (c *Core) rank(ctx context.Context, at []place, n int) ([]place, error) {
	if len(at) == 0 {
		return nil, nil
	}
	s, err := c.seeker(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, p := range at {
		s.ask.Only = append(s.ask.Only, p.ID)
	}
	s.ask.N = len(at)
	ranked, err := c.candidates(ctx, s.ask)
	if err != nil {
		c.Log.WarnContext(ctx, "following is not ranked", "err", err)
	}
	scores := make(map[id.Post]float64, len(ranked))
	for _, k := range ranked {
		scores[k.Post] = k.Score
	}
	slices.SortStableFunc(at, func(a, b place) int {
		x, ranked := scores[a.ID]
		y, too := scores[b.ID]
		switch {
		case ranked && !too:
			return -1
		case too && !ranked:
			return 1
		}
		return cmp.Compare(y, x)
	})
	return at[:min(n, len(at))], nil
}
