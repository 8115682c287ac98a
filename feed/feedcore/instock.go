package feedcore

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/id"
)

// instock remembers for a moment whether products can be bought. The catalogue
// announces what is listed, not what is left of it.
type instock struct {
	mu sync.Mutex // guards of
	of map[id.Product]onStock
}

type onStock struct {
	left bool
	at   time.Time
}

const (
	stockLasts = 10 * time.Second
	stockMost  = 20_000 // products; then all are asked about again
)

// showable is visible without the promotions of what is sold out.
func (c *Core) showable(ctx context.Context, posts []id.Post) (map[id.Post]creator.Card, error) {
	cards, err := c.visible(ctx, posts)
	if err != nil {
		return nil, err
	}
	var ads []string
	for _, p := range posts {
		if cards[p].Ad {
			ads = append(ads, string(p))
		}
	}
	if len(ads) == 0 {
		return cards, nil
	}
	found, err := c.outlines.GetMany(ctx, ads)
	if err != nil {
		return nil, fmt.Errorf("promotions: %w", err)
	}
	left := c.left(ctx, found)
	for _, o := range found {
		if len(o.Products) > 0 && !anyOf(o.Products, left) {
			delete(cards, o.ID)
		}
	}
	return cards, nil
}

// left reports which products of posts can be bought. Of what nobody can tell
// now, none can.
func (c *Core) left(ctx context.Context, posts []outline) map[id.Product]bool {
	s, now, out := &c.instock, c.Now(), map[id.Product]bool{}
	var ask []id.Product
	s.mu.Lock()
	for _, o := range posts {
		for _, p := range o.Products {
			if k, ok := s.of[p]; ok && now.Sub(k.at) < stockLasts {
				out[p] = k.left
			} else if !slices.Contains(ask, p) {
				ask = append(ask, p)
			}
		}
	}
	s.mu.Unlock()
	for some := range slices.Chunk(ask, batch) {
		there, err := c.available(ctx, some)
		if err != nil {
			c.Log.WarnContext(ctx, "promotions are left out: nobody knows what is in stock", "err", err)
			break
		}
		s.mu.Lock()
		if s.of == nil || len(s.of) > stockMost {
			s.of = map[id.Product]onStock{}
		}
		for _, p := range some {
			_, out[p] = there[p]
			s.of[p] = onStock{out[p], now}
		}
		s.mu.Unlock()
	}
	return out
}
