package slate_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/feed/slate"
)

// ledger grants a number of promotions to each author, and to the viewer.
type ledger struct {
	viewer  int
	authors map[uint32]int
	taken   map[uint32]int
}

func (l *ledger) Take(author uint32) bool {
	if l.viewer <= 0 || l.authors[author] <= 0 {
		return false
	}
	l.viewer--
	l.authors[author]--
	l.taken[author]++
	return true
}

// shop is a random heap of candidates, and rules and caps to order it by.
type shop struct {
	candidates []slate.Candidate
	rules      slate.Rules
	caps       *ledger
}

func open(rng *rand.Rand) shop {
	r := slate.DefaultRules()
	if rng.IntN(2) == 0 {
		r.Size = rng.IntN(31)
		r.PromoWindow = 1 + rng.IntN(15)
		r.PromoMost = rng.IntN(4)
		r.PromoGap = rng.IntN(6)
		r.ExploreMost = rng.IntN(4)
		r.ExploreFrom = rng.IntN(6)
		r.AuthorSpan = rng.IntN(25)
		r.TopicSpan = rng.IntN(12)
	}
	s := shop{rules: r, caps: &ledger{viewer: rng.IntN(12), authors: map[uint32]int{}, taken: map[uint32]int{}}}
	promos, posts, authors := rng.Float64(), 1+rng.IntN(300), 1+rng.IntN(30)
	for a := range authors {
		s.caps.authors[uint32(a)] = rng.IntN(4)
	}
	for range rng.IntN(120) {
		c := slate.Candidate{
			Post: uint32(rng.IntN(posts)), Author: uint32(rng.IntN(authors)),
			Score: rng.Float32()*4 - 1, Kind: uint8(rng.IntN(3)),
			Promo: rng.Float64() < promos, Explore: rng.IntN(6) == 0, Turn: float32(rng.IntN(3)),
		}
		for range rng.IntN(6) {
			c.Topics = append(c.Topics, uint32(rng.IntN(10)))
		}
		s.candidates = append(s.candidates, c)
	}
	return s
}

func TestTenThousandPagesBreachNoRule(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2500) {
		rng := rand.New(rand.NewPCG(seed, 1))
		s := open(rng)
		granted := ledger{viewer: s.caps.viewer, authors: map[uint32]int{}}
		for a, n := range s.caps.authors {
			granted.authors[a] = n
		}
		var carry slate.Carry
		var shown []slate.Candidate
		for range 4 {
			placed := slate.Build(s.candidates, s.rules, carry, s.caps)
			if err := wrong(s, placed); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			for _, p := range placed {
				shown = append(shown, s.candidates[p.Index])
			}
			carry = travel(t, carry.Next(s.rules, s.candidates, placed))
			s.candidates = slices.DeleteFunc(s.candidates, func(c slate.Candidate) bool { // seen
				return rng.IntN(10) > 0 && slices.ContainsFunc(shown, func(d slate.Candidate) bool { return d.Post == c.Post })
			})
		}
		if err := breach(s.rules, shown, granted); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// travel sends a carry through a cursor.
func travel(t *testing.T, c slate.Carry) slate.Carry {
	t.Helper()
	text, err := c.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var back slate.Carry
	if err := back.UnmarshalText(text); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return back
}

// wrong checks what holds within a page.
func wrong(s shop, placed []slate.Placed) error {
	if len(placed) > s.rules.Size {
		return fmt.Errorf("%d on a page of %d", len(placed), s.rules.Size)
	}
	trials := 0
	for at, p := range placed {
		c := s.candidates[p.Index]
		if c.Explore {
			if trials++; at < s.rules.ExploreFrom || trials > s.rules.ExploreMost {
				return fmt.Errorf("trial %d at place %d", trials, at)
			}
		}
		if p.Terms.Sum(c.Score) != p.Score {
			return fmt.Errorf("score %v is not %v with %+v", p.Score, c.Score, p.Terms)
		}
		if t := p.Terms; t.Author > 0 || t.Topic > 0 || t.Kind > 0 || t.Trial < 0 || t.Trial > 0 && !c.Explore {
			return fmt.Errorf("terms %+v", t)
		}
	}
	return nil
}

// breach checks what holds across pages.
func breach(r slate.Rules, shown []slate.Candidate, granted ledger) error {
	last, promos := map[uint32]int{}, 0
	taken := map[uint32]int{}
	for at, c := range shown {
		if before, ok := last[c.Post]; ok && at-before <= max(r.AuthorSpan, r.TopicSpan, r.KindSpan) {
			return fmt.Errorf("post %d at %d and at %d", c.Post, before, at)
		}
		last[c.Post] = at
		if !c.Promo {
			continue
		}
		promos++
		if taken[c.Author]++; taken[c.Author] > granted.authors[c.Author] || promos > granted.viewer {
			return fmt.Errorf("promotion %d, of its author %d, but %d and %d were granted", promos, taken[c.Author], granted.viewer, granted.authors[c.Author])
		}
		near := 0
		for back := range min(r.PromoWindow, at+1) {
			if shown[at-back].Promo {
				near++
				if back > 0 && back <= r.PromoGap {
					return fmt.Errorf("promotions at %d and %d", at-back, at)
				}
			}
		}
		if near > r.PromoMost {
			return fmt.Errorf("%d promotions in the %d places up to %d", near, r.PromoWindow, at)
		}
	}
	return nil
}

// plain are posts of different authors, best first.
func plain(n int) []slate.Candidate {
	out := make([]slate.Candidate, n)
	for i := range out {
		out[i] = slate.Candidate{Post: uint32(i), Author: uint32(i), Kind: uint8(i), Score: 10 - float32(i)/100}
	}
	return out
}

func posts(cs []slate.Candidate, ps []slate.Placed) []uint32 {
	var out []uint32
	for _, p := range ps {
		out = append(out, cs[p.Index].Post)
	}
	return out
}

func TestWhereNothingRepeatsTheBestAreShownInOrder(t *testing.T) {
	t.Parallel()
	cs := plain(30)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(cs), func(i, j int) { cs[i], cs[j] = cs[j], cs[i] })
	got := posts(cs, slate.Build(cs, slate.DefaultRules(), slate.Carry{}, slate.NoCaps{}))
	if diff := cmp.Diff(got, []uint32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}); diff != "" {
		t.Errorf("order (-got +want):\n%s", diff)
	}
}

func TestAnAuthorsSecondPostCountsHalfAndNoneLessThanAQuarter(t *testing.T) {
	t.Parallel()
	var cs []slate.Candidate
	for i := range 5 {
		cs = append(cs, slate.Candidate{Post: uint32(i), Author: 7, Kind: uint8(i), Score: 1})
	}
	r := slate.DefaultRules()
	got := slate.Build(cs, r, slate.Carry{}, slate.NoCaps{})
	for i, want := range []float64{1, .625, .4375, .34375, .296875} {
		if math.Abs(float64(got[i].Score)-want) > 1e-6 {
			t.Errorf("post %d of the author scores %v, want %v", i+1, got[i].Score, want)
		}
	}
	carry := slate.Carry{}.Next(r, cs, got)
	next := slate.Build([]slate.Candidate{{Post: 9, Author: 7, Kind: 9, Score: 1}}, r, carry, slate.NoCaps{})
	if next[0].Terms.Author > -.7 || next[0].Score < .25 {
		t.Errorf("on the next page the author is forgotten: %+v", next[0])
	}
}

func TestAPageOfOneLovedTopicStillShowsOthers(t *testing.T) {
	t.Parallel()
	var cs []slate.Candidate
	for i := range 40 {
		c := slate.Candidate{Post: uint32(i), Author: uint32(i), Topics: []uint32{1}, Score: 2}
		if i%2 == 0 {
			c.Topics, c.Score = []uint32{uint32(10 + i)}, 1.6
		}
		cs = append(cs, c)
	}
	others := 0
	for _, p := range slate.Build(cs, slate.DefaultRules(), slate.Carry{}, slate.NoCaps{}) {
		if cs[p.Index].Topics[0] != 1 {
			others++
		}
	}
	if others < 6 || others > 14 {
		t.Errorf("%d of 20 places went to other topics", others)
	}
}

func TestWhatNobodyWantsIsNotLiftedByBeingRepeated(t *testing.T) {
	t.Parallel()
	cs := []slate.Candidate{{Post: 1, Author: 1, Score: -1}, {Post: 2, Author: 1, Score: -1}, {Post: 3, Author: 2, Score: -1.1}}
	got := slate.Build(cs, slate.DefaultRules(), slate.Carry{}, slate.NoCaps{})
	if diff := cmp.Diff(posts(cs, got), []uint32{1, 3, 2}); diff != "" {
		t.Errorf("order (-got +want):\n%s", diff)
	}
}

func TestTrialsAreSpreadOverThePageAndLiftedOpenly(t *testing.T) {
	t.Parallel()
	cs := plain(40)
	for i := 35; i < 40; i++ {
		cs[i].Explore, cs[i].Score = true, .1
	}
	var at []int
	for i, p := range slate.Build(cs, slate.DefaultRules(), slate.Carry{}, slate.NoCaps{}) {
		if cs[p.Index].Explore {
			at = append(at, i)
			if p.Terms.Trial < 5 {
				t.Errorf("a trial of score .1 stands at place %d with %+v", i, p)
			}
		}
	}
	if diff := cmp.Diff(at, []int{7, 15}); diff != "" {
		t.Errorf("places of trials (-got +want):\n%s", diff)
	}
}

func TestAmongTrialsThePoolsOrderGoesBeforeTheScore(t *testing.T) {
	t.Parallel()
	cs := plain(40)
	for i := range 5 {
		c := &cs[35+i]
		c.Explore, c.Score, c.Turn = true, float32(i), float32(-i)
	}
	cs[38].Turn, cs[38].Score = 0, .5 // as urgent as the first, and better
	var got []uint32
	for _, p := range slate.Build(cs, slate.DefaultRules(), slate.Carry{}, slate.NoCaps{}) {
		if cs[p.Index].Explore {
			got = append(got, cs[p.Index].Post)
		}
	}
	if diff := cmp.Diff(got, []uint32{38, 35}); diff != "" {
		t.Errorf("trials (-got +want):\n%s", diff)
	}
}

func TestAPageIsShorterRatherThanWrong(t *testing.T) {
	t.Parallel()
	cs := plain(30)
	for i := range cs {
		cs[i].Promo = i >= 2 // two others only
	}
	got := slate.Build(cs, slate.DefaultRules(), slate.Carry{}, slate.NoCaps{})
	if len(got) != 3 {
		t.Errorf("%d places with two posts that are no promotion, want these and one promotion: %v", len(got), posts(cs, got))
	}
	refuse := &ledger{}
	if got := slate.Build(cs, slate.DefaultRules(), slate.Carry{}, refuse); len(got) != 2 {
		t.Errorf("%d places when no promotion is granted, want 2", len(got))
	}
}

func TestScoresThatAreNoNumbersAreLeftOut(t *testing.T) {
	t.Parallel()
	cs := plain(4)
	cs[1].Score, cs[2].Score = float32(math.NaN()), float32(math.Inf(1))
	got := slate.Build(cs, slate.DefaultRules(), slate.Carry{}, slate.NoCaps{})
	if diff := cmp.Diff(posts(cs, got), []uint32{0, 3}); diff != "" {
		t.Errorf("placed (-got +want):\n%s", diff)
	}
	if got := slate.Build(nil, slate.Rules{}, slate.Carry{}, nil); len(got) != 0 {
		t.Errorf("nothing gives %v", got)
	}
}

func TestAnAuthorsShareOfPromotionIsWhatIsLeftOfTheirImpressions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		promo, all, free int
		share            float64
		want             int
	}{
		{0, 0, 0, .3, 0}, {0, 0, 50, .3, 71}, {30, 100, 0, .3, 0}, {20, 100, 0, .3, 14}, {500, 100, 50, .3, 0}, {0, 10, 0, 0, 0}, {0, 0, 7, 0, 7}, {9, 9, 0, 1, 1 << 30},
	} {
		got := slate.Left(c.promo, c.all, c.share, c.free)
		if got != c.want {
			t.Errorf("%+v: %d left, want %d", c, got, c.want)
		}
	}
}

func FuzzCarry(f *testing.F) {
	f.Add([]byte("AAEC"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var c slate.Carry
		if c.UnmarshalText(text) != nil {
			return
		}
		travel(t, c)
		slate.Build(plain(5), slate.DefaultRules(), c, slate.NoCaps{})
	})
}
