package feedtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/feed"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
)

func foundName(f feed.Found) string {
	if f.Post != nil {
		return string(f.Post.ID)
	}
	if f.Creator != nil {
		return string(f.Creator.ID)
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

// findable are the cases of who else can be found, and of what helps to.
func findable() map[string]func(*testing.T, Shop) {
	return map[string]func(*testing.T, Shop){
		"WhoPostsIsFoundByName":                        creatorsAreFound,
		"FacetsCountAndNarrowASearch":                  facetsNarrow,
		"GoodsAreSortedByPrice":                        sortedByPrice,
		"ChineseIsFoundByItsSoundWithMarks":            foundBySound,
		"ASearchThatFindsNothingOffersOthers":          offersOthers,
		"TypingIsCompleted":                            typingIsCompleted,
		"SearchesAreRememberedAndForgotten":            searchesRemembered,
		"WhoDoesNotWantToBeRememberedIsNotBySearching": searchesNotRemembered,
		"OnlyOperatorsJudgeTrends":                     trendsAreForOperators,
	}
}

func creatorsAreFound(t *testing.T, s Shop) {
	w := word()
	lin := s.User(t, "Lin "+w, actor.Creator)
	p := s.Publish(t, lin, "Something else")
	s.finds(t, feed.Search{Text: "lin " + w, Kind: feed.FindCreator}, string(lin.User))
	got := s.finds(t, feed.Search{Text: w}, string(lin.User), string(p.ID)) // the post bears their name
	for _, f := range got {
		if f.Creator != nil && (f.Creator.Name != "Lin "+w || len(f.Marks) != 1 || f.Marks[0] != [2]int{4, 4 + len(w)}) {
			t.Errorf("creator %+v, marks %v", f.Creator, f.Marks)
		}
	}
	s.finds(t, feed.Search{Text: w, Kind: feed.FindProduct})
}

// values are a facet's, as counted.
func values(r feed.Results, name string) map[string]int64 {
	out := map[string]int64{}
	for _, f := range r.Facets {
		if f.Name == name {
			for _, v := range f.Values {
				out[v.Value] = v.N
			}
		}
	}
	return out
}

func facetsNarrow(t *testing.T, s Shop) {
	w := word()
	lin := s.User(t, "Lin", actor.Creator)
	cream, soap := s.Product(t, "Cream "+w, money.CNY(9900), 3), s.Product(t, "Soap "+w, money.CNY(900), 3)
	sells, plain := s.Publish(t, lin, "Sells "+w, cream), s.Publish(t, lin, "Plain "+w)
	s.finds(t, feed.Search{Text: w}, string(cream.ID), string(soap.ID), string(sells.ID), string(plain.ID))
	r := must(s.Feed.Search(t.Context(), feed.Search{Text: w, Ask: page.Ask{Limit: 1}}))(t)
	if r.Total != 4 || r.Next == "" {
		t.Errorf("total %d, next %q", r.Total, r.Next)
	}
	for name, want := range map[string]map[string]int64{
		"kind": {"post": 2, "product": 2}, "label": {"ad": 1}, "topic": {"skincare": 2}, "lang": {"en": 2}, "price": {"0-2000": 1, "5000-10000": 1},
	} {
		if d := cmp.Diff(want, values(r, name)); d != "" {
			t.Errorf("facet %s: %s", name, d)
		}
	}
	r.Items = nil
	if next := must(s.Feed.Search(t.Context(), feed.Search{Text: w, Ask: page.Ask{Limit: 1, After: r.Next}}))(t); len(next.Facets) != 0 || len(next.Items) != 1 {
		t.Errorf("the second page has %d facets and %d items", len(next.Facets), len(next.Items))
	}
	s.finds(t, feed.Search{Text: w, Label: "ad"}, string(sells.ID))
	s.finds(t, feed.Search{Text: w, Topic: "Skincare", Kind: feed.FindPost}, string(sells.ID), string(plain.ID))
	s.finds(t, feed.Search{Text: w, Price: "5000-10000"}, string(cream.ID))
	s.finds(t, feed.Search{Text: w, Price: "0-"}, string(cream.ID), string(soap.ID))
	s.finds(t, feed.Search{Text: w, InLang: "en-GB"}, string(sells.ID), string(plain.ID))
	s.finds(t, feed.Search{Text: w, Kind: feed.FindVideo})
	for _, bad := range []feed.Search{{Text: w, Price: "cheap"}, {Text: w, Price: "9-1"}, {Text: w, Sort: "colour"}} {
		if _, err := s.Feed.Search(t.Context(), bad); errs.CodeOf(err) != errs.Invalid {
			t.Errorf("%+v: got %v, want invalid", bad, err)
		}
	}
}

func sortedByPrice(t *testing.T, s Shop) {
	w := word()
	a, b, c := s.Product(t, "A "+w, money.CNY(300), 3), s.Product(t, "B "+w, money.CNY(100), 3), s.Product(t, "C "+w, money.CNY(200), 3)
	s.finds(t, feed.Search{Text: w}, string(a.ID), string(b.ID), string(c.ID))
	for sort, want := range map[string][]string{"price_up": {string(b.ID), string(c.ID), string(a.ID)}, "price_down": {string(a.ID), string(c.ID), string(b.ID)}} {
		got, _ := s.found(t, feed.Search{Text: w, Sort: sort})
		var order []string
		for _, f := range got {
			order = append(order, foundName(f))
		}
		if d := cmp.Diff(want, order); d != "" {
			t.Errorf("%s: %s", sort, d)
		}
	}
}

func foundBySound(t *testing.T, s Shop) {
	lin, w := s.User(t, "Lin", actor.Creator), word()
	p := s.Publish(t, lin, w+" 显白口红")
	got := s.finds(t, feed.Search{Text: "kouhong " + w}, string(p.ID))
	from := len(w) + 3
	if d := cmp.Diff([][2]int{{0, len(w)}, {from, from + 2}}, got[0].Marks); d != "" {
		t.Error(d)
	}
}

func offersOthers(t *testing.T, s Shop) {
	lin, may := s.User(t, "Lin", actor.Creator), s.User(t, "May", actor.Creator)
	s.listed(t, s.Publish(t, lin, "Something").ID)
	s.listed(t, s.Publish(t, may, "Something").ID) // what one person says alone is offered to nobody
	Eventually(t, "another search", func() (string, bool) {
		r := must(s.Feed.Search(t.Context(), feed.Search{Text: "skincare " + word()}))(t)
		return fmt.Sprint(r.Instead), len(r.Items) == 0 && slices.Contains(r.Instead, "skincare")
	})
}

func typingIsCompleted(t *testing.T, s Shop) {
	w := word()
	cream := s.Product(t, w+" 口红", money.CNY(9900), 3)
	for _, typed := range []string{w[:12], strings.ToUpper(w), w + " 口", w + " kouh"} {
		Eventually(t, "completing "+typed, func() (string, bool) {
			got := must(s.Feed.Suggest(t.Context(), feed.AskSuggest{Text: typed}))(t).Items
			ok := slices.ContainsFunc(got, func(g feed.Suggestion) bool {
				return g.Kind == "product" && g.ID == string(cream.ID) && g.Text == cream.Title && len(g.Marks) > 0
			})
			return fmt.Sprint(got), ok
		})
	}
	if got := must(s.Feed.Suggest(t.Context(), feed.AskSuggest{Text: word()}))(t).Items; len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func (s Shop) searched(t *testing.T, who actor.Actor) []string {
	t.Helper()
	out := []string{}
	for _, i := range must(s.Feed.Searched(as(t, who), feed.Empty{}))(t).Items {
		out = append(out, i.Text)
	}
	return out
}

func searchesRemembered(t *testing.T, s Shop) {
	fan := s.User(t, "Fan")
	search := func(text string) { must(s.Feed.Search(as(t, fan), feed.Search{Text: text}))(t) }
	for i := range 22 {
		search(fmt.Sprint("number ", i))
	}
	search(" Red  lipstick ")
	search("number 21")
	search("red LIPSTICK")
	got := s.searched(t, fan)
	if len(got) != 20 || got[0] != "red LIPSTICK" || got[1] != "number 21" || got[2] != "number 20" {
		t.Errorf("got %d: %v", len(got), got)
	}
	must(s.Feed.ForgetSearch(as(t, fan), feed.OneSearch{Text: "Number 21"}))(t)
	if got := s.searched(t, fan); len(got) != 19 || slices.Contains(got, "number 21") {
		t.Errorf("after forgetting one: %v", got)
	}
	for range 2 {
		must(s.Feed.ForgetSearches(as(t, fan), feed.Empty{}))(t)
		if got := s.searched(t, fan); len(got) != 0 {
			t.Errorf("after forgetting all: %v", got)
		}
	}
	search("tea")
	must(s.Feed.EraseHistory(as(t, fan), feed.Empty{}))(t)
	if got := s.searched(t, fan); len(got) != 0 {
		t.Errorf("after erasing what was done: %v", got)
	}
	if _, err := s.Feed.Searched(t.Context(), feed.Empty{}); !errors.Is(err, actor.ErrNobody) {
		t.Errorf("a visitor: got %v, want %v", err, actor.ErrNobody)
	}
}

func searchesNotRemembered(t *testing.T, s Shop) {
	fan := s.User(t, "Fan")
	must(s.Feed.Search(as(t, fan), feed.Search{Text: "before"}))(t)
	must(s.Feed.SetPreferences(as(t, fan), feed.Preferences{}))(t)
	must(s.Feed.Search(as(t, fan), feed.Search{Text: "meanwhile"}))(t)
	if got := s.searched(t, fan); len(got) != 0 {
		t.Errorf("not remembered: %v", got)
	}
	must(s.Feed.SetPreferences(as(t, fan), feed.Preferences{Personal: true}))(t)
	if got := s.searched(t, fan); slices.Contains(got, "meanwhile") {
		t.Errorf("remembered all the same: %v", got)
	}
}

func trendsAreForOperators(t *testing.T, s Shop) {
	fan, boss := s.User(t, "Fan"), s.User(t, "Boss", actor.Operator)
	if _, err := s.Feed.TrendQueue(as(t, fan), feed.AskQueue{}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("the queue: got %v, want %v", err, actor.ErrForbidden)
	}
	if _, err := s.Feed.JudgeTrend(as(t, fan), feed.JudgeTrend{ID: "trd_x", Allow: true}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("judging: got %v, want %v", err, actor.ErrForbidden)
	}
	if _, err := s.Feed.JudgeTrend(as(t, boss), feed.JudgeTrend{ID: "trd_x", Allow: true}); !errors.Is(err, feed.ErrNoSuchTrend) {
		t.Errorf("no such word: got %v, want %v", err, feed.ErrNoSuchTrend)
	}
	must(s.Feed.TrendQueue(as(t, boss), feed.AskQueue{}))(t)
	if got := must(s.Feed.Trends(t.Context(), feed.AskTrends{Lang: "zh"}))(t); got.Searches == nil || got.Topics == nil {
		t.Errorf("got %+v", got)
	}
}
