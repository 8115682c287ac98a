package pool

import "math/rand/v2"

// category counts the guaranteed impressions of a category.
type category struct {
	id          uint32
	impressions float64
	engaged     float64
}

// mostCategories bounds how many are told apart; others count as all together.
const mostCategories = 4096

// trust is how many impressions the mean of all categories is worth in one.
const trust = 500

func (p *Pool) categorise(id uint32) uint16 {
	at, ok := p.categoryOf[id]
	if !ok && len(p.categories) < mostCategories {
		at = uint16(len(p.categories))
		p.categories = append(p.categories, category{id: id})
		p.categoryOf[id] = at
	}
	return at
}

// mean is the usual rate of engagement in a category.
func (p *Pool) mean(c *category) float64 {
	all := &p.categories[0]
	m := (all.engaged + trust*p.options.Rate) / (all.impressions + trust)
	if c != all {
		m = (c.engaged + trust*m) / (c.impressions + trust)
	}
	return max(1e-4, min(m, .9999))
}

// spread is how much the true rates of posts differ: the variance of what was
// seen, less that of counting.
type spread struct{ n, excess, level float64 }

// note takes a post's rate after its guarantee.
func (s *spread) note(rate, mean, impressions float64) {
	if s.n >= 4096 { // forget slowly
		s.n, s.excess, s.level = s.n/2, s.excess/2, s.level/2
	}
	s.n++
	s.excess += (rate-mean)*(rate-mean) - mean*(1-mean)/impressions
	s.level += mean * (1 - mean)
}

// strength is how many impressions the usual rate is worth for a new post: few
// if posts differ much.
func (p *Pool) strength() float64 {
	s, first := &p.spread, p.options.Strength
	if s.n < 30 {
		return first
	}
	if s.excess <= 0 {
		return 400
	}
	return max(10, min(s.level/s.excess-1, 400))
}

// posterior is the Beta distribution of a post's rate.
func (p *Pool) posterior(r *record) (a, b float64) {
	m, k := p.mean(&p.categories[r.category]), p.strength()
	missed := max(0, float64(r.impressions)-float64(r.engaged))
	return m*k + float64(r.engaged), (1-m)*k + missed
}

// hopeful is how many impressions a post may have and still be given the benefit
// of the doubt.
const hopeful = 1000

// sample draws a post's rate.
func (p *Pool) sample(r *record, rng *rand.Rand) float64 {
	a, b := p.posterior(r)
	n, mean := a+b, a/(a+b)
	if most := p.options.Memory; n > most {
		a, b = a*most/n, b*most/n
	}
	draw := beta(rng, a, b)
	if n < hopeful {
		draw = max(draw, mean)
	}
	return draw
}
