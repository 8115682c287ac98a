package feedcore

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"time"

	"meadow/feed"
	"meadow/feed/shelf"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

const (
	usualOffers = 8
	mostOffers  = 20
	// fewPairs is added below a product's orders, so that one common buyer proves
	// little: shrinkage towards nothing.
	fewPairs = 4
	// usedWeight is what being shown in one post is worth beside being bought by one
	// person, and lentWeight what evidence about a similar product is.
	usedWeight = 0.6
	lentWeight = 0.5
	// kin is how many similar products lend their evidence.
	kin = 5
)

// Similar lists what could be bought instead of a product. What goes with it is not
// among them.
func (c *Core) Similar(ctx context.Context, in feed.OfProduct) (feed.Products, error) {
	if err := c.exists(ctx, in.ID); err != nil {
		return feed.Products{}, err
	}
	with, err := c.complements(ctx, in.ID)
	if err != nil {
		return feed.Products{}, err
	}
	n := page.Ask{Limit: in.Limit}.Size(usualOffers, mostOffers)
	var chosen []feed.Offer
	for _, m := range c.shop.shelf.Similar(in.ID, 3*n) {
		if slices.ContainsFunc(with, func(o feed.Offer) bool { return o.ID == m.Product }) {
			continue
		}
		reason := "same_category"
		if c.shop.shelf.Alike(in.ID, m.Product) {
			reason = "similar_facts"
		}
		chosen = append(chosen, feed.Offer{Product: feed.Product{ID: m.Product}, Reason: reason})
	}
	items, err := c.asOffers(ctx, chosen, n)
	return feed.Products{Items: items}, err
}

// Complements lists what goes with a product: what the same people bought within a
// month, and what the same posts show; for a product of which too little is known,
// what goes with similar ones. What could be bought instead of it is not among
// them.
func (c *Core) Complements(ctx context.Context, in feed.OfProduct) (feed.Products, error) {
	if err := c.exists(ctx, in.ID); err != nil {
		return feed.Products{}, err
	}
	chosen, err := c.complements(ctx, in.ID)
	if err != nil {
		return feed.Products{}, err
	}
	items, err := c.asOffers(ctx, chosen, page.Ask{Limit: in.Limit}.Size(usualOffers, mostOffers))
	return feed.Products{Items: items}, err
}

// evidence is how strongly a product goes with another, and what says so.
type evidence struct {
	score  float64
	best   float64
	reason string
	via    id.Product
}

func (c *Core) complements(ctx context.Context, p id.Product) ([]feed.Offer, error) {
	found := map[id.Product]evidence{}
	if err := c.gather(ctx, p, "", 1, found); err != nil {
		return nil, err
	}
	if len(found) < usualOffers {
		for _, m := range c.shop.shelf.Similar(p, kin) {
			if !c.shop.shelf.Alike(p, m.Product) {
				continue
			}
			if err := c.gather(ctx, m.Product, m.Product, lentWeight, found); err != nil {
				return nil, err
			}
		}
	}
	var out []feed.Offer
	for q := range found {
		if q != p && !c.shop.shelf.Alike(p, q) {
			out = append(out, feed.Offer{Product: feed.Product{ID: q}, Reason: found[q].reason, Because: found[q].via})
		}
	}
	slices.SortFunc(out, func(a, b feed.Offer) int {
		return cmp.Or(cmp.Compare(found[b.ID].score, found[a.ID].score), cmp.Compare(a.ID, b.ID))
	})
	return out[:min(len(out), 2*mostOffers)], nil
}

// gather adds what speaks for things going with p.
func (c *Core) gather(ctx context.Context, p, via id.Product, weight float64, found map[id.Product]evidence) error {
	add := func(q id.Product, score float64, reason string) {
		e := found[q]
		e.score += weight * score
		if weight*score > e.best {
			e.best, e.reason, e.via = weight*score, reason, via
		}
		found[q] = e
	}
	now := c.Now()
	g, err := c.shop.goods.Get(ctx, string(p))
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return fmt.Errorf("complements: %w", err)
	}
	ids := make([]string, len(g.With))
	for i, w := range g.With {
		ids[i] = string(w.Product)
	}
	others, err := c.shop.goods.GetMany(ctx, ids)
	if err != nil {
		return fmt.Errorf("complements: %w", err)
	}
	totals := map[id.Product]float64{}
	for _, o := range others {
		totals[o.ID] = fade(o.Total, o.At, now)
	}
	mine := fade(g.Total, g.At, now)
	for _, w := range g.With {
		add(w.Product, fade(w.N, w.At, now)/(math.Sqrt(mine*totals[w.Product])+fewPairs), "bought_together")
	}
	posts, err := c.shop.tagged.Find(ctx, docdb.Query{Index: "product", Equal: []any{string(p)}, Descending: true, Limit: 50})
	if err != nil {
		return fmt.Errorf("complements: %w", err)
	}
	together := map[id.Product]float64{}
	for _, t := range posts.Items {
		for _, q := range t.All {
			together[q]++
		}
	}
	delete(together, p)
	for q, n := range together {
		add(q, usedWeight*n/(float64(len(posts.Items))+fewPairs), "used_together")
	}
	return nil
}

// ProductPosts pages through the posts that tag a product: of its latest, the best
// liked first, where a like less makes up for being a little newer.
func (c *Core) ProductPosts(ctx context.Context, in feed.AskProductPosts) (page.Page[creator.Card], error) {
	none := page.Page[creator.Card]{}
	if err := c.exists(ctx, in.ID); err != nil {
		return none, err
	}
	shown, err := readShown(in.After)
	if err != nil {
		return none, err
	}
	found, err := c.shop.tagged.Find(ctx, docdb.Query{Index: "product", Equal: []any{string(in.ID)}, Descending: true, Limit: taggedPosts})
	if err != nil {
		return none, fmt.Errorf("product posts: %w", err)
	}
	var posts []id.Post
	for _, t := range found.Items {
		if !shown.has(string(t.Post)) {
			posts = append(posts, t.Post)
		}
	}
	there, err := c.visible(ctx, posts)
	if err != nil {
		return none, err
	}
	now := c.Now()
	cards := make([]creator.Card, 0, len(there))
	for _, p := range posts {
		if k, ok := there[p]; ok {
			cards = append(cards, k)
		}
	}
	worth := func(k creator.Card) float64 {
		w := math.Log2(1+float64(k.Likes)) - now.Sub(k.PublishedAt).Hours()/(24*30)
		if k.Verified {
			w++
		}
		return w
	}
	slices.SortStableFunc(cards, func(a, b creator.Card) int { return cmp.Compare(worth(b), worth(a)) })
	size := in.Size(usualPage, mostPage)
	out := page.Page[creator.Card]{Items: cards[:min(size, len(cards))]}
	if len(cards) > size {
		for _, k := range out.Items {
			shown = shown.with(string(k.ID))
		}
		out.Next = shown.cursor()
	}
	return out, nil
}

// Shop pages through products that suit the caller by what they looked at and
// bought, as far as they let it be used; else what sells and what is new.
func (c *Core) Shop(ctx context.Context, in feed.AskShop) (page.Page[feed.Offer], error) {
	none := page.Page[feed.Offer]{}
	shown, err := readShown(in.After)
	if err != nil {
		return none, err
	}
	now := c.Now()
	met, had, err := c.met(ctx, actor.From(ctx).User, now)
	if err != nil {
		return none, err
	}
	size := in.Size(usualPage, mostPage)
	matches := c.shop.shelf.Suited(met, in.Category, 3*size+1, now, func(p id.Product) bool {
		return had[p] || shown.has(string(p))
	})
	chosen := make([]feed.Offer, len(matches))
	for i, m := range matches {
		chosen[i] = feed.Offer{Product: feed.Product{ID: m.Product}, Reason: "popular", Because: m.Because}
		switch {
		case m.Because != "":
			chosen[i].Reason = "viewed"
		case c.shop.shelf.Fresh(m.Product, now):
			chosen[i].Reason = "new"
		}
	}
	items, err := c.asOffers(ctx, chosen, size)
	if err != nil {
		return none, err
	}
	out := page.Page[feed.Offer]{Items: items}
	if len(matches) > size {
		// What was passed over for being sold out is not looked at again either.
		last := len(matches)
		if len(items) == size {
			last = 1 + slices.IndexFunc(chosen, func(o feed.Offer) bool { return o.ID == items[size-1].ID })
		}
		for _, m := range matches[:last] {
			shown = shown.with(string(m.Product))
		}
		out.Next = shown.cursor()
	}
	return out, nil
}

// met is what somebody looked at or bought that says what suits them, and what they
// bought of late and need not be offered.
func (c *Core) met(ctx context.Context, who id.User, now time.Time) ([]shelf.Touch, map[id.Product]bool, error) {
	had := map[id.Product]bool{}
	if who == "" {
		return nil, had, nil
	}
	personal, err := c.personal(ctx, who)
	if err != nil || !personal {
		return nil, had, err
	}
	out := c.touched(who)
	b, err := c.shop.buyers.Get(ctx, string(who))
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return nil, nil, fmt.Errorf("shop: %w", err)
	}
	for _, x := range b.Bought {
		out = append(out, shelf.Touch{Product: x.Product, Weight: 2, At: x.At})
		had[x.Product] = now.Sub(x.At) < boughtFor
	}
	return out, had, nil
}

// shownList is what a walk has shown: hashes of ids, the latest last. One that
// collides is passed over, once in some millions of pages.
type shownList []uint32

// mostShown bounds a cursor to about two kilobytes.
const mostShown = 400

func hashOf(s string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s))
	return h.Sum32()
}

func (l shownList) has(s string) bool { return slices.Contains(l, hashOf(s)) }

func (l shownList) with(s string) shownList {
	l = append(l, hashOf(s))
	return l[max(0, len(l)-mostShown):]
}

func (l shownList) cursor() page.Cursor {
	b := make([]byte, 0, 4*len(l))
	for _, h := range l {
		b = binary.LittleEndian.AppendUint32(b, h)
	}
	return page.Cursor(base64.RawURLEncoding.EncodeToString(b))
}

func readShown(c page.Cursor) (shownList, error) {
	b, err := base64.RawURLEncoding.DecodeString(string(c))
	if err != nil || len(b)%4 != 0 || len(b) > 4*mostShown {
		return nil, page.ErrCursor.Because(err)
	}
	var out shownList
	for ; len(b) > 0; b = b[4:] {
		out = append(out, binary.LittleEndian.Uint32(b))
	}
	return out, nil
}
