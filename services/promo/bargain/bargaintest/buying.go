package bargaintest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
	"meadow/services/promo"
	"meadow/services/promo/bargain"
)

func testBuy(t *testing.T, w *World) {
	owner := w.old()
	b := w.begin(t, w.Start(t, nil), owner)
	cut := must(w.help(t, b.ID, w.old()))(t)
	r := must(w.quote(t.Context(), b, owner, 1))(t)
	if r.Price != cut.Bargain.Price || r.Price.Amount >= 9_900 {
		t.Errorf("quoted %v, the page says %v", r.Price, cut.Bargain.Price)
	}
	order := newOrder()
	for range 2 {
		if err := w.lock(t.Context(), r, owner, order); err != nil {
			t.Fatal(err)
		}
	}
	must(w.help(t, b.ID, w.old()))(t) // what falls now is too late for this order
	for range 2 {
		if err := w.Source.Redeem(t.Context(), order); err != nil {
			t.Fatal(err)
		}
	}
	got := must(w.Service.Bargain(w.user(t, owner), bargain.ByID{ID: b.ID}))(t)
	if got.State != bargain.Bought || got.Order != order {
		t.Errorf("bought it is %+v", got)
	}
	if p := w.page(t, b.ID); p.Order != "" {
		t.Error("a visitor sees the order")
	}
	wantErr(t, "helping what is bought", second(w.help(t, b.ID, w.old())), promo.ErrEnded)
	wantErr(t, "two units", second(w.quote(t.Context(), b, owner, 2)), bargain.ErrOne)
}

func testChanged(t *testing.T, w *World) {
	owner := w.old()
	b := w.begin(t, w.Start(t, nil), owner)
	r := must(w.quote(t.Context(), b, owner, 1))(t)
	must(w.help(t, b.ID, w.old()))(t)
	order := newOrder()
	wantErr(t, "at the price before", w.lock(t.Context(), r, owner, order), promo.ErrChanged)
	wantErr(t, "at a price of one's own", w.lock(t.Context(), promo.Rule{ID: b.ID, Ref: "1"}, owner, newOrder()), promo.ErrChanged)
	if err := w.place(t.Context(), b, owner, newOrder()); err != nil {
		t.Errorf("at the price of now: %v", err)
	}
}

func testAtFloor(t *testing.T, w *World) {
	owner := w.old()
	b := w.begin(t, w.Start(t, func(in *bargain.Terms) { in.AtFloor = true }), owner)
	wantErr(t, "before", w.place(t.Context(), b, owner, newOrder()), bargain.ErrNotAtFloor)
	w.finish(t, b.ID)
	w.buy(t, b, owner)
}

func testBoughtOnce(t *testing.T, w *World) {
	owner := w.old()
	b := w.begin(t, w.Start(t, nil), owner)
	wantErr(t, "somebody else", w.place(t.Context(), b, w.old(), newOrder()), promo.ErrNotYours)
	first, other := newOrder(), newOrder()
	if err := w.place(t.Context(), b, owner, first); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "two orders", w.place(t.Context(), b, owner, other), bargain.ErrBeingBought)
	wantErr(t, "money for the second", w.Source.Redeem(t.Context(), other), promo.ErrUsedUp)
	if err := w.Source.Redeem(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "money for the second", w.Source.Redeem(t.Context(), other), promo.ErrUsedUp)
	wantErr(t, "once more", w.place(t.Context(), b, owner, newOrder()), promo.ErrEnded)
	if err := w.Source.Redeem(t.Context(), "ord_of_something_else"); err != nil {
		t.Error(err)
	}
}

func testRelease(t *testing.T, w *World) {
	owner := w.old()
	b := w.begin(t, w.Start(t, nil), owner)
	order := newOrder()
	if err := w.place(t.Context(), b, owner, order); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Source.Release(t.Context(), order); err != nil {
			t.Fatal(err)
		}
	}
	must(w.help(t, b.ID, w.old()))(t)
	again := w.buy(t, b, owner)
	wantErr(t, "money for the first", w.Source.Redeem(t.Context(), order), promo.ErrUsedUp)
	if err := w.Source.Release(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if p := w.page(t, b.ID); p.State != bargain.Bought {
		t.Errorf("releasing what is paid made it %s", p.State)
	}
}

func testLate(t *testing.T, w *World) {
	owner := w.old()
	b := w.begin(t, w.Start(t, nil), owner)
	order := newOrder()
	if err := w.place(t.Context(), b, owner, order); err != nil {
		t.Fatal(err)
	}
	w.Advance(holdFor)
	if err := w.Source.Redeem(t.Context(), order); err != nil {
		t.Errorf("late, and it still runs: %v", err)
	}
	again := w.old()
	b = w.begin(t, w.Start(t, nil), again)
	r, order := must(w.quote(t.Context(), b, again, 1))(t), newOrder()
	if err := w.lock(t.Context(), r, again, order); err != nil {
		t.Fatal(err)
	}
	w.Advance(holdFor)
	must(w.help(t, b.ID, w.old()))(t)
	if err := errors.Join(w.lock(t.Context(), r, again, order), w.Source.Redeem(t.Context(), order)); err != nil {
		t.Errorf("taken anew at the price that it froze: %v", err)
	}
	other := w.old()
	b = w.begin(t, w.Start(t, nil), other)
	order = newOrder()
	if err := w.place(t.Context(), b, other, order); err != nil {
		t.Fatal(err)
	}
	w.Advance(24 * time.Hour)
	wantErr(t, "late, and it is over", w.Source.Redeem(t.Context(), order), promo.ErrUsedUp)
}

func testExpires(t *testing.T, w *World) {
	o := w.Start(t, func(in *bargain.Terms) { in.Stock = 1 })
	owner := w.old()
	b := w.begin(t, o, owner)
	wantErr(t, "no place is left", second(w.Service.Begin(w.user(t, w.old()), bargain.Begin{Offer: o.ID})), promo.ErrUsedUp)
	w.Advance(24 * time.Hour)
	wantErr(t, "helping at its end", second(w.help(t, b.ID, w.old())), promo.ErrEnded)
	for range 3 {
		w.Tick(t.Context())
		w.Advance(time.Second)
	}
	if p := w.page(t, b.ID); p.State != bargain.Expired {
		t.Errorf("it is %s", p.State)
	}
	if got := must(w.Service.Offer(t.Context(), bargain.ByID{ID: o.ID}))(t); got.Left != 1 {
		t.Errorf("%d places are left", got.Left)
	}
	w.begin(t, o, w.old())
	if again := w.begin(t, o, owner); again.ID != b.ID || again.State != bargain.Expired {
		t.Errorf("beginning again gives %+v", again)
	}
}

func testWaits(t *testing.T, w *World) {
	owner := w.old()
	o := w.Start(t, func(in *bargain.Terms) { in.Stock = 1 })
	b := w.begin(t, o, owner)
	w.Advance(24*time.Hour - time.Minute)
	order := newOrder()
	if err := w.place(t.Context(), b, owner, order); err != nil {
		t.Fatal(err)
	}
	w.Advance(10 * time.Minute)
	w.Tick(t.Context())
	if err := w.Source.Redeem(t.Context(), order); err != nil {
		t.Errorf("paid within its hold: %v", err)
	}
	w.Advance(time.Hour)
	w.Tick(t.Context())
	if p := w.page(t, b.ID); p.State != bargain.Bought {
		t.Errorf("it is %s", p.State)
	}
	wantErr(t, "its place", second(w.Service.Begin(w.user(t, w.old()), bargain.Begin{Offer: o.ID})), promo.ErrUsedUp)
}

func testReturn(t *testing.T, w *World) {
	o := w.Start(t, func(in *bargain.Terms) { in.Stock = 1 })
	owner := w.old()
	b := w.begin(t, o, owner)
	order := w.buy(t, b, owner)
	if err := w.Source.Return(t.Context(), promo.Return{Order: order, RequestID: "part"}); err != nil {
		t.Fatal(err)
	}
	if p := w.page(t, b.ID); p.State != bargain.Bought {
		t.Errorf("a part back makes it %s", p.State)
	}
	for range 2 {
		if err := w.Source.Return(t.Context(), promo.Return{Order: order, Whole: true, RequestID: "all"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := must(w.Service.Offer(t.Context(), bargain.ByID{ID: o.ID}))(t); got.Left != 1 {
		t.Errorf("%d places are left", got.Left)
	}
	wantErr(t, "buying it again", w.place(t.Context(), b, owner, newOrder()), promo.ErrEnded)
}

func testKill(t *testing.T, w *World) {
	o := w.Start(t, nil)
	owner := w.old()
	b := w.begin(t, o, owner)
	order := newOrder()
	if err := w.place(t.Context(), b, owner, order); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "another shop", second(w.Service.Kill(w.as(t, Other), bargain.ByID{ID: o.ID})), bargain.ErrNoSuchOffer)
	for range 2 {
		must(w.Service.Kill(w.as(t, Operator), bargain.ByID{ID: o.ID}))(t)
	}
	w.Advance(time.Second)
	w.Tick(t.Context())
	if p := w.page(t, b.ID); p.State != bargain.Ended {
		t.Errorf("it is %s", p.State)
	}
	wantErr(t, "paying for it", w.Source.Redeem(t.Context(), order), promo.ErrUsedUp)
	wantErr(t, "beginning", second(w.Service.Begin(w.user(t, w.old()), bargain.Begin{Offer: o.ID})), promo.ErrEnded)
	wantErr(t, "starting it again", second(w.Service.Start(w.as(t, Keeper), bargain.ByID{ID: o.ID})), bargain.ErrOver)
}

func testStop(t *testing.T, w *World) {
	o := w.Start(t, nil)
	owner := w.old()
	b := w.begin(t, o, owner)
	must(w.Service.Stop(w.as(t, Keeper), bargain.ByID{ID: o.ID}))(t)
	wantErr(t, "beginning", second(w.Service.Begin(w.user(t, w.old()), bargain.Begin{Offer: o.ID})), promo.ErrEnded)
	must(w.help(t, b.ID, w.old()))(t)
	w.buy(t, b, owner)
}

func testWindow(t *testing.T, w *World) {
	o := w.Start(t, func(in *bargain.Terms) { in.StartAt = w.Now().Add(time.Hour) })
	begin := func() error {
		return second(w.Service.Begin(w.user(t, w.old()), bargain.Begin{Offer: o.ID}))
	}
	wantErr(t, "before", begin(), promo.ErrNotYet)
	w.Advance(time.Hour)
	if got := must(w.Service.Offers(t.Context(), bargain.ByProduct{Product: o.Product}))(t).Items; len(got) != 1 || got[0].Left != 3 {
		t.Errorf("listed are %+v", got)
	}
	if !everywhere(t, w, o.ID) {
		t.Error("it is not among those of all shops")
	}
	if err := begin(); err != nil {
		t.Error(err)
	}
	w.Advance(7 * 24 * time.Hour)
	wantErr(t, "after", begin(), promo.ErrEnded)
}

func testPlaces(t *testing.T, w *World) {
	o := w.Start(t, func(in *bargain.Terms) { in.Stock = 7 })
	var wg sync.WaitGroup
	var mu sync.Mutex
	begun := 0
	for range 50 {
		u := w.old()
		wg.Go(func() {
			_, err := w.Service.Begin(w.user(t, u), bargain.Begin{Offer: o.ID})
			if err != nil {
				if !errors.Is(err, promo.ErrUsedUp) {
					t.Error(err)
				}
				return
			}
			mu.Lock()
			defer mu.Unlock()
			begun++
		})
	}
	wg.Wait()
	got := must(w.Service.Offer(t.Context(), bargain.ByID{ID: o.ID}))(t)
	runs := must(w.Service.Results(w.as(t, Keeper), bargain.Results{ID: o.ID}))(t).Items
	if begun != 7 || got.Left != 0 || len(runs) != 7 {
		t.Errorf("%d begun, %d run, %d places left", begun, len(runs), got.Left)
	}
}

func testOneEach(t *testing.T, w *World) {
	o := w.Start(t, nil)
	u := w.old()
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, err := w.Service.Begin(w.user(t, u), bargain.Begin{Offer: o.ID, RequestID: id.Secret()}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := must(w.Service.Offer(t.Context(), bargain.ByID{ID: o.ID}))(t); got.Left != 2 {
		t.Errorf("%d places are left", got.Left)
	}
	wantErr(t, "a visitor", second(w.Service.Begin(t.Context(), bargain.Begin{Offer: o.ID})), actor.ErrNobody)
}

func testTerms(t *testing.T, w *World) {
	for name, change := range map[string]func(*bargain.Terms){
		"starts above the price":  func(in *bargain.Terms) { in.Start = money.CNY(9_901) },
		"floor is the start":      func(in *bargain.Terms) { in.Floor = in.Start },
		"next to nothing":         func(in *bargain.Terms) { in.Floor = money.CNY(98) },
		"more cuts than there is": func(in *bargain.Terms) { in.Floor = money.CNY(9_893) },
		"more new than cuts":      func(in *bargain.Terms) { in.NewCuts = 9 },
		"another currency":        func(in *bargain.Terms) { in.Floor.Currency = "USD" },
		"ends when it starts":     func(in *bargain.Terms) { in.EndAt = in.StartAt },
	} {
		terms := w.Terms()
		change(&terms)
		wantErr(t, name, second(w.Service.Drafted(w.as(t, Keeper), bargain.NewOffer{Terms: terms, RequestID: name})), bargain.ErrTerms)
	}
}

func testShop(t *testing.T, w *World) {
	ctx := w.as(t, Keeper)
	in := bargain.NewOffer{Terms: w.Terms(), RequestID: "one"}
	o := must(w.Service.Drafted(ctx, in))(t)
	if again := must(w.Service.Drafted(ctx, in))(t); again.ID != o.ID {
		t.Errorf("drafted again as %s", again.ID)
	}
	other := in
	other.Cuts = 5
	wantErr(t, "the same key for other terms", second(w.Service.Drafted(ctx, other)), rpc.ErrReused)
	other.SKU, other.RequestID = "sku_none", "two"
	wantErr(t, "a SKU of nobody", second(w.Service.Drafted(ctx, other)), catalog.ErrNoSuchSKU)
	wantErr(t, "a clerk", second(w.Service.Drafted(w.as(t, Clerk), in)), actor.ErrForbidden)
	wantErr(t, "a visitor's look at a draft", second(w.Service.Offer(t.Context(), bargain.ByID{ID: o.ID})), bargain.ErrNoSuchOffer)
	wantErr(t, "beginning a draft", second(w.Service.Begin(w.user(t, w.old()), bargain.Begin{Offer: o.ID})), bargain.ErrNoSuchOffer)
	edit := bargain.EditOffer{ID: o.ID, Terms: w.Terms()}
	edit.Stock = 1
	must(w.Service.Edit(ctx, edit))(t)
	if got := must(w.Service.Start(ctx, bargain.ByID{ID: o.ID}))(t); got.Left != 1 {
		t.Errorf("started with %d places", got.Left)
	}
	wantErr(t, "editing what runs", second(w.Service.Edit(ctx, edit)), bargain.ErrNotDraft)
	w.begin(t, o, w.old())
	must(w.Service.Stop(ctx, bargain.ByID{ID: o.ID}))(t)
	if got := must(w.Service.Start(ctx, bargain.ByID{ID: o.ID}))(t); got.Left != 0 {
		t.Errorf("started again with %d places", got.Left)
	}
	if got := must(w.Service.OfShop(ctx, ask()))(t).Items; len(got) != 1 {
		t.Errorf("the shop has %+v", got)
	}
	if got := must(w.Service.All(w.as(t, Operator), ask()))(t).Items; len(got) != 1 {
		t.Errorf("operators see %+v", got)
	}
	wantErr(t, "another shop's look", second(w.Service.Results(w.as(t, Other), bargain.Results{ID: o.ID})), bargain.ErrNoSuchOffer)
}

// everywhere reports whether an offer is among those of all shops, page by page.
func everywhere(t *testing.T, w *World, offer string) bool {
	t.Helper()
	for in := (bargain.ByProduct{Ask: page.Ask{Limit: 1}}); ; {
		got := must(w.Service.Offers(t.Context(), in))(t)
		for _, o := range got.Items {
			if o.ID == offer {
				return true
			}
		}
		if in.After = got.Next; in.After == "" {
			return false
		}
	}
}
