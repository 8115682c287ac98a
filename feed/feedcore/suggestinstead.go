package feedcore

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"meadow/services/platform/search"
)

// How many searches are offered where one found nothing.
const (
	mostInstead = 6
	popularOnes = 3 // of them at least this many that are only popular
)

// instead returns what to search for where a text finds nothing: what was
// probably meant, parts of it that are known, then what is popular.
func (h *hints) instead(text string) []string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	key := searchKey(text)
	var out []string
	add := func(s string, most int) {
		if k := searchKey(s); k != "" && k != key && len(out) < most && !slices.ContainsFunc(out, func(o string) bool { return searchKey(o) == k }) {
			out = append(out, s)
		}
	}
	add(h.corrected(key), mostInstead)
	for _, part := range h.parts(key, h.suggested) {
		add(part, mostInstead-popularOnes)
	}
	for _, t := range h.popularTopics(mostInstead) {
		add(t, mostInstead)
	}
	return out
}

// corrected is key with each word that is in no title replaced by the one most
// used that is hardly different; "" if there is none.
func (h *hints) corrected(key string) string {
	words, changed := strings.Fields(key), false
	for i, w := range words {
		if h.known(w) || utf8.RuneCountInString(w) < 4 || !isLatin(w) {
			continue
		}
		if better := h.nearest(w); better != "" {
			words[i], changed = better, true
		}
	}
	if !changed {
		return ""
	}
	return strings.Join(words, " ")
}

// known reports whether a word is in a title or a topic, and so no typo.
func (h *hints) known(w string) bool {
	return h.words[hintTopic+":"+w] != nil || h.words[hintSearch+":"+w] != nil
}

func (h *hints) suggested(w string) bool {
	return h.all[hintTopic+":"+w] != nil || h.all[hintSearch+":"+w] != nil
}

// nearest is the most used word, of those that are suggested, that is a typo or
// two away.
func (h *hints) nearest(w string) string {
	typos := 1
	if len(w) >= 7 {
		typos = 2
	}
	found, most := "", -1
	try := func(other string, n int) {
		if d := len(other) - len(w); d > typos || -d > typos || n < most || n == most && other > found {
			return
		}
		if search.Near(w, other, typos) {
			found, most = other, n
		}
	}
	for _, x := range h.all {
		if (x.kind == hintTopic || x.kind == hintSearch) && isLatin(x.text) {
			try(x.text, int(x.weight))
		}
	}
	return found
}

// parts are the stretches of key that are words of some sort, the longest first.
func (h *hints) parts(key string, is func(string) bool) []string {
	const longest = 6
	var out []string
	add := func(part string) {
		if is(part) && !slices.Contains(out, part) {
			out = append(out, part)
		}
	}
	for _, w := range strings.Fields(key) {
		add(w)
		r := []rune(w)
		if isLatin(w) {
			continue
		}
		for n := min(longest, len(r)); n >= 2; n-- {
			for i := 0; i+n <= len(r); i++ {
				add(string(r[i : i+n]))
			}
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return out
}

// popularTopics are the topics that most posts have.
func (h *hints) popularTopics(n int) []string {
	var top []match
	for _, x := range h.all {
		if x.kind != hintTopic || len(top) == n && x.weight < top[n-1].score {
			continue
		}
		top = append(top, match{x, x.weight})
		best(top)
		top = top[:min(len(top), n)]
	}
	out := make([]string, len(top))
	for i, m := range top {
		out[i] = m.hint.text
	}
	return out
}
