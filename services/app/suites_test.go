package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"meadow/feed/feedtest"
	"meadow/media"
	"meadow/media/mediatest"
	"meadow/media/mediavideo"
	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/creator"
	"meadow/services/creator/creatortest"
	"meadow/services/engage/engagetest"
	"meadow/services/insight/insighttest"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/picture"
	"meadow/services/moderation"
	"meadow/services/moderation/moderationtest"
	"meadow/services/platform/bus"
	"meadow/services/talk"
	"meadow/services/talk/talktest"
)

// What the suites ask of a shop, done as its people would do it: through the
// services of the process in front.

func inside(t *testing.T) context.Context { return actor.AsSystem(t.Context(), "test") }

func as(t *testing.T, a actor.Actor) context.Context { return actor.With(t.Context(), a) }

// must returns v, or ends the test.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// until waits for what an event brings about in another part of the shop.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// user makes an account with roles, and waits until it has a profile.
func (s *testShop) user(t *testing.T, name string, roles ...actor.Role) actor.Actor {
	t.Helper()
	signed := must(s.front.Account.SignUp(t.Context(), account.SignUp{
		From:  account.From{Client: fmt.Sprintf("10.0.%d.%d", s.n.Add(1)>>8&255, s.n.Add(1)&255)},
		Login: id.Secret()[:20] + "@example.com", Password: "correct horse battery", Name: name,
	}))(t)
	for _, r := range roles {
		if r == actor.Merchant {
			who := must(s.front.Account.Resolve(inside(t), account.Resolve{Token: signed.Token}))(t)
			must(s.front.Catalog.OpenShop(as(t, who), catalog.OpenShop{Name: name}))(t)
			continue
		}
		must(s.front.Account.SetRole(inside(t), account.SetRole{User: signed.User.ID, Role: r, Grant: true}))(t)
	}
	until(t, name+" has a profile", func() bool {
		_, err := s.front.Creator.Profile(t.Context(), creator.ByUser{ID: signed.User.ID})
		return err == nil
	})
	return must(s.front.Account.Resolve(inside(t), account.Resolve{Token: signed.Token}))(t)
}

// elders makes so many people of a name, lets more than a day pass, and returns
// how to get the next of them.
func (s *testShop) elders(t *testing.T, name string, n int) func(*testing.T) actor.Actor {
	t.Helper()
	all := make(chan actor.Actor, n)
	for range n {
		all <- s.user(t, name)
	}
	s.clock.Advance(25 * time.Hour)
	return func(t *testing.T) actor.Actor {
		t.Helper()
		select {
		case a := <-all:
			return a
		default:
			t.Fatalf("more than %d people of some age are needed", n)
			return actor.Actor{}
		}
	}
}

// publish makes a public post of one picture, which sells products.
func (s *testShop) publish(t *testing.T, author actor.Actor, sells ...id.Product) id.Post {
	t.Helper()
	in := creator.Publish{RequestID: id.Secret(), DraftContent: creator.DraftContent{
		Title: "A post", Body: "Words of " + id.Secret(), Lang: "en", Ad: len(sells) > 0, Pictures: []picture.Wanted{{ID: s.picture(t, author.User)}},
	}}
	for _, p := range sells {
		in.Tags = append(in.Tags, creator.NewTag{Product: p})
	}
	return must(s.front.Creator.Publish(as(t, author), in))(t).ID
}

// goods are products that are on sale, and whose they are.
type goods struct {
	*testShop
	seller actor.Actor
	once   sync.Once
}

// as is the seller asking.
func (g *goods) as(t *testing.T) context.Context {
	t.Helper()
	g.once.Do(func() { g.seller = g.merchant(t, "clay") })
	return actor.With(t.Context(), g.seller)
}

// product puts a product of one SKU on sale.
func (g *goods) product(t *testing.T, title string, price money.Money, units int64) catalog.Product {
	t.Helper()
	ctx := g.as(t)
	p := must(g.front.Catalog.Draft(ctx, catalog.DraftProduct{RequestID: id.Secret(), Sheet: catalog.Sheet{
		Title: title, Category: "beauty", Commission: 1500, Facts: []catalog.Fact{{Name: "Origin", Value: "Longquan"}},
		Pictures: []picture.Wanted{{ID: g.picture(t, g.seller.User), Alt: "It"}}, SKUs: []catalog.NewSKU{{Price: price}},
	}}))(t)
	must(g.front.Catalog.List(ctx, catalog.ByProduct{ID: p.ID}))(t)
	g.adjust(t, p, units)
	return must(g.front.Catalog.Product(ctx, catalog.ByProduct{ID: p.ID}))(t)
}

func (g *goods) adjust(t *testing.T, p catalog.Product, by int64) {
	t.Helper()
	must(g.front.Catalog.Adjust(g.as(t), catalog.Adjust{ID: p.SKUs[0].ID, By: by, Reason: "count", RequestID: id.Secret()}))(t)
}

func (g *goods) delist(t *testing.T, p catalog.Product) {
	t.Helper()
	must(g.front.Catalog.Delist(g.as(t), catalog.ByProduct{ID: p.ID}))(t)
}

// buy buys a product and pays for it.
func (s *testShop) buy(t *testing.T, buyer actor.Actor, link string, p catalog.Product) id.Order {
	t.Helper()
	ctx := as(t, buyer)
	home := must(s.front.Account.AddAddress(ctx, account.AddAddress{Place: home}))(t)
	q := must(s.front.Checkout.Quote(ctx, checkout.Ask{Lines: []checkout.Choice{{SKU: p.SKUs[0].ID, N: 1, Link: link}}}))(t)
	o := must(s.front.Checkout.Place(ctx, checkout.Place{Quote: q.ID, Address: home.ID, RequestID: id.Secret()}))(t)
	bill := must(s.front.Checkout.Pay(ctx, checkout.Pay{ID: o.ID, Provider: sandbox.Name, RequestID: id.Secret()}))(t)
	must(s.front.Sandbox.Settle(t.Context(), sandbox.Settle{ID: bill.ID, Pay: true}))(t)
	return o.ID
}

// tell announces a fact, as the part of the shop does whose it is.
func tell[T any](t *testing.T, s *testShop, topic bus.Topic[T], data T) {
	t.Helper()
	topic.Confirm = nil // no outbox waits for it
	if err := s.bus.Publish(t.Context(), topic.Event(s.clock.Now(), id.Secret(), data), false); err != nil {
		t.Fatal(err)
	}
}

func (s *testShop) forFeed() feedtest.Shop {
	g := &goods{testShop: s}
	return feedtest.Shop{
		Feed: s.front.Feed, Creator: s.front.Creator, User: s.user, Product: g.product, Delist: g.delist,
		Picture: func(t *testing.T, owner actor.Actor) id.Media { return s.picture(t, owner.User) },
	}
}

func (s *testShop) forCreators() creatortest.Shop {
	g := &goods{testShop: s}
	var judging sync.Once
	var judge actor.Actor
	return creatortest.Shop{
		Creator: s.front.Creator, User: s.user, Product: g.product, Delist: g.delist,
		Picture:  func(t *testing.T, owner actor.Actor) id.Media { return s.picture(t, owner.User) },
		SellOut:  func(t *testing.T, p catalog.Product) { g.adjust(t, p, -p.SKUs[0].Available) },
		Video:    s.video,
		Captions: s.captions,
		Bought:   s.buy,
		Judge: func(t *testing.T, word string, v moderation.Verdict) {
			judging.Do(func() { judge = s.user(t, "Judge", actor.Moderator) })
			in := moderation.AddEntry{List: moderation.Words, Value: word, Outcome: v.Outcome, Reason: moderation.Banned}
			must(s.front.Moderation.AddEntry(as(t, judge), in))(t)
		},
		Decide: func(t *testing.T, p creator.Post, rev int64, o moderation.Outcome) {
			tell(t, s, moderation.Decided, moderation.DecidedData{
				Subject: moderation.Subject{Kind: moderation.Post, ID: string(p.ID)}, Author: p.Author.ID,
				Verdict: moderation.Verdict{Outcome: o, Reason: moderation.Spam}, Rev: rev, At: s.clock.Now(),
			})
		},
		Ban: func(t *testing.T, u id.User, rev int64, on bool) {
			tell(t, s, moderation.Restricted, moderation.RestrictedData{User: u, On: on, Rev: rev, At: s.clock.Now()})
		},
		Estrange: func(t *testing.T, by, whom id.User) {
			must(s.front.Moderation.Block(as(t, actor.Actor{User: by}), moderation.ByPerson{ID: whom}))(t)
		},
		Mute: func(t *testing.T, who id.User, words ...string) {
			must(s.front.Moderation.SetMutedWords(as(t, actor.Actor{User: who}), moderation.WordList{Words: words}))(t)
		},
		Comment: func(t *testing.T, p id.Post, comments, rev int64) {
			tell(t, s, talk.Counted, talk.CountedData{Post: p, Comments: comments, Rev: rev})
		},
	}
}

func (s *testShop) forTalk(t *testing.T) talktest.Shop {
	old := s.elders(t, "Fan", 2)
	return talktest.Shop{
		Talk: s.front.Talk, Old: old,
		Post: func(t *testing.T, author actor.Actor) id.Post { return s.publish(t, author) },
		User: func(t *testing.T, name string) actor.Actor { return s.user(t, name) },
		Remove: func(t *testing.T, author actor.Actor, p id.Post) {
			must(s.front.Creator.Remove(as(t, author), creator.ByPost{ID: p}))(t)
		},
		Picture: func(t *testing.T, owner actor.Actor) id.Media { return s.pictureFor(t, owner.User, media.ForComment) },
		Follow: func(t *testing.T, who, whom actor.Actor) {
			must(s.front.Creator.Follow(as(t, who), creator.ByUser{ID: whom.User}))(t)
		},
		Block: func(t *testing.T, who, whom actor.Actor) {
			must(s.front.Moderation.Block(as(t, who), moderation.ByPerson{ID: whom.User}))(t)
		},
		Mute: func(t *testing.T, who, whom actor.Actor) {
			must(s.front.Moderation.Mute(as(t, who), moderation.ByPerson{ID: whom.User}))(t)
		},
		Hire: func(t *testing.T, account, editor actor.Actor) {
			must(s.front.Creator.Hire(as(t, account), creator.Hire{ID: editor.User, Role: creator.Editor}))(t)
		},
		Pass: func() { s.clock.Advance(time.Millisecond) },
	}
}

func (s *testShop) forModeration(t *testing.T) moderationtest.Shop {
	return moderationtest.Shop{Moderation: s.front.Moderation, Bus: s.bus, User: s.user, Old: s.elders(t, "Amy", 40)}
}

func (s *testShop) forNews() engagetest.Shop {
	return engagetest.Shop{
		Engage: s.front.Engage, Now: s.clock.Now,
		Person: func(t *testing.T) actor.Actor { return s.user(t, "Somebody") },
		Happen: func(t *testing.T, e bus.Event) {
			t.Helper()
			if err := s.bus.Publish(t.Context(), e, true); err != nil {
				t.Fatal(err)
			}
		},
	}
}

func (s *testShop) forInsight() insighttest.Shop {
	g := &goods{testShop: s}
	return insighttest.Shop{
		Insight: s.front.Insight, Now: s.clock.Now,
		Selling: func(t *testing.T) (actor.Actor, id.Post, id.Product) {
			a, p := s.user(t, "Author", actor.Creator), g.product(t, "Cup", money.CNY(9900), 3)
			return a, s.publish(t, a, p.ID), p.ID
		},
		Post: func(t *testing.T) (actor.Actor, id.Post) {
			a := s.user(t, "Author", actor.Creator)
			return a, s.publish(t, a)
		},
		Another: func(t *testing.T, by actor.Actor) id.Post { return s.publish(t, by) },
		Viewer:  func(t *testing.T) actor.Actor { return s.user(t, "Viewer") },
	}
}

// What stands in a file decides what becomes of it in these shops.
const (
	filmHead = "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
	tooLong  = "too long"
)

// stubFilm makes videos of a minute without looking at them: how they are made
// is tested elsewhere.
func stubFilm(d *Deps) {
	d.HashMemory = 64 // so is what a password costs
	d.NoFilm = ""
	d.Film = func(_ context.Context, dir string, _ bool, said func(int64)) (mediavideo.Made, error) {
		made := mediavideo.Made{Width: 720, Height: 1280, Duration: time.Minute, Poster: "poster.jpg"}
		source, err := os.ReadFile(filepath.Join(dir, mediavideo.Source))
		if err != nil {
			return made, err
		}
		if bytes.Contains(source, []byte(tooLong)) {
			return made, media.ErrTooLong
		}
		said(0)
		var poster bytes.Buffer
		if err := jpeg.Encode(&poster, image.NewGray(image.Rect(0, 0, 72, 128)), nil); err != nil {
			return made, err
		}
		for name, data := range map[string][]byte{made.Poster: poster.Bytes(), "1280.mp4": source, mediavideo.Preview: source, mediavideo.Master: []byte("#EXTM3U\n")} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				return made, err
			}
			if kind, ok := mediavideo.TypeOf(name); ok {
				made.Files = append(made.Files, mediavideo.File{Name: name, Type: kind, Size: int64(len(data))})
			}
		}
		return made, nil
	}
}

// video uploads a video, that cannot be used for the reason fails.
func (s *testShop) video(t *testing.T, owner actor.Actor, fails error) id.Media {
	t.Helper()
	w := mediatest.World{Service: s.front.Media, URL: s.url}
	data := filmHead + id.Secret()
	if errors.Is(fails, media.ErrTooLong) {
		data += tooLong
	}
	if errors.Is(fails, media.ErrNotReady) { // it never arrives
		ticket := must(w.Service.Grant(inside(t), media.GrantIn{Owner: owner.User, Purpose: media.ForPost, Kind: media.Film}))(t)
		res := must(w.Tus(t.Context(), http.MethodPost, ticket.URL, ticket.Token, nil, "Upload-Length", "1000"))(t)
		res.Body.Close()
		return ticket.Media
	}
	ticket, p := w.Filmed(t, owner.User, []byte(data))
	if (p.Step == media.Rejected) != (fails != nil) {
		t.Fatalf("a video is %+v", p)
	}
	return ticket.Media
}

func (s *testShop) captions(t *testing.T, owner actor.Actor) id.Media {
	t.Helper()
	w := mediatest.World{Service: s.front.Media, URL: s.url}
	ticket := must(w.Service.Grant(inside(t), media.GrantIn{Owner: owner.User, Purpose: media.ForPost, Kind: media.Captions}))(t)
	status := must(w.Upload(t.Context(), ticket, []byte("WEBVTT\n\n00:00.000 --> 00:02.000\nPouring\n"), 1<<10))(t)
	if status != http.StatusNoContent {
		t.Fatalf("captions: status %d", status)
	}
	return ticket.Media
}
