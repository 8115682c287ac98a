package moderationcore

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// folded is text as rules compare it: compatibility forms, case, marks, zero
// width characters and letters that only look Latin are gone. Words of scripts
// without spaces stand apart from others.
type folded struct {
	plain  string // with its punctuation
	spaced string // words between single spaces, one at each end
	joined string // the same, without what stands within a word
	merged string // the same, single letters in a row being one word
	solid  string // letters and digits only
}

// fold returns text as rules compare it.
func fold(text string) folded {
	plain := plainly(text)
	f := folded{plain: plain, spaced: words(plain), joined: words(strings.Map(inWord, plain))}
	f.merged = merge(f.joined)
	f.solid = strings.ReplaceAll(f.spaced, " ", "")
	return f
}

// has reports whether a folded word or phrase is in the text. One of a script
// without spaces is found anywhere, another only as whole words.
func (f folded) has(word folded) bool {
	if word.solid == "" {
		return false
	}
	if strings.ContainsFunc(word.solid, unspaced) {
		return strings.Contains(f.solid, word.solid)
	}
	whole := " " + word.solid + " "
	return strings.Contains(f.spaced, word.spaced) || strings.Contains(f.joined, whole) || strings.Contains(f.merged, whole)
}

// plainly takes away what does not change how text reads.
func plainly(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	var base rune // that marks stand on
	for _, r := range norm.NFKD.String(text) {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me):
			if marksMatter(base) {
				b.WriteRune(r)
			}
			continue
		case unicode.IsSpace(r):
			r = ' '
		case unicode.In(r, unicode.Cf, unicode.Cc, unicode.Co) || r == utf8.RuneError:
			continue
		}
		base = r
		if latin, ok := lookalikes[r]; ok {
			r = latin
		}
		b.WriteRune(r)
	}
	return norm.NFC.String(cases.Fold().String(b.String()))
}

// marksMatter reports whether marks on r make another letter, as in kana and
// Indic scripts, and are not decoration.
func marksMatter(r rune) bool {
	return unicode.IsLetter(r) && !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Han)
}

// lookalikes are letters of other scripts that are used to spell Latin words.
var lookalikes = map[rune]rune{
	'а': 'a', 'в': 'b', 'е': 'e', 'к': 'k', 'м': 'm', 'н': 'h', 'о': 'o', 'р': 'p', 'с': 'c', 'т': 't', 'у': 'y', 'х': 'x', 'і': 'i', 'ѕ': 's', 'ј': 'j',
	'А': 'a', 'В': 'b', 'Е': 'e', 'К': 'k', 'М': 'm', 'Н': 'h', 'О': 'o', 'Р': 'p', 'С': 'c', 'Т': 't', 'У': 'y', 'Х': 'x', 'І': 'i', 'Ѕ': 's', 'Ј': 'j',
	'α': 'a', 'ε': 'e', 'ι': 'i', 'κ': 'k', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'τ': 't', 'υ': 'u', 'χ': 'x',
}

// unspaced reports whether r is of a script that puts no spaces between words.
func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer)
}

// words puts single spaces between what are words, and around them.
func words(text string) string {
	var b strings.Builder
	b.Grow(len(text) + 2)
	b.WriteByte(' ')
	apart, wide := true, false // the last byte is a space; the last letter was unspaced
	for _, r := range text {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r)
		if !apart && (!letter || unspaced(r) != wide) {
			b.WriteByte(' ')
			apart = true
		}
		if letter {
			wide = unspaced(r)
			b.WriteRune(r)
			apart = false
		}
	}
	if !apart {
		b.WriteByte(' ')
	}
	return b.String()
}

// inWord drops what is put between the letters of a word to hide it. What ends a
// sentence or a part of one stays.
func inWord(r rune) rune {
	if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r) || unicode.IsSpace(r) || strings.ContainsRune(",;:!?()[]{}<>\"、。…", r) {
		return r
	}
	return -1
}

// merge makes one word of single letters in a row.
func merge(spaced string) string {
	var b strings.Builder
	b.Grow(len(spaced))
	b.WriteByte(' ')
	single := false
	for word := range strings.FieldsSeq(spaced) {
		r, n := utf8.DecodeRuneInString(word)
		alone := n == len(word) && !unspaced(r)
		if b.Len() > 1 && !(single && alone) {
			b.WriteByte(' ')
		}
		b.WriteString(word)
		single = alone
	}
	if b.Len() > 1 {
		b.WriteByte(' ')
	}
	return b.String()
}
