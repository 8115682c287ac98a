package main

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// settings are the shape of a simulated feed.
type settings struct {
	Seed        uint64  `json:"seed"`
	Items       int     `json:"items"`
	Impressions int     `json:"impressions"`
	Alive       float64 `json:"alive"` // share of the time that an item lives
	Batch       int     `json:"batch"`
	Most        float64 `json:"most"` // share of a batch that one item may have
	Guarantee   int     `json:"guarantee"`
}

// standard is the simulation that the figures are for.
func standard(seed uint64) settings {
	return settings{
		Seed: seed, Items: 4000, Impressions: 4_000_000, Alive: .1,
		Batch: 1000, Most: .02, Guarantee: 200,
	}
}

// item is a post of the simulation. Only the world knows its rate.
type item struct {
	rate        float64
	from, until int // in impressions since the start
	shown       int
	engaged     int
}

// world is the items, and viewers who engage with each at its rate.
type world struct {
	settings
	items  []item // in order of their birth
	chance *rand.Rand
	now    int   // impressions so far
	born   int   // items before it were born
	living []int // those alive
	given  []int // to each item in this batch
	sought float64
}

// open makes a world. Births fall evenly at random, so that everybody born lives
// their whole life.
func open(s settings) *world {
	w := &world{settings: s, chance: rand.New(rand.NewPCG(s.Seed, 1)), given: make([]int, s.Items)}
	life := int(s.Alive * float64(s.Impressions))
	for range s.Items {
		from := w.chance.IntN(s.Impressions - life + 1)
		w.items = append(w.items, item{rate: betaDraw(w.chance, 1.5, 48.5), from: from, until: from + life})
	}
	slices.SortFunc(w.items, func(a, b item) int { return cmp.Compare(a.from, b.from) })
	return w
}

// next begins a batch: it returns who was born and who died, and false when the
// time is over.
func (w *world) next() (born, died []int, ok bool) {
	clear(w.given)
	if w.now >= w.Impressions {
		return nil, nil, false
	}
	w.living = slices.DeleteFunc(w.living, func(i int) bool {
		dead := w.items[i].until <= w.now
		if dead {
			died = append(died, i)
		}
		return dead
	})
	for ; w.born < len(w.items) && w.items[w.born].from <= w.now; w.born++ {
		born = append(born, w.born)
		w.living = append(w.living, w.born)
	}
	w.now += w.Batch
	return born, died, true
}

// cap is how often an item may be shown in a batch.
func (w *world) cap() int { return max(1, int(w.Most*float64(w.Batch))) }

// show shows an item to somebody, and says if they engaged.
func (w *world) show(i int) bool {
	w.given[i]++
	w.items[i].shown++
	w.sought += w.items[i].rate
	if w.chance.Float64() < w.items[i].rate {
		w.items[i].engaged++
		return true
	}
	return false
}

// betaDraw draws from a Beta distribution by two gamma draws, each a sum over
// its whole part (exponentials) and its half (a squared normal): exact for
// multiples of a half.
func betaDraw(rng *rand.Rand, a, b float64) float64 {
	x, y := gammaDraw(rng, a), gammaDraw(rng, b)
	return x / (x + y)
}

func gammaDraw(rng *rand.Rand, shape float64) float64 {
	sum := 0.
	for range int(shape) {
		sum += rng.ExpFloat64()
	}
	if shape != math.Floor(shape) {
		n := rng.NormFloat64()
		sum += n * n / 2
	}
	return sum
}
