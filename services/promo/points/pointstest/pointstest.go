// Package pointstest says what points promise, as a suite that runs over every
// way the shop can be cut into processes.
package pointstest

import (
	"context"
	"errors"
	"testing"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/promo/points"
)

// Shop is points, and people.
type Shop struct {
	Points   points.Service
	Person   func(*testing.T) (id.User, context.Context)
	Operator func(*testing.T) context.Context
}

// Run runs every case over one shop.
func Run(t *testing.T, s Shop) {
	for name, test := range map[string]func(*testing.T, Shop){
		"NobodyHasPointsAtFirst":       testNone,
		"PointsAreGrantedOnce":         testGrant,
		"HistoryIsPagedLatestFirst":    testHistory,
		"OnlyAnOperatorGrants":         testMay,
		"AVisitorHasNoPointsToLookAt":  testVisitor,
		"OnePersonsPointsAreNotOthers": testOthers,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, s) })
	}
}

func available(t *testing.T, s Shop, ctx context.Context) int64 {
	t.Helper()
	b, err := s.Points.Balance(ctx, points.Mine{})
	if err != nil {
		t.Fatal(err)
	}
	return b.Available
}

func testNone(t *testing.T, s Shop) {
	_, ctx := s.Person(t)
	if got := available(t, s, ctx); got != 0 {
		t.Errorf("%d points, want none", got)
	}
}

func testGrant(t *testing.T, s Shop) {
	who, ctx := s.Person(t)
	in := points.Grant{User: who, N: 250, Note: "Sorry for the delay", RequestID: id.Secret()}
	one, err := s.Points.Grant(s.Operator(t), in)
	if err != nil || one.N != 250 {
		t.Fatalf("Grant = %+v, %v", one, err)
	}
	if two, err := s.Points.Grant(s.Operator(t), in); err != nil || two.ID != one.ID {
		t.Errorf("the same request again = %+v, %v, want %s", two, err, one.ID)
	}
	if got := available(t, s, ctx); got != 250 {
		t.Errorf("%d points, want 250", got)
	}
	b, err := s.Points.Balance(ctx, points.Mine{})
	if err != nil || b.Soon != 250 || b.Until.IsZero() {
		t.Errorf("Balance = %+v, %v, want to know when they expire", b, err)
	}
}

func testHistory(t *testing.T, s Shop) {
	who, ctx := s.Person(t)
	for range 5 {
		if _, err := s.Points.Grant(s.Operator(t), points.Grant{User: who, N: 10, Note: "A gift", RequestID: id.Secret()}); err != nil {
			t.Fatal(err)
		}
	}
	var sum, n int64
	in := page.Ask{Limit: 2}
	for {
		got, err := s.Points.History(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range got.Items {
			if m.Cause != points.Granted || m.Note != "A gift" {
				t.Errorf("a movement without its cause: %+v", m)
			}
			sum, n = sum+m.N, n+1
		}
		if got.Next == "" {
			break
		}
		in.After = got.Next
	}
	if n != 5 || sum != 50 {
		t.Errorf("%d movements of %d points, want 5 of 50", n, sum)
	}
}

func testMay(t *testing.T, s Shop) {
	who, ctx := s.Person(t)
	if _, err := s.Points.Grant(ctx, points.Grant{User: who, N: 1, Note: "For me", RequestID: id.Secret()}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("a shopper grants points: %v, want ErrForbidden", err)
	}
	self := actor.From(s.Operator(t)).User
	if _, err := s.Points.Grant(s.Operator(t), points.Grant{User: self, N: 1, Note: "For me", RequestID: id.Secret()}); !errors.Is(err, catalog.ErrOwnMoney) {
		t.Errorf("an operator grants themselves points: %v, want ErrOwnMoney", err)
	}
}

func testVisitor(t *testing.T, s Shop) {
	if _, err := s.Points.Balance(t.Context(), points.Mine{}); !errors.Is(err, actor.ErrNobody) {
		t.Errorf("Balance: %v, want ErrNobody", err)
	}
	if _, err := s.Points.History(t.Context(), page.Ask{}); !errors.Is(err, actor.ErrNobody) {
		t.Errorf("History: %v, want ErrNobody", err)
	}
}

func testOthers(t *testing.T, s Shop) {
	who, _ := s.Person(t)
	_, other := s.Person(t)
	if _, err := s.Points.Grant(s.Operator(t), points.Grant{User: who, N: 5, Note: "A gift", RequestID: id.Secret()}); err != nil {
		t.Fatal(err)
	}
	h, err := s.Points.History(other, page.Ask{})
	if err != nil || len(h.Items) != 0 || available(t, s, other) != 0 {
		t.Errorf("another's history holds %+v (%v)", h.Items, err)
	}
}
