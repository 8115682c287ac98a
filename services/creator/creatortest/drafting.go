package creatortest

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"meadow/services/platform/rpc"
)

func (s Shop) begin(t *testing.T, a actor.Actor, d creator.DraftContent) creator.Draft {
	t.Helper()
	return must2(s.Creator.Begin(as(t, a), creator.Begin{DraftContent: d, RequestID: key()}))(t)
}

func draftsAreSaved(t *testing.T, s Shop) {
	lin := s.creatorNamed(t, "Lin")
	in := creator.Begin{RequestID: key()}
	d := must2(s.Creator.Begin(as(t, lin), in))(t)
	if again := must2(s.Creator.Begin(as(t, lin), in))(t); again.ID != d.ID || d.Rev != 1 || d.Account.ID != lin.User {
		t.Errorf("begun: %+v, again %+v", d, again)
	}
	other := in
	other.Title = "Other"
	_, err := s.Creator.Begin(as(t, lin), other)
	wantErr(t, "another draft", err, rpc.ErrReused)
	_, err = s.Creator.Begin(as(t, lin), creator.Begin{})
	wantErr(t, "without a key", err, rpc.ErrNoKey)

	content := s.draft(t, lin, "Half a th")
	content.Tags = []creator.NewTag{}
	save := creator.SaveDraft{ID: d.ID, Rev: 1, Content: content}
	for range 2 { // the second changes nothing
		got := must2(s.Creator.SaveDraft(as(t, lin), save))(t)
		if got.Rev != 2 || got.SavedBy != lin.User || got.Cover == "" {
			t.Errorf("saved: %+v", got)
		}
	}
	stale := save
	stale.Content.Title = "Something else"
	_, err = s.Creator.SaveDraft(as(t, lin), stale)
	wantErr(t, "over an old one", err, creator.ErrStale)
	got := must2(s.Creator.Draft(as(t, lin), creator.ByDraft{ID: d.ID}))(t)
	if diff := cmp.Diff(content, got.Content); diff != "" {
		t.Error(diff)
	}
	second := s.begin(t, lin, creator.DraftContent{Title: "Second"})
	list := must2(s.Creator.Drafts(as(t, lin), creator.ListDrafts{}))(t)
	if len(list.Items) != 2 {
		t.Errorf("drafts: %+v", list.Items)
	}
	must2(s.Creator.DropDraft(as(t, lin), creator.ByDraft{ID: second.ID}))(t)
	_, err = s.Creator.DropDraft(as(t, lin), creator.ByDraft{ID: second.ID})
	wantErr(t, "dropping it again", err, creator.ErrNoSuchDraft)
	_, err = s.Creator.SaveDraft(as(t, lin), creator.SaveDraft{ID: second.ID, Rev: 1})
	wantErr(t, "saving it", err, creator.ErrNoSuchDraft)
	if list = must2(s.Creator.Drafts(as(t, lin), creator.ListDrafts{}))(t); len(list.Items) != 1 || list.Items[0].ID != d.ID {
		t.Errorf("drafts: %+v", list.Items)
	}
}

func draftsAreSeenByWriters(t *testing.T, s Shop) {
	lin, eve := s.creatorNamed(t, "Lin"), s.creatorNamed(t, "Eve")
	d := s.begin(t, lin, s.draft(t, lin, "Secret"))
	by := creator.ByDraft{ID: d.ID}
	at := d.SavedAt.Add(24 * time.Hour)
	for what, f := range map[string]func(actor.Actor) error{
		"read": func(a actor.Actor) error { _, err := s.Creator.Draft(as(t, a), by); return err },
		"save": func(a actor.Actor) error {
			_, err := s.Creator.SaveDraft(as(t, a), creator.SaveDraft{ID: d.ID, Rev: 1})
			return err
		},
		"drop": func(a actor.Actor) error { _, err := s.Creator.DropDraft(as(t, a), by); return err },
		"publish": func(a actor.Actor) error {
			_, err := s.Creator.PublishDraft(as(t, a), creator.PublishDraft{ID: d.ID, Rev: 1})
			return err
		},
		"schedule": func(a actor.Actor) error {
			_, err := s.Creator.Schedule(as(t, a), creator.Schedule{ID: d.ID, Rev: 1, At: at, Zone: "UTC"})
			return err
		},
		"unschedule": func(a actor.Actor) error { _, err := s.Creator.Unschedule(as(t, a), by); return err },
	} {
		wantErr(t, what+" by another", f(eve), creator.ErrNoSuchDraft)
		wantErr(t, what+" by a visitor", f(actor.Actor{}), actor.ErrNobody)
	}
	if list := must2(s.Creator.Drafts(as(t, eve), creator.ListDrafts{}))(t); len(list.Items) != 0 {
		t.Errorf("another's drafts: %+v", list.Items)
	}
}

func draftsArePublishedOnce(t *testing.T, s Shop) {
	lin := s.creatorNamed(t, "Lin")
	d := s.begin(t, lin, s.draft(t, lin, "Once"))
	_, err := s.Creator.PublishDraft(as(t, lin), creator.PublishDraft{ID: d.ID, Rev: 2})
	wantErr(t, "another revision", err, creator.ErrStale)
	const twins = 8
	ids := make([]id.Post, twins)
	var work sync.WaitGroup
	for i := range twins {
		work.Go(func() {
			p, err := s.Creator.PublishDraft(as(t, lin), creator.PublishDraft{ID: d.ID, Rev: 1})
			if err != nil {
				t.Error(err)
			}
			ids[i] = p.ID
		})
	}
	work.Wait()
	if len(slices.Compact(ids)) != 1 {
		t.Errorf("one draft made posts %v", ids)
	}
	if got := must2(s.Creator.PostsBy(as(t, lin), creator.PostsBy{ID: lin.User}))(t).Items; len(got) != 1 || got[0].ID != ids[0] {
		t.Errorf("posts: %+v", got)
	}
	got := must2(s.Creator.Draft(as(t, lin), creator.ByDraft{ID: d.ID}))(t)
	if got.Post != ids[0] || len(must2(s.Creator.Drafts(as(t, lin), creator.ListDrafts{}))(t).Items) != 0 {
		t.Errorf("the draft became %q", got.Post)
	}
	for what, f := range map[string]func() error{
		"save": func() error {
			_, err := s.Creator.SaveDraft(as(t, lin), creator.SaveDraft{ID: d.ID, Rev: 1})
			return err
		},
		"drop": func() error { _, err := s.Creator.DropDraft(as(t, lin), creator.ByDraft{ID: d.ID}); return err },
	} {
		wantErr(t, what, f(), creator.ErrSent)
	}
	must2(s.Creator.Remove(as(t, lin), creator.ByPost{ID: ids[0]}))(t)
	_, err = s.Creator.PublishDraft(as(t, lin), creator.PublishDraft{ID: d.ID, Rev: 1})
	wantErr(t, "again after removing", err, creator.ErrNoSuchPost)
}

func unfinishedDrafts(t *testing.T, s Shop) {
	lin, cream := s.creatorNamed(t, "Lin"), s.product(t, "Cream", 9900)
	d := s.begin(t, lin, creator.DraftContent{Title: "No more"})
	at := d.SavedAt.Add(24 * time.Hour)
	for what, f := range map[string]func() error{
		"publish": func() error {
			_, err := s.Creator.PublishDraft(as(t, lin), creator.PublishDraft{ID: d.ID, Rev: 1})
			return err
		},
		"schedule": func() error {
			_, err := s.Creator.Schedule(as(t, lin), creator.Schedule{ID: d.ID, Rev: 1, At: at, Zone: "UTC"})
			return err
		},
	} {
		err := f()
		wantErr(t, what, err, creator.ErrUnfinished)
		if e := errs.Public(err); errors.Is(e, creator.ErrUnfinished) && len(e.Fields) == 0 {
			t.Errorf("%s does not say what is missing: %+v", what, e)
		}
	}
	content := s.draft(t, lin, "Selling", cream)
	content.Ad = false
	must2(s.Creator.SaveDraft(as(t, lin), creator.SaveDraft{ID: d.ID, Rev: 1, Content: content}))(t)
	_, err := s.Creator.PublishDraft(as(t, lin), creator.PublishDraft{ID: d.ID, Rev: 2})
	wantErr(t, "without its label", err, creator.ErrUnlabelled)
	content.Ad = true
	must2(s.Creator.SaveDraft(as(t, lin), creator.SaveDraft{ID: d.ID, Rev: 2, Content: content}))(t)
	p := must2(s.Creator.PublishDraft(as(t, lin), creator.PublishDraft{ID: d.ID, Rev: 3}))(t)
	if a := s.opened(t, p.Tags[0].Link); !a.Reward {
		t.Errorf("its link proves %+v", a)
	}
}

func draftsAreScheduled(t *testing.T, s Shop) {
	lin := s.creatorNamed(t, "Lin")
	d := s.begin(t, lin, s.draft(t, lin, "Later"))
	now := d.SavedAt
	at := func(by time.Duration, zone string) (creator.Draft, error) {
		return s.Creator.Schedule(as(t, lin), creator.Schedule{ID: d.ID, Rev: 1, At: now.Add(by), Zone: zone})
	}
	for what, x := range map[string]struct {
		by   time.Duration
		zone string
		want error
	}{
		"the past":        {-time.Minute, "UTC", creator.ErrPast},
		"in a long while": {creator.MaxAhead + time.Hour, "UTC", creator.ErrPast},
		"no zone":         {time.Hour, "Mars/Olympus", creator.ErrZone},
		"the machine's":   {time.Hour, "Local", creator.ErrZone},
	} {
		_, err := at(x.by, x.zone)
		wantErr(t, what, err, x.want)
	}
	must2(at(30*24*time.Hour, "UTC"))(t)
	got := must2(at(48*time.Hour, "Asia/Shanghai"))(t)
	if !got.PublishAt.Equal(now.Add(48*time.Hour)) || got.Zone != "Asia/Shanghai" {
		t.Errorf("scheduled: %+v", got)
	}
	p := s.Publish(t, lin, "Now")
	span := creator.Calendar{From: now.Add(-24 * time.Hour).Format(time.RFC3339), To: now.Add(60 * 24 * time.Hour).Format(time.RFC3339)}
	days := must2(s.Creator.Calendar(as(t, lin), span))(t).Items
	if len(days) != 2 || days[0].Post != p.ID || days[0].State != creator.Approved || days[1].Draft != d.ID || days[1].Title != "Later" ||
		!days[1].At.Equal(got.PublishAt) || days[0].Thumb == "" || days[1].Thumb == "" || days[1].Kind != creator.Pictures {
		t.Errorf("the calendar has %+v", days)
	}
	got = must2(s.Creator.Unschedule(as(t, lin), creator.ByDraft{ID: d.ID}))(t)
	if !got.PublishAt.IsZero() || len(must2(s.Creator.Calendar(as(t, lin), span))(t).Items) != 1 {
		t.Errorf("taken back: %+v", got)
	}
	for what, bad := range map[string]creator.Calendar{
		"no days": {From: span.From, To: span.From}, "many days": {From: span.From, To: now.Add(90 * 24 * time.Hour).Format(time.RFC3339)},
		"nonsense": {From: "today", To: span.To},
	} {
		_, err := s.Creator.Calendar(as(t, lin), bad)
		wantErr(t, what, err, errs.ErrInvalid)
	}
}

func staffWrite(t *testing.T, s Shop) {
	lin, mei, eve := s.creatorNamed(t, "Lin"), s.User(t, "Mei"), s.User(t, "Eve")
	cream := s.product(t, "Cream", 9900)
	s.Publish(t, lin, "My own", cream)
	must2(s.Creator.Hire(as(t, lin), creator.Hire{ID: mei.User, Role: creator.Editor}))(t)
	must2(s.Creator.Hire(as(t, lin), creator.Hire{ID: eve.User, Role: creator.Analyst}))(t)
	content := s.draft(t, mei, "For Lin", cream) // with Mei's picture
	for what, a := range map[string]actor.Actor{"an analyst": eve, "nobody's staff": s.User(t, "Bob")} {
		_, err := s.Creator.Publish(as(t, a), creator.Publish{DraftContent: content, As: lin.User, RequestID: key()})
		wantErr(t, what, err, creator.ErrNotStaff)
		_, err = s.Creator.Begin(as(t, a), creator.Begin{As: lin.User, RequestID: key()})
		wantErr(t, what, err, creator.ErrNotStaff)
		_, err = s.Creator.Drafts(as(t, a), creator.ListDrafts{As: lin.User})
		wantErr(t, what, err, creator.ErrNotStaff)
	}
	p := must2(s.Creator.Publish(as(t, mei), creator.Publish{DraftContent: content, As: lin.User, RequestID: key()}))(t)
	if p.Author.ID != lin.User || !p.Mine || !s.opened(t, p.Tags[0].Link).Reward {
		t.Errorf("published: %+v", p)
	}
	content.Title = "For Lin, again"
	must2(s.Creator.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: content}))(t) // its pictures stay Mei's
	content.Title = "For Lin, once more"
	must2(s.Creator.Edit(as(t, mei), creator.EditPost{ID: p.ID, DraftContent: content}))(t)
	versions := must2(s.Creator.Versions(as(t, lin), creator.ByPost{ID: p.ID}))(t).Items
	if len(versions) != 2 || versions[0].By != mei.User || versions[1].By != lin.User {
		t.Errorf("versions: %+v", versions)
	}
	d := must2(s.Creator.Begin(as(t, mei), creator.Begin{DraftContent: content, As: lin.User, RequestID: key()}))(t)
	if d.Account.ID != lin.User || len(must2(s.Creator.Drafts(as(t, lin), creator.ListDrafts{}))(t).Items) != 1 {
		t.Errorf("begun: %+v", d)
	}
	if got := must2(s.Creator.PublishDraft(as(t, lin), creator.PublishDraft{ID: d.ID, Rev: 1}))(t); got.Author.ID != lin.User {
		t.Errorf("published: %+v", got)
	}
	must2(s.Creator.Dismiss(as(t, lin), creator.Dismiss{ID: mei.User}))(t)
	_, err := s.Creator.Edit(as(t, mei), creator.EditPost{ID: p.ID, DraftContent: content})
	wantErr(t, "after leaving", err, creator.ErrNoSuchPost)
	if works := must2(s.Creator.Works(as(t, eve), creator.Works{As: lin.User}))(t); len(works.Items) != 3 {
		t.Errorf("an analyst sees %d works", len(works.Items))
	}
	_, err = s.Creator.Works(as(t, mei), creator.Works{As: lin.User})
	wantErr(t, "works of another", err, creator.ErrNotStaff)
}

func worksAreListed(t *testing.T, s Shop) {
	lin := s.creatorNamed(t, "Lin")
	word := id.Secret()
	s.Judge(t, word, moderation.Verdict{Outcome: moderation.Pending, Reason: moderation.Spam})
	shown, waiting, hidden, gone := s.Publish(t, lin, "Shown"), s.Publish(t, lin, "Waiting "+word), s.Publish(t, lin, "Hidden"), s.Publish(t, lin, "Gone")
	must2(s.Creator.Unpublish(as(t, lin), creator.ByPost{ID: hidden.ID}))(t)
	must2(s.Creator.Remove(as(t, lin), creator.ByPost{ID: gone.ID}))(t)
	list := func(state string) map[id.Post]creator.State {
		t.Helper()
		out := map[id.Post]creator.State{}
		ask := creator.Works{State: state, Ask: page.Ask{Limit: 2}}
		for pages := 0; pages == 0 || ask.After != ""; pages++ {
			got := must2(s.Creator.Works(as(t, lin), ask))(t)
			for _, w := range got.Items {
				out[w.ID] = w.State
				if (w.Reason != "") != (w.State == creator.Pending) {
					t.Errorf("%s is %s because of %q", w.Title, w.State, w.Reason)
				}
			}
			if ask.After = got.Next; pages > 5 {
				t.Fatal("the list does not end")
			}
		}
		return out
	}
	want := map[id.Post]creator.State{shown.ID: creator.Approved, waiting.ID: creator.Pending, hidden.ID: creator.Unpublished}
	if diff := cmp.Diff(want, list("")); diff != "" {
		t.Error(diff)
	}
	for p, state := range want {
		if diff := cmp.Diff(map[id.Post]creator.State{p: state}, list(string(state))); diff != "" {
			t.Error(diff)
		}
	}
	_, err := s.Creator.Works(t.Context(), creator.Works{})
	wantErr(t, "a visitor", err, actor.ErrNobody)
}

func factsAreOfAll(t *testing.T, s Shop) {
	lin, cream := s.creatorNamed(t, "Lin"), s.product(t, "Cream", 9900)
	shown, gone := s.Publish(t, lin, "Shown", cream), s.Publish(t, lin, "Gone")
	must2(s.Creator.Remove(as(t, lin), creator.ByPost{ID: gone.ID}))(t)
	in := creator.Cards{IDs: []id.Post{gone.ID, shown.ID, "pst_0000000000000000000000000"}}
	got := must2(s.Creator.Facts(inside(t), in))(t).Items
	want := []creator.PostFacts{{
		ID: shown.ID, Author: lin.User, Kind: creator.Pictures, Title: "Shown", Thumb: shown.Pictures[0].Thumb, State: creator.Approved,
		Visible: true, Trace: shown.Trace, Tagged: []id.Product{cream.ID}, Ad: true, At: shown.PublishedAt,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	_, err := s.Creator.Facts(as(t, lin), in)
	wantErr(t, "from outside", err, rpc.ErrNoRoute)
}
