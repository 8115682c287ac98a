package feedcore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"meadow/feed"
	"meadow/feed/trend"
	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/search"
)

// finding is the part of the feed that answers searches beyond what the index
// does: who can be found, what completes a word, what was searched for, and what
// many search for.
type finding struct {
	authors  *docdb.Collection[author]
	searched *docdb.Collection[searched]
	words    *docdb.Collection[trendWord]
	parts    *docdb.Collection[trendPart]
	hints    *hints
	resold   resold

	interested func(ctx context.Context, u id.User, topics []string) // nil if nobody wants to know
	refused    func(ctx context.Context, text string) (bool, error)  // nil if there are no lists

	mu       sync.Mutex // guards all below
	trends   *trend.Trends
	salt     uint64               // of trends
	turn     int64                // of what is kept of them
	scopes   map[trend.Scope]bool // that were noted
	allowed  map[string]trendWord // that may be shown, by id
	loadedAt time.Time            // when allowed was read; zero if it has to be
}

func newFinding(ctx context.Context, d Deps) (*finding, error) {
	f := &finding{hints: newHints(), scopes: map[trend.Scope]bool{}, salt: newSalt()}
	f.trends = trend.New(trend.Options{Salt: f.salt})
	var errs [4]error
	f.authors, errs[0] = docdb.Open[author](ctx, d.DB, d.Now, docdb.Schema{Name: "feed_authors"})
	f.searched, errs[1] = docdb.Open[searched](ctx, d.DB, d.Now, docdb.Schema{Name: "feed_searched"})
	f.words, errs[2] = docdb.Open[trendWord](ctx, d.DB, d.Now, docdb.Schema{
		Name: "feed_trend_words", Expiry: "until", Indexes: []docdb.Index{{Name: "state", Keys: []string{"state", "heat"}}},
	})
	f.parts, errs[3] = docdb.Open[trendPart](ctx, d.DB, d.Now, docdb.Schema{Name: "feed_trend_parts"})
	return f, errors.Join(errs[:]...)
}

// OnInterest sets who hears which topics a person searched for, if they let
// themselves be remembered. It is called before Run.
func (c *Core) OnInterest(f func(ctx context.Context, u id.User, topics []string)) {
	c.find.interested = f
}

// Refuse sets who reports whether a list of words forbids to show a text among
// the trends. It is called before Run.
func (c *Core) Refuse(f func(ctx context.Context, text string) (bool, error)) { c.find.refused = f }

// findFirst begins to hear of what can be found and completed. Every process
// keeps its own completions and counts, and so hears everything; authors and
// sales are written down once. What it returns does the rest until ctx ends.
func (c *Core) findFirst(ctx context.Context) (rest func(context.Context), err error) {
	own, once := fmt.Sprintf("%s-find-%d", Consumer, c.Shard), Consumer+"-find"
	stop, heard := c.hearSearches()
	err = errors.Join(
		heard,
		bus.On(ctx, c.Bus, own, creator.Published, func(ctx context.Context, _ bus.Event, d creator.PublishedData) error {
			return c.hear(ctx, postOf(d))
		}),
		bus.On(ctx, c.Bus, own, creator.Removed, func(ctx context.Context, _ bus.Event, d creator.RemovedData) error {
			return c.hear(ctx, goneOf(d.Post, d.Author, d.Rev))
		}),
		bus.On(ctx, c.Bus, own, catalog.ProductChanged, func(_ context.Context, _ bus.Event, d catalog.ProductChangedData) error {
			c.find.hints.product(productOf(d.Product, d.Rev))
			return nil
		}),
		bus.On(ctx, c.Bus, own, account.Changed, func(_ context.Context, _ bus.Event, d account.ChangedData) error {
			c.find.hints.rename(d.User, d.Name, d.Version)
			return nil
		}),
		bus.On(ctx, c.Bus, own, moderation.Restricted, func(ctx context.Context, _ bus.Event, d moderation.RestrictedData) error {
			return c.suspended(ctx, d)
		}),
		bus.On(ctx, c.Bus, once, account.Changed, func(ctx context.Context, _ bus.Event, d account.ChangedData) error {
			return c.renamed(ctx, d)
		}),
		bus.On(ctx, c.Bus, once, checkout.OrderPaid, func(ctx context.Context, _ bus.Event, d checkout.OrderData) error {
			return c.resell(ctx, d)
		}),
		bus.On(ctx, c.Bus, once, feed.Erased, func(ctx context.Context, _ bus.Event, d feed.ErasedData) error {
			return c.eraseSearches(ctx, d.User, d.At)
		}),
	)
	return func(ctx context.Context) { defer stop(); c.findOn(ctx) }, err
}

// hear takes a post's words for completions, and its topics for trends. What the
// record knows better is heard too, or was.
func (c *Core) hear(ctx context.Context, p post) error {
	known, err := c.heads.Get(ctx, string(p.ID))
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return fmt.Errorf("hear: %w", err)
	}
	if err == nil && !p.newer(post{Head: known}) {
		return nil
	}
	c.find.hints.post(p)
	if !p.shown() || c.Now().Sub(p.At) > trendingPosts {
		return nil
	}
	for _, t := range p.Topics {
		c.note(noted{Kind: trend.Topic, Text: searchKey(t), Lang: baseLang(p.Lang), Place: p.Place, Person: personHash(p.Author), At: c.Now()})
	}
	return nil
}

// findOn fills the completions from what is stored, and counts trends until ctx
// ends.
func (c *Core) findOn(ctx context.Context) {
	c.insist(ctx, "trends not read", c.loadTrends)
	c.insist(ctx, "search suggestions not read", c.fillHints)
	c.watchTrends(ctx)
}

// fillHints reads what can be completed from the records.
func (c *Core) fillHints(ctx context.Context) error {
	return errors.Join(
		c.judgeHints(ctx),
		c.posts.Each(ctx, func(_ string, p post) error {
			if p.shown() {
				c.find.hints.post(p)
			}
			return nil
		}),
		c.products.Each(ctx, func(_ string, p product) error {
			c.find.hints.product(p)
			return nil
		}),
		c.find.authors.Each(ctx, func(_ string, a author) error {
			c.find.hints.author(a, c.Now())
			return nil
		}),
	)
}

// resell looks up how often what was just ordered was sold, once enough of it was
// ordered since the last time: a few more of many change no order, and the
// catalogue counts over every cell of its stock.
func (c *Core) resell(ctx context.Context, d checkout.OrderData) error {
	ordered := map[id.Product]int64{}
	for _, l := range d.Lines {
		ordered[l.Product] += l.N
	}
	for p, n := range ordered {
		known, err := c.products.Get(ctx, string(p))
		if errors.Is(err, docdb.ErrNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("sold: %w", err)
		}
		if !c.find.resold.enough(p, n, max(1, known.Sold/20)) {
			continue
		}
		if err := c.recount(ctx, p); err != nil {
			c.find.resold.again(p)
			return fmt.Errorf("sold: %w", err)
		}
	}
	return nil
}

// recount notes how often a product was sold.
func (c *Core) recount(ctx context.Context, p id.Product) error {
	got, err := c.Catalog.ProductsByID(asFeed(ctx), catalog.ProductsByID{IDs: []id.Product{p}})
	if err != nil || len(got.Items) == 0 {
		return err
	}
	_, err = c.products.Update(ctx, string(p), func(r *product) error {
		r.Sold = max(r.Sold, got.Items[0].Sold)
		return nil
	})
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return err
	}
	return reindex(ctx, c.Index, c.products, []string{string(p)})
}

// resold counts what was ordered since it was last looked up. A process that
// starts begins from nothing: what it has forgotten is in the next look.
type resold struct {
	mu      sync.Mutex // guards ordered
	ordered map[id.Product]int64
}

// enough adds n, and reports whether that makes want: then it counts anew.
func (r *resold) enough(p id.Product, n, want int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ordered == nil {
		r.ordered = map[id.Product]int64{}
	}
	if r.ordered[p] += n; r.ordered[p] < want {
		return false
	}
	delete(r.ordered, p)
	return true
}

// again has the next order of a product look it up: the last look failed.
func (r *resold) again(p id.Product) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ordered[p] = math.MaxInt32
}

// searchKey is a text as searches are compared: its words, in small letters and
// with single gaps where there was anything between them.
func searchKey(text string) string {
	var b strings.Builder
	var last search.Word
	for _, w := range search.Words(text) {
		if b.Len() > 0 && !(last.End == w.Start && (last.Solid && w.Solid)) {
			b.WriteByte(' ')
		}
		b.WriteString(w.Term)
		last = w
	}
	return b.String()
}
