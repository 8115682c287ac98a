package rank

import (
	"math"
	"sync"
	"sync/atomic"
)

// Options are how heads learn. Zero fields are the defaults.
type Options struct {
	Slots int     // of weights, a power of two; 65,536
	Rate  float64 // alpha: how fast a weight moves at first; 0.05
	Calm  float64 // beta: how much evidence before it slows down; 1
	L1    float64 // what a weight must be worth to leave its prior; 0.5
	L2    float64 // what pulls it back; 1
}

func (o Options) filled() Options {
	fill := func(v *float64, usual float64) {
		if *v <= 0 {
			*v = usual
		}
	}
	fill(&o.Rate, .05)
	fill(&o.Calm, 1)
	fill(&o.L1, .5)
	fill(&o.L2, 1)
	if o.Slots < 2*reserved || o.Slots&(o.Slots-1) != 0 {
		o.Slots = 1 << 16
	}
	return o
}

// line is what one slot takes in the weights: 64 bytes, a line of the cache.
const line = 16

// Heads are the models of all actions. Its methods may be called at the same
// time.
type Heads struct {
	options Options
	mask    uint32
	weights []atomic.Uint32 // float bits; line per slot, the first Actions of it used

	learning sync.Mutex    // guards what follows
	state    []accumulator // Actions per slot
	prior    [reserved][Actions]float32

	tally [Actions]tally
}

// accumulator is FTRL's memory of one weight.
type accumulator struct{ z, n float32 }

// NewHeads returns heads that know their priors only.
func NewHeads(o Options) *Heads {
	o = o.filled()
	h := &Heads{
		options: o,
		mask:    uint32(o.Slots - 1),
		weights: make([]atomic.Uint32, o.Slots*line),
		state:   make([]accumulator, o.Slots*int(Actions)),
		prior:   prior(),
	}
	for slot, ws := range h.prior {
		for a, w := range ws {
			h.weights[slot*line+a].Store(math.Float32bits(w))
		}
	}
	return h
}

// slot is where a feature's weights are.
func (h *Heads) slot(hash uint32) int {
	s := hash & h.mask
	if s < reserved && s != hash {
		s += reserved
	}
	return int(s)
}

// Predict returns how probable each action is.
func (h *Heads) Predict(f []Feature) [Actions]float32 {
	p := h.odds(f)
	for a := range p {
		p[a] = logistic(p[a])
	}
	return p
}

// Score predicts and weighs.
func (h *Heads) Score(f []Feature) Score {
	var s Score
	p := h.odds(f)
	for a := range p {
		s.Terms[a] = weights[a] * logistic(p[a])
		s.Total += s.Terms[a]
	}
	return s
}

// odds returns each head's log-odds. It is written out because it is where a
// request spends its time: twelve sums that stay in registers.
func (h *Heads) odds(f []Feature) [Actions]float32 {
	var s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11 float32
	for i := range f {
		at := h.slot(f[i].Hash) * line
		w := h.weights[at : at+line : at+line]
		x := f[i].Value
		s0 += x * math.Float32frombits(w[0].Load())
		s1 += x * math.Float32frombits(w[1].Load())
		s2 += x * math.Float32frombits(w[2].Load())
		s3 += x * math.Float32frombits(w[3].Load())
		s4 += x * math.Float32frombits(w[4].Load())
		s5 += x * math.Float32frombits(w[5].Load())
		s6 += x * math.Float32frombits(w[6].Load())
		s7 += x * math.Float32frombits(w[7].Load())
		s8 += x * math.Float32frombits(w[8].Load())
		s9 += x * math.Float32frombits(w[9].Load())
		s10 += x * math.Float32frombits(w[10].Load())
		s11 += x * math.Float32frombits(w[11].Load())
	}
	return [Actions]float32{s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11}
}

// Learn tells one head what followed an impression with these features.
func (h *Heads) Learn(f []Feature, a Action, happened bool) {
	if a >= Actions {
		return
	}
	p := logistic(h.odds(f)[a])
	h.tally[a].count(p, happened)
	h.learning.Lock()
	defer h.learning.Unlock()
	h.step(f, a, p, happened)
}

// Settle tells every head what followed an impression, once it is known: an
// action that is not in o did not happen. It is Learn for all actions.
func (h *Heads) Settle(f []Feature, o Outcome) {
	p := h.Predict(f)
	for a := range Actions {
		h.tally[a].count(p[a], o.Has(a))
	}
	h.learning.Lock()
	defer h.learning.Unlock()
	for a := range Actions {
		h.step(f, a, p[a], o.Has(a))
	}
}

// step is FTRL-proximal's update of one head. The caller holds learning.
func (h *Heads) step(f []Feature, a Action, p float32, happened bool) {
	miss := float64(p)
	if happened {
		miss--
	}
	o := &h.options
	for i := range f {
		x := float64(f[i].Value)
		if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
			continue
		}
		slot := h.slot(f[i].Hash)
		at, s := &h.weights[slot*line+int(a)], &h.state[slot*int(Actions)+int(a)]
		before := h.initial(slot, a)
		g, n := miss*x, float64(s.n)
		sigma := (math.Sqrt(n+g*g) - math.Sqrt(n)) / o.Rate
		moved := float64(math.Float32frombits(at.Load()) - before)
		s.z += float32(g - sigma*moved)
		s.n = float32(n + g*g)
		at.Store(math.Float32bits(before + s.moved(o)))
	}
}

// initial is the prior of a weight. The caller holds learning.
func (h *Heads) initial(slot int, a Action) float32 {
	if slot >= reserved {
		return 0
	}
	return h.prior[slot][a]
}

// moved is how far a weight went from its prior.
func (s accumulator) moved(o *Options) float32 {
	z := float64(s.z)
	if math.Abs(z) <= o.L1 {
		return 0
	}
	return float32(-(z - math.Copysign(o.L1, z)) / ((o.Calm+math.Sqrt(float64(s.n)))/o.Rate + o.L2))
}

// Bytes is the memory that heads take.
func (h *Heads) Bytes() int64 {
	return int64(len(h.weights))*4 + int64(len(h.state))*8
}

// logistic is 1/(1+e^-x) to within 1e-6, in a third of the time of math.Exp.
func logistic(x float32) float32 {
	x = max(-16, min(16, x)) // beyond it a probability is 1e-7 from certain
	y := x * -1.4426950408889634
	whole := float32(int32(y+64.5) - 64) // rounded, y is in ±24
	r := y - whole
	// 2^r for r in [-1/2, 1/2], Taylor's series: the next term is below 2e-7.
	e := 1 + r*(.69314718+r*(.24022651+r*(.05550411+r*(.009618129+r*(.0013333558+r*.00015403530)))))
	e *= math.Float32frombits(uint32(int32(whole)+127) << 23)
	return 1 / (1 + e)
}
