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
			m.typos > 0 && (near(plain, m.term, m.typos) || near(stem, m.term, m.typos))
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

// near reports whether so many times one letter more, less, other or swapped
// with its neighbour makes a of b.
func near(a, b string, typos int) bool {
	x, y := []rune(a), []rune(b)
	if d := len(x) - len(y); d > typos || -d > typos {
		return false
	}
	// Rows of the table of distances between beginnings of x and of y.
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			other := 1
			if x[i-1] == y[j-1] {
				other = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+other)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)] <= typos
}
