package feedcore

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
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
	mostFresh   = 2048 // keys that are not in order yet
	longestHint = 40   // characters
)

// hint is something that may complete what is typed.
type hint struct {
	text, kind, id string
	key            string  // its text as searches are compared
	weight         float64 // how many use it
	usage          float64 // its logarithm
	rev            int64   // of an author's name
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
	mu     sync.RWMutex // guards all below
	all    map[string]*hint
	keys   []hintKey // in order
	fresh  []hintKey
	words  map[string]*word // by kind and key, suggested or not
	judged map[string]bool  // words that may be shown, and that may not
	told   map[string]*told
	queue  []*told // in the order that they were first heard of
	crowd  int     // how often there was no room for a word
}

func newHints() *hints {
	return &hints{all: map[string]*hint{}, words: map[string]*word{}, judged: map[string]bool{}, told: map[string]*told{}}
}

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
		next.weight, next.rev = was.weight, was.rev
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

// post takes in a post's topics and the words of its title, or that it is not
// for everybody any more.
func (h *hints) post(p post) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := told{name: "post:" + string(p.ID), by: string(p.Author), rev: p.Rev, gone: p.gone()}
	if !p.shown() {
		h.tell(t, nil, "")
		return
	}
	h.tell(t, p.Topics, p.Title)
}

func (h *hints) product(p product) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := told{name: hintProduct + ":" + string(p.ID), by: string(p.Merchant), at: p.At.UnixMilli(), rev: p.Rev}
	if !p.Listed {
		if h.tell(t, nil, "") {
			h.drop(hintProduct, string(p.ID))
		}
		return
	}
	if h.tell(t, nil, p.Title) {
		h.put(hintProduct, string(p.ID), short(p.Title), func(x *hint) { x.weight = max(x.weight, float64(p.Sold)) })
	}
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

// author takes in the name of an author. It is completed unless they are gone or
// suspended.
func (h *hints) author(a author, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.tell(told{name: hintCreator + ":" + a.id(), rev: a.Rev}, nil, "") {
		return
	}
	if !a.shown() || a.Ban.holds(now) {
		h.drop(hintCreator, a.id())
		return
	}
	name := a.Name
	if was := h.all[hintCreator+":"+a.id()]; was != nil && was.rev > a.NameRev { // renamed since the record was read
		name = was.text
	}
	h.put(hintCreator, a.id(), name, func(x *hint) {
		x.weight, x.rev = max(x.weight, float64(a.Followers)), max(x.rev, a.NameRev)
	})
}

// rename changes the name of an author that is known, to that of a version of
// their account.
func (h *hints) rename(u id.User, name string, version int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if was := h.all[hintCreator+":"+string(u)]; was != nil && version > was.rev {
		h.put(hintCreator, string(u), name, func(x *hint) { x.rev = version })
	}
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
