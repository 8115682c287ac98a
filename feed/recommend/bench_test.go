package recommend

import (
	"math/rand/v2"
	"testing"
)

// million is a model of the size that serves: a million items, three tables
// and factors, made up instead of fitted.
func million(b *testing.B) *Model {
	b.Helper()
	const items, row, dim = 1_000_000, 40, 64
	r := rand.New(rand.NewPCG(1, 1))
	m := New(items)
	for src := range tables {
		t := &table{start: make([]uint32, 1, items+1)}
		for range items {
			for k := range row {
				t.ids, t.vals = append(t.ids, r.Uint32N(items)), append(t.vals, 1/float32(k+1))
			}
			t.start = append(t.start, uint32(len(t.ids)))
		}
		m.fitted.table[src] = t
	}
	f := &factors{dim: dim, alpha: .02, reg: .003, items: make([]float32, items*dim)}
	for k := range f.items {
		f.items[k] = r.Float32() - 0.5
	}
	f.gram = gram(f.items[:dim*1000], dim, .02)
	m.fitted.factors = f
	for src := range sources {
		m.blend.Weight[src], m.blend.Recency[src] = 1, 0.98
	}
	for i := range Item(items) {
		m.live.set(i, float32(1+r.IntN(100)))
	}
	return m
}

func BenchmarkRecommend(b *testing.B) {
	m := million(b)
	r := rand.New(rand.NewPCG(2, 2))
	history := make([]Touch, 200)
	for k := range history {
		history[k] = Touch{Item: r.Uint32N(1_000_000), Weight: 1}
	}
	b.ReportAllocs()
	for b.Loop() {
		m.Recommend(history, 1000, nil)
	}
}

func BenchmarkLearn(b *testing.B) {
	m := New(100_000)
	r := rand.New(rand.NewPCG(2, 2))
	history := make([]Touch, 50)
	for k := range history {
		history[k] = Touch{Item: r.Uint32N(100_000), Weight: 1}
	}
	b.ReportAllocs()
	for b.Loop() {
		history[r.IntN(50)].Item = r.Uint32N(100_000)
		m.Learn(history, Touch{Item: r.Uint32N(100_000), Weight: 1})
	}
}
