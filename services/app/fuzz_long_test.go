//go:build long

package app

import "testing"

func TestNothingThatIsSentBreaksTheAPIForLong(t *testing.T) {
	hammer(t, 100_000, 2)
}
