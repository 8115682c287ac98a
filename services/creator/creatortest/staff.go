package creatortest

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/rpc"
)

func (s Shop) mayAct(t *testing.T, user, account id.User, roles ...creator.StaffRole) bool {
	t.Helper()
	return must2(s.Creator.MayAct(inside(t), creator.MayAct{User: user, Account: account, Roles: roles}))(t).OK
}

func (s Shop) hire(t *testing.T, boss, whom actor.Actor, role creator.StaffRole) creator.Staff {
	t.Helper()
	return must2(s.Creator.Hire(as(t, boss), creator.Hire{ID: whom.User, Role: role}))(t)
}

func staffAct(t *testing.T, s Shop) {
	shop, ed, ann := s.User(t, "Shop"), s.User(t, "Ed"), s.User(t, "Ann")
	s.hire(t, shop, ed, creator.Editor)
	s.hire(t, shop, ann, creator.Analyst)
	both := []creator.StaffRole{creator.Editor, creator.Analyst}
	for _, tt := range []struct {
		what          string
		user, account id.User
		roles         []creator.StaffRole
		want          bool
	}{
		{"the owner", shop.User, shop.User, both[:1], true},
		{"an editor edits", ed.User, shop.User, both[:1], true},
		{"an editor in any role", ed.User, shop.User, nil, true},
		{"an editor reads numbers", ed.User, shop.User, both[1:], false},
		{"an analyst edits", ann.User, shop.User, both[:1], false},
		{"an analyst or an editor", ann.User, shop.User, both, true},
		{"the other way round", shop.User, ed.User, nil, false},
		{"a stranger", ann.User, ed.User, nil, false},
	} {
		if got := s.mayAct(t, tt.user, tt.account, tt.roles...); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.what, got, tt.want)
		}
	}
	if got := s.hire(t, shop, ann, creator.Editor); got.Role != creator.Editor || got.Person.Name != "Ann" {
		t.Errorf("a new role: %+v", got)
	}
	if !s.mayAct(t, ann.User, shop.User, creator.Editor) || s.mayAct(t, ann.User, shop.User, creator.Analyst) {
		t.Error("the old role is still hers")
	}
	for range 2 {
		must2(s.Creator.Dismiss(as(t, shop), creator.Dismiss{ID: ed.User}))(t)
	}
	if s.mayAct(t, ed.User, shop.User) {
		t.Error("dismissed, and still at work")
	}
	_, err := s.Creator.MayAct(as(t, shop), creator.MayAct{User: ed.User, Account: shop.User})
	wantErr(t, "from outside", err, rpc.ErrNoRoute)
}

func staffIsHired(t *testing.T, s Shop) {
	shop, other, ed, eve := s.User(t, "Shop"), s.User(t, "Other"), s.User(t, "Ed"), s.User(t, "Eve")
	for range 2 {
		s.hire(t, shop, ed, creator.Editor)
	}
	s.hire(t, other, ed, creator.Analyst)
	list := func(boss actor.Actor) []creator.Staff {
		t.Helper()
		return must2(s.Creator.Staff(as(t, boss), rpc.Empty{}))(t).Items
	}
	if got := list(shop); len(got) != 1 || got[0].Person.ID != ed.User || got[0].Role != creator.Editor || got[0].At.IsZero() {
		t.Errorf("staff: %+v", got)
	}
	accounts := func(who actor.Actor) map[id.User]creator.StaffRole {
		t.Helper()
		out := map[id.User]creator.StaffRole{}
		for _, a := range must2(s.Creator.Accounts(as(t, who), rpc.Empty{}))(t).Items {
			out[a.Account.ID] = a.Role
		}
		return out
	}
	if d := cmp.Diff(map[id.User]creator.StaffRole{shop.User: creator.Editor, other.User: creator.Analyst}, accounts(ed)); d != "" {
		t.Error(d)
	}
	_, err := s.Creator.Dismiss(as(t, eve), creator.Dismiss{ID: ed.User, Account: shop.User})
	wantErr(t, "dismissed by a stranger", err, creator.ErrNotStaff)
	must2(s.Creator.Dismiss(as(t, ed), creator.Dismiss{ID: ed.User, Account: shop.User}))(t)
	if d := cmp.Diff(map[id.User]creator.StaffRole{other.User: creator.Analyst}, accounts(ed)); d != "" || len(list(shop)) != 0 {
		t.Errorf("after leaving: %s, staff %+v", d, list(shop))
	}
	s.hire(t, shop, ed, creator.Editor)
	if accounts(ed)[shop.User] != creator.Editor {
		t.Errorf("hired again: %v", accounts(ed))
	}
	_, err = s.Creator.Hire(as(t, shop), creator.Hire{ID: "usr_0000000000000000000000000", Role: creator.Editor})
	wantErr(t, "nobody", err, creator.ErrNoSuchProfile)
	for what, in := range map[string]creator.Hire{
		"oneself": {ID: shop.User, Role: creator.Editor}, "as what": {ID: eve.User}, "as a king": {ID: eve.User, Role: "king"},
	} {
		if _, err = s.Creator.Hire(as(t, shop), in); errs.CodeOf(err) != errs.Invalid {
			t.Errorf("%s: got %v, want invalid", what, err)
		}
	}
	_, err = s.Creator.Hire(t.Context(), creator.Hire{ID: eve.User, Role: creator.Editor})
	wantErr(t, "by a visitor", err, actor.ErrNobody)
}

func staffIsFull(t *testing.T, s Shop) {
	shop := s.User(t, "Shop")
	const more = 2
	var people []actor.Actor
	for range creator.MaxStaff + more {
		people = append(people, s.User(t, "Hand"))
	}
	var full atomic.Int64
	var work sync.WaitGroup
	for _, p := range people {
		work.Go(func() {
			_, err := s.Creator.Hire(as(t, shop), creator.Hire{ID: p.User, Role: creator.Editor})
			if err != nil {
				wantErr(t, "all at once", err, creator.ErrStaffFull)
				full.Add(1)
			}
		})
	}
	work.Wait()
	if got := len(must2(s.Creator.Staff(as(t, shop), rpc.Empty{}))(t).Items); got != creator.MaxStaff || full.Load() != more {
		t.Errorf("%d staff, %d refused", got, full.Load())
	}
}
