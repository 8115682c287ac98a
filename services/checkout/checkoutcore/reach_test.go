package checkoutcore

import (
	"context"
	"testing"

	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/insight"
	"meadow/services/kernel/id"
)

// proofs are purchase links that prove what the test says.
type proofs struct {
	creator.Service
	of map[string]creator.Attribution
}

func (p proofs) OpenLink(_ context.Context, in creator.OpenLink) (creator.Attribution, error) {
	if a, ok := p.of[in.Link]; ok {
		return a, nil
	}
	return creator.Attribution{}, creator.ErrBadLink
}

func TestEveryLineOfAnOrderIsPublicOrPrivate(t *testing.T) {
	t.Parallel()
	x := newTill(t, nil)
	buyer := newBuyer()
	post := creator.Attribution{Post: "pst_cup", Creator: "usr_lin", Product: "prd_cup"}
	shelf, shared, own := post, post, post
	shelf.Post, shared.Via, own.Creator = "", "usr_friend", buyer
	x.Creator = proofs{of: map[string]creator.Attribution{"post": post, "shelf": shelf, "shared": shared, "own": own}}
	for name, row := range map[string]struct {
		in   checkout.Choice
		want insight.Reach
	}{
		"nothing is known":                      {checkout.Choice{}, insight.Public},
		"a list of those one follows":           {checkout.Choice{Link: "post", Source: insight.Following}, insight.Private},
		"a list for everybody":                  {checkout.Choice{Link: "post", Source: insight.Discover}, insight.Public},
		"a post, from nobody knows where":       {checkout.Choice{Link: "post"}, insight.Public},
		"a showcase":                            {checkout.Choice{Link: "shelf"}, insight.Private},
		"a link that a friend sent":             {checkout.Choice{Link: "shared", Source: insight.Discover}, insight.Private},
		"a product that was looked for":         {checkout.Choice{Source: insight.Search}, insight.Public},
		"a word that is no source":              {checkout.Choice{Link: "post", Source: "private"}, insight.Public},
		"one's own post, in a list one follows": {checkout.Choice{Link: "own", Source: insight.Following}, insight.Private},
	} {
		x.shelf.add(1)
		row.in.SKU, row.in.N = "sku_cup", 1
		q, err := x.Quote(as(t, buyer), checkout.Ask{Lines: []checkout.Choice{row.in}})
		if err != nil {
			t.Fatal(err)
		}
		o, err := x.Place(as(t, buyer), checkout.Place{Quote: q.ID, Address: "adr_home", RequestID: id.Secret()})
		if err != nil {
			t.Fatal(err)
		}
		kept, err := x.orders.Get(t.Context(), string(o.ID))
		if err != nil {
			t.Fatal(err)
		}
		if got := noted(kept, "").Lines[0].Reach; got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
}
