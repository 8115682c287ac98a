package feedtest

import (
	"fmt"
	"slices"
	"testing"

	"meadow/feed"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
)

func foundName(f feed.Found) string {
	if f.Post != nil {
		return string(f.Post.ID)
	}
	return string(f.Product.ID)
}

// found asks, and reads all answers. Pages may overlap while the index is still
// taking documents in.
func (s Shop) found(t *testing.T, in feed.Search) ([]feed.Found, string) {
	t.Helper()
	return all(t, foundName, func(a page.Ask) (page.Page[feed.Found], error) {
		in.Ask = a
		r, err := s.Feed.Search(t.Context(), in)
		return page.Page[feed.Found]{Items: r.Items, Next: r.Next}, err
	})
}

// finds waits until a search answers with exactly these.
func (s Shop) finds(t *testing.T, in feed.Search, want ...string) []feed.Found {
	t.Helper()
	var out []feed.Found
	slices.Sort(want)
	Eventually(t, fmt.Sprintf("search for %q of kind %q", in.Text, in.Kind), func() (string, bool) {
		var twice string
		out, twice = s.found(t, in)
		got := []string{}
		for _, f := range out {
			got = append(got, foundName(f))
		}
		slices.Sort(got)
		return fmt.Sprintf("%v, want %v; twice: %q", got, want, twice), twice == "" && slices.Equal(got, want)
	})
	return out
}

func searchFinds(t *testing.T, s Shop) {
	lin, w := s.User(t, "Lin", actor.Creator), word()
	cream := s.Product(t, "Cream "+w, money.CNY(9900), 3)
	p := s.Publish(t, lin, "About "+w, cream)
	both := s.finds(t, feed.Search{Text: w}, string(cream.ID), string(p.ID))
	for _, f := range both {
		switch {
		case f.Post != nil && (f.Product != nil || f.Post.Title != p.Title || f.Post.Price != money.CNY(9900)):
			t.Errorf("post %+v", f.Post)
		case f.Post == nil && (f.Product.Title != "Cream "+w || f.Product.Price != money.CNY(9900)):
			t.Errorf("product %+v", f.Product)
		}
	}
	s.finds(t, feed.Search{Text: w, Kind: "post"}, string(p.ID))
	s.finds(t, feed.Search{Text: w, Kind: "product"}, string(cream.ID))
	s.finds(t, feed.Search{Text: "about " + w}, string(p.ID))
	s.finds(t, feed.Search{Text: w + " skincare"}, string(p.ID)) // by its topic
	s.finds(t, feed.Search{Text: w + " " + word()})
}

func searchFindsHan(t *testing.T, s Shop) {
	lin, w := s.User(t, "Lin", actor.Creator), word()
	p := s.Publish(t, lin, "我的猫 "+w)
	s.Publish(t, lin, "我的狗 "+w)
	s.finds(t, feed.Search{Text: "猫 " + w}, string(p.ID))
}

func editedIsFoundAnew(t *testing.T, s Shop) {
	lin, before, after := s.User(t, "Lin", actor.Creator), word(), word()
	p := s.Publish(t, lin, before)
	s.finds(t, feed.Search{Text: before}, string(p.ID))
	must(s.Creator.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: creator.DraftContent{
		Title: after, Lang: "en", Pictures: []picture.Wanted{{ID: p.Pictures[0].ID}},
	}}))(t)
	s.finds(t, feed.Search{Text: after}, string(p.ID))
	s.finds(t, feed.Search{Text: before})
}

func delistedIsNotFound(t *testing.T, s Shop) {
	w := word()
	cream, soap := s.Product(t, "Cream "+w, money.CNY(9900), 3), s.Product(t, "Soap "+w, money.CNY(900), 3)
	s.finds(t, feed.Search{Text: w}, string(cream.ID), string(soap.ID))
	s.Delist(t, cream)
	s.finds(t, feed.Search{Text: w}, string(soap.ID))
}

func searchPages(t *testing.T, s Shop) {
	lin, w := s.User(t, "Lin", actor.Creator), word()
	var want []string
	for i := range 8 {
		want = append(want, string(s.Publish(t, lin, fmt.Sprint(w, " number ", i)).ID))
	}
	s.finds(t, feed.Search{Text: w}, want...)
}
