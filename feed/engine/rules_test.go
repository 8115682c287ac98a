package engine_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/services/kernel/id"
)

func TestWithoutConsentOnlyThePostsCountsMove(t *testing.T) {
	t.Parallel()
	e := stocked(engine.Options{})
	e.SetPreferences("usr_off", feed.Preferences{Personal: false}, start)
	for n, u := range []id.User{"usr_a", "", "usr_off"} {
		for k := engine.Impression; k <= engine.Purchase; k++ {
			e.Take(start, engine.Event{
				ID: fmt.Sprint(n, k), Kind: k, User: u, Post: "pst_00003", Author: "usr_3", Millis: 9000, Percent: 100, At: start, Consent: u == "usr_off",
			})
		}
	}
	for _, u := range []id.User{"usr_a", "usr_off"} {
		p := e.Profile(u, start)
		if len(e.History(u)) != 0 || len(e.Seen(u)) != 0 || p.Deeds != 0 || len(p.Topics)+len(p.Authors) != 0 {
			t.Errorf("%s: %v", u, p)
		}
	}
	s, _ := e.Stage("pst_00003")
	if s.Impressions != 3 || s.Engaged == 0 {
		t.Errorf("the post's counts did not move: %+v", s)
	}
	for _, h := range e.Health().Calibrate {
		if h.Expected != 0 {
			t.Errorf("a head learned: %+v", h)
		}
	}
}

func TestWhatIsDoneActsOnTheNextPage(t *testing.T) {
	t.Parallel()
	e, now := stocked(engine.Options{}), start.Add(3*time.Hour)
	ask := func(u id.User) []feed.Candidate {
		return e.Candidates(engine.Ask{CandidateAsk: feed.CandidateAsk{User: u, Lang: "en", N: 120, Seed: 3}, Now: now})
	}
	by := func(list []feed.Candidate, author id.User) (n int) {
		for _, c := range list {
			if c.Author == author {
				n++
			}
		}
		return n
	}
	if by(ask("usr_me"), "usr_4") != 12 {
		t.Fatal("not all posts are there")
	}
	do := func(k engine.Kind, off bool) {
		e.Take(now, engine.Event{Kind: k, Off: off, User: "usr_me", Post: "pst_00004", Author: "usr_4", At: now, Consent: true})
	}
	do(engine.Hide, false)
	if by(ask("usr_me"), "usr_4") != 11 {
		t.Error("a hidden post is there")
	}
	do(engine.Unhide, false)
	if by(ask("usr_me"), "usr_4") != 12 {
		t.Error("a post no longer hidden is not there")
	}
	do(engine.Block, false)
	if by(ask("usr_me"), "usr_4") != 0 || by(ask("usr_other"), "usr_4") != 12 {
		t.Error("a blocked author is there, or not there for others")
	}
	do(engine.Block, true)
	e.Remove("pst_00014", "usr_4", 1)
	closed := post(24, "usr_4", start)
	closed.Rev, closed.Open = 2, false
	e.Put(closed)
	if by(ask("usr_me"), "usr_4") != 10 || len(e.Following([]id.User{"usr_4"}, feed.Place{}, 50)) != 11 {
		t.Error("a removed post, or one for followers only, is where it should not be")
	}
	if e.Put(post(14, "usr_4", start)) || e.Put(post(24, "usr_4", start)) {
		t.Error("a revision that came too late was taken")
	}
	if by(ask("usr_4"), "usr_4") != 0 {
		t.Error("somebody is shown their own posts")
	}
	do(engine.Follow, false)
	if first := ask("usr_me")[0]; first.Author != "usr_4" || first.Hints[0].Source != feed.FromFollowing {
		t.Errorf("first is %s by %s, %v", first.Post, first.Author, first.Hints)
	}
	why, ok := e.Why(engine.Ask{CandidateAsk: feed.CandidateAsk{User: "usr_me", Lang: "en"}, Now: now}, "pst_00034")
	sum := 0.
	for _, v := range why.Terms {
		sum += v.Value
	}
	if d := sum - why.Score; !ok || !why.Personal || d > 1e-4 || d < -1e-4 || len(why.Hints) == 0 {
		t.Errorf("why: %+v", why)
	}
	e.SetPreferences("usr_new", feed.Preferences{Personal: true}, now)
	if why, ok := e.Why(engine.Ask{CandidateAsk: feed.CandidateAsk{User: "usr_new", Lang: "en"}, Now: now}, "pst_00034"); !ok || why.Personal {
		t.Errorf("why for somebody who did nothing: %+v", why)
	}
}

func TestPostsOfAnotherShardAreSpreadByTheirKindToo(t *testing.T) {
	t.Parallel()
	e := engine.New(engine.Options{}) // keeps none of them
	var from []feed.Candidate
	for n := range 12 {
		kind := "video"
		if n >= 8 {
			kind = "article"
		}
		from = append(from, feed.Candidate{
			Post: id.Post(fmt.Sprintf("pst_%05d", n)), Author: id.User(fmt.Sprintf("usr_%d", n)), Score: 1 - float64(n)/1000, Kind: kind,
		})
	}
	walk := engine.Walk{Seed: 1}
	first := e.Page("usr_me", from, 6, &walk, start)
	if !slices.ContainsFunc(first, func(p engine.Placed) bool { return p.Kind == "article" }) {
		t.Errorf("six places, and nothing but the kind that scores a hair higher: %+v", first)
	}
}

func TestTwoShardsKeepWhatOneKeeps(t *testing.T) {
	t.Parallel()
	whole := stocked(engine.Options{})
	parts := []*engine.Engine{stocked(engine.Options{Shard: 0, Shards: 2}), stocked(engine.Options{Shard: 1, Shards: 2})}
	for n := range 3000 {
		for _, e := range append([]*engine.Engine{whole}, parts...) {
			e.Take(start, deed(n))
		}
	}
	var authors []id.User
	for a := range 10 {
		authors = append(authors, id.User(fmt.Sprint("usr_", a)))
	}
	var merged []feed.Place
	for _, e := range parts {
		some := e.Following(authors, feed.Place{}, 200)
		if len(some) == 0 {
			t.Error("a shard is empty")
		}
		merged = append(merged, some...)
	}
	slices.SortFunc(merged, func(a, b feed.Place) int { return b.At.Compare(a.At) })
	if want := whole.Following(authors, feed.Place{}, 200); !slices.Equal(merged, want) {
		t.Errorf("merged %v\nwhole %v", merged, want)
	}
	common, of := 0, 0
	for v := range peopleHere {
		ask := engine.Ask{CandidateAsk: feed.CandidateAsk{User: id.User(fmt.Sprint("usr_v", v)), Lang: "en", N: 200, Seed: 4}, Now: start.Add(time.Hour)}
		best := func(list []feed.Candidate) map[id.Post]bool {
			slices.SortFunc(list, func(a, b feed.Candidate) int { return int(1e6 * (b.Score - a.Score)) })
			m := map[id.Post]bool{}
			for _, c := range list[:min(20, len(list))] {
				m[c.Post] = true
			}
			return m
		}
		one, two := best(whole.Candidates(ask)), best(append(parts[0].Candidates(ask), parts[1].Candidates(ask)...))
		for p := range one {
			of++
			if two[p] {
				common++
			}
		}
	}
	if of == 0 || common*100 < of*75 {
		t.Errorf("%d of the %d best are the same", common, of)
	}
}

func TestWhatItSaysOfItsMemoryIsTrue(t *testing.T) { // not parallel: it watches the heap
	posts, people, events := 20_000, 2000, 60_000
	if racing {
		posts, people, events = 7000, 700, 21_000
	}
	heap := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	e := engine.New(engine.Options{})
	for n := range posts {
		p := post(n, fmt.Sprintf("usr_%021d", n%500), start.Add(time.Duration(n)*time.Second))
		p.ID = id.Post(fmt.Sprintf("pst_%026d", n))
		e.Put(p)
	}
	for n := range events {
		x := uint32(n) * 2654435761
		e.Take(start, engine.Event{
			ID: fmt.Sprintf("evt_%026d", n), Kind: []engine.Kind{engine.Impression, engine.Impression, engine.Dwell, engine.Like}[n%4], Millis: 9000, Percent: 90,
			User: id.User(fmt.Sprintf("usr_v%021d", (x>>7)%uint32(people))), Post: id.Post(fmt.Sprintf("pst_%026d", (x>>3)%uint32(posts))), At: start, Consent: true,
		})
	}
	grown, said := heap()-before, e.Bytes()
	if said < grown*80/100 || said > grown*120/100 {
		t.Errorf("it says %d KiB, and the heap grew by %d KiB", said>>10, grown>>10)
	}
	runtime.KeepAlive(e)
}

func TestPostsWithoutInterestMakeRoomAndTheirNumbersAreGivenAgain(t *testing.T) {
	t.Parallel()
	e := engine.New(engine.Options{MaxPosts: 80})
	for n := range postsHere {
		e.Put(post(n, fmt.Sprintf("usr_%d", n%10), start.Add(time.Duration(n)*time.Minute)))
	}
	now := start.Add(3 * time.Hour)
	e.Take(now, engine.Event{Kind: engine.Save, User: "usr_me", Post: "pst_00000", At: now, Consent: true})
	e.Take(now, engine.Event{Kind: engine.View, User: "usr_me", Post: "pst_00001", At: now.Add(-60 * 24 * time.Hour), Consent: true})
	if err := e.Refit(t.Context(), now, time.Second); err != nil {
		t.Fatal(err)
	}
	if got := e.Health().Posts; got != 70 {
		t.Errorf("%d posts stay, want 70", got)
	}
	if h := e.History("usr_me"); len(h) != 1 || h[0].Post != "pst_00000" {
		t.Errorf("history: %v, want what found interest", h)
	}
	for n := range 40 {
		e.Put(post(1000+n, "usr_new", now.Add(time.Duration(n)*time.Second)))
	}
	got := e.Following([]id.User{"usr_new", "usr_0"}, feed.Place{}, 100)
	if len(got) != 40+7 {
		t.Errorf("%d posts by them", len(got))
	}
	for _, c := range e.Candidates(engine.Ask{CandidateAsk: feed.CandidateAsk{User: "usr_me", N: 200}, Now: now}) {
		if rev, there := e.Rev(c.Post); !there || rev != 1 {
			t.Errorf("%s is not there", c.Post)
		}
	}
}
