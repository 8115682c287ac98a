package feedtest

import (
	stdcmp "cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/feed"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
)

// lists is what is promised of what is chosen.
func lists() map[string]func(*testing.T, Shop) {
	return map[string]func(*testing.T, Shop){
		"AStrangerIsShownSomething":             strangers,
		"AWalkShowsEachPostOnceAndEnds":         walkEnds,
		"AListBeginsWithThePostItIsOpenedFrom":  beginsWith,
		"WhatSomebodyLikesChangesTheNextPage":   likeLeadsOn,
		"PostsThatGoWithOneAreNotThePostItself": relatedPosts,
		"ATopicHasAPageOfItsOwn":                topicPage,
		"WhatIsNearIsFromThere":                 nearby,
		"FollowingRankedHoldsTheSamePosts":      rankedHoldsTheSame,
		"AReasonAddsUp":                         reasonsAddUp,
	}
}

// compose publishes a post of one picture as change leaves it.
func (s Shop) compose(t *testing.T, a actor.Actor, change func(*creator.DraftContent)) creator.Post {
	t.Helper()
	d := creator.DraftContent{
		Title: "Title " + word(), Body: "Words", Topics: []string{"skincare"}, Lang: "en", Visibility: creator.Public,
		Pictures: []picture.Wanted{{ID: s.Picture(t, a), Alt: "A picture"}},
	}
	change(&d)
	return must(s.Creator.Publish(as(t, a), creator.Publish{DraftContent: d, RequestID: "req-" + id.Secret()}))(t)
}

// about publishes a post on a topic.
func (s Shop) about(t *testing.T, a actor.Actor, topics ...string) id.Post {
	t.Helper()
	return s.compose(t, a, func(d *creator.DraftContent) { d.Topics = topics }).ID
}

// known waits until a topic has so many posts.
func (s Shop) known(t *testing.T, topic string, posts int64) {
	t.Helper()
	Eventually(t, "topic", func() (string, bool) {
		got, err := s.Feed.Topic(t.Context(), feed.AskTopic{Name: topic})
		return fmt.Sprint(got, err), err == nil && got.Posts == posts
	})
}

// topicOf is a topic that nobody else uses.
func topicOf() string { return word()[:20] }

// walked is up to some pages of a list of chosen posts, and whether it ended. A
// post that comes twice fails the test.
func walked(t *testing.T, pages int, read func(page.Ask) (page.Page[feed.Shown], error)) (out []feed.Shown, ended bool) {
	t.Helper()
	had := map[id.Post]bool{}
	ask := page.Ask{Limit: 50}
	for range pages {
		p := must(read(ask))(t)
		for _, k := range p.Items {
			if had[k.ID] {
				t.Errorf("%s comes twice", k.ID)
			}
			had[k.ID] = true
			out = append(out, k)
		}
		if ask.After = p.Next; ask.After == "" {
			return out, true
		}
	}
	return out, false
}

func (s Shop) forYou(t *testing.T, a actor.Actor, in feed.AskForYou) []feed.Shown {
	t.Helper()
	out, _ := walked(t, 12, func(ask page.Ask) (page.Page[feed.Shown], error) {
		in.Ask = ask
		return s.Feed.ForYou(as(t, a), in)
	})
	return out
}

func (s Shop) topic(t *testing.T, a actor.Actor, name, order string) []id.Post {
	t.Helper()
	out, _ := walked(t, 12, func(ask page.Ask) (page.Page[feed.Shown], error) {
		ask.Limit = 2
		return s.Feed.TopicPosts(as(t, a), feed.AskTopicPosts{Ask: ask, Name: name, Order: order})
	})
	return shownIDs(out)
}

func shownIDs(all []feed.Shown) []id.Post {
	out := []id.Post{}
	for _, k := range all {
		out = append(out, k.ID)
	}
	return out
}

func strangers(t *testing.T, s Shop) {
	topic := topicOf()
	p := s.about(t, s.User(t, "Lin", actor.Creator), topic)
	Eventually(t, "for a stranger", func() (string, bool) {
		got := s.forYou(t, actor.Actor{}, feed.AskForYou{Topic: topic})
		return sprintIDs(shownIDs(got)), len(got) == 1 && got[0].ID == p && got[0].Title != "" && got[0].Hint.Source != ""
	})
	all := must(s.Feed.ForYou(t.Context(), feed.AskForYou{Ask: page.Ask{Limit: 5}}))(t)
	if len(all.Items) == 0 || len(all.Items) > 5 {
		t.Errorf("a stranger's first page has %d posts", len(all.Items))
	}
}

func walkEnds(t *testing.T, s Shop) {
	topic, lin, fan := topicOf(), s.User(t, "Lin", actor.Creator), s.User(t, "Fan")
	var want []id.Post
	for range 5 {
		want = append(want, s.about(t, lin, topic))
	}
	for _, who := range []actor.Actor{fan, {}} {
		Eventually(t, "a walk", func() (string, bool) {
			got, ended := walked(t, 10, func(ask page.Ask) (page.Page[feed.Shown], error) {
				ask.Limit = 2
				return s.Feed.ForYou(as(t, who), feed.AskForYou{Ask: ask, Topic: topic})
			})
			return fmt.Sprint(shownIDs(got), ended), ended && slices.Equal(sorted(shownIDs(got)), sorted(want))
		})
	}
	if got := s.forYou(t, lin, feed.AskForYou{Topic: topic}); len(got) != 0 {
		t.Errorf("an author is shown their own posts: %v", shownIDs(got))
	}
	if _, err := s.Feed.ForYou(t.Context(), feed.AskForYou{Ask: page.Ask{After: "nonsense"}}); !errors.Is(err, page.ErrCursor) {
		t.Errorf("a strange cursor: got %v, want %v", err, page.ErrCursor)
	}
}

func beginsWith(t *testing.T, s Shop) {
	topic, lin, fan := topicOf(), s.User(t, "Lin", actor.Creator), s.User(t, "Fan")
	first, second := s.about(t, lin, topic), s.about(t, lin, topic)
	hidden := s.compose(t, lin, func(d *creator.DraftContent) { d.Visibility = creator.OnlyMe }).ID
	Eventually(t, "both", func() (string, bool) {
		got := shownIDs(s.forYou(t, fan, feed.AskForYou{Topic: topic, First: second}))
		return sprintIDs(got), slices.Equal(got, []id.Post{second, first})
	})
	if got := shownIDs(s.forYou(t, fan, feed.AskForYou{Topic: topic, First: hidden})); slices.Contains(got, hidden) {
		t.Error("a private post can be opened")
	}
}

// likeLeadsOn has some people like the same two posts; who likes one of them is
// then led to the other.
func likeLeadsOn(t *testing.T, s Shop) {
	one, other := s.about(t, s.User(t, "Lin", actor.Creator), topicOf()), s.about(t, s.User(t, "Wen", actor.Creator), topicOf())
	for range 3 {
		a := s.User(t, "Other")
		must(s.Creator.Like(as(t, a), creator.ByPost{ID: one}))(t)
		must(s.Creator.Like(as(t, a), creator.ByPost{ID: other}))(t)
	}
	fan := s.User(t, "Fan")
	must(s.Creator.Like(as(t, fan), creator.ByPost{ID: one}))(t)
	Eventually(t, "led on", func() (string, bool) {
		for _, k := range s.forYou(t, fan, feed.AskForYou{}) {
			if k.ID == other {
				return fmt.Sprintf("%+v", k.Hint), k.Hint.Post == one && k.Hint.Title != ""
			}
		}
		return "not there", false
	})
}

func relatedPosts(t *testing.T, s Shop) {
	topic, lin := topicOf(), s.User(t, "Lin", actor.Creator)
	p, q := s.about(t, lin, topic), s.about(t, s.User(t, "Wen", actor.Creator), topic)
	Eventually(t, "related", func() (string, bool) {
		got, _ := walked(t, 12, func(ask page.Ask) (page.Page[feed.Shown], error) {
			return s.Feed.Related(t.Context(), feed.AskRelated{Ask: ask, ID: p})
		})
		ids := shownIDs(got)
		return sprintIDs(ids), slices.Contains(ids, q) && !slices.Contains(ids, p)
	})
	private := s.compose(t, lin, func(d *creator.DraftContent) { d.Visibility = creator.OnlyMe }).ID
	for _, x := range []id.Post{"pst_nowhere", private} {
		if _, err := s.Feed.Related(t.Context(), feed.AskRelated{ID: x}); !errors.Is(err, creator.ErrNoSuchPost) {
			t.Errorf("related to %s: got %v, want %v", x, err, creator.ErrNoSuchPost)
		}
		if _, err := s.Feed.Why(t.Context(), feed.AskWhy{ID: x}); !errors.Is(err, creator.ErrNoSuchPost) {
			t.Errorf("why %s: got %v, want %v", x, err, creator.ErrNoSuchPost)
		}
	}
}

func topicPage(t *testing.T, s Shop) {
	topic, lin, wen, fan := topicOf(), s.User(t, "Lin", actor.Creator), s.User(t, "Wen", actor.Creator), s.User(t, "Fan")
	if _, err := s.Feed.Topic(t.Context(), feed.AskTopic{Name: topic}); !errors.Is(err, feed.ErrNoSuchTopic) {
		t.Errorf("a topic of nobody: got %v, want %v", err, feed.ErrNoSuchTopic)
	}
	var posts []creator.Post
	for i, a := range []actor.Actor{lin, wen, lin} {
		posts = append(posts, s.compose(t, a, func(d *creator.DraftContent) { d.Topics = []string{"skincare", topic}[1-i%2:] }))
	}
	must(s.Feed.ChooseTopic(as(t, fan), feed.OneTopic{Name: topic}))(t)
	s.known(t, topic, 3)
	got := must(s.Feed.Topic(as(t, fan), feed.AskTopic{Name: "#" + topic}))(t)
	if d := cmp.Diff(feed.Topic{Name: topic, Posts: 3, People: 2, Chosen: true}, got); d != "" {
		t.Error(d)
	}
	slices.SortFunc(posts, func(a, b creator.Post) int {
		return stdcmp.Or(b.PublishedAt.Compare(a.PublishedAt), stdcmp.Compare(b.ID, a.ID))
	})
	var want []id.Post
	for _, p := range posts {
		want = append(want, p.ID)
	}
	if d := cmp.Diff(want, s.topic(t, fan, topic, "new")); d != "" {
		t.Errorf("latest first: %s", d)
	}
	must(s.Creator.Like(as(t, fan), creator.ByPost{ID: want[2]}))(t)
	must(s.Creator.Like(as(t, wen), creator.ByPost{ID: want[2]}))(t)
	Eventually(t, "hottest first", func() (string, bool) {
		got := s.topic(t, actor.Actor{}, topic, "hot")
		return sprintIDs(got), len(got) == 3 && got[0] == want[2]
	})
	if _, err := s.Feed.TopicPosts(t.Context(), feed.AskTopicPosts{Name: topicOf()}); !errors.Is(err, feed.ErrNoSuchTopic) {
		t.Errorf("posts of a topic of nobody: got %v, want %v", err, feed.ErrNoSuchTopic)
	}
}

func nearby(t *testing.T, s Shop) {
	place, lin := "Town of "+word()[:12], s.User(t, "Lin", actor.Creator)
	from := s.compose(t, lin, func(d *creator.DraftContent) { d.Place = place }).ID
	s.about(t, lin, topicOf())
	Eventually(t, "nearby", func() (string, bool) {
		got := shownIDs(s.forYou(t, actor.Actor{}, feed.AskForYou{Place: place}))
		return sprintIDs(got), slices.Equal(got, []id.Post{from})
	})
}

func rankedHoldsTheSame(t *testing.T, s Shop) {
	lin, wen, fan := s.User(t, "Lin", actor.Creator), s.User(t, "Wen", actor.Creator), s.User(t, "Fan")
	var want []id.Post
	for _, a := range []actor.Actor{lin, wen} {
		must(s.Creator.Follow(as(t, fan), creator.ByUser{ID: a.User}))(t)
		for range 3 {
			want = append(want, s.about(t, a, topicOf()))
		}
	}
	want = append(want, s.publish(t, lin, "For followers", creator.FollowersOnly).ID)
	Eventually(t, "ranked", func() (string, bool) {
		got := ids(cards(t, func(a page.Ask) (page.Page[creator.Card], error) {
			return s.Feed.Following(as(t, fan), feed.AskFollowing{Ask: a, Order: "ranked"})
		}))
		return sprintIDs(got), slices.Equal(sorted(got), sorted(want))
	})
}

func reasonsAddUp(t *testing.T, s Shop) {
	lin, fan := s.User(t, "Lin", actor.Creator), s.User(t, "Fan")
	p := s.about(t, lin, topicOf())
	must(s.Creator.Like(as(t, fan), creator.ByPost{ID: p}))(t)
	for _, who := range []actor.Actor{fan, {}} {
		var got feed.Why
		Eventually(t, "why", func() (string, bool) {
			var err error
			got, err = s.Feed.Why(as(t, who), feed.AskWhy{ID: p, Lang: "en"})
			return fmt.Sprint(err), err == nil
		})
		if got.Post != p || got.Personal != (who.User != "") || got.Ad || len(got.Terms) == 0 || got.At.IsZero() {
			t.Errorf("%+v", got)
		}
		sum := 0.0
		for _, x := range got.Terms {
			if math.Abs(x.Weight*x.Chance-x.Value) > 1e-4 || x.Chance < 0 || x.Chance > 1 {
				t.Errorf("%+v is not weight × chance", x)
			}
			sum += x.Value
		}
		for _, a := range got.Adjustments {
			sum += a.Value
		}
		if math.Abs(sum-got.Score) > 1e-4 {
			t.Errorf("terms and adjustments are %v, the score %v", sum, got.Score)
		}
	}
}
