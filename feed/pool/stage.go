package pool

import (
	"math"
	"time"
)

// Stage is how far a post came, as its creator sees it.
type Stage struct {
	Step        int     // 1 to Steps
	Goal        int     // impressions that end this step; 0 on the last, which is open
	Impressions int     // so far
	People      int     // of them, to somebody new
	Engaged     int     // so far
	Mean        float64 // the rate of engagement that is believed
	Low, High   float64 // and nine times in ten it is between these
	Usual       float64 // the rate of posts like it
	At          time.Time
	Over        bool // the trial is over
}

// Goals are the impressions that end each step of the ladder; the last step is
// open. The ladder shows a trial and does not drive it: draws do.
func (p *Pool) Goals() []int {
	g := p.options.Guarantee
	return []int{g, 5 * g, 25 * g, 100 * g} // 200, 1,000, 5,000, 20,000
}

// Steps is how many steps the ladder has.
const Steps = 5

// Stage returns how far a post came, and if it is known here.
func (p *Pool) Stage(post uint32) (Stage, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.find(post)
	if r == nil {
		return Stage{}, false
	}
	a, b := p.posterior(r)
	mean := a / (a + b)
	wide := 1.645 * math.Sqrt(mean*(1-mean)/(a+b+1))
	s := Stage{
		Impressions: int(r.impressions), People: int(r.distinct), Engaged: int(r.engaged),
		Mean: mean, Low: max(0, mean-wide), High: min(1, mean+wide),
		Usual: p.mean(&p.categories[r.category]),
		At:    time.Unix(r.at, 0).UTC(), Over: r.phase == retired,
	}
	s.Step, s.Goal = p.step(r)
	return s, true
}

func (p *Pool) step(r *record) (step, goal int) {
	if p.owed(r) {
		return 1, p.options.Guarantee
	}
	for i, goal := range p.Goals() {
		if i > 0 && int(r.impressions) < goal {
			return i + 1, goal
		}
	}
	return Steps, 0
}
