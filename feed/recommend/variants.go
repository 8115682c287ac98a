package recommend

import "fmt"

// variant is one way of fitting a source.
type variant struct {
	name string
	make func(f *fitter, t *touches) (fitted, error)
}

// variants are the ways that validation chooses among, the likeliest first.
// They are few: a small part held out cannot tell many apart.
func (f *fitter) variants() [sources][]variant {
	var v [sources][]variant
	if f.d.Ordered {
		for _, o := range []covisitOf{{.8, .5, .3, false}, {.8, .5, .3, true}, {.8, .3, .2, true}} {
			v[covisitAt] = append(v[covisitAt], covisitVariant(o))
		}
	}
	for _, o := range []walkOf{{.8, .3, 0}, {.8, .3, .1}, {.8, .3, .2}, {.5, .3, 0}} {
		v[walkAt] = append(v[walkAt], walkVariant(o))
	}
	// Regression is tried only where a time-ordered part judges it: on pairs held
	// out at random it flatters itself, as they come from what it explains.
	for _, to := range []float64{.2, .35} {
		if !f.d.Ordered {
			break
		}
		v[neighboursAt] = append(v[neighboursAt], ridgeVariant(ridgeOf{.5, 5, 100}, to))
	}
	v[neighboursAt] = append(v[neighboursAt], cosineVariant(cosineOf{10, 0}), cosineVariant(cosineOf{10, .5}))
	for _, o := range []factorsOf{{64, 6, .02, .003}, {64, 6, .2, .005}} {
		v[factorsAt] = append(v[factorsAt], factorsVariant(o))
	}
	if len(f.d.Attributes) > 0 {
		v[contentAt] = []variant{{"rare attributes", nothing}}
	}
	v[popularAt] = []variant{{"count", nothing}}
	return v
}

func nothing(*fitter, *touches) (fitted, error) { return fitted{}, nil }

func one(src int, t *table) fitted {
	var f fitted
	f.table[src] = t
	return f
}

func covisitVariant(o covisitOf) variant {
	return variant{fmt.Sprintf("%+v", o), func(f *fitter, t *touches) (fitted, error) {
		made, err := f.covisit(t, f.rows, o)
		return one(covisitAt, made), err
	}}
}

// walkVariant makes the walk and, if asked, keeps of it what is direct. The
// variants on the part share a walk.
func walkVariant(o walkOf) variant {
	return variant{fmt.Sprintf("%+v", o), func(f *fitter, t *touches) (fitted, error) {
		wide := f.hops()
		if o.Less > 0 && wide < hops/5 {
			return fitted{}, nil
		}
		less := o.Less
		o.Less = 0
		made := f.walked[o]
		if t != f.part || made == nil {
			var err error
			if made, err = f.walk(t, f.rows, o); err != nil {
				return fitted{}, err
			}
			if t == f.part {
				f.walked = map[walkOf]*table{o: made}
			}
		}
		if less == 0 {
			return one(walkAt, made), nil
		}
		made, err := f.direct(made, wide, less)
		return one(walkAt, made), err
	}}
}

func cosineVariant(o cosineOf) variant {
	return variant{fmt.Sprintf("cosine %+v", o), func(f *fitter, t *touches) (fitted, error) {
		made, err := f.cosine(t, min(100, f.rows), o)
		return one(neighboursAt, made), err
	}}
}

// ridgeVariant raises targets to the power to of their popularity. The
// variants on the part share one solution.
func ridgeVariant(o ridgeOf, to float64) variant {
	return variant{fmt.Sprintf("ridge %+v To:%v", o, to), func(f *fitter, t *touches) (fitted, error) {
		if pairs(f.d.Users, f.most)*8 > f.o.Bytes {
			return fitted{}, nil
		}
		targets := f.solved
		if t != f.part || targets == nil {
			size := t.bySize(-o.User)
			together, err := f.build(t.items, t.items, func(s *sum, i Item) {
				t.together(s, i, size)
				s.of[i] = 0
			})
			if err != nil {
				return fitted{}, err
			}
			if targets, err = f.ridge(t, together, o); err != nil {
				return fitted{}, err
			}
			if t == f.part {
				f.solved = targets
			}
		}
		return one(neighboursAt, turn(targets, f.rows, t.byDegree(to))), nil
	}}
}

func factorsVariant(o factorsOf) variant {
	return variant{fmt.Sprintf("%+v", o), func(f *fitter, t *touches) (fitted, error) {
		if int64(t.items+t.users())*int64(o.Dim)*4 > f.o.Bytes || t.users() == 0 {
			return fitted{}, nil
		}
		o.Dim = max(4, min(o.Dim, min(t.items, t.users())/8)) // small data cannot tell more apart
		made, err := f.factors(t, f.o.Seed, o)
		return fitted{factors: made}, err
	}}
}
