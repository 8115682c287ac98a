//go:build long

package app

import (
	"testing"

	"meadow/feed/feedtest"
)

func TestSuitesWithTheGatewayApart(t *testing.T) {
	suites(t, [][]string{{Feed, Creator, Checkout, Media}, {Gateway}})
}

func TestOneFeedApart(t *testing.T) {
	s := startShop(t, [][]string{{Media, Creator, Checkout}, {Feed}, {Gateway}}, stubFilm)
	feedtest.Run(t, s.forFeed())
}
