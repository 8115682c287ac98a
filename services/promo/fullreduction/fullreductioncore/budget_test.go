package fullreductioncore

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/fullreduction"
)

func (o *office) budgeted(t *testing.T, limit int64) fullreduction.Campaign {
	return o.running(t, func(x *fullreduction.Terms) { x.Budget = money.CNY(limit) })
}

func TestABudgetNeverPassesItsLimitUnderARace(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x := o.budgeted(t, 10_500) // ten orders of 1,000, and a rest
	var wg sync.WaitGroup
	var won atomic.Int64
	for i := range 60 {
		wg.Go(func() {
			order := id.Order(fmt.Sprint("ord_", i/2)) // everybody asks twice
			err := o.Lock(t.Context(), promo.Lock{Order: order}, use(x.ID, 1_000))
			if err == nil {
				err = o.Redeem(t.Context(), order)
			}
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, promo.ErrUsedUp) && errs.CodeOf(err) != errs.Conflict {
				t.Errorf("%s: %v", order, err)
			}
		})
	}
	wg.Wait()
	if won.Load() == 0 {
		t.Fatal("nobody won")
	}
	// Whoever was told to come back does.
	for i := range 30 {
		order := id.Order(fmt.Sprint("ord_", i))
		if err := o.Lock(t.Context(), promo.Lock{Order: order}, use(x.ID, 1_000)); err == nil {
			if err := o.Redeem(t.Context(), order); err != nil {
				t.Fatal(err)
			}
		}
	}
	o.audit(t, x.ID, 500, 0, 10_000)
}

func TestAnOrderOfTwoCampaignsTakesBothOrNeither(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, b := o.budgeted(t, 5_000), o.budgeted(t, 900)
	for b.ID < a.ID { // the one with too little is asked last
		b = o.budgeted(t, 900)
	}
	uses := append(use(a.ID, 1_000), use(b.ID, 1_000)...)
	if err := o.Lock(t.Context(), promo.Lock{Order: "ord_1"}, uses); !errors.Is(err, promo.ErrUsedUp) {
		t.Fatalf("lock: %v", err)
	}
	o.audit(t, a.ID, 5_000, 0, 0)
	o.audit(t, b.ID, 900, 0, 0)
}

func TestAKilledCampaignIsTakenByNobodyMore(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x := o.budgeted(t, 5_000)
	ctx := t.Context()
	if err := o.Lock(ctx, promo.Lock{Order: "ord_1"}, use(x.ID, 1_000)); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Kill(actor.With(ctx, operator()), fullreduction.KillCampaign{ID: x.ID, Reason: "a price error"}); err != nil {
		t.Fatal(err)
	}
	if err := o.Lock(ctx, promo.Lock{Order: "ord_2"}, use(x.ID, 1_000)); !errors.Is(err, promo.ErrEnded) {
		t.Fatalf("taken after it was killed: %v", err)
	}
	if err := o.Redeem(ctx, "ord_1"); err != nil { // who held it keeps it
		t.Fatal(err)
	}
	o.audit(t, x.ID, 4_000, 0, 1_000)
}

func TestAQuotedPriceDoesNotOutliveAKill(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x := o.running(t, func(*fullreduction.Terms) {}) // without a budget
	ctx := t.Context()
	p := o.price(t, o.ask(promo.Line{Price: money.CNY(10_000)}))
	if len(p.Uses) != 1 {
		t.Fatalf("uses %+v", p.Uses)
	}
	if err := o.Lock(ctx, promo.Lock{Order: "ord_1"}, p.Uses); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Kill(actor.With(ctx, operator()), fullreduction.KillCampaign{ID: x.ID, Reason: "a price error"}); err != nil {
		t.Fatal(err)
	}
	if err := o.Lock(ctx, promo.Lock{Order: "ord_2"}, p.Uses); !errors.Is(err, promo.ErrEnded) {
		t.Fatalf("a quote from before the kill is still good: %v", err)
	}
	if err := o.Redeem(ctx, "ord_1"); err != nil {
		t.Fatal(err)
	}
	if p := o.price(t, o.ask(promo.Line{Price: money.CNY(10_000)})); p.Saved.Amount != 0 {
		t.Fatalf("a killed campaign saves %v", p.Saved)
	}
}

func TestABudgetIsNeverSetBelowWhatOrdersUse(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x := o.budgeted(t, 5_000)
	ctx := actor.With(t.Context(), owner())
	if err := o.Lock(ctx, promo.Lock{Order: "ord_1"}, use(x.ID, 3_000)); err != nil {
		t.Fatal(err)
	}
	restart := func(limit int64) error {
		if _, err := o.Stop(ctx, fullreduction.ByCampaign{ID: x.ID}); err != nil {
			t.Fatal(err)
		}
		terms := x.Terms
		terms.Budget = money.CNY(limit)
		if _, err := o.Edit(ctx, fullreduction.EditCampaign{ID: x.ID, Terms: terms}); err != nil {
			t.Fatal(err)
		}
		_, err := o.Start(ctx, fullreduction.StartCampaign{ID: x.ID, Accept: true})
		return err
	}
	if err := restart(2_999); !errors.Is(err, fullreduction.ErrBudgetSpent) {
		t.Fatalf("below what is held: %v", err)
	}
	if err := restart(3_500); err != nil {
		t.Fatal(err)
	}
	o.audit(t, x.ID, 500, 3_000, 0)
}

func TestAKillBetweenAnyTwoWritesIsFinishedByAskingAgain(t *testing.T) {
	t.Parallel()
	steps := []func(*office, string) error{
		func(o *office, x string) error {
			return o.Lock(t.Context(), promo.Lock{Order: "ord_1"}, use(x, 1_000))
		},
		func(o *office, _ string) error { return o.Redeem(t.Context(), "ord_1") },
		func(o *office, _ string) error {
			return o.Return(t.Context(), promo.Return{Order: "ord_1", Whole: true, RequestID: "rfd"})
		},
	}
	want := [][3]int64{{4_000, 1_000, 0}, {4_000, 0, 1_000}, {5_000, 0, 0}}
	for step := range steps {
		for writes := range int64(3) {
			o := newOffice(t)
			x := o.budgeted(t, 5_000)
			for _, s := range steps[:step] {
				if err := s(o, x.ID); err != nil {
					t.Fatal(err)
				}
			}
			o.lives.Store(writes)
			err := steps[step](o, x.ID)
			o.lives.Store(forever)
			if err != nil && !errors.Is(err, errKilled) {
				t.Fatalf("step %d after %d writes: %v", step, writes, err)
			}
			for range 2 { // and once more for nothing
				if err := steps[step](o, x.ID); err != nil {
					t.Fatalf("step %d again: %v", step, err)
				}
			}
			o.audit(t, x.ID, want[step][0], want[step][1], want[step][2])
		}
	}
}

func TestAKillInTheMiddleOfTakingIsUndoneByARelease(t *testing.T) {
	t.Parallel()
	for writes := range int64(4) {
		o := newOffice(t)
		x := o.budgeted(t, 5_000)
		o.lives.Store(writes)
		_ = o.Lock(t.Context(), promo.Lock{Order: "ord_1"}, use(x.ID, 1_000)) // however far it gets
		o.lives.Store(forever)
		for range 2 {
			if err := o.Release(t.Context(), "ord_1"); err != nil {
				t.Fatal(err)
			}
		}
		o.audit(t, x.ID, 5_000, 0, 0)
	}
}

// Whatever happens to orders in whatever order, the budget adds up and is never
// passed.
func TestABudgetAddsUpWhateverHappens(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	rapid.Check(t, func(r *rapid.T) {
		x := o.budgeted(t, 3_000)
		for range rapid.IntRange(1, 15).Draw(r, "steps") {
			order := id.Order(x.ID + rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(r, "order"))
			switch rapid.IntRange(0, 3).Draw(r, "what") {
			case 0:
				_ = o.Lock(t.Context(), promo.Lock{Order: order}, use(x.ID, 1_000))
			case 1:
				_ = o.Redeem(t.Context(), order)
			case 2:
				_ = o.Release(t.Context(), order)
			case 3:
				_ = o.Return(t.Context(), promo.Return{Order: order, Whole: true, RequestID: "rfd"})
			}
			b, err := o.budgets.Get(t.Context(), x.ID)
			if err != nil {
				r.Fatal(err)
			}
			if b.Left+b.Held+b.Spent != b.Limit || min(b.Left, b.Held, b.Spent) < 0 {
				r.Fatalf("%+v", b)
			}
		}
	})
	if wrong, err := o.Audit(t.Context()); err != nil || len(wrong) > 0 {
		t.Fatal(wrong, err)
	}
}

func TestAnAuditSeesWhatDoesNotAddUp(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x := o.budgeted(t, 5_000)
	for _, spoil := range []func(*budget){
		func(b *budget) { b.Left++ },
		func(b *budget) { b.Spent, b.Left = 1_000, b.Left-1_000 },
	} {
		before, err := o.budgets.Get(t.Context(), x.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.budgets.Update(t.Context(), x.ID, func(b *budget) error { spoil(b); return nil }); err != nil {
			t.Fatal(err)
		}
		if wrong, err := o.Audit(t.Context()); err != nil || len(wrong) != 1 {
			t.Errorf("audit says %v, %v", wrong, err)
		}
		if _, err := o.budgets.Update(t.Context(), x.ID, func(b *budget) error { *b = before; return nil }); err != nil {
			t.Fatal(err)
		}
	}
}
