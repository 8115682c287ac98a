package creatortest

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
)

// becomes waits until a post's author sees it in a state.
func (s Shop) becomes(t *testing.T, a actor.Actor, p id.Post, want creator.State) {
	t.Helper()
	Eventually(t, "a post becomes "+string(want), func() (string, bool) {
		got := must2(s.read(t, a, p))(t)
		return string(got.State), got.State == want
	})
}

func decisionsAreTakenOver(t *testing.T, s Shop) {
	lin, fan := s.creatorNamed(t, "Lin"), s.User(t, "Fan")
	p, marker := s.Publish(t, lin, "Judged"), s.Publish(t, lin, "Marker")
	s.Decide(t, p, 5, moderation.Rejected)
	s.becomes(t, lin, p.ID, creator.Rejected)
	if s.sees(t, fan, p.ID) {
		t.Error("others see it")
	}
	s.Decide(t, p, 4, moderation.Approved) // older
	s.Decide(t, marker, 1, moderation.Limited)
	s.becomes(t, lin, marker.ID, creator.Limited)
	s.becomes(t, lin, p.ID, creator.Rejected)
	s.Decide(t, p, 6, moderation.Approved)
	s.becomes(t, lin, p.ID, creator.Approved)
	if !s.listed(t, fan.User, p.ID) {
		t.Error("others do not see it")
	}
}

func editsKeepDecisions(t *testing.T, s Shop) {
	lin := s.creatorNamed(t, "Lin")
	d := s.draft(t, lin, "Judged")
	p := s.post(t, lin, d)
	s.Decide(t, p, 1, moderation.Rejected)
	s.becomes(t, lin, p.ID, creator.Rejected)
	d.Title = "Harmless"
	if got := must2(s.Creator.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: d}))(t); got.State != creator.Rejected {
		t.Errorf("an edit that no rule minds made it %q", got.State)
	}
	must2(s.Creator.Unpublish(as(t, lin), creator.ByPost{ID: p.ID}))(t)
	if got := must2(s.Creator.Republish(as(t, lin), creator.ByPost{ID: p.ID}))(t); got.State != creator.Rejected {
		t.Errorf("hiding and showing it made it %q", got.State)
	}
	word := id.Secret()
	s.Judge(t, word, moderation.Verdict{Outcome: moderation.Pending})
	d.Title = "Look " + word
	if got := must2(s.Creator.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: d}))(t); got.State != creator.Pending {
		t.Errorf("an edit that waits to be looked at is %q", got.State)
	}
}

func unpublishedComesBack(t *testing.T, s Shop) {
	lin, fan, cream := s.creatorNamed(t, "Lin"), s.User(t, "Fan"), s.product(t, "Cream", 9900)
	p := s.Publish(t, lin, "Shy", cream)
	must2(s.Creator.Like(as(t, fan), creator.ByPost{ID: p.ID}))(t)
	by := creator.ByPost{ID: p.ID}
	for range 2 {
		if got := must2(s.Creator.Unpublish(as(t, lin), by))(t); got.State != creator.Unpublished || got.Likes != 1 {
			t.Errorf("unpublished: %+v", got)
		}
	}
	_, err := s.Creator.OpenLink(inside(t), creator.OpenLink{Link: p.Tags[0].Link})
	wantErr(t, "its link", err, creator.ErrBadLink)
	for range 2 {
		got := must2(s.Creator.Republish(as(t, lin), by))(t)
		if got.State != creator.Approved || !got.PublishedAt.Equal(p.PublishedAt) || got.Likes != 1 {
			t.Errorf("back: %+v", got)
		}
	}
	s.opened(t, p.Tags[0].Link)
	if !s.listed(t, fan.User, p.ID) {
		t.Error("others do not see it")
	}
	for what, f := range map[string]func() error{
		"unpublish": func() error { _, err := s.Creator.Unpublish(as(t, fan), by); return err },
		"republish": func() error { _, err := s.Creator.Republish(as(t, fan), by); return err },
		"versions":  func() error { _, err := s.Creator.Versions(as(t, fan), by); return err },
		"original":  func() error { _, err := s.Creator.Original(as(t, fan), by); return err },
	} {
		wantErr(t, what+" by another", f(), creator.ErrNoSuchPost)
	}
}

func versionsSayWhat(t *testing.T, s Shop) {
	lin := s.creatorNamed(t, "Lin")
	d := s.draft(t, lin, "0")
	p := s.post(t, lin, d)
	const edits = 12
	for i := range edits {
		d.Title = strconv.Itoa(i + 1)
		for range 2 { // the second changes nothing
			must2(s.Creator.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: d}))(t)
		}
	}
	got := must2(s.Creator.Versions(as(t, lin), creator.ByPost{ID: p.ID}))(t).Items
	if len(got) != 10 {
		t.Fatalf("%d versions are kept, want 10", len(got))
	}
	for i, v := range got {
		if want := edits - 1 - i; v.Title != strconv.Itoa(want) || v.Rev != int64(want+1) || v.By != lin.User || v.Body != d.Body {
			t.Errorf("version %d is %+v", i, v)
		}
	}
}

func originalsAreAsWritten(t *testing.T, s Shop) {
	lin, cream := s.creatorNamed(t, "Lin"), s.product(t, "Cream", 9900)
	d := s.article(t, lin, " As  written ", creator.Block{Kind: creator.Text, Text: "Words", Marks: []creator.Mark{{From: 0, To: 2, Style: "bold"}}})
	d.Topics, d.Tags, d.Ad = []string{"#Tea"}, []creator.NewTag{{Product: cream.ID, X: 3, Y: 4}}, true
	d.Visibility, d.Genre = creator.FollowersOnly, creator.News
	p := s.post(t, lin, d)
	got := must2(s.Creator.Original(as(t, lin), creator.ByPost{ID: p.ID}))(t)
	if diff := cmp.Diff(d, got); diff != "" {
		t.Error(diff)
	}
	same := must2(s.Creator.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: got}))(t)
	if !same.EditedAt.IsZero() {
		t.Error("saving it as it was written is an edit")
	}
}

func commentsAreCounted(t *testing.T, s Shop) {
	lin := s.creatorNamed(t, "Lin")
	p, marker := s.Publish(t, lin, "Talked about"), s.Publish(t, lin, "Marker")
	until := func(q creator.Post, want int64) {
		t.Helper()
		Eventually(t, "comments", func() (string, bool) {
			got := must2(s.read(t, lin, q.ID))(t).Comments
			return strconv.FormatInt(got, 10), got == want
		})
	}
	s.Comment(t, p.ID, 7, 3)
	until(p, 7)
	s.Comment(t, p.ID, 5, 2) // older
	s.Comment(t, marker.ID, 1, 1)
	until(marker, 1)
	until(p, 7)
	s.Comment(t, p.ID, 6, 4)
	until(p, 6)
}
