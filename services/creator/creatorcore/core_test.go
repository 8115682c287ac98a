package creatorcore_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/creator/creatorcore"
	"meadow/services/creator/creatortest"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/picture"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
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
	}
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
