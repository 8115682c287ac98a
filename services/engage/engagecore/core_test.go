package engagecore_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"meadow/feed"
	"meadow/services/account"
	"meadow/services/creator"
	"meadow/services/engage"
	"meadow/services/engage/engagecore"
	"meadow/services/engage/engagetest"
	"meadow/services/engage/webpush"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/vault"
	"meadow/services/talk"
)

// street is news with neighbours.
type street struct {
	*engagecore.Core
	clock *clock.Fake
	bus   *heeded
	*post
}

// post is everybody around: it notes letters and pushes.
type post struct {
	creator.Service
	mu      sync.Mutex
	hidden  map[id.User][]id.User
	fans    []id.User
	letters []account.Write
	pushed  []engage.Push
	fail    error
}

const (
	hiddenPost id.Post = "pst_hidden"
	adPost     id.Post = "pst_ad"
)

func (p *post) Facts(_ context.Context, in creator.Cards) (creator.FactList, error) {
	var out creator.FactList
	for _, x := range in.IDs {
		out.Items = append(out.Items, creator.PostFacts{ID: x, Title: "a title", Thumb: "/thumb", Visible: x != hiddenPost, Ad: x == adPost})
	}
	return out, nil
}

func (p *post) Authors(_ context.Context, in creator.Authors) (creator.AuthorList, error) {
	var out creator.AuthorList
	for _, x := range in.IDs {
		out.Items = append(out.Items, creator.Author{ID: x, Name: "Lin"})
	}
	return out, nil
}

func (p *post) Followers(_ context.Context, in creator.Follows) (page.Page[id.User], error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if in.After == "" && len(p.fans) > 2 {
		return page.Page[id.User]{Items: p.fans[:2], Next: "more"}, nil
	}
	if in.After == "" {
		return page.Page[id.User]{Items: p.fans}, nil
	}
	return page.Page[id.User]{Items: p.fans[2:]}, nil
}

// forYou has one advertisement for everybody, and nothing for who is not known.
func (p *post) forYou(ctx context.Context, in feed.AskForYou) (page.Page[feed.Shown], error) {
	if actor.From(ctx).User == "" || in.Limit != 3 {
		return page.Page[feed.Shown]{}, errs.ErrInvalid
	}
	return page.Page[feed.Shown]{Items: []feed.Shown{{Card: creator.Card{ID: adPost, Title: "A lamp", Ad: true}}}}, nil
}

type desk struct {
	account.Desk
	*post
}

func (d desk) Write(_ context.Context, in account.Write) (account.Written, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.letters = append(d.letters, in)
	return account.Written{OK: true}, nil
}

type judge struct {
	moderation.Service
	*post
}

func (j judge) Shield(_ context.Context, in moderation.AskShield) (moderation.Shield, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return moderation.Shield{Hidden: j.hidden[in.User]}, nil
}

type sender struct {
	*webpush.Sender
	*post
}

func (s sender) Send(_ context.Context, _ engage.Subscription, body []byte, _ time.Duration, _ bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	var p engage.Push
	if err := json.Unmarshal(body, &p); err != nil {
		return err
	}
	s.pushed = append(s.pushed, p)
	return nil
}

func build(t *testing.T) *street {
	t.Helper()
	// Noon in Shanghai.
	s := &street{clock: clock.NewFake(time.Date(2030, 5, 1, 4, 0, 0, 0, time.UTC)), post: &post{hidden: map[id.User][]id.User{}}}
	db, err := pebbledoc.Open(t.Context(), t.TempDir(), pebbledoc.Options{Now: s.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	embedded, err := bus.Embedded(context.WithoutCancel(t.Context()), t.TempDir(), log)
	if err != nil {
		t.Fatal(err)
	}
	s.bus = &heeded{Bus: embedded, done: map[string]int{}}
	keys, err := vault.FileKeys(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	sealing, err := vault.New(t.Context(), db, keys, s.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	push, err := webpush.New(make([]byte, 32), "https://shop.example", nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Core, err = engagecore.New(t.Context(), engagecore.Deps{
		DB: db, Bus: s.bus, Now: s.clock.Now, Log: log, Account: desk{post: s.post}, Creator: s.post, Moderation: judge{post: s.post}, Vault: sealing,
		Push: sender{push, s.post}, Gone: func(err error) bool { return errors.Is(err, webpush.ErrGone) }, Check: webpush.Check, URL: "https://shop.example",
		ForYou: s.post.forYou,
		Owner:  func(_ context.Context, m id.Merchant) (id.User, error) { return id.User("usr_of_" + string(m)), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var work sync.WaitGroup
	work.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		stop()
		work.Wait()
		if err := errors.Join(s.bus.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// heeded is a bus that knows how many events of a topic have been handled.
type heeded struct {
	bus.Bus
	mu   sync.Mutex
	done map[string]int
}

func (h *heeded) Subscribe(ctx context.Context, consumer, topic string, f bus.Handler) error {
	return h.Bus.Subscribe(ctx, consumer, topic, func(ctx context.Context, e bus.Event) error {
		err := f(ctx, e)
		if err == nil {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.done[topic]++
		}
		return err
	})
}

func (h *heeded) handled(topic string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.done[topic]
}

func person() actor.Actor { return actor.Actor{User: id.User("usr_" + id.Secret()[:26])} }

// happen tells of e and returns once it has been heard: the clock may move on.
func (s *street) happen(t *testing.T, e bus.Event) {
	t.Helper()
	before := s.bus.handled(e.Topic)
	if err := s.bus.Publish(t.Context(), e, true); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); s.bus.handled(e.Topic) == before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("nobody heard of %s", e.Topic)
		}
	}
}

func TestNewsKeepsItsContract(t *testing.T) {
	t.Parallel()
	s := build(t)
	engagetest.Run(t, engagetest.Shop{
		Engage: s.Core, Now: s.clock.Now, Happen: s.happen,
		Person: func(*testing.T) actor.Actor { return person() },
	})
}

// says lets somebody comment and waits until the author has heard n times.
func (s *street) says(t *testing.T, author actor.Actor, n int) {
	t.Helper()
	by := person()
	d := talk.SaidData{Comment: id.Comment(id.New("cmt", s.clock.Now())), Post: "pst_a", Author: author.User, By: by.User, Body: "hello", At: s.clock.Now()}
	s.happen(t, talk.Said.Event(s.clock.Now(), string(d.Comment), d))
	s.heard(t, author, n)
}

func (s *street) heard(t *testing.T, who actor.Actor, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		p, err := s.Notices(actor.With(t.Context(), who), engage.AskNotices{Ask: page.Ask{Limit: 50}})
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Items) == n {
			return
		}
	}
	t.Fatalf("not %d notices", n)
}

func (s *street) subscribe(t *testing.T, who actor.Actor, locale string) {
	t.Helper()
	b := engagetest.Browser(t, "https://push.example.com/"+id.Secret())
	b.Locale = locale
	if _, err := s.Subscribe(actor.With(t.Context(), who), b); err != nil {
		t.Fatal(err)
	}
}

// await waits until what is noted is as ok wants it.
func (s *street) await(t *testing.T, ok func(*post) bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		s.mu.Lock()
		good := ok(s.post)
		s.mu.Unlock()
		if good {
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.Fatalf("pushed %+v, letters %+v", s.pushed, s.letters)
}

func pushes(n int) func(*post) bool { return func(p *post) bool { return len(p.pushed) == n } }
