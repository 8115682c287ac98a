package groupbuytest

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/kernel/id"
	"meadow/services/promo"
	"meadow/services/promo/groupbuy"
)

func testFills(t *testing.T, w *World) {
	o := w.Start(t, nil)
	team := w.open(t, o)
	if team.State != groupbuy.IsOpen || team.Paid != 1 || team.Left != 2 || !team.MyPaid {
		t.Fatalf("after opening it is %+v", team)
	}
	second, third := w.sit(t, o, team.ID, newBuyer()), w.sit(t, o, team.ID, newBuyer())
	got := w.team(t, team.ID)
	if got.State != groupbuy.IsFilled || got.Paid != 3 || got.Left != 0 || got.Share.Missing != 0 {
		t.Errorf("full it is %+v", got)
	}
	w.Advance(48 * time.Hour)
	w.Tick(t.Context())
	filled, lapsed := w.Announced(t)
	want := []groupbuy.TeamData{{Team: team.ID, Offer: o.ID, Orders: []id.Order{team.Mine, second, third}}}
	for i := range filled {
		filled[i].At = time.Time{}
	}
	if diff := cmp.Diff(want, filled); diff != "" || len(lapsed) != 0 {
		t.Errorf("%d lapsed; filled: %s", len(lapsed), diff)
	}
	wantErr(t, "a fourth", w.Lock(t.Context(), o, team.ID, newBuyer(), newOrder()), promo.ErrUsedUp)
}

func testLapses(t *testing.T, w *World) {
	o := w.Start(t, nil)
	team := w.open(t, o)
	late := newOrder()
	if err := w.Lock(t.Context(), o, team.ID, newBuyer(), late); err != nil {
		t.Fatal(err)
	}
	w.Advance(24*time.Hour - time.Millisecond)
	w.Tick(t.Context())
	if got := w.team(t, team.ID); got.State != groupbuy.IsOpen {
		t.Errorf("a moment before its end it is %s", got.State)
	}
	w.Advance(time.Millisecond)
	wantErr(t, "joining at its end", w.Lock(t.Context(), o, team.ID, newBuyer(), newOrder()), promo.ErrEnded)
	wantErr(t, "paying at its end", w.Source.Redeem(t.Context(), late), promo.ErrUsedUp)
	for range 3 {
		w.Tick(t.Context())
		w.Advance(time.Minute)
	}
	filled, lapsed := w.Announced(t)
	if len(filled) != 0 || len(lapsed) != 1 || !slices.Equal(lapsed[0].Orders, []id.Order{team.Mine}) {
		t.Errorf("filled %+v, lapsed %+v", filled, lapsed)
	}
	if err := w.Source.Redeem(t.Context(), team.Mine); err != nil {
		t.Errorf("the opener's payment told again: %v", err)
	}
	if err := w.Source.Return(t.Context(), promo.Return{Order: team.Mine, Whole: true, RequestID: "1"}); err != nil {
		t.Error(err)
	}
	if got := w.team(t, team.ID); got.State != groupbuy.IsLapsed || got.Left != 0 {
		t.Errorf("at last it is %+v", got)
	}
}

func testTwice(t *testing.T, w *World) {
	o := w.Start(t, nil)
	team := w.open(t, o)
	u := newBuyer()
	if err := w.Lock(t.Context(), o, team.ID, u, newOrder()); err != nil {
		t.Fatal(err)
	}
	other := newOrder()
	wantErr(t, "a second order while the first is unpaid", w.hold(t.Context(), o, team.ID, u, other), groupbuy.ErrInTeam)
	wantErr(t, "money for it all the same", w.Source.Redeem(t.Context(), other), promo.ErrUsedUp)
	if got := w.team(t, team.ID); got.Paid != 1 || got.Held != 1 {
		t.Errorf("the team is %+v", got)
	}
	wantErr(t, "another account of theirs", w.Lock(t.Context(), o, team.ID, u+".2", newOrder()), groupbuy.ErrInTeam)
}

func testHeld(t *testing.T, w *World) {
	o := w.Start(t, nil)
	team := w.open(t, o)
	for range 2 {
		if err := w.Lock(t.Context(), o, team.ID, newBuyer(), newOrder()); err != nil {
			t.Fatal(err)
		}
	}
	wantErr(t, "one more than there are seats", w.Lock(t.Context(), o, team.ID, newBuyer(), newOrder()), promo.ErrUsedUp)
	if got := w.team(t, team.ID); got.Paid != 1 || got.Held != 2 || got.Left != 0 {
		t.Errorf("the team is %+v", got)
	}
}

func testGivenBack(t *testing.T, w *World) {
	o := w.Start(t, func(in *groupbuy.Terms) { in.Seats, in.Limit = 2, 1 })
	team := w.open(t, o)
	u, order := newBuyer(), newOrder()
	if err := w.Lock(t.Context(), o, team.ID, u, order); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Source.Release(t.Context(), order); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.team(t, team.ID); got.Left != 1 {
		t.Errorf("released, %d are left", got.Left)
	}
	paid := w.sit(t, o, team.ID, u) // also within the limit of one
	if err := w.Source.Release(t.Context(), paid); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "another, once one is paid", w.Lock(t.Context(), o, "", u, newOrder()), promo.ErrLimit)
	if got := w.team(t, team.ID); got.State != groupbuy.IsFilled || got.Paid != 2 {
		t.Errorf("releasing what is paid made it %+v", got)
	}
}

func testLate(t *testing.T, w *World) {
	o := w.Start(t, func(in *groupbuy.Terms) { in.Seats = 2 })
	team := w.open(t, o)
	late := newOrder()
	if err := w.Lock(t.Context(), o, team.ID, newBuyer(), late); err != nil {
		t.Fatal(err)
	}
	w.Advance(holdFor)
	quick := newOrder()
	if err := w.Lock(t.Context(), o, team.ID, newBuyer(), quick); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "late, and another holds the seat", w.Source.Redeem(t.Context(), late), promo.ErrUsedUp)
	if err := w.Source.Release(t.Context(), quick); err != nil {
		t.Fatal(err)
	}
	if err := w.Source.Redeem(t.Context(), late); err != nil {
		t.Errorf("late, and the seat is free: %v", err)
	}
	wantErr(t, "the last of two", w.Source.Redeem(t.Context(), quick), promo.ErrUsedUp)
	if filled, _ := w.Announced(t); len(filled) != 1 || !slices.Equal(filled[0].Orders, []id.Order{team.Mine, late}) {
		t.Errorf("filled %+v", filled)
	}
}

func testVoid(t *testing.T, w *World) {
	o := w.Start(t, nil)
	u, order := newBuyer(), newOrder()
	if err := w.Lock(t.Context(), o, "", u, order); err != nil {
		t.Fatal(err)
	}
	mine := must(w.Service.MyTeams(w.as(t, buyer(u)), ask()))(t).Items
	if len(mine) != 1 || mine[0].State != groupbuy.IsOpening {
		t.Fatalf("the opener sees %+v", mine)
	}
	wantErr(t, "a visitor", second(w.Service.Team(t.Context(), groupbuy.ByID{ID: mine[0].ID})), groupbuy.ErrNoSuchTeam)
	wantErr(t, "joining it", w.Lock(t.Context(), o, mine[0].ID, newBuyer(), newOrder()), promo.ErrEnded)
	w.Advance(holdFor)
	w.Tick(t.Context())
	if err := w.Source.Release(t.Context(), order); err != nil {
		t.Fatal(err)
	}
	if filled, lapsed := w.Announced(t); len(filled)+len(lapsed) != 0 {
		t.Errorf("announced %v, %v", filled, lapsed)
	}
	if err := w.Source.Redeem(t.Context(), order); err != nil {
		t.Errorf("paid late while the offer runs: %v", err)
	}
	if got := w.team(t, mine[0].ID); got.State != groupbuy.IsOpen || !got.EndsAt.Equal(w.Now().Add(24*time.Hour)) {
		t.Errorf("then it is %+v", got)
	}
	never := newOrder()
	if err := w.Lock(t.Context(), o, "", newBuyer(), never); err != nil {
		t.Fatal(err)
	}
	must(w.Service.Stop(w.as(t, Keeper), groupbuy.ByID{ID: o.ID}))(t)
	w.Advance(holdFor)
	wantErr(t, "paid late when the offer is over", w.Source.Redeem(t.Context(), never), promo.ErrUsedUp)
}

func testLimit(t *testing.T, w *World) {
	o := w.Start(t, func(in *groupbuy.Terms) { in.Limit = 2 })
	u := newBuyer()
	first := newOrder()
	if err := w.Lock(t.Context(), o, "", u, first); err != nil {
		t.Fatal(err)
	}
	w.sit(t, o, w.open(t, o).ID, u)
	wantErr(t, "a third", w.Lock(t.Context(), o, "", u, newOrder()), promo.ErrLimit)
	wantErr(t, "a third by another account of theirs", w.Lock(t.Context(), o, "", u+".2", newOrder()), promo.ErrLimit)
	w.Advance(holdFor) // the first was never paid
	w.sit(t, o, "", u)
	wantErr(t, "the first, paid late", w.Source.Redeem(t.Context(), first), promo.ErrUsedUp)
	two := promo.Line{SKU: o.SKU, Merchant: o.Merchant, N: 3, Price: o.Price, Deal: promo.Deal{Kind: promo.Group, ID: o.ID}}
	wantErr(t, "three at once", second(w.Source.Rules(t.Context(), promo.PriceAsk{Lines: []promo.Line{two}})), groupbuy.ErrTooMany)
}

func testNoLogin(t *testing.T, w *World) {
	o := w.Start(t, func(in *groupbuy.Terms) { in.Limit = 1 })
	u := NoLogin + newBuyer()
	w.sit(t, o, "", u)
	wantErr(t, "a second", w.Lock(t.Context(), o, "", u, newOrder()), promo.ErrLimit)
	w.sit(t, o, "", NoLogin+newBuyer()) // somebody else
}

func testFresh(t *testing.T, w *World) {
	o := w.Start(t, func(in *groupbuy.Terms) { in.Fresh = true })
	old, fresh := newBuyer(), newBuyer()
	w.Bought(t, old)
	opened := w.sit(t, o, "", old) // anybody may open
	teams := must(w.Service.MyTeams(w.as(t, buyer(old)), ask()))(t).Items
	team, other := teams[0], w.open(t, o)
	if opened != team.Mine {
		t.Fatalf("opened %s, sits as %s", opened, team.Mine)
	}
	wantErr(t, "one who has bought", w.Lock(t.Context(), o, other.ID, old, newOrder()), groupbuy.ErrNotFresh)
	if got := must(w.Service.Team(w.as(t, buyer(old)), groupbuy.ByID{ID: other.ID}))(t); got.Refuse != groupbuy.ErrNotFresh.Reason {
		t.Errorf("the page refuses with %q", got.Refuse)
	}
	w.sit(t, o, team.ID, fresh)
	wantErr(t, "another account of theirs", w.Lock(t.Context(), o, other.ID, fresh+".2", newOrder()), groupbuy.ErrNotFresh)
	wantErr(t, "another account of one who has bought", w.Lock(t.Context(), o, other.ID, old+".2", newOrder()), groupbuy.ErrNotFresh)
	wantErr(t, "a new buyer's second seat", w.Lock(t.Context(), o, other.ID, fresh, newOrder()), groupbuy.ErrNotFresh)
}
