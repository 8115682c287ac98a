package creatortest

import (
	"testing"

	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
)

// whenBought publishes once the shop has heard of an order.
func (s Shop) whenBought(t *testing.T, a actor.Actor, d creator.DraftContent) creator.Post {
	t.Helper()
	in := creator.Publish{DraftContent: d, RequestID: key()}
	var p creator.Post
	Eventually(t, "publishing what was bought", func() (string, bool) {
		got, err := s.Creator.Publish(as(t, a), in)
		if err != nil {
			wantErr(t, "publishing", err, creator.ErrNotBought)
			return err.Error(), false
		}
		p = got
		return "", true
	})
	return p
}

// sold is a draft that tags products without a label.
func (s Shop) sold(t *testing.T, a actor.Actor, title string, products ...catalog.Product) creator.DraftContent {
	t.Helper()
	d := s.draft(t, a, title, products...)
	d.Ad = false
	return d
}

func (s Shop) opened(t *testing.T, link string) creator.Attribution {
	t.Helper()
	return must2(s.Creator.OpenLink(inside(t), creator.OpenLink{Link: link}))(t)
}

func buyersTagWhatTheyBought(t *testing.T, s Shop) {
	fan, cream, soap := s.User(t, "Fan"), s.product(t, "Cream", 9900), s.product(t, "Soap", 900)
	s.refused(t, "before buying", fan, s.sold(t, fan, "Mine", cream), creator.ErrNotBought)
	s.Bought(t, fan, "", cream)
	p := s.whenBought(t, fan, s.sold(t, fan, "Mine", cream))
	if !p.Verified || !p.Tags[0].Bought || p.Ad {
		t.Errorf("verified %t, bought %t, ad %t", p.Verified, p.Tags[0].Bought, p.Ad)
	}
	if got := s.told(t)[p.ID]; !got.Verified || got.AI || got.Place != "" {
		t.Errorf("announced as %+v", got)
	}
	if a := s.opened(t, p.Tags[0].Link); a.Reward || a.Creator != fan.User || a.Trace != p.Trace || a.Trace == "" {
		t.Errorf("the link proves %+v", a)
	}
	s.refused(t, "with another product", fan, s.sold(t, fan, "Both", cream, soap), creator.ErrNotBought)
}

func verifiedPostsGoOn(t *testing.T, s Shop) {
	lin, fan, kol := s.creatorNamed(t, "Lin"), s.User(t, "Fan"), s.creatorNamed(t, "Kol")
	cream, soap := s.product(t, "Cream", 9900), s.product(t, "Soap", 900)
	first := s.Publish(t, lin, "Buy this", cream)
	order := s.Bought(t, fan, first.Tags[0].Link, cream)
	d := s.sold(t, fan, "I did", cream)
	d.Order = order
	second := s.whenBought(t, fan, d)
	if second.Trace != first.Trace || !second.Verified {
		t.Errorf("the chain is %q, want %q; verified %t", second.Trace, first.Trace, second.Verified)
	}
	theirs := s.Bought(t, kol, second.Tags[0].Link, cream)
	more := s.draft(t, kol, "Me too", soap, cream)
	more.Order = theirs
	third := s.whenBought(t, kol, more)
	if third.Trace != first.Trace || third.Tags[0].Bought || !third.Tags[1].Bought || third.Verified || !third.Ad {
		t.Errorf("the third is %+v", third)
	}
	if a := s.opened(t, third.Tags[0].Link); !a.Reward || a.Trace != first.Trace {
		t.Errorf("its link proves %+v", a)
	}
	facts := must2(s.Creator.Facts(inside(t), creator.Cards{IDs: []id.Post{third.ID}}))(t).Items
	if len(facts) != 1 || facts[0].Trace != first.Trace {
		t.Errorf("facts %+v", facts)
	}
	d.Title = "I did, again"
	if got := must2(s.Creator.Edit(as(t, fan), creator.EditPost{ID: second.ID, DraftContent: d}))(t); got.Trace != first.Trace || !got.Verified {
		t.Errorf("edited: %+v", got)
	}
	Eventually(t, "the profile counts what was bought", func() (string, bool) {
		tier := must2(s.Creator.MyTier(as(t, fan), struct{}{}))(t)
		for _, g := range tier.Next {
			if g.Fact == "verified" && g.Have == 1 {
				return "", true
			}
		}
		return sprint(tier), false
	})
}

func nobodyShowsAnothersOrder(t *testing.T, s Shop) {
	fan, eve, cream := s.User(t, "Fan"), s.creatorNamed(t, "Eve"), s.product(t, "Cream", 9900)
	order := s.Bought(t, fan, "", cream)
	mine := s.sold(t, fan, "Mine", cream)
	mine.Order = order
	s.whenBought(t, fan, mine)
	theirs := s.draft(t, eve, "Mine", cream)
	theirs.Order = order
	s.refused(t, "another's order", eve, theirs, creator.ErrNotBought)
	theirs.Order = "ord_0000000000000000000000000"
	s.refused(t, "no order", eve, theirs, creator.ErrNotBought)
	theirs.Order = ""
	if p := s.post(t, eve, theirs); p.Verified || p.Tags[0].Bought {
		t.Errorf("a creator who did not buy it: %+v", p)
	}
}
