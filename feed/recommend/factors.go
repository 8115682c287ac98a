package recommend

import (
	"math"
	"math/rand/v2"
	"slices"
)

// factorsOf is one way of making factors.
type factorsOf struct {
	Dim    int
	Epochs int
	Alpha  float64 // weight of what was not touched
	Reg    float64 // grows with the number of touches
}

// factors is iALS in the form of Rendle et al. (2021): alternating least
// squares over all pairs, those not touched weighing Alpha, regularised in
// proportion to what each row adds up to. O(epochs x touches x Dim^2).
type factors struct {
	dim   int
	alpha float64
	reg   float64
	items []float32 // Dim of each
	gram  []float32 // Alpha times items^T items
}

func (c crew) factors(t *touches, seed uint64, o factorsOf) (*factors, error) {
	f := &factors{dim: o.Dim, alpha: o.Alpha, reg: o.Reg, items: make([]float32, t.items*o.Dim)}
	users := make([]float32, t.users()*o.Dim)
	r := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	for k := range f.items {
		f.items[k] = float32(r.NormFloat64() * 0.1 / math.Sqrt(float64(o.Dim)))
	}
	for range o.Epochs {
		if err := c.half(users, f.items, t.start, t.item, o); err != nil {
			return nil, err
		}
		if err := c.half(f.items, users, t.from, t.user, o); err != nil {
			return nil, err
		}
	}
	f.gram = gram(f.items, o.Dim, o.Alpha)
	return f, nil
}

// half solves every row of to, given all of from.
func (c crew) half(to, from []float32, start []int, of []uint32, o factorsOf) error {
	d := o.Dim
	base := gram(from, d, o.Alpha)
	others := float64(len(from) / d)
	work := make([]solver, c.workers)
	return c.each(len(start)-1, func(worker, r int) {
		w := &work[worker]
		x := to[r*d : r*d+d]
		clear(x)
		row := of[start[r]:start[r+1]]
		if len(row) == 0 {
			return
		}
		w.begin(base, d)
		for _, i := range row {
			w.take(from[int(i)*d:int(i)*d+d], 1, x)
		}
		w.finish(x, o.Reg*(float64(len(row))+o.Alpha*others))
	})
}

// solver puts one system together: base plus the squares of vectors.
type solver struct {
	dim    int
	matrix []float32
	wait   [4][]float32 // vectors not yet added: four at a time cost half
	room   []float32
	n      int
}

func (w *solver) begin(base []float32, d int) {
	if w.matrix == nil {
		w.matrix, w.room, w.dim = make([]float32, d*d), make([]float32, 4*d), d
	}
	copy(w.matrix, base)
	w.n = 0
}

// take adds weight times the square of v, and v to the right side.
func (w *solver) take(v []float32, weight float32, right []float32) {
	for k, x := range v {
		right[k] += weight * x
	}
	if weight != 1 {
		root := float32(math.Sqrt(float64(weight)))
		own := w.room[w.n*w.dim : (w.n+1)*w.dim]
		for k, x := range v {
			own[k] = root * x
		}
		v = own
	}
	w.wait[w.n] = v
	w.n++
	if w.n == 4 {
		squares(w.matrix, w.dim, w.wait)
		w.n = 0
	}
}

func (w *solver) finish(x []float32, reg float64) {
	for _, v := range w.wait[:w.n] {
		square(w.matrix, w.dim, v)
	}
	for k := range w.dim {
		w.matrix[k*w.dim+k] += float32(reg)
	}
	cholesky(w.matrix, x, w.room, w.dim)
}

// square adds v v^T to the lower half of a.
func square(a []float32, d int, v []float32) {
	for i := range d {
		x, row := v[i], a[i*d:i*d+i+1]
		w := v[:len(row)]
		for j := range row {
			row[j] += x * w[j]
		}
	}
}

// squares adds four at once, which reads and writes a only once.
func squares(a []float32, d int, v [4][]float32) {
	for i := range d {
		row := a[i*d : i*d+i+1]
		x0, x1, x2, x3 := v[0][i], v[1][i], v[2][i], v[3][i]
		w0, w1, w2, w3 := v[0][:len(row)], v[1][:len(row)], v[2][:len(row)], v[3][:len(row)]
		for j := range row {
			row[j] += x0*w0[j] + x1*w1[j] + x2*w2[j] + x3*w3[j]
		}
	}
}

func gram(rows []float32, d int, times float64) []float32 {
	g := make([]float32, d*d)
	var four [4][]float32
	n := 0
	for r := 0; r+d <= len(rows); r += d {
		four[n] = rows[r : r+d]
		if n++; n == 4 {
			squares(g, d, four)
			n = 0
		}
	}
	for _, v := range four[:n] {
		square(g, d, v)
	}
	for k := range g {
		g[k] *= float32(times)
	}
	return g
}

// fold finds the vector of somebody with these touches in one solve.
func (f *factors) fold(w *solver, x []float32, history []weighted) bool {
	clear(x)
	w.begin(f.gram, f.dim)
	n := 0.0
	for _, h := range history {
		if v := f.of(h.item); v != nil {
			w.take(v, h.weight, x)
			n += float64(h.weight)
		}
	}
	if n == 0 {
		return false
	}
	w.finish(x, f.reg*(n+f.alpha*float64(len(f.items)/f.dim)))
	return !slices.ContainsFunc(x, func(v float32) bool { return v != v })
}

// of returns the vector of an item, or nil.
func (f *factors) of(i Item) []float32 {
	if (int(i)+1)*f.dim > len(f.items) {
		return nil
	}
	return f.items[int(i)*f.dim : (int(i)+1)*f.dim]
}
