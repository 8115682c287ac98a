package flashsaletest

import (
	"testing"
	"time"

	"meadow/services/catalog"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/rpc"
	"meadow/services/promo"
	"meadow/services/promo/flashsale"
)

func testPlan(t *testing.T, s Shop, _ *Neighbours) {
	for what, c := range map[string]struct {
		spoil func(*flashsale.Plan)
		want  *errs.Error
	}{
		"an empty window":   {func(p *flashsale.Plan) { p.End = p.Start }, flashsale.ErrPlan},
		"one that is over":  {func(p *flashsale.Plan) { p.Start, p.End = Start.Add(-2*time.Hour), Start }, flashsale.ErrPlan},
		"nothing":           {func(p *flashsale.Plan) { p.Items = nil }, flashsale.ErrPlan},
		"a SKU twice":       {func(p *flashsale.Plan) { p.Items = append(p.Items, p.Items[0]) }, flashsale.ErrPlan},
		"no lower price":    {func(p *flashsale.Plan) { p.Items[0].Price = money.CNY(100_00) }, flashsale.ErrPlan},
		"too low a price":   {func(p *flashsale.Plan) { p.Items[0].Price = money.CNY(9_99) }, flashsale.ErrPlan},
		"no price":          {func(p *flashsale.Plan) { p.Items[0].Price = money.CNY(0) }, flashsale.ErrPlan},
		"another currency":  {func(p *flashsale.Plan) { p.Items[0].Price.Currency = "USD" }, flashsale.ErrPlan},
		"a limit above all": {func(p *flashsale.Plan) { p.Items[0].Limit = 11 }, flashsale.ErrPlan},
		"a rival's SKU":     {func(p *flashsale.Plan) { p.Items[0].SKU = "sku_r1" }, catalog.ErrNoSuchSKU},
	} {
		p := plan(10, 1)
		c.spoil(&p)
		_, err := s.Sales.Draft(as(t, "usr_owner"), flashsale.DraftSale{Plan: p, RequestID: id.Secret()})
		refused(t, what, err, c.want)
	}
}

func testOwner(t *testing.T, s Shop, _ *Neighbours) {
	in := flashsale.DraftSale{Plan: plan(10, 1), RequestID: "request-1"}
	_, err := s.Sales.Draft(as(t, "usr_packer"), in)
	refused(t, "staff without the duty", err, catalog.ErrNoDuty)
	x, err := s.Sales.Draft(as(t, "usr_owner"), in)
	must(t, err)
	if again, err := s.Sales.Draft(as(t, "usr_owner"), in); err != nil || again.ID != x.ID {
		t.Errorf("again: %v, %v", again.ID, err)
	}
	in.Name = "Another"
	_, err = s.Sales.Draft(as(t, "usr_owner"), in)
	refused(t, "another under the same request", err, rpc.ErrReused)
	_, err = s.Sales.Start(as(t, "usr_rival"), flashsale.BySale{ID: x.ID})
	refused(t, "a rival", err, flashsale.ErrNoSuchSale)
	_, err = s.Sales.Sale(as(t, "usr_owner"), flashsale.BySale{ID: "fls_none"})
	refused(t, "one that is not there", err, flashsale.ErrNoSuchSale)
	if mine, err := s.Sales.Sales(as(t, "usr_owner"), flashsale.Sales{}); err != nil || len(mine.Items) != 1 || mine.Items[0].Counts[0].Left != 10 {
		t.Errorf("the owner's: %+v, %v", mine.Items, err)
	}
	if others, err := s.Sales.Sales(as(t, "usr_rival"), flashsale.Sales{}); err != nil || len(others.Items) != 0 {
		t.Errorf("the rival's: %+v, %v", others.Items, err)
	}
}

func testStates(t *testing.T, s Shop, _ *Neighbours) {
	owner := as(t, "usr_owner")
	x, err := s.Sales.Draft(owner, flashsale.DraftSale{Plan: plan(10, 1), RequestID: "request-1"})
	must(t, err)
	by := flashsale.BySale{ID: x.ID}
	refused(t, "a place in a draft", take(t, s, "ord_1", "usr_amy", x, 1), promo.ErrEnded)
	_, err = s.Sales.Event(t.Context(), by)
	refused(t, "a draft, to shoppers", err, flashsale.ErrNoSuchSale)
	_, err = s.Sales.Stop(owner, by)
	refused(t, "stopping a draft", err, flashsale.ErrSaleState)
	_, err = s.Sales.Edit(owner, flashsale.EditSale{ID: x.ID, Plan: plan(2, 1)})
	must(t, err)
	for range 2 {
		x, err = s.Sales.Start(owner, by)
		must(t, err)
	}
	_, err = s.Sales.Edit(owner, flashsale.EditSale{ID: x.ID, Plan: plan(3, 1)})
	refused(t, "editing what has begun", err, flashsale.ErrSaleState)
	must(t, take(t, s, "ord_1", "usr_amy", x, 1))
	_, err = s.Sales.Stop(owner, by)
	must(t, err)
	refused(t, "a place in what was stopped", take(t, s, "ord_2", "usr_ben", x, 1), promo.ErrEnded)
	_, err = s.Sales.Start(owner, by)
	must(t, err)
	must(t, take(t, s, "ord_2", "usr_ben", x, 1))
	is(t, "started again", counts(t, s, x), 0, 2, 0)
	_, err = s.Sales.Kill(as(t, "usr_op"), by)
	must(t, err)
	_, err = s.Sales.Start(owner, by)
	refused(t, "starting what was killed", err, flashsale.ErrSaleState)
}

func testGroup(t *testing.T, s Shop, _ *Neighbours) {
	p := plan(10, 2)
	p.Group = "grp_1"
	x := started(t, s, p)
	must(t, take(t, s, "ord_1", "usr_amy", x, 1))
	refused(t, "a stranger", take(t, s, "ord_2", "usr_ben", x, 1), promo.ErrNotYours)
	for _, who := range []id.User{"usr_ben", ""} {
		_, err := s.Sales.Event(as(t, who), flashsale.BySale{ID: x.ID})
		refused(t, "a stranger's look", err, flashsale.ErrMembers)
		_, err = s.Sales.Events(as(t, who), flashsale.Events{Group: "grp_1"})
		refused(t, "a stranger's list", err, flashsale.ErrMembers)
	}
	if all, err := s.Sales.Events(as(t, "usr_amy"), flashsale.Events{Group: "grp_1"}); err != nil || len(all.Items) != 1 {
		t.Errorf("a member's list: %+v, %v", all.Items, err)
	}
	if all, err := s.Sales.Events(as(t, "usr_amy"), flashsale.Events{}); err != nil || len(all.Items) != 0 {
		t.Errorf("everybody's list: %+v, %v", all.Items, err)
	}
	if all, err := s.Sales.OfProduct(as(t, "usr_amy"), flashsale.OfProduct{Product: "prd_1"}); err != nil || len(all.Items) != 0 {
		t.Errorf("of the product: %+v, %v", all.Items, err)
	}
	got := rules(t, s, "usr_ben", promo.Deal{Kind: promo.Flash, ID: x.ID}, 1)
	if len(got) != 1 || got[0].Refuse != promo.NotYours {
		t.Errorf("a stranger's price: %+v", got)
	}
	if got := rules(t, s, "usr_amy", promo.Deal{}, 1); len(got) != 0 {
		t.Errorf("without asking for it: %+v", got)
	}
}

func testEvents(t *testing.T, s Shop, _ *Neighbours) {
	p := plan(8, 2)
	p.Items = append(p.Items, flashsale.Allotment{SKU: "sku_2", Price: money.CNY(10_00), N: 1, Limit: 1})
	now := started(t, s, p)
	p.Start, p.End = Start.Add(2*time.Hour), Start.Add(3*time.Hour)
	soon := started(t, s, p)
	must(t, take(t, s, "ord_1", "usr_amy", now, 2))

	list := func(in flashsale.Events) []flashsale.Event {
		t.Helper()
		got, err := s.Sales.Events(t.Context(), in)
		must(t, err)
		return got.Items
	}
	got := list(flashsale.Events{})
	if len(got) != 1 || got[0].ID != now.ID || got[0].Phase != flashsale.Running || !got[0].Now.Equal(Start) || len(got[0].Items) != 2 {
		t.Fatalf("running: %+v", got)
	}
	if o := got[0].Items[0]; o.Left != 6 || o.Share != 7_500 || o.Was != money.CNY(100_00) || o.Price != money.CNY(60_00) || o.Limit != 2 {
		t.Errorf("its first: %+v", o)
	}
	if got := list(flashsale.Events{Phase: flashsale.Soon}); len(got) != 1 || got[0].ID != soon.ID || got[0].Phase != flashsale.Soon {
		t.Errorf("to come: %+v", got)
	}
	if got := list(flashsale.Events{Merchant: "mer_2"}); len(got) != 0 {
		t.Errorf("a rival's: %+v", got)
	}
	of, err := s.Sales.OfProduct(t.Context(), flashsale.OfProduct{Product: "prd_2"})
	must(t, err)
	if len(of.Items) != 2 || len(of.Items[0].Items) != 1 || of.Items[0].Items[0].SKU != "sku_2" {
		t.Errorf("of the product: %+v", of.Items)
	}
	s.Clock.Advance(time.Hour)
	if got := list(flashsale.Events{}); len(got) != 0 {
		t.Errorf("after the end: %+v", got)
	}
	if e, err := s.Sales.Event(t.Context(), flashsale.BySale{ID: now.ID}); err != nil || e.Phase != flashsale.Over {
		t.Errorf("after the end: %+v, %v", e, err)
	}
	s.Clock.Advance(time.Hour)
	if got := list(flashsale.Events{}); len(got) != 1 || got[0].ID != soon.ID {
		t.Errorf("later: %+v", got)
	}
}

func rules(t *testing.T, s Shop, buyer id.User, d promo.Deal, n int64) []promo.Rule {
	t.Helper()
	got, err := s.Sales.Rules(system(t), promo.PriceAsk{Buyer: buyer, At: s.Clock.Now(), Lines: []promo.Line{
		{SKU: "sku_9", Product: "prd_9", Merchant: "mer_1", N: 1, Price: money.CNY(100_00)},
		{SKU: "sku_1", Product: "prd_1", Merchant: "mer_1", N: n, Price: money.CNY(100_00), Deal: d},
	}})
	must(t, err)
	return got
}

func testRules(t *testing.T, s Shop, _ *Neighbours) {
	p := plan(3, 2)
	p.Start = Start.Add(time.Minute)
	x := started(t, s, p)
	named := promo.Deal{Kind: promo.Flash, ID: x.ID}
	why := func(what string, buyer id.User, n int64, want string) {
		t.Helper()
		got := rules(t, s, buyer, named, n)
		if len(got) != 1 || got[0].Refuse != want {
			t.Errorf("%s: %+v, want %q", what, got, want)
		}
		free := rules(t, s, buyer, promo.Deal{}, n)
		if len(free) > 0 != (want == "") {
			t.Errorf("%s, not asked for: %+v", what, free)
		}
	}
	why("too early", "usr_amy", 1, promo.NotBegun)
	s.Clock.Advance(time.Minute)
	why("in time", "usr_amy", 2, "")
	why("a visitor", "", 1, "")
	why("above the limit", "usr_amy", 3, promo.OverLimit)
	if r := rules(t, s, "usr_amy", named, 1)[0]; r.ID != x.ID || r.Price != money.CNY(60_00) || len(r.Lines) != 1 || r.Lines[0] != 1 || !r.Limited || r.Merchant != "mer_1" {
		t.Errorf("the rule: %+v", r)
	}
	must(t, take(t, s, "ord_1", "usr_amy", x, 2))
	why("after two", "usr_amy", 1, promo.OverLimit)
	why("two of one", "usr_ben", 2, promo.UsedUp)
	why("one of one", "usr_ben", 1, "")
	s.Clock.Advance(time.Hour)
	why("too late", "usr_ben", 1, promo.Ended)
	if got := rules(t, s, "usr_amy", promo.Deal{Kind: promo.Flash, ID: "fls_none"}, 1); len(got) != 0 {
		t.Errorf("of none: %+v", got)
	}
}
