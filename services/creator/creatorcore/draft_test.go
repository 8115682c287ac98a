package creatorcore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"meadow/media"
	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/creator/creatorcore"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/picture"
	"meadow/services/kernel/video"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
)

// words is a draft that could be published.
func (tn *town) words(a actor.Actor, title string) creator.DraftContent {
	return creator.DraftContent{Title: title, Lang: "en", Pictures: []picture.Wanted{{ID: tn.AddPicture(a.User), Alt: "A cup"}}}
}

func (tn *town) begin(t *testing.T, a actor.Actor, d creator.DraftContent) creator.Draft {
	t.Helper()
	return must(tn.Begin(as(t, a), creator.Begin{DraftContent: d, RequestID: id.Secret()}))(t)
}

// scheduled is a draft that is published in an hour.
func (tn *town) scheduled(t *testing.T, a actor.Actor, d creator.DraftContent) creator.Draft {
	t.Helper()
	return must(tn.Schedule(as(t, a), creator.Schedule{ID: tn.begin(t, a, d).ID, Rev: 1, At: tn.clock.Now().Add(time.Hour), Zone: "Asia/Shanghai"}))(t)
}

// works are the posts of somebody, in any state.
func (tn *town) works(t *testing.T, a actor.Actor) []creator.Work {
	t.Helper()
	return must(tn.Works(as(t, a), creator.Works{}))(t).Items
}

// became checks that a draft became one post, which others see.
func (tn *town) became(t *testing.T, when string, a actor.Actor, d id.Draft) {
	t.Helper()
	works := tn.works(t, a)
	if len(works) != 1 || works[0].State != creator.Approved {
		t.Errorf("%s: the author has %+v", when, works)
		return
	}
	if got := must(tn.Draft(as(t, a), creator.ByDraft{ID: d}))(t); got.Post != works[0].ID || !got.PublishAt.IsZero() {
		t.Errorf("%s: the draft is %+v", when, got)
	}
	if left := must(tn.Drafts(as(t, a), creator.ListDrafts{}))(t).Items; len(left) != 0 {
		t.Errorf("%s: drafts are left: %+v", when, left)
	}
}

// due publishes what is due, as if Run did.
func (tn *town) due(t *testing.T) {
	t.Helper()
	for range 3 {
		if err := tn.PublishDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAKillWhilePublishingMakesNoPostTwiceAndForgetsNone(t *testing.T) {
	t.Parallel()
	const most = 8 // more writes than publishing takes
	for _, stored := range []bool{false, true} {
		m := &mortal{stored: stored}
		tn := build(t, nil)
		dying := tn.core(t, func(d docdb.Driver) docdb.Driver { m.Driver = d; return m })
		for name, way := range map[string]struct {
			prepare func(a actor.Actor) id.Draft
			do      func(c *creatorcore.Core, a actor.Actor, d id.Draft) error
		}{
			"by hand": {
				func(a actor.Actor) id.Draft { return tn.begin(t, a, tn.words(a, "By hand")).ID },
				func(c *creatorcore.Core, a actor.Actor, d id.Draft) error {
					_, err := c.PublishDraft(as(t, a), creator.PublishDraft{ID: d, Rev: 1})
					return err
				},
			},
			"by the clock": {
				func(a actor.Actor) id.Draft {
					d := tn.scheduled(t, a, tn.words(a, "By the clock")).ID
					tn.clock.Advance(time.Hour)
					return d
				},
				func(c *creatorcore.Core, _ actor.Actor, _ id.Draft) error { return c.PublishDue(t.Context()) },
			},
		} {
			deaths := 0
			for at := int64(1); at <= most; at++ {
				when := fmt.Sprintf("%s: dies at write %d, stored %t", name, at, stored)
				lin := tn.AddUser("Lin", actor.Creator)
				must(tn.Profile(t.Context(), creator.ByUser{ID: lin.User}))(t)
				d := way.prepare(lin)
				m.writes.Store(0)
				m.last.Store(at)
				if err := way.do(dying, lin, d); err != nil {
					deaths++
					if !errors.Is(err, errKilled) {
						t.Fatalf("%s: %v", when, err)
					}
				}
				tn.clock.Advance(time.Minute)
				tn.due(t)
				settled(t, tn)
				if len(tn.works(t, lin)) == 0 { // it died before anything was written down
					if err := way.do(tn.Core, lin, d); err != nil {
						t.Fatalf("%s: then again: %v", when, err)
					}
				}
				tn.became(t, when, lin, d)
				p := must(tn.PublishDraft(as(t, lin), creator.PublishDraft{ID: d, Rev: 1}))(t)
				if works := tn.works(t, lin); p.ID != works[0].ID {
					t.Errorf("%s: published again it is %s", when, p.ID)
				}
			}
			if deaths < 3 {
				t.Errorf("%s died %d times only: the test does not test", name, deaths)
			}
		}
	}
}

// stumbling is a driver that fails at one write: before it, or after it was
// stored.
type stumbling struct{ mortal }

func (m *stumbling) try(write func() error) error {
	if m.writes.Add(1) != m.last.Load() {
		return write()
	}
	if m.stored {
		if err := write(); err != nil {
			return err
		}
	}
	return errKilled
}

func (m *stumbling) Insert(ctx context.Context, coll string, docs ...docdb.Doc) error {
	return m.try(func() error { return m.Driver.Insert(ctx, coll, docs...) })
}

func (m *stumbling) Replace(ctx context.Context, coll string, rev int64, doc docdb.Doc) error {
	return m.try(func() error { return m.Driver.Replace(ctx, coll, rev, doc) })
}

func TestWhatIsSavedAfterPublishingFailedIsNotLost(t *testing.T) {
	t.Parallel()
	refused, kept := 0, 0
	for _, stored := range []bool{false, true} {
		for at := int64(1); at <= 6; at++ {
			m := &stumbling{mortal{stored: stored}}
			tn := build(t, nil)
			c := tn.core(t, func(d docdb.Driver) docdb.Driver { m.Driver = d; return m })
			lin := tn.AddUser("Lin")
			d := tn.begin(t, lin, tn.words(lin, "Before"))
			m.last.Store(at)
			if _, err := c.PublishDraft(as(t, lin), creator.PublishDraft{ID: d.ID, Rev: 1}); err == nil {
				continue
			}
			_, err := tn.SaveDraft(as(t, lin), creator.SaveDraft{ID: d.ID, Rev: 1, Content: tn.words(lin, "After")})
			tn.clock.Advance(time.Minute)
			tn.due(t)
			settled(t, tn)
			works := tn.works(t, lin)
			got := must(tn.Draft(as(t, lin), creator.ByDraft{ID: d.ID}))(t)
			switch {
			case errors.Is(err, creator.ErrSent):
				refused++
				if len(works) != 1 || works[0].Title != "Before" || works[0].State != creator.Approved || got.Post != works[0].ID {
					t.Errorf("write %d, stored %t: refused, and then there are %+v of %+v", at, stored, works, got)
				}
			case err == nil:
				kept++
				if len(works) != 0 || got.Content.Title != "After" {
					t.Errorf("write %d, stored %t: saved, and then there are %+v of %+v", at, stored, works, got)
				}
			default:
				t.Errorf("write %d, stored %t: %v", at, stored, err)
			}
		}
	}
	if refused < 4 || kept < 2 {
		t.Errorf("%d were refused and %d kept: the test does not test", refused, kept)
	}
}

func TestAKillWhilePostingIsMadeGood(t *testing.T) {
	t.Parallel()
	for _, stored := range []bool{false, true} {
		for at := int64(1); at <= 3; at++ {
			m := &mortal{stored: stored}
			tn := build(t, nil)
			dying := tn.core(t, func(d docdb.Driver) docdb.Driver { m.Driver = d; return m })
			lin := tn.AddUser("Lin")
			must(tn.Profile(t.Context(), creator.ByUser{ID: lin.User}))(t)
			in := creator.Publish{DraftContent: tn.words(lin, "Mine"), RequestID: "mine"}
			m.last.Store(at)
			_, err := dying.Publish(as(t, lin), in)
			settled(t, tn)
			works := tn.works(t, lin)
			if len(works) > 0 && works[0].State != creator.Approved {
				t.Errorf("dead at write %d, stored %t: nobody judged it: %q", at, stored, works[0].State)
			}
			if err == nil {
				continue
			}
			p := must(tn.Publish(as(t, lin), in))(t)
			if works := tn.works(t, lin); len(works) != 1 || works[0].ID != p.ID || p.State != creator.Approved {
				t.Errorf("dead at write %d, stored %t: then there are %+v", at, stored, works)
			}
		}
	}
}

func TestManyProcessesPublishADueDraftOnce(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	heard := collect(t, tn.bus, creator.Published)
	lin := tn.AddUser("Lin", actor.Creator)
	d := tn.scheduled(t, lin, tn.words(lin, "Once"))
	tn.due(t)
	if len(tn.works(t, lin)) != 0 {
		t.Fatal("it was published before its time")
	}
	tn.clock.Advance(time.Hour)
	var work sync.WaitGroup
	for range 6 {
		c := tn.core(t, nil)
		work.Go(func() {
			if err := c.PublishDue(t.Context()); err != nil {
				t.Error(err)
			}
		})
		work.Go(func() {
			_, err := c.PublishDraft(as(t, lin), creator.PublishDraft{ID: d.ID, Rev: 1})
			if err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	tn.became(t, "at once", lin, d.ID)
	tn.clock.Advance(time.Minute) // whoever published is gone: the event waits in its box
	run(t, tn.Core)
	if got := heard.wait(t, 1); got[0].Title != "Once" || got[0].Rev != 1 {
		t.Errorf("heard %+v", got)
	}
}

func TestRunPublishesWhatIsDue(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	run(t, tn.Core)
	heard := collect(t, tn.bus, creator.Published)
	lin := tn.AddUser("Lin", actor.Creator)
	d := tn.scheduled(t, lin, tn.words(lin, "By itself"))
	tn.clock.Advance(time.Hour)
	heard.wait(t, 1)
	if p := must(tn.Draft(as(t, lin), creator.ByDraft{ID: d.ID}))(t).Post; p == "" {
		settled(t, tn)
	}
	if works := tn.works(t, lin); len(works) != 1 || works[0].PublishedAt.Sub(d.PublishAt) > creator.ScheduleSlack {
		t.Errorf("published: %+v", works)
	}
}

func TestAScheduledVideoIsPublishedWhenItIsReady(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	lin := tn.AddUser("Lin", actor.Creator)
	film := tn.AddVideo(lin.User, media.ErrNotReady)
	k := creator.DraftContent{Kind: creator.Video, Title: "Film", Lang: "en", Video: &video.WantedVideo{ID: film}}
	d := tn.scheduled(t, lin, k)
	tn.clock.Advance(time.Hour)
	for range 5 {
		tn.due(t)
		tn.clock.Advance(time.Minute)
	}
	if got := must(tn.Draft(as(t, lin), creator.ByDraft{ID: d.ID}))(t); got.PublishAt.IsZero() || got.Problem != "" || len(tn.works(t, lin)) != 0 {
		t.Fatalf("while it is made ready: %+v", got)
	}
	tn.ChangeVideo(film, nil, func(*media.Video) {})
	tn.due(t)
	tn.became(t, "once it is ready", lin, d.ID)
}

func TestADraftThatCannotBePublishedSaysWhy(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(tn *town, lin actor.Actor) (creator.DraftContent, func()){
		"video_too_long": func(tn *town, lin actor.Actor) (creator.DraftContent, func()) {
			film := tn.AddVideo(lin.User, media.ErrNotReady)
			return creator.DraftContent{Kind: creator.Video, Title: "Spoilt", Lang: "en", Video: &video.WantedVideo{ID: film}},
				func() { tn.ChangeVideo(film, media.ErrTooLong, func(*media.Video) {}) }
		},
		"bad_tag": func(tn *town, lin actor.Actor) (creator.DraftContent, func()) {
			cream := tn.AddProduct("Cream", money.CNY(9900), 5)
			d := tn.words(lin, "Spoilt")
			d.Ad, d.Tags = true, []creator.NewTag{{Product: cream.ID}}
			return d, func() { tn.Change(cream.ID, func(p *catalog.Product) { p.State = catalog.Delisted }) }
		},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			tn := build(t, nil)
			heard := collect(t, tn.bus, creator.Unscheduled)
			lin := tn.AddUser("Lin", actor.Creator)
			content, harm := spoil(tn, lin)
			d := tn.scheduled(t, lin, content)
			harm()
			tn.clock.Advance(time.Hour)
			tn.due(t)
			got := must(tn.Draft(as(t, lin), creator.ByDraft{ID: d.ID}))(t)
			if got.Problem != want || !got.PublishAt.IsZero() || len(tn.works(t, lin)) != 0 {
				t.Errorf("the draft is %+v", got)
			}
			run(t, tn.Core)
			told := heard.wait(t, 1)[0]
			if told.Draft != d.ID || told.Account != lin.User || told.By != lin.User || told.Title != "Spoilt" || told.Reason != want {
				t.Errorf("told %+v", told)
			}
			saved := must(tn.SaveDraft(as(t, lin), creator.SaveDraft{ID: d.ID, Rev: 1, Content: tn.words(lin, "Better")}))(t)
			if saved.Problem != "" || saved.Rev != 2 {
				t.Errorf("saved: %+v", saved)
			}
		})
	}
}

func TestWhatADraftShowsIsKeptAsSoonAsItIsThere(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	lin := tn.AddUser("Lin", actor.Creator)
	film, cover := tn.AddVideo(lin.User, media.ErrNotReady), id.Media("med_on_its_way")
	d := tn.begin(t, lin, creator.DraftContent{Kind: creator.Video, Video: &video.WantedVideo{ID: film, Cover: cover}})
	if d.Cover != "" || tn.Claimed(film) {
		t.Errorf("before anything is there: %+v", d)
	}
	tn.ChangeVideo(film, nil, func(*media.Video) {})
	tn.Arrive(cover, lin.User)
	tn.due(t) // not yet
	tn.clock.Advance(time.Minute)
	tn.due(t)
	got := must(tn.Draft(as(t, lin), creator.ByDraft{ID: d.ID}))(t)
	if !tn.Claimed(film) || !tn.Claimed(cover) || got.Cover == "" || got.Rev != 1 {
		t.Errorf("video kept %t, cover kept %t, the draft is %+v", tn.Claimed(film), tn.Claimed(cover), got)
	}
}

func TestAVideoThatWasNotReadyWhenItWasToBePublishedIsKept(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	lin := tn.AddUser("Lin")
	film := tn.AddVideo(lin.User, media.ErrNotReady)
	d := tn.begin(t, lin, creator.DraftContent{Kind: creator.Video, Title: "Film", Lang: "en", Video: &video.WantedVideo{ID: film}})
	publish := creator.PublishDraft{ID: d.ID, Rev: 1}
	for range 2 {
		if _, err := tn.PublishDraft(as(t, lin), publish); !errors.Is(err, media.ErrNotReady) {
			t.Fatalf("got %v, want not ready", err)
		}
	}
	tn.ChangeVideo(film, nil, func(*media.Video) {})
	tn.clock.Advance(time.Minute)
	tn.due(t)
	if !tn.Claimed(film) || len(tn.works(t, lin)) != 0 {
		t.Errorf("kept %t, and there are %d posts that nobody asked for", tn.Claimed(film), len(tn.works(t, lin)))
	}
	must(tn.PublishDraft(as(t, lin), publish))(t)
	tn.became(t, "by hand", lin, d.ID)
}

// gathered collects what is announced under a topic, each event once.
type gathered[T any] struct {
	mu   sync.Mutex
	ids  map[string]bool
	data []T
	more chan struct{}
}

func collect[T any](t *testing.T, b bus.Bus, topic bus.Topic[T]) *gathered[T] {
	t.Helper()
	g := &gathered[T]{ids: map[string]bool{}, more: make(chan struct{}, 1000)}
	err := bus.On(t.Context(), b, "test-"+id.Secret()[:8], topic, func(_ context.Context, e bus.Event, d T) error {
		g.mu.Lock()
		if !g.ids[e.ID] {
			g.ids[e.ID] = true
			g.data = append(g.data, d)
		}
		g.mu.Unlock()
		g.more <- struct{}{}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// wait returns what was announced, once there are n events.
func (g *gathered[T]) wait(t *testing.T, n int) []T {
	t.Helper()
	patience := time.After(20 * time.Second)
	for {
		g.mu.Lock()
		out := append([]T(nil), g.data...)
		g.mu.Unlock()
		if len(out) >= n {
			return out
		}
		select {
		case <-g.more:
		case <-patience:
			t.Fatalf("%d events, want %d", len(out), n)
		}
	}
}
