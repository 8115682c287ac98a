package feedcore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"meadow/feed"
	"meadow/feed/feedcore"
	"meadow/feed/feedtest"
	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/creator/creatorcore"
	"meadow/services/creator/creatortest"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/blob/blobtest"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/search"
	"meadow/services/platform/search/blevesearch"
)

var quiet = slog.New(slog.DiscardHandler)

// town is a feed with creators, and neighbours for the rest.
type town struct {
	*creatortest.Neighbours
	clock   *clock.Fake
	creator *creatorcore.Core
	feed    *feedcore.Core
	deps    feedcore.Deps
	db      *pebbledoc.DB
	index   *blevesearch.Index
	bus     bus.Bus

	mu   sync.Mutex // guards revs
	revs map[id.Product]int64
}

// build returns a town in which nothing runs yet.
func build(t testing.TB) *town {
	t.Helper()
	tn := &town{clock: clock.NewFake(time.Date(2030, 5, 1, 10, 0, 0, 0, time.UTC)), revs: map[id.Product]int64{}}
	tn.Neighbours = creatortest.NewNeighbours(tn.clock.Now)
	ctx := context.Background()
	var err error
	check := func() {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	closing := func(c interface{ Close() error }) {
		t.Cleanup(func() {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	tn.db, err = pebbledoc.Open(ctx, t.TempDir(), pebbledoc.Options{Now: tn.clock.Now})
	check()
	closing(tn.db)
	tn.index, err = blevesearch.Open(t.TempDir(), quiet)
	check()
	closing(tn.index)
	tn.bus, err = bus.Embedded(ctx, t.TempDir(), quiet)
	check()
	closing(tn.bus)
	tn.creator, err = creatorcore.New(ctx, creatorcore.Deps{
		DB: tn.db, Bus: tn.bus, Now: tn.clock.Now, Log: quiet,
		Account: tn.Account(), Catalog: tn.Catalog(), Media: tn.Media(), Moderation: tn.Moderation(), LinkKey: make([]byte, 32),
	})
	check()
	tn.deps = feedcore.Deps{
		DB: tn.db, Bus: tn.bus, Now: tn.clock.Now, Log: quiet, Creator: tn.creator, Catalog: tn.Catalog(), Index: tn.index,
		Blob: blobtest.Store(t),
	}
	tn.feed, err = feedcore.New(ctx, tn.deps)
	check()
	return tn
}

// run runs a core until the test ends.
func run(t *testing.T, c interface{ Run(context.Context) error }) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var work sync.WaitGroup
	work.Go(func() {
		if err := c.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { stop(); work.Wait() })
}

// announce tells of a product as the catalogue does.
func (tn *town) announce(t *testing.T, p catalog.Product) {
	t.Helper()
	tn.mu.Lock()
	tn.revs[p.ID]++
	rev := tn.revs[p.ID]
	tn.mu.Unlock()
	e := catalog.ProductChanged.Event(tn.clock.Now(), fmt.Sprintf("%s.%d", p.ID, rev), catalog.ProductChangedData{Product: p, Rev: rev})
	if err := tn.bus.Publish(t.Context(), e, false); err != nil {
		t.Fatal(err)
	}
}

func (tn *town) shop() feedtest.Shop {
	return feedtest.Shop{
		Feed:    tn.feed,
		Creator: tn.creator,
		User:    func(_ *testing.T, name string, roles ...actor.Role) actor.Actor { return tn.AddUser(name, roles...) },
		Picture: func(_ *testing.T, owner actor.Actor) id.Media { return tn.AddPicture(owner.User) },
		Product: func(t *testing.T, title string, price money.Money, units int64) catalog.Product {
			p := tn.AddProduct(title, price, units)
			tn.announce(t, p)
			return p
		},
		Delist: func(t *testing.T, p catalog.Product) {
			tn.announce(t, tn.Change(p.ID, func(p *catalog.Product) { p.State = catalog.Delisted }))
		},
	}
}

func TestTheFeedKeepsItsContract(t *testing.T) {
	t.Parallel()
	tn := build(t)
	run(t, tn.creator)
	run(t, tn.feed)
	feedtest.Run(t, tn.shop())
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (tn *town) newest(t testing.TB) []string {
	t.Helper()
	out := []string{}
	for _, k := range must(tn.feed.Newest(t.Context(), page.Ask{}))(t).Items {
		out = append(out, string(k.ID))
	}
	return out
}

func (tn *town) finds(t testing.TB, text string) []string {
	t.Helper()
	out := []string{}
	for _, f := range must(tn.feed.Search(t.Context(), feed.Search{Text: text}))(t).Items {
		if f.Post != nil {
			out = append(out, f.Post.Title)
		} else {
			out = append(out, f.Product.Title)
		}
	}
	return out
}

// direct is a bus that hands over what the test tells, when it tells it.
type direct struct {
	bus.Bus
	mu       sync.Mutex // guards handlers
	handlers map[string][]bus.Handler
}

func (d *direct) Subscribe(_ context.Context, _, topic string, h bus.Handler) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.handlers[topic] = append(d.handlers[topic], h)
	return nil
}

func (d *direct) tell(ctx context.Context, e bus.Event) error {
	d.mu.Lock()
	all := d.handlers[e.Topic]
	d.mu.Unlock()
	if len(all) == 0 {
		return errors.New("nobody listens to " + e.Topic)
	}
	for _, h := range all {
		if err := h(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// deaf returns the town's feed on a bus that the test speaks through.
func (tn *town) deaf(t *testing.T) *direct {
	t.Helper()
	d := &direct{Bus: tn.bus, handlers: map[string][]bus.Handler{}}
	deps := tn.deps
	deps.Bus = d
	tn.feed = must(feedcore.New(t.Context(), deps))(t)
	if err := tn.index.MarkBuilt(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := tn.feed.Run(ctx); err != nil { // subscribes, and ends
		t.Fatal(err)
	}
	return d
}

// published is the announcement of a version of a post, under a title.
func published(p creator.Post, title string, rev int64) bus.Event {
	return creator.Published.Event(p.PublishedAt, fmt.Sprintf("%s.%d", p.ID, rev), creator.PublishedData{
		Post: p.ID, Author: p.Author.ID, Name: "Lin", Title: title, At: p.PublishedAt, Rev: rev,
	})
}

func cmpText[T ~string](a, b T) int { return strings.Compare(string(a), string(b)) }

func queryFor(text string) search.Query { return search.Query{Text: text, Limit: 10} }

// waitFor waits for what another goroutine does.
func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	feedtest.Eventually(t, "waiting", func() (string, bool) { return "not done", done() })
}
