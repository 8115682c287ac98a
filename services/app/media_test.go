package app

import (
	"context"
	"sync"
	"testing"

	"meadow/media/mediatest"
	"meadow/media/mediavideo"
)

// film makes videos in every shop of these tests, if this machine can.
var film = sync.OnceValues(func() (mediavideo.Make, string) { return mediavideo.Find(context.Background()) })

// TestMediaKeepsItsPromisesHoweverTheRolesAreCut runs the suites of media as
// every arrangement of processes sees it: through the front door.
func TestMediaKeepsItsPromisesHoweverTheRolesAreCut(t *testing.T) {
	t.Parallel()
	for name, cut := range cuts {
		t.Run(name, func(t *testing.T) {
			s := startShop(t, cut)
			open := func(*testing.T) mediatest.World { return mediatest.World{Service: s.front.Media, URL: s.url} }
			t.Run("pictures", func(t *testing.T) { mediatest.Run(t, open) })
			t.Run("videos", func(t *testing.T) { mediatest.RunVideos(t, open) })
		})
	}
}
