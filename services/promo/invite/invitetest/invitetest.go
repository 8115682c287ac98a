// Package invitetest says what invitations promise, as a suite that runs over
// every way the shop can be cut into processes.
package invitetest

import (
	"context"
	"errors"
	"testing"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/promo/invite"
)

// Shop is invitations, and people.
type Shop struct {
	Invite   invite.Service
	Person   func(*testing.T) (id.User, context.Context)
	Operator func(*testing.T) context.Context
}

// Run runs every case over one shop.
func Run(t *testing.T, s Shop) {
	for name, test := range map[string]func(*testing.T, Shop){
		"ALinkLeadsToItsOwner":           testLink,
		"AForgedLinkIsRefused":           testForged,
		"APersonHasOneInviterForGood":    testOnce,
		"NobodyInvitesThemselves":        testSelf,
		"NobodyInvitesWhoInvitedThem":    testCircle,
		"AnInviterSeesWhomTheyInvited":   testInvitees,
		"AnotherPersonsTreeIsNotForAll":  testTree,
		"OnlyOperatorsDecideAndMeasure":  testMay,
		"WhatIsNotThereIsNotDecidedUpon": testNone,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, s) })
	}
}

func link(t *testing.T, s Shop, ctx context.Context) string {
	t.Helper()
	l, err := s.Invite.Link(ctx, invite.Mine{})
	if err != nil {
		t.Fatal(err)
	}
	return l.Token
}

func accept(s Shop, ctx context.Context, token string) (invite.Bond, error) {
	return s.Invite.Accept(ctx, invite.Accept{Token: token, RequestID: id.Secret()})
}

func testLink(t *testing.T, s Shop) {
	amy, ctx := s.Person(t)
	got, err := s.Invite.Look(t.Context(), invite.Look{Token: link(t, s, ctx)})
	if err != nil || got.Inviter != amy {
		t.Errorf("Look = %+v, %v, want %s", got, err, amy)
	}
}

func testForged(t *testing.T, s Shop) {
	_, ctx := s.Person(t)
	good := link(t, s, ctx)
	for _, bad := range []string{"", "x", good + "x", "A" + good, good[:len(good)-3], "." + good} {
		if _, err := s.Invite.Look(t.Context(), invite.Look{Token: bad}); !errors.Is(err, invite.ErrLink) {
			t.Errorf("Look(%q): %v, want ErrLink", bad, err)
		}
		_, bob := s.Person(t)
		if _, err := s.Invite.Accept(bob, invite.Accept{Token: bad + "z", RequestID: id.Secret()}); !errors.Is(err, invite.ErrLink) {
			t.Errorf("Accept(%q): %v, want ErrLink", bad, err)
		}
	}
}

func testOnce(t *testing.T, s Shop) {
	amy, actx := s.Person(t)
	_, cctx := s.Person(t)
	bob, bctx := s.Person(t)
	for range 2 {
		b, err := accept(s, bctx, link(t, s, actx))
		if err != nil || b.Inviter != amy || b.Invitee != bob || b.State != invite.Joined {
			t.Fatalf("Accept = %+v, %v", b, err)
		}
	}
	if _, err := accept(s, bctx, link(t, s, cctx)); !errors.Is(err, invite.ErrInvited) {
		t.Errorf("a second inviter: %v, want ErrInvited", err)
	}
}

func testSelf(t *testing.T, s Shop) {
	_, ctx := s.Person(t)
	if _, err := accept(s, ctx, link(t, s, ctx)); !errors.Is(err, invite.ErrSelf) {
		t.Errorf("Accept of one's own link: %v, want ErrSelf", err)
	}
}

func testCircle(t *testing.T, s Shop) {
	_, a := s.Person(t)
	_, b := s.Person(t)
	_, c := s.Person(t)
	for _, pair := range [][2]context.Context{{a, b}, {b, c}} {
		if _, err := accept(s, pair[1], link(t, s, pair[0])); err != nil {
			t.Fatal(err)
		}
	}
	for _, below := range []context.Context{b, c} {
		if _, err := accept(s, a, link(t, s, below)); !errors.Is(err, invite.ErrCircle) {
			t.Errorf("a circle: %v, want ErrCircle", err)
		}
	}
}

func testInvitees(t *testing.T, s Shop) {
	amy, ctx := s.Person(t)
	for range 3 {
		_, who := s.Person(t)
		if _, err := accept(s, who, link(t, s, ctx)); err != nil {
			t.Fatal(err)
		}
	}
	in, n := page.Ask{Limit: 2}, 0
	for {
		got, err := s.Invite.Invitees(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range got.Items {
			if n++; b.Inviter != amy || b.State != invite.Joined {
				t.Errorf("an invitee is %+v", b)
			}
		}
		if got.Next == "" {
			break
		}
		in.After = got.Next
	}
	tree, err := s.Invite.Tree(ctx, invite.OfUser{})
	if err != nil || n != 3 || tree.Levels[0].Joined != 3 || tree.Levels[1].Joined != 0 {
		t.Errorf("%d invitees, Tree = %+v, %v; want 3", n, tree, err)
	}
}

func testTree(t *testing.T, s Shop) {
	amy, _ := s.Person(t)
	_, ctx := s.Person(t)
	if _, err := s.Invite.Tree(ctx, invite.OfUser{User: amy}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("another's tree: %v, want ErrForbidden", err)
	}
	if _, err := s.Invite.Tree(s.Operator(t), invite.OfUser{User: amy}); err != nil {
		t.Errorf("for an operator: %v", err)
	}
}

func testMay(t *testing.T, s Shop) {
	_, ctx := s.Person(t)
	if _, err := s.Invite.Held(ctx, page.Ask{}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("Held: %v, want ErrForbidden", err)
	}
	if _, err := s.Invite.Growth(ctx, invite.AskGrowth{}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("Growth: %v, want ErrForbidden", err)
	}
	if _, err := s.Invite.Decide(ctx, invite.Decide{ID: "inr_x", Pay: true, Note: "mine", RequestID: id.Secret()}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("Decide: %v, want ErrForbidden", err)
	}
}

func testNone(t *testing.T, s Shop) {
	if _, err := s.Invite.Decide(s.Operator(t), invite.Decide{ID: "inr_none", Pay: true, Note: "x", RequestID: id.Secret()}); !errors.Is(err, invite.ErrNoSuch) {
		t.Errorf("Decide: %v, want ErrNoSuch", err)
	}
	_, ctx := s.Person(t)
	if got, err := s.Invite.Rewards(ctx, page.Ask{}); err != nil || len(got.Items) != 0 {
		t.Errorf("Rewards = %+v, %v", got, err)
	}
}
