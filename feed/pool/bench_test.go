package pool_test

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"meadow/feed/pool"
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

// million holds a million posts, of which 50,000 are on trial, and waiters wait
// for their guarantee.
func million(waiters int) (*pool.Pool, *rand.Rand) {
	const all, alive = 1_000_000, 50_000
	p, rng := pool.New(pool.Options{Guarantee: 1}), rand.New(rand.NewPCG(1, 1))
	for i := range uint32(all) {
		at := start
		if i >= all-alive {
			at = start.Add(20 * 24 * time.Hour)
		}
		p.Add(i, i%100_000, i%50, at)
		if int(i) >= all-waiters {
			continue
		}
		p.Impression(i, true)
		if rng.IntN(20) == 0 {
			p.Engaged(i)
		}
	}
	p.Expire(start.Add(25 * 24 * time.Hour))
	return p, rng
}

func pick(b *testing.B, waiters int) {
	p, rng := million(waiters)
	b.ReportAllocs()
	began := cpu()
	for b.Loop() {
		p.Pick(rng, 2, func(post uint32) float32 { return float32(post%100) / 100 })
	}
	b.ReportMetric(float64(p.Stats().Bytes)/1e6, "MB")
	b.ReportMetric((cpu()-began)/float64(b.N), "cpu-ns/op")
}

// BenchmarkPickRunning picks two of 50,000 on trial among a million.
func BenchmarkPickRunning(b *testing.B) { pick(b, 0) }

// BenchmarkPickWaiting does while 5,000 wait for their guarantee.
func BenchmarkPickWaiting(b *testing.B) { pick(b, 5000) }

func BenchmarkImpression(b *testing.B) {
	p, rng := million(0)
	b.ReportAllocs()
	began := cpu()
	for b.Loop() {
		p.Impression(950_000+uint32(rng.IntN(50_000)), true)
	}
	b.ReportMetric((cpu()-began)/float64(b.N), "cpu-ns/op")
}
