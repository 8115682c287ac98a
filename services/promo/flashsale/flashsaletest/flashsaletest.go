package flashsaletest

import (
	"errors"
	"testing"

	"meadow/services/kernel/errs"
)

// Run checks the sales that newShop makes, a fresh shop per subtest, whose clock
// stands at Start and whose currency is CNY.
func Run(t *testing.T, newShop func(*testing.T, *Neighbours) Shop) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Shop, *Neighbours)
	}{
		{"APlanIsChecked", testPlan},
		{"ASaleIsItsShops", testOwner},
		{"ADraftIsEditedAndAStartedSaleStands", testStates},
		{"TheServersClockDecides", testWindow},
		{"AnAllotmentIsNeverPassed", testRace},
		{"AnAllotmentOfManyCellsIsSoldToTheLast", testCells},
		{"ALimitHoldsOverOrdersAndAccounts", testLimit},
		{"NobodyRacesPastALimit", testLimitRace},
		{"AnOrderTakesItsPlacesOnce", testOnce},
		{"WhatIsReleasedIsThereAgain", testRelease},
		{"ALockLapses", testLapse},
		{"WhatWasTakenInTimeIsPaidAfterTheEnd", testLate},
		{"ALateOrderLosesToTheQuick", testLateLoses},
		{"AKilledSaleRevivesNothing", testKilled},
		{"APlaceComesBackWithTheWholeOrder", testReturn},
		{"SeveralSKUsAreAllOrNothing", testAll},
		{"AGroupsSaleIsForItsMembers", testGroup},
		{"ShoppersSeeWhatRunsAndWhatComes", testEvents},
		{"RulesSayWhyNot", testRules},
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
