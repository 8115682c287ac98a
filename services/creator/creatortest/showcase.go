package creatortest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
)

func (s Shop) show(t *testing.T, a actor.Actor, p id.Product, note string) creator.Showcased {
	t.Helper()
	return must2(s.Creator.Show(as(t, a), creator.Show{Product: p, Note: note}))(t)
}

// showcase reads a whole shelf, a few products at a time.
func (s Shop) showcase(t *testing.T, owner actor.Actor, few int) []creator.Showcased {
	t.Helper()
	var out []creator.Showcased
	ask := creator.Follows{ID: owner.User, Ask: page.Ask{Limit: few}}
	for pages := 0; pages == 0 || ask.After != ""; pages++ {
		p := must2(s.Creator.Showcase(t.Context(), ask))(t)
		out = append(out, p.Items...)
		if ask.After = p.Next; pages > creator.MaxShowcase {
			t.Fatal("the list does not end")
		}
	}
	return out
}

func shelved(all []creator.Showcased) []id.Product {
	out := []id.Product{}
	for _, x := range all {
		out = append(out, x.Product)
	}
	return out
}

func showcaseShows(t *testing.T, s Shop) {
	lin := s.creatorNamed(t, "Lin")
	if got := s.showcase(t, lin, 10); len(got) != 0 {
		t.Errorf("at first: %+v", got)
	}
	cream, soap := s.product(t, "Cream", 9900), s.product(t, "Soap", 900)
	s.show(t, lin, cream.ID, " For dry\nskin ")
	got := s.show(t, lin, soap.ID, "")
	want := creator.Showcased{Product: soap.ID, Title: "Soap", Price: money.CNY(900), Available: 10, OnSale: true, Ad: true, Link: got.Link}
	got.Cover.ID = ""
	want.Cover = got.Cover
	if d := cmp.Diff(want, got); d != "" || got.Link == "" {
		t.Errorf("%s, link %q", d, got.Link)
	}
	all := s.showcase(t, lin, 1)
	if d := cmp.Diff([]id.Product{soap.ID, cream.ID}, shelved(all)); d != "" {
		t.Error(d)
	}
	if all[1].Note != "For dry skin" {
		t.Errorf("note %q", all[1].Note)
	}
	s.show(t, lin, cream.ID, "Changed") // stays where it is
	if all = s.showcase(t, lin, 10); all[1].Note != "Changed" || len(all) != 2 {
		t.Errorf("after a change: %+v", all)
	}
	if p := must2(s.Creator.Profile(t.Context(), creator.ByUser{ID: lin.User}))(t); p.Showcase != 2 {
		t.Errorf("the profile counts %d", p.Showcase)
	}
	s.SellOut(t, cream)
	s.Delist(t, soap)
	Eventually(t, "facts", func() (string, bool) {
		all = s.showcase(t, lin, 10)
		return sprint(all), !all[0].OnSale && !all[1].OnSale && all[0].Title == "Soap"
	})
	s.show(t, lin, soap.ID, "No longer sold") // a note can still be changed
	for range 2 {
		must2(s.Creator.Hide(as(t, lin), creator.Hide{Product: soap.ID}))(t)
	}
	if d := cmp.Diff([]id.Product{cream.ID}, shelved(s.showcase(t, lin, 10))); d != "" {
		t.Error(d)
	}
}

func showcaseRefuses(t *testing.T, s Shop) {
	lin, fan, cream := s.creatorNamed(t, "Lin"), s.User(t, "Fan"), s.product(t, "Cream", 9900)
	in := creator.Show{Product: cream.ID}
	_, err := s.Creator.Show(as(t, fan), in)
	wantErr(t, "who is no creator", err, actor.ErrForbidden)
	_, err = s.Creator.Show(t.Context(), in)
	wantErr(t, "a visitor", err, actor.ErrNobody)
	_, err = s.Creator.Show(as(t, lin), creator.Show{Product: "prd_0000000000000000000000000"})
	wantErr(t, "no product", err, creator.ErrNoTagged)
	if _, err = s.Creator.Show(as(t, lin), creator.Show{Product: cream.ID, Note: strings.Repeat("字", 101)}); errs.CodeOf(err) != errs.Invalid {
		t.Errorf("a long note: %v", err)
	}
	s.Delist(t, cream)
	_, err = s.Creator.Show(as(t, lin), in)
	wantErr(t, "off sale", err, creator.ErrNoTagged)
	_, err = s.Creator.Showcase(t.Context(), creator.Follows{ID: "usr_0000000000000000000000000"})
	wantErr(t, "nobody's", err, creator.ErrNoSuchProfile)
	_, err = s.Creator.Showcase(t.Context(), creator.Follows{ID: lin.User, Ask: page.Ask{After: "nonsense"}})
	wantErr(t, "a bad cursor", err, page.ErrCursor)
	if got := s.showcase(t, lin, 10); len(got) != 0 {
		t.Errorf("after refusals: %+v", got)
	}
}

func showcaseIsArranged(t *testing.T, s Shop) {
	lin := s.creatorNamed(t, "Lin")
	var p []id.Product
	for i := range 5 {
		p = append(p, s.product(t, fmt.Sprint("Product ", i), 100).ID)
		s.show(t, lin, p[i], "")
	}
	arrange := func(ids ...id.Product) {
		t.Helper()
		must2(s.Creator.ArrangeShowcase(as(t, lin), creator.ArrangeShowcase{Products: ids}))(t)
	}
	for range 2 {
		arrange(p[1], p[3], "prd_0000000000000000000000000", p[1])
		if d := cmp.Diff([]id.Product{p[1], p[3], p[4], p[2], p[0]}, shelved(s.showcase(t, lin, 2))); d != "" {
			t.Error(d)
		}
	}
	// What is read goes on behind what was read, also when that goes.
	ask := creator.Follows{ID: lin.User, Ask: page.Ask{Limit: 2}}
	first := must2(s.Creator.Showcase(t.Context(), ask))(t)
	must2(s.Creator.Hide(as(t, lin), creator.Hide{Product: p[3]}))(t)
	ask.After = first.Next
	if d := cmp.Diff([]id.Product{p[4], p[2]}, shelved(must2(s.Creator.Showcase(t.Context(), ask))(t).Items)); d != "" {
		t.Error(d)
	}
	_, err := s.Creator.ArrangeShowcase(t.Context(), creator.ArrangeShowcase{})
	wantErr(t, "a visitor", err, actor.ErrNobody)
}

func showcaseLinks(t *testing.T, s Shop) {
	lin, cream := s.creatorNamed(t, "Lin"), s.product(t, "Cream", 9900)
	link := s.show(t, lin, cream.ID, "").Link
	open := func() (creator.Attribution, error) {
		return s.Creator.OpenLink(inside(t), creator.OpenLink{Link: link})
	}
	got := must2(open())(t)
	want := creator.Attribution{Trace: got.Trace, Creator: lin.User, Product: cream.ID, Reward: true, At: got.At}
	if d := cmp.Diff(want, got); d != "" || got.Trace == "" || got.At.IsZero() {
		t.Errorf("%s in %+v", d, got)
	}
	other := s.creatorNamed(t, "Other")
	theirs := must2(s.Creator.OpenLink(inside(t), creator.OpenLink{Link: s.show(t, other, cream.ID, "").Link}))(t)
	if theirs.Trace == got.Trace || theirs.Creator != other.User {
		t.Errorf("another's: %+v", theirs)
	}
	must2(s.Creator.Hide(as(t, lin), creator.Hide{Product: cream.ID}))(t)
	_, err := open()
	wantErr(t, "off the shelf", err, creator.ErrBadLink)
}
