package creatorcore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
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

// settled sweeps after whoever was at work has had the time for it.
func settled(t *testing.T, tn *town) {
	t.Helper()
	tn.clock.Advance(time.Minute)
	for range 2 {
		if err := tn.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// deeds are what is counted; each says what its counts should be from what is
// written down alone, and what they are.
type deed struct {
	do, undo func(c creator.Service) error
	is       func() (done bool, count int64)
}

func deeds(t *testing.T, tn *town) map[string]deed {
	lin, fan := tn.AddUser("Lin", actor.Creator), tn.AddUser("Fan")
	p := tn.publish(t, tn, lin, "deeds")
	by, whom := creator.ByPost{ID: p.ID}, creator.ByUser{ID: lin.User}
	read := func() creator.Post { return must(tn.Post(as(t, fan), creator.ReadPost{ID: p.ID}))(t) }
	profile := func(a, asks actor.Actor) creator.Profile {
		return must(tn.Profile(as(t, asks), creator.ByUser{ID: a.User}))(t)
	}
	shelf := must(tn.NewCollection(as(t, fan), creator.NewCollection{Name: "Shelf", RequestID: "shelf"}))(t)
	return map[string]deed{
		"like": {
			do:   func(c creator.Service) error { _, err := c.Like(as(t, fan), by); return err },
			undo: func(c creator.Service) error { _, err := c.Unlike(as(t, fan), by); return err },
			is:   func() (bool, int64) { x := read(); return x.Liked, x.Likes },
		},
		"likes of the author": {
			do:   func(c creator.Service) error { _, err := c.Like(as(t, lin), by); return err },
			undo: func(c creator.Service) error { _, err := c.Unlike(as(t, lin), by); return err },
			is: func() (bool, int64) {
				return must(tn.Post(as(t, lin), creator.ReadPost{ID: p.ID}))(t).Liked, profile(lin, fan).Likes
			},
		},
		"save": {
			do:   func(c creator.Service) error { _, err := c.Save(as(t, fan), creator.Save{ID: p.ID}); return err },
			undo: func(c creator.Service) error { _, err := c.Unsave(as(t, fan), by); return err },
			is:   func() (bool, int64) { x := read(); return x.Saved, x.Saves },
		},
		"collect": {
			do: func(c creator.Service) error {
				_, err := c.Save(as(t, fan), creator.Save{ID: p.ID, Collections: []id.Collection{shelf.ID}})
				return err
			},
			undo: func(c creator.Service) error {
				_, err := c.Uncollect(as(t, fan), creator.Uncollect{ID: shelf.ID, Post: p.ID})
				return err
			},
			is: func() (bool, int64) {
				k := must(tn.Collections(as(t, fan), creator.AskCollections{Post: p.ID}))(t).Items[0]
				if n := len(must(tn.Collected(as(t, fan), creator.Collected{ID: k.ID}))(t).Items); int64(n) != k.Posts {
					t.Errorf("%d posts counted, %d there", k.Posts, n)
				}
				return k.Holds, k.Posts
			},
		},
		"follow": {
			do:   func(c creator.Service) error { _, err := c.Follow(as(t, fan), whom); return err },
			undo: func(c creator.Service) error { _, err := c.Unfollow(as(t, fan), whom); return err },
			is: func() (bool, int64) {
				x, y := profile(lin, fan), profile(fan, fan)
				if x.Followers != y.Following {
					t.Errorf("%d followers, %d following", x.Followers, y.Following)
				}
				return x.Followed, x.Followers
			},
		},
	}
}

func (d deed) check(t *testing.T, when string) {
	t.Helper()
	done, count := d.is()
	if want := map[bool]int64{true: 1, false: 0}[done]; count != want {
		t.Errorf("%s: done is %t but counted %d times", when, done, count)
	}
}

func TestAKillBetweenAnyTwoWritesLosesAndDoublesNoCount(t *testing.T) {
	t.Parallel()
	const most = 14 // more writes than any deed takes
	for _, stored := range []bool{false, true} {
		m := &mortal{stored: stored}
		tn := build(t, nil)
		dying := tn.core(t, func(d docdb.Driver) docdb.Driver { m.Driver = d; return m })
		for name, d := range deeds(t, tn) {
			deaths := 0
			for at := int64(1); at <= most; at++ {
				for i, f := range []func(creator.Service) error{d.do, d.undo} { // ends undone
					when := fmt.Sprintf("%s: step %d dies at write %d, stored %t", name, i, at, stored)
					m.writes.Store(0)
					m.last.Store(at)
					err := f(dying)
					if err != nil && !errors.Is(err, errKilled) {
						t.Fatalf("%s: %v", when, err)
					}
					if err != nil {
						deaths++
					}
					settled(t, tn)
					d.check(t, when)
					if err := f(tn); err != nil {
						t.Fatalf("%s: then again: %v", when, err)
					}
					settled(t, tn)
					d.check(t, when+", then done again")
				}
			}
			if deaths < 4 {
				t.Errorf("%s died %d times only: the test does not test", name, deaths)
			}
		}
	}
}

// halting is a driver that stands still before one write, until released.
type halting struct {
	docdb.Driver
	mu      sync.Mutex // guards left
	left    int        // writes until the halt
	reached chan struct{}
	release chan struct{}
}

func (h *halting) halt() {
	h.mu.Lock()
	h.left--
	now := h.left == 0
	h.mu.Unlock()
	if now {
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
	tn := build(t, nil)
	for name, d := range deeds(t, tn) {
		halts := 0
		for at := 1; at <= 12; at++ {
			for between := range 4 {
				h := &halting{left: at, reached: make(chan struct{}), release: make(chan struct{})}
				slow := tn.core(t, func(drv docdb.Driver) docdb.Driver { h.Driver = drv; return h })
				done := make(chan error, 1)
				go func() { done <- d.do(slow) }()
				var err error
				select {
				case <-h.reached:
					halts++
					others := []func(creator.Service) error{d.do, d.undo, d.do}
					for _, f := range others[:between] {
						if err := f(tn); err != nil {
							t.Fatal(err)
						}
					}
					settled(t, tn)
					close(h.release)
					err = <-done
				case err = <-done:
				}
				if err != nil {
					t.Fatal(err)
				}
				settled(t, tn)
				d.check(t, fmt.Sprintf("%s: halted at write %d, %d deeds meanwhile", name, at, between))
				if err := d.undo(tn); err != nil {
					t.Fatal(err)
				}
				settled(t, tn)
				d.check(t, fmt.Sprintf("%s: undone after a halt at write %d", name, at))
			}
		}
		if halts < 8 {
			t.Errorf("%s halted %d times only: the test does not test", name, halts)
		}
	}
}

func TestCountsAgreeAfterManyDidAndUndidWhileProcessesDied(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	lin := tn.AddUser("Lin", actor.Creator)
	by := creator.ByPost{ID: tn.publish(t, tn, lin, "crowd").ID}
	const people, tries = 6, 25
	var crowd []actor.Actor
	for range people {
		crowd = append(crowd, tn.AddUser("Fan"))
	}
	var work sync.WaitGroup
	for _, fan := range append(crowd, crowd...) { // two at a time for each
		work.Go(func() {
			for range tries {
				m := &mortal{stored: rand.N(2) == 0}
				m.last.Store(rand.Int64N(12)) // 0 lives on
				c := tn.core(t, func(d docdb.Driver) docdb.Driver { m.Driver = d; return m })
				f := c.Like
				if rand.N(2) == 0 {
					f = c.Unlike
				}
				if _, err := f(as(t, fan), by); err != nil && !errors.Is(err, errKilled) && !errors.Is(err, docdb.ErrBusy) {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	settled(t, tn)
	var want int64
	for _, fan := range crowd {
		if must(tn.Post(as(t, fan), creator.ReadPost{ID: by.ID}))(t).Liked {
			want++
		}
	}
	p := must(tn.Post(t.Context(), creator.ReadPost{ID: by.ID}))(t)
	author := must(tn.Profile(t.Context(), creator.ByUser{ID: lin.User}))(t)
	if p.Likes != want || author.Likes != want || author.Posts != 1 {
		t.Errorf("%d people like it: the post counts %d, its author %d in %d posts", want, p.Likes, author.Likes, author.Posts)
	}
}

func TestAStragglerDoesNotForgiveWhatADeadProcessOwes(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	d := deeds(t, tn)["like"]
	const writes = 4 // of one deed
	for at := 1; at <= writes; at++ {
		for death := int64(1); death <= writes; death++ {
			h := &halting{left: at, reached: make(chan struct{}), release: make(chan struct{})}
			slow := tn.core(t, func(drv docdb.Driver) docdb.Driver { h.Driver = drv; return h })
			done := make(chan error, 1)
			go func() { done <- d.do(slow) }()
			select {
			case <-h.reached:
			case err := <-done:
				t.Fatalf("never halted at write %d: %v", at, err)
			}
			m := &mortal{}
			m.last.Store(death)
			dying := tn.core(t, func(drv docdb.Driver) docdb.Driver { m.Driver = drv; return m })
			if err := d.undo(dying); err != nil && !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			close(h.release)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			settled(t, tn)
			d.check(t, fmt.Sprintf("halted at write %d, another dead at %d", at, death))
			if err := d.undo(tn); err != nil {
				t.Fatal(err)
			}
			settled(t, tn)
			d.check(t, "undone")
		}
	}
}
