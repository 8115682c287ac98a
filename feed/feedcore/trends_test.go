package feedcore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"meadow/feed"
	"meadow/feed/feedcore"
	"meadow/feed/feedtest"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
)

// search lets so many different people search for a text.
func (tn *town) search(t *testing.T, text string, people int) {
	t.Helper()
	for range people {
		tn.searchAs(t, tn.AddUser("Somebody"), text)
	}
}

// listening waits until the feed hears what is told.
func (tn *town) listening(t *testing.T) {
	t.Helper()
	tn.announce(t, tn.AddProduct("Wandering albatross", money.CNY(100), 1))
	waitFor(t, func() bool {
		return len(must(tn.feed.Suggest(t.Context(), feed.AskSuggest{Text: "wandering"}))(t).Items) > 0
	})
}

func (tn *town) searchAs(t *testing.T, who actor.Actor, text string) {
	t.Helper()
	must(tn.feed.Search(actor.With(t.Context(), who), feed.Search{Text: text, Lang: "zh-CN"}))(t)
}

func (tn *town) operator(t *testing.T) context.Context {
	return actor.With(t.Context(), tn.AddUser("Boss", actor.Operator))
}

func (tn *town) queue(t *testing.T, state string) []feed.TrendRow {
	t.Helper()
	return must(tn.feed.TrendQueue(tn.operator(t), feed.AskQueue{State: state}))(t).Items
}

func rowTexts(rows []feed.TrendRow) []string {
	out := []string{}
	for _, r := range rows {
		out = append(out, r.Kind+" "+r.Text)
	}
	slices.Sort(out)
	return out
}

func trendTexts(all []feed.Trend) []string {
	out := []string{}
	for _, x := range all {
		out = append(out, x.Text)
	}
	return out
}

// reviewed waits until a word is in the queue.
func (tn *town) reviewed(t *testing.T, want string) feed.TrendRow {
	t.Helper()
	var row feed.TrendRow
	feedtest.Eventually(t, want+" waits for review", func() (string, bool) {
		if err := tn.feed.ReviewTrends(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows := tn.queue(t, "")
		i := slices.IndexFunc(rows, func(r feed.TrendRow) bool { return r.Text == want })
		if i >= 0 {
			row = rows[i]
		}
		return fmt.Sprint(rowTexts(rows)), i >= 0
	})
	return row
}

func (tn *town) trends(t *testing.T, lang string) feed.Trends {
	t.Helper()
	return must(tn.feed.Trends(t.Context(), feed.AskTrends{Lang: lang}))(t)
}

func (tn *town) judge(t *testing.T, row string, allow bool) feed.TrendRow {
	t.Helper()
	return must(tn.feed.JudgeTrend(tn.operator(t), feed.JudgeTrend{ID: row, Allow: allow}))(t)
}

func TestASearchOfManyTrendsOnceAnOperatorLetsIt(t *testing.T) {
	t.Parallel()
	tn := build(t)
	run(t, tn.feed)
	tn.listening(t)
	loud := tn.AddUser("Loud")
	for range 30 {
		tn.searchAs(t, loud, "my own brand")
	}
	tn.search(t, "call 13800138000", 8)
	tn.search(t, "rare thing", 4)
	tn.search(t, "防晒霜", 8)
	row := tn.reviewed(t, "防晒霜")
	if got := rowTexts(tn.queue(t, "")); !slices.Equal(got, []string{"search 防晒霜"}) {
		t.Errorf("waiting: %v", got)
	}
	if row.People < 5 || row.People > 8 || row.Heat < 5 || row.Heat > 8 || row.State != "pending" || row.Lang != "zh" {
		t.Errorf("got %+v", row)
	}
	if got := tn.trends(t, "zh-CN").Searches; len(got) != 0 {
		t.Errorf("shown before anybody looked: %v", got)
	}
	judged := tn.judge(t, row.ID, true)
	if judged.State != "approved" || judged.By == "" {
		t.Errorf("judged: %+v", judged)
	}
	feedtest.Eventually(t, "it trends", func() (string, bool) {
		got := tn.trends(t, "zh-CN").Searches
		return fmt.Sprint(got), slices.Equal(got, []feed.Trend{{Text: "防晒霜", Heat: 8, New: true}})
	})
	if got := tn.trends(t, "en").Searches; len(got) != 0 {
		t.Errorf("in another language: %v", got)
	}
	if got := tn.trends(t, "").Searches; len(got) != 1 {
		t.Errorf("in any language: %v", got)
	}
	if got := must(tn.feed.Suggest(t.Context(), feed.AskSuggest{Text: "fangsh"}))(t).Items; len(got) != 0 {
		t.Errorf("suggested before the next review: %v", got)
	}
	if err := tn.feed.ReviewTrends(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := must(tn.feed.Suggest(t.Context(), feed.AskSuggest{Text: "fangsh"}))(t).Items; len(got) != 1 || got[0].Text != "防晒霜" {
		t.Errorf("suggestions: %v", got)
	}
}

func TestAnApprovalLastsAMonthAndADenialForGood(t *testing.T) {
	t.Parallel()
	tn := build(t)
	run(t, tn.feed)
	tn.listening(t)
	tn.search(t, "good", 6)
	tn.search(t, "evil", 6)
	tn.judge(t, tn.reviewed(t, "good").ID, true)
	tn.judge(t, tn.reviewed(t, "evil").ID, false)
	if got := trendTexts(tn.trends(t, "zh").Searches); !slices.Equal(got, []string{"good"}) {
		t.Errorf("trends: %v", got)
	}
	tn.clock.Advance(29 * 24 * time.Hour)
	tn.search(t, "good", 6)
	feedtest.Eventually(t, "it trends again", func() (string, bool) {
		got := trendTexts(tn.trends(t, "zh").Searches)
		return fmt.Sprint(got), slices.Equal(got, []string{"good"})
	})
	tn.clock.Advance(25 * time.Hour)
	tn.search(t, "evil", 6)
	tn.search(t, "good", 6)
	tn.reviewed(t, "good") // it has to be looked at again
	if got := tn.trends(t, "zh").Searches; len(got) != 0 {
		t.Errorf("trends: %v", got)
	}
	if got := rowTexts(tn.queue(t, "denied")); !slices.Equal(got, []string{"search evil"}) {
		t.Errorf("denied: %v", got)
	}
}

func TestWhatIsOnAListOfWordsNeverWaits(t *testing.T) {
	t.Parallel()
	tn := build(t)
	tn.feed.Refuse(func(_ context.Context, text string) (bool, error) { return text == "forbidden", nil })
	run(t, tn.feed)
	tn.listening(t)
	tn.search(t, "forbidden", 6)
	tn.search(t, "allowed", 6)
	tn.reviewed(t, "allowed")
	if got := rowTexts(tn.queue(t, "")); !slices.Equal(got, []string{"search allowed"}) {
		t.Errorf("waiting: %v", got)
	}
	if got := rowTexts(tn.queue(t, "denied")); !slices.Equal(got, []string{"search forbidden"}) {
		t.Errorf("denied: %v", got)
	}
}

func TestTopicsTrendByWhoPostsAndNotByHowMuch(t *testing.T) {
	t.Parallel()
	tn := build(t)
	run(t, tn.creator)
	run(t, tn.feed)
	tn.listening(t)
	s := tn.shop()
	for range 6 {
		s.Publish(t, tn.AddUser("Lin", actor.Creator), "A post") // of the topic skincare
	}
	row := tn.reviewed(t, "skincare")
	if row.Kind != "topic" || row.People > 6 {
		t.Errorf("got %+v", row)
	}
	tn.judge(t, row.ID, true)
	if got := trendTexts(tn.trends(t, "en").Topics); !slices.Equal(got, []string{"skincare"}) {
		t.Errorf("topics: %v", got)
	}
	fan := actor.With(t.Context(), tn.AddUser("Fan"))
	must(tn.feed.MuteTopic(fan, feed.OneTopic{Name: "Skincare"}))(t)
	if got := must(tn.feed.Trends(fan, feed.AskTrends{Lang: "en"}))(t).Topics; len(got) != 0 {
		t.Errorf("a muted topic trends: %v", got)
	}
}

func TestASearchTellsWhatSomebodyIsInterestedIn(t *testing.T) {
	t.Parallel()
	tn := build(t)
	type interest struct {
		user   id.User
		topics string
	}
	heard := make(chan interest, 10)
	tn.feed.OnInterest(func(_ context.Context, u id.User, topics []string) { heard <- interest{u, fmt.Sprint(topics)} })
	run(t, tn.creator)
	run(t, tn.feed)
	tn.listening(t)
	s := tn.shop()
	s.Publish(t, tn.AddUser("May", actor.Creator), "A post")
	p := s.Publish(t, tn.AddUser("Lin", actor.Creator), "A post")
	waitFor(t, func() bool { return slices.Contains(tn.newest(t), string(p.ID)) })
	waitFor(t, func() bool {
		got := must(tn.feed.Suggest(t.Context(), feed.AskSuggest{Text: "skinc"}))(t).Items
		return len(got) > 0
	})
	fan, shy := tn.AddUser("Fan"), tn.AddUser("Shy")
	must(tn.feed.SetPreferences(actor.With(t.Context(), shy), feed.Preferences{}))(t)
	tn.searchAs(t, shy, "skincare")
	tn.searchAs(t, fan, "best Skincare ever")
	tn.searchAs(t, fan, "nothing of that")
	if got, want := <-heard, (interest{fan.User, "[skincare]"}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if len(heard) > 0 {
		t.Errorf("and then %v", <-heard)
	}
}

func TestTrendsOutliveARestart(t *testing.T) {
	t.Parallel()
	tn := build(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- tn.feed.Run(ctx) }()
	tn.listening(t)
	tn.search(t, "防晒霜", 7)
	tn.judge(t, tn.reviewed(t, "防晒霜").ID, true)
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	tn.feed = must(feedcore.New(t.Context(), tn.deps))(t)
	if got := tn.trends(t, "zh").Searches; len(got) != 0 {
		t.Errorf("before it runs: %v", got)
	}
	run(t, tn.feed)
	waitFor(t, func() bool { return slices.Equal(trendTexts(tn.trends(t, "zh").Searches), []string{"防晒霜"}) })
	if _, err := tn.feed.JudgeTrend(tn.operator(t), feed.JudgeTrend{ID: "trd_other"}); !errors.Is(err, feed.ErrNoSuchTrend) {
		t.Errorf("got %v, want %v", err, feed.ErrNoSuchTrend)
	}
}

func TestWhoWantsToBeForgottenCountsForNoTrend(t *testing.T) {
	t.Parallel()
	tn := build(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- tn.feed.Run(ctx) }()
	tn.listening(t)
	var fans []actor.Actor
	for range 6 {
		fans = append(fans, tn.AddUser("Fan"))
		tn.searchAs(t, fans[len(fans)-1], "lanterns")
	}
	tn.judge(t, tn.reviewed(t, "lanterns").ID, true)
	trending := func() bool { return len(tn.trends(t, "zh").Searches) == 1 }
	waitFor(t, trending)
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, f := range fans[:2] { // what was counted is kept, and has to obey when it is read back
		must(tn.feed.EraseHistory(actor.With(t.Context(), f), feed.Empty{}))(t)
	}
	tn.feed = must(feedcore.New(t.Context(), tn.deps))(t)
	run(t, tn.feed)
	tn.listening(t)
	tn.search(t, "kites", 6)
	tn.judge(t, tn.reviewed(t, "kites").ID, true)
	waitFor(t, func() bool { return slices.Equal(trendTexts(tn.trends(t, "zh").Searches), []string{"kites"}) })
}

func TestWhoErasesWhatTheyDidStopsCountingAtOnce(t *testing.T) {
	t.Parallel()
	tn := build(t)
	run(t, tn.feed)
	tn.listening(t)
	var fans []actor.Actor
	for range 5 {
		fans = append(fans, tn.AddUser("Fan"))
		tn.searchAs(t, fans[len(fans)-1], "lanterns")
	}
	tn.judge(t, tn.reviewed(t, "lanterns").ID, true)
	waitFor(t, func() bool { return len(tn.trends(t, "zh").Searches) == 1 })
	must(tn.feed.EraseHistory(actor.With(t.Context(), fans[0]), feed.Empty{}))(t)
	waitFor(t, func() bool { return len(tn.trends(t, "zh").Searches) == 0 })
}
