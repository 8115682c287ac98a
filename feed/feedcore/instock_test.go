package feedcore_test

import (
	"testing"
	"time"

	"meadow/feed"
	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/blob/blobtest"
)

func TestAPromotionOfWhatIsSoldOutIsNotShown(t *testing.T) {
	t.Parallel()
	tn := build(t)
	s := tn.shop()
	cream := tn.AddProduct("cream", money.CNY(100), 9)
	l := tn.live(t, blobtest.Store(t))
	if err := l.tell(t.Context(), catalog.ProductChanged.Event(cream.UpdatedAt, "1", catalog.ProductChangedData{Product: cream, Rev: 1})); err != nil {
		t.Fatal(err)
	}
	lin := tn.AddUser("Lin", actor.Creator)
	for i := range 12 {
		var sells []catalog.Product
		if i == 3 {
			sells = append(sells, cream)
		}
		p := s.Publish(t, lin, "post", sells...)
		d := creator.PublishedData{Post: p.ID, Author: lin.User, Name: "Lin", Title: "post", Kind: creator.Pictures, At: p.PublishedAt, Rev: 1}
		if i == 3 {
			d.Ad, d.Products = true, []id.Product{cream.ID}
		}
		if err := l.tell(t.Context(), creator.Published.Event(p.PublishedAt, string(p.ID), d)); err != nil {
			t.Fatal(err)
		}
	}
	shows := func() (ads int) {
		for _, k := range must(l.ForYou(actor.With(t.Context(), tn.AddUser("Fan")), feed.AskForYou{}))(t).Items {
			if k.Ad {
				ads++
			}
		}
		return ads
	}
	units := func(n int64) {
		tn.Change(cream.ID, func(p *catalog.Product) { p.SKUs[0].Available = n })
		tn.clock.Advance(time.Minute)
	}
	if got := shows(); got != 1 {
		t.Errorf("in stock: shown %d times, want once", got)
	}
	units(0)
	if got := shows(); got != 0 {
		t.Errorf("sold out: shown %d times", got)
	}
	units(5)
	if got := shows(); got != 1 {
		t.Errorf("in stock again: shown %d times, want once", got)
	}
}

func TestAPostThatIsOwedShowingsIsNotHeldForItsAge(t *testing.T) {
	t.Parallel()
	tn := build(t)
	lin := tn.AddUser("Lin", actor.Creator)
	p := tn.shop().Publish(t, lin, "post")
	l := tn.live(t, blobtest.Store(t))
	if err := l.tell(t.Context(), published(p, "post", 1)); err != nil {
		t.Fatal(err)
	}
	tn.clock.Advance(15 * 24 * time.Hour)
	rows := must(l.Pools(actor.With(t.Context(), lin), feed.AskPools{}))(t).Items
	if len(rows) != 1 || rows[0].Stage.Guaranteed != 200 || rows[0].Held != "" {
		t.Errorf("%+v", rows)
	}
}
