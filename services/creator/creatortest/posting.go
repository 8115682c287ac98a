package creatortest

import (
	"testing"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/video"
)

// posting is the cases of how posts and drafts are made and who sees them.
func posting() map[string]func(*testing.T, Shop) {
	return map[string]func(*testing.T, Shop){
		"AVideoHasItsCoverAndItsChaptersInOrder":       videosHaveCovers,
		"AVideoThatCannotBeUsedIsNotPublished":         videosMustBeUsable,
		"AReplayNamesItsRoom":                          replaysNameRooms,
		"AnArticleKeepsItsBlocksAndIsFoundByItsWords":  articlesKeepBlocks,
		"AnArticleThatBreaksARuleIsRefused":            badArticlesAreRefused,
		"MarksStayOnTheirWordsWhenTextIsMadePlain":     marksStay,
		"MentionsAreOfPeopleWhoMayBeMentioned":         mentionsAreOfPeople,
		"APaidPartnershipIsLabelled":                   partnershipsAreLabelled,
		"WhoIsNoCreatorTagsWhatTheyBoughtWithoutGain":  buyersTagWhatTheyBought,
		"AVerifiedPostGoesOnTheChainOfItsPurchase":     verifiedPostsGoOn,
		"NobodyShowsAnothersOrder":                     nobodyShowsAnothersOrder,
		"EachSeesWhatTheyMaySee":                       eachSeesTheirOwn,
		"WhoIsEstrangedSeesNothingOfTheOther":          estrangedSeeNothing,
		"MutedWordsAreLeftOut":                         mutedWordsAreLeftOut,
		"WhatABannedAuthorPostedIsNotSeenMeanwhile":    bannedAuthorsAreNotSeen,
		"ADecisionIsTakenOverOnceInWhateverOrder":      decisionsAreTakenOver,
		"AnEditDoesNotUndoADecision":                   editsKeepDecisions,
		"AnUnpublishedPostComesBackAsItWas":            unpublishedComesBack,
		"VersionsSayWhatWasSaidAndByWhom":              versionsSayWhat,
		"APostIsEditedAsItWasWritten":                  originalsAreAsWritten,
		"CommentsAreCountedAsTheTalkSays":              commentsAreCounted,
		"EverybodySharesOnceUnderOneCode":              everybodySharesOnce,
		"APurchaseLinkKnowsWhoSharedThePost":           linksKnowSharers,
		"AForgedShareStandsForNothing":                 forgedShares,
		"WhatIsDoneTwoHundredTimesAtOnceIsCountedOnce": countedOnce,
		"ADraftIsBegunOnceAndSavedOverItsRevision":     draftsAreSaved,
		"ADraftIsSeenByItsWritersAlone":                draftsAreSeenByWriters,
		"ADraftIsPublishedOnceHoweverOftenItIsAsked":   draftsArePublishedOnce,
		"AnUnfinishedDraftSaysWhatIsMissing":           unfinishedDrafts,
		"ADraftIsScheduledWithinAYearAndTakenBack":     draftsAreScheduled,
		"StaffWriteForAnAccount":                       staffWrite,
		"WorksAreListedInAnyState":                     worksAreListed,
		"FactsAreOfEveryPostThatIsKept":                factsAreOfAll,
	}
}

// post publishes a draft.
func (s Shop) post(t *testing.T, a actor.Actor, d creator.DraftContent) creator.Post {
	t.Helper()
	return must2(s.Creator.Publish(as(t, a), creator.Publish{DraftContent: d, RequestID: key()}))(t)
}

// refused publishes what must not be.
func (s Shop) refused(t *testing.T, what string, a actor.Actor, d creator.DraftContent, want error) {
	t.Helper()
	_, err := s.Creator.Publish(as(t, a), creator.Publish{DraftContent: d, RequestID: key()})
	wantErr(t, what, err, want)
}

// read is a post as somebody reads it.
func (s Shop) read(t *testing.T, a actor.Actor, p id.Post) (creator.Post, error) {
	t.Helper()
	return s.Creator.Post(as(t, a), creator.ReadPost{ID: p})
}

// film is a draft of a video.
func (s Shop) film(t *testing.T, a actor.Actor, title string) creator.DraftContent {
	t.Helper()
	return creator.DraftContent{
		Kind: creator.Video, Title: title, Lang: "zh-CN", Video: &video.WantedVideo{ID: s.Video(t, a, nil), Alt: "A cup"},
	}
}

// sees reports whether somebody may read a post.
func (s Shop) sees(t *testing.T, a actor.Actor, p id.Post) bool {
	t.Helper()
	_, err := s.read(t, a, p)
	if err != nil {
		wantErr(t, "a post that is not for the reader", err, creator.ErrNoSuchPost)
	}
	return err == nil
}

// listed reports whether a post may stand in somebody's lists.
func (s Shop) listed(t *testing.T, u id.User, p id.Post) bool {
	t.Helper()
	return len(must2(s.Creator.Cards(inside(t), creator.Cards{IDs: []id.Post{p}, For: u}))(t).Items) == 1
}
