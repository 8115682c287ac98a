package feedtest

import (
	"slices"
	"testing"
	"time"

	"meadow/feed"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

func followersOnly(t *testing.T, s Shop) {
	lin, fan, w := s.User(t, "Lin", actor.Creator), s.User(t, "Fan"), word()
	must(s.Creator.Follow(as(t, fan), creator.ByUser{ID: lin.User}))(t)
	closed := s.publish(t, lin, w+" closed", creator.FollowersOnly).ID
	private := s.publish(t, lin, w+" private", creator.OnlyMe).ID
	open := s.publish(t, lin, w+" open", creator.Public).ID
	Eventually(t, "following", func() (string, bool) {
		got := ids(s.following(t, fan))
		return sprintIDs(got), slices.Equal(sorted(got), sorted([]id.Post{closed, open}))
	})
	s.finds(t, feed.Search{Text: w}, string(open))
	for _, asks := range []actor.Actor{fan, lin, {}} {
		got := cards(t, func(a page.Ask) (page.Page[creator.Card], error) { return s.Feed.Newest(as(t, asks), a) })
		for _, k := range got {
			if k.ID == closed || k.ID == private {
				t.Errorf("%q is among the newest for %q", k.Title, asks.User)
			}
		}
		found := must(s.Feed.Search(as(t, asks), feed.Search{Text: w}))(t)
		if len(found.Items) != 1 || found.Items[0].Post.ID != open {
			t.Errorf("%q finds %+v", asks.User, found.Items)
		}
	}
	must(s.Creator.Unfollow(as(t, fan), creator.ByUser{ID: lin.User}))(t)
	if got := s.following(t, fan); len(got) != 0 {
		t.Errorf("who follows nobody sees %v", ids(got))
	}
}

func hiddenComesBack(t *testing.T, s Shop) {
	lin, fan, w := s.User(t, "Lin", actor.Creator), s.User(t, "Fan"), word()
	must(s.Creator.Follow(as(t, fan), creator.ByUser{ID: lin.User}))(t)
	p := s.Publish(t, lin, w).ID
	by := creator.ByPost{ID: p}
	for range 2 {
		s.listed(t, p)
		s.finds(t, feed.Search{Text: w}, string(p))
		must(s.Creator.Unpublish(as(t, lin), by))(t)
		s.finds(t, feed.Search{Text: w})
		if got := s.following(t, fan); len(got) != 0 {
			t.Errorf("hidden, and still there: %v", ids(got))
		}
		must(s.Creator.Republish(as(t, lin), by))(t)
		Eventually(t, "following", func() (string, bool) {
			got := ids(s.following(t, fan))
			return sprintIDs(got), slices.Equal(got, []id.Post{p})
		})
	}
	must(s.Creator.Remove(as(t, lin), by))(t)
	s.finds(t, feed.Search{Text: w})
}

// newWithinASecond takes the middle one of several tries: a busy machine may
// stop for longer than that.
func newWithinASecond(t *testing.T, s Shop) {
	lin, fan := s.User(t, "Lin", actor.Creator), s.User(t, "Fan")
	must(s.Creator.Follow(as(t, fan), creator.ByUser{ID: lin.User}))(t)
	const tries = 5
	var took []time.Duration
	for range tries {
		p := s.Publish(t, lin, "Now").ID
		begun := time.Now()
		Eventually(t, "following", func() (string, bool) {
			got := ids(must(s.Feed.Following(as(t, fan), feed.AskFollowing{}))(t).Items)
			return sprintIDs(got), slices.Contains(got, p)
		})
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	if took[tries/2] > time.Second {
		t.Errorf("it took %v", took)
	}
}

func sorted(all []id.Post) []id.Post {
	out := slices.Clone(all)
	slices.Sort(out)
	return out
}
