package groupbuycore

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"meadow/services/kernel/id"
	"meadow/services/promo"
	"meadow/services/promo/groupbuy"
)

// TestATeamIsNeverOverfullAndEndsOnce does anything to a team, in any order and
// at any time.
func TestATeamIsNeverOverfullAndEndsOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2030, 5, 1, 10, 0, 0, 0, time.UTC)
		needs := rapid.IntRange(2, 4).Draw(t, "needs")
		o := offer{Offer: groupbuy.Offer{ID: "gbo_x", Terms: groupbuy.Terms{Seats: needs, Hours: 1}}}
		var x team
		if err := x.begin("tem_x", o, seat{Order: "ord_0", User: "usr_0", As: []string{"usr_0"}, Until: now.Add(20 * time.Minute), Opener: true}); err != nil {
			t.Fatal(err)
		}
		paidBefore := map[id.Order]bool{}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			was := x.State
			n := rapid.IntRange(0, 6).Draw(t, "who")
			s := seat{Order: id.Order(fmt.Sprintf("ord_%d", n)), User: id.User(fmt.Sprintf("usr_%d", n%4)), As: []string{fmt.Sprintf("usr_%d", n%4)}, Until: now.Add(20 * time.Minute), Opener: n == 0}
			var err error
			switch what := rapid.SampledFrom([]string{"hold", "pay", "pay", "let", "leave", "lapse", "wait"}).Draw(t, "what"); what {
			case "hold":
				err = x.hold(s, now)
			case "pay":
				if err = x.pay(s, now); err == nil {
					paidBefore[s.Order] = true
				}
			case "let":
				err = x.let(s.Order, now)
			case "leave":
				if err = x.leave(s.Order); err == nil && x.State == groupbuy.IsOpen {
					delete(paidBefore, s.Order)
				}
			case "lapse":
				err = x.lapse(now, rapid.Bool().Draw(t, "force"))
			case "wait":
				now = now.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "minutes")) * time.Minute)
			}
			if err != nil && !errors.Is(err, errSame) && !errors.Is(err, promo.ErrUsedUp) && !errors.Is(err, promo.ErrEnded) && !errors.Is(err, groupbuy.ErrInTeam) {
				t.Fatal(err)
			}
			obey(t, &x, was, now, needs, paidBefore)
		}
	})
}

func obey(t *rapid.T, x *team, was groupbuy.TeamState, now time.Time, needs int, paidBefore map[id.Order]bool) {
	paid, held := x.count(now)
	if paid+held > needs {
		t.Fatalf("%d paid and %d held of %d", paid, held, needs)
	}
	if paid != len(paidBefore) {
		t.Fatalf("%d sit, %d have paid", paid, len(paidBefore))
	}
	users := map[id.User]bool{}
	for _, s := range x.Seats {
		if s.taken(now) && users[s.User] {
			t.Fatalf("%s sits twice", s.User)
		}
		users[s.User] = users[s.User] || s.taken(now)
	}
	over := func(s groupbuy.TeamState) bool { return s == groupbuy.IsFilled || s == groupbuy.IsLapsed }
	if over(was) && x.State != was {
		t.Fatalf("%s became %s", was, x.State)
	}
	if (x.State == groupbuy.IsFilled) != (paid == needs) {
		t.Fatalf("%d of %d paid and it is %s", paid, needs, x.State)
	}
	want := 0
	if over(x.State) {
		want = 1
	}
	if len(x.Outbox) != want || over(x.State) != x.Due.IsZero() && x.State != groupbuy.IsVoid {
		t.Fatalf("%s, due %v, announces %d", x.State, x.Due, len(x.Outbox))
	}
}
