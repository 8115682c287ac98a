package engine

import (
	"cmp"
	"math"
	"slices"
)

// How hot a post is, is a sum of what people did that is halved every three
// days. It is kept as log2 of the sum of w × 2^(t / half), so that the order of
// posts does not change while time passes and nothing has to be decayed.
const hotHalf = 3 * 24 * 3600 // seconds

// heat adds to how hot a post is.
func (e *Engine) heat(p uint32, w float64, at uint32) {
	if w <= 0 {
		return
	}
	r := &e.posts.all[p]
	add := math.Log2(w) + float64(at)/hotHalf
	switch {
	case r.hot == 0 || add-r.hot > 40:
		r.hot = add
	case r.hot-add < 40:
		top, low := max(r.hot, add), min(r.hot, add)
		r.hot = top + math.Log2(1+math.Exp2(low-top))
	}
	e.chartAll(p, r)
}

// warmth is the sum as it is now.
func warmth(hot float64, now int64) float64 {
	if hot == 0 {
		return 0
	}
	return math.Exp2(hot - float64(now)/hotHalf)
}

// chart is the hottest posts of a kind, of all or of a language or place.
type chart struct {
	posts []uint32 // the hottest first, but for those of the last seconds
	least float64  // how hot a post must be to enter
	moved bool     // the order may have changed
}

type chartKey struct {
	of   flag // inAll, inLang or inPlace
	kind uint8
	word uint32
}

const mostCharted = 256

func keyOf(of flag, r *record) chartKey {
	switch of {
	case inLang:
		return chartKey{of, r.kind, r.lang}
	case inPlace:
		return chartKey{of, r.kind, r.place}
	}
	return chartKey{of, r.kind, 0}
}

func chartKeys(r *record) [3]chartKey {
	return [...]chartKey{keyOf(inAll, r), keyOf(inLang, r), keyOf(inPlace, r)}
}

// chartAll enters a post into its charts if it is hot enough.
func (e *Engine) chartAll(p uint32, r *record) {
	if !e.posts.fit.has(p) {
		return
	}
	for _, of := range [...]flag{inAll, inLang, inPlace} {
		if of == inPlace && r.place == 0 || of == inLang && r.lang == 0 {
			continue
		}
		key := keyOf(of, r)
		c := e.charts[key]
		if c == nil {
			c = &chart{}
			e.charts[key] = c
		}
		if !c.moved {
			c.moved = true
			e.moved = append(e.moved, key)
		}
		if r.flags.has(of) || r.hot <= c.least {
			continue
		}
		c.posts = append(c.posts, p)
		r.flags |= of
		if len(c.posts) >= 2*mostCharted {
			e.cut(c, key)
		}
	}
}

// settle puts the charts in order that changed.
func (e *Engine) settle() {
	for _, key := range e.moved {
		if c := e.charts[key]; c != nil {
			e.byHeat(c.posts)
			c.moved = false
		}
	}
	e.moved = e.moved[:0]
}

// cut leaves the hottest half of a chart.
func (e *Engine) cut(c *chart, key chartKey) {
	c.posts = slices.DeleteFunc(c.posts, func(p uint32) bool {
		r := &e.posts.all[p]
		if keyOf(key.of, r) != key {
			return true // it has moved since, and its flag is another chart's
		}
		if !e.posts.fit.has(p) {
			r.flags &^= key.of
			return true
		}
		return false
	})
	e.byHeat(c.posts)
	for _, p := range c.posts[min(len(c.posts), mostCharted):] {
		e.posts.all[p].flags &^= key.of
	}
	c.posts = c.posts[:min(len(c.posts), mostCharted)]
	if len(c.posts) == mostCharted {
		c.least = e.posts.all[c.posts[mostCharted-1]].hot
	}
}

func (e *Engine) byHeat(posts []uint32) {
	slices.SortFunc(posts, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(e.posts.all[b].hot, e.posts.all[a].hot), cmp.Compare(b, a))
	})
}
