package checkoutcore

import (
	"testing"

	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/kernel/id"
)

func TestNobodyEarnsByBuyingFromThemselvesUnderAnotherAccount(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	buyer := newBuyer()
	post := func(by id.User) creator.Attribution {
		return creator.Attribution{Post: "pst_cup", Creator: by, Product: "prd_cup", Reward: true}
	}
	x.Creator = proofs{of: map[string]creator.Attribution{"other": post("usr_lin"), "own": post(buyer), "twin": post(buyer + "+2")}}
	x.shelf.add(1)
	for link, want := range map[string]id.User{"other": "usr_lin", "own": "", "twin": ""} {
		q, err := x.Quote(as(t, buyer), checkout.Ask{Lines: []checkout.Choice{{SKU: "sku_cup", N: 1, Link: link}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := q.Lines[0].Source.Creator; got != want {
			t.Errorf("by the link %q %q is credited, want %q", link, got, want)
		}
	}
}
