package creatortest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

func (s Shop) collection(t *testing.T, a actor.Actor, name string, open bool) creator.Collection {
	t.Helper()
	return must2(s.Creator.NewCollection(as(t, a), creator.NewCollection{Name: name, Open: open, RequestID: key()}))(t)
}

func (s Shop) collections(t *testing.T, a actor.Actor, holds id.Post) []creator.Collection {
	t.Helper()
	return must2(s.Creator.Collections(as(t, a), creator.AskCollections{Post: holds}))(t).Items
}

func (s Shop) save(t *testing.T, a actor.Actor, p id.Post, into ...id.Collection) creator.Reaction {
	t.Helper()
	return must2(s.Creator.Save(as(t, a), creator.Save{ID: p, Collections: into}))(t)
}

// collected reads a whole collection as somebody, a few posts at a time.
func (s Shop) collected(t *testing.T, asks actor.Actor, k id.Collection) []id.Post {
	t.Helper()
	out := []id.Post{}
	ask := creator.Collected{ID: k, Ask: page.Ask{Limit: 2}}
	for pages := 0; pages == 0 || ask.After != ""; pages++ {
		p := must2(s.Creator.Collected(as(t, asks), ask))(t)
		for _, c := range p.Items {
			out = append(out, c.ID)
		}
		if ask.After = p.Next; pages > 20 {
			t.Fatal("the list does not end")
		}
	}
	return out
}

func collectionsAreMade(t *testing.T, s Shop) {
	fan := s.User(t, "Fan")
	if got := s.collections(t, fan, ""); got == nil || len(got) != 0 {
		t.Errorf("at first: %+v", got)
	}
	in := creator.NewCollection{Name: " To\n read ", Open: true, RequestID: key()}
	first := must2(s.Creator.NewCollection(as(t, fan), in))(t)
	want := creator.Collection{
		ID: first.ID, Name: "To read", Open: true, Owner: creator.Author{ID: fan.User, Name: "Fan"}, MadeAt: first.MadeAt,
	}
	if d := cmp.Diff(want, first); d != "" || first.ID == "" || first.MadeAt.IsZero() {
		t.Errorf("%s in %+v", d, first)
	}
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			got, err := s.Creator.NewCollection(as(t, fan), in)
			if err != nil || got.ID != first.ID {
				t.Errorf("again: %+v, %v", got, err)
			}
		})
	}
	work.Wait()
	in.Name = "Another"
	_, err := s.Creator.NewCollection(as(t, fan), in)
	wantErr(t, "another name under one request", err, rpc.ErrReused)
	second := s.collection(t, fan, "Later", false)
	if got := s.collections(t, fan, ""); len(got) != 2 || got[0].ID != second.ID || got[1].ID != first.ID {
		t.Errorf("got %+v, want the latest first", got)
	}
	must2(s.Creator.DropCollection(as(t, fan), creator.ByCollection{ID: second.ID}))(t)
	_, err = s.Creator.DropCollection(as(t, fan), creator.ByCollection{ID: second.ID})
	wantErr(t, "dropped twice", err, creator.ErrNoSuchCollection)
	_, err = s.Creator.NewCollection(t.Context(), creator.NewCollection{Name: "x", RequestID: key()})
	wantErr(t, "a visitor", err, actor.ErrNobody)
	for _, name := range []string{"", " \u202e ", strings.Repeat("字", 31)} {
		if _, err = s.Creator.NewCollection(as(t, fan), creator.NewCollection{Name: name, RequestID: key()}); errs.CodeOf(err) != errs.Invalid {
			t.Errorf("name %q: got %v, want invalid", name, err)
		}
	}
}

func collectionsAreNamed(t *testing.T, s Shop) {
	fan, other := s.User(t, "Fan"), s.User(t, "Other")
	var made, full atomic.Int64
	var work sync.WaitGroup
	const workers = 10
	for w := range workers {
		work.Go(func() {
			for i := w; i < creator.MaxCollections+workers; i += workers {
				_, err := s.Creator.NewCollection(as(t, fan), creator.NewCollection{Name: fmt.Sprint("Name ", i), RequestID: key()})
				switch {
				case err == nil:
					made.Add(1)
				case errors.Is(err, creator.ErrCollections):
					full.Add(1)
				case errs.CodeOf(err) != errs.Conflict:
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	all := s.collections(t, fan, "")
	if int64(len(all)) != made.Load() || len(all) > creator.MaxCollections {
		t.Errorf("%d collections, %d made, %d refused", len(all), made.Load(), full.Load())
	}
	for _, k := range all[2:] {
		must2(s.Creator.DropCollection(as(t, fan), creator.ByCollection{ID: k.ID}))(t)
	}
	_, err := s.Creator.NewCollection(as(t, fan), creator.NewCollection{Name: strings.ToUpper(all[0].Name), RequestID: key()})
	wantErr(t, "a name that is taken", err, creator.ErrNamed)
	_, err = s.Creator.EditCollection(as(t, fan), creator.EditCollection{ID: all[1].ID, Name: all[0].Name})
	wantErr(t, "renamed to a name that is taken", err, creator.ErrNamed)
	got := must2(s.Creator.EditCollection(as(t, fan), creator.EditCollection{ID: all[1].ID, Name: strings.ToUpper(all[1].Name), Open: true}))(t)
	if got.Name != strings.ToUpper(all[1].Name) || !got.Open {
		t.Errorf("renamed: %+v", got)
	}
	s.collection(t, other, all[0].Name, false) // another's names are another's
}

func collectedOnce(t *testing.T, s Shop) {
	lin, fan := s.creatorNamed(t, "Lin"), s.User(t, "Fan")
	p := s.Publish(t, lin, "Kept").ID
	k := s.collection(t, fan, "Kept", false).ID
	const repeats = 40
	var work sync.WaitGroup
	for range repeats {
		work.Go(func() {
			if _, err := s.Creator.Save(as(t, fan), creator.Save{ID: p, Collections: []id.Collection{k, k}}); err != nil && errs.CodeOf(err) != errs.Conflict {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if got := s.collections(t, fan, p)[0]; got.Posts != 1 || !got.Holds {
		t.Errorf("after %d repeats: %+v", repeats, got)
	}
	for range repeats {
		work.Go(func() {
			if _, err := s.Creator.Uncollect(as(t, fan), creator.Uncollect{ID: k, Post: p}); err != nil && errs.CodeOf(err) != errs.Conflict {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if got := s.collections(t, fan, p)[0]; got.Posts != 0 || got.Holds {
		t.Errorf("taken out %d times: %+v", repeats, got)
	}
}

func savedIntoCollections(t *testing.T, s Shop) {
	lin, fan := s.creatorNamed(t, "Lin"), s.User(t, "Fan")
	post := s.Publish(t, lin, "Kept")
	p := post.ID
	a, b := s.collection(t, fan, "A", false).ID, s.collection(t, fan, "B", false).ID
	if got := s.save(t, fan, p, a, b); !got.Saved || got.Saves != 1 {
		t.Errorf("saved: %+v", got)
	}
	state := func() map[string]creator.Collection {
		t.Helper()
		out := map[string]creator.Collection{}
		for _, k := range s.collections(t, fan, p) {
			out[k.Name] = k
		}
		return out
	}
	if got := state(); got["A"].Posts != 1 || got["B"].Posts != 1 || !got["A"].Holds || got["A"].Cover.ID != post.Pictures[0].ID {
		t.Errorf("in both: %+v", got)
	}
	must2(s.Creator.Uncollect(as(t, fan), creator.Uncollect{ID: a, Post: p}))(t)
	if got := state(); got["A"].Posts != 0 || got["A"].Holds || got["A"].Cover.ID != "" || got["B"].Posts != 1 {
		t.Errorf("out of one: %+v", got)
	}
	if got := must2(s.Creator.Post(as(t, fan), creator.ReadPost{ID: p}))(t); !got.Saved {
		t.Error("taken out of a collection, and not saved any more")
	}
	s.save(t, fan, p, a)
	if got := must2(s.Creator.Unsave(as(t, fan), creator.ByPost{ID: p}))(t); got.Saved || got.Saves != 0 {
		t.Errorf("unsaved: %+v", got)
	}
	if got := state(); got["A"].Posts != 0 || got["B"].Posts != 0 || got["A"].Holds || got["B"].Holds {
		t.Errorf("unsaved, and still in: %+v", got)
	}
	_, err := s.Creator.Save(as(t, fan), creator.Save{ID: p, Collections: []id.Collection{a, "col_0000000000000000000000000"}})
	wantErr(t, "into one that is not", err, creator.ErrNoSuchCollection)
	if got := must2(s.Creator.Post(as(t, fan), creator.ReadPost{ID: p}))(t); got.Saved || state()["A"].Posts != 0 {
		t.Error("refused, and done in part")
	}
}

func openCollections(t *testing.T, s Shop) {
	lin, fan, eve := s.creatorNamed(t, "Lin"), s.User(t, "Fan"), s.User(t, "Eve")
	p := s.Publish(t, lin, "Kept").ID
	open, closed, empty := s.collection(t, fan, "Open", true).ID, s.collection(t, fan, "Closed", false).ID, s.collection(t, fan, "Empty", true).ID
	s.save(t, fan, p, open, closed)
	for _, asks := range []actor.Actor{fan, eve, {}} {
		if d := cmp.Diff([]id.Post{p}, s.collected(t, asks, open)); d != "" {
			t.Errorf("%q: %s", asks.User, d)
		}
		if got := s.collected(t, asks, empty); len(got) != 0 {
			t.Errorf("%q: an empty one holds %v", asks.User, got)
		}
	}
	if d := cmp.Diff([]id.Post{p}, s.collected(t, fan, closed)); d != "" {
		t.Error(d)
	}
	shut := func(what string, k id.Collection, asks ...actor.Actor) {
		t.Helper()
		for _, a := range asks {
			_, err := s.Creator.Collected(as(t, a), creator.Collected{ID: k})
			wantErr(t, what, err, creator.ErrNoSuchCollection)
		}
	}
	shut("a closed one", closed, eve, actor.Actor{})
	must2(s.Creator.EditCollection(as(t, fan), creator.EditCollection{ID: open, Name: "Open", Open: false}))(t)
	shut("one that was closed", open, eve, actor.Actor{})
	must2(s.Creator.DropCollection(as(t, fan), creator.ByCollection{ID: empty}))(t)
	shut("one that was dropped", empty, fan, eve, actor.Actor{})
	shut("none", "col_0000000000000000000000000", fan, actor.Actor{})
}

func collectedIsPaged(t *testing.T, s Shop) {
	lin, fan := s.creatorNamed(t, "Lin"), s.User(t, "Fan")
	k := s.collection(t, fan, "Many", true).ID
	want := map[id.Post]bool{}
	for i := range 9 {
		p := s.Publish(t, lin, fmt.Sprint("Post ", i)).ID
		s.save(t, fan, p, k)
		if i%3 != 0 {
			want[p] = true
			continue
		}
		must2(s.Creator.Remove(as(t, lin), creator.ByPost{ID: p}))(t)
	}
	for _, asks := range []actor.Actor{fan, {}} {
		got := map[id.Post]bool{}
		for _, p := range s.collected(t, asks, k) {
			got[p] = true
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q: %s", asks.User, d)
		}
	}
	_, err := s.Creator.Collected(as(t, fan), creator.Collected{ID: k, Ask: page.Ask{After: "nonsense"}})
	wantErr(t, "a bad cursor", err, page.ErrCursor)
}

func droppedStaysSaved(t *testing.T, s Shop) {
	lin, fan := s.creatorNamed(t, "Lin"), s.User(t, "Fan")
	p := s.Publish(t, lin, "Kept").ID
	gone, stays := s.collection(t, fan, "Gone", true).ID, s.collection(t, fan, "Stays", true).ID
	s.save(t, fan, p, gone, stays)
	must2(s.Creator.DropCollection(as(t, fan), creator.ByCollection{ID: gone}))(t)
	if got := s.collections(t, fan, p); len(got) != 1 || got[0].ID != stays || got[0].Posts != 1 || !got[0].Holds {
		t.Errorf("left: %+v", got)
	}
	if got := must2(s.Creator.Saved(as(t, fan), page.Ask{}))(t); len(got.Items) != 1 || got.Items[0].ID != p {
		t.Errorf("saved: %+v", got.Items)
	}
	_, err := s.Creator.Save(as(t, fan), creator.Save{ID: p, Collections: []id.Collection{gone}})
	wantErr(t, "into one that was dropped", err, creator.ErrNoSuchCollection)
	s.collection(t, fan, "Gone", false) // its name is free
}

func collectionsAreOnesOwn(t *testing.T, s Shop) {
	lin, fan, eve := s.creatorNamed(t, "Lin"), s.User(t, "Fan"), s.User(t, "Eve")
	p := s.Publish(t, lin, "Kept").ID
	k := s.collection(t, fan, "Mine", true).ID
	s.save(t, fan, p, k)
	_, err := s.Creator.EditCollection(as(t, eve), creator.EditCollection{ID: k, Name: "Hers"})
	wantErr(t, "edit", err, creator.ErrNoSuchCollection)
	_, err = s.Creator.DropCollection(as(t, eve), creator.ByCollection{ID: k})
	wantErr(t, "drop", err, creator.ErrNoSuchCollection)
	_, err = s.Creator.Uncollect(as(t, eve), creator.Uncollect{ID: k, Post: p})
	wantErr(t, "take out", err, creator.ErrNoSuchCollection)
	_, err = s.Creator.Save(as(t, eve), creator.Save{ID: p, Collections: []id.Collection{k}})
	wantErr(t, "put in", err, creator.ErrNoSuchCollection)
	if got := s.collections(t, fan, p); len(got) != 1 || got[0].Name != "Mine" || got[0].Posts != 1 {
		t.Errorf("now %+v", got)
	}
}
