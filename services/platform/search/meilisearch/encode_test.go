package meilisearch

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestNothingButTheValueGetsIntoAFilter(t *testing.T) {
	t.Parallel()
	safe := regexp.MustCompile(`^facets = "[a-z0-9%:._-]*"$`)
	for _, value := range []string{
		`beauty" OR kind = "post`, `\`, `\"`, `\\" OR "1" = "1`, `'`, "`", `") OR (kind EXISTS`, `a" AND NOT b = "c`,
		"\n", "\x00", `1 TO 9`, `[x]`, `IN [a]`, `_geoRadius(1,2,3)`, `%22`, `“`, `＂`, "\u2028", "\xff\"",
	} {
		if f := is(attrFacets, value); !safe.MatchString(f) {
			t.Errorf("%q became %q", value, f)
		}
	}
}

func TestEncodingTellsAllValuesApartAndIsUndone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.String().Draw(t, "a")
		if got := decode(encode(a)); got != a {
			t.Fatalf("got %q, want %q", got, a)
		}
	})
}

func TestNoOperatorOfMeilisearchSurvives(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`"exact phrase"`:     "exact phrase",
		`-without this`:      "without this",
		`a - -b --c`:         "a b c",
		`iPhone15手机壳 SPF50+`: "iphone15 手机壳 spf50",
		`3.5mm jack`:         "3 5mm jack",
		`"`:                  "",
	} {
		if got := ask(text, asWritten).text; got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestMarksAreReadFromWhereTheSignsStand(t *testing.T) {
	t.Parallel()
	for formatted, want := range map[string][][2]int{
		"red tea":                          nil,
		markFrom + "red" + markTo + " tea": {{0, 3}},
		markFrom + "r" + markTo + markFrom + "ed" + markTo + " " + markFrom + "tea" + markTo: {{0, 3}, {4, 7}},
		markFrom + markTo + "red tea": nil,
		"another text":                nil,
		"red tea and more":            nil,
		markFrom + "red tea":          nil,
	} {
		if d := cmp.Diff(want, marks("red tea", formatted)); d != "" {
			t.Errorf("%q: %s", formatted, d)
		}
	}
	odd := "a" + markFrom + "b"
	if got := marks(odd, odd+"c"); got != nil {
		t.Errorf("got %v", got)
	}
}
