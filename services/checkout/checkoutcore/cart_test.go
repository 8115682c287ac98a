package checkoutcore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
)

const visitorsKey = "a-visitor-key-of-25-chars"

func put(t *testing.T, x *till, ctx context.Context, key string, sku id.SKU, n int64) checkout.Cart {
	t.Helper()
	c, err := x.PutInCart(ctx, checkout.PutInCart{Key: key, Choice: checkout.Choice{SKU: sku, N: n}})
	must(t, err)
	return c
}

// holding says what is in a cart, shop by shop.
func holding(c checkout.Cart) string {
	var out []string
	for _, s := range c.Shops {
		for _, l := range s.Lines {
			out = append(out, fmt.Sprintf("%s:%s×%d%s", s.Merchant, l.SKU, l.N, l.Gone))
		}
	}
	return fmt.Sprint(out)
}

func TestACartIsGroupedByShopLatestFirst(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.twoShops()
	ctx := as(t, newBuyer())
	put(t, x, ctx, "", "sku_0", 1)
	put(t, x, ctx, "", "sku_1", 2)
	c := put(t, x, ctx, "", "sku_2", 1)
	if want := "[mer_kiln:sku_2×1 mer_kiln:sku_0×1 mer_loom:sku_1×2]"; holding(c) != want || c.Count != 4 || c.Shops[0].Shop == "" {
		t.Errorf("%s, %d units, %+v; want %s", holding(c), c.Count, c.Shops, want)
	}
	c = put(t, x, ctx, "", "sku_0", 2)
	if want := "[mer_kiln:sku_0×3 mer_kiln:sku_2×1 mer_loom:sku_1×2]"; holding(c) != want {
		t.Errorf("%s, want %s", holding(c), want)
	}
	c, err := x.PutInCart(ctx, checkout.PutInCart{Choice: checkout.Choice{SKU: "sku_2", N: 0}, Set: true})
	must(t, err)
	c, err = x.SelectInCart(ctx, checkout.SelectInCart{SKUs: []id.SKU{"sku_1"}, On: false})
	must(t, err)
	if want := "[mer_kiln:sku_0×3 mer_loom:sku_1×2]"; holding(c) != want || !c.Shops[0].Lines[0].Selected || c.Shops[1].Lines[0].Selected {
		t.Errorf("%+v, want %s with the second not selected", c, want)
	}
}

func TestACartTellsWhatHasChanged(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.twoShops()
	ctx := as(t, newBuyer())
	for i := range 3 {
		put(t, x, ctx, "", id.SKU(fmt.Sprintf("sku_%d", i)), 3)
	}
	x.shelf.mu.Lock()
	dearer, fewer := x.shelf.goods["sku_0"], x.shelf.goods["sku_1"]
	dearer.Price, fewer.Available = money.CNY(1_500), 2
	x.shelf.goods["sku_0"], x.shelf.goods["sku_1"], x.shelf.goods["sku_2"] = dearer, fewer, catalog.PricedSKU{}
	x.shelf.mu.Unlock()
	c, err := x.Cart(ctx, checkout.ByCart{})
	must(t, err)
	if want := "[mer_kiln:sku_2×3delisted mer_kiln:sku_0×3 mer_loom:sku_1×3too_few]"; holding(c) != want || c.Count != 3 {
		t.Fatalf("%s, %d can be bought; want %s", holding(c), c.Count, want)
	}
	if l := c.Shops[0].Lines[1]; l.Was != money.CNY(1_000) || l.Price != money.CNY(1_500) || l.Amount != money.CNY(4_500) {
		t.Errorf("the dearer line is %+v", l)
	}
	if l := c.Shops[1].Lines[0]; l.Left != 2 || !l.Was.IsZero() {
		t.Errorf("the scarce line is %+v", l)
	}
}

func TestAVisitorsCartIsJoinedOnce(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.twoShops()
	ctx, nobody := as(t, newBuyer()), t.Context()
	put(t, x, ctx, "", "sku_0", 1)
	put(t, x, nobody, visitorsKey, "sku_0", 2)
	put(t, x, nobody, visitorsKey, "sku_1", 1)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, err := x.JoinCart(ctx, checkout.ByCart{Key: visitorsKey}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	c, err := x.Cart(ctx, checkout.ByCart{})
	must(t, err)
	left, err := x.Cart(nobody, checkout.ByCart{Key: visitorsKey})
	must(t, err)
	if want := "[mer_loom:sku_1×1 mer_kiln:sku_0×3]"; holding(c) != want && holding(c) != "[mer_kiln:sku_0×3 mer_loom:sku_1×1]" || holding(left) != "[]" {
		t.Errorf("joined %s, the visitor keeps %s; want %s and nothing", holding(c), holding(left), want)
	}
	put(t, x, nobody, visitorsKey, "sku_0", 1) // signed out again
	c, err = x.JoinCart(ctx, checkout.ByCart{Key: visitorsKey})
	must(t, err)
	if c.Count != 5 {
		t.Errorf("after another visit %s", holding(c))
	}
}

// TestAJoinThatWasKilledIsFinishedForWhoBeganIt kills each write of a join in
// turn, and has somebody else sign in on the same device.
func TestAJoinThatWasKilledIsFinishedForWhoBeganIt(t *testing.T) {
	t.Parallel()
	for k := range int64(3) {
		dying := &cartless{}
		x := newTill(t, func(d docdb.Driver) docdb.Driver { dying.Driver = d; return dying })
		x.twoShops()
		amy, bob := as(t, newBuyer()), as(t, newBuyer())
		put(t, x, amy, "", "sku_2", 1)
		put(t, x, t.Context(), visitorsKey, "sku_0", 2)
		dying.after.Store(k + 1)
		if _, err := x.JoinCart(amy, checkout.ByCart{Key: visitorsKey}); !errors.Is(err, errKilled) {
			t.Fatalf("err = %v, want killed", err)
		}
		dying.after.Store(0)
		who, other := amy, bob
		if k == 0 { // nothing was decided: the next who signs in gets it
			who, other = bob, amy
		}
		for _, ctx := range []context.Context{bob, amy, bob} {
			_, err := x.JoinCart(ctx, checkout.ByCart{Key: visitorsKey})
			must(t, err)
		}
		got, err := x.Cart(who, checkout.ByCart{})
		must(t, err)
		not, err := x.Cart(other, checkout.ByCart{})
		must(t, err)
		if sum := got.Count + not.Count; sum != 3 || holding(got) == "[mer_kiln:sku_2×1]" || holding(got) == "[]" {
			t.Errorf("killed at %d: %s and %s", k, holding(got), holding(not))
		}
	}
}

// cartless is a driver whose n-th change of a cart fails.
type cartless struct {
	docdb.Driver
	after atomic.Int64
}

func (d *cartless) Replace(ctx context.Context, coll string, rev int64, doc docdb.Doc) error {
	if coll == "carts" && d.after.Load() > 0 && d.after.Add(-1) == 0 {
		return errKilled
	}
	return d.Driver.Replace(ctx, coll, rev, doc)
}

func TestACartHoldsAHundredLines(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	buyer := newBuyer()
	ctx := as(t, buyer)
	x.shelf.add(1_000)
	_, err := x.carts.Upsert(t.Context(), id.Derive("crt", "user", string(buyer)), func(k *cart) error {
		for i := range maxCart {
			k.Lines = append(k.Lines, kept{Choice: checkout.Choice{SKU: id.SKU(fmt.Sprintf("sku_x%d", i)), N: 1}})
		}
		return nil
	})
	must(t, err)
	_, err = x.PutInCart(ctx, checkout.PutInCart{Choice: checkout.Choice{SKU: "sku_more", N: 1}})
	if !errors.Is(err, checkout.ErrCartFull) {
		t.Errorf("one more: %v, want ErrCartFull", err)
	}
	c := put(t, x, ctx, "", "sku_x99", 200)
	if l := c.Shops[0].Lines[0]; l.SKU != "sku_x99" || l.N != maxEach || len(c.Shops[0].Lines) != maxCart {
		t.Errorf("%s×%d of %d lines", l.SKU, l.N, len(c.Shops[0].Lines))
	}
	if _, err := x.Cart(t.Context(), checkout.ByCart{Key: "short"}); err == nil {
		t.Error("a short key opens a cart")
	}
	if _, err := x.JoinCart(t.Context(), checkout.ByCart{Key: visitorsKey}); !errors.Is(err, actor.ErrNobody) {
		t.Errorf("nobody joins: %v", err)
	}
}

func TestWhatIsOrderedLeavesTheCart(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	x.twoShops()
	x.shelf.add(1)
	ctx := as(t, newBuyer())
	put(t, x, ctx, "", "sku_0", 2)
	put(t, x, ctx, "", "sku_1", 3)
	q, err := x.Quote(ctx, checkout.Ask{Lines: []checkout.Choice{{SKU: "sku_0", N: 2}, {SKU: "sku_1", N: 1}}})
	must(t, err)
	for range 2 {
		_, err = x.Place(ctx, checkout.Place{Quote: q.ID, Address: "adr_home", RequestID: "r"})
		must(t, err)
	}
	c, err := x.Cart(ctx, checkout.ByCart{})
	must(t, err)
	if want := "[mer_loom:sku_1×2]"; holding(c) != want {
		t.Errorf("%s, want %s", holding(c), want)
	}
}
