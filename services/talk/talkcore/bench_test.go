package talkcore_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/talk"
)

// BenchmarkPage reads pages of 20 comments under a post that has 100,000, of
// which every other has a reply or two, as somebody who is signed in.
func BenchmarkPage(b *testing.B) {
	tn := on(b, b.TempDir(), vfs.Default)
	lin, fan := tn.AddUser("Lin"), tn.AddUser("Fan")
	p := tn.AddPost(lin.User)
	if err := tn.Fill(b.Context(), p, lin.User, 100_000); err != nil {
		b.Fatal(err)
	}
	ctx := as(b, fan)
	for _, o := range []talk.Order{talk.Hot, talk.New} {
		in := talk.Comments{ID: p, Order: o}
		for n := range 100 {
			if n == 0 || n == 99 {
				b.Run(fmt.Sprintf("%s/%d", o, n+1), func(b *testing.B) { read(b, tn, ctx, in) })
			}
			in.After = must(tn.Comments(ctx, in))(b).Next
		}
	}
	top := must(tn.Comments(ctx, talk.Comments{ID: p, Ask: page.Ask{Limit: 1}}))(b).Items[0]
	b.Run("replies", func(b *testing.B) { read(b, tn, ctx, talk.Comments{ID: p, Parent: top.ID}) })
}

func read(b *testing.B, tn *town, ctx context.Context, in talk.Comments) {
	b.ReportAllocs()
	before := spent(b)
	for b.Loop() {
		if got := must(tn.Comments(ctx, in))(b); in.Parent == "" && len(got.Items) != 20 {
			b.Fatalf("a page of %d", len(got.Items))
		}
	}
	b.ReportMetric(float64(spent(b)-before)/float64(b.N), "cpu-ns/op")
}

// spent is the processor time of this process.
func spent(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkLike likes one comment, each time as somebody else, 16 at once.
func BenchmarkLike(b *testing.B) {
	tn := on(b, b.TempDir(), vfs.Default)
	s := stage(b, tn)
	b.ReportAllocs()
	b.SetParallelism(8)
	before := spent(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			u := actor.Actor{User: id.User(id.New("usr", tn.clock.Now()))}
			if _, err := tn.LikeComment(actor.With(b.Context(), u), talk.ByComment{ID: s.top.ID}); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(spent(b)-before)/float64(b.N), "cpu-ns/op")
}

// BenchmarkSay comments under one post, each time as somebody else, 16 at once.
func BenchmarkSay(b *testing.B) {
	tn := on(b, b.TempDir(), vfs.Default)
	p := tn.AddPost(tn.AddUser("Lin").User)
	b.ReportAllocs()
	b.SetParallelism(8)
	before := spent(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			u := tn.AddUser("Somebody")
			if _, err := tn.Say(actor.With(b.Context(), u), talk.Say{ID: p, Body: "Lovely", RequestID: "1"}); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(spent(b)-before)/float64(b.N), "cpu-ns/op")
}
