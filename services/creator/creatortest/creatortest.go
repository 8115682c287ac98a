// Package creatortest says exactly what creator.Service promises. Its cases run
// through the contract, over every way to put a shop together.
package creatortest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/picture"
	"meadow/services/moderation"
)

// Shop is a running shop, and how to fill it. All cases share one: each makes
// its own people and goods.
type Shop struct {
	Creator creator.Service
	// User makes an account, and answers as whom it asks.
	User func(t *testing.T, name string, roles ...actor.Role) actor.Actor
	// Picture uploads a picture of this user's, finished but not yet used.
	Picture func(t *testing.T, owner actor.Actor) id.Media
	// Product puts a product of one SKU on sale, with that many units.
	Product func(t *testing.T, title string, price money.Money, units int64) catalog.Product
	// SellOut takes all units away, Delist takes it off sale.
	SellOut func(t *testing.T, p catalog.Product)
	Delist  func(t *testing.T, p catalog.Product)

	// Video makes a finished video of a minute, or one that fails so to be used.
	Video func(t *testing.T, owner actor.Actor, fails error) id.Media
	// Captions makes finished captions.
	Captions func(t *testing.T, owner actor.Actor) id.Media
	// Bought buys a product, by a purchase link if that is not "".
	Bought func(t *testing.T, buyer actor.Actor, link string, p catalog.Product) id.Order
	// Judge says what moderation makes of a post that has this word in it; others
	// it approves. Decide tells of a moderator's decision, Ban of a ban.
	Judge  func(t *testing.T, word string, v moderation.Verdict)
	Decide func(t *testing.T, p creator.Post, rev int64, o moderation.Outcome)
	Ban    func(t *testing.T, u id.User, rev int64, on bool)
	// Estrange lets one block the other, Mute lets somebody mute words.
	Estrange func(t *testing.T, by, whom id.User)
	Mute     func(t *testing.T, who id.User, words ...string)
	// Comment tells how many comments a post has.
	Comment func(t *testing.T, p id.Post, comments, rev int64)
}

// Run runs every case.
func Run(t *testing.T, s Shop) {
	runPeople(t, s)
	for name, f := range map[string]func(*testing.T, Shop){
		"AProfileIsAsItsAccountSays":                  profileIsAsAccount,
		"AProfileIsEditedByItsOwnerAlone":             profileIsEdited,
		"FollowersAreCountedOnceEach":                 followersCountOnce,
		"NobodyFollowsThemselvesOrNobody":             followsSomebody,
		"FollowsAreListedLatestFirst":                 followsAreListed,
		"ATicketToUploadIsForWhoMayUseIt":             uploadsByRole,
		"APostIsPublishedOnceForEachRequest":          publishedOnce,
		"ARequestIsNotReusedForAnotherPost":           requestNotReused,
		"EverybodyWhoIsSignedInPublishes":             everybodyPublishes,
		"ADraftThatBreaksARuleIsRefused":              badDraftsAreRefused,
		"APostThatSellsIsLabelled":                    sellingIsLabelled,
		"PicturesAreTheCreatorsOwn":                   picturesAreOwn,
		"TagsAreOfProductsOnSale":                     tagsAreOnSale,
		"TextIsPlainAndTopicsAreNamedOnce":            textIsPlain,
		"ATagShowsTheCataloguesFactsAsTheyAreNow":     tagFactsAreCurrent,
		"AnEditChangesThePostForItsAuthorAlone":       editsByAuthor,
		"AnEditKeepsATagThatWentOffSale":              editsKeepTags,
		"ARemovedPostIsGoneEverywhere":                removedIsGone,
		"EverybodyLikesOnce":                          everybodyLikesOnce,
		"LikesAndSavesAreTakenBack":                   reactionsAreTakenBack,
		"WhatWasSavedIsListedLatestFirst":             savedIsListed,
		"PostsOfACreatorArePagedNewestFirst":          postsArePaged,
		"CardsComeInTheOrderAskedForTheShopAlone":     cardsComeInOrder,
		"ACardShowsTheCheapestProductThatCanBeBought": cardsShowCheapest,
		"APurchaseLinkProvesWhoSoldWhat":              linksProve,
		"APurchaseLinkEndsWithItsTagOrItsPost":        linksEnd,
		"AForgedPurchaseLinkProvesNothing":            forgedLinks,
		"EveryPostIsListedForRebuilding":              allPosts,
		"AProfileSumsItsPostsAndTheirLikes":           profileSums,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, s)
		})
	}
	for name, f := range posting() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, s)
		})
	}
}

// as is the context in which a asks.
func as(t *testing.T, a actor.Actor) context.Context { return actor.With(t.Context(), a) }

// inside is the context in which another part of the shop asks.
func inside(t *testing.T) context.Context { return actor.AsSystem(t.Context(), "feed") }

func must[T any](t *testing.T, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// key returns a fresh request id.
func key() string { return "req-" + id.Secret() }

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

// creatorNamed makes somebody who may publish.
func (s Shop) creatorNamed(t *testing.T, name string) actor.Actor {
	t.Helper()
	return s.User(t, name, actor.Creator)
}

// word is a word that nobody has said before: what one person says again and
// again would be held. It has no digits, which could be somebody's number.
func word() string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return 'a' + r - '0'
		}
		return r
	}, id.Secret()[:12])
}

// draft is a post of one picture that sells products.
func (s Shop) draft(t *testing.T, a actor.Actor, title string, sells ...catalog.Product) creator.DraftContent {
	t.Helper()
	d := creator.DraftContent{
		Title: title, Body: "Words about " + title + " and " + word(), Topics: []string{"#skincare"}, Lang: "en",
		Pictures: []picture.Wanted{{ID: s.Picture(t, a), Alt: "A picture"}}, Ad: len(sells) > 0,
	}
	for i, p := range sells {
		d.Tags = append(d.Tags, creator.NewTag{Product: p.ID, X: int64(1000 * (i + 1)), Y: 5000})
	}
	return d
}

// Publish publishes a post of one picture that sells products.
func (s Shop) Publish(t *testing.T, a actor.Actor, title string, sells ...catalog.Product) creator.Post {
	t.Helper()
	return must2(s.Creator.Publish(as(t, a), creator.Publish{DraftContent: s.draft(t, a, title, sells...), RequestID: key()}))(t)
}

// must2 is must for a call that returns two values.
func must2[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		return must(t, v, err)
	}
}

// product is one on sale at a price in fen.
func (s Shop) product(t *testing.T, title string, fen int64) catalog.Product {
	t.Helper()
	return s.Product(t, title, money.CNY(fen), 10)
}

func sprint(v any) string { return fmt.Sprintf("%+v", v) }
