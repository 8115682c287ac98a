package feedcore

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"meadow/services/kernel/id"
	"meadow/services/platform/search"
	"meadow/services/platform/search/pinyin"
)

// Kinds of a suggestion.
const (
	hintSearch  = "search"
	hintTopic   = "topic"
	hintProduct = "product"
	hintCreator = "creator"
)

// Bounds of what is kept to complete words, about 400 bytes a hint.
const (
	mostHints   = 200_000
	mostWords   = 50_000
	mostFresh   = 2048 // keys that are not in order yet
	longestHint = 40   // characters
	wordPosts   = 2    // a word is suggested once it is in so many titles
)

// hint is something that may complete what is typed.
type hint struct {
	text, kind, id string
	key            string  // its text as searches are compared
	weight         float64 // how many use it
	usage          float64 // its logarithm
	gone           bool
}

// way is how a key leads to its hint; the less, the better.
type way uint8

const (
	asBegun    way = iota // the beginning of its text
	asInside              // the beginning of a word in it
	asSounding            // how its text is read
	asSoundingInside
	asLetters // what its characters' readings begin with
)

type hintKey struct {
	text string
	way  way
	hint *hint
}

// hints finds what completes a few letters. Keys are in order, but for the
// latest, which are looked through; they are put in order when they are many.
type hints struct {
	mu    sync.RWMutex // guards all below
	all   map[string]*hint
	keys  []hintKey // in order
	fresh []hintKey
	words map[string]int // words of titles, by how many of them
}

func newHints() *hints { return &hints{all: map[string]*hint{}, words: map[string]int{}} }

// put makes or changes a hint. Its caller holds mu.
func (h *hints) put(kind, key, text string, change func(*hint)) {
	text = oneLine(text)
	name := kind + ":" + key
	was := h.all[name]
	if was != nil && was.text == text {
		was.gone = false
		was.use(change)
		return
	}
	next := &hint{text: text, kind: kind, id: key, key: searchKey(text)}
	if was != nil {
		was.gone = true
		next.weight = was.weight
	}
	if kind == hintTopic || kind == hintSearch {
		next.id = ""
	}
	if text == "" || was == nil && len(h.all) >= mostHints {
		return
	}
	next.use(change)
	h.all[name] = next
	h.fresh = append(h.fresh, keysOf(next)...)
	if len(h.fresh) > max(mostFresh, len(h.keys)/16) {
		h.sort()
	}
}

func (x *hint) use(change func(*hint)) {
	change(x)
	x.usage = math.Log2(1 + x.weight)
}

func (h *hints) drop(kind, key string) {
	if was := h.all[kind+":"+key]; was != nil {
		was.gone = true
		delete(h.all, kind+":"+key)
	}
}

// sort puts the fresh keys among the others. Its caller holds mu.
func (h *hints) sort() {
	byText := func(a, b hintKey) int { return strings.Compare(a.text, b.text) }
	slices.SortFunc(h.fresh, byText)
	out := make([]hintKey, 0, len(h.keys)+len(h.fresh))
	a, b := h.keys, h.fresh
	for len(a) > 0 || len(b) > 0 {
		var next hintKey
		if len(b) == 0 || len(a) > 0 && byText(a[0], b[0]) <= 0 {
			next, a = a[0], a[1:]
		} else {
			next, b = b[0], b[1:]
		}
		if !next.hint.gone {
			out = append(out, next)
		}
	}
	h.keys, h.fresh = out, h.fresh[:0]
}

// keysOf are the beginnings by which a hint is found: of its text and of each
// word in it, as it is written and as it is read.
func keysOf(x *hint) []hintKey {
	out := []hintKey{{text: x.key, way: asBegun, hint: x}}
	words := search.Words(x.text)
	chinese := slices.ContainsFunc(words, func(w search.Word) bool { return w.Solid })
	if chinese {
		out = append(out, hintKey{text: pinyin.Full(x.text), way: asSounding, hint: x},
			hintKey{text: pinyin.Short(x.text), way: asLetters, hint: x})
	}
	short := utf8.RuneCountInString(x.text) <= 8
	for i, w := range words {
		begins := i > 0 && (words[i-1].End != w.Start || words[i-1].Solid != w.Solid || short)
		if !begins || len(out) > 24 {
			continue
		}
		rest := x.text[w.Start:]
		out = append(out, hintKey{text: searchKey(rest), way: asInside, hint: x})
		if chinese {
			out = append(out, hintKey{text: pinyin.Full(rest), way: asSoundingInside, hint: x})
		}
	}
	return out
}

// post takes in a post's topics and the words of its title.
func (h *hints) post(p post) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range p.Topics {
		if key := searchKey(t); key != "" && utf8.RuneCountInString(t) <= longestHint {
			h.put(hintTopic, key, strings.TrimLeft(t, "#＃ "), func(x *hint) { x.weight++ })
		}
	}
	h.title(p.Title)
}

// title counts the words of a title, and suggests those that are in several. Its
// caller holds mu.
func (h *hints) title(title string) {
	for _, w := range wordsOf(title) {
		if h.words[w] == 0 && len(h.words) >= mostWords {
			for other, n := range h.words {
				if n < wordPosts {
					delete(h.words, other)
				}
			}
			if len(h.words) >= mostWords {
				continue
			}
		}
		h.words[w]++
		if n := h.words[w]; n >= wordPosts {
			h.put(hintSearch, w, w, func(x *hint) { x.weight = max(x.weight, float64(n)/2) })
		}
	}
}

// wordsOf are the words of a title that somebody might search for: of four
// letters or more, or two to six characters that stand by themselves.
func wordsOf(title string) []string {
	const letters, most = 4, 12
	var out []string
	run := ""
	flush := func() {
		if n := utf8.RuneCountInString(run); n >= 2 && n <= 6 && !slices.Contains(out, run) {
			out = append(out, run)
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
		case utf8.RuneCountInString(w.Term) >= letters && strings.Trim(w.Term, "0123456789") != "" && !slices.Contains(out, w.Term):
			out = append(out, w.Term)
		}
	}
	flush()
	return out[:min(len(out), most)]
}

func (h *hints) product(p product) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !p.Listed {
		h.drop(hintProduct, string(p.ID))
		return
	}
	title := short(p.Title)
	was := h.all[hintProduct+":"+string(p.ID)]
	if was == nil || was.text != oneLine(title) {
		h.title(p.Title)
	}
	h.put(hintProduct, string(p.ID), title, func(x *hint) { x.weight = max(x.weight, float64(p.Sold)) })
}

// short is a title as far as a list shows it: whole words.
func short(title string) string {
	r := []rune(title)
	if len(r) <= longestHint {
		return title
	}
	cut := string(r[:longestHint])
	if i := strings.LastIndex(cut, " "); i > len(cut)/2 && r[longestHint] < 0x2e80 { // where the scripts without gaps begin
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:·-")
}

func (h *hints) author(a author) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !a.shown() {
		h.drop(hintCreator, a.id())
		return
	}
	h.put(hintCreator, a.id(), a.Name, func(x *hint) { x.weight = max(x.weight, float64(a.Followers)) })
}

// rename changes the name of an author that is known.
func (h *hints) rename(u id.User, name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all[hintCreator+":"+string(u)] != nil {
		h.put(hintCreator, string(u), name, func(*hint) {})
	}
}

// popular takes in a search that many people make, and that may be shown.
func (h *hints) popular(text string, people int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.put(hintSearch, searchKey(text), text, func(x *hint) { x.weight = max(x.weight, 4*float64(people)) })
}

// spelt is a topic as posts bear it.
func (h *hints) spelt(key string) string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if x := h.all[hintTopic+":"+key]; x != nil {
		return x.text
	}
	return key
}

// match is a hint and how good it is.
type match struct {
	hint  *hint
	score float64
}

// topHints are the best matches so far, each hint once.
type topHints struct {
	all   []match
	worst float64 // score of the last, when there are as many as are kept
}

// mostMatches is how many matches are told from each other by their kinds.
const mostMatches = 64

func (t *topHints) take(x *hint, score float64) {
	if len(t.all) == mostMatches && score <= t.worst {
		return
	}
	for i := range t.all {
		if t.all[i].hint == x {
			t.all[i].score = max(t.all[i].score, score)
			return
		}
	}
	if len(t.all) < mostMatches {
		t.all = append(t.all, match{x, score})
	} else {
		at := 0
		for i := range t.all {
			if t.all[i].score < t.all[at].score {
				at = i
			}
		}
		t.all[at] = match{x, score}
	}
	t.worst = t.all[0].score
	for _, m := range t.all {
		t.worst = min(t.worst, m.score)
	}
}

// begun takes the hints that key leads to by its beginning, of those that fit.
func (h *hints) begun(top *topHints, key string, fits func(*hint) bool) {
	take := func(k hintKey) {
		if k.hint.gone || k.way == asLetters && len(key) < 2 {
			return
		}
		if score := worth(k, key); (len(top.all) < mostMatches || score > top.worst) && fits(k.hint) {
			top.take(k.hint, score)
		}
	}
	from, _ := slices.BinarySearchFunc(h.keys, key, func(k hintKey, key string) int { return strings.Compare(k.text, key) })
	for _, k := range h.keys[from:] {
		if !strings.HasPrefix(k.text, key) {
			break
		}
		take(k)
	}
	for _, k := range h.fresh {
		if strings.HasPrefix(k.text, key) {
			take(k)
		}
	}
}

// worth is how good a hint is for what was typed: how it was reached, how much of
// it is there already, and how much it is used.
func worth(k hintKey, typed string) float64 {
	s := k.hint.usage + 3*float64(len(typed))/float64(len(k.text))
	switch k.way {
	case asBegun:
		s += 8
	case asInside:
		s += 5
	case asSounding:
		s += 5
	case asSoundingInside:
		s += 3
	}
	return s
}

// best puts the best first.
func best(all []match) {
	slices.SortFunc(all, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.hint.text, b.hint.text), cmp.Compare(a.hint.kind, b.hint.kind), cmp.Compare(a.hint.id, b.hint.id))
	})
}
