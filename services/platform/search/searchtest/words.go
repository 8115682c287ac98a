package searchtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/platform/search"
)

func (s suite) words(t *testing.T) {
	ix := s.with(t,
		doc("cat", "我家的猫今天很乖"),
		doc("kitten", "小猫粮怎么选"),
		doc("tea", "绿茶和红茶的区别"),
		doc("sun", "夏天防晒霜推荐"),
		doc("shoes", "Red running shoes for the rain"),
		doc("case", "iPhone手机壳，透明防摔"),
		doc("spf", "Daily lotion SPF50 无香"),
		doc("cafe", "Best Café in 上海"),
	)
	cases := map[string][]string{
		"猫":          {"cat", "kitten"},
		"茶":          {"tea"},
		"绿茶":         {"tea"},
		"防晒霜":        {"sun"},
		"手机壳":        {"case"},
		"running":    {"shoes"},
		"RED SHOES":  {"shoes"},
		"iphone 手机壳": {"case"},
		"iPhone手机壳":  {"case"},
		"spf50":      {"spf"},
		"ｓｐｆ５０":      {"spf"},
		"上海":         {"cafe"},
		"best 上海":    {"cafe"},
		"自行车":        {},
		"submarine":  {},
		"猫 running":  {},
		"，。！":        {},
		"\"\" -- ()": {},
	}
	if s.can.Stems {
		cases["cafe"] = []string{"cafe"}
	}
	for q, want := range cases {
		finds(t, ix, text(q), want...)
	}
	if s.can.Segments {
		finds(t, ix, text("防晒推荐"), "sun")
		finds(t, ix, text("猫今天乖"), "cat")
	}
}

func (s suite) everyWord(t *testing.T) {
	ix := s.with(t,
		search.Doc{ID: "all", Title: "Leather bag", Tags: []string{"vintage"}, Body: "handmade in Suzhou 苏州手工"},
		search.Doc{ID: "some", Title: "Leather belt", Body: "handmade"},
		search.Doc{ID: "none", Title: "Wooden spoon"},
	)
	finds(t, ix, text("leather"), "all", "some")
	finds(t, ix, text("leather handmade"), "all", "some")
	finds(t, ix, text("leather vintage suzhou"), "all")
	finds(t, ix, text("苏州 leather"), "all")
	finds(t, ix, text("leather spoon"))
}

func (s suite) forgiven(t *testing.T) {
	ix := s.with(t,
		doc("phones", "Wireless headphones"),
		doc("lip", "Velvet lipstick"),
		doc("milk", "Oat milk"),
		doc("dress", "Women's summer dresses"),
	)
	finds(t, ix, text("headphnes"), "phones")
	finds(t, ix, text("wirelass headphones"), "phones")
	finds(t, ix, text("lipstik"), "lip")
	finds(t, ix, text("mlik")) // four letters are written right
	if s.can.Swaps {
		finds(t, ix, text("lisptick"), "lip")
	}
	if s.can.Stems {
		finds(t, ix, text("dress"), "dress")
		finds(t, ix, text("women dress"), "dress")
		finds(t, ix, text("woman's headphone"))
		finds(t, ix, text("headphone"), "phones")
		finds(t, ix, text("lipsticks"), "lip")
	}
}

func (s suite) weights(t *testing.T) {
	filler := "一些别的话，与此无关。 Some other words that matter little here."
	ix := s.with(t,
		search.Doc{ID: "body", Title: "Something else", Body: "orchid 兰花 " + filler, Rank: 9, Facets: []string{"a:b"}},
		search.Doc{ID: "title", Title: "Orchid 兰花", Body: filler, Rank: 1, Facets: []string{"a:b"}},
		search.Doc{ID: "tag", Title: "Another thing", Tags: []string{"orchid", "兰花"}, Body: filler, Rank: 5, Facets: []string{"a:b"}},
	)
	for _, q := range []search.Query{
		{Text: "orchid"}, {Text: "兰花"}, {Text: "orchid", Facets: []string{"a:b"}}, {Text: "兰花", Kind: "", Facets: []string{"a:b"}},
	} {
		r := find(t, ix, q)
		if d := cmp.Diff([]string{"title", "tag", "body"}, ids(r)); d != "" {
			t.Errorf("%+v: %s", q, d)
		}
		for _, h := range r.Hits {
			if !(h.Score > 0) {
				t.Errorf("%+v: %s has the score %v", q, h.ID, h.Score)
			}
		}
	}
}

func (s suite) ties(t *testing.T) {
	if !s.can.Ties {
		t.Skip("SKIPPED ties by rank: this backend has no ranking rules")
	}
	ix := s.with(t,
		search.Doc{ID: "b", Title: "Linen shirt 亚麻衬衫", Rank: 20},
		search.Doc{ID: "c", Title: "Linen shirt 亚麻衬衫", Rank: 300},
		search.Doc{ID: "a", Title: "Linen shirt 亚麻衬衫", Rank: -5},
	)
	for _, q := range []string{"linen", "衬衫", ""} {
		if d := cmp.Diff([]string{"c", "b", "a"}, ids(find(t, ix, text(q)))); d != "" {
			t.Errorf("%q: %s", q, d)
		}
	}
}

func (s suite) marks(t *testing.T) {
	ix := s.with(t, doc("x", "夏天 <b>防晒霜</b> Review: sunscreen & 帽子"))
	for q, want := range map[string][]string{
		"防晒霜":       {"防晒霜"},
		"sunscreen": {"sunscreen"},
		"帽子 review": {"Review", "帽子"},
		"":          nil,
	} {
		r := find(t, ix, text(q))
		if len(r.Hits) != 1 {
			t.Errorf("%q: got %d hits, want 1", q, len(r.Hits))
			continue
		}
		var got []string
		at := 0
		for _, m := range r.Hits[0].Marks {
			if m[0] < at || m[1] <= m[0] || m[1] > len(r.Hits[0].Title) {
				t.Fatalf("%q: mark %v after %d", q, m, at)
			}
			got, at = append(got, r.Hits[0].Title[m[0]:m[1]]), m[1]
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q: %s", q, d)
		}
	}
}
