package groupbuytest

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
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
	"meadow/services/promo/groupbuy"
)

func (w *World) refund(t *testing.T, order id.Order) {
	t.Helper()
	for range 2 {
		if err := w.Source.Return(t.Context(), promo.Return{Order: order, Whole: true, RequestID: "r"}); err != nil {
			t.Fatal(err)
		}
	}
}

func testRefundOpen(t *testing.T, w *World) {
	o := w.Start(t, func(in *groupbuy.Terms) { in.Limit = 1 })
	team := w.open(t, o)
	u := newBuyer()
	order := w.sit(t, o, team.ID, u)
	if err := w.Source.Return(t.Context(), promo.Return{Order: order, RequestID: "part"}); err != nil {
		t.Fatal(err)
	}
	if got := w.team(t, team.ID); got.Paid != 2 {
		t.Errorf("a part back leaves %d", got.Paid)
	}
	w.refund(t, order)
	if got := w.team(t, team.ID); got.Paid != 1 || got.Left != 2 || got.State != groupbuy.IsOpen {
		t.Errorf("it is %+v", got)
	}
	w.sit(t, o, team.ID, u) // their limit was given back too
}

func testRefundFilled(t *testing.T, w *World) {
	o := w.Start(t, func(in *groupbuy.Terms) { in.Seats, in.Limit = 2, 1 })
	team := w.open(t, o)
	u := newBuyer()
	order := w.sit(t, o, team.ID, u)
	w.refund(t, order)
	if got := w.team(t, team.ID); got.State != groupbuy.IsFilled || got.Paid != 2 || got.Left != 0 {
		t.Errorf("it is %+v", got)
	}
	wantErr(t, "their place", w.Lock(t.Context(), o, team.ID, newBuyer(), newOrder()), promo.ErrUsedUp)
	wantErr(t, "another go at the offer", w.hold(t.Context(), o, "", u, newOrder()), promo.ErrLimit)
	if filled, lapsed := w.Announced(t); len(filled) != 1 || len(lapsed) != 0 {
		t.Errorf("announced %v, %v", filled, lapsed)
	}
}

func testRisk(t *testing.T, w *World) {
	o := w.Start(t, func(in *groupbuy.Terms) { in.Seats = 2 })
	u, fair := newBuyer(), newBuyer()
	for range 3 {
		w.refund(t, w.sit(t, o, w.open(t, o).ID, u))
	}
	w.sit(t, o, w.open(t, o).ID, u)
	w.refund(t, w.sit(t, o, w.open(t, o).ID, fair)) // once is bad luck
	got := must(w.Service.Risks(w.as(t, Operator), ask()))(t).Items
	if len(got) != 1 || got[0].User != u || got[0].Reason != groupbuy.CancelsAfterFill || got[0].Back != 3 {
		t.Errorf("risks are %+v", got)
	}
	wantErr(t, "a buyer", second(w.Service.Risks(w.as(t, buyer(u)), ask())), actor.ErrForbidden)
}

func testKill(t *testing.T, w *World) {
	o := w.Start(t, nil)
	team := w.open(t, o)
	opening, joining := newOrder(), newOrder()
	if err := errors.Join(w.Lock(t.Context(), o, "", newBuyer(), opening), w.Lock(t.Context(), o, team.ID, newBuyer(), joining)); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "another shop", second(w.Service.Kill(w.as(t, Other), groupbuy.ByID{ID: o.ID})), groupbuy.ErrNoSuchOffer)
	for range 2 {
		must(w.Service.Kill(w.as(t, Operator), groupbuy.ByID{ID: o.ID}))(t)
	}
	w.Advance(time.Second)
	w.Tick(t.Context())
	if got := w.team(t, team.ID); got.State != groupbuy.IsLapsed {
		t.Errorf("its team is %s", got.State)
	}
	wantErr(t, "paying to open", w.Source.Redeem(t.Context(), opening), promo.ErrUsedUp)
	wantErr(t, "paying to join", w.Source.Redeem(t.Context(), joining), promo.ErrUsedUp)
	wantErr(t, "opening", w.Lock(t.Context(), o, "", newBuyer(), newOrder()), promo.ErrEnded)
	wantErr(t, "starting it again", second(w.Service.Start(w.as(t, Keeper), groupbuy.ByID{ID: o.ID})), groupbuy.ErrOver)
	for range 6 {
		w.Advance(30 * time.Second)
		w.Tick(t.Context())
	}
	if filled, lapsed := w.Announced(t); len(filled) != 0 || len(lapsed) != 1 || len(lapsed[0].Orders) != 1 {
		t.Errorf("announced %v, %v", filled, lapsed)
	}
}

func testStop(t *testing.T, w *World) {
	o := w.Start(t, func(in *groupbuy.Terms) { in.Seats = 2 })
	team := w.open(t, o)
	order := newOrder()
	if err := w.Lock(t.Context(), o, "", newBuyer(), order); err != nil {
		t.Fatal(err)
	}
	must(w.Service.Stop(w.as(t, Keeper), groupbuy.ByID{ID: o.ID}))(t)
	wantErr(t, "opening", w.Lock(t.Context(), o, "", newBuyer(), newOrder()), promo.ErrEnded)
	w.sit(t, o, team.ID, newBuyer())
	if got := w.team(t, team.ID); got.State != groupbuy.IsFilled {
		t.Errorf("its team is %s", got.State)
	}
	if err := w.Source.Redeem(t.Context(), order); err != nil {
		t.Errorf("who was paying already: %v", err)
	}
}

func testWindow(t *testing.T, w *World) {
	o := w.Start(t, func(in *groupbuy.Terms) { in.StartAt = w.Now().Add(time.Hour) })
	wantErr(t, "before", w.Lock(t.Context(), o, "", newBuyer(), newOrder()), promo.ErrNotYet)
	if got := must(w.Service.Offers(t.Context(), groupbuy.ByProduct{Product: o.Product}))(t).Items; len(got) != 0 {
		t.Errorf("before, it is listed: %+v", got)
	}
	w.Advance(time.Hour)
	if got := must(w.Service.Offers(t.Context(), groupbuy.ByProduct{Product: o.Product}))(t).Items; len(got) != 1 || got[0].Single != money.CNY(9_900) {
		t.Errorf("within, listed are %+v", got)
	}
	if !everywhere(t, w, o.ID) {
		t.Error("within, it is not among those of all shops")
	}
	w.open(t, o)
	w.Advance(7 * 24 * time.Hour)
	wantErr(t, "after", w.Lock(t.Context(), o, "", newBuyer(), newOrder()), promo.ErrEnded)
}

func testAlone(t *testing.T, w *World) {
	o := w.Start(t, nil)
	line := promo.Line{SKU: o.SKU, Merchant: o.Merchant, N: 1, Price: money.CNY(9_900), Deal: promo.Deal{Kind: promo.Group, ID: o.ID}}
	plain := promo.Line{SKU: "sku_bowl", Merchant: o.Merchant, N: 1, Price: money.CNY(100)}
	wantErr(t, "with another", second(w.Source.Rules(t.Context(), promo.PriceAsk{Lines: []promo.Line{plain, line}})), groupbuy.ErrAlone)
	if got, err := w.Source.Rules(t.Context(), promo.PriceAsk{Lines: []promo.Line{plain}}); err != nil || len(got) != 0 {
		t.Errorf("without a deal: %+v, %v", got, err)
	}
	line.SKU = "sku_bowl"
	wantErr(t, "another SKU at its price", second(w.Source.Rules(t.Context(), promo.PriceAsk{Lines: []promo.Line{line}})), groupbuy.ErrNoSuchOffer)
	use := promo.Use{Kind: promo.Group, Rule: o.ID, N: 1}
	wantErr(t, "two uses", w.Source.Lock(t.Context(), promo.Lock{Order: newOrder(), Buyer: newBuyer()}, []promo.Use{use, use}), groupbuy.ErrAlone)
}

func testTerms(t *testing.T, w *World) {
	for name, change := range map[string]func(*groupbuy.Terms){
		"dearer than alone":   func(in *groupbuy.Terms) { in.Price = money.CNY(9_900) },
		"next to nothing":     func(in *groupbuy.Terms) { in.Price = money.CNY(989) },
		"another currency":    func(in *groupbuy.Terms) { in.Price.Currency = "USD" },
		"ends when it starts": func(in *groupbuy.Terms) { in.EndAt = in.StartAt },
	} {
		terms := w.Terms()
		change(&terms)
		wantErr(t, name, second(w.Service.Drafted(w.as(t, Keeper), groupbuy.NewOffer{Terms: terms, RequestID: name})), groupbuy.ErrTerms)
	}
	draft := must(w.Service.Drafted(w.as(t, Keeper), groupbuy.NewOffer{Terms: w.Terms(), RequestID: "fair"}))(t)
	w.SetPrice(money.CNY(6_000))
	wantErr(t, "starting when alone costs less", second(w.Service.Start(w.as(t, Keeper), groupbuy.ByID{ID: draft.ID})), groupbuy.ErrTerms)
}

func testShop(t *testing.T, w *World) {
	ctx := w.as(t, Keeper)
	in := groupbuy.NewOffer{Terms: w.Terms(), RequestID: "one"}
	o := must(w.Service.Drafted(ctx, in))(t)
	if again := must(w.Service.Drafted(ctx, in))(t); again.ID != o.ID {
		t.Errorf("drafted again as %s", again.ID)
	}
	other := in
	other.Seats = 5
	wantErr(t, "the same key for other terms", second(w.Service.Drafted(ctx, other)), rpc.ErrReused)
	other.SKU, other.RequestID = "sku_none", "two"
	wantErr(t, "a SKU of nobody", second(w.Service.Drafted(ctx, other)), catalog.ErrNoSuchSKU)
	wantErr(t, "a clerk", second(w.Service.Drafted(w.as(t, Clerk), in)), actor.ErrForbidden)
	wantErr(t, "a visitor", second(w.Service.Drafted(t.Context(), in)), actor.ErrNobody)
	wantErr(t, "a visitor's look at a draft", second(w.Service.Offer(t.Context(), groupbuy.ByID{ID: o.ID})), groupbuy.ErrNoSuchOffer)
	wantErr(t, "opening a draft", w.Lock(t.Context(), o, "", newBuyer(), newOrder()), groupbuy.ErrNoSuchOffer)
	edit := groupbuy.EditOffer{ID: o.ID, Terms: w.Terms()}
	edit.Seats = 7
	if got := must(w.Service.Edit(ctx, edit))(t); got.Seats != 7 {
		t.Errorf("edited to %+v", got)
	}
	must(w.Service.Start(ctx, groupbuy.ByID{ID: o.ID}))(t)
	wantErr(t, "editing what runs", second(w.Service.Edit(ctx, edit)), groupbuy.ErrNotDraft)
	if got := must(w.Service.OfShop(ctx, ask()))(t).Items; len(got) != 1 || got[0].State != groupbuy.Started {
		t.Errorf("the shop has %+v", got)
	}
	if got := must(w.Service.All(w.as(t, Operator), ask()))(t).Items; len(got) != 1 {
		t.Errorf("operators see %+v", got)
	}
	wantErr(t, "another shop's look at teams", second(w.Service.Results(w.as(t, Other), groupbuy.Results{ID: o.ID})), groupbuy.ErrNoSuchOffer)
}

func testPage(t *testing.T, w *World) {
	o := w.Start(t, nil)
	team := w.open(t, o)
	u := newBuyer()
	w.sit(t, o, team.ID, u)
	got := must(w.Service.Team(w.as(t, buyer(u)), groupbuy.ByID{ID: team.ID}))(t)
	if len(got.Members) != 2 || !got.Members[0].Opener || !got.Members[1].You || got.Members[0].You {
		t.Errorf("members are %+v", got.Members)
	}
	for _, m := range got.Members {
		if m.Name != "林**" || strings.Contains(m.Name, "usr") || m.Avatar == "" {
			t.Errorf("a member is shown as %+v", m)
		}
	}
	if got.Refuse != groupbuy.ErrInTeam.Reason || !got.MyPaid || got.Single != money.CNY(9_900) || got.Share.Missing != 1 || got.Share.Path == "" || !got.Now.Equal(w.Now()) {
		t.Errorf("the page is %+v", got)
	}
	if open := w.team(t, team.ID); open.Mine != "" || open.Refuse != "" {
		t.Errorf("a visitor sees %+v", open)
	}
}

func testList(t *testing.T, w *World) {
	o := w.Start(t, nil)
	var want []string
	for range 3 {
		want = append(want, w.open(t, o).ID)
		w.Advance(time.Hour)
	}
	in := groupbuy.Teams{Product: o.Product, Offer: o.ID}
	in.Limit = 2
	var got []string
	for {
		p := must(w.Service.Teams(t.Context(), in))(t)
		for _, x := range p.Items {
			got = append(got, x.ID)
		}
		if in.After = p.Next; in.After == "" {
			break
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("listed %v, want %v", got, want)
	}
	w.Advance(21 * time.Hour) // the first is over, and nobody has swept
	if p := must(w.Service.Teams(t.Context(), groupbuy.Teams{Product: o.Product}))(t); len(p.Items) != 2 {
		t.Errorf("then %d are listed", len(p.Items))
	}
	w.Tick(t.Context())
	if p := must(w.Service.Results(w.as(t, Keeper), groupbuy.Results{ID: o.ID, State: groupbuy.IsLapsed}))(t); len(p.Items) != 1 || p.Items[0].ID != want[0] {
		t.Errorf("lapsed are %+v", p.Items)
	}
}

// testLastSeat lets many pay for the last seat while its team's time runs out:
// either one of them fills it, or it lapses without any.
func testLastSeat(t *testing.T, w *World) {
	const joiners = 50
	o := w.Start(t, func(in *groupbuy.Terms) { in.Seats, in.Hours, in.Limit = 2, 1, 20 })
	ends := map[groupbuy.TeamState]int{}
	for round := range rounds {
		team := w.open(t, o)
		// All have placed an order and had their seat released: so all may pay late.
		orders := make([]id.Order, joiners)
		w.Advance(30 * time.Minute)
		for i := range orders {
			orders[i] = newOrder()
			u := newBuyer()
			if err := w.Lock(t.Context(), o, team.ID, u, orders[i]); err != nil {
				t.Fatal(err)
			}
			if err := w.Source.Release(t.Context(), orders[i]); err != nil {
				t.Fatal(err)
			}
		}
		w.Advance(30*time.Minute - time.Millisecond)
		var wg sync.WaitGroup
		var mu sync.Mutex
		sat := 0
		start, tried := make(chan struct{}), make(chan struct{}, joiners)
		wg.Go(func() {
			if round%2 == 1 {
				close(start) // the end goes first, or nearly
			} else {
				for range 1 + rand.N(joiners/4) {
					<-tried
				}
			}
			w.Advance(time.Millisecond)
			w.Tick(t.Context())
		})
		for _, order := range orders {
			wg.Go(func() {
				<-start
				for range rand.N(50) {
					runtime.Gosched()
				}
				tried <- struct{}{}
				err := w.Source.Redeem(t.Context(), order)
				if err != nil && !errors.Is(err, promo.ErrUsedUp) {
					t.Error(err)
				}
				if err == nil {
					mu.Lock()
					sat++
					mu.Unlock()
				}
			})
		}
		if round%2 == 0 {
			close(start)
		}
		wg.Wait()
		w.Advance(time.Second)
		w.Tick(t.Context())
		got := w.team(t, team.ID)
		ends[got.State]++
		if got.State == groupbuy.IsFilled && (sat != 1 || got.Paid != 2) || got.State == groupbuy.IsLapsed && (sat != 0 || got.Paid != 1) || got.State == groupbuy.IsOpen {
			t.Fatalf("round %d: %d sat down and it is %+v", round, sat, got)
		}
	}
	filled, lapsed := w.Announced(t)
	if len(filled) != ends[groupbuy.IsFilled] || len(lapsed) != ends[groupbuy.IsLapsed] || len(filled)+len(lapsed) != rounds {
		t.Errorf("%v ended so, announced %d filled and %d lapsed", ends, len(filled), len(lapsed))
	}
	t.Logf("%d filled, %d lapsed", len(filled), len(lapsed))
}

func testRush(t *testing.T, w *World) {
	o := w.Start(t, func(in *groupbuy.Terms) { in.Seats = 5 })
	teams := []groupbuy.Team{w.open(t, o), w.open(t, o)}
	var wg sync.WaitGroup
	var mu sync.Mutex
	paid := map[string]int{}
	for i := range 40 {
		team := teams[i%2]
		wg.Go(func() {
			order := newOrder()
			if w.Lock(t.Context(), o, team.ID, newBuyer(), order) != nil {
				return
			}
			if i%5 == 0 {
				if err := w.Source.Release(t.Context(), order); err != nil {
					t.Error(err)
				}
				return
			}
			if err := w.Source.Redeem(t.Context(), order); err != nil {
				t.Errorf("who holds a seat may pay for it: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			paid[team.ID]++
		})
	}
	wg.Wait()
	for _, team := range teams {
		for got := w.team(t, team.ID); got.State == groupbuy.IsOpen; got = w.team(t, team.ID) {
			w.sit(t, o, team.ID, newBuyer())
			paid[team.ID]++
		}
		if got := w.team(t, team.ID); got.Paid != 5 || paid[team.ID] != 4 {
			t.Errorf("%d joined a team of %d", paid[team.ID], got.Paid)
		}
	}
	if filled, _ := w.Announced(t); len(filled) != 2 {
		t.Errorf("filled %+v", filled)
	}
}

func testAgain(t *testing.T, w *World) {
	o := w.Start(t, func(in *groupbuy.Terms) { in.Seats, in.Limit = 2, 1 })
	team := w.open(t, o)
	u, order := newBuyer(), newOrder()
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if err := w.hold(t.Context(), o, team.ID, u, order); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := w.team(t, team.ID); got.Held != 1 {
		t.Errorf("held by %d", got.Held)
	}
	for range 5 {
		wg.Go(func() {
			if err := w.Source.Redeem(t.Context(), order); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if filled, _ := w.Announced(t); len(filled) != 1 {
		t.Errorf("filled %d times", len(filled))
	}
	if err := w.hold(t.Context(), o, team.ID, u, order); err != nil {
		t.Errorf("locking what is paid: %v", err)
	}
	if err := w.Source.Redeem(t.Context(), "ord_of_something_else"); err != nil {
		t.Errorf("an order without a team: %v", err)
	}
}

// everywhere reports whether an offer is among those of all shops, page by page.
func everywhere(t *testing.T, w *World, offer string) bool {
	t.Helper()
	for in := (groupbuy.ByProduct{Ask: page.Ask{Limit: 1}}); ; {
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
