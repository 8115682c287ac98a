package feedcore

import (
	"fmt"
	"strconv"
	"strings"

	"meadow/feed"
	"meadow/services/creator"
	"meadow/services/platform/search"
)

// Kinds of documents in the index. A video is a post, and told from others by
// its facet.
const (
	kindPost    = "post"
	kindProduct = "product"
	kindCreator = "creator"
)

// Facets, by the names that they are counted under.
const (
	facetKind     = "kind"
	facetGenre    = "genre"
	facetTopic    = "topic"
	facetCategory = "category"
	facetPrice    = "price"
	facetLang     = "lang"
	facetLabel    = "label"
)

// facetNames are those that are counted for a search.
func facetNames() []string {
	return []string{facetKind, facetGenre, facetTopic, facetCategory, facetPrice, facetLang, facetLabel}
}

// facet is a property as it is filtered and counted, however it was written.
func facet(name, value string) string { return name + ":" + strings.ToLower(oneLine(value)) }

// facets leaves out the properties that are empty.
func facets(all ...string) []string {
	var out []string
	for _, f := range all {
		if !strings.HasSuffix(f, ":") {
			out = append(out, f)
		}
	}
	return out
}

func (p post) doc() search.Doc {
	all := []string{
		"author:" + string(p.Author), facet(facetKind, feed.FindPost),
		facet(facetGenre, string(p.Genre)), facet(facetLang, baseLang(p.Lang)),
	}
	if p.Kind == creator.Video || p.Kind == creator.Replay {
		all = append(all, facet(facetKind, feed.FindVideo))
	}
	for _, t := range p.Topics {
		all = append(all, facet(facetTopic, t))
	}
	for label, has := range map[string]bool{"ad": p.Ad, "ai": p.AI, "verified": p.Verified} {
		if has {
			all = append(all, facet(facetLabel, label))
		}
	}
	return search.Doc{
		ID: string(p.ID), Kind: kindPost, Title: p.Title, Tags: append([]string{p.Name}, p.Topics...), Body: p.Body,
		Lang: p.Lang, Facets: facets(all...), Rank: p.At.UnixMilli(),
		Nums: map[string]int64{search.NumAt: p.At.UnixMilli()},
	}
}

func (p product) doc() search.Doc {
	return search.Doc{
		ID: string(p.ID), Kind: kindProduct, Title: p.Title, Tags: []string{p.Category}, Body: p.Body,
		Facets: facets(facet(facetKind, feed.FindProduct), facet(facetCategory, p.Category), facet(facetPrice, priceBand(p.Price)),
			"merchant:"+string(p.Merchant)),
		Rank: p.At.UnixMilli(),
		Nums: map[string]int64{search.NumAt: p.At.UnixMilli(), search.NumPrice: p.Price, search.NumSold: p.Sold},
	}
}

// baseLang is a language without its script and country: "zh" of "zh-CN".
func baseLang(tag string) string {
	base, _, _ := strings.Cut(strings.ToLower(tag), "-")
	return base
}

// priceBand is the band that a price in minor units falls into, "5000-10000":
// from the first on, below the second. The last has no end.
func priceBand(price int64) string {
	from := int64(0)
	for _, to := range []int64{2000, 5000, 10_000, 20_000, 50_000, 100_000} {
		if price < to {
			return fmt.Sprintf("%d-%d", from, to)
		}
		from = to
	}
	return fmt.Sprintf("%d-", from)
}

// priceRange reads a band, or any other of that form.
func priceRange(band string) (search.Range, bool) {
	least, most, ok := strings.Cut(band, "-")
	if !ok {
		return search.Range{}, false
	}
	r := search.Range{Num: search.NumPrice, Max: search.MaxNum}
	var err error
	if r.Min, err = strconv.ParseInt(least, 10, 64); err != nil || r.Min < 0 {
		return search.Range{}, false
	}
	if most == "" {
		return r, true
	}
	below, err := strconv.ParseInt(most, 10, 64)
	if err != nil || below <= r.Min {
		return search.Range{}, false
	}
	r.Max = below - 1
	return r, true
}
