package feedcore_test

import (
	"fmt"
	"testing"

	"meadow/feed"
	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"meadow/services/platform/blob/blobtest"
)

// A page is made of what there is: the rules of promotion hold for what is
// really shown, when posts fall away that were meant to stand between.
func TestPromotionsKeepTheirDistanceWhenPostsBetweenThemFallAway(t *testing.T) {
	t.Parallel()
	tn := build(t)
	s := tn.shop()
	cream := tn.AddProduct("cream", money.CNY(100), 9)
	l := tn.live(t, blobtest.Store(t))
	if err := l.tell(t.Context(), catalog.ProductChanged.Event(cream.UpdatedAt, "1", catalog.ProductChangedData{Product: cream, Rev: 1})); err != nil {
		t.Fatal(err)
	}
	fan, eve := tn.AddUser("Fan"), tn.AddUser("Eve", actor.Creator)
	for i := range 48 {
		a, ad := tn.AddUser(fmt.Sprint("Author ", i), actor.Creator), i%3 == 0
		if i%3 == 1 {
			a = eve // of whom the fan will see nothing
		}
		var sells []catalog.Product
		if ad {
			sells = append(sells, cream)
		}
		p := s.Publish(t, a, "post", sells...)
		d := creator.PublishedData{
			Post: p.ID, Author: a.User, Name: "Author", Title: "post", Kind: creator.Pictures, At: p.PublishedAt, Rev: 1, Ad: ad,
		}
		if ad {
			d.Products = []id.Product{cream.ID}
		}
		e := creator.Published.Event(p.PublishedAt, string(p.ID), d)
		if err := l.tell(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	tn.Shielded(fan.User, moderation.Shield{Hidden: []id.User{eve.User}})
	var ads []int
	n := 0
	for ask := (page.Ask{Limit: 7}); ; {
		p := must(l.ForYou(actor.With(t.Context(), fan), feed.AskForYou{Ask: ask}))(t)
		for _, k := range p.Items {
			if k.Author.ID == eve.User {
				t.Error("a hidden author is shown")
			}
			if k.Ad {
				ads = append(ads, n)
			}
			n++
		}
		if ask.After = p.Next; ask.After == "" {
			break
		}
	}
	if len(ads) < 3 || n < 16 {
		t.Fatalf("%d promotions among %d posts show nothing", len(ads), n)
	}
	for i := 1; i < len(ads); i++ {
		if ads[i]-ads[i-1] <= 3 {
			t.Errorf("promotions at %d and %d", ads[i-1], ads[i])
		}
		if i > 1 && ads[i]-ads[i-2] < 10 {
			t.Errorf("three promotions from %d to %d", ads[i-2], ads[i])
		}
	}
}
