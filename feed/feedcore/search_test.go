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
	"meadow/services/kernel/money"
	"meadow/services/kernel/picture"
	"meadow/services/moderation"
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

func TestASearchFindsNoPostOfWhatTheCallerMuted(t *testing.T) {
	t.Parallel()
	tn := build(t)
	run(t, tn.creator)
	run(t, tn.feed)
	s, lin := tn.shop(), tn.AddUser("Lin", actor.Creator)
	put := func(title, topic string, ai bool) {
		must(tn.creator.Publish(actor.With(t.Context(), lin), creator.Publish{RequestID: "req-" + id.Secret(), DraftContent: creator.DraftContent{
			Title: title, Body: "Words", Topics: []string{topic}, Lang: "en", AI: ai, Visibility: creator.Public,
			Pictures: []picture.Wanted{{ID: tn.AddPicture(lin.User), Alt: "A picture"}},
		}}))(t)
	}
	put("Plain lantern", "walks", false)
	put("Machine lantern", "walks", true)
	put("Spider lantern", "Spiders", false)
	s.Product(t, "Goods lantern", money.CNY(100), 1)
	finds := func(who actor.Actor, in feed.Search) []string {
		in.Text = "lantern"
		out := []string{}
		for _, f := range must(tn.feed.Search(actor.With(t.Context(), who), in))(t).Items {
			if f.Post != nil {
				out = append(out, f.Post.Title)
			} else {
				out = append(out, f.Product.Title)
			}
		}
		slices.Sort(out)
		return out
	}
	fan, other := tn.AddUser("Fan"), tn.AddUser("Other")
	every := []string{"Goods lantern", "Machine lantern", "Plain lantern", "Spider lantern"}
	waitFor(t, func() bool { return slices.Equal(finds(other, feed.Search{}), every) })
	for _, c := range []struct {
		want   feed.Preferences
		search feed.Search
		gone   string
	}{
		{feed.Preferences{HideAI: true}, feed.Search{}, "Machine lantern"},
		{feed.Preferences{Muted: []string{"spiders"}}, feed.Search{}, "Spider lantern"},
	} {
		must(tn.feed.SetPreferences(actor.With(t.Context(), fan), c.want))(t)
		want := slices.DeleteFunc(slices.Clone(every), func(s string) bool { return s == c.gone })
		if got := finds(fan, c.search); !slices.Equal(got, want) {
			t.Errorf("%+v: got %v, want %v", c.want, got, want)
		}
	}
	if got := finds(fan, feed.Search{Topic: "spiders"}); !slices.Equal(got, []string{"Spider lantern"}) {
		t.Errorf("who asks for a topic that they muted gets %v", got)
	}
	if got := finds(other, feed.Search{}); !slices.Equal(got, every) {
		t.Errorf("others: %v", got)
	}
}

// offered are the texts that complete what is typed.
func (tn *town) offered(t *testing.T, typed string) []string {
	t.Helper()
	out := []string{}
	for _, g := range must(tn.feed.Suggest(t.Context(), feed.AskSuggest{Text: typed}))(t).Items {
		out = append(out, g.Kind+" "+g.Text)
	}
	slices.Sort(out)
	return out
}

func TestSuggestionsGoWithThePostAndTheAuthorTheyAreOf(t *testing.T) {
	t.Parallel()
	tn := build(t)
	run(t, tn.creator)
	run(t, tn.feed)
	s, lin, may := tn.shop(), tn.AddUser("Quiet Lin", actor.Creator), tn.AddUser("Quiet May", actor.Creator)
	p := s.Publish(t, lin, "Marmalade at home")
	s.Publish(t, may, "Marmalade outside")
	both := []string{"creator Quiet Lin", "creator Quiet May"}
	waitFor(t, func() bool {
		return slices.Equal(tn.offered(t, "marma"), []string{"search marmalade"}) && slices.Equal(tn.offered(t, "skinc"), []string{"topic skincare"}) &&
			slices.Equal(tn.offered(t, "quiet"), both)
	})
	ban := func(on bool, rev int64) {
		e := moderation.Restricted.Event(tn.clock.Now(), fmt.Sprintf("%s/%d", lin.User, rev), moderation.RestrictedData{User: lin.User, On: on, Rev: rev})
		if err := tn.bus.Publish(t.Context(), e, false); err != nil {
			t.Fatal(err)
		}
	}
	ban(true, 1)
	waitFor(t, func() bool { return slices.Equal(tn.offered(t, "quiet"), both[1:]) })
	ban(false, 2)
	waitFor(t, func() bool { return slices.Equal(tn.offered(t, "quiet"), both) })
	must(tn.creator.Remove(actor.With(t.Context(), lin), creator.ByPost{ID: p.ID}))(t)
	waitFor(t, func() bool { return len(tn.offered(t, "marma")) == 0 && len(tn.offered(t, "skinc")) == 0 })
}
