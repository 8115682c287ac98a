package moderationcore

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"meadow/services/moderation"
)

// disguise spells a word so that people still read it.
func disguise(t *rapid.T, word string) string {
	between := rapid.SampledFrom([]string{"", "", "", "\u200b", "\u2060", ".", "-", "*", "_", "\ufe0f", "\u00ad"})
	shape := rapid.SampledFrom([]func(rune) string{
		func(r rune) string { return string(r) },
		func(r rune) string { return strings.ToUpper(string(r)) },
		func(r rune) string { return string(r) + "\u0336" },
		func(r rune) string { return string(r) + "\u0301\u0301" },
		func(r rune) string {
			if r >= 'a' && r <= 'z' {
				return string(r - 'a' + '\uff41')
			}
			return string(r)
		},
		func(r rune) string {
			for look, latin := range lookalikes {
				if latin == r && unicode.IsLower(look) {
					return string(look)
				}
			}
			return string(r)
		},
	})
	var b strings.Builder
	for i, r := range word {
		if i > 0 {
			b.WriteString(between.Draw(t, "between"))
		}
		b.WriteString(shape.Draw(t, "shape")(r))
	}
	return b.String()
}

func TestADisguisedWordIsFoundAndItsPartsAreNot(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringOfN(rapid.RuneFrom([]rune("abcdefghijklmnopqrstuvwxyz")), 4, 12, -1).Draw(t, "word")
		around := rapid.SampledFrom([]string{" ", "! ", " (", "，", "好", "\n"})
		text := "We say" + around.Draw(t, "before") + disguise(t, word) + around.Draw(t, "after") + "2030"
		if !fold(text).has(fold(word)) {
			t.Fatalf("%q is not found in %q: %+v", word, text, fold(text))
		}
		if longer := "We say " + word + "zq 2030"; fold(longer).has(fold(word)) {
			t.Fatalf("%q is found in %q", word, longer)
		}
		if spaced := strings.Join(strings.Split(word, ""), " "); !fold("We say: " + spaced + ", 2030").has(fold(word)) {
			t.Fatalf("%q is not found in %q", word, spaced)
		}
	})
}

func TestAWordOfAScriptWithoutSpacesIsFoundAnywhere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringOfN(rapid.RuneFrom([]rune("微信加好友代购优惠券が")), 2, 5, -1).Draw(t, "word")
		between := rapid.SampledFrom([]string{"", " ", "·", "\u200b", "…", "🙂"}).Draw(t, "between")
		text := "大家" + strings.Join(strings.Split(word, ""), between) + "吧ok"
		if !fold(text).has(fold(word)) {
			t.Fatalf("%q is not found in %q", word, text)
		}
	})
}

func TestAddressesAreFoundAndSentencesAreNone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                          nil,
		"It was great.Thanks":       nil,
		"v1.2.3 costs 3.50":         nil,
		"mail me@example.com":       nil,
		"https://Example.example/x": {"example.example"},
		"www.shop.com,buy.cn":       {"shop.com", "buy.cn"},
		"ｗｗｗ．ｓｈｏｐ．ｃｏｍ":              {"shop.com"},
		"shop。com and shop[.]net or shop(dot)io": {"shop.com", "shop.net", "shop.io"},
		"sh\u200bop.com": {"shop.com"},
	} {
		if got := linksOf(fold(text).plain); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// FuzzRules looks for text that a rule cannot bear, and for folding that is not
// done once for all.
func FuzzRules(f *testing.F) {
	for _, s := range []string{"", "a", "加微信 vx123456", "\xff\xfe", "é\u0301\u0301", "👩‍👩‍👧‍👦", strings.Repeat("a.", 500), "ß İ ǅ ﷺ", "が", "한국어", "𝔘𝔫𝔦", "https://a.b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := read(moderation.Post, s)
		for _, r := range table {
			if r.fires != nil {
				r.fires(moderation.Facts{Text: s}, n)
			}
		}
		for _, w := range []string{n.text.spaced, n.text.joined, n.text.merged} {
			if strings.Contains(w, "  ") || !strings.HasPrefix(w, " ") || !strings.HasSuffix(w, " ") {
				t.Errorf("%q has words %q", s, w)
			}
		}
		if n.text.solid != "" && !n.text.has(n.text) {
			t.Errorf("%q is not in itself: %+v", s, n.text)
		}
	})
}
