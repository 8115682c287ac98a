package feedcore

import (
	"strings"
	"unicode/utf8"

	"meadow/services/platform/search"
)

// Bounds of what is remembered of the words in use, about 300 bytes each.
const (
	mostTold  = 150_000 // posts, products and authors, the latest
	mostWords = 100_000
	mostUsers = 16 // of one word that are told from each other
	wordUsers = 2  // a word is suggested once so many use it: nobody puts it there alone
)

// told is the latest that was heard of a post, a product or an author, and which
// words they use. It stays when they go, so that what is heard too late changes
// nothing.
type told struct {
	name    string
	by      string // who made it
	at, rev int64  // of the change; whichever is higher is newer
	gone    bool   // and at this revision for good
	uses    []use
}

// use is a word in something told. Counted is whether who made it is among the
// word's users.
type use struct {
	word    *word
	counted bool
}

// word is a topic, or a word of titles or searches.
type word struct {
	kind, key, text string
	posts           int            // and products
	users           map[string]int // who made those, of the first few, and how many each
	people          int64          // who search for it; 0 unless review lets it be shown
}

func (w *word) name() string { return w.kind + ":" + w.key }
func (w *word) unused() bool { return w.posts == 0 && w.people == 0 }

func (w *word) weight() float64 {
	if w.kind == hintTopic {
		return float64(w.posts)
	}
	return max(float64(w.posts)/2, 4*float64(w.people))
}

// tell takes in what is said now in the place of what was said before, and
// reports whether it is not older than that. Its caller holds mu.
func (h *hints) tell(next told, topics []string, title string) bool {
	was := h.told[next.name]
	if was != nil && was.after(next) {
		return false
	}
	if was == nil {
		was = &told{}
		h.told[next.name], h.queue = was, append(h.queue, was)
	}
	changed := map[*word]bool{}
	was.release(changed)
	*was = next
	if !next.gone {
		was.uses = h.uses(next.by, topics, title)
	}
	for _, u := range was.uses {
		changed[u.word] = true
	}
	for len(h.told) > mostTold {
		oldest := h.queue[0]
		h.queue[0], h.queue = nil, h.queue[1:]
		delete(h.told, oldest.name)
		oldest.release(changed)
	}
	for w := range changed {
		h.refresh(w)
	}
	return true
}

// after reports whether t is of a later change than next.
func (t *told) after(next told) bool {
	if t.at != next.at {
		return t.at > next.at
	}
	return t.rev > next.rev || t.rev == next.rev && t.gone && !next.gone
}

// release takes its words out of use.
func (t *told) release(changed map[*word]bool) {
	for _, u := range t.uses {
		u.word.posts--
		if u.counted {
			if u.word.users[t.by]--; u.word.users[t.by] == 0 {
				delete(u.word.users, t.by)
			}
		}
		changed[u.word] = true
	}
	t.uses = nil
}

// uses counts the topics and the words of a title.
func (h *hints) uses(by string, topics []string, title string) []use {
	var out []use
	add := func(kind, key, text string) {
		w := h.word(kind, key, text)
		if w == nil {
			return
		}
		u := use{word: w, counted: w.users[by] > 0 || len(w.users) < mostUsers}
		if w.posts++; u.counted {
			w.users[by]++
		}
		out = append(out, u)
	}
	seen := map[string]bool{"": true}
	for _, t := range topics {
		if key := searchKey(t); !seen[key] && utf8.RuneCountInString(t) <= longestHint {
			seen[key] = true
			add(hintTopic, key, strings.TrimLeft(t, "#＃ "))
		}
	}
	for _, w := range wordsOf(title) {
		add(hintSearch, w, w)
	}
	return out
}

// word returns a word, new or known; nil if there is no room for it.
func (h *hints) word(kind, key, text string) *word {
	w := &word{kind: kind, key: key, text: text, users: map[string]int{}}
	if known := h.words[w.name()]; known != nil {
		return known
	}
	if len(h.words) >= mostWords && !h.makeRoom() {
		return nil
	}
	h.words[w.name()] = w
	return w
}

// makeRoom lets go of the words that are not suggested; rarely, for it reads all.
func (h *hints) makeRoom() bool {
	const every = 1024
	if h.crowd++; h.crowd%every == 1 {
		for name, w := range h.words {
			if !h.suggests(w) {
				delete(h.words, name)
			}
		}
	}
	return len(h.words) < mostWords
}

// suggests reports whether a word completes what others type: several use it, or
// review says so, and review does not say no.
func (h *hints) suggests(w *word) bool {
	if w.unused() {
		return false
	}
	if allowed, judged := h.judged[w.name()]; judged {
		return allowed
	}
	other := hintTopic
	if w.kind == hintTopic {
		other = hintSearch
	}
	if allowed, judged := h.judged[other+":"+w.key]; judged && !allowed {
		return false
	}
	return len(w.users) >= wordUsers
}

// refresh makes what is suggested agree with what is known of a word.
func (h *hints) refresh(w *word) {
	if h.words[w.name()] != w { // it made room
		return
	}
	if w.unused() {
		delete(h.words, w.name())
	}
	if !h.suggests(w) {
		h.drop(w.kind, w.key)
		return
	}
	h.put(w.kind, w.key, w.text, func(x *hint) { x.weight = w.weight() })
}

// judge takes over which words may be shown and which may not, in the place of
// what was said of all words before.
func (h *hints) judge(allowed map[string]trendWord, denied []trendWord) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.judged
	h.judged = make(map[string]bool, len(allowed)+len(denied))
	for name, yes := range before {
		if w := h.words[name]; w != nil && yes {
			w.people = 0
		}
	}
	for _, t := range allowed {
		kind, key := t.hint()
		h.judged[kind+":"+key] = true
		if kind != hintSearch {
			continue
		}
		if w := h.word(kind, key, t.Text); w != nil {
			w.people = max(t.People, 1)
		}
	}
	for _, t := range denied {
		h.no(t.hint())
	}
	for name := range before {
		h.judgedAnew(name)
	}
	for name := range h.judged {
		h.judgedAnew(name)
	}
}

// deny drops a word at once.
func (h *hints) deny(t trendWord) {
	h.mu.Lock()
	defer h.mu.Unlock()
	kind, key := t.hint()
	h.no(kind, key)
	h.judgedAnew(kind + ":" + key)
}

func (h *hints) no(kind, key string) {
	h.judged[kind+":"+key] = false
	if w := h.words[kind+":"+key]; w != nil {
		w.people = 0
	}
}

// judgedAnew refreshes a word, whether it is a topic or not: what is said of one
// counts for the other.
func (h *hints) judgedAnew(name string) {
	_, key, _ := strings.Cut(name, ":")
	for _, kind := range []string{hintTopic, hintSearch} {
		if w := h.words[kind+":"+key]; w != nil {
			h.refresh(w)
		}
	}
}

// hint is how a word that trends is called here.
func (w trendWord) hint() (kind, key string) {
	if w.Kind == trendTopic {
		return hintTopic, searchKey(w.Text)
	}
	return hintSearch, searchKey(w.Text)
}

// spelt is a topic as posts bear it.
func (h *hints) spelt(key string) string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if w := h.words[hintTopic+":"+key]; w != nil {
		return w.text
	}
	return key
}

// wordsOf are the words of a title that somebody might search for: of four
// letters or more, or two to six characters that stand by themselves.
func wordsOf(title string) []string {
	const letters, most = 4, 12
	seen := map[string]bool{}
	var out []string
	add := func(w string) {
		if !seen[w] && len(out) < most {
			seen[w] = true
			out = append(out, w)
		}
	}
	run := ""
	flush := func() {
		if n := utf8.RuneCountInString(run); n >= 2 && n <= 6 {
			add(run)
		}
		run = ""
	}
	end := -1
	for _, w := range search.Words(title) {
		if !w.Solid || w.Start != end {
			flush()
		}
		end = w.End
		switch {
		case w.Solid:
			run += w.Term
		case utf8.RuneCountInString(w.Term) >= letters && strings.Trim(w.Term, "0123456789") != "":
			add(w.Term)
		}
	}
	flush()
	return out
}
