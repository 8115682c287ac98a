package creatorcore_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/media"
	"meadow/services/creator"
	"meadow/services/creator/creatortest"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/picture"
	"meadow/services/kernel/video"
	"meadow/services/moderation"
)

func TestWhatAMachineMadeStaysMarked(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	lin := tn.AddUser("Lin", actor.Creator)
	d := tn.words(lin, "Made")
	made, shot := d.Pictures[0], picture.Wanted{ID: tn.AddPicture(lin.User)}
	tn.ChangePicture(made.ID, func(p *media.Picture) { p.AI = true })
	d.Pictures = []picture.Wanted{shot, made}
	p := must(tn.Publish(as(t, lin), creator.Publish{DraftContent: d, RequestID: "made"}))(t)
	edited := must(tn.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: creator.DraftContent{Title: "Not", Lang: "en", Pictures: d.Pictures}}))(t)
	if !p.AI || !edited.AI {
		t.Errorf("published %t, edited %t, want it marked", p.AI, edited.AI)
	}
	d.Pictures = d.Pictures[:1]
	if got := must(tn.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: d}))(t); got.AI {
		t.Error("a photograph alone is marked")
	}
	film := tn.AddVideo(lin.User, nil)
	tn.ChangeVideo(film, nil, func(v *media.Video) { v.AI = true })
	k := creator.DraftContent{Kind: creator.Video, Title: "Film", Lang: "en", Video: &video.WantedVideo{ID: film}}
	if got := must(tn.Publish(as(t, lin), creator.Publish{DraftContent: k, RequestID: "film"}))(t); !got.AI {
		t.Error("a video is not marked")
	}
}

func TestModerationHearsAllThatAPostSays(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	lin, cream := tn.AddUser("Lin", actor.Creator), tn.AddProduct("Cream", money.CNY(9900), 5)
	d := tn.words(lin, "Title")
	tn.ChangePicture(d.Pictures[0].ID, func(p *media.Picture) { p.Likeness = "00ff00ff00ff00ff" })
	d.Kind, d.Topics, d.Place, d.PaidBy, d.Ad = creator.Article, []string{"Topic"}, "Place", "Brand", true
	d.Tags = []creator.NewTag{{Product: cream.ID}}
	d.Blocks = []creator.Block{
		{Kind: creator.Text, Text: "Words", Marks: []creator.Mark{{From: 0, To: 5, Style: "link", URL: "https://evil.example/x"}}},
		{Kind: creator.PictureBlock, Text: "Caption"},
	}
	p := must(tn.Publish(as(t, lin), creator.Publish{DraftContent: d, RequestID: "heard"}))(t)
	want := []moderation.Check{{
		Subject: moderation.Subject{Kind: moderation.Post, ID: string(p.ID)}, Rev: 1, Author: lin.User,
		Facts: moderation.Facts{
			Text: "Title\nWords\nPlace\nBrand\nTopic\nA cup\nhttps://evil.example/x\nCaption\n", Lang: "en", Thumb: p.Pictures[0].Thumb,
			Link: "/p/" + string(p.ID), Ad: true, Tagged: 1, Likenesses: []string{"00ff00ff00ff00ff"},
		},
	}}
	if diff := cmp.Diff(want, tn.Checked(string(p.ID))); diff != "" {
		t.Error(diff)
	}
}

func TestNoTwoEditsAreJudgedUnderOneRevision(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	lin := tn.AddUser("Lin")
	d := tn.words(lin, "0")
	p := must(tn.Publish(as(t, lin), creator.Publish{DraftContent: d, RequestID: "edits"}))(t)
	tn.Judge("evil", moderation.Verdict{Outcome: moderation.Rejected, Reason: moderation.Spam})
	var work sync.WaitGroup
	for i := range 6 {
		work.Go(func() {
			mine := d
			mine.Title = fmt.Sprint([]string{"good ", "evil "}[i%2], i)
			if _, err := tn.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: mine}); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	said := map[int64]string{}
	for _, k := range tn.Checked(string(p.ID)) {
		if before, twice := said[k.Rev]; twice {
			t.Errorf("%q and %q were judged as revision %d", before, k.Facts.Text, k.Rev)
		}
		said[k.Rev] = k.Facts.Text
	}
	got := must(tn.Post(as(t, lin), creator.ReadPost{ID: p.ID}))(t)
	if evil := got.Title[:4] == "evil"; evil != (got.State == creator.Rejected) {
		t.Errorf("%q is %s", got.Title, got.State)
	}
}

func TestEveryChangeOfWhoSeesAPostIsAnnouncedUnderAHigherRevision(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	run(t, tn.Core)
	shown, gone := collect(t, tn.bus, creator.Published), collect(t, tn.bus, creator.Removed)
	lin := tn.AddUser("Lin")
	word := "judge me"
	tn.Judge(word, moderation.Verdict{Outcome: moderation.Pending})
	d := tn.words(lin, word)
	p := must(tn.Publish(as(t, lin), creator.Publish{DraftContent: d, RequestID: "turns"}))(t) // 1, unheard
	by := creator.ByPost{ID: p.ID}
	tn.clock.Advance(time.Hour)
	s := tn.shop()
	s.Decide(t, p, 1, moderation.Limited) // 2
	first := shown.wait(t, 1)[0]
	if !first.Limited || first.Rev != 2 || !first.At.Equal(tn.clock.Now()) {
		t.Errorf("first heard: %+v", first)
	}
	s.Decide(t, p, 2, moderation.Approved) // 3
	shown.wait(t, 2)
	must(tn.Unpublish(as(t, lin), by))(t) // 4
	gone.wait(t, 1)
	must(tn.Republish(as(t, lin), by))(t) // 5, waits to be looked at: removed again
	gone.wait(t, 2)
	s.Decide(t, p, 3, moderation.Approved) // 6
	shown.wait(t, 3)
	d.Title, d.Visibility = "Mine alone", creator.OnlyMe
	must(tn.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: d}))(t) // 7
	gone.wait(t, 3)
	d.Visibility = creator.FollowersOnly
	must(tn.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: d}))(t) // 8
	shown.wait(t, 4)
	must(tn.Remove(as(t, lin), by))(t) // 9
	var up, down []int64
	for _, e := range shown.wait(t, 4) {
		up = append(up, e.Rev)
	}
	for _, e := range gone.wait(t, 4) {
		down = append(down, e.Rev)
	}
	slices.Sort(up)
	slices.Sort(down)
	if diff := cmp.Diff([][]int64{{2, 3, 6, 8}, {4, 5, 7, 9}}, [][]int64{up, down}); diff != "" {
		t.Error(diff)
	}
}

func TestAReactionIsAnnouncedWheneverItTurnsAndOnlyThen(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	heard := collect(t, tn.bus, creator.Reacted)
	lin, fan := tn.AddUser("Lin"), tn.AddUser("Fan")
	p := tn.publish(t, tn, lin, "loved")
	by := creator.ByPost{ID: p.ID}
	var work sync.WaitGroup
	for range 20 {
		work.Go(func() {
			if _, err := tn.Like(as(t, fan), by); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	must(tn.Unlike(as(t, fan), by))(t)
	must(tn.Unlike(as(t, fan), by))(t)
	must(tn.Like(as(t, fan), by))(t)
	must(tn.Save(as(t, fan), creator.Save{ID: p.ID}))(t)
	must(tn.SharePost(as(t, fan), by))(t)
	must(tn.SharePost(as(t, fan), by))(t)
	run(t, tn.Core) // everything waited in its box
	type said struct {
		Kind creator.ReactionKind
		On   bool
		Rev  int64
	}
	got := map[said]int{}
	for _, d := range heard.wait(t, 5) {
		got[said{d.Kind, d.On, d.Rev}]++
		if d.User != fan.User || d.Post != p.ID || d.Author != lin.User || d.Via != p.Trace {
			t.Errorf("heard %+v", d)
		}
	}
	want := map[said]int{
		{creator.Liked, true, 1}: 1, {creator.Liked, false, 2}: 1, {creator.Liked, true, 3}: 1,
		{creator.SavedIt, true, 1}: 1, {creator.Shared, true, 1}: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnAccountKeepsSoManyDrafts(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	lin := tn.AddUser("Lin")
	var last creator.Draft
	for range creator.MaxDrafts {
		last = tn.begin(t, lin, creator.DraftContent{})
	}
	in := creator.Begin{RequestID: id.Secret()}
	if _, err := tn.Begin(as(t, lin), in); err == nil {
		t.Fatal("one more was begun")
	}
	must(tn.DropDraft(as(t, lin), creator.ByDraft{ID: last.ID}))(t)
	must(tn.Begin(as(t, lin), in))(t)
}

func TestADecisionSaysNothingOfWhatAPostSaidLater(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	run(t, tn.Core)
	lin := tn.AddUser("Lin")
	d := tn.words(lin, "First")
	p := must(tn.Publish(as(t, lin), creator.Publish{DraftContent: d, RequestID: "of"}))(t)
	d.Title = "Second"
	must(tn.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: d}))(t)
	decide := func(rev, of int64, o moderation.Outcome) {
		say(t, tn, moderation.Decided, moderation.DecidedData{
			Subject: moderation.Subject{Kind: moderation.Post, ID: string(p.ID)}, Author: lin.User,
			Verdict: moderation.Verdict{Outcome: o, Reason: moderation.Spam}, Rev: rev, Of: of,
		})
	}
	heard := collect(t, tn.bus, creator.Published)
	decide(1, 1, moderation.Rejected) // of the first version, and late
	decide(2, 2, moderation.Limited)
	creatortest.Eventually(t, "the second version is limited", func() (string, bool) {
		got := must(tn.Post(as(t, lin), creator.ReadPost{ID: p.ID}))(t)
		return string(got.State), got.State == creator.Limited
	})
	for _, e := range heard.wait(t, 3) { // in any order
		if e.Rev > 3 {
			t.Errorf("heard %+v: the late decision was taken over", e)
		}
	}
}
