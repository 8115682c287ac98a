package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/services/kernel/id"
)

const benchPosts, benchPeople = 20_000, 2000

func benchEvent(rng *rand.Rand, n int) engine.Event {
	kinds := []engine.Kind{engine.Impression, engine.Impression, engine.Impression, engine.View, engine.Dwell, engine.Like, engine.Save, engine.Click}
	u := rng.IntN(benchPeople)
	return engine.Event{
		ID: fmt.Sprintf("evt_%026d", n), Kind: kinds[rng.IntN(len(kinds))], User: id.User(fmt.Sprintf("usr_v%021d", u)),
		Post: id.Post(fmt.Sprintf("pst_%026d", (rng.IntN(1+rng.IntN(benchPosts/40))*40+u%40)%benchPosts)), Millis: 5000, Percent: 85, At: start, Consent: true,
	}
}

func benchEngine(b *testing.B, events int) *engine.Engine {
	b.Helper()
	e, rng := engine.New(engine.Options{}), rand.New(rand.NewPCG(1, 2))
	for n := range benchPosts {
		p := post(n, fmt.Sprintf("usr_%d", n%1000), start.Add(time.Duration(n)*time.Second))
		p.ID = id.Post(fmt.Sprintf("pst_%026d", n))
		e.Put(p)
	}
	for n := range events {
		e.Take(start, benchEvent(rng, n))
	}
	return e
}

func BenchmarkForYou(b *testing.B) {
	e := benchEngine(b, 150_000)
	now := start.Add(8 * time.Hour)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		u := id.User(fmt.Sprintf("usr_v%021d", n%benchPeople))
		walk := engine.Walk{Seed: uint64(n)}
		list := e.Candidates(engine.Ask{CandidateAsk: feed.CandidateAsk{User: u, Lang: "en", Seed: walk.Seed, N: 100}, Now: now, Brief: true})
		if len(e.Page(u, list, 50, &walk, now)) == 0 {
			b.Fatal("an empty page")
		}
	}
}

func BenchmarkFollowing(b *testing.B) {
	e := benchEngine(b, 0)
	var authors []id.User
	for a := range 300 {
		authors = append(authors, id.User(fmt.Sprintf("usr_%d", a*3)))
	}
	b.ReportAllocs()
	for b.Loop() {
		if len(e.Following(authors, feed.Place{}, 200)) != 200 {
			b.Fatal("too few")
		}
	}
}

func BenchmarkTake(b *testing.B) {
	e, rng := benchEngine(b, 100_000), rand.New(rand.NewPCG(7, 7))
	events := make([]engine.Event, 100)
	b.ReportAllocs()
	n := 1_000_000
	for b.Loop() {
		for i := range events {
			n++
			events[i] = benchEvent(rng, n)
		}
		e.Take(start, events...)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(events)), "ns/event")
}
