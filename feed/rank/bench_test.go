package rank_test

import (
	"math/rand/v2"
	"syscall"
	"testing"

	"meadow/feed/rank"
)

func trained() (*rank.Heads, []rank.Input) {
	h, rng := rank.NewHeads(rank.Options{}), rand.New(rand.NewPCG(1, 1))
	inputs := make([]rank.Input, 1000)
	for i := range inputs {
		inputs[i] = random(rng)
		h.Settle(inputs[i].Features(nil), people(rng, &inputs[i]))
	}
	return h, inputs
}

// cpu is the time this process has computed: on a busy machine the wall says
// little.
func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkScore1000 is what a request costs: features made, and all heads asked,
// for 1,000 candidates.
func BenchmarkScore1000(b *testing.B) {
	h, inputs := trained()
	buf := make([]rank.Feature, 0, 32)
	many := 0
	for i := range inputs {
		many += len(inputs[i].Features(buf[:0]))
	}
	b.ReportAllocs()
	began := cpu()
	v := h.View(0)
	for b.Loop() {
		for i := range inputs {
			buf = inputs[i].Features(buf[:0])
			v.Score(buf)
		}
	}
	b.ReportMetric((cpu()-began)/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(many)/1000, "features")
}

// BenchmarkScore1000Heads is the same without making the features.
func BenchmarkScore1000Heads(b *testing.B) {
	h, inputs := trained()
	var made [][]rank.Feature
	for i := range inputs {
		made = append(made, inputs[i].Features(nil))
	}
	b.ReportAllocs()
	began := cpu()
	v := h.View(0)
	for b.Loop() {
		for _, f := range made {
			v.Score(f)
		}
	}
	b.ReportMetric((cpu()-began)/float64(b.N), "cpu-ns/op")
}

func BenchmarkSettle(b *testing.B) {
	h, inputs := trained()
	f := inputs[0].Features(nil)
	b.ReportAllocs()
	began := cpu()
	for b.Loop() {
		h.Settle(f, rank.Of(rank.ReadThrough))
	}
	b.ReportMetric((cpu()-began)/float64(b.N), "cpu-ns/op")
}
