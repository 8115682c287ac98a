package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
)

// shelf is a store in memory, which may fail.
type shelf struct {
	mu      sync.Mutex
	objects map[string][]byte
	fail    error
}

func newShelf() *shelf { return &shelf{objects: map[string][]byte{}} }

func (s *shelf) Put(_ context.Context, key string, object []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	s.objects[key] = bytes.Clone(object)
	return nil
}

func (s *shelf) Get(_ context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o, ok := s.objects[key]; ok {
		return o, nil
	}
	return nil, errors.New("not there")
}

func (s *shelf) List(_ context.Context, prefix string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []string
	for k := range s.objects {
		if strings.HasPrefix(k, prefix) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys, nil
}

func (s *shelf) Delete(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, key)
	return nil
}

// copied is what a process that starts now would find.
func (s *shelf) copied() *shelf {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := newShelf()
	for k, o := range s.objects {
		c.objects[k] = o
	}
	return c
}

func (s *shelf) failing(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

const peopleHere, postsHere = 40, 120

// deed is the nth event of a stream that looks like a shop's.
func deed(n int) engine.Event {
	kinds := []engine.Kind{engine.Impression, engine.Impression, engine.View, engine.Dwell, engine.Like, engine.Save, engine.Follow, engine.Click, engine.Hide}
	x := uint32(n) * 2654435761
	x ^= x >> 15
	return engine.Event{
		ID: fmt.Sprintf("evt_%d", n), Kind: kinds[int(x>>3)%len(kinds)],
		User: id.User(fmt.Sprintf("usr_v%d", x%peopleHere)), Post: id.Post(fmt.Sprintf("pst_%05d", (x>>8)%postsHere)),
		Product: "prd_1", Author: id.User(fmt.Sprintf("usr_%d", (x>>8)%postsHere%10)), Millis: int64(x>>4) % 20_000, Percent: int(x>>6) % 101,
		At: start.Add(time.Duration(n) * time.Second), Consent: x%7 != 0,
	}
}

func stocked(o engine.Options) *engine.Engine {
	e := engine.New(o)
	for n := range postsHere {
		e.Put(post(n, fmt.Sprintf("usr_%d", n%10), start.Add(time.Duration(n)*time.Minute)))
	}
	return e
}

// told is all that can be asked of an engine, as text.
func told(e *engine.Engine, now time.Time) string {
	var b strings.Builder
	for v := range peopleHere {
		u := id.User(fmt.Sprintf("usr_v%d", v))
		fmt.Fprintln(&b, u, e.History(u), e.Profile(u, now), e.Seen(u))
	}
	for n := range postsHere {
		s, _ := e.Stage(id.Post(fmt.Sprintf("pst_%05d", n)))
		fmt.Fprintln(&b, n, s)
	}
	for a := range 10 {
		fmt.Fprintln(&b, a, e.Balance(id.User(fmt.Sprintf("usr_%d", a)), now.Unix()))
	}
	for t := range 7 {
		fmt.Fprintln(&b, t, e.HottestOf(fmt.Sprintf("t%d", t), nil, 50, now))
	}
	fmt.Fprintln(&b, e.Health().Events)
	return b.String()
}

// differ shows the first line that differs.
func differ(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Errorf("line %d:\n got %.600s\nwant %.600s", i, g[i], w[i])
			return
		}
	}
}

func TestASnapshotIsTheSameEngineAgain(t *testing.T) {
	t.Parallel()
	e := stocked(engine.Options{})
	e.SetPreferences("usr_v1", feed.Preferences{Personal: true, Topics: []string{"t1"}, Muted: []string{"t2"}}, start)
	for n := range 3000 {
		e.Take(start, deed(n))
	}
	var b bytes.Buffer
	if _, _, err := e.Snapshot(&b, start); err != nil {
		t.Fatal(err)
	}
	now := start.Add(time.Hour)
	again := engine.New(engine.Options{})
	if _, err := again.Restore(bytes.NewReader(b.Bytes())); err != nil {
		t.Fatal(err)
	}
	differ(t, told(again, now), told(e, now))
	for n := range 3000 {
		if again.Take(start, deed(n)) != 0 {
			t.Fatal("an event of before the snapshot counted again")
		}
	}
	for v := range 10 {
		u := id.User(fmt.Sprint("usr_v", v))
		if got, want := ids(again, u, now), ids(e, u, now); !slices.Equal(got, want) {
			t.Errorf("candidates after %v\nand before %v", got, want)
		}
	}
}

func ids(e *engine.Engine, u id.User, now time.Time) []id.Post {
	var out []id.Post
	for _, c := range e.Candidates(engine.Ask{CandidateAsk: feed.CandidateAsk{User: u, Lang: "en", N: 30, Seed: 7}, Now: now}) {
		out = append(out, c.Post)
	}
	return out
}

func TestASpoiledSnapshotIsAnErrorAndNothingElse(t *testing.T) {
	t.Parallel()
	e := stocked(engine.Options{})
	for n := range 300 {
		e.Take(start, deed(n))
	}
	var b bytes.Buffer
	if _, _, err := e.Snapshot(&b, start); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	for at := 0; at < len(whole); at += 1 + len(whole)/30 {
		bad := bytes.Clone(whole)
		bad[at] ^= 0x40
		f := engine.New(engine.Options{})
		if _, err := f.Restore(bytes.NewReader(bad)); !errors.Is(err, engine.ErrSpoiled) {
			t.Fatalf("byte %d changed: %v", at, err)
		}
		if _, err := f.Restore(bytes.NewReader(whole[:at])); !errors.Is(err, engine.ErrSpoiled) {
			t.Fatalf("cut at %d: %v", at, err)
		}
		if f.Health().Posts != 0 || f.Health().Viewers != 0 {
			t.Fatalf("byte %d changed, and something was taken over", at)
		}
	}
}

func TestNothingAcknowledgedIsLostOrDoubledByAKill(t *testing.T) {
	t.Parallel()
	const total, each = 1500, 25
	store, now := newShelf(), clock.NewFake(start)
	put := func(e *engine.Engine) engine.KeeperOptions {
		return engine.KeeperOptions{Gather: time.Millisecond, Every: -1, Between: func(context.Context, time.Time) error {
			for n := range postsHere {
				e.Put(post(n, fmt.Sprintf("usr_%d", n%10), start.Add(time.Duration(n)*time.Minute)))
			}
			return nil
		}}
	}
	done := 0 // acknowledged
	for life := 0; done < total; life++ {
		ctx, kill := context.WithCancel(t.Context())
		e := engine.New(engine.Options{})
		k, err := engine.OpenKeeper(ctx, e, store, now.Now, put(e))
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() { _ = k.Run(ctx) })
		mine := store
		for step := range 20 {
			if done >= total {
				break
			}
			var events []engine.Event
			for n := done; n < min(done+each, total); n++ {
				events = append(events, deed(n))
			}
			if step == 13 && life%2 == 0 { // the last words are never acknowledged
				store = mine.copied()
				mine.failing(errors.New("killed"))
				e.Take(now.Now(), events...)
				break
			}
			if err := k.Take(ctx, events...); err != nil {
				t.Fatal(err)
			}
			done += each
			if step%6 == 5 {
				if err := k.Snapshot(ctx); err != nil {
					t.Fatal(err)
				}
			}
		}
		store = store.copied() // what is stored from here on, a killed process would not
		kill()
		wg.Wait()
	}
	e := engine.New(engine.Options{})
	if _, err := engine.OpenKeeper(t.Context(), e, store, now.Now, put(e)); err != nil {
		t.Fatal(err)
	}
	want := stocked(engine.Options{})
	for n := range total {
		want.Take(start, deed(n))
	}
	differ(t, told(e, start), told(want, start))
}

func TestASnapshotTakenWhileEventsComeIsWholeWithThem(t *testing.T) {
	t.Parallel()
	const total = 2000
	store, now := newShelf(), clock.NewFake(start)
	e := stocked(engine.Options{})
	ctx, stop := context.WithCancel(t.Context())
	o := engine.KeeperOptions{Gather: time.Millisecond, Every: -1}
	k, err := engine.OpenKeeper(ctx, e, store, now.Now, o)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { _ = k.Run(ctx) })
	fed := make(chan struct{})
	wg.Go(func() {
		defer close(fed)
		for n := 0; n < total; n += 20 {
			var events []engine.Event
			for i := range 20 {
				events = append(events, deed(n+i))
			}
			if err := k.Take(ctx, events...); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for going := true; going; {
		select {
		case <-fed:
			going = false
		case <-time.After(10 * time.Millisecond):
			if err := k.Snapshot(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	killed := store.copied()
	stop()
	wg.Wait()
	again := engine.New(engine.Options{})
	if _, err := engine.OpenKeeper(t.Context(), again, killed, now.Now, o); err != nil {
		t.Fatal(err)
	}
	differ(t, told(again, start), told(e, start))
}

func TestWhoIsForgottenIsInNoObjectAfterTheNextSnapshot(t *testing.T) {
	t.Parallel()
	store, now := newShelf(), clock.NewFake(start)
	e := stocked(engine.Options{})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	k, err := engine.OpenKeeper(ctx, e, store, now.Now, engine.KeeperOptions{Gather: time.Millisecond, Every: -1})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { _ = k.Run(ctx) })
	for n := range 200 {
		ev := deed(n)
		ev.User, ev.Consent = "usr_secret", true
		e.Take(start, ev)
	}
	if err := k.Take(ctx, engine.Event{ID: "x", Kind: engine.Like, User: "usr_secret", Post: "pst_00001", At: start, Consent: true}); err != nil {
		t.Fatal(err)
	}
	if err := k.Snapshot(ctx); err != nil {
		t.Fatal(err)
	}
	if len(e.History("usr_secret")) == 0 {
		t.Fatal("nothing was remembered")
	}
	if err := k.Forget(ctx, "usr_secret", true); err != nil {
		t.Fatal(err)
	}
	if len(e.History("usr_secret")) != 0 {
		t.Error("still remembered")
	}
	unsaved := engine.New(engine.Options{})
	if _, err := engine.OpenKeeper(t.Context(), unsaved, store.copied(), now.Now, engine.KeeperOptions{}); err != nil {
		t.Fatal(err)
	}
	if len(unsaved.History("usr_secret")) != 0 {
		t.Error("remembered again after a kill")
	}
	stop()
	wg.Wait()
	for key, object := range store.objects {
		if bytes.Contains(object, []byte("usr_secret")) {
			t.Errorf("%s names them", key)
		}
	}
}
