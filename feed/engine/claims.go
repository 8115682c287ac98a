package engine

import (
	"slices"
	"sync"

	"meadow/services/kernel/id"
)

// claims are promotions on pages that were made, and perhaps not seen yet. Each
// counts until it is seen, or for ten minutes: so pages made at once cannot pass
// a cap together. Whose they are is kept as a number that says nothing.
type claims struct {
	mu    sync.Mutex          // guards what follows, and every claim
	made  map[uint32][]*claim // by author
	held  map[uint64][]*claim // by viewer
	swept int64               // unix seconds
}

type claim struct {
	author uint32
	pages  int16 // that it is on
	over   bool  // seen, or given back
	at     int64 // unix seconds
	key    uint64
	viewer uint64 // 0 if nobody
}

const (
	claimLasts   = 600  // seconds
	claimSettles = 3600 // and so long it can still become an impression
)

// claimKey stands for who was shown what.
func claimKey(u id.User, p id.Post) uint64 { return pair(hash(string(u)), Hash(p)) }

func (x *claim) open(now int64) bool { return !x.over && now-x.at < claimLasts }

// of is how many of an author's promotions are claimed.
func (c *claims) of(author uint32, now int64) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count(author, now)
}

func (c *claims) count(author uint32, now int64) int {
	n := 0
	for _, x := range c.made[author] {
		if x.open(now) {
			n++
		}
	}
	return n
}

// claim takes one promotion of an author who may still have left of them, those
// claimed not counted, for a viewer who today saw all of anybody's and his of
// this author's; nil if there is none left for them.
func (c *claims) claim(author uint32, left int, viewer uint64, all, his int, now int64) *claim {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweep(now)
	for _, x := range c.held[viewer] {
		if viewer != 0 && x.open(now) {
			all++
			if x.author == author {
				his++
			}
		}
	}
	if left-c.count(author, now) <= 0 || viewer != 0 && (all >= promoADay || his >= promoOneADay) {
		return nil
	}
	if c.made == nil {
		c.made, c.held = map[uint32][]*claim{}, map[uint64][]*claim{}
	}
	x := &claim{author: author, viewer: viewer, at: now, pages: 1}
	c.made[author] = append(c.made[author], x)
	if viewer != 0 {
		c.held[viewer] = append(c.held[viewer], x)
	}
	return x
}

// name says what a claim is for, and returns the claim that stands for it: the
// one that the same viewer had of it before, if they are shown the page again.
func (c *claims) name(x *claim, key uint64, now int64) *claim {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, y := range c.held[x.viewer] {
		if x.viewer != 0 && y.key == key && y.open(now) {
			x.over = true
			y.pages++
			return y
		}
	}
	x.key = key
	return x
}

// release gives claims back whose pages nobody gets.
func (c *claims) release(x *claim) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if x.pages--; x.pages <= 0 {
		x.over = true
	}
}

// settle ends a claim: it became an impression. It reports whether there was one.
func (c *claims) settle(author uint32, key uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.made[author]
	for i, x := range list {
		if x.key == key && !x.over {
			x.over = true
			c.made[author] = slices.Delete(list, i, i+1)
			return true
		}
	}
	return false
}

// sweep forgets what is over, now and then.
func (c *claims) sweep(now int64) {
	if now-c.swept < claimLasts {
		return
	}
	c.swept = now
	gone := func(x *claim) bool { return x.over || now-x.at >= claimSettles }
	for author, list := range c.made {
		if list = slices.DeleteFunc(list, gone); len(list) > 0 {
			c.made[author] = list
		} else {
			delete(c.made, author)
		}
	}
	for viewer, list := range c.held {
		if list = slices.DeleteFunc(list, gone); len(list) > 0 {
			c.held[viewer] = list
		} else {
			delete(c.held, viewer)
		}
	}
}
