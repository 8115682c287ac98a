// Package pinyin lets Chinese be found by how it sounds: what a text is read as
// in Latin letters without tones, for an index, and whether a word that was
// typed is such a reading, for a query. Both sides cut readings into pieces of
// a few syllables, so that any part of a text is found.
package pinyin

import (
	"strings"

	dict "github.com/mozillazg/go-pinyin"

	"meadow/services/platform/search"
)

const (
	maxPiece    = 3   // syllables
	maxInitials = 4   // letters
	maxHan      = 300 // characters of a text that are read
)

// Readings returns how r may be read, the usual way first; none if it is not a
// Chinese character.
func Readings(r rune) []string {
	first, _, _ := strings.Cut(dict.PinyinDict[int(r)], ",")
	if first == "" {
		return nil
	}
	out := []string{plain(first)}
	for other := range strings.FieldsSeq(others(r)) {
		if other != out[0] {
			out = append(out, other)
		}
	}
	return out
}

// plain takes the tone off a syllable, and writes ü as v, as keyboards do.
func plain(syllable string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case 'ā', 'á', 'ǎ', 'à':
			return 'a'
		case 'ē', 'é', 'ě', 'è', 'ê':
			return 'e'
		case 'ī', 'í', 'ǐ', 'ì':
			return 'i'
		case 'ō', 'ó', 'ǒ', 'ò':
			return 'o'
		case 'ū', 'ú', 'ǔ', 'ù':
			return 'u'
		case 'ü', 'ǖ', 'ǘ', 'ǚ', 'ǜ':
			return 'v'
		case 'ń', 'ň', 'ǹ':
			return 'n'
		case 'ḿ':
			return 'm'
		}
		if 'a' <= r && r <= 'z' {
			return r
		}
		return -1 // a tone on its own
	}, syllable)
}

// runs are the stretches of Chinese characters in words, as indexes of words.
func runs(words []search.Word) [][2]int {
	var out [][2]int
	han := 0
	for i, w := range words {
		if !w.Solid || len(readingsOf(w)) == 0 {
			continue
		}
		if han++; han > maxHan {
			break
		}
		if last := len(out) - 1; last >= 0 && out[last][1] == i && words[i-1].End == w.Start {
			out[last][1]++
			continue
		}
		out = append(out, [2]int{i, i + 1})
	}
	return out
}

func readingsOf(w search.Word) []string {
	for _, r := range w.Term {
		return Readings(r)
	}
	return nil
}

// Grams returns every piece of text's reading, of one to three syllables.
func Grams(text string) []string {
	return gather(text, maxPiece, func(w search.Word) []string { return readingsOf(w) })
}

// Pairs returns how every two characters that follow each other in text are
// read: what is enough of a long text.
func Pairs(text string) []string {
	var out []string
	words := search.Words(text)
	seen := map[string]bool{}
	for _, run := range runs(words) {
		for i := run[0] + 1; i < run[1]; i++ {
			for _, p := range extend(readingsOf(words[i-1]), readingsOf(words[i])) {
				if !seen[p] {
					seen[p] = true
					out = append(out, p)
				}
			}
		}
	}
	return out
}

// Initials returns the first letters of every two to four characters that
// follow each other in text.
func Initials(text string) []string {
	var out []string
	for _, g := range gather(text, maxInitials, firstLetters) {
		if len(g) > 1 {
			out = append(out, g)
		}
	}
	return out
}

func firstLetters(w search.Word) []string {
	var out []string
	for _, s := range readingsOf(w) {
		if first := s[:1]; len(out) == 0 || out[0] != first {
			out = append(out, first)
		}
	}
	return out
}

// gather joins what syllables are read as, for every stretch of at most long.
func gather(text string, long int, read func(search.Word) []string) []string {
	words := search.Words(text)
	seen := map[string]bool{}
	var out []string
	for _, run := range runs(words) {
		for i := run[0]; i < run[1]; i++ {
			grown := []string{""}
			for j := i; j < min(i+long, run[1]); j++ {
				grown = extend(grown, read(words[j]))
				for _, g := range grown {
					if !seen[g] {
						seen[g] = true
						out = append(out, g)
					}
				}
			}
		}
	}
	return out
}

// extend is each of heads with each of tails behind it.
func extend(heads, tails []string) []string {
	out := make([]string, 0, len(heads)*len(tails))
	for _, h := range heads {
		for _, t := range tails {
			out = append(out, h+t)
		}
	}
	return out
}

// Full is how text is read as a whole, with everything else left as it is in
// small letters and without gaps; Short is the first letters of that.
func Full(text string) string { return whole(text, func(s string) string { return s }) }

// Short is the initials of text.
func Short(text string) string { return whole(text, func(s string) string { return s[:1] }) }

func whole(text string, of func(string) string) string {
	var b strings.Builder
	for _, w := range search.Words(text) {
		if r := readingsOf(w); w.Solid && len(r) > 0 {
			b.WriteString(of(r[0]))
		} else {
			b.WriteString(w.Term)
		}
	}
	return b.String()
}
