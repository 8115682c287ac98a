package coupontest

import (
	"errors"
	"testing"

	"meadow/services/kernel/errs"
)

// Run checks the coupons that newShop makes, a fresh shop per subtest, whose
// clock stands at Start and whose currency is CNY.
func Run(t *testing.T, newShop func(*testing.T, *Neighbours) Shop) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Shop, *Neighbours)
	}{
		{"TermsAreChecked", testTerms},
		{"ABatchIsItsIssuers", testIssuer},
		{"ADraftIsEditedAndAStartedBatchStands", testStates},
		{"AClaimIsMadeOnceForEachRequest", testClaimOnce},
		{"AClaimHasItsWindow", testWindow},
		{"ACodeClaims", testCode},
		{"OneMailboxIsOnePerson", testPersons},
		{"NewBuyersOnlyAreNew", testNewOnly},
		{"NoMoreAreClaimedThanThereAre", testClaimRace},
		{"NobodyClaimsMoreThanAPersonMay", testPersonRace},
		{"ACouponIsLockedByOneOrder", testLockRace},
		{"ALockIsAllOrNothing", testLockAll},
		{"ALockLapses", testLapse},
		{"ALateOrderTakesItAnew", testLate},
		{"WhatOneOfTwoOrdersUsedIsRefusedToTheOther", testLateLoses},
		{"ARedeemedCouponIsUsedOnce", testRedeem},
		{"ACouponComesBackWithTheWholeOrder", testReturn},
		{"AReturnedOrderNeverTakesItAgain", testReturnedStays},
		{"ABudgetIsNeverPassed", testBudget},
		{"AKilledBatchIsUsedByNobody", testKilled},
		{"TheWalletHasShelves", testShelves},
		{"OffersSayWhatCanBeClaimed", testOffers},
		{"RulesAreTheBuyersCoupons", testRules},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := &Neighbours{}
			c.test(t, newShop(t, n), n)
		})
	}
}

func refused(t *testing.T, what string, err error, want *errs.Error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
