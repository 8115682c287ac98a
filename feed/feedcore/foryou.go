package feedcore

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

// ForYou pages through what suits the caller best, as far as it is known who is
// asking and they want it.
func (c *Core) ForYou(ctx context.Context, in feed.AskForYou) (page.Page[feed.Shown], error) {
	none := page.Page[feed.Shown]{}
	walk, err := readWalk(in.After)
	if err != nil {
		return none, err
	}
	s, err := c.seeker(ctx, in.Lang)
	if err != nil {
		return none, err
	}
	s.ask.Kind, s.ask.Topic, s.ask.Place = in.Kind, in.Topic, oneLine(in.Place)
	var begin []feed.Shown
	if in.First != "" && in.After == "" {
		if begin, err = c.beginWith(ctx, in.First, &walk); err != nil {
			return none, err
		}
	}
	out, err := c.choose(ctx, s, walk, max(1, in.Size(usualPage, mostPage)-len(begin)))
	if err != nil {
		return none, fmt.Errorf("for you: %w", err)
	}
	out.Items = slices.Insert(out.Items, 0, begin...) // never nil
	return out, nil
}

// beginWith is a post to begin with, if the caller may see it.
func (c *Core) beginWith(ctx context.Context, first id.Post, walk *engine.Walk) ([]feed.Shown, error) {
	there, err := c.visible(ctx, []id.Post{first})
	if err != nil {
		return nil, err
	}
	walk.Show(first)
	if k, ok := there[first]; ok {
		return []feed.Shown{{Card: k}}, nil
	}
	return nil, nil
}

// seeker is who asks for posts, and what they want and do not want.
type seeker struct {
	me     id.User // "" if nobody
	plain  bool    // without promotions: who asks is a part of the shop, in somebody's name
	person person
	ask    feed.CandidateAsk // Its User is "" if it is not to be personal
}

func (c *Core) seeker(ctx context.Context, lang string) (seeker, error) {
	a := actor.From(ctx)
	s := seeker{me: a.User, plain: a.System != ""}
	var err error
	if s.person, err = c.person(ctx, s.me); err != nil {
		return s, err
	}
	w := s.person.Wishes
	s.ask = feed.CandidateAsk{Lang: lang, Muted: w.Muted, HideAI: w.HideAI, Hidden: s.person.hiddenPosts()}
	if s.me == "" || !s.person.personal() {
		return s, nil
	}
	s.ask.User, s.ask.Chosen = s.me, w.Topics
	s.ask.Following, err = c.following(ctx, s.me)
	return s, err
}

func (p person) hiddenPosts() []id.Post {
	out := make([]id.Post, len(p.Hidden))
	for i, u := range p.Hidden {
		out[i] = u.Post
	}
	return out
}

func readWalk(c page.Cursor) (engine.Walk, error) {
	if c == "" {
		return engine.Walk{Seed: rand.Uint64()}, nil
	}
	w, err := engine.DecodeWalk(string(c))
	if err != nil {
		return w, page.ErrCursor.Because(err)
	}
	return w, nil
}

const (
	// spares is how many candidates a page is chosen out of, for each of its places.
	spares = 6
	// longest is how many posts one walk shows: as many as it remembers, so that
	// none comes twice.
	longest = 480
	// mostTrials are taken along whatever their score.
	mostTrials = 8
)

// choose makes the next page of a walk. Once there is nothing new for somebody
// any more, it goes on with what they have seen.
func (c *Core) choose(ctx context.Context, s seeker, walk engine.Walk, size int) (page.Page[feed.Shown], error) {
	out := page.Page[feed.Shown]{Items: []feed.Shown{}}
	more := false
	for _, again := range []bool{false, true} {
		if again && s.ask.User == "" || len(out.Items) >= size {
			continue
		}
		ask := s.ask
		if again {
			ask.User, ask.Following, ask.Chosen = "", nil, nil
		}
		got, rest, err := c.fillFrom(ctx, s, ask, &walk, size-len(out.Items))
		if err != nil {
			return out, err
		}
		out.Items, more = append(out.Items, got...), rest || !again && ask.User != ""
	}
	if more && len(out.Items) > 0 && len(walk.Shown) < longest {
		out.Next = page.Cursor(walk.Encode())
	}
	return out, nil
}

// fillFrom places up to size candidates of an ask, and reports whether there
// may be more. What the caller may not see is passed over for good.
func (c *Core) fillFrom(ctx context.Context, s seeker, ask feed.CandidateAsk, walk *engine.Walk, size int) ([]feed.Shown, bool, error) {
	var out []feed.Shown
	for range rounds {
		ask.Seed, ask.Shown, ask.N = walk.Seed, walk.Shown, min(mostCards, spares*size+20)
		from, err := c.candidates(ctx, ask)
		if err != nil {
			return nil, false, err
		}
		from = slices.DeleteFunc(from, func(k feed.Candidate) bool {
			return k.Author == s.me || s.plain && k.Promo || s.person.hides(k.Post, k.Author) || s.person.mutes(k.Topics)
		})
		enough(from, size-len(out))
		from = within(from)
		placed, cards, lost, err := c.place(ctx, s.me, from, walk, size-len(out))
		if err != nil {
			return nil, false, err
		}
		shown, err := c.showing(ctx, placed, cards)
		if err != nil {
			c.engine.Release(placed...)
			return nil, false, err
		}
		out = append(out, shown...)
		if len(out) >= size || lost == 0 {
			return out, len(from) > len(placed), nil
		}
	}
	return out, true, nil
}

// place makes a page of candidates, nearly always of the first that come: only
// if the caller may not see one of those, all cards are asked for. Those that
// are lost the walk passes over, and no promotion stays claimed but on the page
// that is returned. The user is who is signed in, also if it is not personal: the
// caps of promotion hold for everybody.
func (c *Core) place(ctx context.Context, user id.User, from []feed.Candidate, walk *engine.Walk, size int) (placed []engine.Placed, cards map[id.Post]creator.Card, lost int, err error) {
	next := *walk
	placed = c.engine.Page(user, from, size, &next, c.Now())
	posts := make([]id.Post, len(placed))
	for i, p := range placed {
		posts[i] = p.Post
	}
	if cards, err = c.showable(ctx, posts); err == nil && len(cards) == len(placed) {
		*walk = next
		return placed, cards, 0, nil
	}
	c.engine.Release(placed...)
	if err != nil {
		return nil, nil, 0, err
	}
	posts = posts[:0]
	for _, k := range from {
		posts = append(posts, k.Post)
	}
	if cards, err = c.showable(ctx, posts); err != nil {
		return nil, nil, 0, err
	}
	var there []feed.Candidate
	for _, k := range from {
		if _, ok := cards[k.Post]; ok {
			there = append(there, k)
		} else {
			walk.Show(k.Post)
		}
	}
	placed = c.engine.Page(user, there, size, walk, c.Now())
	return placed, cards, len(from) - len(there), nil
}

// enough lets posts on trial take part as all others where there are too few of
// those, promotions not counted: a young shop has nothing else.
func enough(from []feed.Candidate, size int) {
	slices.SortStableFunc(from, func(a, b feed.Candidate) int { return cmp.Compare(b.Score, a.Score) })
	for _, k := range from {
		if !k.Explore && !k.Promo {
			size--
		}
	}
	for i := range from {
		if k := &from[i]; k.Explore && size > 0 {
			k.Explore = false
			if !k.Promo {
				size--
			}
		}
	}
}

// within leaves the best of many, and of the others those on trial whose turn it
// is.
func within(from []feed.Candidate) []feed.Candidate {
	if len(from) <= mostCards {
		return from
	}
	slices.SortStableFunc(from[mostCards-mostTrials:], func(a, b feed.Candidate) int { return cmp.Compare(b.Turn, a.Turn) })
	return from[:mostCards]
}

// candidates are those of all processes, each once.
func (c *Core) candidates(ctx context.Context, in feed.CandidateAsk) ([]feed.Candidate, error) {
	all := askAll(ctx, c, "candidates", func(ctx context.Context, _ int, p feed.Parts) (feed.CandidateList, error) {
		return p.Candidates(ctx, in)
	})
	if err := failure(all); err != nil {
		return nil, err
	}
	if len(all) == 1 {
		return all[0].value.Items, nil
	}
	var out []feed.Candidate
	have := map[id.Post]bool{}
	for _, a := range all {
		for _, k := range a.value.Items {
			if !have[k.Post] {
				have[k.Post] = true
				out = append(out, k)
			}
		}
	}
	return out, nil
}

// showing makes cards with hints of what was placed.
func (c *Core) showing(ctx context.Context, placed []engine.Placed, cards map[id.Post]creator.Card) ([]feed.Shown, error) {
	out := make([]feed.Shown, len(placed))
	hints := make([]*feed.Hint, len(placed))
	for i, p := range placed {
		out[i] = feed.Shown{Card: cards[p.Post], Hint: feed.Hint{Source: feed.FromFresh}}
		for _, h := range p.Hints {
			if out[i].Hint = h; p.Explore || h.Source != feed.FromPool {
				break // what is there for another reason is not on trial
			}
		}
		hints[i] = &out[i].Hint
	}
	return out, c.entitle(ctx, hints)
}
