package rank

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
)

// Options are how heads learn. Zero fields are the defaults, which were chosen on
// simulated viewers: they are the fastest that stay calibrated.
type Options struct {
	Slots int     // of weights, a power of two; 65,536
	Named float64 // alpha of named features: how fast a weight moves at first; 0.1
	Rate  float64 // alpha of hashed features, each of which is seen less; 0.25
	Calm  float64 // beta: how much evidence before it slows down; 1
	L1    float64 // what a weight must be worth to leave its prior; 0.3
	L2    float64 // what pulls it back; 4
}

func (o Options) filled() Options {
	fill := func(v *float64, usual float64) {
		if *v <= 0 {
			*v = usual
		}
	}
	fill(&o.Rate, .25)
	fill(&o.Named, .1)
	fill(&o.Calm, 1)
	fill(&o.L1, .3)
	fill(&o.L2, 4)
	if o.Slots < 2*reserved || o.Slots&(o.Slots-1) != 0 {
		o.Slots = 1 << 16
	}
	return o
}

func (o *Options) rate(slot int) float64 {
	if slot < reserved {
		return o.Named
	}
	return o.Rate
}

// line is what one slot takes in the weights: 64 bytes, a line of the cache.
const line = 16

// Heads are the models of all actions. Its methods may be called at the same
// time.
type Heads struct {
	options Options
	mask    uint32
	view    atomic.Pointer[View]
	steps   atomic.Int64 // how often was learned

	learning sync.RWMutex  // guards what follows
	weights  []float32     // line per slot, the first Actions of it used
	state    []accumulator // Actions per slot
	prior    [reserved][Actions]float32

	tally [Actions]tally
}

// accumulator is FTRL's memory of one weight.
type accumulator struct{ z, n float64 }

// NewHeads returns heads that know their priors only.
func NewHeads(o Options) *Heads {
	o = o.filled()
	h := &Heads{
		options: o,
		mask:    uint32(o.Slots - 1),
		weights: make([]float32, o.Slots*line),
		state:   make([]accumulator, o.Slots*int(Actions)),
		prior:   prior(),
	}
	for slot, ws := range h.prior {
		for a, w := range ws {
			h.weights[slot*line+a] = w
		}
	}
	return h
}

// View is what heads knew at one moment. It never changes, so that whoever scores
// many candidates reads plain numbers.
type View struct {
	mask    uint32
	weights []float32
	steps   int64
	made    int64 // unix seconds: it is made anew in another second at the earliest
}

// View returns what the heads know, or knew a second ago: now is in unix seconds.
func (h *Heads) View(now int64) *View {
	v := h.view.Load()
	if v != nil && (v.steps == h.steps.Load() || now == v.made) {
		return v
	}
	h.learning.RLock()
	defer h.learning.RUnlock()
	v = &View{mask: h.mask, weights: slices.Clone(h.weights), steps: h.steps.Load(), made: now}
	h.view.Store(v)
	return v
}

// slot is where a feature's weights are.
func slot(hash, mask uint32) int {
	s := hash & mask
	if s < reserved && s != hash {
		s += reserved
	}
	return int(s)
}

// Predict returns how probable each action is.
func (h *Heads) Predict(f []Feature) [Actions]float32 {
	h.learning.RLock()
	defer h.learning.RUnlock()
	return h.chances(f)
}

// chances is Predict for who holds learning.
func (h *Heads) chances(f []Feature) [Actions]float32 {
	p := odds(h.weights, h.mask, f)
	for a := range p {
		p[a] = logistic(p[a])
	}
	return p
}

// Score predicts and weighs.
func (h *Heads) Score(f []Feature) Score {
	h.learning.RLock()
	defer h.learning.RUnlock()
	return score(h.weights, h.mask, f)
}

// Fetch asks the memory for what is known of an author, so that it is there once
// their posts are scored. Whoever calls it has to do something with the number: a
// read that nobody uses is compiled away.
func (v *View) Fetch(author uint32) float32 {
	return v.weights[slot(mix(5, author, 0), v.mask)*line]
}

// Score predicts and weighs.
func (v *View) Score(f []Feature) Score { return score(v.weights, v.mask, f) }

func score(w []float32, mask uint32, f []Feature) Score {
	var s Score
	p := odds(w, mask, f)
	for a := range p {
		s.Terms[a] = weights[a] * logistic(p[a])
		s.Total += s.Terms[a]
	}
	return s
}

// odds returns each head's log-odds. It is written out because it is where a
// request spends its time: twelve sums that stay in registers.
func odds(weights []float32, mask uint32, f []Feature) [Actions]float32 {
	var s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11 float32
	for i := range f {
		w := (*[line]float32)(weights[slot(f[i].Hash, mask)*line:])
		x := f[i].Value
		s0 += x * w[0]
		s1 += x * w[1]
		s2 += x * w[2]
		s3 += x * w[3]
		s4 += x * w[4]
		s5 += x * w[5]
		s6 += x * w[6]
		s7 += x * w[7]
		s8 += x * w[8]
		s9 += x * w[9]
		s10 += x * w[10]
		s11 += x * w[11]
	}
	return [Actions]float32{s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11}
}

// Learn tells one head what followed an impression with these features.
func (h *Heads) Learn(f []Feature, a Action, happened bool) {
	if a >= Actions {
		return
	}
	var o Outcome
	if happened {
		o = Of(a)
	}
	h.step(f, Of(a), o)
}

// Settle tells every head what followed an impression, once it is known: an
// action that is not in o did not happen. It is Learn for all actions.
func (h *Heads) Settle(f []Feature, o Outcome) {
	h.step(f, 1<<Actions-1, o)
}

// step is FTRL-proximal's update of some heads.
func (h *Heads) step(f []Feature, heads, done Outcome) {
	h.learning.Lock()
	defer h.learning.Unlock()
	h.steps.Add(1)
	p := h.chances(f)
	var miss [Actions]float64
	for a := range Actions {
		miss[a] = float64(p[a])
		if done.Has(a) {
			miss[a]--
		}
		if heads.Has(a) {
			h.tally[a].count(p[a], done.Has(a))
		}
	}
	for i := range f {
		x := float64(f[i].Value)
		if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
			continue
		}
		slot := slot(f[i].Hash, h.mask)
		weights, state := (*[line]float32)(h.weights[slot*line:]), (*[Actions]accumulator)(h.state[slot*int(Actions):])
		initial, o := h.initial(slot), &h.options
		rate := o.rate(slot)
		fast := 1 / rate
		for a := range Actions {
			if !heads.Has(a) {
				continue
			}
			s, g := &state[a], miss[a]*x
			moved := float64(weights[a] - initial[a])
			n := s.n + g*g
			s.z += g - (math.Sqrt(n)-math.Sqrt(s.n))*fast*moved
			s.n = n
			weights[a] = initial[a] + s.moved(rate, o)
		}
	}
}

// initial is the priors of a slot.
func (h *Heads) initial(slot int) *[Actions]float32 {
	if slot >= reserved {
		return &nothing
	}
	return &h.prior[slot]
}

var nothing [Actions]float32 // is never written

// moved is how far a weight went from its prior.
func (s *accumulator) moved(rate float64, o *Options) float32 {
	if math.Abs(s.z) <= o.L1 {
		return 0
	}
	return float32(-(s.z - math.Copysign(o.L1, s.z)) / ((o.Calm+math.Sqrt(s.n))/rate + o.L2))
}

// Bytes is the memory that heads take.
func (h *Heads) Bytes() int64 {
	return int64(len(h.weights))*2*4 + int64(len(h.state))*16
}
