package app

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"meadow/feed/feedtest"
	"meadow/media"
	"meadow/media/mediaworker"
	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/catalog/catalogtest"
	"meadow/services/checkout/checkouttest"
	"meadow/services/creator/creatortest"
	"meadow/services/engage/engagetest"
	"meadow/services/insight/insighttest"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/ledger/ledgertest"
	"meadow/services/moderation/moderationtest"
	"meadow/services/platform/bus"
	"meadow/services/talk/talktest"
)

// cuts are the ways in which the suites' shops are divided into processes.
// Stores are shared, as MongoDB and the like would be; the feed's posts are divided
// between two processes. Others are in the long tests.
var cuts = map[string][][]string{
	"one process":        {{Gateway, Feed, Creator, Checkout, Media}},
	"every role its own": {{Media}, {Creator}, {Checkout}, {Feed + " 0/2"}, {Feed + " 1/2"}, {Gateway}},
}

func TestSuitesOverEveryTopology(t *testing.T) {
	for name, cut := range cuts {
		t.Run(name, func(t *testing.T) { suites(t, cut) })
	}
}

// suites runs every suite on one shop.
func suites(t *testing.T, cut [][]string) {
	s := startShop(t, cut, stubFilm)
	t.Run("catalog", func(t *testing.T) {
		catalogtest.Run(t, catalogtest.Shop{Catalog: s.front.Catalog, Merchant: s.merchant, Picture: s.picture})
	})
	t.Run("ledger", func(t *testing.T) { ledgertest.Run(t, s.front.Ledger) })
	t.Run("checkout", func(t *testing.T) {
		checkouttest.Run(t, checkouttest.Shop{
			Account: s.front.Account, Catalog: s.front.Catalog, Creator: s.front.Creator,
			Checkout: s.front.Checkout, Ledger: s.front.Ledger, Sandbox: s.front.Sandbox,
			Advance: s.clock.Advance, Now: s.clock.Now, Picture: s.picture, SandboxKey: s.front.keys.sandbox,
		})
	})
	t.Run("promotions", s.promotions)
	t.Run("feed", func(t *testing.T) { feedtest.Run(t, s.forFeed()) })
	t.Run("creator", func(t *testing.T) { creatortest.Run(t, s.forCreators()) })
	t.Run("talk", func(t *testing.T) { talktest.Run(t, s.forTalk(t)) })
	t.Run("moderation", func(t *testing.T) { moderationtest.Run(t, s.forModeration(t)) })
	t.Run("engage", func(t *testing.T) { engagetest.Run(t, s.forNews()) })
	t.Run("insight", func(t *testing.T) { insighttest.Run(t, s.forInsight()) })
}

// merchant makes somebody with a shop.
func (s *testShop) merchant(t *testing.T, name string) actor.Actor {
	t.Helper()
	signed, err := s.front.Account.SignUp(t.Context(), account.SignUp{Login: name + "." + id.Secret()[:10] + "@example.com", Password: "correct horse battery", Name: name})
	if err != nil {
		t.Fatal(err)
	}
	resolve := func() actor.Actor {
		a, err := s.front.Account.Resolve(actor.AsSystem(t.Context(), "test"), account.Resolve{Token: signed.Token})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if _, err := s.front.Catalog.OpenShop(actor.With(t.Context(), resolve()), catalog.OpenShop{Name: name}); err != nil {
		t.Fatal(err)
	}
	return resolve()
}

// testShop is a running shop, cut into processes that share this one.
type testShop struct {
	front *System // the gateway's view
	bytes *System // the media role
	bus   bus.Bus
	clock *clock.Shifted
	url   string
	data  string
	n     atomic.Int64
}

// startShop starts one system for each group of roles, of what change makes of
// the usual parts.
func startShop(t *testing.T, cut [][]string, change ...func(*Deps)) *testShop {
	t.Helper()
	s := &testShop{clock: new(clock.Shifted), data: t.TempDir()}
	log := slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelError}))
	cfg := Default()
	cfg.Data, cfg.RateLimits, cfg.MaxConnsPerIP = s.data, false, 0
	cfg.ShippingFee, cfg.FreeFrom = 0, 0 // the suites' shops say what sending costs
	all := cfg
	all.Listen = "127.0.0.1:0"
	if err := all.complete(); err != nil {
		t.Fatal(err)
	}
	stores, err := openStores(t.Context(), all, s.clock.Now, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stores.Close(); err != nil {
			t.Error(err)
		}
	})
	stores.Sole, s.bus = len(cut) == 1, stores.Bus

	listeners := make([]net.Listener, len(cut))
	var peers []string
	for i, roles := range cut {
		if listeners[i], err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		address := "http://" + listeners[i].Addr().String()
		for _, r := range roles {
			role, shard, _ := strings.Cut(r, " ")
			peers = append(peers, role+"="+address)
			if part, _, ok := strings.Cut(shard, "/"); ok {
				peers = append(peers, role+"."+part+"="+address)
			}
			if role == Gateway {
				s.url = address
			}
		}
	}
	for i, roles := range cut {
		one := all
		one.Peers, one.PublicURL = strings.Join(peers, ","), s.url
		one.Roles, one.FeedShard = roles[0], ""
		if role, shard, ok := strings.Cut(roles[0], " "); ok {
			one.Roles, one.FeedShard = role, shard
		}
		one.Roles = strings.Join(append([]string{one.Roles}, roles[1:]...), ",")
		deps := Deps{
			Stores: stores, Now: s.clock.Now, Log: log, Develop: mediaworker.Decode,
			Dist: fstest.MapFS{"viewer/index.html": {Data: []byte(`<!doctype html><html lang="zh-CN"><head><title>Meadow</title></head><body><div id="app"></div></body></html>`)}},
		}
		deps.Film, deps.NoFilm = film()
		for _, f := range change {
			f(&deps)
		}
		system, err := New(t.Context(), one, deps)
		if err != nil {
			t.Fatal(err)
		}
		s.serve(t, system, listeners[i])
		if system.here(Gateway) {
			s.front = system
		}
		if system.here(Media) {
			s.bytes = system
		}
	}
	s.await(t)
	return s
}

func (s *testShop) serve(t *testing.T, system *System, ln net.Listener) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- system.Serve(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serve %s: %v", system.cfg.Roles, err)
		}
	})
}

// await waits until the front door answers.
func (s *testShop) await(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		res, err := http.Get(s.url + "/readyz")
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("the shop is not ready: %v", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// picture makes a finished picture that is like no other.
func (s *testShop) picture(t *testing.T, owner id.User) id.Media {
	t.Helper()
	return s.pictureFor(t, owner, media.ForPost)
}

func (s *testShop) pictureFor(t *testing.T, owner id.User, purpose media.Purpose) id.Media {
	t.Helper()
	n := s.n.Add(1)
	m := image.NewRGBA(image.Rect(0, 0, 64, 80))
	for y := range 80 {
		for x := range 64 {
			m.Set(x, y, color.RGBA{R: uint8(n), G: uint8(n >> 8), B: uint8(x + y), A: 255})
		}
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, m, nil); err != nil {
		t.Fatal(err)
	}
	p, err := s.bytes.MediaCore.Ingest(actor.AsSystem(t.Context(), "test"), owner, purpose, &file)
	if err != nil {
		t.Fatal(err)
	}
	return p.ID
}

// testLog writes the shop's errors into a test's log.
type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Logf("%s", bytes.TrimSpace(b))
	return len(b), nil
}
