package bus_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"meadow/services/platform/bus"
)

func BenchmarkPublish(b *testing.B) {
	n, err := bus.Embedded(b.Context(), b.TempDir(), quiet)
	if err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	b.ReportAllocs()
	var i atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := n.Publish(b.Context(), fact(fmt.Sprint("o", i.Add(1))), false); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkCastToAThousandListeners(b *testing.B) {
	n, err := bus.Embedded(b.Context(), b.TempDir(), quiet)
	if err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	const listeners = 1000
	var heard sync.WaitGroup
	for range listeners {
		if _, err := n.Listen("room.r1.>", func(string, []byte) { heard.Done() }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		heard.Add(listeners)
		if err := n.Cast(b.Context(), "room.r1.chat", []byte("hello")); err != nil {
			b.Fatal(err)
		}
		heard.Wait()
	}
}
