package main

import (
	"cmp"
	"slices"
)

// figures are what a policy reached.
type figures struct {
	Policy     string  `json:"policy"`
	Seed       uint64  `json:"seed"`
	Efficiency float64 `json:"efficiency"` // engagement: 0 uniform, 1 oracle
	Discovery  float64 `json:"discovery"`  // true top 5 % that are in the top 5 % by impressions
	Guaranteed float64 `json:"guaranteed"` // share of items with at least the guaranteed impressions
	Bottom     float64 `json:"bottom"`     // share of impressions of the lower half
	Gini       float64 `json:"gini"`       // of impressions
}

// play runs a policy through a world.
func play(name string, s settings) *world {
	w, p := open(s), choose(name, s)
	for {
		born, died, ok := w.next()
		if !ok {
			return w
		}
		p.batch(w, born, died)
	}
}

// measure plays a policy, and the two that its efficiency is between.
func measure(name string, s settings) figures {
	return judge(name, play(name, s), play("uniform", s).sought, play("oracle", s).sought)
}

// judge measures a world that was played through; low and high are the
// engagement of the two policies that efficiency is between.
func judge(name string, w *world, low, high float64) figures {
	f := figures{Policy: name, Seed: w.Seed, Efficiency: (w.sought - low) / (high - low)}
	byRate, byShown := order(w, func(it *item) float64 { return it.rate }), order(w, func(it *item) float64 { return float64(it.shown) })
	top := max(1, len(w.items)/20)
	found := map[int]bool{}
	for _, i := range byShown[:top] {
		found[i] = true
	}
	all, bottom, weighted := 0., 0., 0.
	for n, i := range byRate {
		shown := float64(w.items[i].shown)
		all += shown
		if n >= len(byRate)/2 {
			bottom += shown
		}
		if n < top && found[i] {
			f.Discovery += 1 / float64(top)
		}
		if w.items[i].shown >= w.Guarantee {
			f.Guaranteed++
		}
	}
	for n, i := range byShown {
		weighted += float64(len(byShown)-n) * float64(w.items[i].shown)
	}
	count := float64(len(w.items))
	f.Guaranteed /= count
	f.Bottom = bottom / all
	f.Gini = 2*weighted/(count*all) - (count+1)/count
	return f
}

// order returns the items, those with most of something first.
func order(w *world, by func(*item) float64) []int {
	out := make([]int, len(w.items))
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(by(&w.items[b]), by(&w.items[a])) })
	return out
}
