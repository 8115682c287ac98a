package main

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"meadow/feed/pool"
)

// policy decides who is shown.
type policy interface {
	// batch fills one batch of w.Batch impressions by calling w.show.
	batch(w *world, born, died []int)
}

// policies by name. The first is the one that is measured, the others are to
// compare with.
var policies = []string{"pool", "uniform", "greedy", "ladder", "oracle"}

func choose(name string, s settings) policy {
	rng := rand.New(rand.NewPCG(s.Seed, 2))
	switch name {
	case "pool":
		return trial(s, rng)
	case "uniform":
		return evenly{}
	case "greedy":
		return inOrder(func(it *item) float64 { return float64(it.engaged) })
	case "oracle":
		return inOrder(func(it *item) float64 { return it.rate })
	case "ladder":
		return ladder{}
	}
	return nil
}

// pooled shows what feed/pool picks, two at a time as a page does.
type pooled struct {
	pool *pool.Pool
	rng  *rand.Rand
}

func trial(s settings, rng *rand.Rand) policy {
	life := time.Duration(s.Alive*float64(s.Impressions)) * time.Second // an impression is a second
	return &pooled{rng: rng, pool: pool.New(pool.Options{Guarantee: s.Guarantee, Alive: life, Seed: s.Seed})}
}

func (p *pooled) batch(w *world, born, died []int) {
	for _, i := range born {
		p.pool.Add(uint32(i), uint32(i), 0, time.Unix(int64(w.items[i].from), 0))
	}
	for _, i := range died {
		p.pool.Drop(uint32(i))
	}
	most := w.cap()
	fits := func(post uint32) float32 {
		if w.given[post] >= most {
			return 0
		}
		return 1
	}
	for shown := 0; shown < w.Batch; {
		picks := p.pool.Pick(p.rng, min(2, w.Batch-shown), fits)
		if len(picks) == 0 {
			return
		}
		for _, q := range picks {
			shown++
			engaged := w.show(int(q.Post))
			p.pool.Impression(q.Post, true)
			if engaged {
				p.pool.Engaged(q.Post)
			}
		}
	}
}

// evenly shows all alike.
type evenly struct{}

func (evenly) batch(w *world, _, _ []int) {
	if len(w.living) == 0 {
		return
	}
	left := w.Batch
	each := min(w.cap(), w.Batch/len(w.living))
	for _, i := range w.living {
		for range each {
			w.show(i)
			left--
		}
	}
	for _, n := range w.chance.Perm(len(w.living)) {
		if left <= 0 || each >= w.cap() {
			return
		}
		w.show(w.living[n])
		left--
	}
}

// inOrder gives the best by a number as much as they may have.
type inOrder func(*item) float64

func (worth inOrder) batch(w *world, _, _ []int) {
	fill(w, w.living, w.Batch, func(i int) float64 { return worth(&w.items[i]) })
}

// fill shows the best of some items until left is used up, and returns the rest.
func fill(w *world, of []int, left int, worth func(i int) float64) int {
	order := slices.Clone(of)
	w.chance.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(worth(b), worth(a)) })
	for _, i := range order {
		for left > 0 && w.given[i] < w.cap() {
			w.show(i)
			left--
		}
	}
	return left
}

// ladder is the classic of traffic pools: 300, 3,000 and 12,000 impressions, and
// from each step only the better 30 % go on.
type ladder struct{}

var rungs = []int{300, 3000, 12000}

func (ladder) batch(w *world, _, _ []int) {
	rate := func(i int) float64 {
		return (float64(w.items[i].engaged) + 1.5) / (float64(w.items[i].shown) + 50)
	}
	step := func(i int) int {
		n := 0
		for n < len(rungs) && w.items[i].shown >= rungs[n] {
			n++
		}
		return n
	}
	var first, up, rest []int
	for n := range len(rungs) + 1 {
		var on []int
		for _, i := range w.living {
			if step(i) == n {
				on = append(on, i)
			}
		}
		slices.SortStableFunc(on, func(a, b int) int { return cmp.Compare(rate(b), rate(a)) })
		switch better := (len(on)*3 + 9) / 10; n {
		case 0:
			first = on
		default:
			up, rest = append(up, on[:better]...), append(rest, on[better:]...)
		}
	}
	left := fill(w, first, w.Batch, func(int) float64 { return 0 })
	left = fill(w, up, left, rate)
	fill(w, rest, left, rate)
}
