package creatortest

import "testing"

// runPeople runs every case of personas, showcases, staff and collections.
func runPeople(t *testing.T, s Shop) {
	for name, f := range map[string]func(*testing.T, Shop){
		"WhatRulesRejectIsNotSaidOfOneself":             refusedWords,
		"APersonaIsEditedByItsOwnerAlone":               personaIsEdited,
		"TraitsThatKeepTheirWordsStayVerified":          traitsStayVerified,
		"ATraitIsVerifiedByAModeratorAlone":             traitsAreVerified,
		"WhatAPersonaSaidBeforeIsPagedLatestFirst":      personaHistory,
		"WhoHasNoTierIsToldWhatOneAsksFor":              tierGoals,
		"PeopleAreFoundByTheBeginningOfTheirName":       peopleAreFound,
		"FollowersArePagedForTheShopAlone":              followersArePaged,
		"AuthorsComeInTheOrderAskedForTheShopAlone":     authorsComeInOrder,
		"AShowcaseIsOfAllThatItsCreatorShows":           showcaseShows,
		"AShowcaseHoldsWhatIsOnSaleForCreatorsAlone":    showcaseRefuses,
		"AShowcaseIsInItsCreatorsOrder":                 showcaseIsArranged,
		"ALinkFromAShowcaseCreditsItsCreator":           showcaseLinks,
		"StaffMayActInTheirRoleUntilTheyAreDismissed":   staffAct,
		"StaffIsHiredByTheAccountItselfAndMayLeave":     staffIsHired,
		"AnAccountHasSoManyStaffAndNoMore":              staffIsFull,
		"ACollectionIsMadeOnceForEachRequest":           collectionsAreMade,
		"ACollectionIsNamedOnceAndThereAreSoManyOfThem": collectionsAreNamed,
		"ACollectionHoldsAPostOnceHoweverOftenItIsPut":  collectedOnce,
		"ASavedPostGoesIntoCollectionsAndOutOfThem":     savedIntoCollections,
		"AnOpenCollectionIsReadByEverybody":             openCollections,
		"ACollectionIsPagedPastPostsThatAreGone":        collectedIsPaged,
		"WhatADroppedCollectionHeldStaysSaved":          droppedStaysSaved,
		"ACollectionThatIsAnothersCannotBeTouched":      collectionsAreOnesOwn,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, s)
		})
	}
}
