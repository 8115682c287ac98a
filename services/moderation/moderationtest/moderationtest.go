// Package moderationtest says exactly what moderation.Service promises. Its cases
// run through the contract, over every way to put a shop together.
package moderationtest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"meadow/services/platform/bus"
)

// Shop is a running shop, and how to fill it. All cases share one: each makes
// its own people and things.
type Shop struct {
	Moderation moderation.Service
	// User makes an account, and answers as whom it asks.
	User func(t *testing.T, name string, roles ...actor.Role) actor.Actor
	// Old is somebody with an account of more than a day, whose addresses rules
	// do not doubt for that. All cases together ask for up to 40.
	Old func(t *testing.T) actor.Actor
	// Bus is where the shop's events are announced.
	Bus bus.Bus
}

// Run runs every case.
func Run(t *testing.T, s Shop) {
	for name, f := range map[string]func(*testing.T, Shop){
		"ABlockHidesEachFromTheOther":               blockIsMutual,
		"AMuteIsOnesOwn":                            muteIsOnesOwn,
		"AShieldIsInOrder":                          shieldIsInOrder,
		"BlockingManyTimesAtOnceIsBlockingOnce":     blockOnce,
		"NobodyBlocksThemselvesOrNobody":            blocksSomebody,
		"BoundariesAreListedLatestFirst":            boundsAreListed,
		"MutedWordsAreReplaced":                     wordsAreReplaced,
		"BoundariesAreAnnounced":                    boundsAreAnnounced,
		"OtherPartsOfTheShopAloneCheckAndShield":    insideOnly,
		"ARevisionGetsOneAnswer":                    oneAnswer,
		"RulesStopWhatTheySay":                      rulesStop,
		"AWordOnTheListIsFoundHoweverItIsSpelt":     wordsAreFound,
		"ADomainOnTheListStopsAllBelowIt":           domainsAreFound,
		"APictureOnTheListIsKnownAgain":             picturesAreFound,
		"WhatIsNoEntryIsRefused":                    badEntries,
		"OneTextPostedAgainAndAgainIsHeld":          repetition,
		"WhatRulesDoubtWaitsForAModerator":          doubtsWait,
		"AReportCountsOnceForEachPerson":            reportsCountOnce,
		"ManyReportsAtOnceAreAllCounted":            reportsAllCount,
		"OnlyWhatIsThereIsReportedAndByOthers":      reportsOfSomething,
		"AProfileIsReportedByItsName":               profilesAreReported,
		"WhatManyReportComesFirst":                  queueOrder,
		"FivePeopleLimitUntilSomebodyHasLooked":     swarms,
		"WhatAModeratorApprovedReportsDoNotLimit":   swarmsEnd,
		"OfTwoModeratorsOneDecides":                 oneDecides,
		"ADecisionIsAnnouncedAndSoIsItsUndoing":     undoing,
		"ADecisionOutlivesAnEdit":                   editsDoNotEscape,
		"NobodyJudgesTheirOwn":                      notTheirOwn,
		"WhatWasEscalatedIsAnOperators":             escalation,
		"AnAppealIsDecidedBySomebodyElse":           appeals,
		"AnAppealIsMadeOnceByTheAuthor":             appealsOnce,
		"WhatARuleDecidedCanBeAppealed":             ruleAppeals,
		"ThreeStrikesBan":                           strikesBan,
		"ABanTakesTwoPeople":                        bansTakeTwo,
		"OneBanOfAPersonIsProposedAtATime":          bansOneByOne,
		"WhoeverJudgesOthersIsNotBanned":            staffIsNotBanned,
		"WhatModeratorsDoIsOnRecord":                onRecord,
		"ModeratorsAndOperatorsAloneSitAtTheDesk":   deskIsClosed,
		"RulesAreListedWithWhatTheyDo":              rulesAreListed,
		"StandingIsOnesOwnAndPagesThroughDecisions": standingPages,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, s)
		})
	}
}

// as is the context in which a asks.
func as(t *testing.T, a actor.Actor) context.Context { return actor.With(t.Context(), a) }

// inside is the context in which another part of the shop asks.
func inside(t *testing.T) context.Context { return actor.AsSystem(t.Context(), "creator") }

// must fails the test unless a call went well.
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

// word returns a made-up word of Latin letters that no other case has.
func word() string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return 'g' + r - '0'
		}
		return r
	}, id.Secret()[:12])
}

// harmless is a text of its own that no rule minds.
func harmless() string { return "A quiet note about " + word() + " and " + word() + "." }

// NewPost names a post that was never checked.
func NewPost() moderation.Subject {
	return moderation.Subject{Kind: moderation.Post, ID: "pst_" + id.Secret()[:26]}
}

// Check checks a revision of something of an author's.
func (s Shop) Check(t *testing.T, of moderation.Subject, rev int64, author actor.Actor, f moderation.Facts) moderation.Verdict {
	t.Helper()
	return must(s.Moderation.Check(inside(t), moderation.Check{Subject: of, Rev: rev, Author: author.User, Facts: f}))(t)
}

// Post checks a post that no rule minds.
func (s Shop) Post(t *testing.T, author actor.Actor) moderation.Subject {
	t.Helper()
	p := NewPost()
	if v := s.Check(t, p, 1, author, moderation.Facts{Text: harmless(), Link: "/p/" + p.ID}); v.Outcome != moderation.Approved {
		t.Fatalf("a harmless post is %+v", v)
	}
	return p
}

// Report reports something.
func (s Shop) Report(t *testing.T, by actor.Actor, of moderation.Subject) {
	t.Helper()
	must(s.Moderation.Report(as(t, by), moderation.Report{Subject: of, Reason: moderation.Spam, Note: "look"}))(t)
}

// Waiting finds a case in a queue, and how many are before it.
func (s Shop) Waiting(t *testing.T, by actor.Actor, q moderation.Queue, of moderation.Subject) (moderation.Case, int) {
	t.Helper()
	c, n, ok := s.look(t, by, q, of)
	if !ok {
		t.Fatalf("%s does not wait in %s", of.ID, q)
	}
	return c, n
}

func (s Shop) look(t *testing.T, by actor.Actor, q moderation.Queue, of moderation.Subject) (moderation.Case, int, bool) {
	t.Helper()
	n := 0
	for ask := (moderation.AskQueue{Queue: q}); ; {
		p := must(s.Moderation.Queue(as(t, by), ask))(t)
		for _, c := range p.Items {
			if c.Subject == of {
				return c, n, true
			}
			n++
		}
		if p.Next == "" {
			return moderation.Case{}, n, false
		}
		ask.After = p.Next
	}
}

// Reported makes a case of a harmless post.
func (s Shop) Reported(t *testing.T, moderator, author actor.Actor) moderation.Case {
	t.Helper()
	p := s.Post(t, author)
	s.Report(t, s.User(t, "Fan"), p)
	c, _ := s.Waiting(t, moderator, moderation.ToReview, p)
	return c
}

// Reject rejects a case, as a strike or not.
func (s Shop) Reject(t *testing.T, by actor.Actor, c moderation.Case, strike bool) moderation.Case {
	t.Helper()
	return must(s.Moderation.Decide(as(t, by), rejects(c, strike)))(t)
}

func rejects(c moderation.Case, strike bool) moderation.Decide {
	return moderation.Decide{ID: c.ID, Seen: c.At, Outcome: moderation.Rejected, Reason: moderation.Spam, Strike: strike, Note: "no"}
}

func approves(c moderation.Case) moderation.Decide {
	return moderation.Decide{ID: c.ID, Seen: c.At, Outcome: moderation.Approved}
}

func (s Shop) standing(t *testing.T, a actor.Actor) moderation.Standing {
	t.Helper()
	return must(s.Moderation.Standing(as(t, a), page.Ask{}))(t)
}

// hear returns events about something, as they are announced.
func hear[T any](t *testing.T, s Shop, topic bus.Topic[T], about func(T) bool) func(what string, ok func(T) bool) T {
	t.Helper()
	got := make(chan T, 1000)
	err := bus.On(t.Context(), s.Bus, "test-"+strings.ToLower(id.Secret()[:12]), topic, func(_ context.Context, _ bus.Event, d T) error {
		if about(d) {
			got <- d
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(what string, ok func(T) bool) T {
		t.Helper()
		const patience = 20 * time.Second
		late := time.NewTimer(patience)
		defer late.Stop()
		var last T
		for {
			select {
			case last = <-got:
				if ok(last) {
					return last
				}
			case <-late.C:
				t.Fatalf("not announced: %s; last was %+v", what, last)
			}
		}
	}
}

// atOnce calls f many times, as many at once as a server takes from one address.
func atOnce(n int, f func()) {
	const most = 24
	var work sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(n))
	for range min(n, most) {
		work.Go(func() {
			for left.Add(-1) >= 0 {
				f()
			}
		})
	}
	work.Wait()
}
