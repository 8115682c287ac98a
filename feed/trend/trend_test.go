package trend_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/feed/trend"
)

var (
	start    = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	searches = trend.Scope{Kind: trend.Search, Region: "hangzhou", Lang: "zh"}
)

func keys(ts []trend.Trend) []string {
	out := []string{}
	for _, t := range ts {
		out = append(out, t.Key)
	}
	return out
}

// ask lets people ask for a key, evenly over a time.
func ask(t *trend.Trends, key string, first, people int, from time.Time, over time.Duration) {
	for i := range people {
		t.Note(searches, key, uint64(first+i), from.Add(over*time.Duration(i)/time.Duration(people)))
	}
}

func TestWhatMorePeopleThanUsualAskForComesFirst(t *testing.T) {
	t.Parallel()
	tr := trend.New(trend.Options{})
	for day := range 20 { // every day 200 people look for milk, 20 for tea, and different ones each day
		at := start.AddDate(0, 0, day)
		ask(tr, "milk", day*1000, 200, at, 24*time.Hour)
		ask(tr, "tea", 100_000+day*1000, 20, at, 24*time.Hour)
	}
	now := start.AddDate(0, 0, 20)
	ask(tr, "milk", 20_000, 50, now, 6*time.Hour) // as always
	ask(tr, "tea", 120_000, 60, now, 6*time.Hour) // twelve times as many
	ask(tr, "lantern", 300_000, 30, now, 6*time.Hour)
	now = now.Add(6 * time.Hour)
	top := tr.Top(searches, 10, now)
	if len(top) < 2 || top[0].Key != "lantern" && top[0].Key != "tea" || top[1].Key != "lantern" && top[1].Key != "tea" {
		t.Fatalf("trends %+v", top)
	}
	if len(top) > 2 && top[2].Score > 2 {
		t.Errorf("what is asked for as always trends: %+v", top[2])
	}
	for _, one := range top {
		want := (one.Seen - one.Expected) * (one.Seen - one.Expected) / one.Expected
		if math.Abs(one.Score-want) > 1e-9 || one.Expected < 1 {
			t.Errorf("%+v: score is not %v", one, want)
		}
	}
	if got := tr.Top(searches, 1, now); len(got) != 1 || got[0] != top[0] {
		t.Errorf("the first of them is %+v", got)
	}
	if later := tr.Top(searches, 10, now.AddDate(0, 0, 2)); len(later) != 0 {
		t.Errorf("two days later it is still a trend: %+v", later)
	}
}

func TestOnePersonCannotTrendWhateverTheyDo(t *testing.T) {
	t.Parallel()
	tr := trend.New(trend.Options{})
	rng := rand.New(rand.NewPCG(1, 1))
	at := start
	for range 20_000 { // for two weeks, at every hour
		tr.Note(searches, "buy mine", 42, at)
		at = at.Add(time.Duration(rng.IntN(120)) * time.Second)
		if got := tr.Top(searches, 1, at); len(got) != 0 {
			t.Fatalf("it trends after %v: %+v", at.Sub(start), got)
		}
	}
	// Nor do they help what others ask for.
	for i := range uint64(6) {
		tr.Note(searches, "soup", i, at)
	}
	before := tr.Top(searches, 5, at)
	for range 1000 {
		tr.Note(searches, "soup", 3, at)
	}
	if diff := cmp.Diff(tr.Top(searches, 5, at), before); diff != "" || len(before) != 1 {
		t.Errorf("repeating helps (-got +want):\n%s", diff)
	}
}

func TestNothingShowsThatFewerThanFivePeopleAskedFor(t *testing.T) {
	t.Parallel()
	for _, least := range []int{0, 1, 5, 8} {
		tr := trend.New(trend.Options{People: least})
		for person := range uint64(8) {
			tr.Note(searches, "a rare disease", person, start.Add(time.Duration(person)*time.Minute))
			people := int(person) + 1
			shown := len(tr.Top(searches, 9, start.Add(time.Hour))) > 0
			if shown != (people >= max(5, least)) {
				t.Errorf("with a least of %d, %d people: shown %v", least, people, shown)
			}
		}
	}
}

func TestRegionsLanguagesAndKindsHaveTheirOwnTrendsAndEverywhereHasThemAll(t *testing.T) {
	t.Parallel()
	tr := trend.New(trend.Options{})
	for i := range uint64(6) {
		tr.Note(searches, "桂花", i, start)
		tr.Note(trend.Scope{Region: "leeds", Lang: "en"}, "rain", 10+i, start)
		tr.Note(trend.Scope{Region: "beijing", Lang: "zh"}, "雪", 20+i, start)
		tr.Note(trend.Scope{Kind: trend.Topic, Region: "hangzhou", Lang: "zh"}, "茶", 30+i, start)
		tr.Note(trend.Scope{Lang: "en"}, "queue", 40+i, start)
		tr.Note(trend.Scope{Region: fmt.Sprint("village", i/2), Lang: "en"}, "fair", 50+i, start)
	}
	for scope, want := range map[trend.Scope][]string{
		searches:                         {"桂花"},
		{Lang: "zh"}:                     {"桂花", "雪"},
		{Lang: "en"}:                     {"fair", "queue", "rain"},
		{Region: "leeds", Lang: "en"}:    {"rain"},
		{Region: "village1", Lang: "en"}: {},
		{Kind: trend.Topic, Lang: "zh"}:  {"茶"},
		{Region: "leeds", Lang: "zh"}:    {},
	} {
		if diff := cmp.Diff(keys(tr.Top(scope, 10, start)), want); diff != "" {
			t.Errorf("%+v (-got +want):\n%s", scope, diff)
		}
	}
}

func TestManyPeopleAreCountedToWithinAFewPercent(t *testing.T) {
	t.Parallel()
	for _, n := range []int{10, 32, 33, 500, 3000, 40_000} {
		tr := trend.New(trend.Options{})
		for i := range n {
			tr.Note(searches, "gala", uint64(i)*7919, start)
			tr.Note(searches, "gala", uint64(i/2)*7919, start) // who was there already
		}
		got := tr.Top(searches, 1, start)[0]
		for what, count := range map[string]float64{"people": float64(got.People), "seen": got.Seen} {
			if off := math.Abs(count/float64(n) - 1); off > .1 || n <= 32 && off > 0 {
				t.Errorf("%d people: %s is %v", n, what, count)
			}
		}
		// In the next generation the same people are not new, and others are.
		later := start.Add(13 * time.Hour)
		for i := range n {
			tr.Note(searches, "gala", uint64(i)*7919, later)
		}
		again := tr.Top(searches, 1, later)
		if len(again) == 1 && again[0].Seen > got.Seen*.1 {
			t.Errorf("%d people came back and count as %v new ones", n, again[0].Seen)
		}
		for i := range n {
			tr.Note(searches, "gala", uint64(n+i)*7919, later)
		}
		added := tr.Top(searches, 1, later)[0].Seen - got.Seen*math.Exp2(-13./3)
		if off := math.Abs(added/float64(n) - 1); off > .12 {
			t.Errorf("%d other people count as %v", n, added)
		}
	}
}

func TestMemoryIsBoundedAndWhatMatteredIsKept(t *testing.T) {
	t.Parallel()
	tr := trend.New(trend.Options{Keys: 200, Scopes: 3})
	ask(tr, "storm", 0, 40, start, time.Hour)
	for i := range 20_000 { // one person types whatever comes to mind
		tr.Note(searches, fmt.Sprint("nonsense", i), 7, start.Add(time.Hour+time.Duration(i)*time.Second))
	}
	for i := range 100 {
		tr.Note(trend.Scope{Region: fmt.Sprint(i), Lang: "en"}, "x", 1, start)
	}
	s := tr.Stats()
	if s.Keys > 225 || s.Scopes > 3 || s.Bytes > 225*2600 || s.Bytes < 1000 {
		t.Errorf("kept %+v", s)
	}
	if diff := cmp.Diff(keys(tr.Top(searches, 5, start.Add(2*time.Hour))), []string{"storm"}); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
	tr.Note(searches, strings.Repeat("long", 17), 1, start)
	tr.Note(searches, "", 1, start)
	tr.Note(trend.Scope{Region: strings.Repeat("long", 17)}, "x", 1, start)
	if got := tr.Stats(); got != s {
		t.Errorf("kept %+v of what is too long, was %+v", got, s)
	}
}

func TestShardsMergeToWhatOneWouldHaveCounted(t *testing.T) {
	t.Parallel()
	for _, n := range []int{20, 2000} {
		one, a, b := trend.New(trend.Options{}), trend.New(trend.Options{}), trend.New(trend.Options{})
		note := func(in []*trend.Trends, key string, person int, at time.Duration) {
			for _, tr := range in {
				tr.Note(searches, key, uint64(person), start.Add(at))
			}
		}
		for i := range n {
			at := time.Duration(i) * 20 * time.Hour / time.Duration(n)
			note([]*trend.Trends{one, a}, "apart", i, at)
			note([]*trend.Trends{one, b}, "apart", n+i, at)
			note([]*trend.Trends{one, a, b}, "both", i, at)
			note([]*trend.Trends{one, b}, "there", i, at)
		}
		all := trend.New(trend.Options{})
		for _, shard := range []*trend.Trends{a, b} {
			if err := all.Merge(shard); err != nil {
				t.Fatal(err)
			}
		}
		now := start.Add(20 * time.Hour)
		got, want := all.Top(searches, 9, now), one.Top(searches, 9, now)
		if len(got) != 3 || len(want) != 3 {
			t.Fatalf("merged %+v, counted %+v", got, want)
		}
		for i := range want {
			near := func(a, b float64) bool { return math.Abs(a-b) <= .12*b+.01 }
			if got[i].Key != want[i].Key && n == 20 || !near(got[i].Seen, want[i].Seen) && got[i].Key == want[i].Key || !near(float64(got[i].People), float64(want[i].People)) {
				t.Errorf("merged %+v, counted %+v", got[i], want[i])
			}
		}
		if a.Stats().Keys != 4 || len(a.Top(searches, 9, now)) != 2 {
			t.Errorf("merging changed a shard: %+v", a.Stats())
		}
	}
	if err := trend.New(trend.Options{}).Merge(trend.New(trend.Options{Salt: 1})); !errors.Is(err, trend.ErrOptions) {
		t.Errorf("people of another salt were merged: %v", err)
	}
}

func TestASnapshotBringsBackAllThatIsKept(t *testing.T) {
	t.Parallel()
	tr := trend.New(trend.Options{Salt: 9})
	ask(tr, "milk", 0, 500, start, 10*time.Hour)
	ask(tr, "tea", 0, 9, start, 20*time.Hour)
	tr.Note(trend.Scope{Kind: trend.Topic, Lang: "en"}, "rain", 1, start)
	var file, again bytes.Buffer
	if err := tr.Encode(&file); err != nil {
		t.Fatal(err)
	}
	whole := bytes.Clone(file.Bytes())
	file.WriteString("what comes behind it")
	r := bufio.NewReader(&file)
	back, err := trend.Decode(r, trend.Options{Salt: 9})
	if err != nil {
		t.Fatal(err)
	}
	if rest, _ := r.Peek(4); string(rest) != "what" {
		t.Errorf("reading goes on at %q", rest)
	}
	if err := back.Encode(&again); err != nil || !bytes.Equal(again.Bytes(), whole) {
		t.Errorf("it is encoded otherwise than it was: %v", err)
	}
	now := start.Add(20 * time.Hour)
	for _, one := range []*trend.Trends{tr, back} {
		ask(one, "tea", 5, 9, now, time.Hour)
	}
	if diff := cmp.Diff(back.Top(searches, 9, now.Add(time.Hour)), tr.Top(searches, 9, now.Add(time.Hour))); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
	if back.Stats().Keys != tr.Stats().Keys {
		t.Errorf("%+v, want %+v", back.Stats(), tr.Stats())
	}
	for n := range whole {
		if _, err := trend.Decode(bytes.NewReader(whole[:n]), trend.Options{}); !errors.Is(err, trend.ErrSnapshot) {
			t.Fatalf("the first %d of %d bytes were read: %v", n, len(whole), err)
		}
	}
}

func TestAPersonWhoIsForgottenIsKeptNowhere(t *testing.T) {
	t.Parallel()
	tr := trend.New(trend.Options{})
	for i := range uint64(6) {
		tr.Note(searches, "tea", i, start)
	}
	tr.Forget(3)
	if got := tr.Top(searches, 9, start); len(got) != 1 || got[0].People != 5 {
		t.Errorf("%+v", got)
	}
	tr.Forget(4)
	if got := tr.Top(searches, 9, start); len(got) != 0 {
		t.Errorf("four people are left and it shows %+v", got)
	}
}

func TestPeopleOfManyRequestsAreCountedOnceEach(t *testing.T) {
	t.Parallel()
	tr := trend.New(trend.Options{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range uint64(25) {
				tr.Note(searches, "tea", i, start)
				tr.Top(searches, 3, start)
				tr.Stats()
			}
		})
	}
	wg.Wait()
	if got := tr.Top(searches, 1, start); len(got) != 1 || got[0].People != 25 || got[0].Seen != 25 {
		t.Errorf("%+v, want 25 people", got)
	}
}

func TestALateEventDoesNotTurnBackTime(t *testing.T) {
	t.Parallel()
	tr := trend.New(trend.Options{})
	ask(tr, "tea", 0, 10, start.Add(24*time.Hour), time.Hour)
	tr.Note(searches, "tea", 99, start)
	got := tr.Top(searches, 1, start)
	if len(got) != 1 || got[0].People != 11 {
		t.Errorf("%+v", got)
	}
}
