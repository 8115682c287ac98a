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
	for _, run := range p.runs {
		markRun(words, run, hit)
	}
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

func (p plan) marksWord(a wordAnalyzer, term string) bool {
	plain := a.plain(term)
	stem := a.stem(plain)
	return slices.ContainsFunc(p.words, func(m wordMatch) bool {
		return plain == m.term || stem == m.stem ||
			m.start && strings.HasPrefix(plain, m.term) ||
			m.typo && (near(plain, m.term) || near(stem, m.term))
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

// near reports whether one letter more, less, other or swapped with its
// neighbour makes a of b.
func near(a, b string) bool {
	x, y := []rune(a), []rune(b)
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	if len(x) == 2 && len(y) == 2 {
		return x[0] == y[1] && x[1] == y[0]
	}
	return len(x) <= 1 && len(y) <= 1
}
