package shelf_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/feed/shelf"
	"meadow/services/kernel/id"
)

var noon = time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)

func product(n, category, title string, price int64, facts ...string) shelf.Product {
	return shelf.Product{ID: id.Product(n), Category: category, Title: title, Facts: facts, Price: price, Currency: "CNY", At: noon.AddDate(0, -2, 0)}
}

// stocked is a small shop of creams, brushes and chairs.
func stocked() *shelf.Shelf {
	s := shelf.New()
	for _, p := range []shelf.Product{
		product("cream", "beauty", "玫瑰面霜 50 ml", 9900, "skin dry"),
		product("cream-small", "beauty", "玫瑰面霜 15 ml", 4900, "skin dry"),
		product("cream-green", "beauty", "绿茶面霜 50 ml", 8900, "skin oily"),
		product("brush", "beauty", "Bamboo hair brush", 5900),
		product("chair", "home", "Oak chair", 99000),
		product("table", "home", "Oak table", 199000),
	} {
		s.Put(p)
	}
	return s
}

func names(all []shelf.Match) []string {
	out := []string{}
	for _, m := range all {
		out = append(out, string(m.Product))
	}
	return out
}

func TestWordsAreLatinWordsAndPairsOfHan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                 nil,
		"Oak Chair, 45 cm": {"oak", "chair", "45", "cm"},
		"玫瑰面霜50ml":         {"玫瑰", "瑰面", "面霜", "50ml"},
		"茶 tea":            {"茶", "tea"},
		"!?":               nil,
	} {
		if diff := cmp.Diff(want, shelf.Words(text)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestSimilarProductsShareWordsThenAShelfThenAPrice(t *testing.T) {
	t.Parallel()
	s := stocked()
	if diff := cmp.Diff([]string{"cream-small", "cream-green", "brush"}, names(s.Similar("cream", 10))); diff != "" {
		t.Errorf("similar to a cream: %s", diff)
	}
	if diff := cmp.Diff([]string{"table"}, names(s.Similar("chair", 10))); diff != "" {
		t.Errorf("similar to a chair: %s", diff)
	}
	if got := s.Similar("nothing", 10); len(got) != 0 {
		t.Errorf("similar to nothing: %v", got)
	}
	if !s.Alike("cream", "cream-small") || s.Alike("cream", "brush") || s.Alike("cream", "chair") {
		t.Error("a smaller jar is the same kind of thing, a brush and a chair are not")
	}
}

func TestWhatIsTakenOffOrEditedIsNotFoundByItsOldWords(t *testing.T) {
	t.Parallel()
	s := stocked()
	s.Remove("cream-small")
	s.Put(product("cream-green", "home", "Oak bench", 80000))
	if diff := cmp.Diff([]string{"brush"}, names(s.Similar("cream", 10))); diff != "" {
		t.Errorf("after the change: %s", diff)
	}
	if got := names(s.Similar("chair", 10)); !slices.Contains(got, "cream-green") {
		t.Errorf("its new words do not find it: %v", got)
	}
	if s.Len() != 5 {
		t.Errorf("%d products on the shelf, want 5", s.Len())
	}
	s.Put(product("new", "home", "Oak stool", 50000)) // takes the free place
	if got := names(s.Similar("cream", 10)); slices.Contains(got, "new") {
		t.Errorf("a place that was used again still has its old words: %v", got)
	}
}

func TestTheShopLeansToWhatSomebodyMetOfLate(t *testing.T) {
	t.Parallel()
	s := stocked()
	none := func(id.Product) bool { return false }
	met := []shelf.Touch{{Product: "cream", Weight: 1, At: noon}}
	got := s.Suited(met, "", 3, noon, func(p id.Product) bool { return p == "cream" })
	if diff := cmp.Diff([]string{"cream-small", "cream-green", "brush"}, names(got)); diff != "" {
		t.Errorf("who met a cream: %s", diff)
	}
	if got[0].Because != "cream" || got[2].Because != "" {
		t.Errorf("a jar is there because of the cream and a brush for its shelf: %+v", got)
	}
	old := append(met, shelf.Touch{Product: "chair", Weight: 1, At: noon.AddDate(0, -3, 0)})
	if top := s.Suited(old, "", 1, noon, none)[0].Product; top != "cream" {
		t.Errorf("what was met three months ago weighs more than today's: %s", top)
	}
	if got := names(s.Suited(met, "home", 10, noon, none)); !cmp.Equal(got, []string{"chair", "table"}) {
		t.Errorf("of one category: %v", got)
	}
}

func TestStrangersGetWhatSellsAndWhatIsNew(t *testing.T) {
	t.Parallel()
	s := stocked()
	fresh := product("vase", "home", "Clay vase", 3000)
	fresh.At = noon
	s.Put(fresh)
	s.Sold("table", 5, noon.Add(-time.Hour))
	s.Sold("brush", 1, noon.AddDate(0, -6, 0))
	got := names(s.Suited(nil, "", 2, noon, func(id.Product) bool { return false }))
	if diff := cmp.Diff([]string{"table", "vase"}, got); diff != "" {
		t.Error(diff)
	}
	if !s.Fresh("vase", noon) || s.Fresh("table", noon) {
		t.Error("a vase of today is new and a table of two months ago is not")
	}
	if half := shelf.Decayed(8, noon, noon.AddDate(0, 0, 14)); math.Abs(half-4) > 1e-9 {
		t.Errorf("after two weeks %v of 8 units are left, want 4", half)
	}
}

func TestTheBestOfManyComeInOrder(t *testing.T) {
	t.Parallel()
	s := shelf.New()
	for i := range 500 {
		p := product(fmt.Sprintf("p%03d", i), "home", fmt.Sprintf("thing %d", i), 1000)
		s.Put(p)
		s.SetHeat(p.ID, float64((i*7919)%500), noon)
	}
	got := s.Suited(nil, "", 40, noon, func(id.Product) bool { return false })
	if len(got) != 40 || !slices.IsSortedFunc(got, func(a, b shelf.Match) int { return int(math.Copysign(1, b.Score-a.Score)) }) {
		t.Errorf("%d of 40, or not in order", len(got))
	}
	if got[0].Product != "p321" { // 321×7919 leaves 499
		t.Errorf("the hottest is not first: %s", got[0].Product)
	}
}

func TestANewProductIsFoundAtOnceOnALargeShelf(t *testing.T) {
	t.Parallel()
	s := shelf.New()
	for i := range 400 {
		s.Put(product(fmt.Sprint(i), "home", fmt.Sprintf("thing %d", i), 1000))
	}
	s.Put(product("a", "home", "walnut board", 1000))
	s.Put(product("b", "home", "walnut board large", 1000))
	if got := s.Similar("a", 1); len(got) != 1 || got[0].Product != "b" || got[0].Score < 0.8 {
		t.Errorf("the nearest of a new product: %+v", got)
	}
}

func BenchmarkSimilar(b *testing.B) {
	s := shelf.New()
	for i := range 20000 {
		s.Put(product(fmt.Sprint(i), []string{"home", "beauty", "food"}[i%3], fmt.Sprintf("thing %d of kind %d in colour %d", i, i%900, i%40), int64(1000+i)))
	}
	for b.Loop() {
		s.Similar("700", 24)
	}
}
