package feedcore

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"meadow/feed"
	"meadow/services/kernel/errs"
	"meadow/services/platform/search"
	"meadow/services/platform/search/pinyin"
)

// How many suggestions there are, and of one kind at most.
const (
	mostSuggestions = 10
	mostProducts    = 4
	mostCreators    = 3
	mostTyped       = 60
)

// Suggest completes what is being typed, from memory.
func (c *Core) Suggest(_ context.Context, in feed.AskSuggest) (feed.Suggestions, error) {
	out := feed.Suggestions{Items: []feed.Suggestion{}}
	typed := []rune(oneLine(in.Text))
	if len(typed) == 0 {
		return out, errs.ErrInvalid.With("q", "is required")
	}
	text := string(typed[:min(len(typed), mostTyped)])
	for _, x := range c.find.hints.complete(text, mostSuggestions) {
		out.Items = append(out.Items, feed.Suggestion{Text: x.text, Kind: x.kind, ID: x.id, Marks: typedMarks(x.text, text)})
	}
	return out, nil
}

// complete returns the best n hints for what is typed, few of one kind.
func (h *hints) complete(typed string, n int) []hint {
	key := searchKey(typed)
	if key == "" {
		return nil
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	var top topHints
	any := func(*hint) bool { return true }
	h.begun(&top, key, any)
	if joined := strings.ReplaceAll(key, " ", ""); joined != key && isLatin(joined) {
		h.begun(&top, joined, any) // pinyin with gaps
	}
	if words := strings.Fields(key); len(top.all) < n && len(words) > 1 {
		last := len(words) - 1
		h.begun(&top, words[last], func(x *hint) bool { return holds(x.key, words[:last]) })
	}
	best(top.all)
	var out []hint
	kinds, seen := map[string]int{}, map[string]bool{}
	for _, m := range top.all {
		x := *m.hint
		name := x.key
		if seen[name] && x.id == "" || x.id != "" && seen[x.id] {
			continue
		}
		if kinds[x.kind]++; x.kind == hintProduct && kinds[x.kind] > mostProducts || x.kind == hintCreator && kinds[x.kind] > mostCreators {
			continue
		}
		seen[name], seen[x.id] = true, true
		if out = append(out, x); len(out) == n {
			break
		}
	}
	return out
}

// holds reports whether all of words are in a key.
func holds(key string, words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(key, w) })
}

func isLatin(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < 'a' || r > 'z' }) < 0
}

// typedMarks are the parts of a text that were typed, in characters: as they are
// written, or else as they are read.
func typedMarks(text, typed string) [][2]int {
	words, want := search.Words(text), search.Words(typed)
	if m, ok := typedAt(words, want); ok {
		return inCharacters(text, [][2]int{m})
	}
	key := strings.ReplaceAll(searchKey(typed), " ", "")
	hit := make([]bool, len(words))
	if q, ok := pinyin.Read(key, true); ok {
		q.Mark(words, hit)
	} else {
		for i, w := range want {
			for j, x := range words {
				hit[j] = hit[j] || x.Term == w.Term || i == len(want)-1 && strings.HasPrefix(x.Term, w.Term)
			}
			if q, ok := pinyin.Read(w.Term, i == len(want)-1); ok && !w.Solid {
				q.Mark(words, hit)
			}
		}
	}
	if q, ok := pinyin.ReadInitials(key); ok && !slices.Contains(hit, true) {
		q.Mark(words, hit)
	}
	return inCharacters(text, search.Spans(words, hit))
}

// typedAt finds want in words as it is written.
func typedAt(words, want []search.Word) (mark [2]int, ok bool) {
	for at := 0; at+len(want) <= len(words) && len(want) > 0; at++ {
		if n := typedLength(words[at:], want); n > 0 {
			return [2]int{words[at].Start, words[at].Start + n}, true
		}
	}
	return mark, false
}

// typedLength is how many bytes, from the first of words on, are want;
// the last of want may be only the beginning of a word. It is 0 if they are not.
func typedLength(words, want []search.Word) int {
	for i, w := range want {
		term := words[i].Term
		switch {
		case term == w.Term:
		case i == len(want)-1 && strings.HasPrefix(term, w.Term):
			n := len(w.Term)
			if words[i].End-words[i].Start == len(term) { // nothing was folded to another length
				return words[i].Start + n - words[0].Start
			}
			return words[i].End - words[0].Start
		default:
			return 0
		}
	}
	return words[len(want)-1].End - words[0].Start
}

// inCharacters turns marks in bytes of text into marks in characters.
func inCharacters(text string, marks [][2]int) [][2]int {
	out := make([][2]int, 0, len(marks))
	at, n := 0, 0
	count := func(to int) int {
		for at < to {
			_, size := utf8.DecodeRuneInString(text[at:])
			at += size
			n++
		}
		return n
	}
	for _, m := range marks {
		from := count(m[0])
		out = append(out, [2]int{from, count(m[1])})
	}
	return out
}
