package feedtest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"meadow/feed"
	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
)

// offered is the products of a list.
func offered(all []feed.Offer) []string {
	out := make([]string, len(all))
	for i, o := range all {
		out[i] = string(o.ID)
	}
	return out
}

// goods puts a product on sale under a title that no other test uses, for its
// words are what products are compared by.
func (s Shop) goods(t *testing.T, title string, units int64) catalog.Product {
	t.Helper()
	return s.Product(t, title, money.CNY(1900), units)
}

func twoLists(t *testing.T, s Shop) {
	w, v := word(), word()
	lin := s.User(t, "Lin", actor.Creator)
	cream := s.goods(t, "Cream "+w+" "+v+" large", 5)
	small := s.goods(t, "Cream "+w+" "+v+" small", 5)
	none := s.goods(t, "Cream "+w+" "+v+" empty", 0)
	brush := s.goods(t, "Brush "+word(), 5)
	both := s.Publish(t, lin, "Cream and brush", cream, brush)

	in := feed.OfProduct{ID: cream.ID, Limit: 20}
	Eventually(t, "similar products", func() (string, bool) {
		got := offered(must(s.Feed.Similar(t.Context(), in))(t).Items)
		return strings.Join(got, " "), slices.Contains(got, string(small.ID))
	})
	Eventually(t, "complements", func() (string, bool) {
		got := must(s.Feed.Complements(t.Context(), in))(t).Items
		i := slices.IndexFunc(got, func(o feed.Offer) bool { return o.ID == brush.ID })
		return strings.Join(offered(got), " "), i >= 0 && got[i].Reason == "used_together"
	})
	instead := must(s.Feed.Similar(t.Context(), in))(t).Items
	with := must(s.Feed.Complements(t.Context(), in))(t).Items
	for _, o := range with {
		if slices.Contains(offered(instead), string(o.ID)) {
			t.Errorf("%s is offered instead of a product and with it", o.Title)
		}
	}
	for _, gone := range []id.Product{cream.ID, none.ID} {
		if slices.Contains(offered(append(instead, with...)), string(gone)) {
			t.Errorf("%s is offered beside itself or sold out", gone)
		}
	}
	if i := slices.IndexFunc(instead, func(o feed.Offer) bool { return o.ID == small.ID }); instead[i].Reason != "similar_facts" {
		t.Errorf("a product with the same words: reason %q", instead[i].Reason)
	}

	posts := func() []creator.Card {
		return cards(t, func(a page.Ask) (page.Page[creator.Card], error) {
			return s.Feed.ProductPosts(t.Context(), feed.AskProductPosts{Ask: a, ID: brush.ID})
		})
	}
	Eventually(t, "the post that tags a product", func() (string, bool) {
		got := ids(posts())
		return sprintIDs(got), slices.Equal(got, []id.Post{both.ID})
	})
	must(s.Creator.Remove(as(t, lin), creator.ByPost{ID: both.ID}))(t)
	Eventually(t, "a removed post leaves its products", func() (string, bool) {
		got := must(s.Feed.Complements(t.Context(), in))(t).Items
		return strings.Join(offered(got), " "), !slices.Contains(offered(got), string(brush.ID)) && len(posts()) == 0
	})
}

func strangeProduct(t *testing.T, s Shop) {
	for name, ask := range map[string]func() error{
		"similar": func() error { _, err := s.Feed.Similar(t.Context(), feed.OfProduct{ID: "prd_nothing"}); return err },
		"complements": func() error {
			_, err := s.Feed.Complements(t.Context(), feed.OfProduct{ID: "prd_nothing"})
			return err
		},
		"posts": func() error {
			_, err := s.Feed.ProductPosts(t.Context(), feed.AskProductPosts{ID: "prd_nothing"})
			return err
		},
	} {
		if err := ask(); !errors.Is(err, catalog.ErrNoSuchProduct) {
			t.Errorf("%s of no product: got %v, want %v", name, err, catalog.ErrNoSuchProduct)
		}
	}
	if _, err := s.Feed.Shop(t.Context(), feed.AskShop{Ask: page.Ask{After: "?"}}); !errors.Is(err, page.ErrCursor) {
		t.Errorf("the shop after nonsense: got %v, want %v", err, page.ErrCursor)
	}
}

func shopForAll(t *testing.T, s Shop) {
	p := s.goods(t, "Lamp "+word(), 5)
	none := s.goods(t, "Lamp "+word(), 0)
	walk := func() []string {
		got, twice := all(t, func(o feed.Offer) string { return string(o.ID) }, func(a page.Ask) (page.Page[feed.Offer], error) {
			return s.Feed.Shop(t.Context(), feed.AskShop{Ask: a, Category: p.Category})
		})
		if twice != "" {
			t.Errorf("%s comes twice", twice)
		}
		return offered(got)
	}
	Eventually(t, "a product in the shop", func() (string, bool) {
		got := walk()
		return strings.Join(got, " "), slices.Contains(got, string(p.ID))
	})
	if slices.Contains(walk(), string(none.ID)) {
		t.Error("the shop offers what is sold out")
	}
}
