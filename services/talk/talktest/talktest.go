// Package talktest says exactly what talk.Service promises. Its cases run through
// the contract, over every way to put a shop together.
package talktest

import (
	"context"
	"errors"
	"testing"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/talk"
)

// Shop is a running shop, and how to fill it. All cases share one: each makes
// its own people and posts. Rules that moderation decides are not asked for.
type Shop struct {
	Talk talk.Service
	// User makes an account, and answers as whom it asks.
	User func(t *testing.T, name string) actor.Actor
	// Old is somebody with an account of more than a day: newer ones are not
	// trusted with addresses. One case asks for two.
	Old func(t *testing.T) actor.Actor
	// Post publishes a post that everybody may read, Remove removes it.
	Post   func(t *testing.T, author actor.Actor) id.Post
	Remove func(t *testing.T, author actor.Actor, p id.Post)
	// Picture uploads a picture for a comment, finished but not yet used.
	Picture func(t *testing.T, owner actor.Actor) id.Media
	Follow  func(t *testing.T, who, whom actor.Actor)
	Block   func(t *testing.T, who, whom actor.Actor)
	Mute    func(t *testing.T, who, whom actor.Actor)
	// Hire makes somebody an editor of an account.
	Hire func(t *testing.T, account, editor actor.Actor)
	// Pass lets a millisecond pass, so that what is said one after another is
	// listed so.
	Pass func()
}

// Run runs every case.
func Run(t *testing.T, s Shop) {
	for name, f := range map[string]func(*testing.T, Shop){
		"CommentsAreListedAndRepliesBelowThem":      listed,
		"ACommentIsSaidOnceForEachRequest":          saidOnce,
		"NothingIsNoComment":                        nothingIsNone,
		"OnlyWhoIsSignedInComments":                 signedInOnly,
		"ACommentShowsPicturesOfItsWritersOwn":      picturesAreOwn,
		"PeopleAreMentionedByTheirNames":            mentionsAreNamed,
		"ACommentIsRemovedByItsWriterOrThePosts":    removed,
		"RepliesGoWithTheCommentTheyAnswer":         repliesGo,
		"EverybodyLikesACommentOnce":                likedOnce,
		"ALikeIsTakenBack":                          likesTakenBack,
		"HotComesByLikesAndRepliesNewByTime":        orders,
		"PagesHoldEachCommentOnce":                  paged,
		"OneCommentIsPinnedFirst":                   pinned,
		"ACommentIsHeldUntilItIsLet":                held,
		"WhoMayCommentIsTheAuthorsRule":             whoMay,
		"RulesAreKeptAsTheyAreSet":                  rulesKept,
		"BetweenTwoWithABlockNothingIsSaid":         blocked,
		"WhatIsMutedIsLeftOutAndPagesAreFull":       muted,
		"AQuestionWaitsUntilThePostsAuthorAnswers":  questions,
		"AnEditorAnswersForAnAccountNobodyElseDoes": staff,
		"UnderARemovedPostNothingIsSaid":            postsGo,
		"SomebodyCommentsSoFastOnly":                fast,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, s)
		})
	}
}

// as is the context in which a asks.
func as(t *testing.T, a actor.Actor) context.Context { return actor.With(t.Context(), a) }

// must returns v, or ends the test.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// key returns a fresh request id.
func key() string { return "req-" + id.Secret() }

func (s Shop) say(t *testing.T, who actor.Actor, p id.Post, parent id.Comment, body string) talk.Comment {
	t.Helper()
	s.Pass()
	return must(s.Talk.Say(as(t, who), talk.Say{ID: p, Parent: parent, Body: body, RequestID: key()}))(t)
}

// said is a fresh attempt whose outcome a case looks at.
func (s Shop) try(t *testing.T, who actor.Actor, in talk.Say) (talk.Comment, error) {
	t.Helper()
	in.RequestID = key()
	return s.Talk.Say(as(t, who), in)
}

// all reads a list to its end, in pages of this size.
func (s Shop) all(t *testing.T, who actor.Actor, in talk.Comments, size int) []talk.Comment {
	t.Helper()
	var out []talk.Comment
	in.Ask = page.Ask{Limit: size}
	for range 200 {
		p := must(s.Talk.Comments(as(t, who), in))(t)
		out = append(out, p.Items...)
		if in.After = p.Next; p.Next == "" {
			return out
		}
	}
	t.Fatal("the list does not end")
	return nil
}

func bodies(in []talk.Comment) []string {
	out := make([]string, len(in))
	for i, k := range in {
		out[i] = k.Body
	}
	return out
}

// heard is what somebody reads under a post, or in reply to a comment.
func (s Shop) heard(t *testing.T, who actor.Actor, p id.Post, parent id.Comment, o talk.Order) []string {
	t.Helper()
	return bodies(s.all(t, who, talk.Comments{ID: p, Parent: parent, Order: o}, 50))
}

// Eventually waits for what an event or a sweep brings about.
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

func (s Shop) author(t *testing.T) (actor.Actor, id.Post) {
	t.Helper()
	lin := s.User(t, "Lin")
	return lin, s.Post(t, lin)
}
