package recommend

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// likeMinded is data of people who keep to one of several circles of items:
// neighbours say much, popularity little.
func likeMinded(users, circles, of, each int) Data {
	r := rand.New(rand.NewPCG(7, 7))
	d := Data{Items: circles * of, Ordered: true}
	for range users {
		c := r.IntN(circles)
		var h []Touch
		for range each {
			h = append(h, Touch{Item: Item(c*of + r.IntN(of)), Weight: 1})
		}
		d.Users = append(d.Users, h)
	}
	for i := range d.Items {
		d.Attributes = append(d.Attributes, []uint32{uint32(i / of), 1000 + uint32(i%3)})
	}
	return d
}

// allTheSame is data where everybody draws from one and the same Zipf
// distribution: nothing but popularity can be known.
func allTheSame(users, items, each int, ordered bool) Data {
	r := rand.New(rand.NewPCG(9, 9))
	z := rand.NewZipf(r, 1.3, 4, uint64(items-1))
	d := Data{Items: items, Ordered: ordered}
	for range users {
		var h []Touch
		for range each {
			h = append(h, Touch{Item: Item(z.Uint64()), Weight: 1})
		}
		d.Users = append(d.Users, h)
	}
	return d
}

func fit(t *testing.T, d Data) (*Model, Report) {
	t.Helper()
	m, r, err := Fit(t.Context(), d, Options{Seed: 3, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return m, r
}

func TestWherePopularityWinsTheBlendIsPopularity(t *testing.T) {
	t.Parallel()
	for _, ordered := range []bool{true, false} {
		d := allTheSame(300, 120, 6, ordered)
		m, r := fit(t, d)
		if best := r.Alone[Popular]; r.Blend < best*0.999 {
			t.Errorf("ordered %v: the blend reaches %.4f, popularity %.4f", ordered, r.Blend, best)
		}
		if r.Chosen[Popular] < 0.5 {
			t.Errorf("ordered %v: popularity weighs %v", ordered, r.Chosen)
		}
		counts := make([]int, d.Items)
		for _, h := range d.Users {
			seen := map[Item]bool{}
			for _, x := range h {
				if !seen[x.Item] {
					counts[x.Item]++
				}
				seen[x.Item] = true
			}
		}
		got := m.Recommend(nil, 10, nil)
		for k := 1; k < len(got); k++ {
			if counts[got[k].Item] > counts[got[k-1].Item] {
				t.Errorf("ordered %v: %d was touched more often than %d before it", ordered, got[k].Item, got[k-1].Item)
			}
		}
	}
}

func TestWhereNeighboursWinTheBlendListensToThem(t *testing.T) {
	t.Parallel()
	d := likeMinded(200, 8, 20, 8)
	d.Attributes = nil
	m, r := fit(t, d)
	if r.Blend < 2*r.Alone[Popular] || r.Chosen[Popular] > 0.5 {
		t.Errorf("blend %v reaches %.4f, popularity %.4f", r.Chosen, r.Blend, r.Alone[Popular])
	}
	right := 0
	for _, s := range m.Recommend(d.Users[0], 10, nil) {
		if s.Item/20 == d.Users[0][0].Item/20 {
			right++
		}
	}
	if right < 9 {
		t.Errorf("%d of 10 are of the circle", right)
	}
}

func TestPartsSumToTheScoreAndTheHistoryStaysOut(t *testing.T) {
	t.Parallel()
	d := likeMinded(100, 8, 20, 6)
	m, _ := fit(t, d)
	m.Learn(d.Users[1], Touch{Item: 3, Weight: 1})
	m.SetAttributes(300, []uint32{4})
	for _, h := range append(d.Users[:50:50], nil) {
		skip := func(i Item) bool { return i%7 == 0 }
		had := map[Item]bool{}
		for _, x := range h {
			had[x.Item] = true
		}
		got := m.Recommend(h, 30, skip)
		if len(got) != 30 {
			t.Fatalf("got %d of 30", len(got))
		}
		seen := map[Item]bool{}
		for k, s := range append(got, m.Score(h, []Item{1, 2, 300, 5000, h0(h)})...) {
			var sum float32
			for _, p := range s.Parts {
				sum += p.Value
			}
			if math.Abs(float64(sum-s.Score)) > 1e-5 {
				t.Errorf("parts %v sum to %v, score %v", s.Parts, sum, s.Score)
			}
			if k >= len(got) {
				continue
			}
			if had[s.Item] || skip(s.Item) || seen[s.Item] {
				t.Errorf("%d is of the history, skipped or there twice", s.Item)
			}
			seen[s.Item] = true
			if k > 0 && s.Score > got[k-1].Score {
				t.Errorf("place %d scores more than the one before", k)
			}
		}
	}
}

func h0(h []Touch) Item {
	if len(h) == 0 {
		return 0
	}
	return h[0].Item
}

func TestTheSameDataAndSeedGiveTheSameAnswers(t *testing.T) {
	t.Parallel()
	d := likeMinded(80, 8, 20, 6)
	a, _ := fit(t, d)
	b, _ := fit(t, d)
	for _, h := range d.Users[:20] {
		if diff := cmp.Diff(a.Recommend(h, 20, nil), b.Recommend(h, 20, nil)); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestASnapshotAnswersTheSame(t *testing.T) {
	t.Parallel()
	d := likeMinded(80, 8, 20, 6)
	a, _ := fit(t, d)
	a.Learn(d.Users[0], Touch{Item: 7, Weight: 1})
	a.SetAttributes(450, []uint32{3})
	var file bytes.Buffer
	if n, err := a.WriteTo(&file); err != nil || n != int64(file.Len()) {
		t.Fatal(n, err)
	}
	whole := bytes.Clone(file.Bytes())
	b := New(0)
	if n, err := b.ReadFrom(&file); err != nil || n != int64(len(whole)) {
		t.Fatal(n, err)
	}
	about := cmpopts.EquateApprox(0, 1e-5) // sums of attributes may be taken in another order
	for _, h := range append(d.Users[:20:20], nil) {
		if diff := cmp.Diff(a.Recommend(h, 20, nil), b.Recommend(h, 20, nil), about); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(a.Score(h, []Item{1, 450}), b.Score(h, []Item{1, 450}), about); diff != "" {
			t.Fatal(diff)
		}
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 30 {
		broken := bytes.Clone(whole)
		broken[r.IntN(len(broken))] ^= byte(1 + r.IntN(255))
		if _, err := New(0).ReadFrom(bytes.NewReader(broken)); !errors.Is(err, ErrSnapshot) {
			t.Fatalf("a broken byte went unseen: %v", err)
		}
		if _, err := New(0).ReadFrom(bytes.NewReader(whole[:r.IntN(len(whole))])); !errors.Is(err, ErrSnapshot) {
			t.Fatalf("a cut went unseen: %v", err)
		}
	}
}

func TestTinyAndOddDataNeverFail(t *testing.T) {
	t.Parallel()
	one := []Touch{{Item: 0, Weight: 1}}
	same := []Touch{{Item: 1, Weight: 1}, {Item: 1, Weight: 1}, {Item: 1, Weight: 1}}
	nan := float32(math.NaN())
	for name, d := range map[string]Data{
		"nothing":            {},
		"no users":           {Items: 5},
		"one user, one item": {Users: [][]Touch{one}, Items: 1},
		"users of one item":  {Users: [][]Touch{one, one, {{Item: 2, Weight: 1}}}, Items: 3},
		"all equal":          {Users: [][]Touch{same, same, same, same}, Items: 2},
		"two items":          {Users: [][]Touch{{{Item: 0, Weight: 1}, {Item: 1, Weight: 1}}}, Items: 2},
		"empty users":        {Users: [][]Touch{nil, {}, one}, Items: 4},
		"odd weights":        {Users: [][]Touch{{{Item: 0, Weight: nan}, {Item: 1, Weight: -1}, {Item: 2}, {Item: 3, Weight: 1e30}}, same}, Items: 4},
		"item out of range":  {Users: [][]Touch{{{Item: 9, Weight: 1}, {Item: 0, Weight: 1}, {Item: 1, Weight: 1}}}, Items: 2},
		"attributes only":    {Items: 3, Attributes: [][]uint32{{1}, nil, {1, 1}}},
		"attributes of more": {Users: [][]Touch{same}, Items: 2, Attributes: [][]uint32{{1}, {2}, {3}, {4}}},
	} {
		for _, ordered := range []bool{true, false} {
			d.Ordered = ordered
			m, _ := fit(t, d)
			if got := m.Recommend(nil, 10, nil); len(got) != min(10, m.Items()) {
				t.Errorf("%s: %d items of %d for nobody", name, len(got), m.Items())
			}
			for _, h := range d.Users {
				for _, s := range append(m.Recommend(h, 10, nil), m.Similar(0, 3)...) {
					if s.Score != s.Score || int(s.Item) >= m.Items() {
						t.Errorf("%s: %v", name, s)
					}
				}
			}
			m.Recommend([]Touch{{Item: NoItem, Weight: 1}, {Item: 1 << 27, Weight: 1}}, -1, nil)
		}
	}
}

func TestAFitStopsWhenItIsTold(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Fit(ctx, likeMinded(50, 4, 10, 5), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestNewcomersAreFoundByWhatTheyAre(t *testing.T) {
	t.Parallel()
	m, _ := fit(t, likeMinded(100, 8, 20, 6))
	m.SetAttributes(1000, []uint32{4})
	m.SetAttributes(1001, []uint32{5})
	history := []Touch{{Item: 81, Weight: 1}, {Item: 85, Weight: 1}} // of circle 4
	got := m.Score(history, []Item{1001, 1000, 1002})
	if got[1].Score <= got[0].Score || got[1].Score <= got[2].Score {
		t.Errorf("1000 is of the history's kind, got %v", got)
	}
	m.SetAttributes(1000, []uint32{5})
	m.SetAttributes(1001, []uint32{4})
	if got := m.Score(history, []Item{1001, 1000}); got[0].Score <= got[1].Score {
		t.Errorf("they have changed their kinds, got %v", got)
	}
}
