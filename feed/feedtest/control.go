package feedtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"meadow/feed"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

// control is what is promised of what people decide and what creators see.
func control() map[string]func(*testing.T, Shop) {
	return map[string]func(*testing.T, Shop){
		"WhatIsNotWantedIsGoneUntilItIs":      hideAndBack,
		"AMutedTopicIsInNoList":               muteTopic,
		"TopicsAreChosenOrMutedNotBoth":       chooseTopics,
		"PreferencesAreTheCallers":            preferencesKept,
		"WhoIsNotRememberedLeavesNoTrace":     notRemembered,
		"HistoryIsReadExportedAndErased":      historyErased,
		"AResetForgetsWhatWasChosen":          resetForgets,
		"ACreatorSeesHowFarPostsWerePassedOn": poolsCount,
		"TheFeedsOwnNumbersAreForTheOperator": healthForOperators,
		"WhatIsOnesOwnNeedsSomebody":          controlNeedsSomebody,
	}
}

func hideAndBack(t *testing.T, s Shop) {
	topic, lin, fan := topicOf(), s.User(t, "Lin", actor.Creator), s.User(t, "Fan")
	p, q := s.about(t, lin, topic), s.about(t, lin, topic)
	must(s.Creator.Follow(as(t, fan), creator.ByUser{ID: lin.User}))(t)
	s.known(t, topic, 2)
	lists := func() [3][]id.Post {
		return [3][]id.Post{
			sorted(shownIDs(s.forYou(t, fan, feed.AskForYou{Topic: topic}))), sorted(ids(s.following(t, fan))), sorted(s.topic(t, fan, topic, "new")),
		}
	}
	holds := func(what string, want ...id.Post) {
		t.Helper()
		Eventually(t, what, func() (string, bool) {
			got := lists()
			return fmt.Sprint(got), !slices.ContainsFunc(got[:], func(l []id.Post) bool { return !slices.Equal(l, sorted(want)) })
		})
	}
	holds("before", p, q)
	must(s.Feed.Hide(as(t, fan), feed.Hide{ID: p}))(t)
	must(s.Feed.Hide(as(t, fan), feed.Hide{ID: p}))(t)
	if got := lists(); slices.ContainsFunc(got[:], func(l []id.Post) bool { return slices.Contains(l, p) }) {
		t.Errorf("not wanted, and there: %v", got)
	}
	holds("without it", q)
	must(s.Feed.Unhide(as(t, fan), feed.OfPost{ID: p}))(t)
	holds("back again", p, q)
	if _, err := s.Feed.Hide(as(t, fan), feed.Hide{ID: "pst_nowhere"}); !errors.Is(err, creator.ErrNoSuchPost) {
		t.Errorf("a post of nobody: got %v, want %v", err, creator.ErrNoSuchPost)
	}
}

func muteTopic(t *testing.T, s Shop) {
	topic, lin, fan := topicOf(), s.User(t, "Lin", actor.Creator), s.User(t, "Fan")
	p := s.about(t, lin, topic)
	must(s.Creator.Follow(as(t, fan), creator.ByUser{ID: lin.User}))(t)
	s.listed(t, p)
	among := func() []bool {
		newest := must(s.Feed.Newest(as(t, fan), page.Ask{Limit: 50}))(t)
		return []bool{
			slices.Contains(shownIDs(s.forYou(t, fan, feed.AskForYou{Topic: topic})), p),
			slices.Contains(ids(s.following(t, fan)), p),
			slices.Contains(ids(newest.Items), p),
		}
	}
	Eventually(t, "before", func() (string, bool) { got := among(); return fmt.Sprint(got), got[0] && got[1] })
	must(s.Feed.MuteTopic(as(t, fan), feed.OneTopic{Name: strings.ToUpper(topic)}))(t)
	if got := among(); slices.Contains(got, true) {
		t.Errorf("muted, and there: %v", got)
	}
	must(s.Feed.UnmuteTopic(as(t, fan), feed.OneTopic{Name: topic}))(t)
	if got := among(); !got[0] || !got[1] {
		t.Errorf("muted no more, and not there: %v", got)
	}
}

func chooseTopics(t *testing.T, s Shop) {
	fan := as(t, s.User(t, "Fan"))
	is := func(what string, topics, muted []string) {
		t.Helper()
		got := must(s.Feed.Preferences(fan, feed.Empty{}))(t)
		if !slices.Equal(got.Topics, topics) || !slices.Equal(got.Muted, muted) {
			t.Errorf("%s: chosen %q, muted %q, want %q and %q", what, got.Topics, got.Muted, topics, muted)
		}
	}
	must(s.Feed.ChooseTopic(fan, feed.OneTopic{Name: "#Tea"}))(t)
	must(s.Feed.ChooseTopic(fan, feed.OneTopic{Name: "tea"}))(t)
	is("chosen twice", []string{"tea"}, nil)
	must(s.Feed.MuteTopic(fan, feed.OneTopic{Name: "Tea"}))(t)
	is("muted", nil, []string{"Tea"})
	must(s.Feed.ChooseTopic(fan, feed.OneTopic{Name: "tea"}))(t)
	is("chosen again", []string{"tea"}, nil)
	must(s.Feed.UnchooseTopic(fan, feed.OneTopic{Name: "TEA"}))(t)
	is("unchosen", nil, nil)
	full := feed.Preferences{Personal: true}
	for i := range feed.MaxTopics {
		full.Topics = append(full.Topics, fmt.Sprint("topic ", i))
	}
	must(s.Feed.SetPreferences(fan, full))(t)
	if _, err := s.Feed.ChooseTopic(fan, feed.OneTopic{Name: "one more"}); !errors.Is(err, feed.ErrTooMany) {
		t.Errorf("one topic more: got %v, want %v", err, feed.ErrTooMany)
	}
}

func preferencesKept(t *testing.T, s Shop) {
	fan := as(t, s.User(t, "Fan"))
	if got := must(s.Feed.Preferences(fan, feed.Empty{}))(t); !got.Personal || len(got.Topics)+len(got.Muted) > 0 || !got.ChangedAt.IsZero() {
		t.Errorf("who said nothing has %+v", got)
	}
	must(s.Feed.SetPreferences(fan, feed.Preferences{
		Personal: true, Topics: []string{"tea", " #tea", "cats"}, Muted: []string{"cats"}, Place: "Hangzhou", HideAI: true,
		Home: "video", Tabs: []string{"tea"}, Dense: true,
	}))(t)
	got := must(s.Feed.Preferences(fan, feed.Empty{}))(t)
	if !slices.Equal(got.Topics, []string{"tea"}) || !slices.Equal(got.Muted, []string{"cats"}) || got.Place != "Hangzhou" ||
		!got.HideAI || got.Home != "video" || !slices.Equal(got.Tabs, []string{"tea"}) || !got.Dense || got.ChangedAt.IsZero() {
		t.Errorf("%+v", got)
	}
}

// remembered waits until the feed remembers a like of this post.
func (s Shop) remembered(t *testing.T, fan actor.Actor, p id.Post) {
	t.Helper()
	must(s.Creator.Like(as(t, fan), creator.ByPost{ID: p}))(t)
	Eventually(t, "history", func() (string, bool) {
		got := must(s.Feed.History(as(t, fan), page.Ask{}))(t).Items
		return fmt.Sprint(got), len(got) > 0 && got[0].Kind == "like" && got[0].Post == p && got[0].Title != ""
	})
}

func notRemembered(t *testing.T, s Shop) {
	topic, lin, fan, other := topicOf(), s.User(t, "Lin", actor.Creator), s.User(t, "Fan"), s.User(t, "Other")
	p, q := s.about(t, lin, topic), s.about(t, lin, topic)
	s.remembered(t, fan, p)
	off := must(s.Feed.SetPreferences(as(t, fan), feed.Preferences{}))(t)
	if off.Personal || must(s.Feed.Profile(as(t, fan), feed.Empty{}))(t).Personal {
		t.Error("it is still personal")
	}
	Eventually(t, "why a new post", func() (string, bool) {
		why, err := s.Feed.Why(as(t, fan), feed.AskWhy{ID: q})
		if err == nil && why.Personal {
			t.Error("what they did is still used")
		}
		return fmt.Sprint(err), err == nil
	})
	must(s.Creator.Like(as(t, fan), creator.ByPost{ID: q}))(t)
	s.remembered(t, other, q) // by then the feed has heard of the like before it
	must(s.Feed.SetPreferences(as(t, fan), feed.Preferences{Personal: true}))(t)
	if got := must(s.Feed.History(as(t, fan), page.Ask{}))(t).Items; len(got) != 1 || got[0].Post != p {
		t.Errorf("remembered: %+v, want the like of %s alone", got, p)
	}
	if got := s.forYou(t, fan, feed.AskForYou{Topic: topic}); len(got) != 2 {
		t.Errorf("they are shown %v", shownIDs(got))
	}
}

func historyErased(t *testing.T, s Shop) {
	lin, fan := s.User(t, "Lin", actor.Creator), s.User(t, "Fan")
	p := s.about(t, lin, topicOf())
	s.remembered(t, fan, p)
	if got := must(s.Feed.Profile(as(t, fan), feed.Empty{}))(t); got.Deeds == 0 || len(got.Authors) != 1 || got.Authors[0].Name != "Lin" {
		t.Errorf("profile: %+v", got)
	}
	file := must(s.Feed.ExportHistory(as(t, fan), feed.Empty{}))(t)
	if !strings.Contains(file.Text, ",like,"+string(p)) || !strings.HasPrefix(file.Type, "text/csv") {
		t.Errorf("export: %+v", file)
	}
	must(s.Feed.EraseHistory(as(t, fan), feed.Empty{}))(t)
	if got := must(s.Feed.History(as(t, fan), page.Ask{}))(t).Items; len(got) != 0 {
		t.Errorf("erased, and still there: %+v", got)
	}
	if got := must(s.Feed.Profile(as(t, fan), feed.Empty{}))(t); got.Deeds != 0 || len(got.Topics)+len(got.Authors) != 0 {
		t.Errorf("erased, and still believed: %+v", got)
	}
}

func resetForgets(t *testing.T, s Shop) {
	lin, fan := s.User(t, "Lin", actor.Creator), s.User(t, "Fan")
	p := s.about(t, lin, topicOf())
	s.remembered(t, fan, p)
	must(s.Feed.ChooseTopic(as(t, fan), feed.OneTopic{Name: "tea"}))(t)
	must(s.Feed.Hide(as(t, fan), feed.Hide{ID: p}))(t)
	got := must(s.Feed.Reset(as(t, fan), feed.Empty{}))(t)
	if !got.Personal || len(got.Topics) != 0 {
		t.Errorf("preferences after it: %+v", got)
	}
	after := must(s.Feed.Profile(as(t, fan), feed.Empty{}))(t)
	if after.Deeds != 0 || after.Hidden != 0 || len(after.Topics) != 0 {
		t.Errorf("profile after it: %+v", after)
	}
}

func poolsCount(t *testing.T, s Shop) {
	lin, fan := s.User(t, "Lin", actor.Creator), s.User(t, "Fan")
	open := s.about(t, lin, topicOf())
	closed := s.publish(t, lin, "For followers", creator.FollowersOnly).ID
	s.remembered(t, fan, open)
	Eventually(t, "pools", func() (string, bool) {
		got := map[id.Post]feed.PoolRow{}
		for _, r := range must(s.Feed.Pools(as(t, lin), feed.AskPools{}))(t).Items {
			got[r.Post] = r
		}
		r := got[open]
		ok := len(got) == 2 && got[closed].Held == "followers" && r.Held == "" && r.Title != "" && r.Thumb != "" &&
			r.Stage.Step == 1 && r.Stage.To == 200 && r.Stage.Guaranteed == 200
		return fmt.Sprintf("%+v", got), ok
	})
	if _, err := s.Feed.Pools(as(t, fan), feed.AskPools{As: lin.User}); !errors.Is(err, creator.ErrNotStaff) {
		t.Errorf("another's pools: got %v, want %v", err, creator.ErrNotStaff)
	}
	must(s.Creator.Hire(as(t, lin), creator.Hire{ID: fan.User, Role: creator.Analyst}))(t)
	if got := must(s.Feed.Pools(as(t, fan), feed.AskPools{As: lin.User}))(t); len(got.Items) != 2 {
		t.Errorf("who works for them sees %+v", got)
	}
	if got := must(s.Feed.Balance(as(t, fan), feed.OfAccount{As: lin.User}))(t); got.Cap <= 0 || got.Cap >= 1 || got.Over || got.Promotions != 0 || got.Posts != 2 {
		t.Errorf("balance: %+v", got)
	}
}

func healthForOperators(t *testing.T, s Shop) {
	s.listed(t, s.about(t, s.User(t, "Lin", actor.Creator), topicOf()))
	op := s.User(t, "Op", actor.Operator)
	Eventually(t, "the feed's numbers", func() (string, bool) {
		got := must(s.Feed.Health(as(t, op), feed.Empty{}))(t)
		return fmt.Sprintf("%+v", got), got.Shards >= 1 && got.Posts >= 1 && got.Bytes >= 1 && got.MaxBytes >= got.Bytes && len(got.Sources) > 0 && len(got.Calibrate) > 0
	})
	if _, err := s.Feed.Health(as(t, s.User(t, "Fan")), feed.Empty{}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("a member: got %v, want %v", err, actor.ErrForbidden)
	}
}

func controlNeedsSomebody(t *testing.T, s Shop) {
	for what, ask := range map[string]func(context.Context) error{
		"hide":        func(ctx context.Context) error { _, err := s.Feed.Hide(ctx, feed.Hide{ID: "pst_x"}); return err },
		"unhide":      func(ctx context.Context) error { _, err := s.Feed.Unhide(ctx, feed.OfPost{ID: "pst_x"}); return err },
		"preferences": func(ctx context.Context) error { _, err := s.Feed.Preferences(ctx, feed.Empty{}); return err },
		"set":         func(ctx context.Context) error { _, err := s.Feed.SetPreferences(ctx, feed.Preferences{}); return err },
		"choose": func(ctx context.Context) error {
			_, err := s.Feed.ChooseTopic(ctx, feed.OneTopic{Name: "tea"})
			return err
		},
		"profile": func(ctx context.Context) error { _, err := s.Feed.Profile(ctx, feed.Empty{}); return err },
		"history": func(ctx context.Context) error { _, err := s.Feed.History(ctx, page.Ask{}); return err },
		"export":  func(ctx context.Context) error { _, err := s.Feed.ExportHistory(ctx, feed.Empty{}); return err },
		"erase":   func(ctx context.Context) error { _, err := s.Feed.EraseHistory(ctx, feed.Empty{}); return err },
		"reset":   func(ctx context.Context) error { _, err := s.Feed.Reset(ctx, feed.Empty{}); return err },
		"pools":   func(ctx context.Context) error { _, err := s.Feed.Pools(ctx, feed.AskPools{}); return err },
		"balance": func(ctx context.Context) error { _, err := s.Feed.Balance(ctx, feed.OfAccount{}); return err },
	} {
		if err := ask(t.Context()); !errors.Is(err, actor.ErrNobody) {
			t.Errorf("%s: got %v, want %v", what, err, actor.ErrNobody)
		}
	}
}
