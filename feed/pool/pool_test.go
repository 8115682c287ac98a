package pool_test

import (
	"bufio"
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/feed/pool"
)

var start = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

func everybody(uint32) float32 { return 1 }

func chance(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 9)) }

// show shows what is picked, n times, to viewers who engage at a post's rate.
func show(p *pool.Pool, rng *rand.Rand, n int, rate func(post uint32) float64) map[uint32]int {
	shown := map[uint32]int{}
	for range n {
		for _, q := range p.Pick(rng, 2, everybody) {
			shown[q.Post]++
			p.Impression(q.Post, true)
			if rng.Float64() < rate(q.Post) {
				p.Engaged(q.Post)
			}
		}
	}
	return shown
}

func TestEveryPostHasItsTwoHundredImpressionsHoweverFewLikeIt(t *testing.T) {
	t.Parallel()
	p, rng := pool.New(pool.Options{}), chance(1)
	for i := range uint32(100) {
		p.Add(i, i, i%3, start)
	}
	shown := show(p, rng, 100*200/2+50, func(post uint32) float64 {
		return float64(post%4) * .03
	})
	for i := range uint32(100) {
		if shown[i] < 200 {
			t.Errorf("post %d was shown %d times", i, shown[i])
		}
		if s, ok := p.Stage(i); !ok || s.Step < 2 || s.People < 200 {
			t.Errorf("post %d is at %+v", i, s)
		}
	}
}

func TestAPostThatPeopleLikeGoesFarAndOneThatNobodyLikesDoesNot(t *testing.T) {
	t.Parallel()
	p, rng := pool.New(pool.Options{}), chance(2)
	for i := range uint32(50) {
		p.Add(i, i, 0, start)
	}
	shown := show(p, rng, 20_000, func(post uint32) float64 {
		if post == 31 { // by somebody whom nobody follows
			return .12
		}
		return .02
	})
	for i := range uint32(50) {
		if i != 31 && shown[i]*4 > shown[31] {
			t.Errorf("post %d was shown %d times, the one that people like %d times", i, shown[i], shown[31])
		}
	}
	s, _ := p.Stage(31)
	if s.Step < 4 || s.Mean < .09 || s.Low > .12 || s.High < .12 || s.Usual > .05 {
		t.Errorf("stage %+v", s)
	}
}

func TestTheGuaranteeGoesToWhomAPostSuits(t *testing.T) {
	t.Parallel()
	p, rng := pool.New(pool.Options{}), chance(3)
	for i := range uint32(40) {
		p.Add(i, i, 0, start)
	}
	picked := map[uint32]int{}
	for range 2000 {
		for _, q := range p.Pick(rng, 2, func(post uint32) float32 {
			switch post {
			case 7:
				return .9
			case 8:
				return .8
			case 9:
				return 0
			}
			return .1
		}) {
			if !q.Guaranteed || q.Fit == 0 {
				t.Fatalf("picked %+v", q)
			}
			picked[q.Post]++
		}
	}
	if picked[7] < 1300 || picked[8] < 1200 || picked[7] < picked[8] {
		t.Errorf("what suits best was picked %d and %d times of 2000", picked[7], picked[8])
	}
	for i := range uint32(40) {
		if i != 9 && picked[i] < 5 { // the others wait longer, and not for ever
			t.Errorf("post %d, which suits a little, was picked %d times", i, picked[i])
		}
	}
}

func TestAParkedPostIsNotPickedAndGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	p, rng := pool.New(pool.Options{Guarantee: 20}), chance(5)
	for i := range uint32(2100) {
		p.Add(i, i, 0, start)
		if i < 2070 { // which cannot be shown, at the head of the queue
			p.Park(i)
		}
	}
	for range 12 {
		p.Impression(2070, true)
	}
	p.Engaged(2070)
	p.Park(2070)
	for range 30 {
		got := p.Pick(rng, 24, everybody)
		if len(got) != 24 {
			t.Fatalf("%d of 29 that wait were picked", len(got))
		}
		for _, q := range got {
			if q.Post <= 2070 {
				t.Fatalf("%d was picked, which is parked", q.Post)
			}
		}
	}
	if got, _ := p.Stage(2070); got.Step != 1 || got.People != 12 || got.Engaged != 1 || p.Add(2070, 1, 0, start) {
		t.Errorf("parked at %+v", got)
	}
	var file bytes.Buffer
	if err := p.Encode(&file); err != nil {
		t.Fatal(err)
	}
	back, err := pool.Restore(&file, pool.Options{Guarantee: 20})
	if err != nil || back.Stats().Parked != 2071 {
		t.Fatalf("restored %+v, %v", back.Stats(), err)
	}
	back.Resume(2070)
	for range 8 {
		back.Impression(2070, true)
	}
	if s := back.Stats(); s.Waiting != 29 || s.Running != 1 {
		t.Errorf("after the last 8 of its showings: %+v", s)
	}
}

func TestWhatSuitsNobodyIsNotPickedAndDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	p, rng := pool.New(pool.Options{Guarantee: 5}), chance(4)
	for i := range uint32(500) { // unread languages, all older than the one that suits
		p.Add(i, i, 0, start)
	}
	p.Add(500, 500, 0, start.Add(time.Hour))
	only := func(post uint32) float32 {
		if post == 500 {
			return 1
		}
		return 0
	}
	picked := 0
	for range 400 {
		for _, q := range p.Pick(rng, 3, only) {
			if q.Post != 500 {
				t.Fatalf("picked %+v", q)
			}
			picked++
			p.Impression(q.Post, true)
		}
	}
	if s, _ := p.Stage(500); s.People < 5 || picked < 5 {
		t.Errorf("the only one that suits was picked %d times", picked)
	}
	if got := p.Pick(rng, 2, func(uint32) float32 { return 0 }); len(got) != 0 {
		t.Errorf("nothing suits, picked %+v", got)
	}
	if got := p.Pick(rng, 0, everybody); len(got) != 0 {
		t.Errorf("nothing was asked for, picked %+v", got)
	}
}

func TestAPickHoldsAnAuthorOnceAndAPostOnce(t *testing.T) {
	t.Parallel()
	p, rng := pool.New(pool.Options{Guarantee: 3}), chance(5)
	for i := range uint32(60) {
		p.Add(i, i%4, 0, start)
	}
	for range 300 {
		got := p.Pick(rng, 6, func(post uint32) float32 { return float32(post%7) / 7 })
		var authors []uint32
		for _, q := range got {
			if slices.Contains(authors, q.Post%4) || q.Post%7 == 0 {
				t.Fatalf("picked %+v", got)
			}
			authors = append(authors, q.Post%4)
			p.Impression(q.Post, rng.IntN(2) == 0)
		}
		if len(got) != 4 {
			t.Fatalf("%d picks of 4 authors", len(got))
		}
		for i := 1; i < len(got); i++ {
			if got[i].Guaranteed && !got[i-1].Guaranteed {
				t.Fatalf("a guarantee has to wait: %+v", got)
			}
		}
	}
}

func TestOnlyPeopleWhoHadNotSeenItCountTowardsTheGuarantee(t *testing.T) {
	t.Parallel()
	p := pool.New(pool.Options{})
	p.Add(1, 1, 0, start)
	for range 1000 {
		p.Impression(1, false)
	}
	if s, _ := p.Stage(1); s.Step != 1 || s.Impressions != 1000 || s.People != 0 || s.Goal != 200 {
		t.Errorf("after 1,000 impressions of one viewer: %+v", s)
	}
}

func TestStagesAreALadderThatIsOnlyClimbed(t *testing.T) {
	t.Parallel()
	p := pool.New(pool.Options{})
	p.Add(1, 1, 0, start)
	var climbed [][2]int
	for n := 0; n <= 21_000; n++ {
		s, _ := p.Stage(1)
		if len(climbed) == 0 || climbed[len(climbed)-1][0] != s.Step {
			climbed = append(climbed, [2]int{s.Step, n})
			if s.Step == pool.Steps && s.Goal != 0 || s.Step < pool.Steps && s.Goal <= n {
				t.Errorf("goal %d of step %d", s.Goal, s.Step)
			}
		}
		p.Impression(1, true)
	}
	if diff := cmp.Diff(climbed, [][2]int{{1, 0}, {2, 200}, {3, 1000}, {4, 5000}, {5, 20000}}); diff != "" {
		t.Errorf("step and impressions (-got +want):\n%s", diff)
	}
}

func TestATrialEndsAfterTwoWeeksButNotBeforeTheGuarantee(t *testing.T) {
	t.Parallel()
	p, rng := pool.New(pool.Options{Guarantee: 2}), chance(6)
	p.Add(1, 1, 0, start)
	p.Add(2, 2, 0, start)
	p.Add(3, 3, 0, start.Add(10*24*time.Hour))
	for _, post := range []uint32{1, 3} {
		p.Impression(post, true)
		p.Impression(post, true)
	}
	if n := p.Expire(start.Add(14 * 24 * time.Hour)); n != 0 {
		t.Errorf("%d trials ended too early", n)
	}
	if n := p.Expire(start.Add(15 * 24 * time.Hour)); n != 1 {
		t.Errorf("%d trials ended, want that of post 1", n)
	}
	got := p.Pick(rng, 5, everybody)
	slices.SortFunc(got, func(a, b pool.Pick) int { return int(a.Post) - int(b.Post) })
	if len(got) != 2 || got[0].Post != 2 || got[1].Post != 3 {
		t.Errorf("picked %+v, want 2 and 3", got)
	}
	p.Impression(1, true)
	if s, ok := p.Stage(1); !ok || !s.Over || s.Impressions != 3 {
		t.Errorf("what is over has no counts: %+v", s)
	}
	if diff := cmp.Diff(p.Stats(), pool.Stats{Waiting: 1, Running: 1, Retired: 1, Bytes: p.Stats().Bytes}); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
}

func TestADroppedPostIsForgotten(t *testing.T) {
	t.Parallel()
	p, rng := pool.New(pool.Options{}), chance(7)
	if !p.Add(5, 1, 0, start) || p.Add(5, 1, 0, start) {
		t.Error("a post is added once")
	}
	p.Impression(5, true)
	if !p.Drop(5) || p.Drop(5) || p.Impression(5, true) || p.Engaged(5) || p.Drop(99) {
		t.Error("a post is dropped once")
	}
	if _, ok := p.Stage(5); ok || len(p.Pick(rng, 1, everybody)) != 0 {
		t.Error("a dropped post is still there")
	}
	if !p.Add(5, 1, 0, start) {
		t.Error("a dropped post cannot come back")
	}
	if s, _ := p.Stage(5); s.Impressions != 0 {
		t.Errorf("it came back with %+v", s)
	}
}

func TestCountsAreRightWhenEverythingHappensAtOnce(t *testing.T) {
	t.Parallel()
	p := pool.New(pool.Options{Guarantee: 20})
	for i := range uint32(50) {
		p.Add(i, i, i%5, start)
	}
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			rng := chance(uint64(worker))
			for i := range 2000 {
				post := uint32(i % 40)
				p.Impression(post, true)
				if i%4 == 0 {
					p.Engaged(post)
				}
				switch i % 50 {
				case 0:
					p.Pick(rng, 2, func(post uint32) float32 {
						p.Stage(post) // may ask back
						return 1
					})
				case 1:
					p.Drop(40 + uint32(worker))
					p.Add(40+uint32(worker), 1, 9, start)
				case 2:
					p.Expire(start)
					p.Stats()
				case 3:
					if err := p.Encode(new(bytes.Buffer)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	for post := range uint32(40) {
		want := 0
		if post%4 == 0 {
			want = 200
		}
		if s, _ := p.Stage(post); s.Impressions != 200 || s.People != 200 || s.Engaged != want {
			t.Errorf("post %d: %+v, want 200 impressions and %d engaged", post, s, want)
		}
	}
}

func TestASnapshotBringsBackEveryCount(t *testing.T) {
	t.Parallel()
	p, rng := pool.New(pool.Options{Guarantee: 10}), chance(8)
	for i := range uint32(80) {
		p.Add(i, i, i%3, start.Add(time.Duration(i)*time.Hour))
	}
	show(p, rng, 350, func(post uint32) float64 { return .1 })
	p.Drop(3)
	p.Expire(start.Add(14*24*time.Hour + 20*time.Hour))
	var file bytes.Buffer
	if err := p.Encode(&file); err != nil {
		t.Fatal(err)
	}
	whole := bytes.Clone(file.Bytes())
	file.WriteString("what comes behind it")
	r := bufio.NewReader(&file)
	back, err := pool.Restore(r, pool.Options{Guarantee: 10})
	if err != nil {
		t.Fatal(err)
	}
	if rest, _ := r.Peek(4); string(rest) != "what" {
		t.Errorf("reading goes on at %q", rest)
	}
	got, want := back.Stats(), p.Stats()
	got.Bytes, want.Bytes = 0, 0
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
	if want.Waiting == 0 || want.Running == 0 || want.Retired == 0 {
		t.Errorf("the snapshot has not got every phase: %+v", want)
	}
	for i := range uint32(81) {
		a, ok := back.Stage(i)
		b, known := p.Stage(i)
		if diff := cmp.Diff(a, b); diff != "" || ok != known {
			t.Errorf("post %d (-got +want):\n%s", i, diff)
		}
	}
	for n := range whole {
		if _, err := pool.Restore(bytes.NewReader(whole[:n]), pool.Options{}); !errors.Is(err, pool.ErrSnapshot) {
			t.Fatalf("the first %d of %d bytes were read: %v", n, len(whole), err)
		}
	}
}

func TestTheSameCallsPickTheSamePosts(t *testing.T) {
	t.Parallel()
	run := func() map[uint32]int {
		p, rng := pool.New(pool.Options{Guarantee: 20, Seed: 4}), chance(4)
		for i := range uint32(60) {
			p.Add(i, i, 0, start)
		}
		return show(p, rng, 2000, func(post uint32) float64 { return float64(post) / 600 })
	}
	if diff := cmp.Diff(run(), run()); diff != "" {
		t.Errorf("(-first +second):\n%s", diff)
	}
}
