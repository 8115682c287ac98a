// Package insighttest says what insight promises, as a suite that runs over
// every way the shop can be cut into processes.
package insighttest

import (
	"context"
	"encoding/csv"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/creator"
	"meadow/services/insight"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

// Shop is insight and what it needs around it.
type Shop struct {
	Insight insight.Service
	// Post makes an author of their own, with a public post. Selling makes one that
	// tags a product.
	Post    func(t *testing.T) (actor.Actor, id.Post)
	Selling func(t *testing.T) (actor.Actor, id.Post, id.Product)
	// Another makes one more post of somebody's.
	Another func(t *testing.T, by actor.Actor) id.Post
	// Viewer makes somebody who looks.
	Viewer func(t *testing.T) actor.Actor
	Now    func() time.Time
}

// Run runs every case; each has authors of its own.
func Run(t *testing.T, s Shop) {
	for name, test := range map[string]func(*testing.T, Shop){
		"WhatScreensSawIsAddedUp":              testAdded,
		"AnEventIsCountedOnceHoweverOftenSent": testOnce,
		"AuthorsDoNotCountThemselves":          testSelf,
		"TablesEqualChartsAndFiles":            testEqual,
		"OnlyTheAccountReadsItsNumbers":        testOthers,
		"PostsArePagedByAColumn":               testTable,
		"SpansAreChecked":                      testSpans,
		"EveryLookIsPublicOrPrivate":           testReach,
		"AnAudienceIsANumberOfMany":            testAudience,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, s) })
	}
}

func (s Shop) today() string { return s.Now().UTC().Format(time.DateOnly) }

func as(t *testing.T, a actor.Actor) context.Context { return actor.With(t.Context(), a) }

func event(kind string, p id.Post, from insight.Source) insight.Event {
	return insight.Event{ID: id.Secret(), Kind: kind, Post: p, Source: from}
}

func (s Shop) sees(t *testing.T, who actor.Actor, all ...insight.Event) {
	t.Helper()
	if _, err := s.Insight.Record(as(t, who), insight.Record{Events: all}); err != nil {
		t.Fatal(err)
	}
}

func (s Shop) report(t *testing.T, who actor.Actor, p id.Post) insight.Report {
	t.Helper()
	r, err := s.Insight.Report(as(t, who), insight.Ask{Post: p, From: s.today(), To: s.today()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func testAdded(t *testing.T, s Shop) {
	author, post, product := s.Selling(t)
	lin, wang := s.Viewer(t), s.Viewer(t)
	dwell := event(insight.Dwell, post, insight.Search)
	dwell.Millis, dwell.Percent = 11_000, 45
	click := event(insight.Click, post, insight.Search)
	click.Product = product
	other := event(insight.Click, post, insight.Search) // on what the post does not show
	other.Product = id.Product(id.New("prd", s.Now()))
	s.sees(t, lin, other)
	s.sees(t, lin, event(insight.Impression, post, insight.Discover), event(insight.View, post, insight.Discover), event(insight.View, post, insight.Search), dwell, click)
	s.sees(t, wang, event(insight.View, post, insight.Search))
	s.sees(t, actor.Actor{}, event(insight.View, post, insight.ByLink))

	r := s.report(t, author, post)
	want := insight.Day{Impressions: 1, Views: 4, Viewers: 3, Clicks: 2}
	if d := cmp.Diff(want, r.Sum); d != "" {
		t.Errorf("sum (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]insight.BySource{
		{Source: insight.Discover, Impressions: 1, Views: 1}, {Source: insight.Search, Views: 2}, {Source: insight.ByLink, Views: 1},
	}, r.Sources); d != "" {
		t.Errorf("sources (-want +got):\n%s", d)
	}
	var kept, watched []int64
	for _, k := range r.Retention {
		kept = append(kept, k.Viewers)
	}
	for _, k := range r.Watched {
		watched = append(watched, k.Viewers)
	}
	if d := cmp.Diff([]int64{1, 1, 1, 1, 0, 0, 0, 0}, kept); d != "" {
		t.Errorf("retention (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]int64{1, 1, 1, 1, 0, 0, 0, 0, 0, 0}, watched); d != "" {
		t.Errorf("watched (-want +got):\n%s", d)
	}
	if len(r.Products) != 1 || r.Products[0].Product != product || r.Products[0].Clicks != 1 {
		t.Errorf("products %+v", r.Products)
	}
}

func testOnce(t *testing.T, s Shop) {
	author, post := s.Post(t)
	e, who := event(insight.View, post, insight.Discover), s.Viewer(t)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := s.Insight.Record(as(t, who), insight.Record{Events: []insight.Event{e, e}}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if r := s.report(t, author, post); r.Sum.Views != 1 || r.Sum.Viewers != 1 {
		t.Errorf("%d views of %d viewers, want 1 of 1", r.Sum.Views, r.Sum.Viewers)
	}
}

func testSelf(t *testing.T, s Shop) {
	author, post := s.Post(t)
	s.sees(t, author, event(insight.View, post, insight.Discover))
	s.sees(t, author, event(insight.View, "pst_00000000000000000000000000", insight.Discover))
	if r := s.report(t, author, post); r.Sum.Views != 0 {
		t.Errorf("%d views", r.Sum.Views)
	}
}

func testEqual(t *testing.T, s Shop) {
	author, post := s.Post(t)
	other := s.Another(t, author)
	for range 3 {
		s.sees(t, s.Viewer(t), event(insight.View, post, insight.Discover), event(insight.Impression, other, insight.Search))
	}
	whole := s.report(t, author, "")
	sum := insight.Day{}
	for _, d := range whole.Days {
		sum.Plus(d)
	}
	sum.Viewers = whole.Sum.Viewers
	if d := cmp.Diff(whole.Sum, sum); d != "" {
		t.Errorf("days do not add up to the sum:\n%s", d)
	}
	var views, impressions int64
	for _, x := range whole.Sources {
		views, impressions = views+x.Views, impressions+x.Impressions
	}
	if views != 3 || impressions != 3 || whole.Sum.Views != 3 || whole.Sum.Impressions != 3 {
		t.Errorf("%d views and %d impressions by source, %+v in all", views, impressions, whole.Sum)
	}
	table, err := s.Insight.PostTable(as(t, author), insight.AskPosts{From: s.today(), To: s.today()})
	if err != nil || len(table.Items) != 2 || table.Items[0].Post != post || table.Items[0].Views != 3 {
		t.Fatalf("%+v %v", table.Items, err)
	}
	file, err := s.Insight.Export(as(t, author), insight.Export{From: s.today(), To: s.today(), Table: "days"})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.Text, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v %v", rows, err)
	}
	got := map[string]string{}
	for i, name := range rows[0] {
		got[name] = rows[1][i]
	}
	for name, n := range map[string]int64{"views": 3, "impressions": 3, "viewers": whole.Days[0].Viewers} {
		if got[name] != strconv.FormatInt(n, 10) {
			t.Errorf("the file says %s %s, the screen %d", got[name], name, n)
		}
	}
}

func testOthers(t *testing.T, s Shop) {
	_, post := s.Post(t)
	other, _ := s.Post(t)
	_, err := s.Insight.Report(as(t, other), insight.Ask{Post: post, From: s.today(), To: s.today()})
	if !errors.Is(err, creator.ErrNoSuchPost) {
		t.Errorf("another's post: %v", err)
	}
	owner, _ := s.Post(t)
	_, err = s.Insight.Report(as(t, other), insight.Ask{As: owner.User, From: s.today(), To: s.today()})
	if !errors.Is(err, creator.ErrNotStaff) {
		t.Errorf("another's account: %v", err)
	}
	_, err = s.Insight.Report(t.Context(), insight.Ask{From: s.today(), To: s.today()})
	if !errors.Is(err, actor.ErrNobody) {
		t.Errorf("nobody: %v", err)
	}
}

func testTable(t *testing.T, s Shop) {
	author, first := s.Post(t)
	posts := []id.Post{first}
	for range 4 {
		posts = append(posts, s.Another(t, author))
	}
	for i, p := range posts {
		for range i + 1 {
			s.sees(t, actor.Actor{}, event(insight.Impression, p, insight.Discover))
		}
	}
	var got []int64
	in := insight.AskPosts{From: s.today(), To: s.today(), By: "impressions", Ask: page.Ask{Limit: 2}}
	for {
		p, err := s.Insight.PostTable(as(t, author), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Items {
			got = append(got, r.Impressions)
		}
		if p.Next == "" {
			break
		}
		in.After = p.Next
	}
	if d := cmp.Diff([]int64{5, 4, 3, 2, 1}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	in.After = "nonsense"
	if _, err := s.Insight.PostTable(as(t, author), in); !errors.Is(err, page.ErrCursor) {
		t.Errorf("a cursor that was never given: %v", err)
	}
}

func testReach(t *testing.T, s Shop) {
	author, post := s.Post(t)
	for _, from := range insight.Sources {
		s.sees(t, actor.Actor{}, event(insight.Impression, post, from), event(insight.View, post, from))
	}
	want := []insight.ByReach{
		{Reach: insight.Public, Impressions: 10, Views: 10}, {Reach: insight.Private, Impressions: 4, Views: 4},
	}
	r := s.report(t, author, post)
	if d := cmp.Diff(want, r.Reach); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if len(r.Sources) != len(insight.Sources) {
		t.Errorf("sources %+v", r.Sources)
	}
	file, err := s.Insight.Export(as(t, author), insight.Export{Post: post, From: s.today(), To: s.today(), Table: "reach"})
	if err != nil || !strings.Contains(file.Text, "private,4,4,0") {
		t.Errorf("%q %v", file.Text, err)
	}
	other, _ := s.Post(t)
	if r := s.report(t, other, ""); len(r.Reach) != 2 {
		t.Errorf("of one whom nobody met: %+v", r.Reach)
	}
}

func testAudience(t *testing.T, s Shop) {
	author, post, product := s.Selling(t)
	click := func(who actor.Actor) {
		e := event(insight.Click, post, insight.Discover)
		e.Product = product
		s.sees(t, who, e)
	}
	audience := func(who actor.Actor, as id.User) (insight.Audience, error) {
		return s.Insight.Audience(actor.With(t.Context(), who), insight.AskAudience{As: as})
	}
	want := func(n insight.Headcount) {
		t.Helper()
		got, err := audience(author, author.User)
		none := insight.Headcount{Hidden: n.Hidden} // of too few, not even that
		if err != nil || got.Engaged != n || got.Both != none || got.Buyers != none || got.Followers != (insight.Headcount{}) {
			t.Errorf("%+v %v, want %+v engaged", got, err, n)
		}
	}
	want(insight.Headcount{})
	click(author)
	click(actor.Actor{}) // a visitor is nobody that is reached again
	for i := range insight.Fewest {
		who := s.Viewer(t)
		if i == 0 {
			s.sees(t, who, event(insight.View, post, insight.Discover)) // to look is not enough
			want(insight.Headcount{})
		}
		if i == insight.Fewest-1 {
			want(insight.Headcount{Hidden: true})
		}
		click(who)
		click(who)
	}
	want(insight.Headcount{N: insight.Fewest})
	if _, err := audience(s.Viewer(t), author.User); !errors.Is(err, creator.ErrNotStaff) {
		t.Errorf("another's audience: %v", err)
	}
	if _, err := audience(actor.Actor{}, ""); !errors.Is(err, actor.ErrNobody) {
		t.Errorf("nobody: %v", err)
	}
}

func testSpans(t *testing.T, s Shop) {
	author, _ := s.Post(t)
	for _, in := range []insight.Ask{
		{From: "2026-02-30", To: "2026-03-01"}, {From: "yesterday!", To: s.today()},
		{From: s.today(), To: "2020-01-01"}, {From: "2020-01-01", To: s.today()}, {From: "9999-01-01", To: "9999-01-02"},
	} {
		if _, err := s.Insight.Report(as(t, author), in); !errors.Is(err, insight.ErrSpan) {
			t.Errorf("%s to %s: %v", in.From, in.To, err)
		}
	}
	if _, err := s.Insight.Record(t.Context(), insight.Record{}); !errors.Is(err, errs.ErrInvalid) {
		t.Errorf("no events: %v", err)
	}
}
