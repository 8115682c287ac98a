package catalogtest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/rpc"
)

// worker is somebody with an account and no wish for a shop of their own here.
func worker(t *testing.T, s Shop, name string) actor.Actor {
	t.Helper()
	return s.Merchant(t, name)
}

// at is who asking for the stall, as the gateway lets them.
func (s *stall) at(t *testing.T, who actor.Actor) context.Context {
	t.Helper()
	a := must(catalog.ActFor(t.Context(), inside{s.Catalog, t}, who, s.who.Merchant))(t)
	return actor.With(t.Context(), a)
}

// inside asks as a part of the platform.
type inside struct {
	catalog.Service
	t *testing.T
}

func (i inside) May(_ context.Context, in catalog.May) (catalog.Allowed, error) {
	return i.Service.May(system(i.t), in)
}

func (s *stall) hire(t *testing.T, who actor.Actor, duties ...catalog.Duty) catalog.Member {
	t.Helper()
	m := must(s.Catalog.InviteStaff(s.ctx, catalog.InviteStaff{User: who.User, Duties: duties, RequestID: id.Secret()}))(t)
	return must(s.Catalog.AcceptInvite(actor.With(t.Context(), who), catalog.AcceptInvite{ID: m.ID}))(t)
}

func testStaff(t *testing.T, shop Shop) {
	s, who := newStall(t, shop, "staffed"), worker(t, shop, "clerk")
	p := s.listed(t, 3)
	if _, err := catalog.ActFor(t.Context(), inside{s.Catalog, t}, who, s.who.Merchant); !errors.Is(err, catalog.ErrNotStaff) {
		t.Errorf("a stranger acts for the shop: %v, want ErrNotStaff", err)
	}
	in := catalog.InviteStaff{User: who.User, Duties: []catalog.Duty{catalog.DoStock}, RequestID: id.Secret()}
	m := must(s.Catalog.InviteStaff(s.ctx, in))(t)
	if again := must(s.Catalog.InviteStaff(s.ctx, in))(t); again.ID != m.ID {
		t.Errorf("one request invited %s and %s", m.ID, again.ID)
	}
	if got := must(s.Catalog.May(system(t), catalog.May{User: who.User, Merchant: s.who.Merchant, Duty: catalog.DoStock}))(t); got.Yes {
		t.Error("somebody who has not accepted may do something")
	}
	other := in
	other.RequestID = id.Secret()
	wantErr(t, "a second invitation", second(s.Catalog.InviteStaff(s.ctx, other)), catalog.ErrOnStaff)
	theirs := actor.With(t.Context(), who)
	for range 2 {
		must(s.Catalog.AcceptInvite(theirs, catalog.AcceptInvite{ID: m.ID}))(t)
	}
	ctx := s.at(t, who)
	must(s.Catalog.Adjust(ctx, catalog.Adjust{ID: p.SKUs[0].ID, By: 1, Reason: "found", RequestID: id.Secret()}))(t)
	wantErr(t, "an edit by who keeps the stock", second(s.Catalog.Edit(ctx, catalog.EditProduct{ID: p.ID, Sheet: s.sheet})), catalog.ErrNoDuty)
	wantErr(t, "a look at the staff", second(s.Catalog.StaffList(ctx, catalog.StaffAsk{})), catalog.ErrNoDuty)
	must(s.Catalog.ChangeStaff(s.ctx, catalog.ChangeStaff{ID: m.ID, Duties: []catalog.Duty{catalog.DoProducts}}))(t)
	must(s.Catalog.Edit(ctx, catalog.EditProduct{ID: p.ID, Sheet: s.sheet}))(t)
	wantErr(t, "stock, which they no longer keep", second(s.Catalog.Stock(ctx, catalog.BySKU{ID: p.SKUs[0].ID})), catalog.ErrNoDuty)
	shops := must(s.Catalog.MyShops(theirs, rpc.Empty{}))(t).Items
	if !slices.ContainsFunc(shops, func(x catalog.MyShop) bool { return x.Merchant == s.who.Merchant && x.Member == m.ID && !x.Owner }) {
		t.Errorf("their shops are %+v, want the stall's among them", shops)
	}
	if list := must(s.Catalog.StaffList(s.ctx, catalog.StaffAsk{}))(t); len(list.Items) != 1 || list.Items[0].User != who.User {
		t.Errorf("the staff is %+v, want the clerk", list.Items)
	}
	stranger := newStall(t, shop, "competitor")
	wantErr(t, "another shop's hand", second(s.Catalog.RemoveStaff(stranger.ctx, catalog.ByMember{ID: m.ID})), catalog.ErrNoSuchMember)
	must(s.Catalog.RemoveStaff(s.ctx, catalog.ByMember{ID: m.ID}))(t)
	wantErr(t, "an edit after they left", second(s.Catalog.Edit(ctx, catalog.EditProduct{ID: p.ID, Sheet: s.sheet})), catalog.ErrNoDuty)
}

func testInvitation(t *testing.T, shop Shop) {
	s := newStall(t, shop, "letters")
	m := must(s.Catalog.InviteStaff(s.ctx, catalog.InviteStaff{Login: "wanda@example.com", Duties: []catalog.Duty{catalog.DoOrders}, RequestID: id.Secret()}))(t)
	if m.Code == "" || m.Hint == "" || m.Hint == "wanda@example.com" {
		t.Fatalf("invitation is %+v, want a code and a masked login", m)
	}
	people := []actor.Actor{worker(t, shop, "wanda"), worker(t, shop, "wendy"), worker(t, shop, "willa")}
	wantErr(t, "without the code", second(s.Catalog.AcceptInvite(actor.With(t.Context(), people[0]), catalog.AcceptInvite{ID: m.ID})), catalog.ErrBadInvite)
	var mu sync.Mutex
	joined := 0
	var wg sync.WaitGroup
	for _, who := range people {
		wg.Go(func() {
			_, err := s.Catalog.AcceptInvite(actor.With(t.Context(), who), catalog.AcceptInvite{ID: m.ID, Code: m.Code})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				joined++
			case !errors.Is(err, catalog.ErrBadInvite):
				t.Errorf("accept: %v, want ErrBadInvite", err)
			}
		})
	}
	wg.Wait()
	if joined != 1 {
		t.Errorf("%d people joined by one invitation, want 1", joined)
	}
}

func testLack(t *testing.T, shop Shop) {
	s, who, friend := newStall(t, shop, "chain"), worker(t, shop, "deputy"), worker(t, shop, "friend")
	mine := s.hire(t, who, catalog.DoStaff, catalog.DoStock)
	ctx := s.at(t, who)
	invite := func(d catalog.Duty) error {
		return second(s.Catalog.InviteStaff(ctx, catalog.InviteStaff{User: friend.User, Duties: []catalog.Duty{d}, RequestID: id.Secret()}))
	}
	wantErr(t, "a duty they lack", invite(catalog.DoMoney), catalog.ErrNoDuty)
	wantErr(t, "a duty that is none", invite("magic"), errs.ErrInvalid)
	wantErr(t, "more for themselves", second(s.Catalog.ChangeStaff(ctx, catalog.ChangeStaff{ID: mine.ID, Duties: []catalog.Duty{catalog.DoStock}})), catalog.ErrNoDuty)
	treasurer := s.hire(t, friend, catalog.DoMoney)
	wantErr(t, "the end of who may do more", second(s.Catalog.RemoveStaff(ctx, catalog.ByMember{ID: treasurer.ID})), catalog.ErrNoDuty)
	wantErr(t, "the owner as staff", second(s.Catalog.InviteStaff(s.ctx, catalog.InviteStaff{User: s.who.User, Duties: []catalog.Duty{catalog.DoStock}, RequestID: id.Secret()})), catalog.ErrOnStaff)
	must(s.Catalog.RemoveStaff(actor.With(t.Context(), friend), catalog.ByMember{ID: treasurer.ID}))(t) // one may always leave
}
