package talkcore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/media"
	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/picture"
	"meadow/services/moderation"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/talk"
)

// ear collects what is announced.
type ear struct {
	mu      sync.Mutex // guards all below
	said    []talk.SaidData
	unsaid  []talk.UnsaidData
	counted []talk.CountedData
}

func listen(t *testing.T, b bus.Bus) *ear {
	t.Helper()
	e := &ear{}
	seen := map[string]bool{}
	once := func(ev bus.Event, f func()) error {
		e.mu.Lock()
		defer e.mu.Unlock()
		if !seen[ev.ID] {
			seen[ev.ID] = true
			f()
		}
		return nil
	}
	if err := errors.Join(
		bus.On(t.Context(), b, "test", talk.Said, func(_ context.Context, ev bus.Event, d talk.SaidData) error {
			return once(ev, func() { e.said = append(e.said, d) })
		}),
		bus.On(t.Context(), b, "test", talk.Unsaid, func(_ context.Context, ev bus.Event, d talk.UnsaidData) error {
			return once(ev, func() { e.unsaid = append(e.unsaid, d) })
		}),
		bus.On(t.Context(), b, "test", talk.Counted, func(_ context.Context, ev bus.Event, d talk.CountedData) error {
			return once(ev, func() { e.counted = append(e.counted, d) })
		}),
	); err != nil {
		t.Fatal(err)
	}
	return e
}

// until waits for something that an event brings about.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	patience, tick := time.After(20*time.Second), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-patience:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (e *ear) look(f func() bool) func() bool {
	return func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return f()
	}
}

func TestACommentIsAnnouncedWhenItIsFirstShownAndWhenItGoes(t *testing.T) {
	t.Parallel()
	tn := build(t)
	e := listen(t, tn.bus)
	lin, fan, ann := tn.AddUser("Lin"), tn.AddUser("Fan"), tn.AddUser("Ann")
	p := tn.AddPost(lin.User)
	must(tn.SetRules(as(t, lin), talk.Rules{Who: talk.Everybody, Hold: talk.HoldLinks}))(t)
	long := strings.Repeat("好", 120)
	top := must(tn.Say(as(t, fan), talk.Say{ID: p, Body: long, Mentions: []id.User{ann.User}, RequestID: "1"}))(t)
	reply := tn.say(t, lin, p, top.ID, "Thanks") // before anything runs: the events wait in their boxes
	tn.clock.Advance(time.Minute)
	run(t, tn.Core)
	held := tn.say(t, fan, p, "", "www.example.com")
	until(t, "two to be said", e.look(func() bool { return len(e.said) == 2 }))
	e.mu.Lock()
	i := slices.IndexFunc(e.said, func(d talk.SaidData) bool { return d.Comment == top.ID })
	got, other := e.said[i], e.said[1-i]
	e.mu.Unlock()
	want := talk.SaidData{
		Comment: top.ID, Post: p, Author: lin.User, By: fan.User, Mentions: []id.User{ann.User}, Body: long[:300], Trace: got.Trace, At: top.At,
	}
	if d := cmp.Diff(want, got); d != "" || got.Trace == "" {
		t.Errorf("said: %s, trace %q", d, got.Trace)
	}
	if other.Comment != reply.ID || other.Parent != top.ID || other.To != fan.User {
		t.Errorf("the reply was said as %+v", other)
	}
	must(tn.Let(as(t, lin), talk.ByComment{ID: held.ID}))(t)
	must(tn.Unsay(as(t, lin), talk.ByComment{ID: top.ID}))(t)
	until(t, "three said and two unsaid", e.look(func() bool { return len(e.said) == 3 && len(e.unsaid) == 2 }))
	tn.clock.Advance(time.Second)
	until(t, "the count", e.look(func() bool {
		return len(e.counted) > 0 && slices.MaxFunc(e.counted, func(a, b talk.CountedData) int { return int(a.Rev - b.Rev) }).Comments == 1
	}))
}

func TestACountIsAnnouncedAtMostTwiceASecondAndAtLast(t *testing.T) {
	t.Parallel()
	tn := build(t)
	e := listen(t, tn.bus)
	p := tn.AddPost(tn.AddUser("Lin").User)
	run(t, tn.Core)
	const people = 40
	for i := range people {
		tn.say(t, tn.AddUser("Fan"), p, "", fmt.Sprint(i))
	}
	until(t, "the first count", e.look(func() bool { return len(e.counted) == 1 }))
	tn.clock.Advance(499 * time.Millisecond)
	if err := tn.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	tn.clock.Advance(time.Millisecond)
	until(t, "the last count", e.look(func() bool { return len(e.counted) == 2 }))
	e.mu.Lock()
	defer e.mu.Unlock()
	first, last := e.counted[0], e.counted[1]
	if first.Comments != 1 || last.Comments != people || last.Rev <= first.Rev || last.Post != p {
		t.Errorf("counted %+v", e.counted)
	}
}

func TestALongThreadGoesInPieces(t *testing.T) {
	t.Parallel()
	tn := build(t)
	lin := tn.AddUser("Lin")
	p := tn.AddPost(lin.User)
	top := tn.say(t, lin, p, "", "Top")
	const replies = 450 // more than go at once
	for range replies {
		tn.say(t, tn.AddUser("Fan"), p, top.ID, "Reply")
	}
	must(tn.Unsay(as(t, lin), talk.ByComment{ID: top.ID}))(t)
	if n, _, _ := tn.Counts(t.Context(), p); n != 0 || len(tn.list(t, lin, talk.Comments{ID: p})) != 0 {
		t.Errorf("%d comments at once", n)
	}
	if wrong, err := tn.Audit(t.Context()); err != nil || len(wrong) < 40 {
		t.Fatalf("who removed it waited for all: %d left, %v", len(wrong), err)
	}
	settled(t, tn, "after sweeping")
}

func TestWhoIsBannedIsNotReadAndSaysNothingWhileItLasts(t *testing.T) {
	t.Parallel()
	tn := build(t)
	run(t, tn.Core)
	lin, eve := tn.AddUser("Lin"), tn.AddUser("Eve")
	p := tn.AddPost(lin.User)
	top := tn.say(t, eve, p, "", "Eve's")
	mine := tn.say(t, lin, p, "", "Lin's")
	tn.say(t, eve, p, mine.ID, "Eve's reply")
	must(tn.Pin(as(t, lin), talk.ByComment{ID: top.ID}))(t)
	send := func(on bool, rev int64) {
		t.Helper()
		d := moderation.RestrictedData{User: eve.User, On: on, Until: tn.clock.Now().Add(time.Hour), Rev: rev}
		if err := tn.bus.Publish(t.Context(), moderation.Restricted.Event(tn.clock.Now(), id.Secret(), d), false); err != nil {
			t.Fatal(err)
		}
	}
	heard := func() int {
		n := 0
		for _, k := range tn.list(t, lin, talk.Comments{ID: p}) {
			n += 1 + len(k.Latest)
		}
		return n
	}
	send(true, 2)
	until(t, "silence", func() bool { return heard() == 1 })
	if got := tn.list(t, eve, talk.Comments{ID: p}); len(got) != 2 {
		t.Errorf("she reads %d of her own and others", len(got))
	}
	if _, err := tn.Say(as(t, eve), talk.Say{ID: p, Body: "Still", RequestID: "1"}); !errors.Is(err, moderation.ErrSuspended) {
		t.Errorf("she says: %v", err)
	}
	tn.clock.Advance(time.Hour)
	if got := heard(); got != 3 {
		t.Errorf("after it ended: %d", got)
	}
	send(true, 4)
	until(t, "silence", func() bool { return heard() == 1 })
	send(true, 3) // older
	send(false, 5)
	until(t, "her voice", func() bool { return heard() == 3 })
}

func TestWhoBoughtWhatAPostShowsIsMarked(t *testing.T) {
	t.Parallel()
	tn := build(t)
	run(t, tn.Core)
	fan := tn.AddUser("Fan")
	p := tn.AddPost(tn.AddUser("Lin").User, "prd_1", "prd_2")
	other := tn.AddPost(tn.AddUser("Lin").User, "prd_3")
	if tn.say(t, fan, p, "", "Before").Bought {
		t.Error("bought before buying")
	}
	d := checkout.OrderData{Order: "ord_1", Buyer: fan.User, PaidAt: tn.clock.Now(), Lines: []checkout.LineData{{Product: "prd_9"}, {Product: "prd_2"}}}
	for range 2 {
		if err := tn.bus.Publish(t.Context(), checkout.OrderPaid.Event(tn.clock.Now(), "ord_1", d), true); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "the mark", func() bool {
		tn.clock.Advance(time.Minute)
		return tn.say(t, fan, p, "", "After").Bought
	})
	tn.clock.Advance(time.Minute)
	if tn.say(t, fan, other, "", "Elsewhere").Bought {
		t.Error("bought something else")
	}
}

func TestPicturesAreOfCommentsAndSeenByModeration(t *testing.T) {
	t.Parallel()
	tn := build(t)
	fan := tn.AddUser("Fan")
	p := tn.AddPost(tn.AddUser("Lin").User)
	in := talk.Say{ID: p, Pictures: []picture.Wanted{{ID: tn.AddPicture(fan.User, media.ForPost)}}, RequestID: "1"}
	if _, err := tn.Say(as(t, fan), in); !errors.Is(err, creator.ErrNoPicture) {
		t.Errorf("a post's picture: %v", err)
	}
	in.Pictures[0].ID, in.RequestID = tn.AddPicture(fan.User, media.ForComment), "2"
	k := must(tn.Say(as(t, fan), in))(t)
	checks := tn.Checks()
	if len(checks) != 1 {
		t.Fatalf("checked %+v", checks)
	}
	got := checks[0]
	if got.Subject != (moderation.Subject{Kind: moderation.Comment, ID: string(k.ID)}) || got.Author != fan.User || got.Rev != 1 ||
		got.Facts.Thumb == "" || len(got.Facts.Likenesses) != 1 || !strings.HasSuffix(got.Facts.Link, string(p)) {
		t.Errorf("checked %+v", got)
	}
}

func TestThePaceIsOfMinutesAndHours(t *testing.T) {
	t.Parallel()
	tn := build(t)
	fan := tn.AddUser("Fan")
	p := tn.AddPost(tn.AddUser("Lin").User)
	n := 0
	say := func() error {
		n++
		_, err := tn.Say(as(t, fan), talk.Say{ID: p, Body: "x", RequestID: fmt.Sprint(n)})
		return err
	}
	for minute := range 10 {
		for i := range 11 {
			if err := say(); (i == 10) != errors.Is(err, talk.ErrFast) || i < 10 && err != nil {
				t.Fatalf("minute %d, %d: %v", minute, i, err)
			}
		}
		tn.clock.Advance(time.Minute)
	}
	tn.Core = tn.core(t, nil) // a restart
	if err := say(); !errors.Is(err, talk.ErrFast) {
		t.Errorf("the 101st within an hour: %v", err)
	}
	tn.clock.Advance(50 * time.Minute) // ten are an hour old
	for i := range 11 {
		if err := say(); (i == 10) != errors.Is(err, talk.ErrFast) {
			t.Fatalf("after an hour, %d: %v", i, err)
		}
	}
	tn.clock.Advance(2 * time.Hour) // the record has expired
	if err := say(); err != nil {
		t.Error(err)
	}
}

func TestTheLimitHoldsForManyAtOnce(t *testing.T) {
	t.Parallel()
	tn := build(t)
	fan := tn.AddUser("Fan")
	p := tn.AddPost(tn.AddUser("Lin").User)
	var work sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	for i := range 60 {
		work.Go(func() {
			_, err := tn.Say(as(t, fan), talk.Say{ID: p, Body: "x", RequestID: fmt.Sprint(i)})
			if err != nil && !errors.Is(err, talk.ErrFast) {
				t.Error(err)
			}
			if err == nil {
				mu.Lock()
				taken++
				mu.Unlock()
			}
		})
	}
	work.Wait()
	if taken != 10 {
		t.Errorf("%d were taken", taken)
	}
	if n, _, _ := tn.Counts(t.Context(), p); n != 10 {
		t.Errorf("%d are counted", n)
	}
}

func TestResponseIsOfTheLastThirtyDays(t *testing.T) {
	t.Parallel()
	tn := build(t)
	lin, fan := tn.AddUser("Lin"), tn.AddUser("Fan")
	p := tn.AddPost(lin.User)
	ask := func() talk.Comment { tn.clock.Advance(time.Minute); return tn.say(t, fan, p, "", "How much?") }
	old := ask()
	tn.clock.Advance(31 * 24 * time.Hour)
	tn.say(t, lin, p, old.ID, "Late")
	a, b := ask(), ask()
	ask()
	tn.clock.Advance(time.Hour)
	tn.say(t, lin, p, a.ID, "20")
	tn.clock.Advance(2 * 24 * time.Hour)
	tn.say(t, lin, p, b.ID, "Also 20")
	got := must(tn.Response(as(t, lin), talk.AskResponse{}))(t)
	want := talk.Response{
		Days: 30, Asked: 3, Answered: 2, Waiting: 1, Median: 3600 + 2*60, P90: 49*3600 + 60, Within: 1, Target: 24 * 3600,
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	q := must(tn.Questions(as(t, lin), talk.Questions{}))(t).Items
	if len(q) != 1 || q[0].Waiting != 49*time.Hour || q[0].Title != "Title" || q[0].Thumb != "/thumb" {
		t.Errorf("waiting: %+v", q)
	}
}

func TestARequestThatIsRepeatedCountsOnceForThePace(t *testing.T) {
	t.Parallel()
	tn := still(t)
	m := &mortal{}
	dying := tn.core(t, func(d docdb.Driver) docdb.Driver { m.Driver = d; return m })
	fan := tn.AddUser("Fan")
	in := talk.Say{ID: tn.AddPost(tn.AddUser("Lin").User), Body: "x", RequestID: "1"}
	for range 15 {
		m.writes.Store(0)
		m.last.Store(2) // after the pace, before the comment
		if _, err := dying.Say(as(t, fan), in); errors.Is(err, talk.ErrFast) {
			t.Fatal(err)
		}
	}
	must(tn.Say(as(t, fan), in))(t)
}
