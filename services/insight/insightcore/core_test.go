package insightcore_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/insight"
	"meadow/services/insight/insightcore"
	"meadow/services/insight/insighttest"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/talk"
)

// street is insight with neighbours that know a few posts.
type street struct {
	*insightcore.Core
	clock *clock.Fake
	bus   bus.Bus
	creators
	allows func(id.User) (bool, error)
}

// creators are the posts there are, and who follows whom; other calls of the
// contract are not made.
type creators struct {
	creator.Service
	mu      *sync.Mutex
	facts   map[id.Post]creator.PostFacts
	follows map[[2]id.User]bool // who, whom
}

func (c creators) FollowsAmong(_ context.Context, in creator.AskAmong) (creator.Among, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out creator.Among
	for _, a := range in.Accounts {
		if c.follows[[2]id.User{in.User, a}] {
			out.Items = append(out.Items, a)
		}
	}
	return out, nil
}

func (c creators) Profile(_ context.Context, in creator.ByUser) (creator.Profile, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := creator.Profile{}
	for f := range c.follows {
		if f[1] == in.ID {
			out.Followers++
		}
	}
	if out.Followers == 0 {
		return out, creator.ErrNoSuchProfile // who never published may have none
	}
	return out, nil
}

func (c creators) Facts(_ context.Context, in creator.Cards) (creator.FactList, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out creator.FactList
	for _, p := range in.IDs {
		if f, ok := c.facts[p]; ok {
			out.Items = append(out.Items, f)
		}
	}
	return out, nil
}

func (c creators) MayAct(context.Context, creator.MayAct) (creator.Allowed, error) {
	return creator.Allowed{}, nil
}

type products struct{ catalog.Service }

func (products) ProductsByID(_ context.Context, in catalog.ProductsByID) (catalog.ProductList, error) {
	var out catalog.ProductList
	for _, p := range in.IDs {
		out.Items = append(out.Items, catalog.Product{ID: p, Title: "product " + string(p)})
	}
	return out, nil
}

func build(t *testing.T) *street {
	t.Helper()
	s := &street{allows: func(id.User) (bool, error) { return true, nil }, clock: clock.NewFake(time.Date(2030, 5, 1, 10, 0, 0, 0, time.UTC)),
		creators: creators{mu: new(sync.Mutex), facts: map[id.Post]creator.PostFacts{}, follows: map[[2]id.User]bool{}}}
	db, err := pebbledoc.Open(t.Context(), t.TempDir(), pebbledoc.Options{Now: s.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	if s.bus, err = bus.Embedded(context.WithoutCancel(t.Context()), t.TempDir(), log); err != nil {
		t.Fatal(err)
	}
	s.Core, err = insightcore.New(t.Context(), insightcore.Deps{
		DB: db, Bus: s.bus, Now: s.clock.Now, Log: log, Creator: s.creators, Catalog: products{}, Currency: "CNY",
		Allows: func(_ context.Context, u id.User) (bool, error) { return s.allows(u) },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var work sync.WaitGroup
	work.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		stop()
		work.Wait()
		if err := s.bus.Close(); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *street) post(by id.User) id.Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := id.Post(id.New("pst", s.clock.Now()))
	s.facts[p] = creator.PostFacts{ID: p, Author: by, Title: "title"}
	return p
}

func person() actor.Actor { return actor.Actor{User: id.User("usr_" + id.Secret()[:26])} }

func TestInsightKeepsItsContract(t *testing.T) {
	t.Parallel()
	s := build(t)
	insighttest.Run(t, insighttest.Shop{
		Insight: s.Core, Now: s.clock.Now,
		Post: func(*testing.T) (actor.Actor, id.Post) { a := person(); return a, s.post(a.User) },
		Selling: func(*testing.T) (actor.Actor, id.Post, id.Product) {
			a := person()
			p, product := s.post(a.User), id.Product(id.New("prd", s.clock.Now()))
			s.mu.Lock()
			defer s.mu.Unlock()
			f := s.facts[p]
			f.Tagged = []id.Product{product}
			s.facts[p] = f
			return a, p, product
		},
		Another: func(_ *testing.T, by actor.Actor) id.Post { return s.post(by.User) },
		Viewer:  func(*testing.T) actor.Actor { return person() },
	})
}

func (s *street) tell(t *testing.T, e bus.Event, again bool) {
	t.Helper()
	if err := s.bus.Publish(t.Context(), e, again); err != nil {
		t.Fatal(err)
	}
}

// await asks until the report is as ok wants it.
func (s *street) await(t *testing.T, who actor.Actor, ok func(insight.Report) bool) insight.Report {
	t.Helper()
	day := s.clock.Now().Format(time.DateOnly)
	var r insight.Report
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		var err error
		if r, err = s.Report(actor.With(t.Context(), who), insight.Ask{From: day, To: day}); err != nil {
			t.Fatal(err)
		}
		if ok(r) {
			return r
		}
	}
	t.Fatalf("still %+v", r.Sum)
	return r
}

func TestWhatPeopleDidIsCountedOnceThoughItIsToldTwice(t *testing.T) {
	t.Parallel()
	s := build(t)
	lin := person()
	post, now := s.post(lin.User), s.clock.Now()
	like := creator.Reacted.Event(now, "r1", creator.ReactedData{Kind: creator.Liked, On: true, User: "usr_w", Post: post, Author: lin.User, At: now, Rev: 1})
	for _, e := range []bus.Event{
		like,
		creator.Reacted.Event(now, "r2", creator.ReactedData{Kind: creator.Followed, On: true, User: "usr_w", Author: lin.User, At: now, Rev: 1}),
		talk.Said.Event(now, "c1", talk.SaidData{Comment: "cmt_a", Post: post, Author: lin.User, By: "usr_w", At: now}),
		checkout.OrderPaid.Event(now, "o1", checkout.OrderData{Order: "ord_a", Buyer: "usr_w", PaidAt: now, Lines: []checkout.LineData{
			{Product: "prd_a", Post: post, Creator: lin.User, Reach: insight.Private, N: 2, Amount: money.CNY(500), Commission: money.CNY(50)},
			{Product: "prd_a", Post: post, Creator: lin.User, Reach: insight.Private, N: 1, Amount: money.CNY(250), Commission: money.CNY(25)},
			{Product: "prd_b", N: 1, Amount: money.CNY(900)},
		}}),
	} {
		s.tell(t, e, false)
		s.tell(t, e, true)
	}
	r := s.await(t, lin, func(r insight.Report) bool {
		return r.Sum.Likes > 0 && r.Sum.Follows > 0 && r.Sum.Comments > 0 && r.Sum.Orders > 0
	})
	// The second tellings come after the first; a last event says they are through.
	s.tell(t, creator.Reacted.Event(now, "r3", creator.ReactedData{Kind: creator.Shared, On: true, User: "usr_w", Post: post, Author: lin.User, At: now, Rev: 1}), false)
	r = s.await(t, lin, func(r insight.Report) bool { return r.Sum.Shares > 0 })
	got := [...]int64{r.Sum.Likes, r.Sum.Follows, r.Sum.Comments, r.Sum.Orders, r.Sum.Units, r.Sum.Amount, r.Sum.Commission}
	if want := [...]int64{1, 1, 1, 1, 3, 750, 75}; got != want {
		t.Errorf("likes, follows, comments, orders, units, amount, commission %v, want %v", got, want)
	}
	if want := []insight.ByReach{{Reach: insight.Public}, {Reach: insight.Private, Orders: 1}}; !slices.Equal(r.Reach, want) {
		t.Errorf("reach %+v, want %+v", r.Reach, want)
	}
	if len(r.Products) != 1 || r.Products[0].Orders != 1 || r.Products[0].Units != 3 || r.Products[0].Title != "product prd_a" {
		t.Errorf("products %+v", r.Products)
	}
	s.tell(t, creator.Reacted.Event(now, "r1.2", creator.ReactedData{Kind: creator.Liked, User: "usr_w", Post: post, Author: lin.User, At: now, Rev: 2}), false)
	s.await(t, lin, func(r insight.Report) bool { return r.Sum.Likes == 0 })
}

func TestAFileHoldsNoFormula(t *testing.T) {
	t.Parallel()
	s := build(t)
	lin := person()
	post := s.post(lin.User)
	s.mu.Lock()
	s.facts[post] = creator.PostFacts{ID: post, Author: lin.User, Title: `=HYPERLINK("http://x","y")`}
	s.mu.Unlock()
	if _, err := s.Record(t.Context(), insight.Record{Events: []insight.Event{{ID: id.Secret(), Kind: insight.View, Post: post, Source: insight.Search}}}); err != nil {
		t.Fatal(err)
	}
	day := s.clock.Now().Format(time.DateOnly)
	f, err := s.Export(actor.With(t.Context(), lin), insight.Export{From: day, To: day, Table: "posts"})
	if err != nil {
		t.Fatal(err)
	}
	if want := `"'=HYPERLINK(""http://x"",""y"")"`; !strings.Contains(f.Text, want) {
		t.Errorf("%q holds no %s", f.Text, want)
	}
}

// deaf is a bus that nobody listens to.
type deaf struct{ bus.Bus }

func (deaf) Publish(context.Context, bus.Event, bool) error { return nil }

func BenchmarkReportOfAMonth(b *testing.B) {
	clk := clock.NewFake(time.Date(2030, 5, 1, 10, 0, 0, 0, time.UTC))
	db, err := pebbledoc.Open(b.Context(), b.TempDir(), pebbledoc.Options{Now: clk.Now})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	posts := creators{mu: new(sync.Mutex), facts: map[id.Post]creator.PostFacts{}}
	c, err := insightcore.New(b.Context(), insightcore.Deps{DB: db, Bus: deaf{}, Now: clk.Now, Creator: posts, Catalog: products{}, Currency: "CNY"})
	if err != nil {
		b.Fatal(err)
	}
	lin := person()
	s := &street{Core: c, clock: clk, creators: posts}
	for range 20 {
		s.post(lin.User)
	}
	for range 30 {
		for p := range posts.facts {
			var all []insight.Event
			for range 20 {
				all = append(all, insight.Event{ID: id.Secret(), Kind: insight.View, Post: p, Source: insight.Discover})
			}
			if _, err := c.Record(b.Context(), insight.Record{Events: all}); err != nil {
				b.Fatal(err)
			}
		}
		clk.Advance(24 * time.Hour)
	}
	ctx := actor.With(b.Context(), lin)
	for b.Loop() {
		if _, err := c.Report(ctx, insight.Ask{From: "2030-05-01", To: "2030-05-30"}); err != nil {
			b.Fatal(err)
		}
	}
}
