package trend_test

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"meadow/feed/trend"
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

func crowd(n int) (*trend.Trends, func()) {
	tr, rng := trend.New(trend.Options{}), rand.New(rand.NewPCG(1, 1))
	at, words := start, rand.NewZipf(rng, 1.1, 1, 30_000)
	names := make([]string, 30_001)
	for i := range names {
		names[i] = fmt.Sprint("word ", i)
	}
	note := func() {
		at = at.Add(time.Millisecond)
		tr.Note(searches, names[words.Uint64()], rng.Uint64N(100_000), at)
	}
	for range n {
		note()
	}
	return tr, note
}

// BenchmarkNote counts searches whose words are as unevenly spread as real ones.
func BenchmarkNote(b *testing.B) {
	tr, note := crowd(200_000)
	b.ReportAllocs()
	began := cpu()
	for b.Loop() {
		note()
	}
	b.ReportMetric((cpu()-began)/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(tr.Stats().Bytes)/float64(tr.Stats().Keys), "B/key")
}

// BenchmarkTop lists the trends of a scope of some 10,000 keys.
func BenchmarkTop(b *testing.B) {
	tr, _ := crowd(200_000)
	b.ReportAllocs()
	began := cpu()
	for b.Loop() {
		tr.Top(searches, 20, start.Add(10*time.Minute))
	}
	b.ReportMetric((cpu()-began)/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(tr.Stats().Keys), "keys")
}
