package talkcore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/talk"
)

var errKilled = errors.New("killed")

// mortal is a driver whose process dies at a write: before it, or after it was
// stored but before anybody heard.
type mortal struct {
	docdb.Driver
	writes atomic.Int64
	last   atomic.Int64 // the write to die at; none if 0
	stored bool
}

func (m *mortal) die(write func() error) error {
	n, last := m.writes.Add(1), m.last.Load()
	switch {
	case last == 0 || n < last:
		return write()
	case n == last && m.stored:
		if err := write(); err != nil {
			return err
		}
	}
	return errKilled
}

func (m *mortal) Insert(ctx context.Context, coll string, docs ...docdb.Doc) error {
	return m.die(func() error { return m.Driver.Insert(ctx, coll, docs...) })
}

func (m *mortal) Replace(ctx context.Context, coll string, rev int64, doc docdb.Doc) error {
	return m.die(func() error { return m.Driver.Replace(ctx, coll, rev, doc) })
}

func (m *mortal) UpdateIf(ctx context.Context, coll, id string, conds []docdb.Cond, changes []docdb.Change) (doc docdb.Doc, err error) {
	err = m.die(func() (e error) {
		doc, e = m.Driver.UpdateIf(ctx, coll, id, conds, changes)
		return e
	})
	return doc, err
}

// settled sweeps after whoever was at work has had the time for it, and counts
// everything again.
func settled(t testing.TB, tn *town, when string) {
	t.Helper()
	tn.clock.Advance(2 * time.Minute) // also for the pace
	for range 2 {
		if err := tn.Sweep(t.Context()); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
	}
	audit(t, tn, when)
}

func audit(t testing.TB, tn *town, when string) {
	t.Helper()
	wrong, err := tn.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wrong {
		t.Errorf("%s: %s", when, w)
	}
}

// scene is a post that is talked about.
type scene struct {
	tn             *town
	lin, fan       actor.Actor
	post           id.Post
	top, asked     talk.Comment
	held           talk.Comment
	a, b, question talk.Comment
	n              int
}

func stage(t testing.TB, tn *town) *scene {
	t.Helper()
	s := &scene{tn: tn, lin: tn.AddUser("Lin"), fan: tn.AddUser("Fan")}
	s.post = tn.AddPost(s.lin.User)
	must(tn.SetRules(as(t, s.lin), talk.Rules{Who: talk.Everybody, Hold: talk.HoldLinks}))(t)
	s.top = tn.say(t, s.fan, s.post, "", "Top")
	s.asked = tn.say(t, s.fan, s.post, "", "How much?")
	s.held = tn.say(t, s.fan, s.post, "", "See www.example.com")
	s.a = tn.say(t, s.lin, s.post, s.top.ID, "A")
	s.b = tn.say(t, s.fan, s.post, s.top.ID, "B")
	s.question = tn.say(t, s.fan, s.post, s.asked.ID, "And where?")
	return s
}

// deeds are what comments can go through; each is a function of the scene that
// may be done again.
func deeds(t testing.TB) map[string]func(c talk.Service, s *scene) error {
	say := func(c talk.Service, s *scene, who actor.Actor, parent id.Comment, body string) error {
		_, err := c.Say(as(t, who), talk.Say{ID: s.post, Parent: parent, Body: body, RequestID: "the one request for " + body})
		return err
	}
	return map[string]func(talk.Service, *scene) error{
		"say":      func(c talk.Service, s *scene) error { return say(c, s, s.fan, "", "Say") },
		"say held": func(c talk.Service, s *scene) error { return say(c, s, s.fan, "", "www.example.com again") },
		"reply":    func(c talk.Service, s *scene) error { return say(c, s, s.fan, s.top.ID, "Reply") },
		"answer":   func(c talk.Service, s *scene) error { return say(c, s, s.lin, s.question.ID, "Here, for 20") },
		"like": func(c talk.Service, s *scene) error {
			_, err := c.LikeComment(as(t, s.fan), talk.ByComment{ID: s.top.ID})
			return err
		},
		"like and unlike": func(c talk.Service, s *scene) error {
			_, err := c.LikeComment(as(t, s.lin), talk.ByComment{ID: s.top.ID})
			if err == nil {
				_, err = c.UnlikeComment(as(t, s.lin), talk.ByComment{ID: s.top.ID})
			}
			return err
		},
		"unsay":         unsays(t, func(s *scene) id.Comment { return s.top.ID }),
		"unsay a reply": unsays(t, func(s *scene) id.Comment { return s.a.ID }),
		"let": func(c talk.Service, s *scene) error {
			_, err := c.Let(as(t, s.lin), talk.ByComment{ID: s.held.ID})
			return err
		},
		"pin": func(c talk.Service, s *scene) error {
			_, err := c.Pin(as(t, s.lin), talk.ByComment{ID: s.top.ID})
			return err
		},
		"settle": func(c talk.Service, s *scene) error {
			_, err := c.Settle(as(t, s.lin), talk.ByComment{ID: s.asked.ID})
			return err
		},
	}
}

func unsays(t testing.TB, which func(*scene) id.Comment) func(talk.Service, *scene) error {
	return func(c talk.Service, s *scene) error {
		_, err := c.Unsay(as(t, s.lin), talk.ByComment{ID: which(s)})
		if errors.Is(err, talk.ErrNoSuchComment) {
			err = nil // done before
		}
		return err
	}
}

func TestAKillBetweenAnyTwoWritesLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	const most = 16 // more writes than any deed takes
	for _, stored := range []bool{false, true} {
		m := &mortal{stored: stored}
		for name, do := range deeds(t) {
			tn := still(t)
			dying := tn.core(t, func(d docdb.Driver) docdb.Driver { m.Driver = d; return m })
			deaths := 0
			for at := int64(1); at <= most; at++ {
				when := fmt.Sprintf("%s dies at write %d, stored %t", name, at, stored)
				s := stage(t, tn)
				m.writes.Store(0)
				m.last.Store(at)
				err := do(dying, s)
				if err != nil && !errors.Is(err, errKilled) {
					t.Fatalf("%s: %v", when, err)
				}
				if err == nil {
					break // it takes fewer writes
				}
				deaths++
				settled(t, tn, when)
				if err := do(tn, s); err != nil {
					t.Fatalf("%s: then again: %v", when, err)
				}
				audit(t, tn, when+", then done again")
				before, _, _ := tn.Counts(t.Context(), s.post)
				if err := do(tn, s); err != nil {
					t.Fatalf("%s: and again: %v", when, err)
				}
				if after, _, _ := tn.Counts(t.Context(), s.post); after != before {
					t.Errorf("%s: a repetition made %d comments of %d", when, after, before)
				}
			}
			if deaths < 1 {
				t.Errorf("%s never died: the test does not test", name)
			}
		}
	}
}

// halting is a driver that stands still before one write, until released.
type halting struct {
	docdb.Driver
	left    atomic.Int64 // writes until the halt
	reached chan struct{}
	release chan struct{}
}

func (h *halting) halt() {
	if h.left.Add(-1) == 0 {
		close(h.reached)
		<-h.release
	}
}

func (h *halting) Insert(ctx context.Context, coll string, docs ...docdb.Doc) error {
	h.halt()
	return h.Driver.Insert(ctx, coll, docs...)
}

func (h *halting) Replace(ctx context.Context, coll string, rev int64, doc docdb.Doc) error {
	h.halt()
	return h.Driver.Replace(ctx, coll, rev, doc)
}

func (h *halting) UpdateIf(ctx context.Context, coll, id string, conds []docdb.Cond, changes []docdb.Change) (docdb.Doc, error) {
	h.halt()
	return h.Driver.UpdateIf(ctx, coll, id, conds, changes)
}

func TestAStragglerThatWakesUpLateCountsNothingTwice(t *testing.T) {
	t.Parallel()
	all := deeds(t)
	for name, do := range all {
		halts := 0
		for at, halted := int64(1), true; halted && at <= 16; at++ {
			tn := still(t)
			halted = false
			for _, meanwhile := range []string{"", "the same", "reply", "unsay", "like and unlike"} {
				when := fmt.Sprintf("%s halts at write %d, meanwhile %q", name, at, meanwhile)
				s := stage(t, tn)
				h := &halting{reached: make(chan struct{}), release: make(chan struct{})}
				h.left.Store(at)
				slow := tn.core(t, func(drv docdb.Driver) docdb.Driver { h.Driver = drv; return h })
				done := make(chan error, 1)
				go func() { done <- do(slow, s) }()
				var err error
				select {
				case <-h.reached:
					halts, halted = halts+1, true
					other := all[meanwhile]
					if meanwhile == "the same" {
						other = do
					}
					if other != nil {
						if err := other(tn, s); err != nil && !errors.Is(err, talk.ErrNoSuchComment) {
							t.Fatalf("%s: %v", when, err)
						}
					}
					tn.clock.Advance(2 * time.Minute)
					if err := tn.Sweep(t.Context()); err != nil {
						t.Fatal(err)
					}
					close(h.release)
					err = <-done
				case err = <-done:
				}
				if err != nil && !errors.Is(err, talk.ErrNoSuchComment) {
					t.Fatalf("%s: %v", when, err)
				}
				settled(t, tn, when)
			}
			if t.Failed() {
				return
			}
		}
		if halts < 5 {
			t.Errorf("%s halted %d times only", name, halts)
		}
	}
}

func TestTwoHundredRepetitionsAtOnceCountOnce(t *testing.T) {
	t.Parallel()
	const twins = 200
	tn := still(t)
	other := tn.core(t, nil)
	s := stage(t, tn)
	before, _, _ := tn.Counts(t.Context(), s.post)
	var work sync.WaitGroup
	for i := range twins {
		c := []talk.Service{tn, other}[i%2]
		work.Go(func() {
			if _, err := c.LikeComment(as(t, s.fan), talk.ByComment{ID: s.top.ID}); err != nil {
				t.Error(err)
			}
		})
		work.Go(func() {
			if _, err := c.Say(as(t, s.fan), talk.Say{ID: s.post, Parent: s.top.ID, Body: "Once", RequestID: "one"}); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	audit(t, tn, "repetitions")
	got := tn.list(t, s.lin, talk.Comments{ID: s.post, Order: talk.Hot})
	if n, _, _ := tn.Counts(t.Context(), s.post); n != before+1 || got[0].ID != s.top.ID || got[0].Likes != 1 || got[0].Replies != 3 {
		t.Errorf("%d comments, want %d; the first is %+v", n, before+1, got[0])
	}
}

func TestTwoHundredPeopleAtOnceAreCountedEach(t *testing.T) {
	t.Parallel()
	const people = 200
	tn := still(t)
	other := tn.core(t, nil)
	s := stage(t, tn)
	before, _, _ := tn.Counts(t.Context(), s.post)
	var work sync.WaitGroup
	for i := range people {
		u, c := tn.AddUser(fmt.Sprint("Fan ", i)), []talk.Service{tn, other}[i%2]
		work.Go(func() {
			if _, err := c.LikeComment(as(t, u), talk.ByComment{ID: s.top.ID}); err != nil {
				t.Error(err)
			}
		})
		work.Go(func() {
			if _, err := c.Say(as(t, u), talk.Say{ID: s.post, Parent: s.top.ID, Body: "Me too", RequestID: "one"}); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	audit(t, tn, "a crowd")
	if n, _, _ := tn.Counts(t.Context(), s.post); n != before+people {
		t.Errorf("%d comments, want %d", n, before+people)
	}
}

// TestWhateverIsDoneAtOnceTheCountsAreRight has many people do whatever comes to
// their mind, in two processes, then counts everything again.
func TestWhateverIsDoneAtOnceTheCountsAreRight(t *testing.T) {
	t.Parallel()
	tn := still(t)
	other := tn.core(t, nil)
	s := stage(t, tn)
	var mu sync.Mutex
	said := []id.Comment{s.top.ID, s.asked.ID, s.a.ID, s.b.ID}
	var work sync.WaitGroup
	for i := range 16 {
		u, c := tn.AddUser(fmt.Sprint("Fan ", i)), []talk.Service{tn, other}[i%2]
		r := rand.New(rand.NewPCG(uint64(i), 7))
		work.Go(func() {
			for n := range 30 {
				mu.Lock()
				k := said[r.IntN(len(said))]
				mu.Unlock()
				by, ctx := talk.ByComment{ID: k}, as(t, u)
				var err error
				switch r.IntN(8) {
				case 0, 1, 2:
					_, err = c.LikeComment(ctx, by)
				case 3:
					_, err = c.UnlikeComment(ctx, by)
				case 4:
					_, err = c.Unsay(as(t, s.lin), by)
				default:
					tn.clock.Advance(7 * time.Second)
					var got talk.Comment
					in := talk.Say{ID: s.post, Body: "Is it www.example.com?", RequestID: fmt.Sprint(n)}
					if r.IntN(2) == 0 {
						in.Parent, in.Body = k, "Or this?"
					}
					got, err = c.Say(ctx, in)
					if err == nil {
						mu.Lock()
						said = append(said, got.ID)
						mu.Unlock()
					}
				}
				if err != nil && !errors.Is(err, talk.ErrNoSuchComment) && !errors.Is(err, talk.ErrFast) {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	settled(t, tn, "a crowd")
}
