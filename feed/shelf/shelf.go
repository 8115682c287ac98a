// Package shelf knows the products on sale by what is written about them: which
// could be bought instead of one, and which suit what somebody looked at. It is
// held in memory and made again from the records.
//
// Likeness is the cosine of two products' words, each weighted by how rare it is
// among products (inverse document frequency: Spärck Jones 1972), over an inverted
// index. A word is a Latin word or number, or two Han characters in a row; a
// stated fact counts twice. It costs one walk over the lists of the product's
// rarer words, so words that more than a fifth of the products share are passed
// over in finding and counted only in weighing.
package shelf

import (
	"math"
	"slices"
	"sync"
	"time"

	"meadow/services/kernel/id"
)

// Product is one that is on sale. Price is in minor units of Currency.
type Product struct {
	ID       id.Product
	Merchant id.Merchant
	Category string
	Title    string
	Facts    []string // "material cotton"
	Price    int64
	Currency string
	At       time.Time // since when it is as it is
}

// Match is a product and how well it fits, the greater the better.
type Match struct {
	Product id.Product
	Score   float64
	Because id.Product // the product that led to it, of Suited
}

// Touch is a product that somebody met, and how much that says: a click 1, an
// order 3, and so on.
type Touch struct {
	Product id.Product
	Weight  float64
	At      time.Time
}

// entry is a product with its words. One without words is free.
type entry struct {
	Product
	words map[uint32]float64 // word → times
	norm  float64
}

// Shelf is all products on sale. It is safe for concurrent use.
type Shelf struct {
	mu      sync.RWMutex
	entries []entry
	at      map[id.Product]uint32
	free    []uint32
	words   map[string]uint32
	lists   [][]uint32 // word → entries
	dirty   int        // changes since norms were computed
	heat    map[id.Product]heat
	hottest heat // of all there have been
}

// heat is how much of a product was sold of late: each unit counts half after
// halfLife.
type heat struct {
	value float64
	at    time.Time
}

const (
	halfLife = 14 * 24 * time.Hour
	// common is the share of products above which a word finds nothing by itself.
	common = 0.2
	// factWeight is how often a word of a stated fact counts.
	factWeight = 2
)

// New returns an empty shelf.
func New() *Shelf {
	return &Shelf{at: map[id.Product]uint32{}, words: map[string]uint32{}, heat: map[id.Product]heat{}}
}

// Put puts a product on the shelf, or what is said of it now.
func (s *Shelf) Put(p Product) {
	counts := map[string]float64{}
	for _, w := range Words(p.Title) {
		counts[w]++
	}
	for _, f := range p.Facts {
		for _, w := range Words(f) {
			counts[w] += factWeight
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(p.ID)
	n := uint32(len(s.entries))
	if k := len(s.free); k > 0 {
		n, s.free = s.free[k-1], s.free[:k-1]
	} else {
		s.entries = append(s.entries, entry{})
	}
	e := entry{Product: p, words: make(map[uint32]float64, len(counts))}
	for w, times := range counts {
		i, ok := s.words[w]
		if !ok {
			i = uint32(len(s.lists))
			s.words[w] = i
			s.lists = append(s.lists, nil)
		}
		e.words[i] = 1 + math.Log(times)
		s.lists[i] = append(s.lists[i], n)
	}
	s.at[p.ID] = n
	e.norm = s.norm(&e)
	s.entries[n] = e
	s.changed()
}

// Remove takes a product off the shelf.
func (s *Shelf) Remove(p id.Product) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(p)
}

func (s *Shelf) remove(p id.Product) {
	n, ok := s.at[p]
	if !ok {
		return
	}
	for w := range s.entries[n].words {
		if i := slices.Index(s.lists[w], n); i >= 0 {
			s.lists[w] = slices.Delete(s.lists[w], i, i+1)
		}
	}
	s.entries[n] = entry{}
	delete(s.at, p)
	s.free = append(s.free, n)
	s.changed()
}

// changed computes all norms anew once a fiftieth of the products have changed;
// until then those of others are a little behind.
func (s *Shelf) changed() {
	s.dirty++
	if s.dirty*50 > len(s.at) {
		for n := range s.entries {
			s.entries[n].norm = s.norm(&s.entries[n])
		}
		s.dirty = 0
	}
}

func (s *Shelf) norm(e *entry) float64 {
	var sum float64
	for w, times := range e.words {
		x := times * s.rarity(w)
		sum += x * x
	}
	return math.Sqrt(sum)
}

// rarity is a word's inverse document frequency, smoothed so that it is never 0.
func (s *Shelf) rarity(w uint32) float64 {
	return math.Log(1 + float64(len(s.at))/float64(1+len(s.lists[w])))
}

// Len is how many products are on the shelf.
func (s *Shelf) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.at)
}

// Sold says that units of a product were sold at an instant.
func (s *Shelf) Sold(p id.Product, units float64, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.heat[p]
	s.warm(p, heat{value: h.now(at) + units, at: later(at, h.at)})
}

// SetHeat says how much of a product was sold of late, as it was at an instant.
func (s *Shelf) SetHeat(p id.Product, value float64, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.warm(p, heat{value: value, at: at})
}

func (s *Shelf) warm(p id.Product, h heat) {
	s.heat[p] = h
	if h.value > s.hottest.now(h.at) {
		s.hottest = h
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// now is what the heat has decayed to.
func (h heat) now(at time.Time) float64 {
	if h.value == 0 {
		return 0
	}
	return h.value * math.Exp2(-max(0, at.Sub(h.at).Hours())/halfLife.Hours())
}

// Decayed is a heat of so much at since, as it is at an instant.
func Decayed(value float64, since, at time.Time) float64 { return heat{value, since}.now(at) }
