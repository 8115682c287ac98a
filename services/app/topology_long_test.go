//go:build long

package app

import "testing"

func TestSuitesWithTheGatewayApart(t *testing.T) {
	suites(t, [][]string{{Feed, Creator, Checkout, Media}, {Gateway}})
}
