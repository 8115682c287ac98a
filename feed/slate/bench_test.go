package slate_test

import (
	"math/rand/v2"
	"syscall"
	"testing"

	"meadow/feed/slate"
)

// cpu is the time this process has computed: on a busy machine the wall says
// little.
func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano() + u.Stime.Nano())
}

func thousand(authors, topics int) []slate.Candidate {
	rng := rand.New(rand.NewPCG(1, 1))
	cs := make([]slate.Candidate, 1000)
	for i := range cs {
		cs[i] = slate.Candidate{
			Post: uint32(i), Author: uint32(rng.IntN(authors)), Score: float32(rng.ExpFloat64()),
			Topics: []uint32{uint32(rng.IntN(topics)), uint32(rng.IntN(topics)), uint32(rng.IntN(topics))},
			Kind:   uint8(rng.IntN(3)), Promo: rng.IntN(5) == 0, Explore: rng.IntN(20) == 0,
		}
	}
	return cs
}

func build(b *testing.B, cs []slate.Candidate) {
	r := slate.DefaultRules()
	r.Size = 50
	b.ReportAllocs()
	began := cpu()
	for b.Loop() {
		slate.Build(cs, r, slate.Carry{}, slate.NoCaps{})
	}
	b.ReportMetric((cpu()-began)/float64(b.N), "cpu-ns/op")
}

// BenchmarkBuild50Of1000 is a page of a usual request.
func BenchmarkBuild50Of1000(b *testing.B) { build(b, thousand(300, 200)) }

// BenchmarkBuild50Of1000OfOneAuthor is the worst case: everybody is lowered, so
// nobody can be left out of the search.
func BenchmarkBuild50Of1000OfOneAuthor(b *testing.B) { build(b, thousand(1, 2)) }
