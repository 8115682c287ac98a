package feedcore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/feed"
	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
)

func TestEventsInAnyOrderAnyNumberOfTimesLeadToTheSameLists(t *testing.T) {
	t.Parallel()
	tn := build(t)
	d := tn.deaf(t)
	s := tn.shop()
	lin := tn.AddUser("Lin", actor.Creator)
	for round := range 12 {
		stays, gone := s.Publish(t, lin, "stays"), s.Publish(t, lin, "gone")
		if _, err := tn.creator.Remove(actor.With(t.Context(), lin), creator.ByPost{ID: gone.ID}); err != nil {
			t.Fatal(err)
		}
		w := strings.Repeat(string(rune('a'+round)), 9) // no typo leads to another's
		cream := tn.AddProduct("cream "+w, money.CNY(100), 1)
		draft := cream
		draft.Title, draft.State = "draft "+w, catalog.Draft
		events := []bus.Event{
			published(stays, "first "+w, 1), published(stays, "second "+w, 2), published(stays, "third "+w, 3),
			published(gone, "first "+w, 1), published(gone, "second "+w, 2),
			creator.Removed.Event(gone.PublishedAt, string(gone.ID)+".3", creator.RemovedData{Post: gone.ID, Author: lin.User, Rev: 3}),
			catalog.ProductChanged.Event(cream.UpdatedAt, string(cream.ID)+".1", catalog.ProductChangedData{Product: draft, Rev: 1}),
			catalog.ProductChanged.Event(cream.UpdatedAt, string(cream.ID)+".2", catalog.ProductChangedData{Product: cream, Rev: 2}),
		}
		events = append(events, events...)
		rand.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		var work sync.WaitGroup
		for part := range slices.Chunk(events, 4) { // several at once
			work.Go(func() {
				for _, e := range part {
					if err := d.tell(context.WithoutCancel(t.Context()), e); err != nil {
						t.Error(err)
					}
				}
			})
		}
		work.Wait()
		if got := tn.newest(t); !slices.Contains(got, string(stays.ID)) || slices.Contains(got, string(gone.ID)) {
			t.Errorf("newest: %v, want %s and not %s", got, stays.ID, gone.ID)
		}
		if got := tn.finds(t, "third "+w); !slices.Equal(got, []string{"stays"}) {
			t.Errorf("the last words find %v", got)
		}
		if got := tn.finds(t, "cream "+w); !slices.Equal(got, []string{"cream " + w}) {
			t.Errorf("the product's last title finds %v", got)
		}
		for _, old := range []string{"first ", "second ", "draft "} {
			if got := tn.finds(t, old+w); len(got) > 0 {
				t.Errorf("the old word %q finds %v", old, got)
			}
		}
	}
}

func TestARebuildBringsBackWhatWasLostAndForgetsWhatIsGone(t *testing.T) {
	t.Parallel()
	tn := build(t)
	d := tn.deaf(t)
	s := tn.shop()
	lin := tn.AddUser("Lin", actor.Creator)
	var want []string
	for i := range 120 { // more than one batch
		want = append(want, string(s.Publish(t, lin, fmt.Sprint("lost ", i)).ID))
	}
	gone := s.Publish(t, lin, "gone")
	tn.AddProduct("lost cream", money.CNY(100), 1)
	if err := d.tell(t.Context(), published(gone, "gone", 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := tn.creator.Remove(actor.With(t.Context(), lin), creator.ByPost{ID: gone.ID}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second one changes nothing
		if err := tn.feed.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []string
		for ask := (page.Ask{Limit: 50}); ; {
			p := must(tn.feed.Newest(t.Context(), ask))(t)
			for _, k := range p.Items {
				got = append(got, string(k.ID))
			}
			if ask.After = p.Next; ask.After == "" {
				break
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if got := tn.finds(t, "cream"); !slices.Equal(got, []string{"lost cream"}) {
			t.Errorf("cream finds %v", got)
		}
		if got := tn.finds(t, "lost 77"); !slices.Equal(got, []string{"lost 77"}) {
			t.Errorf("a lost post: found %v", got)
		}
	}
	if err := d.tell(t.Context(), published(gone, "gone", 2)); err != nil {
		t.Fatal(err)
	}
	hits := must(tn.index.Find(t.Context(), queryFor("gone")))(t)
	if len(hits.Hits) != 0 {
		t.Errorf("a late event brought back %v", hits.Hits)
	}
}

func TestAnEmptyIndexIsBuiltWhenTheFeedStarts(t *testing.T) {
	t.Parallel()
	tn := build(t)
	s := tn.shop()
	s.Publish(t, tn.AddUser("Lin", actor.Creator), "waiting")
	run(t, tn.feed) // no creator runs: nothing is announced
	waitFor(t, func() bool { return !tn.index.NeedsRebuild() })
	if got := tn.finds(t, "waiting"); !slices.Equal(got, []string{"waiting"}) {
		t.Errorf("found %v", got)
	}
}

func TestPagesFillUpPastPostsWhoseRemovalWasNotHeardOf(t *testing.T) {
	t.Parallel()
	tn := build(t)
	d := tn.deaf(t)
	s := tn.shop()
	lin, fan := tn.AddUser("Lin", actor.Creator), tn.AddUser("Fan")
	ctx := actor.With(t.Context(), fan)
	if _, err := tn.creator.Follow(ctx, creator.ByUser{ID: lin.User}); err != nil {
		t.Fatal(err)
	}
	var want []id.Post
	for i := range 12 {
		p := s.Publish(t, lin, "filler")
		if err := d.tell(t.Context(), published(p, "filler", 1)); err != nil {
			t.Fatal(err)
		}
		tn.clock.Advance(1)
		if i%3 == 0 {
			want = append(want, p.ID)
			continue
		}
		if _, err := tn.creator.Remove(actor.With(t.Context(), lin), creator.ByPost{ID: p.ID}); err != nil {
			t.Fatal(err)
		}
	}
	slices.SortFunc(want, func(a, b id.Post) int { return -cmpText(a, b) })
	lists := map[string]func(page.Ask) (page.Page[creator.Card], error){
		"newest": func(a page.Ask) (page.Page[creator.Card], error) { return tn.feed.Newest(ctx, a) },
		"following": func(a page.Ask) (page.Page[creator.Card], error) {
			return tn.feed.Following(ctx, feed.AskFollowing{Ask: a})
		},
	}
	for name, list := range lists {
		var got []id.Post
		ask := page.Ask{Limit: 2}
		for n := 0; n == 0 || ask.After != ""; n++ {
			p := must(list(ask))(t)
			if len(p.Items) < 2 && p.Next != "" {
				t.Errorf("%s: a page of %d with more to come", name, len(p.Items))
			}
			for _, k := range p.Items {
				got = append(got, k.ID)
			}
			if ask.After = p.Next; n > 10 {
				t.Fatalf("%s does not end", name)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestAPostIsWhatItsHighestRevisionSaysInWhateverOrderItIsHeard(t *testing.T) {
	t.Parallel()
	tn := build(t)
	d := tn.deaf(t)
	s := tn.shop()
	lin, fan := tn.AddUser("Lin", actor.Creator), tn.AddUser("Fan")
	if _, err := tn.creator.Follow(actor.With(t.Context(), fan), creator.ByUser{ID: lin.User}); err != nil {
		t.Fatal(err)
	}
	type place struct{ newest, following, found bool }
	for name, tt := range map[string]struct {
		last func(*creator.PublishedData) // of revision 4; nil is removed
		want place
	}{
		"comes back": {func(*creator.PublishedData) {}, place{true, true, true}},
		"limited":    {func(d *creator.PublishedData) { d.Limited = true }, place{following: true}},
		"followers":  {func(d *creator.PublishedData) { d.Visibility = creator.FollowersOnly }, place{following: true}},
		"private":    {func(d *creator.PublishedData) { d.Visibility = creator.OnlyMe }, place{}},
		"removed":    {nil, place{}},
	} {
		w := strings.Repeat(string(name[0]), 9)
		p := s.Publish(t, lin, w)
		told := func(rev int64, change func(*creator.PublishedData)) bus.Event {
			if change == nil {
				return creator.Removed.Event(p.PublishedAt, fmt.Sprint(p.ID, rev), creator.RemovedData{Post: p.ID, Author: lin.User, Rev: rev})
			}
			d := creator.PublishedData{
				Post: p.ID, Author: lin.User, Name: "Lin", Title: w, At: p.PublishedAt, Rev: rev, Visibility: creator.Public,
			}
			change(&d)
			return creator.Published.Event(p.PublishedAt, fmt.Sprint(p.ID, rev), d)
		}
		as := func(*creator.PublishedData) {}
		events := []bus.Event{told(1, as), told(2, nil), told(3, as), told(4, tt.last)}
		for range 6 {
			rand.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
			for _, e := range append(events, events[0]) {
				if err := d.tell(t.Context(), e); err != nil {
					t.Fatal(err)
				}
			}
		}
		following := must(tn.feed.Following(actor.With(t.Context(), fan), feed.AskFollowing{}))(t)
		got := place{
			newest:    slices.Contains(tn.newest(t), string(p.ID)),
			following: slices.ContainsFunc(following.Items, func(k creator.Card) bool { return k.ID == p.ID }),
			found:     len(tn.finds(t, w)) > 0,
		}
		if got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

func TestAPageReadsOnPastPeopleWhoAreHidden(t *testing.T) {
	t.Parallel()
	tn := build(t)
	d := tn.deaf(t)
	s := tn.shop()
	lin, eve, fan := tn.AddUser("Lin", actor.Creator), tn.AddUser("Eve", actor.Creator), tn.AddUser("Fan")
	publish := func(a actor.Actor) id.Post {
		tn.clock.Advance(1)
		p := s.Publish(t, a, "post")
		if err := d.tell(t.Context(), published(p, "post", 1)); err != nil {
			t.Fatal(err)
		}
		return p.ID
	}
	want := publish(lin)
	for range 60 { // far more than a page
		publish(eve)
	}
	tn.Shielded(fan.User, moderation.Shield{Hidden: []id.User{eve.User}})
	got := must(tn.feed.Newest(actor.With(t.Context(), fan), page.Ask{Limit: 2}))(t)
	if len(got.Items) != 1 || got.Items[0].ID != want || got.Next != "" {
		t.Errorf("got %+v, want %s alone", got, want)
	}
}

func TestRecordsOfAnEarlierLayoutAreMadeAgain(t *testing.T) {
	t.Parallel()
	tn := build(t)
	p := tn.shop().Publish(t, tn.AddUser("Lin", actor.Creator), "old")
	type before struct {
		Author id.User   `bson:"author"`
		At     time.Time `bson:"at"`
		Rev    int64     `bson:"rev"`
	}
	records := must(docdb.Open[before](t.Context(), tn.db, tn.clock.Now, docdb.Schema{Name: "feed_posts"}))(t)
	if err := records.Insert(t.Context(), string(p.ID), before{Author: p.Author.ID, At: p.PublishedAt, Rev: 1}); err != nil {
		t.Fatal(err)
	}
	if err := tn.index.MarkBuilt(t.Context()); err != nil {
		t.Fatal(err)
	}
	run(t, tn.feed)
	waitFor(t, func() bool { return len(tn.newest(t)) == 1 })
}
