package feedcore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"meadow/feed"
	"meadow/feed/shelf"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
)

// goods is what orders and posts say of a product beyond its own words. Counts
// decay, so that they stay bounded and follow the season.
type goods struct {
	ID     id.Product `bson:"_id"`
	Orders []id.Order `bson:"orders"` // the latest that were counted, against repeats
	Total  float64    `bson:"total"`  // orders
	Heat   float64    `bson:"heat"`   // units
	At     time.Time  `bson:"at"`     // up to when both have decayed
	With   []pair     `bson:"with"`   // what was bought by the same person
}

// pair is how often another product was bought by the same person within a month.
type pair struct {
	Product id.Product `bson:"product"`
	N       float64    `bson:"n"`
	At      time.Time  `bson:"at"`
}

// tagged is a product in a post that is for everybody.
type tagged struct {
	ID      string       `bson:"_id"` // the product's and the post's
	Product id.Product   `bson:"product"`
	Post    id.Post      `bson:"post"`
	At      time.Time    `bson:"at"`
	All     []id.Product `bson:"all"` // that the post tags
}

// buyer is what somebody bought of late, if they want it to be used.
type buyer struct {
	ID     id.User   `bson:"_id"`
	Bought []bought  `bson:"bought"`
	Until  time.Time `bson:"until"`
}

type bought struct {
	Product id.Product `bson:"product"`
	At      time.Time  `bson:"at"`
}

const (
	ordersKept  = 64
	pairsKept   = 100
	boughtKept  = 20
	boughtFor   = 30 * 24 * time.Hour
	pairsFade   = 90 * 24 * time.Hour // half-life
	heatRefresh = 5 * time.Minute
	// taggedPosts is how many of a product's latest posts are looked at.
	taggedPosts = 200
)

// shop is the part of the feed that knows products.
type shop struct {
	shelf  *shelf.Shelf
	goods  *docdb.Collection[goods]
	tagged *docdb.Collection[tagged]
	buyers *docdb.Collection[buyer]

	mu    sync.Mutex
	known map[id.Product]product // the last heard of each, without its words
}

func newShop(ctx context.Context, d Deps) (*shop, error) {
	s := &shop{shelf: shelf.New(), known: map[id.Product]product{}}
	var errs [3]error
	s.goods, errs[0] = docdb.Open[goods](ctx, d.DB, d.Now, docdb.Schema{Name: "feed_goods"})
	s.tagged, errs[1] = docdb.Open[tagged](ctx, d.DB, d.Now, docdb.Schema{Name: "feed_tagged", Indexes: []docdb.Index{
		{Name: "product", Keys: []string{"product", "at"}},
		{Name: "post", Keys: []string{"post"}},
	}})
	s.buyers, errs[2] = docdb.Open[buyer](ctx, d.DB, d.Now, docdb.Schema{Name: "feed_buyers", Expiry: "until"})
	return s, errors.Join(errs[:]...)
}

// put puts a product on the shelf, or takes it off, unless a later change of it was
// heard.
func (s *shop) put(p product) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if was, ok := s.known[p.ID]; ok && was.newer(p) {
		return
	}
	s.known[p.ID] = product{ID: p.ID, At: p.At, Rev: p.Rev}
	if !p.Listed {
		s.shelf.Remove(p.ID)
		return
	}
	s.shelf.Put(shelf.Product{
		ID: p.ID, Merchant: p.Merchant, Category: p.Category, Title: p.Title,
		Facts: p.Facts, Price: p.Price, Currency: p.Currency, At: p.At,
	})
}

// stock fills the shelf from the records, and hears of what changes: in every
// process, for each has a shelf of its own.
func (c *Core) stock(ctx context.Context) error {
	own := fmt.Sprintf("%s-shelf-%d", Consumer, c.Shard)
	err := errors.Join(
		bus.On(ctx, c.Bus, own, catalog.ProductChanged, func(_ context.Context, _ bus.Event, d catalog.ProductChangedData) error {
			c.shop.put(productOf(d.Product, d.Rev))
			return nil
		}),
		bus.On(ctx, c.Bus, own, checkout.OrderPaid, func(_ context.Context, _ bus.Event, d checkout.OrderData) error {
			for _, l := range d.Lines {
				c.shop.shelf.Sold(l.Product, float64(l.N), d.PaidAt)
			}
			return nil
		}),
		bus.On(ctx, c.Bus, Consumer, checkout.OrderPaid, func(ctx context.Context, _ bus.Event, d checkout.OrderData) error {
			return c.sold(ctx, d)
		}),
	)
	if err != nil {
		return err
	}
	err = c.products.Each(ctx, func(_ string, p product) error {
		c.shop.put(p)
		return nil
	})
	if err != nil {
		return fmt.Errorf("shelf: %w", err)
	}
	return c.warm(ctx)
}

// warm takes the heat of all products from their records.
func (c *Core) warm(ctx context.Context) error {
	err := c.shop.goods.Each(ctx, func(_ string, g goods) error {
		c.shop.shelf.SetHeat(g.ID, g.Heat, g.At)
		return nil
	})
	if err != nil {
		return fmt.Errorf("shelf: %w", err)
	}
	return nil
}

// sold counts an order: what was bought together, and by whom before. An order is
// counted once for each of its products.
func (c *Core) sold(ctx context.Context, d checkout.OrderData) error {
	units := map[id.Product]int64{}
	var now []id.Product
	for _, l := range d.Lines {
		if units[l.Product] == 0 {
			now = append(now, l.Product)
		}
		units[l.Product] += l.N
	}
	who, err := c.person(ctx, d.Buyer)
	if err != nil {
		return err
	}
	personal := d.Buyer != "" && who.allows(d.PaidAt)
	var before []id.Product
	if personal {
		if before, err = c.boughtBefore(ctx, d.Buyer, d.PaidAt, units); err != nil {
			return err
		}
	}
	for _, p := range now {
		with := append(slices.DeleteFunc(slices.Clone(now), func(q id.Product) bool { return q == p }), before...)
		if err := c.count(ctx, p, d.Order, float64(units[p]), d.PaidAt, with); err != nil {
			return err
		}
	}
	for _, p := range before {
		if err := c.count(ctx, p, d.Order, 0, d.PaidAt, now); err != nil {
			return err
		}
	}
	if !personal {
		return nil
	}
	_, err = c.shop.buyers.Upsert(ctx, string(d.Buyer), func(b *buyer) error {
		b.ID, b.Until = d.Buyer, later(b.Until, d.PaidAt.Add(boughtFor))
		for _, p := range now {
			b.Bought = slices.DeleteFunc(b.Bought, func(x bought) bool { return x.Product == p })
			b.Bought = append(b.Bought, bought{p, d.PaidAt})
		}
		b.Bought = b.Bought[max(0, len(b.Bought)-boughtKept):]
		return nil
	})
	if err != nil {
		return err
	}
	// Who changed their mind meanwhile looked before this was written.
	if who, err = c.person(ctx, d.Buyer); err == nil && !who.allows(d.PaidAt) {
		err = c.eraseBuyer(ctx, d.Buyer, d.PaidAt)
	}
	return err
}

// eraseBuyer forgets what somebody bought until an instant.
func (c *Core) eraseBuyer(ctx context.Context, who id.User, until time.Time) error {
	b, err := c.shop.buyers.Update(ctx, string(who), func(b *buyer) error {
		b.Bought = slices.DeleteFunc(b.Bought, func(x bought) bool { return !x.At.After(until) })
		return nil
	})
	if err == nil && len(b.Bought) == 0 {
		err = c.shop.buyers.DeleteIf(ctx, string(who), func(b buyer) bool { return len(b.Bought) == 0 })
	}
	if err != nil && !errors.Is(err, docdb.ErrNotFound) && !errors.Is(err, docdb.ErrConflict) { // by now they bought again
		return fmt.Errorf("erase purchases: %w", err)
	}
	return nil
}

// boughtBefore returns what a buyer bought in the month before, other than now.
func (c *Core) boughtBefore(ctx context.Context, who id.User, at time.Time, now map[id.Product]int64) ([]id.Product, error) {
	b, err := c.shop.buyers.Get(ctx, string(who))
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return nil, err
	}
	var out []id.Product
	for _, x := range b.Bought {
		if now[x.Product] == 0 && at.Sub(x.At) < boughtFor {
			out = append(out, x.Product)
		}
	}
	return out, nil
}

// count counts an order of a product and what it was bought with.
func (c *Core) count(ctx context.Context, p id.Product, order id.Order, units float64, at time.Time, with []id.Product) error {
	_, err := c.shop.goods.Upsert(ctx, string(p), func(g *goods) error {
		if slices.Contains(g.Orders, order) {
			return nil
		}
		g.ID = p
		if units > 0 {
			g.Total = fade(g.Total, g.At, at) + 1
			g.Heat = shelf.Decayed(g.Heat, g.At, at) + units
			g.At = later(g.At, at)
		}
		for _, q := range with {
			g.With = paired(g.With, q, at)
		}
		g.Orders = append(g.Orders, order)
		g.Orders = g.Orders[max(0, len(g.Orders)-ordersKept):]
		return nil
	})
	if err != nil {
		return fmt.Errorf("count an order: %w", err)
	}
	return nil
}

// paired counts q, and drops the weakest if there are too many.
func paired(all []pair, q id.Product, at time.Time) []pair {
	i := slices.IndexFunc(all, func(x pair) bool { return x.Product == q })
	if i < 0 {
		if len(all) >= pairsKept {
			slices.SortStableFunc(all, func(a, b pair) int { return cmp.Compare(fade(b.N, b.At, at), fade(a.N, a.At, at)) })
			all = all[:pairsKept-1]
		}
		return append(all, pair{Product: q, N: 1, At: at})
	}
	all[i].N, all[i].At = fade(all[i].N, all[i].At, at)+1, later(all[i].At, at)
	return all
}

func fade(n float64, since, at time.Time) float64 {
	if n == 0 {
		return 0
	}
	return n * math.Exp2(-max(0, at.Sub(since).Hours())/pairsFade.Hours())
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// tagAll keeps which products posts show. It looks again after writing, as reindex
// does: whoever wrote last wrote what is there.
func (c *Core) tagAll(ctx context.Context, ids []string) error {
	done := map[string]string{} // id → version
	for range indexTries {
		posts, err := c.posts.GetMany(ctx, ids)
		if err != nil {
			return fmt.Errorf("tags: %w", err)
		}
		posts = slices.DeleteFunc(posts, func(p post) bool { return done[p.id()] == p.version() })
		if len(posts) == 0 {
			return nil
		}
		for _, p := range posts {
			done[p.id()] = p.version()
		}
		if err := each(posts, func(p post) error { return c.tag(ctx, p) }); err != nil {
			return err
		}
	}
	return docdb.ErrBusy
}

func (c *Core) tag(ctx context.Context, p post) error {
	want := map[string]tagged{}
	if p.shown() {
		for _, q := range p.Products {
			t := tagged{ID: string(q) + "." + string(p.ID), Product: q, Post: p.ID, At: p.At, All: p.Products}
			want[t.ID] = t
		}
	}
	was, err := c.shop.tagged.Find(ctx, docdb.Query{Index: "post", Equal: []any{string(p.ID)}, Limit: 100})
	if err != nil {
		return fmt.Errorf("tags: %w", err)
	}
	for _, t := range was.Items {
		if _, ok := want[t.ID]; !ok {
			if err := c.shop.tagged.DeleteIf(ctx, t.ID, func(tagged) bool { return true }); err != nil && !errors.Is(err, docdb.ErrNotFound) {
				return fmt.Errorf("tags: %w", err)
			}
		}
	}
	for key, t := range want {
		if _, err := c.shop.tagged.Upsert(ctx, key, func(x *tagged) error { *x = t; return nil }); err != nil {
			return fmt.Errorf("tags: %w", err)
		}
	}
	return nil
}

// forgetBuyer forgets what somebody bought; the counts of products stay, for they
// name nobody.
func (c *Core) forgetBuyer(ctx context.Context, who id.User) error {
	return c.eraseBuyer(ctx, who, c.Now())
}

// asOffers are products that can be bought now, in the order of matches, at most n.
func (c *Core) asOffers(ctx context.Context, chosen []feed.Offer, n int) ([]feed.Offer, error) {
	out := []feed.Offer{}
	for len(chosen) > 0 && len(out) < n {
		part := chosen[:min(len(chosen), 2*n)]
		chosen = chosen[len(part):]
		ids := make([]id.Product, len(part))
		for i, o := range part {
			ids[i] = o.ID
		}
		there, err := c.available(ctx, ids)
		if err != nil {
			return nil, err
		}
		for _, o := range part {
			if p, ok := there[o.ID]; ok && len(out) < n {
				o.Product = p
				out = append(out, o)
			}
		}
	}
	return out, nil
}

// available returns those products that are listed and not sold out.
func (c *Core) available(ctx context.Context, ids []id.Product) (map[id.Product]feed.Product, error) {
	got, err := c.Catalog.ProductsByID(asFeed(ctx), catalog.ProductsByID{IDs: ids})
	if err != nil {
		return nil, fmt.Errorf("products: %w", err)
	}
	out := map[id.Product]feed.Product{}
	for _, p := range got.Items {
		if p.State == catalog.Listed && slices.ContainsFunc(p.SKUs, func(k catalog.SKU) bool { return k.Available > 0 }) {
			out[p.ID] = asProduct(p)
		}
	}
	return out, nil
}

func asProduct(p catalog.Product) feed.Product {
	f := feed.Product{ID: p.ID, Title: p.Title, Price: cheapest(p), Sold: p.Sold}
	if len(p.Pictures) > 0 {
		f.Cover = p.Pictures[0]
	}
	return f
}

// exists is catalog.ErrNoSuchProduct if a product was never on sale.
func (c *Core) exists(ctx context.Context, p id.Product) error {
	got, err := c.Catalog.ProductsByID(asFeed(ctx), catalog.ProductsByID{IDs: []id.Product{p}})
	if err != nil {
		return fmt.Errorf("product: %w", err)
	}
	if len(got.Items) == 0 || got.Items[0].State == catalog.Draft {
		return catalog.ErrNoSuchProduct
	}
	return nil
}

// visible returns posts as the caller sees them, by their ids.
func (c *Core) visible(ctx context.Context, posts []id.Post) (map[id.Post]creator.Card, error) {
	at := make([]place, len(posts))
	for i, p := range posts {
		at[i] = place{ID: p}
	}
	return c.cards(ctx, at)
}
