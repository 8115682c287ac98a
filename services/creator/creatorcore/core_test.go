package creatorcore_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/creator/creatorcore"
	"meadow/services/creator/creatortest"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/picture"
	"meadow/services/moderation"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/talk"
)

var quiet = slog.New(slog.DiscardHandler)

// town is creators with neighbours, on a clock that the test moves.
type town struct {
	*creatorcore.Core
	*creatortest.Neighbours
	clock *clock.Fake
	db    *pebbledoc.DB
	bus   bus.Bus
}

// build returns a town whose core writes through wrap, if that is not nil.
// Nothing runs in it: the test sweeps.
func build(t testing.TB, wrap func(docdb.Driver) docdb.Driver) *town {
	t.Helper()
	tn := &town{clock: clock.NewFake(time.Date(2030, 5, 1, 10, 0, 0, 0, time.UTC))}
	tn.Neighbours = creatortest.NewNeighbours(tn.clock.Now)
	var err error
	if tn.db, err = pebbledoc.Open(context.Background(), t.TempDir(), pebbledoc.Options{Now: tn.clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tn.db.Close(); err != nil {
			t.Error(err)
		}
	})
	embedded, err := bus.Embedded(context.Background(), t.TempDir(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	tn.bus = embedded
	t.Cleanup(func() {
		if err := embedded.Close(); err != nil {
			t.Error(err)
		}
	})
	tn.Core = tn.core(t, wrap)
	return tn
}

// core is another process of the town.
func (tn *town) core(t testing.TB, wrap func(docdb.Driver) docdb.Driver) *creatorcore.Core {
	t.Helper()
	var db docdb.Driver = tn.db
	if wrap != nil {
		db = wrap(db)
	}
	c, err := creatorcore.New(t.Context(), creatorcore.Deps{
		DB: db, Bus: tn.bus, Now: tn.clock.Now, Log: quiet,
		Account: tn.Account(), Catalog: tn.Catalog(), Media: tn.Media(), Moderation: tn.Moderation(), LinkKey: make([]byte, 32),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
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

func TestCreatorsKeepTheirContract(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	run(t, tn.Core)
	creatortest.Run(t, tn.shop())
}

func (tn *town) shop() creatortest.Shop {
	return creatortest.Shop{
		Creator: tn.Core,
		User:    func(_ *testing.T, name string, roles ...actor.Role) actor.Actor { return tn.AddUser(name, roles...) },
		Picture: func(_ *testing.T, owner actor.Actor) id.Media { return tn.AddPicture(owner.User) },
		Product: func(_ *testing.T, title string, price money.Money, units int64) catalog.Product {
			return tn.AddProduct(title, price, units)
		},
		SellOut: func(_ *testing.T, p catalog.Product) {
			tn.Change(p.ID, func(p *catalog.Product) { p.SKUs[0].Available = 0 })
		},
		Delist: func(_ *testing.T, p catalog.Product) {
			tn.Change(p.ID, func(p *catalog.Product) { p.State = catalog.Delisted })
		},
		Video:    func(_ *testing.T, owner actor.Actor, fails error) id.Media { return tn.AddVideo(owner.User, fails) },
		Captions: func(*testing.T, actor.Actor) id.Media { return id.Media(id.New("med", tn.clock.Now())) },
		Bought:   tn.bought,
		Judge:    func(_ *testing.T, word string, v moderation.Verdict) { tn.Judge(word, v) },
		Decide: func(t *testing.T, p creator.Post, rev int64, o moderation.Outcome) {
			say(t, tn, moderation.Decided, moderation.DecidedData{
				Subject: moderation.Subject{Kind: moderation.Post, ID: string(p.ID)}, Author: p.Author.ID,
				Verdict: moderation.Verdict{Outcome: o, Reason: moderation.Spam}, Rev: rev,
			})
		},
		Ban: func(t *testing.T, u id.User, rev int64, on bool) {
			say(t, tn, moderation.Restricted, moderation.RestrictedData{User: u, On: on, Rev: rev})
		},
		Estrange: func(_ *testing.T, by, whom id.User) { tn.Estrange(by, whom) },
		Mute: func(_ *testing.T, who id.User, words ...string) {
			tn.Shielded(who, moderation.Shield{Words: words})
		},
		Comment: func(t *testing.T, p id.Post, comments, rev int64) {
			say(t, tn, talk.Counted, talk.CountedData{Post: p, Comments: comments, Rev: rev})
		},
	}
}

// say tells the town of a fact.
func say[T any](t *testing.T, tn *town, topic bus.Topic[T], data T) {
	t.Helper()
	if err := tn.bus.Publish(t.Context(), topic.Event(tn.clock.Now(), id.Secret(), data), false); err != nil {
		t.Fatal(err)
	}
}

// bought tells of an order of a product that was paid, of which one piece was
// bought by the link.
func (tn *town) bought(t *testing.T, buyer actor.Actor, link string, p catalog.Product) id.Order {
	t.Helper()
	d := checkout.OrderData{Order: id.Order(id.New("ord", tn.clock.Now())), Buyer: buyer.User, PaidAt: tn.clock.Now()}
	d.Lines = []checkout.LineData{{Product: p.ID, N: 1}}
	if link != "" {
		a := must(tn.OpenLink(inside(t), creator.OpenLink{Link: link}))(t)
		d.Lines = append(d.Lines, checkout.LineData{Product: p.ID, N: 1, Trace: a.Trace})
	}
	topic := checkout.OrderPaid
	topic.Confirm = nil // nobody but creators listens here
	say(t, tn, topic, d)
	return d.Order
}

func as(t testing.TB, a actor.Actor) context.Context { return actor.With(t.Context(), a) }

func inside(t *testing.T) context.Context { return actor.AsSystem(t.Context(), "test") }

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// publish makes a post that sells products.
func (tn *town) publish(t testing.TB, c creator.Service, who actor.Actor, request string, sells ...catalog.Product) creator.Post {
	t.Helper()
	in := creator.Publish{RequestID: request, DraftContent: creator.DraftContent{
		Title: "Title", Body: "Body", Lang: "en", Ad: len(sells) > 0, Pictures: []picture.Wanted{{ID: tn.AddPicture(who.User)}},
	}}
	for _, p := range sells {
		in.Tags = append(in.Tags, creator.NewTag{Product: p.ID})
	}
	return must(c.Publish(as(t, who), in))(t)
}
