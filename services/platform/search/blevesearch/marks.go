package blevesearch

import (
	"slices"
	"strings"

	"meadow/services/platform/search"
)

// marks finds the parts of title that p matches.
func (p plan) marks(title string) [][2]int {
	if p.empty() {
		return nil
	}
	words := search.Words(title)
	hit := make([]bool, len(words))
	a := newWordAnalyzer()
	for i, w := range words {
		if !w.Solid {
			hit[i] = p.marksWord(a, w.Term)
		}
	}
	for _, m := range p.words {
		if m.reading != nil {
			m.reading.Mark(words, hit)
		}
	}
	for _, run := range p.runs {
		markRun(words, run, hit)
	}
	return search.Spans(words, hit)
}

func (p plan) marksWord(a wordAnalyzer, term string) bool {
	plain := a.plain(term)
	stem := a.stem(plain)
	return slices.ContainsFunc(p.words, func(m wordMatch) bool {
		return plain == m.term || stem == m.stem ||
			m.start && strings.HasPrefix(plain, m.term) ||
			m.typos > 0 && (search.Near(plain, m.term, m.typos) || search.Near(stem, m.term, m.typos))
	})
}

// markRun marks where two characters of run follow each other, or the one
// character that run is.
func markRun(words []search.Word, run []string, hit []bool) {
	for i, w := range words {
		if !w.Solid {
			continue
		}
		if len(run) == 1 {
			hit[i] = hit[i] || w.Term == run[0]
			continue
		}
		if i == 0 || !words[i-1].Solid || words[i-1].End != w.Start {
			continue
		}
		for j := 1; j < len(run); j++ {
			if words[i-1].Term == run[j-1] && w.Term == run[j] {
				hit[i-1], hit[i] = true, true
			}
		}
	}
}
