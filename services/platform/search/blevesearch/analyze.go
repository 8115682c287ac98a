package blevesearch

import (
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/char/asciifolding"
	"github.com/blevesearch/bleve/v2/analysis/token/porter"

	"meadow/services/platform/search"
)

// gramAnalyzer yields the characters of unspaced scripts and their pairs.
type gramAnalyzer struct{}

func (gramAnalyzer) Analyze(b []byte) analysis.TokenStream {
	var out analysis.TokenStream
	var last search.Word
	for _, w := range search.Words(string(b)) {
		if !w.Solid {
			continue
		}
		out = append(out, token(w.Term, len(out)+1))
		if last.Term != "" && last.End == w.Start {
			out = append(out, token(last.Term+w.Term, len(out)+1))
		}
		last = w
	}
	return out
}

// termAnalyzer yields what it makes of a text.
type termAnalyzer func(string) []string

func (f termAnalyzer) Analyze(b []byte) analysis.TokenStream {
	terms := f(string(b))
	out := make(analysis.TokenStream, len(terms))
	for i, t := range terms {
		out[i] = token(t, i+1)
	}
	return out
}

// wordAnalyzer yields the words of spaced scripts without accents, and their
// English stems beside them.
type wordAnalyzer struct {
	accents *asciifolding.AsciiFoldingFilter
	stemmer *porter.PorterStemmer
}

func newWordAnalyzer() wordAnalyzer {
	return wordAnalyzer{accents: asciifolding.New(), stemmer: porter.NewPorterStemmer()}
}

func (a wordAnalyzer) Analyze(b []byte) analysis.TokenStream {
	var out analysis.TokenStream
	for _, w := range search.Words(string(b)) {
		if w.Solid {
			continue
		}
		plain := a.plain(w.Term)
		out = append(out, token(plain, len(out)+1))
		if stem := a.stem(plain); stem != plain {
			out = append(out, token(stem, len(out)+1))
		}
	}
	return out
}

// plain takes the accents off.
func (a wordAnalyzer) plain(term string) string {
	for i := range len(term) {
		if term[i] >= utf8.RuneSelf {
			return string(a.accents.Filter([]byte(term)))
		}
	}
	return term
}

// stem is what an English word has in common with its plural and its other
// forms. It is made shorter or left alone.
func (a wordAnalyzer) stem(term string) string {
	if len(term) < 3 {
		return term
	}
	out := a.stemmer.Filter(analysis.TokenStream{token(term, 1)})
	return string(out[0].Term)
}

func token(term string, at int) *analysis.Token {
	return &analysis.Token{Term: []byte(term), Position: at, Type: analysis.AlphaNumeric}
}
