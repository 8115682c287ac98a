package engine

import "meadow/services/kernel/id"

// record is what ranking wants to know of a post, in one line of cache.
type record struct {
	at      int64 // unix milliseconds
	hot     float64
	author  uint32
	lang    uint32
	place   uint32
	genre   uint32
	topicAt uint32 // its topics begin there in table.tags
	topics  uint8  // how many
	kind    uint8
	flags   flag
	counts
}

// counts is what became of a post's impressions.
type counts struct {
	seen    uint32 // impressions
	read    uint32 // read or watched through
	engaged uint32 // liked, saved, commented, shared, followed or bought
	click   uint32 // opened a product
	hide    uint32 // hidden or reported
	skip    uint32 // swiped away at once
}

type flag uint16

const (
	live    flag = 1 << iota // it is there
	open                     // for everybody
	promo                    // a promotion
	onSale                   // something that it sells can be bought
	byAI                     // made by a machine
	sells                    // a product is tagged
	own                      // of this shard
	inAll                    // in the chart of all
	inLang                   // in the chart of its language
	inPlace                  // in the chart of its place
)

func (f flag) has(all flag) bool { return f&all == all }

// Kinds of posts, in the order of their numbers.
var kinds = [...]string{"", "pictures", "video", "article", "replay"}

func kindOf(name string) uint8 {
	for k, n := range kinds {
		if n == name {
			return uint8(k)
		}
	}
	return 0
}

// table is all posts by number. Number 0 is no post.
type table struct {
	names
	all  []record // by number
	revs []int64
	tags []uint32 // topics, of all posts one after another
	dead int      // entries of tags that nobody uses any more
	fit  bits     // posts that may be shown to everybody, here
	n    int      // live ones
}

// number returns the number of a post, with an empty record if it is new.
func (t *table) number(p id.Post) uint32 {
	n := t.names.number(string(p))
	for len(t.all) < t.names.size() {
		t.all = append(t.all, record{})
		t.revs = append(t.revs, 0)
	}
	return n
}

func (t *table) id(n uint32) id.Post { return id.Post(t.name(n)) }

// topicsOf are the numbers of a post's topics.
func (t *table) topicsOf(r *record) []uint32 {
	return t.tags[r.topicAt : r.topicAt+uint32(r.topics)]
}

// before reports whether a stands before b in time; at one instant by name.
func (t *table) before(a, b uint32) bool {
	x, y := t.all[a].at, t.all[b].at
	return x < y || x == y && t.name(a) < t.name(b)
}

// bits is a set of numbers.
type bits []uint64

func (b bits) has(n uint32) bool {
	return int(n>>6) < len(b) && b[n>>6]>>(n&63)&1 == 1
}

func (b *bits) set(n uint32) {
	for int(n>>6) >= len(*b) {
		*b = append(*b, make([]uint64, 1+len(*b)/8)...)
	}
	(*b)[n>>6] |= 1 << (n & 63)
}

func (b bits) unset(n uint32) {
	if int(n>>6) < len(b) {
		b[n>>6] &^= 1 << (n & 63)
	}
}
