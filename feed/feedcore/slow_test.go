package feedcore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"meadow/feed"
	"meadow/feed/feedcore"
	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/bus"
	"meadow/services/platform/search"
)

// slow is an index that stands still before it takes a title in, once.
type slow struct {
	search.Index
	title            string
	reached, release chan struct{}
}

func (s *slow) Put(ctx context.Context, docs ...search.Doc) error {
	for _, d := range docs {
		if d.Title == s.title {
			s.title = ""
			close(s.reached)
			<-s.release
		}
	}
	return s.Index.Put(ctx, docs...)
}

func TestASlowWriterDoesNotBringBackOldWords(t *testing.T) {
	t.Parallel()
	tn := build(t)
	lin := tn.AddUser("Lin", actor.Creator)
	cream := tn.AddProduct("old", money.CNY(100), 1)
	delisted := cream
	delisted.State = catalog.Delisted
	for name, events := range map[string]func(creator.Post) (old, next bus.Event){
		"edited": func(p creator.Post) (bus.Event, bus.Event) { return published(p, "old", 1), published(p, "new", 2) },
		"removed": func(p creator.Post) (bus.Event, bus.Event) {
			return published(p, "old", 1), creator.Removed.Event(p.PublishedAt, string(p.ID), creator.RemovedData{Post: p.ID, Author: lin.User, Rev: 2})
		},
		"delisted": func(creator.Post) (bus.Event, bus.Event) {
			return catalog.ProductChanged.Event(tn.clock.Now(), "1", catalog.ProductChangedData{Product: cream, Rev: 1}),
				catalog.ProductChanged.Event(tn.clock.Now(), "2", catalog.ProductChangedData{Product: delisted, Rev: 2})
		},
	} {
		ix := &slow{Index: tn.index, title: "old", reached: make(chan struct{}), release: make(chan struct{})}
		tn.deps.Index = ix
		d := tn.deaf(t)
		old, next := events(tn.shop().Publish(t, lin, "post"))
		late := make(chan error, 1)
		go func() { late <- d.tell(context.WithoutCancel(t.Context()), old) }()
		<-ix.reached
		if err := d.tell(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		close(ix.release)
		if err := <-late; err != nil {
			t.Fatal(err)
		}
		if got := must(tn.index.Find(t.Context(), queryFor("old")))(t); len(got.Hits) != 0 {
			t.Errorf("%s: the old words still find %v", name, got.Hits)
		}
	}
}

// crowd answers for creators of whom one user follows many.
type crowd struct {
	creator.Service
	followed []id.User
}

func (c crowd) Follows(context.Context, creator.Follows) (page.Page[id.User], error) {
	return page.Page[id.User]{Items: c.followed}, nil
}

func (c crowd) Cards(_ context.Context, in creator.Cards) (creator.CardList, error) {
	out := creator.CardList{Items: make([]creator.Card, len(in.IDs))}
	for i, p := range in.IDs {
		out.Items[i].ID = p
	}
	return out, nil
}

// BenchmarkFollowing reads a page of whom a user follows, each with 20 posts.
func BenchmarkFollowing(b *testing.B) {
	for _, follows := range []int{30, 300, creator.MaxFollows} {
		b.Run(fmt.Sprint(follows), func(b *testing.B) {
			tn := build(b)
			all := crowd{}
			start := tn.clock.Now()
			d := &direct{Bus: tn.bus, handlers: map[string][]bus.Handler{}}
			tn.deps.Bus, tn.deps.Index = d, nothing{}
			for range follows {
				all.followed = append(all.followed, id.User(id.New("usr", start)))
			}
			tn.deps.Creator = all
			c := must(feedcore.New(b.Context(), tn.deps))(b)
			ctx, stop := context.WithCancel(b.Context())
			stop()
			if err := c.Run(ctx); err != nil {
				b.Fatal(err)
			}
			const posts = 20
			for i := range posts * follows {
				at := start.Add(time.Duration(i) * time.Second)
				p := creator.Post{ID: id.Post(id.New("pst", at)), PublishedAt: at, Author: creator.Author{ID: all.followed[i%follows]}}
				if err := d.tell(b.Context(), published(p, "Title", 1)); err != nil {
					b.Fatal(err)
				}
			}
			me := actor.With(b.Context(), actor.Actor{User: "usr_me"})
			b.ReportAllocs()
			for b.Loop() {
				got, err := c.Following(me, feed.AskFollowing{})
				if err != nil || len(got.Items) != 20 {
					b.Fatal(len(got.Items), err)
				}
			}
		})
	}
}

// nothing is an index that takes everything and finds nothing.
type nothing struct{ search.Index }

func (nothing) Put(context.Context, ...search.Doc) error { return nil }
