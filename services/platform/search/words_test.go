package search_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"meadow/services/platform/search"
)

func TestATextIsTakenApartAsItsReadersWould(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"":                       "",
		"Running Shoes":          "running shoes",
		"防晒霜SPF50+":              "防 晒 霜 spf 50",
		"iPhone15手机壳":            "iphone 15 手 机 壳",
		"L'Oréal women's serum":  "loréal women serum",
		"L’Oréal women’s":        "loréal women",
		"don't 'quote' dogs'":    "dont quote dogs",
		"ＡＢＣ１２３":                 "abc 123",
		"猫🐱!!":                   "猫 🐱",
		"👍🏽 ok":                  "👍 ok",
		"- + \" ' : ( ) ~ * ?":   "",
		"rock'n'roll":            "rocknroll",
		"\x00a\x00b\xffc":        "a b c",
		"コーヒー":                   "コ ー ヒ ー",
		"naïve cafe\u0301":       "naïve cafe\u0301",
		strings.Repeat("x", 500): strings.Repeat("x", 64),
	}
	for text, want := range cases {
		var got []string
		for _, w := range search.Words(text) {
			got = append(got, w.Term)
		}
		if d := cmp.Diff(want, strings.Join(got, " ")); d != "" {
			t.Errorf("%q: %s", text, d)
		}
	}
}

func TestWordsLieInTheTextInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		at := 0
		for _, w := range search.Words(text) {
			if w.Term == "" || w.Start < at || w.End <= w.Start || w.End > len(text) {
				t.Fatalf("%+v after %d in %q", w, at, text)
			}
			if !utf8.ValidString(text[w.Start:w.End]) || !utf8.ValidString(w.Term) {
				t.Fatalf("%+v cuts a character of %q", w, text)
			}
			at = w.End
		}
	})
}

func TestACursorContinuesItsOwnQuestionOnly(t *testing.T) {
	t.Parallel()
	q := search.Query{Text: "tea", Facets: []string{"category:drinks"}}
	next, err := q.Cursor(7)
	if err != nil {
		t.Fatal(err)
	}
	q.After = next
	var at int
	if err := q.Resume(&at); err != nil || at != 7 {
		t.Fatalf("got %d, %v, want 7", at, err)
	}
	other := search.Query{Text: "coffee", After: next}
	if err := other.Resume(&at); err == nil {
		t.Error("a cursor of another question was taken")
	}
	for _, bad := range []string{"!", "e30", "bnVsbA", next[:len(next)/2]} {
		q.After = bad
		if err := q.Resume(&at); err == nil {
			t.Errorf("%q was taken for a cursor", bad)
		}
	}
}
