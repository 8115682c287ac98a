package searchtest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/platform/search"
)

func (s suite) twoTypos(t *testing.T) {
	ix := s.with(t, doc("phones", "Wireless headphones"), doc("moist", "Moisturizer for winter"))
	finds(t, ix, text("haedphnes"), "phones")
	finds(t, ix, text("moistruizar"), "moist")
	finds(t, ix, text("wyrelass phones")) // eight letters may hold one
}

func (s suite) begun(t *testing.T) {
	ix := s.with(t, doc("lip", "Velvet lipstick 口红"), doc("shoes", "Running shoes"), doc("cat", "猫粮 for kittens"))
	for q, want := range map[string]string{"lip": "lip", "lipst": "lip", "velvet li": "lip", "runn": "shoes", "kitt": "cat", "口": "lip", "猫粮 ki": "cat"} {
		finds(t, ix, search.Query{Text: q, Prefix: true}, want)
	}
	finds(t, ix, search.Query{Text: "ipstick", Prefix: true, Kind: "absent"})
	finds(t, ix, search.Query{Text: "velv shoes", Prefix: true})
	if s.can.Begun {
		finds(t, ix, search.Query{Text: "kouho", Prefix: true}, "lip")
		finds(t, ix, search.Query{Text: "maol", Prefix: true}, "cat")
	}
}

func sounding() []search.Doc {
	return []search.Doc{
		{ID: "lip", Kind: "post", Title: "平价口红试色 12 支"},
		{ID: "sun", Kind: "post", Title: "Sun care: 油皮防晒霜测评", Tags: []string{"护肤"}},
		{ID: "bank", Kind: "post", Title: "银行卡包", Tags: []string{"便宜好物"}},
		{ID: "case", Kind: "product", Title: "iPhone 手机壳"},
		{ID: "han", Kind: "creator", Title: "韩小美"},
		{ID: "body", Kind: "post", Title: "Something else", Body: "口红 防晒"},
	}
}

func (s suite) sounds(t *testing.T) {
	ix := s.with(t, sounding()...)
	for _, q := range []string{"kouhong", "KouHong"} {
		finds(t, ix, text(q), "lip", "body")
	}
	finds(t, ix, text("fangshai"), "sun", "body")
	finds(t, ix, text("kouhong fangshai"), "body")
	r := find(t, ix, text("kouhong"))
	if got := ids(r); s.can.Ties && got[0] != "lip" {
		t.Errorf("a body before a title: %v", got)
	}
	for _, h := range r.Hits {
		if !(h.Score > 0) {
			t.Errorf("%s has the score %v", h.ID, h.Score)
		}
	}
	for q, want := range map[string]string{
		"pingjiakouhong": "lip", "shise kouhong": "lip", "fangshaishuangceping": "sun", "hufu": "sun", "sun fangshai": "sun",
		"yinhang": "bank", "pianyi": "bank", "shoujike": "case", "iphone shoujike": "case", "hanxiaomei": "han",
	} {
		finds(t, ix, text(q), want)
	}
	for _, q := range []string{"kouhongx", "hongkou", "yingxing", "shizi"} {
		finds(t, ix, text(q))
	}
	finds(t, ix, search.Query{Text: "kouhong", Kind: "product"})
	for q, want := range map[string]string{"kouhong": "口红", "fangshaishuangceping": "防晒霜测评", "iphone shoujike": "iPhone|手机壳"} {
		got := []string{}
		for _, h := range find(t, ix, text(q)).Hits {
			got = append(got, marked(t, h))
		}
		if !slices.Contains(got, want) {
			t.Errorf("%s marks %q, want %q", q, got, want)
		}
	}
}

// marked is the marked parts of a title.
func marked(t *testing.T, h search.Hit) string {
	t.Helper()
	out, at := "", 0
	for i, m := range h.Marks {
		if m[0] < at || m[1] <= m[0] || m[1] > len(h.Title) {
			t.Fatalf("mark %v after %d in %q", m, at, h.Title)
		}
		if i > 0 {
			out += "|"
		}
		out, at = out+h.Title[m[0]:m[1]], m[1]
	}
	return out
}

func (s suite) initials(t *testing.T) {
	ix := s.with(t, sounding()...)
	for q, want := range map[string]string{"kh": "lip", "fss": "sun", "hf": "sun", "fsscp": "sun", "hxm": "han", "yhkb": "bank", "pyhw": "bank"} {
		finds(t, ix, text(q), want)
	}
	if got := marked(t, find(t, ix, text("kh")).Hits[0]); got != "口红" {
		t.Errorf("kh marks %q", got)
	}
	finds(t, ix, text("zzz"))
	// As long as there is something that is written so, that is what was meant.
	put(t, ix, doc("brand", "KH travel mug"))
	finds(t, ix, text("kh"), "brand")
}

func (s suite) writtenFirst(t *testing.T) {
	docs := []search.Doc{{ID: "written", Title: "My kouhong diary", Rank: -9}}
	for i := range 12 {
		docs = append(docs, search.Doc{ID: id(i), Title: fmt.Sprintf("口红 %d 号", i), Rank: int64(i), Facets: []string{"topic:a"}})
	}
	ix := s.with(t, docs...)
	got := walk(t, ix, search.Query{Text: "kouhong", Limit: 4})
	if len(got) != 13 || got[0] != "written" || len(slices.Compact(slices.Sorted(slices.Values(got)))) != 13 {
		t.Errorf("got %v", got)
	}
	r := find(t, ix, search.Query{Text: "kouhong", Limit: 2, Count: []string{"topic"}})
	if d := cmp.Diff(map[string]map[string]int{"topic": {"a": 12}}, r.Counts); d != "" || r.Total != 13 {
		t.Errorf("total %d, counts %s", r.Total, d)
	}
}

func priced(n int) []search.Doc {
	docs := make([]search.Doc, n)
	for i := range docs {
		docs[i] = search.Doc{ID: id(i), Kind: "product", Title: "Rose soap 香皂", Nums: map[string]int64{
			search.NumPrice: int64(i*7%n) * 100, search.NumSold: int64(i % 3), search.NumAt: 1_900_000_000_000 + int64(i),
		}}
	}
	return append(docs,
		search.Doc{ID: "priceless", Kind: "post", Title: "Rose soap 香皂"},
		search.Doc{ID: "debt", Kind: "product", Title: "Rose soap 香皂", Nums: map[string]int64{search.NumPrice: -1, "colour": 3}})
}

func (s suite) sorts(t *testing.T) {
	const n = 23
	docs := priced(n)
	ix := s.with(t, docs...)
	nums := map[string]map[string]int64{}
	for _, d := range docs {
		nums[d.ID] = d.Nums
	}
	for _, q := range []search.Query{
		{Text: "soap", Sort: "price", Limit: 5}, {Text: "香皂", Sort: "-price", Limit: 7}, {Sort: "price", Limit: 9},
		{Text: "soap", Sort: "-sold", Limit: 4}, {Sort: "-at", Limit: 6, Kind: "product"}, {Text: "xiangzao", Sort: "-at", Limit: 100},
	} {
		got := walk(t, ix, q)
		num, greatest := q.Order()
		want := n
		if num == search.NumPrice {
			want++ // the debt
		}
		if len(slices.Compact(slices.Sorted(slices.Values(got)))) != want || len(got) != want {
			t.Errorf("%+v: got %d, want %d, each once", q, len(got), want)
		}
		if !slices.IsSortedFunc(got, func(a, b string) int {
			d := int(nums[a][num] - nums[b][num])
			if greatest {
				return -d
			}
			return d
		}) {
			t.Errorf("%+v: not in order: %v", q, got)
		}
	}
}

func (s suite) ranges(t *testing.T) {
	ix := s.with(t,
		search.Doc{ID: "cheap", Title: "Soap", Nums: map[string]int64{search.NumPrice: 100}},
		search.Doc{ID: "mid", Title: "Soap", Nums: map[string]int64{search.NumPrice: 5000, search.NumSold: 3}},
		search.Doc{ID: "dear", Title: "Soap", Nums: map[string]int64{search.NumPrice: 1 << 60}},
		search.Doc{ID: "none", Title: "Soap"},
	)
	price := func(least, most int64) search.Query {
		return search.Query{Text: "soap", Ranges: []search.Range{{Num: search.NumPrice, Min: least, Max: most}}}
	}
	finds(t, ix, price(0, 4999), "cheap")
	finds(t, ix, price(100, 5000), "cheap", "mid")
	finds(t, ix, price(5000, 5000), "mid")
	finds(t, ix, price(5001, 1<<62), "dear")
	finds(t, ix, price(200, 100))
	q := price(0, 1<<62)
	q.Ranges = append(q.Ranges, search.Range{Num: search.NumSold, Min: 1, Max: 9})
	finds(t, ix, q, "mid")
}

func (s suite) totals(t *testing.T) {
	ix := s.with(t, many(45)...)
	for _, q := range []search.Query{{Text: "peony", Limit: 3}, {Limit: 3}, {Text: "牡丹", Limit: 100}} {
		if r := find(t, ix, q); r.Total != 45 {
			t.Errorf("%+v: got %d, want 45", q, r.Total)
		}
	}
	if r := find(t, ix, text("absent")); r.Total != 0 {
		t.Errorf("got %d of nothing", r.Total)
	}
}
