// Package feedtest says exactly what feed.Service promises. Its cases run
// through the contract, over every way to put a shop together.
package feedtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/feed"
	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
)

// Shop is a running shop with a feed. Its products are announced when they are
// listed and delisted.
type Shop struct {
	Feed    feed.Service
	Creator creator.Service
	// User makes an account, and answers as whom it asks.
	User func(t *testing.T, name string, roles ...actor.Role) actor.Actor
	// Picture uploads a picture of this user's, finished but not yet used.
	Picture func(t *testing.T, owner actor.Actor) id.Media
	// Product puts a product of one SKU on sale, with that many units; Delist
	// takes it off.
	Product func(t *testing.T, title string, price money.Money, units int64) catalog.Product
	Delist  func(t *testing.T, p catalog.Product)
}

// Publish publishes a post of one picture that sells products.
func (s Shop) Publish(t *testing.T, a actor.Actor, title string, sells ...catalog.Product) creator.Post {
	t.Helper()
	return s.publish(t, a, title, creator.Public, sells...)
}

func (s Shop) publish(t *testing.T, a actor.Actor, title string, to creator.Visibility, sells ...catalog.Product) creator.Post {
	t.Helper()
	d := creator.DraftContent{
		Title: title, Body: "Words of " + word(), Topics: []string{"skincare"}, Lang: "en", Ad: len(sells) > 0, Visibility: to,
		Pictures: []picture.Wanted{{ID: s.Picture(t, a), Alt: "A picture"}},
	}
	for _, p := range sells {
		d.Tags = append(d.Tags, creator.NewTag{Product: p.ID, X: 5000, Y: 5000})
	}
	return must(s.Creator.Publish(as(t, a), creator.Publish{DraftContent: d, RequestID: "req-" + id.Secret()}))(t)
}

// Eventually waits for what an event brings about.
func Eventually(t *testing.T, what string, done func() (got string, ok bool)) {
	t.Helper()
	const patience, between = 20 * time.Second, 20 * time.Millisecond
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(between)
	defer tick.Stop()
	for {
		got, ok := done()
		if ok {
			return
		}
		select {
		case <-deadline.C:
			t.Fatalf("%s: still %s", what, got)
		case <-tick.C:
		}
	}
}

// Run runs every case.
func Run(t *testing.T, s Shop) {
	for _, cases := range []map[string]func(*testing.T, Shop){findable(), lists(), control()} {
		for name, f := range cases {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				f(t, s)
			})
		}
	}
	for name, f := range map[string]func(*testing.T, Shop){
		"TheNewestPostsComeFirst":                newestFirst,
		"PagesOfTheNewestHoldEachPostOnce":       newestPages,
		"AMemberSeesTheirOwnLikes":               likesAreTheCallers,
		"FollowingMergesWhomOneFollows":          followingMerges,
		"FollowingIsForWhoIsSignedIn":            followingNeedsSomebody,
		"WhoFollowsNobodyFollowsNothing":         followingNobody,
		"ARemovedPostLeavesEveryList":            removedLeaves,
		"WhatIsForFollowersIsInTheirListAlone":   followersOnly,
		"AHiddenPostComesBack":                   hiddenComesBack,
		"AFollowerSeesANewPostWithinASecond":     newWithinASecond,
		"AnEditedPostIsFoundByItsNewWordsAlone":  editedIsFoundAnew,
		"SearchFindsPostsAndProductsByEveryWord": searchFinds,
		"SearchFindsASingleHanCharacter":         searchFindsHan,
		"AProductOffSaleIsNotFound":              delistedIsNotFound,
		"PagesOfASearchHoldEachAnswerOnce":       searchPages,
		"AQuestionThatCannotBeAskedIsRefused":    badQuestions,
		"ACursorOfAnotherListIsRefused":          badCursors,
		"WhatIsBoughtInsteadIsNotWhatGoesWithIt": twoLists,
		"AProductThatIsNotThereHasNoLists":       strangeProduct,
		"TheShopShowsStrangersWhatCanBeBought":   shopForAll,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, s)
		})
	}
}

func as(t *testing.T, a actor.Actor) context.Context { return actor.With(t.Context(), a) }

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// word returns a word that nobody else uses. Its letters are all apart from
// those of any other, so that no typo leads there.
func word() string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return 'a' + r - '0'
		}
		return r
	}, id.Secret())
}

// all reads a whole list, a few items at a time, and names an item that came
// twice. A list that does not end fails the test.
func all[T any](t *testing.T, name func(T) string, read func(page.Ask) (page.Page[T], error)) (out []T, twice string) {
	t.Helper()
	const few, most = 3, 400
	seen := map[string]bool{}
	ask := page.Ask{Limit: few}
	for range most {
		p := must(read(ask))(t)
		if len(p.Items) > few {
			t.Fatalf("%d items on a page of %d", len(p.Items), few)
		}
		for _, v := range p.Items {
			if seen[name(v)] {
				twice = name(v)
			}
			seen[name(v)] = true
			out = append(out, v)
		}
		if ask.After = p.Next; ask.After == "" {
			return out, twice
		}
	}
	t.Fatal("the list does not end")
	return nil, ""
}

// cards is all of a list in which each post is once, whatever is published or
// removed while it is read.
func cards(t *testing.T, read func(page.Ask) (page.Page[creator.Card], error)) []creator.Card {
	t.Helper()
	out, twice := all(t, func(k creator.Card) string { return string(k.ID) }, read)
	if twice != "" {
		t.Errorf("%s comes twice", twice)
	}
	return out
}

func sprintIDs(all []id.Post) string { return fmt.Sprint(all) }

func ids(cards []creator.Card) []id.Post {
	out := []id.Post{}
	for _, k := range cards {
		out = append(out, k.ID)
	}
	return out
}

// newest reads the newest posts down to the last of some that must be there.
func (s Shop) newest(t *testing.T) []creator.Card {
	t.Helper()
	return cards(t, func(a page.Ask) (page.Page[creator.Card], error) { return s.Feed.Newest(t.Context(), a) })
}

func (s Shop) following(t *testing.T, who actor.Actor) []creator.Card {
	t.Helper()
	return cards(t, func(a page.Ask) (page.Page[creator.Card], error) {
		return s.Feed.Following(as(t, who), feed.AskFollowing{Ask: a})
	})
}

// listed waits until posts are among the newest, and returns those.
func (s Shop) listed(t *testing.T, posts ...id.Post) []creator.Card {
	t.Helper()
	var got []creator.Card
	Eventually(t, "newest", func() (string, bool) {
		got = slices.DeleteFunc(s.newest(t), func(k creator.Card) bool { return !slices.Contains(posts, k.ID) })
		return fmt.Sprint(ids(got), " of ", posts), len(got) == len(posts)
	})
	return got
}

func newestFirst(t *testing.T, s Shop) {
	lin := s.User(t, "Lin", actor.Creator)
	var want []id.Post
	for i := range 3 {
		want = append(want, s.Publish(t, lin, fmt.Sprint("Post ", i)).ID)
	}
	got := s.listed(t, want...)
	if !slices.IsSortedFunc(got, func(a, b creator.Card) int { return b.PublishedAt.Compare(a.PublishedAt) }) {
		t.Errorf("not in order: %+v", got)
	}
	if got[0].Author.Name != "Lin" || got[0].Cover.Card == "" || !strings.HasPrefix(got[0].Title, "Post ") {
		t.Errorf("a card without its parts: %+v", got[0])
	}
}

func newestPages(t *testing.T, s Shop) {
	lin := s.User(t, "Lin", actor.Creator)
	var want []id.Post
	for range 7 {
		want = append(want, s.Publish(t, lin, "Page").ID)
	}
	s.listed(t, want...) // a few at a time
	if p := must(s.Feed.Newest(t.Context(), page.Ask{Limit: 1000}))(t); len(p.Items) > 50 {
		t.Errorf("%d items on a page", len(p.Items))
	}
}

func likesAreTheCallers(t *testing.T, s Shop) {
	lin, fan := s.User(t, "Lin", actor.Creator), s.User(t, "Fan")
	p := s.Publish(t, lin, "Liked")
	must(s.Creator.Like(as(t, fan), creator.ByPost{ID: p.ID}))(t)
	if got := s.listed(t, p.ID)[0]; got.Liked || got.Likes != 1 {
		t.Errorf("a visitor sees %+v", got)
	}
	must(s.Creator.Follow(as(t, fan), creator.ByUser{ID: lin.User}))(t)
	if got := s.following(t, fan); len(got) != 1 || !got[0].Liked {
		t.Errorf("who liked it sees %+v", got)
	}
}

func followingMerges(t *testing.T, s Shop) {
	fan := s.User(t, "Fan")
	var authors []actor.Actor
	for range 3 {
		authors = append(authors, s.User(t, "Author", actor.Creator))
	}
	var posts []creator.Post
	for i := range 8 { // the third author writes nothing
		posts = append(posts, s.Publish(t, authors[i%2], fmt.Sprint("Post ", i)))
	}
	stranger := s.Publish(t, s.User(t, "Stranger", actor.Creator), "Not followed")
	for _, a := range authors {
		must(s.Creator.Follow(as(t, fan), creator.ByUser{ID: a.User}))(t)
	}
	slices.SortFunc(posts, func(a, b creator.Post) int {
		if d := b.PublishedAt.Compare(a.PublishedAt); d != 0 {
			return d
		}
		return strings.Compare(string(b.ID), string(a.ID))
	})
	var want []id.Post
	for _, p := range posts {
		want = append(want, p.ID)
	}
	s.listed(t, append(slices.Clone(want), stranger.ID)...)
	if d := cmp.Diff(want, ids(s.following(t, fan))); d != "" {
		t.Error(d)
	}
	must(s.Creator.Unfollow(as(t, fan), creator.ByUser{ID: authors[0].User}))(t)
	for _, k := range s.following(t, fan) {
		if k.Author.ID != authors[1].User {
			t.Errorf("%s is still there", k.ID)
		}
	}
}

func followingNeedsSomebody(t *testing.T, s Shop) {
	if _, err := s.Feed.Following(t.Context(), feed.AskFollowing{}); !errors.Is(err, actor.ErrNobody) {
		t.Errorf("got %v, want %v", err, actor.ErrNobody)
	}
}

func followingNobody(t *testing.T, s Shop) {
	got := must(s.Feed.Following(as(t, s.User(t, "Alone")), feed.AskFollowing{}))(t)
	if d := cmp.Diff(page.Page[creator.Card]{Items: []creator.Card{}}, got); d != "" {
		t.Error(d)
	}
}

func removedLeaves(t *testing.T, s Shop) {
	lin, fan, w := s.User(t, "Lin", actor.Creator), s.User(t, "Fan"), word()
	must(s.Creator.Follow(as(t, fan), creator.ByUser{ID: lin.User}))(t)
	gone, kept := s.Publish(t, lin, w+" one"), s.Publish(t, lin, w+" two")
	s.listed(t, gone.ID, kept.ID)
	s.finds(t, feed.Search{Text: w}, string(gone.ID), string(kept.ID))
	must(s.Creator.Remove(as(t, lin), creator.ByPost{ID: gone.ID}))(t)
	if got := ids(s.following(t, fan)); !slices.Equal(got, []id.Post{kept.ID}) {
		t.Errorf("following: %v, want %s", got, kept.ID)
	}
	if slices.Contains(ids(s.newest(t)), gone.ID) {
		t.Error("it is among the newest")
	}
	s.finds(t, feed.Search{Text: w}, string(kept.ID))
}

func badQuestions(t *testing.T, s Shop) {
	for what, in := range map[string]feed.Search{
		"nothing":  {},
		"too long": {Text: strings.Repeat("x", 201)},
	} {
		if _, err := s.Feed.Search(t.Context(), in); errs.CodeOf(err) != errs.Invalid {
			t.Errorf("%s: got %v, want invalid", what, err)
		}
	}
}

func badCursors(t *testing.T, s Shop) {
	fan := s.User(t, "Fan")
	for _, c := range []page.Cursor{"nonsense", "e30", "bnVsbA", "!"} {
		ask := page.Ask{After: c}
		if _, err := s.Feed.Newest(t.Context(), ask); !errors.Is(err, page.ErrCursor) {
			t.Errorf("newest after %q: got %v, want %v", c, err, page.ErrCursor)
		}
		if _, err := s.Feed.Following(as(t, fan), feed.AskFollowing{Ask: ask}); !errors.Is(err, page.ErrCursor) {
			t.Errorf("following after %q: got %v, want %v", c, err, page.ErrCursor)
		}
		if _, err := s.Feed.Search(t.Context(), feed.Search{Text: "tea", Ask: ask}); errs.CodeOf(err) != errs.Invalid {
			t.Errorf("search after %q: got %v, want invalid", c, err)
		}
	}
}
