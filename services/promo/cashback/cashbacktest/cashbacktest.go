// Package cashbacktest says what cashback promises, as a suite that runs over
// every way the shop can be cut into processes.
package cashbacktest

import (
	"context"
	"errors"
	"testing"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/promo/cashback"
)

// Shop is cashback, and people.
type Shop struct {
	Cashback cashback.Service
	Now      func() time.Time
	Person   func(*testing.T) context.Context
	Operator func(*testing.T) context.Context
}

// Run runs every case over one shop.
func Run(t *testing.T, s Shop) {
	for name, test := range map[string]func(*testing.T, Shop){
		"ACampaignIsPlannedStartedAndStopped": testLife,
		"NumbersThatDoNotFitAreRefused":       testPlan,
		"OffersDoNotSayTheBudget":             testOffers,
		"OnlyOperatorsPlan":                   testMay,
		"NobodyHasCashbackAtFirst":            testNone,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, s) })
	}
}

// Plan is 5 % back on everything, from now on for a week.
func Plan(now time.Time, budget int64) cashback.Plan {
	return cashback.Plan{
		Name: "Five back", Rate: 500, Most: money.CNY(min(budget, 2_000)), Budget: money.CNY(budget), PerPerson: 3,
		StartsAt: now, EndsAt: now.Add(7 * 24 * time.Hour), RequestID: id.Secret(),
	}
}

func testLife(t *testing.T, s Shop) {
	ctx := s.Operator(t)
	in := Plan(s.Now(), 10_000)
	x, err := s.Cashback.Draft(ctx, in)
	if err != nil || x.State != cashback.Draft || x.Left != money.CNY(10_000) {
		t.Fatalf("Draft = %+v, %v", x, err)
	}
	if again, err := s.Cashback.Draft(ctx, in); err != nil || again.ID != x.ID {
		t.Errorf("the same request again = %+v, %v", again, err)
	}
	if _, err := s.Cashback.Stop(ctx, cashback.ByID{ID: x.ID}); !errors.Is(err, cashback.ErrState) {
		t.Errorf("Stop of a draft: %v, want ErrState", err)
	}
	for range 2 {
		if x, err = s.Cashback.Start(ctx, cashback.ByID{ID: x.ID}); err != nil || x.State != cashback.On {
			t.Fatalf("Start = %+v, %v", x, err)
		}
	}
	if x, err = s.Cashback.Stop(ctx, cashback.ByID{ID: x.ID}); err != nil || x.State != cashback.Stopped {
		t.Fatalf("Stop = %+v, %v", x, err)
	}
	if _, err := s.Cashback.Start(ctx, cashback.ByID{ID: x.ID}); !errors.Is(err, cashback.ErrState) {
		t.Errorf("Start of a stopped one: %v, want ErrState", err)
	}
	if _, err := s.Cashback.Start(ctx, cashback.ByID{ID: "cbk_none"}); !errors.Is(err, cashback.ErrNoSuch) {
		t.Errorf("Start of none: %v, want ErrNoSuch", err)
	}
	if g, err := s.Cashback.Grants(ctx, cashback.ByCampaign{ID: x.ID}); err != nil || len(g.Items) != 0 {
		t.Errorf("Grants = %+v, %v", g, err)
	}
}

func testPlan(t *testing.T, s Shop) {
	for name, spoil := range map[string]func(*cashback.Plan){
		"too much":      func(p *cashback.Plan) { p.Rate = cashback.MaxRate + 1 },
		"no budget":     func(p *cashback.Plan) { p.Budget = money.CNY(0) },
		"currency":      func(p *cashback.Plan) { p.Budget.Currency = "USD" },
		"most > budget": func(p *cashback.Plan) { p.Most = money.CNY(p.Budget.Amount + 1) },
		"backwards":     func(p *cashback.Plan) { p.EndsAt = p.StartsAt },
		"nobody":        func(p *cashback.Plan) { p.PerPerson = 0 },
	} {
		p := Plan(s.Now(), 10_000)
		spoil(&p)
		// What the schema says is refused before, where there is a door.
		if _, err := s.Cashback.Draft(s.Operator(t), p); !errors.Is(err, cashback.ErrPlan) && !errors.Is(err, errs.ErrInvalid) {
			t.Errorf("%s: %v, want ErrPlan", name, err)
		}
	}
}

func testOffers(t *testing.T, s Shop) {
	in := Plan(s.Now(), 10_000)
	in.Merchants = []id.Merchant{"mer_only"}
	x, err := s.Cashback.Draft(s.Operator(t), in)
	if err == nil {
		_, err = s.Cashback.Start(s.Operator(t), cashback.ByID{ID: x.ID})
	}
	if err != nil {
		t.Fatal(err)
	}
	for shop, want := range map[id.Merchant]bool{"": true, "mer_only": true, "mer_other": false} {
		got, err := s.Cashback.Offers(t.Context(), cashback.AskOffers{Merchant: shop})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, o := range got.Items {
			found = found || o.ID == x.ID
			if !o.Budget.IsZero() || !o.Left.IsZero() {
				t.Errorf("an offer says its budget: %+v", o)
			}
		}
		if found != want {
			t.Errorf("offered for the goods of %q: %v, want %v", shop, found, want)
		}
	}
}

func testMay(t *testing.T, s Shop) {
	ctx := s.Person(t)
	if _, err := s.Cashback.Draft(ctx, Plan(s.Now(), 100)); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("Draft: %v, want ErrForbidden", err)
	}
	if _, err := s.Cashback.Campaigns(ctx, page.Ask{}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("Campaigns: %v, want ErrForbidden", err)
	}
	if _, err := s.Cashback.Stop(ctx, cashback.ByID{ID: "cbk_none"}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("Stop: %v, want ErrForbidden", err)
	}
}

func testNone(t *testing.T, s Shop) {
	got, err := s.Cashback.Mine(s.Person(t), page.Ask{})
	if err != nil || len(got.Items) != 0 {
		t.Errorf("Mine = %+v, %v", got, err)
	}
	if _, err := s.Cashback.Mine(t.Context(), page.Ask{}); !errors.Is(err, actor.ErrNobody) {
		t.Errorf("a visitor's: %v, want ErrNobody", err)
	}
}
