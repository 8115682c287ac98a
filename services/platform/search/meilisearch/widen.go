package meilisearch

import (
	"strings"

	"meadow/services/platform/search"
	"meadow/services/platform/search/pinyin"
)

// Letters that readings and initials begin with in the index. They belong to
// the Latin script, so that they stay in one word with what follows, and to no
// keyboard, so that "can" is not found in 餐 until that is what is asked for.
const readingSign, initialsSign = "ŋ", "ħ"

func signed(sign string, terms []string) string {
	var b strings.Builder
	for i, t := range terms {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(sign)
		b.WriteString(t)
	}
	return b.String()
}

// Passes that a question may take, each asked when the ones before found
// little.
const (
	asWritten   = iota
	asRead      // words of several syllables are read as Chinese
	asReadShort // and those of one, as many English ones are
	asInitials
	passes
)

// question is a text as one pass asks it.
type question struct {
	text string
	read []pinyin.Query // what was taken for Chinese
}

// ask is text without what Meilisearch reads as an operator: its words, in the
// order they have, and a gap where there was anything else or where the script
// changes.
func ask(text string, pass int) question {
	var out question
	var b strings.Builder
	var last search.Word
	all := search.Words(text)
	for i, w := range all {
		if b.Len() > 0 && (last.End != w.Start || last.Solid != w.Solid) {
			b.WriteByte(' ')
		}
		last = w
		if q, sign, ok := reading(w, pass, i == len(all)-1); ok {
			out.read = append(out.read, q)
			b.WriteString(signed(sign, q.Pieces))
			continue
		}
		b.WriteString(w.Term)
	}
	out.text = b.String()
	return out
}

func reading(w search.Word, pass int, last bool) (q pinyin.Query, sign string, ok bool) {
	switch {
	case w.Solid:
	case pass == asRead || pass == asReadShort:
		q, ok = pinyin.Read(w.Term, last)
		ok = ok && (q.Length > 1 || pass == asReadShort)
		sign = readingSign
	case pass == asInitials:
		q, ok = pinyin.ReadInitials(w.Term)
		sign = initialsSign
	}
	return q, sign, ok
}

// marksOf adds what q was read from to the marks that came with title.
func (q question) marksOf(title string, came [][2]int) [][2]int {
	if len(q.read) == 0 {
		return came
	}
	words := search.Words(title)
	hit := make([]bool, len(words))
	for i, w := range words {
		for _, m := range came {
			hit[i] = hit[i] || w.Start < m[1] && m[0] < w.End
		}
	}
	for _, r := range q.read {
		r.Mark(words, hit)
	}
	return search.Spans(words, hit)
}
