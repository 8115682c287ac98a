// Package blobtest says what an object store promises, as tests that every
// store must pass, and lends tests a store of their own.
package blobtest

import (
	"log/slog"
	"testing"

	"meadow/services/platform/blob"
)

// Store returns an empty embedded store that ends with the test. All such
// stores of a process share one server. The working directory of the process
// changes.
func Store(t testing.TB) *blob.Store {
	t.Helper()
	s, err := blob.Embedded(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("open an embedded store: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return s
}

// Run holds the stores that open returns against the promises of blob.Store.
// Each starts empty, or keeps to itself what others stored.
func Run(t *testing.T, open func(t *testing.T) *blob.Store) {
	for name, test := range map[string]func(*testing.T, *blob.Store){
		"WhatWasPutIsRead":                      whatWasPutIsRead,
		"AnObjectIsReadFromAnywhere":            anObjectIsReadFromAnywhere,
		"ARangeIsReadAlone":                     aRangeIsReadAlone,
		"AnAbsentObjectIsNotFound":              anAbsentObjectIsNotFound,
		"PuttingAgainReplaces":                  puttingAgainReplaces,
		"DeletingTwiceIsFine":                   deletingTwiceIsFine,
		"ABodyOfUnknownSizeIsStored":            aBodyOfUnknownSizeIsStored,
		"AShortBodyLeavesNothing":               aShortBodyLeavesNothing,
		"ALongBodyLeavesNothing":                aLongBodyLeavesNothing,
		"AFailingBodyLeavesNothing":             aFailingBodyLeavesNothing,
		"ACancelledPutLeavesNothing":            aCancelledPutLeavesNothing,
		"AListIsInOrderAndGoesOn":               aListIsInOrderAndGoesOn,
		"ACopyIsItsOwn":                         aCopyIsItsOwn,
		"APresignedAddressSaysWhatItServes":     aPresignedAddressSaysWhatItServes,
		"APresignedAddressIsShortLived":         aPresignedAddressIsShortLived,
		"KeysThatAreNotPlainPathsAreRefused":    keysThatAreNotPlainPathsAreRefused,
		"WritersOfOneKeyDoNotMix":               writersOfOneKeyDoNotMix,
		"ManyWritersAndReadersAtOnce":           manyWritersAndReadersAtOnce,
		"PuttingWhereOthersDeleteSucceeds":      puttingWhereOthersDeleteSucceeds,
		"APartOfAFileIsStored":                  aPartOfAFileIsStored,
		"TheStoreAnswersPings":                  theStoreAnswersPings,
		"AnEmptyObjectIsAnObject":               anEmptyObjectIsAnObject,
		"AReaderSeesOneVersion":                 aReaderSeesOneVersion,
		"SiblingsWithTheSameBeginningStayApart": siblingsWithTheSameBeginningStayApart,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}
