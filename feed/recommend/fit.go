package recommend

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"
)

// Report says what Fit found on the part it held out.
type Report struct {
	Chosen    map[Source]float64 // weight of each source in the blend
	Alone     map[Source]float64 // NDCG@20 of each source by itself, at its best
	Blend     float64            // NDCG@20 of the blend
	Questions int                // users asked on the part held out
	Settings  map[Source]string
	Took      time.Duration
}

// fitter is one run of Fit.
type fitter struct {
	crew
	d       Data
	o       Options
	began   time.Time
	most    int // touches per user that are looked at
	rows    int // entries of a table's row
	part    *touches
	asked   []question
	chosen  [sources]variant
	alone   [sources]float64
	recency [sources]float32
	made    [sources]fitted
	solved  [][]entry         // the regressions of part, while variants share them
	walked  map[walkOf]*table // the last walk of part, likewise
	work    int64             // pairs of items that one pass may look at
}

// Fit learns from all of d. It first holds a part of d out, and chooses by it
// alone the parameters of the sources, which of them count, and how much;
// then it fits those again on everything. With a Budget it looks at fewer
// touches and variants. It returns the context's error when that ends.
func Fit(ctx context.Context, d Data, o Options) (*Model, Report, error) {
	f := &fitter{d: d, o: o, began: time.Now()}
	f.workers = o.Workers
	if f.workers <= 0 {
		f.workers = runtime.GOMAXPROCS(0)
	}
	f.ctx = ctx
	f.bound()
	if err := f.choose(); err != nil {
		return nil, Report{}, fmt.Errorf("fit: %w", err)
	}
	blend, ndcg, err := f.mix()
	if err != nil {
		return nil, Report{}, fmt.Errorf("fit: %w", err)
	}
	m, err := f.all(blend)
	if err != nil {
		return nil, Report{}, fmt.Errorf("fit: %w", err)
	}
	return m, f.report(blend, ndcg), nil
}

// bound decides how much work fits the budget and the memory.
func (f *fitter) bound() {
	if f.o.Bytes <= 0 {
		f.o.Bytes = 1 << 30
	}
	f.rows = int(min(400, max(16, f.o.Bytes/3/8/int64(max(1, f.d.Items)))))
	f.work = 3e9
	if f.o.Budget > 0 { // about 20 million pairs a second and worker, some ten passes
		f.work = min(f.work, int64(f.o.Budget.Seconds()*2e6*float64(f.workers)))
	}
	f.most = 2000
	for f.most > 10 && pairs(f.d.Users, f.most) > f.work {
		f.most = f.most * 3 / 4
	}
}

// hops is how many entries of a row may be followed twice over.
func (f *fitter) hops() int {
	return int(min(hops, math.Sqrt(float64(f.work)/float64(max(1, f.d.Items)))))
}

// late says that a share of the budget is used up.
func (f *fitter) late(share float64) bool {
	return f.o.Budget > 0 && time.Since(f.began).Seconds() > share*f.o.Budget.Seconds()
}

func (f *fitter) say(format string, args ...any) {
	if f.o.Log != nil {
		f.o.Log(fmt.Sprintf(format, args...))
	}
}

// choose holds a part out and finds each source's best variant on it.
func (f *fitter) choose() error {
	users, asked := holdOut(f.d, f.o.Seed)
	f.asked = asked
	if len(asked) == 0 {
		return nil
	}
	f.part = gatherTouches(users, f.d.Items, f.d.Ordered, f.most)
	f.say("held out %d users; choosing", len(asked))
	for src, variants := range f.variants() {
		if err := f.source(src, variants); err != nil {
			return err
		}
	}
	f.solved, f.walked = nil, nil
	return nil
}

// source tries the variants of one source.
func (f *fitter) source(src int, variants []variant) error {
	for n, v := range variants {
		if f.late(0.4) && slices.Max(f.alone[:]) > 0 && src < contentAt {
			break // no time
		}
		if n > 0 && src == factorsAt && f.alone[src] < 0.7*slices.Max(f.alone[:]) {
			break // nothing to hope for
		}
		made, err := v.make(f, f.part)
		if err != nil {
			return err
		}
		if src < tables && made.table[src] == nil || src == factorsAt && made.factors == nil {
			continue // too large for the bounds
		}
		recencies := []float32{f.recency[src]}
		switch {
		case !f.d.Ordered || src == popularAt:
			recencies = []float32{1}
		case n == 0:
			recencies = []float32{0.6, 0.8, 1}
		}
		for _, recency := range recencies {
			one := blend{}
			one.Weight[src] = 1
			one.Recency[src] = recency
			ndcg, err := f.ask(f.trial(made, f.part, one))
			if err != nil {
				return err
			}
			if ndcg > f.alone[src] {
				f.alone[src], f.chosen[src], f.recency[src], f.made[src] = ndcg, v, recency, made
			}
		}
		f.say("%s %s: best NDCG@20 %.4f", sourceNames[src], v.name, f.alone[src])
	}
	return nil
}

// trial puts a model together.
func (f *fitter) trial(made fitted, t *touches, b blend) *Model {
	m := New(f.d.Items)
	m.fitted, m.blend = made, b
	if f.o.Effort > 0 {
		m.effort = f.o.Effort
	}
	for i, n := range t.degree {
		m.live.set(Item(i), n)
	}
	if b.Weight[contentAt] > 0 || t != f.part {
		for i, a := range f.d.Attributes {
			if len(a) > 0 && i < f.d.Items {
				m.SetAttributes(Item(i), a)
			}
		}
		m.measureAll()
	}
	return m
}

// all fits the sources that the blend listens to on everything.
func (f *fitter) all(b blend) (*Model, error) {
	f.part, f.asked, f.made = nil, nil, [sources]fitted{}
	t := gatherTouches(f.d.Users, f.d.Items, f.d.Ordered, f.most)
	var made fitted
	for src, v := range f.chosen {
		if b.Weight[src] == 0 || v.make == nil {
			continue
		}
		f.say("fitting %s %s on everything", sourceNames[src], v.name)
		one, err := v.make(f, t)
		if err != nil {
			return nil, err
		}
		if src < tables {
			made.table[src] = one.table[src]
		} else if src == factorsAt {
			made.factors = one.factors
		}
	}
	return f.trial(made, t, b), nil
}

func (f *fitter) report(b blend, ndcg float64) Report {
	r := Report{Chosen: map[Source]float64{}, Alone: map[Source]float64{}, Settings: map[Source]string{}, Blend: ndcg, Took: time.Since(f.began)}
	for src, name := range sourceNames {
		if f.chosen[src].make == nil && src != popularAt {
			continue
		}
		r.Chosen[name] = float64(b.Weight[src])
		r.Alone[name] = f.alone[src]
		r.Settings[name] = fmt.Sprintf("%s recency %.1f", f.chosen[src].name, f.recency[src])
	}
	return r
}
