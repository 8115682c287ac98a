//go:build unix

package creatorcore_test

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
)

// BenchmarkLike likes one post, each time as somebody else.
func BenchmarkLike(b *testing.B) {
	tn := build(b, nil)
	lin := tn.AddUser("Lin", actor.Creator)
	by := creator.ByPost{ID: tn.publish(b, tn, lin, "liked").ID}
	b.ReportAllocs()
	b.SetParallelism(16)
	var n atomic.Int64
	before := processor(b)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			n.Add(1)
			fan := actor.Actor{User: id.User(id.New("usr", tn.clock.Now()))}
			if _, err := tn.Like(actor.With(b.Context(), fan), by); err != nil {
				b.Error(err)
				return
			}
		}
	})
	costs(b, before)
	if got := must(tn.Post(b.Context(), creator.ReadPost{ID: by.ID}))(b).Likes; got != n.Load() {
		b.Errorf("%d likes, want %d", got, n.Load())
	}
}

// BenchmarkPost reads a post that sells three products, as somebody signed in.
func BenchmarkPost(b *testing.B) {
	tn := build(b, nil)
	lin := tn.AddUser("Lin", actor.Creator)
	p := tn.publish(b, tn, lin, "read", tn.AddProduct("A", money.CNY(100), 5), tn.AddProduct("B", money.CNY(100), 5), tn.AddProduct("C", money.CNY(100), 5))
	ctx := as(b, tn.AddUser("Fan"))
	b.ReportAllocs()
	before := processor(b)
	for b.Loop() {
		if _, err := tn.Post(ctx, creator.ReadPost{ID: p.ID}); err != nil {
			b.Fatal(err)
		}
	}
	costs(b, before)
}

// BenchmarkCards shows a page of 20 posts by 5 authors, each selling a product.
func BenchmarkCards(b *testing.B) {
	tn := build(b, nil)
	in := creator.Cards{For: tn.AddUser("Fan").User}
	cream := tn.AddProduct("Cream", money.CNY(9900), 5)
	for i := range 5 {
		lin := tn.AddUser("Lin", actor.Creator)
		for j := range 4 {
			in.IDs = append(in.IDs, tn.publish(b, tn, lin, fmt.Sprint("card-", i, "-", j), cream).ID)
		}
	}
	ctx := actor.AsSystem(b.Context(), "feed")
	b.ReportAllocs()
	before := processor(b)
	for b.Loop() {
		if got, err := tn.Cards(ctx, in); err != nil || len(got.Items) != 20 {
			b.Fatal(len(got.Items), err)
		}
	}
	costs(b, before)
}

// processor returns the processor time that this process has used: what a busy
// machine leaves comparable.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func costs(b *testing.B, before time.Duration) {
	b.ReportMetric(float64(processor(b)-before)/float64(b.N), "cpu-ns/op")
}
