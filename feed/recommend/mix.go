package recommend

import (
	"slices"
)

// sheet is what the sources said about the candidates of one question.
type sheet struct {
	values [][sources]float32 // wanted ones first
	items  []Item
	wanted int // of values
	all    int // wanted at all
}

const perSource = 60 // candidates of each source on a sheet

// mix finds the weights of the sources. It starts from the best source alone
// and takes a step only when that gains clearly: where popularity or any
// other source wins, it stays alone.
func (f *fitter) mix() (blend, float64, error) {
	var b blend
	b.Recency = f.recency
	best := popularAt
	for src, v := range f.alone {
		if v > f.alone[best] {
			best = src
		}
	}
	b.Weight[best] = 1
	if len(f.asked) == 0 {
		return b, 0, nil
	}
	sheets, err := f.sheets()
	if err != nil {
		return b, 0, err
	}
	now, err := f.judge(sheets, b.Weight)
	for round := 0; err == nil && round < 3; round++ {
		before := now
		for src := range sources {
			if f.alone[src] == 0 {
				continue
			}
			for _, w := range []float32{0, .02, .05, .1, .2, .35, .5, .75, 1, 1.5, 2} {
				try := b.Weight
				try[src] = w
				if try == b.Weight || try == [sources]float32{} {
					continue
				}
				ndcg, e := f.judge(sheets, try)
				if e != nil {
					return b, 0, e
				}
				if ndcg > now*(1+leastGain) || ndcg > now && w == 0 {
					now, b.Weight = ndcg, try
				}
			}
		}
		if now <= before*(1+leastGain) {
			break
		}
	}
	f.say("blend %v: NDCG@20 %.4f", b.Weight, now)
	return b, now, err
}

// leastGain is the share by which a step must better the blend.
const leastGain = 0.003

// sheets asks all sources at once about every question.
func (f *fitter) sheets() ([]sheet, error) {
	var all fitted
	b := blend{Recency: f.recency}
	for src := range sources {
		if f.alone[src] > 0 {
			b.Weight[src] = 1
		}
		if src < tables {
			all.table[src] = f.made[src].table[src]
		}
	}
	all.factors = f.made[factorsAt].factors
	m := f.trial(all, f.part, b)
	m.effort *= 4
	sheets := make([]sheet, len(f.asked))
	err := f.each(len(f.asked), func(_, k int) { sheets[k] = m.sheet(f.asked[k]) })
	return sheets, err
}

// sheet keeps the best candidates of every source, and all that was wanted.
func (m *Model) sheet(q question) sheet {
	s := m.take()
	defer m.scratch.Put(s)
	m.gather(s, q.history, depth)
	m.total(s.slots[s.had:])
	candidates := s.slots[s.had:]
	keep := map[int]bool{}
	for src := range sources {
		s.order = s.order[:0]
		for k := range candidates {
			if v := candidates[k].value[src]; v > 0 {
				s.order = append(s.order, place(v, candidates[k].item, k))
			}
		}
		first(s.order, perSource)
		for _, o := range s.order[:min(perSource, len(s.order))] {
			keep[int(o.at)] = true
		}
	}
	at := make([]int, 0, len(keep))
	for k := range keep {
		at = append(at, k)
	}
	is := func(k int) int {
		if slices.Contains(q.wanted, candidates[k].item) {
			return 0
		}
		return 1
	}
	slices.SortFunc(at, func(a, b int) int {
		if d := is(a) - is(b); d != 0 {
			return d
		}
		return a - b
	})
	out := sheet{all: len(q.wanted)}
	for _, k := range at {
		if is(k) == 0 {
			out.wanted++
		}
		out.values = append(out.values, candidates[k].value)
		out.items = append(out.items, candidates[k].item)
	}
	return out
}

// judge is the mean NDCG@20 that weights reach on the sheets.
func (f *fitter) judge(sheets []sheet, weight [sources]float32) (float64, error) {
	got := make([]float64, len(sheets))
	err := f.each(len(sheets), func(_, k int) { got[k] = sheets[k].judge(weight) })
	return mean(got), err
}

func (s *sheet) judge(weight [sources]float32) (got float64) {
	if s.wanted == 0 {
		return 0
	}
	var room [1024]float32
	totals := room[:0]
	for _, v := range s.values {
		var t float32
		for src, w := range weight {
			t += w * v[src]
		}
		totals = append(totals, t)
	}
	for x := range s.wanted {
		at := 0
		for y, t := range totals {
			if t > totals[x] || t == totals[x] && s.items[y] < s.items[x] {
				at++
			}
		}
		if at < depth {
			got += gain(at)
		}
	}
	return got / ideal(s.all)
}
