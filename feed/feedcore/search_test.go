package feedcore_test

import (
	"fmt"
	"slices"
	"testing"

	"meadow/feed"
	"meadow/services/account"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
)

// rename announces another name, as accounts do.
func (tn *town) rename(t *testing.T, u id.User, name string, version int64) {
	t.Helper()
	e := account.Changed.Event(tn.clock.Now(), fmt.Sprintf("%s.%d", u, version), account.ChangedData{User: u, Name: name, Version: version})
	if err := tn.bus.Publish(t.Context(), e, false); err != nil {
		t.Fatal(err)
	}
}

func TestARenamedAuthorIsFoundByTheNewNameWithWhatTheyPosted(t *testing.T) {
	t.Parallel()
	tn := build(t)
	run(t, tn.creator)
	run(t, tn.feed)
	lin := tn.AddUser("Lin Before", actor.Creator)
	s := tn.shop()
	s.Publish(t, lin, "A post")
	s.Publish(t, lin, "Another")
	waitFor(t, func() bool { return len(tn.people(t, "before")) == 1 && len(tn.finds(t, "before post")) == 1 })
	tn.rename(t, lin.User, "Lin After", 7)
	tn.rename(t, lin.User, "Lin Between", 6) // late
	waitFor(t, func() bool {
		return len(tn.people(t, "after")) == 1 && len(tn.people(t, "before")) == 0 &&
			slices.Equal(tn.posts(t, "after"), []string{"A post", "Another"}) && len(tn.posts(t, "before")) == 0
	})
	s.Publish(t, lin, "Third") // whose announcement bears the name of before
	waitFor(t, func() bool { return slices.Contains(tn.posts(t, "after"), "Third") && len(tn.posts(t, "before")) == 0 })
	if got := tn.posts(t, "between"); len(got) != 0 {
		t.Errorf("a name that came late is on %v", got)
	}
}

// posts are the titles of the posts that a search finds, in their order as text.
func (tn *town) posts(t *testing.T, text string) []string {
	t.Helper()
	var out []string
	for _, f := range must(tn.feed.Search(t.Context(), feed.Search{Text: text, Kind: feed.FindPost}))(t).Items {
		out = append(out, f.Post.Title)
	}
	slices.Sort(out)
	return out
}

// people are the authors that a search finds.
func (tn *town) people(t *testing.T, text string) []creator.Author {
	t.Helper()
	var out []creator.Author
	for _, f := range must(tn.feed.Search(t.Context(), feed.Search{Text: text, Kind: feed.FindCreator}))(t).Items {
		out = append(out, *f.Creator)
	}
	return out
}

func TestAnIndexThatIsMadeAgainHoldsTheAuthorsToo(t *testing.T) {
	t.Parallel()
	tn := build(t)
	run(t, tn.creator)
	run(t, tn.feed)
	waitFor(t, func() bool { return !tn.index.NeedsRebuild() })
	lin := tn.AddUser("Lin", actor.Creator)
	tn.shop().Publish(t, lin, "A post")
	waitFor(t, func() bool { return len(tn.people(t, "lin")) == 1 })
	if err := tn.feed.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := tn.people(t, "lin"); len(got) != 1 || got[0].ID != lin.User {
		t.Errorf("got %+v", got)
	}
}

func TestWhoShutsTheCallerOutIsNotFound(t *testing.T) {
	t.Parallel()
	tn := build(t)
	run(t, tn.creator)
	run(t, tn.feed)
	lin, fan := tn.AddUser("Lin", actor.Creator), tn.AddUser("Fan")
	tn.shop().Publish(t, lin, "A post")
	waitFor(t, func() bool { return len(tn.people(t, "lin")) == 1 })
	tn.Estrange(lin.User, fan.User)
	got := must(tn.feed.Search(actor.With(t.Context(), fan), feed.Search{Text: "lin"}))(t)
	if len(got.Items) != 0 {
		t.Errorf("found all the same: %+v", got.Items)
	}
}
