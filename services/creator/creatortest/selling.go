package creatortest

import (
	"strings"
	"testing"

	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/rpc"
)

func cardsComeInOrder(t *testing.T, s Shop) {
	lin, fan := s.creatorNamed(t, "Lin"), s.User(t, "Fan")
	a, b := s.Publish(t, lin, "A"), s.Publish(t, lin, "B")
	must2(s.Creator.Like(as(t, fan), creator.ByPost{ID: a.ID}))(t)
	in := creator.Cards{IDs: []id.Post{b.ID, "pst_0000000000000000000000000", a.ID}, For: fan.User}
	got := must2(s.Creator.Cards(inside(t), in))(t).Items
	if len(got) != 2 || got[0].ID != b.ID || got[1].ID != a.ID {
		t.Fatalf("got %+v, want B and A", got)
	}
	if got[0].Liked || !got[1].Liked || got[1].Likes != 1 || got[1].Author.Name != "Lin" || got[1].Cover.ID != a.Pictures[0].ID {
		t.Errorf("cards are %+v", got)
	}
	_, err := s.Creator.Cards(as(t, fan), in)
	wantErr(t, "from outside", err, rpc.ErrNoRoute)
}

func cardsShowCheapest(t *testing.T, s Shop) {
	lin := s.creatorNamed(t, "Lin")
	dear, cheap, gone := s.product(t, "Dear", 9900), s.product(t, "Cheap", 4900), s.product(t, "Gone", 100)
	p, plain := s.Publish(t, lin, "Three", dear, cheap, gone), s.Publish(t, lin, "Plain")
	price := func(want money.Money) {
		t.Helper()
		got := must2(s.Creator.Cards(inside(t), creator.Cards{IDs: []id.Post{p.ID, plain.ID}}))(t).Items
		if got[0].Price != want || !got[0].Ad || got[1].Ad || got[1].Price != (money.Money{}) {
			t.Errorf("got %v and %v, want %v and none", got[0].Price, got[1].Price, want)
		}
	}
	s.Delist(t, gone)
	price(money.CNY(4900))
	s.SellOut(t, cheap)
	price(money.CNY(9900))
}

func linksProve(t *testing.T, s Shop) {
	lin, cream, soap := s.creatorNamed(t, "Lin"), s.product(t, "Cream", 9900), s.product(t, "Soap", 900)
	p := s.Publish(t, lin, "Both", cream, soap)
	for i, product := range []id.Product{cream.ID, soap.ID} {
		got := must2(s.Creator.OpenLink(inside(t), creator.OpenLink{Link: p.Tags[i].Link}))(t)
		at := got.At
		want := creator.Attribution{Trace: p.Trace, Reward: true, Post: p.ID, Creator: lin.User, Product: product, At: at}
		if got != want || at.IsZero() || len(p.Tags[i].Link) > 200 {
			t.Errorf("link %q proves %+v, want %+v", p.Tags[i].Link, got, want)
		}
	}
	_, err := s.Creator.OpenLink(as(t, lin), creator.OpenLink{Link: p.Tags[0].Link})
	wantErr(t, "from outside", err, rpc.ErrNoRoute)
}

func linksEnd(t *testing.T, s Shop) {
	lin, cream, soap := s.creatorNamed(t, "Lin"), s.product(t, "Cream", 9900), s.product(t, "Soap", 900)
	d := s.draft(t, lin, "Both", cream, soap)
	p := must2(s.Creator.Publish(as(t, lin), creator.Publish{DraftContent: d, RequestID: key()}))(t)
	d.Tags = d.Tags[:1]
	must2(s.Creator.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: d}))(t)
	must2(s.Creator.OpenLink(inside(t), creator.OpenLink{Link: p.Tags[0].Link}))(t)
	_, err := s.Creator.OpenLink(inside(t), creator.OpenLink{Link: p.Tags[1].Link})
	wantErr(t, "a tag that is gone", err, creator.ErrBadLink)
	must2(s.Creator.Remove(as(t, lin), creator.ByPost{ID: p.ID}))(t)
	_, err = s.Creator.OpenLink(inside(t), creator.OpenLink{Link: p.Tags[0].Link})
	wantErr(t, "a post that is gone", err, creator.ErrBadLink)
}

func forgedLinks(t *testing.T, s Shop) {
	lin, mei, cream := s.creatorNamed(t, "Lin"), s.creatorNamed(t, "Mei"), s.product(t, "Cream", 9900)
	link := s.Publish(t, lin, "Honest", cream).Tags[0].Link
	other := s.Publish(t, mei, "Hers", cream).Tags[0].Link
	cut := strings.LastIndexByte(link, '.')
	for what, forged := range map[string]string{
		"nothing said":        link[cut:],
		"no signature":        link[:cut],
		"an empty signature":  link[:cut+1],
		"half a signature":    link[:cut+10],
		"another's signature": link[:cut] + other[strings.LastIndexByte(other, '.'):],
		"another's words":     other[:strings.LastIndexByte(other, '.')] + link[cut:],
		"more words":          "x" + link,
		"more signature":      link + "A",
		"dots":                "....",
		"text":                "buy now",
	} {
		_, err := s.Creator.OpenLink(inside(t), creator.OpenLink{Link: forged})
		wantErr(t, what, err, creator.ErrBadLink)
	}
}
