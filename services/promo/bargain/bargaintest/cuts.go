package bargaintest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/bargain"
)

func testSum(t *testing.T, w *World) {
	o := w.Start(t, nil)
	b := w.begin(t, o, w.old())
	sum := int64(0)
	for n := 8; n > 0; n-- {
		got := must(w.help(t, b.ID, w.old()))(t)
		sum += got.Cut.Amount
		p := got.Bargain
		if got.Cut.Amount < 1 || p.CutsLeft != n-1 || p.CutsDone != 9-n || p.Cut.Amount != sum || p.ToGo.Amount != 6_000-sum || p.Price.Amount != 9_900-sum {
			t.Fatalf("after cut %d of %v it says %+v", 9-n, got.Cut, p)
		}
	}
	if p := w.page(t, b.ID); p.Price != o.Floor || p.ToGo.Amount != 0 {
		t.Errorf("at last it says %+v", p)
	}
	wantErr(t, "one more", second(w.help(t, b.ID, w.old())), bargain.ErrAtFloor)
}

func testNew(t *testing.T, w *World) {
	b := w.begin(t, w.Start(t, nil), w.old())
	usual := must(w.help(t, b.ID, w.old()))(t)
	first, again := must(w.help(t, b.ID, w.fresh()))(t), must(w.help(t, b.ID, w.fresh()))(t)
	third := must(w.help(t, b.ID, w.fresh()))(t) // the larger ones are gone
	if first.Cut.Amount < again.Cut.Amount || again.Cut.Amount < usual.Cut.Amount || third.Cut.Amount > usual.Cut.Amount {
		t.Errorf("an old one cuts %v; new ones %v, %v and then %v", usual.Cut, first.Cut, again.Cut, third.Cut)
	}
	if h := first.Bargain.Helps[0]; !h.New || !h.You || h.Cut != first.Cut {
		t.Errorf("it is shown as %+v", h)
	}
}

func testNewOnce(t *testing.T, w *World) {
	o := w.Start(t, func(in *bargain.Terms) { in.NewCuts = 1 })
	a, b := w.begin(t, o, w.old()), w.begin(t, o, w.old())
	u := w.fresh()
	must(w.help(t, a.ID, u))(t)
	second := must(w.help(t, b.ID, u))(t)
	larger := must(w.help(t, b.ID, w.fresh()))(t)
	if second.Bargain.Helps[0].New || second.Cut.Amount > larger.Cut.Amount || !larger.Bargain.Helps[0].New {
		t.Errorf("the second time they cut %v, another new one %v", second.Cut, larger.Cut)
	}
}

func testNobodyLockedOut(t *testing.T, w *World) {
	b := w.begin(t, w.Start(t, func(in *bargain.Terms) { in.NewCuts = 8 }), w.old())
	w.finish(t, b.ID) // by old users alone
	if p := w.page(t, b.ID); p.Price != p.Floor {
		t.Errorf("it ends at %v", p.Price)
	}
}

func testOnce(t *testing.T, w *World) {
	owner, u := w.old(), w.old()
	b := w.begin(t, w.Start(t, nil), owner)
	wantErr(t, "the owner", second(w.help(t, b.ID, owner)), bargain.ErrOwn)
	must(w.help(t, b.ID, u))(t)
	wantErr(t, "a helper again", second(w.help(t, b.ID, u)), bargain.ErrHelped)
	wantErr(t, "another account of theirs", second(w.help(t, b.ID, u+".2")), bargain.ErrHelped)
	wantErr(t, "another account of the owner's", second(w.help(t, b.ID, owner+".2")), bargain.ErrOwn)
	wantErr(t, "a visitor", second(w.Service.Cut(t.Context(), bargain.Cut{ID: b.ID, RequestID: "1"})), actor.ErrNobody)
	wantErr(t, "of nothing", second(w.help(t, "bgn_none", u)), bargain.ErrNoSuchBargain)
	if p := w.page(t, b.ID); p.CutsDone != 1 {
		t.Errorf("%d cuts", p.CutsDone)
	}
}

func testNoLogin(t *testing.T, w *World) {
	owner, u := NoLogin+w.old(), NoLogin+w.old()
	b := w.begin(t, w.Start(t, nil), owner)
	wantErr(t, "the owner", second(w.help(t, b.ID, owner)), bargain.ErrOwn)
	must(w.help(t, b.ID, u))(t)
	wantErr(t, "a helper again", second(w.help(t, b.ID, u)), bargain.ErrHelped)
	must(w.help(t, b.ID, NoLogin+w.old()))(t) // somebody else
}

func testAgain(t *testing.T, w *World) {
	b := w.begin(t, w.Start(t, nil), w.old())
	u := w.old()
	in := bargain.Cut{ID: b.ID, RequestID: "one"}
	var mu sync.Mutex
	var wg sync.WaitGroup
	cuts := map[money.Money]bool{}
	for range 8 {
		wg.Go(func() {
			got, err := w.Service.Cut(w.user(t, u), in)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			cuts[got.Cut] = true
		})
	}
	wg.Wait()
	if p := w.page(t, b.ID); p.CutsDone != 1 || len(cuts) != 1 || !cuts[p.Cut] {
		t.Errorf("%d cuts, answered %v", p.CutsDone, cuts)
	}
}

func testSuspended(t *testing.T, w *World) {
	b := w.begin(t, w.Start(t, nil), w.old())
	u := w.old()
	w.Suspend(u)
	wantErr(t, "suspended", second(w.help(t, b.ID, u)), actor.ErrForbidden)
}

func testDay(t *testing.T, w *World) {
	o := w.Start(t, func(in *bargain.Terms) { in.Stock = 50 })
	u := w.old()
	for range bargain.DailyOfPerson {
		must(w.help(t, w.begin(t, o, w.old()).ID, u))(t)
	}
	b := w.begin(t, o, w.old())
	wantErr(t, "once more", second(w.help(t, b.ID, u)), bargain.ErrHelpedEnough)
	w.Advance(14 * time.Hour) // past midnight
	must(w.help(t, b.ID, u))(t)
}

func testDevice(t *testing.T, w *World) {
	o := w.Start(t, func(in *bargain.Terms) { in.Stock, in.Cuts = 50, 50 })
	b := w.begin(t, o, w.old())
	from := func(u id.User, device, client string) error {
		return second(w.Service.Cut(w.user(t, u), bargain.Cut{ID: b.ID, From: account.From{Client: client}, Device: device, RequestID: id.Secret()}))
	}
	for i := range bargain.DailyOfDevice {
		if err := from(w.old(), "phone", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	wantErr(t, "one more from that phone", from(w.old(), "phone", "elsewhere"), bargain.ErrHelpedEnough)
	for range bargain.DailyOfClient {
		if err := from(w.old(), id.Secret(), "192.0.2.7"); err != nil {
			t.Fatal(err)
		}
	}
	wantErr(t, "one more from that place", from(w.old(), id.Secret(), "192.0.2.7"), bargain.ErrHelpedEnough)
}

func testDayBack(t *testing.T, w *World) {
	o := w.Start(t, func(in *bargain.Terms) { in.Stock, in.Cuts, in.NewCuts = 50, 1, 1 })
	b := w.begin(t, o, w.old())
	helpers := make([]id.User, 20)
	var wg sync.WaitGroup
	for i := range helpers {
		helpers[i] = w.fresh()
		wg.Go(func() {
			if _, err := w.help(t, b.ID, helpers[i]); err != nil && !errors.Is(err, bargain.ErrAtFloor) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, u := range helpers { // all but one have their day, and their larger cut, still before them
		n := 0
		for range bargain.DailyOfPerson {
			got, err := w.help(t, w.begin(t, o, w.old()).ID, u)
			if err != nil {
				break
			}
			if n++; n == 1 && !got.Bargain.Helps[0].New {
				n-- // this is who helped
			}
		}
		if n == bargain.DailyOfPerson {
			return
		}
		if n < bargain.DailyOfPerson-2 {
			t.Fatalf("a helper who came too late has %d left", n)
		}
	}
}

func testRush(t *testing.T, w *World) {
	const helpers, cuts = 200, 20
	o := w.Start(t, func(in *bargain.Terms) { in.Cuts, in.NewCuts = cuts, 5 })
	b := w.begin(t, o, w.old())
	var wg sync.WaitGroup
	var mu sync.Mutex
	var taken []int64
	for i := range helpers {
		u := w.old()
		if i%3 == 0 {
			u = w.fresh()
		}
		wg.Go(func() {
			got, err := w.help(t, b.ID, u)
			if err != nil {
				if !errors.Is(err, bargain.ErrAtFloor) {
					t.Error(err)
				}
				return
			}
			mu.Lock()
			defer mu.Unlock()
			taken = append(taken, got.Cut.Amount)
		})
	}
	wg.Wait()
	sum := int64(0)
	for _, c := range taken {
		sum += c
	}
	p := w.page(t, b.ID)
	if len(taken) != cuts || sum != 6_000 || p.Price != o.Floor || p.CutsLeft != 0 || p.CutsDone != cuts || slices.Min(taken) < 1 {
		t.Errorf("%d cuts of %d in all, and it says %+v", len(taken), sum, p)
	}
}

func testPage(t *testing.T, w *World) {
	owner, u := w.old(), w.old()
	b := w.begin(t, w.Start(t, nil), owner)
	must(w.help(t, b.ID, u))(t)
	mine := must(w.Service.Bargain(w.user(t, owner), bargain.ByID{ID: b.ID}))(t)
	if !mine.Mine || mine.Refuse != bargain.ErrOwn.Reason || mine.Owner.Name != "林**" || mine.Owner.Avatar == "" || mine.Share.Path == "" || !mine.Now.Equal(w.Now()) {
		t.Errorf("the owner sees %+v", mine)
	}
	theirs := must(w.Service.Bargain(w.user(t, u), bargain.ByID{ID: b.ID}))(t)
	if theirs.Mine || !theirs.Helped || theirs.Refuse != bargain.ErrHelped.Reason || !theirs.Helps[0].You {
		t.Errorf("the helper sees %+v", theirs)
	}
	if p := w.page(t, b.ID); p.Refuse != "" || p.Helps[0].You || p.Helps[0].Name != "林**" {
		t.Errorf("a visitor sees %+v", p)
	}
	list := must(w.Service.Mine(w.user(t, owner), ask()))(t).Items
	if len(list) != 1 || list[0].ID != b.ID {
		t.Errorf("the owner has %+v", list)
	}
}

func testLook(t *testing.T, w *World) {
	b := w.begin(t, w.Start(t, nil), w.old())
	for i := range 5 {
		client := "192.0.2.1"
		if i == 4 {
			client = "192.0.2.2"
		}
		must(w.Service.Cut(w.user(t, w.old()), bargain.Cut{ID: b.ID, From: account.From{Client: client}, RequestID: id.Secret()}))(t)
	}
	got := must(w.Service.Look(w.as(t, Operator), bargain.ByID{ID: b.ID}))(t)
	if got.Clients != 2 || got.Reason != bargain.HelpersOfOnePlace {
		t.Errorf("operators see %+v", got)
	}
	wantErr(t, "a shop", second(w.Service.Look(w.as(t, Keeper), bargain.ByID{ID: b.ID})), actor.ErrForbidden)
}

// testRace lets helpers cut while the owner buys: the order's price is one that
// the bargain had, and nobody cuts what is bought.
func testRace(t *testing.T, w *World) {
	o := w.Start(t, func(in *bargain.Terms) { in.Cuts, in.Stock = 20, 50 })
	for range 4 {
		owner := w.old()
		b := w.begin(t, o, owner)
		var wg sync.WaitGroup
		for range 20 {
			u := w.old()
			wg.Go(func() {
				if _, err := w.help(t, b.ID, u); err != nil && !errors.Is(err, promo.ErrEnded) {
					t.Error(err)
				}
			})
		}
		bought := 0
		wg.Go(func() {
			for bought == 0 {
				order := newOrder()
				err := w.place(t.Context(), b, owner, order)
				if errors.Is(err, promo.ErrChanged) {
					continue
				}
				if err = errors.Join(err, w.Source.Redeem(t.Context(), order)); err != nil {
					t.Error(err)
				}
				bought++
			}
		})
		wg.Wait()
		p := w.page(t, b.ID)
		sum := int64(0)
		for _, h := range p.Helps {
			sum += h.Cut.Amount
		}
		if p.State != bargain.Bought || p.Price.Amount != 9_900-sum || p.CutsDone+p.CutsLeft != 20 {
			t.Errorf("it says %+v", p)
		}
	}
}
