package engine

import (
	"slices"
	"sync"

	"meadow/services/kernel/id"
)

// claims are promotions on pages that were made, and perhaps not seen yet. Each
// counts until it is seen, or for ten minutes: so pages made at once cannot pass
// a cap together.
type claims struct {
	mu   sync.Mutex         // guards made, and the promos of every viewer
	made map[uint32][]claim // by author
}

type claim struct {
	at  int64 // unix seconds
	key uint64
}

const claimLasts = 600

// claimKey stands for who was shown what.
func claimKey(u id.User, p id.Post) uint64 { return pair(hash(string(u)), Hash(p)) }

func (c *claims) of(author uint32, now int64) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count(author, now)
}

func (c *claims) count(author uint32, now int64) int {
	n := 0
	for _, x := range c.made[author] {
		if now-x.at < claimLasts {
			n++
		}
	}
	return n
}

// claim takes one promotion of an author who may still have left of them, those
// claimed not counted, for a viewer (nil if unknown).
func (c *claims) claim(author uint32, left int, d *daily, now int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if left-c.count(author, now) <= 0 || d != nil && !d.may(author, int32(now/86400)) {
		return false
	}
	if c.made == nil {
		c.made = map[uint32][]claim{}
	}
	kept := c.made[author][:0]
	for _, x := range c.made[author] {
		if now-x.at < claimLasts {
			kept = append(kept, x)
		}
	}
	c.made[author] = append(kept, claim{at: now})
	return true
}

// name says what the latest claim of an author was for. If it was claimed for
// before, by a page that was made again, it is given back: d is the viewer's
// count, nil if it is not known who.
func (c *claims) name(author uint32, key uint64, d *daily) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.made[author]
	at, twice := -1, false
	for i, x := range list {
		if x.key == 0 {
			at = i
		}
		twice = twice || x.key == key
	}
	switch {
	case at < 0:
	case twice && d != nil:
		c.made[author] = slices.Delete(list, at, at+1)
		d.giveBack(author)
	default:
		list[at].key = key
	}
}

// settle ends a claim: it became an impression.
func (c *claims) settle(author uint32, key uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.made[author]
	for i, x := range list {
		if x.key == key {
			list[i] = list[len(list)-1]
			c.made[author] = list[:len(list)-1]
			if len(list) == 1 {
				delete(c.made, author)
			}
			return
		}
	}
}
