package search

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Word is the smallest thing that a text is searched by: a word of a script
// that puts spaces between words, a number, or one character of a script that
// does not (Han, Kana, Thai, …) or of no script at all, such as an emoji.
type Word struct {
	Term       string // folded: lower case, ordinary width
	Start, End int    // bytes in the text
	Solid      bool   // one character of a text without spaces
}

// maxTerm bounds a term in bytes; what is longer was not written by a person.
const maxTerm = 64

// Words takes text apart. Letters and digits are apart too, so that "SPF50"
// and "spf 50" are the same words. Apostrophes join ("l'oréal") and a
// possessive 's is dropped.
func Words(text string) []Word {
	s := splitter{text: text}
	for i, r := range text {
		s.take(i, r, utf8.RuneLen(r))
	}
	s.flush()
	return s.out
}

// Spans are the parts of the text that the words with a hit stand on, as pairs
// of [start, end) in bytes; those that touch are one.
func Spans(words []Word, hit []bool) [][2]int {
	var out [][2]int
	for i, w := range words {
		switch {
		case !hit[i]:
		case len(out) > 0 && out[len(out)-1][1] == w.Start:
			out[len(out)-1][1] = w.End
		default:
			out = append(out, [2]int{w.Start, w.End})
		}
	}
	return out
}

type class uint8

const (
	gap class = iota
	letter
	digit
	mark // continues a letter or a character, and is nothing alone
	quote
	solid
)

type splitter struct {
	text  string
	out   []Word
	term  strings.Builder
	start int
	end   int
	cur   class
}

func (s *splitter) take(at int, r rune, size int) {
	c := classOf(r)
	switch {
	case c == solid:
		s.flush()
		s.out = append(s.out, Word{Term: string(fold(r)), Start: at, End: at + size, Solid: true})
	case c == mark && s.cur == letter:
		s.add(at, r, size)
	case c == mark && len(s.out) > 0 && s.cur == gap && s.out[len(s.out)-1].End == at:
		s.out[len(s.out)-1].End = at + size // a vowel sign or an emoji's colour
	case c == quote && s.cur == letter:
		// Joined by whatever letter follows; ends the word otherwise.
		if rest := s.text[at+size:]; possessive(rest) {
			s.flush()
			s.cur = quote
			return
		}
		if next, _ := utf8.DecodeRuneInString(s.text[at+size:]); classOf(next) != letter {
			s.flush()
		}
	case c == letter && s.cur == quote:
		// The s of a possessive.
		s.cur = gap
	case c == letter || c == digit:
		if s.cur != c {
			s.flush()
			s.start, s.cur = at, c
		}
		s.add(at, r, size)
	default:
		s.flush()
	}
}

func (s *splitter) add(at int, r rune, size int) {
	s.end = at + size
	if s.term.Len()+size <= maxTerm {
		s.term.WriteRune(fold(r))
	}
}

func (s *splitter) flush() {
	if s.term.Len() > 0 {
		s.out = append(s.out, Word{Term: s.term.String(), Start: s.start, End: s.end})
	}
	s.term.Reset()
	s.cur = gap
}

// possessive reports whether rest begins with the s that ends a word.
func possessive(rest string) bool {
	if !strings.HasPrefix(rest, "s") && !strings.HasPrefix(rest, "S") {
		return false
	}
	next, _ := utf8.DecodeRuneInString(rest[1:])
	c := classOf(next)
	return c != letter && c != digit && c != mark
}

func classOf(r rune) class {
	r = fold(r)
	switch {
	case r < utf8.RuneSelf:
		return classOfASCII(r)
	case r == utf8.RuneError:
		return gap
	case r == '\u2019':
		return quote
	case unicode.In(r, unicode.Mn, unicode.Mc, unicode.Sk):
		return mark
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) && unicode.IsLetter(r):
		return solid
	case r == 'ー' || r == '々':
		return solid
	case unicode.IsLetter(r):
		return letter
	case unicode.IsDigit(r):
		return digit
	case unicode.Is(unicode.So, r):
		return solid
	}
	return gap
}

func classOfASCII(r rune) class {
	switch {
	case 'a' <= r && r <= 'z':
		return letter
	case '0' <= r && r <= '9':
		return digit
	case r == '\'':
		return quote
	}
	return gap
}

// fold lowers r and gives a full-width form its ordinary width.
func fold(r rune) rune {
	if '\uff01' <= r && r <= '\uff5e' {
		r -= 0xfee0
	}
	return unicode.ToLower(r)
}
