package pool

import (
	"math"
	"math/rand/v2"
)

// Pick is a post to show, and why.
type Pick struct {
	Post       uint32
	Guaranteed bool    // for its guarantee; else because of Draw
	Draw       float32 // the rate of engagement it was given a chance for
	Fit        float32 // what fits said
}

// How many posts are asked about at most.
const (
	window  = 64  // of those with a guarantee to fill
	shortly = 32  // of those that run, at first
	widely  = 512 // if too few of them suit
)

// chance is a post that fits may be asked about.
type chance struct {
	id, post, author uint32
	draw             float32
}

// Pick returns up to n posts for a viewer, of different authors, best first. A
// post may be picked if fits says more than 0, which is how well it suits them;
// among those with a guarantee to fill the better fit is likelier to go first,
// among the others the higher product of fit and draw does. Those with a guarantee always go
// before the others. Picking counts nothing; Impression does.
//
// Fits is called without any lock held. The same calls in the same order pick
// the same posts.
func (p *Pool) Pick(rng *rand.Rand, n int, fits func(post uint32) float32) []Pick {
	var c choice
	if n <= 0 {
		return nil
	}
	c.most = n
	for _, q := range p.waiting(rng) {
		if fit := fits(q.post); fit > 0 {
			c.offer(Pick{Post: q.post, Guaranteed: true, Draw: q.draw, Fit: fit}, q.author, turn(rng, fit))
		}
	}
	c.close()
	if c.full() {
		return c.picks
	}
	p.refresh(rng)
	asked := 0
	for most := max(shortly, 4*n); ; most = min(most*4, widely) {
		best := p.leaders(most)
		for _, q := range best[min(asked, len(best)):] {
			if fit := fits(q.post); fit > 0 {
				c.offer(Pick{Post: q.post, Draw: q.draw, Fit: fit}, q.author, fit*q.draw)
			}
		}
		asked = most
		if c.full() || len(best) < most || most >= widely {
			break
		}
	}
	c.close()
	p.picked(c.picks, rng)
	return c.picks
}

// turn is how early a post with a guarantee comes: at random, and the likelier
// early the better it fits. In the long run each has its share by the square of
// its fit (Efraimidis and Spirakis, IPL 2006), so that one which suits few waits
// longer, but not for ever: a stream of better ones cannot hold it up.
func turn(rng *rand.Rand, fit float32) float32 {
	return float32(-math.Log(1-rng.Float64())) / (fit * fit) * -1
}

// waiting returns some of those with a guarantee to fill, in an order that
// favours none of them.
func (p *Pool) waiting(rng *rand.Rand) []chance {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.queue.n == 0 {
		return nil
	}
	ids := p.queue.window(window, rng.IntN)
	rng.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	out := make([]chance, len(ids))
	for i, id := range ids {
		r := &p.records[id]
		a, b := p.posterior(r)
		out[i] = chance{id: id, post: r.post, author: r.author, draw: float32(a / (a + b))}
	}
	return out
}

// refresh draws some of those that run anew.
func (p *Pool) refresh(rng *rand.Rand) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.heap) == 0 {
		return
	}
	for range min(p.options.Refresh, len(p.heap)) {
		p.redraw(p.at(uint32(rng.IntN(len(p.heap)))), rng)
	}
}

// leaders returns those with the highest draws.
func (p *Pool) leaders(n int) []chance {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]chance, 0, n)
	for _, pos := range p.top(n) {
		r := p.at(pos)
		out = append(out, chance{id: p.heap[pos], post: r.post, author: r.author, draw: r.draw})
	}
	return out
}

// picked draws those anew that had their chance.
func (p *Pool) picked(picks []Pick, rng *rand.Rand) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, q := range picks {
		if r := p.find(q.Post); r != nil && r.phase == running {
			p.redraw(r, rng)
		}
	}
}

// choice keeps the best offers, one of each author.
type choice struct {
	picks   []Pick
	authors []uint32
	worth   []float32
	most    int
	closed  int // picks before it stay
}

func (c *choice) full() bool { return len(c.picks) >= c.most }

// close lets later offers only fill up.
func (c *choice) close() { c.closed = len(c.picks) }

// offer inserts a pick if it is among the best.
func (c *choice) offer(p Pick, author uint32, worth float32) {
	for i, a := range c.authors {
		if a != author && c.picks[i].Post != p.Post {
			continue
		}
		if i < c.closed || c.worth[i] >= worth {
			return
		}
		c.remove(i)
		break
	}
	at := len(c.picks)
	for at > c.closed && c.worth[at-1] < worth {
		at--
	}
	if at >= c.most {
		return
	}
	c.picks = append(c.picks, Pick{})
	c.authors, c.worth = append(c.authors, 0), append(c.worth, 0)
	copy(c.picks[at+1:], c.picks[at:])
	copy(c.authors[at+1:], c.authors[at:])
	copy(c.worth[at+1:], c.worth[at:])
	c.picks[at], c.authors[at], c.worth[at] = p, author, worth
	if len(c.picks) > c.most {
		c.remove(c.most)
	}
}

func (c *choice) remove(i int) {
	c.picks = append(c.picks[:i], c.picks[i+1:]...)
	c.authors = append(c.authors[:i], c.authors[i+1:]...)
	c.worth = append(c.worth[:i], c.worth[i+1:]...)
}
