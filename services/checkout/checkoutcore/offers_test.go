package checkoutcore

import (
	"context"
	"sync"

	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/rpc"
	"meadow/services/promo"
)

// offers is a pricing that has no rules, or one limited saving that the test
// sets, of which it keeps count.
type offers struct {
	mu     sync.Mutex // guards what follows
	price  func(promo.PriceAsk) promo.Priced
	left   int
	held   map[id.Order]string // "", held, redeemed, returned
	lapse  bool                // what was held is gone before it is redeemed
	points map[id.Order]int64  // returned
}

func newOffers() *offers {
	return &offers{held: map[id.Order]string{}, points: map[id.Order]int64{}}
}

func (o *offers) Price(_ context.Context, in promo.PriceAsk) (promo.Priced, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.price != nil {
		return o.price(in), nil
	}
	return plain(in), nil
}

// plain prices an ask by no rule at all.
func plain(in promo.PriceAsk) promo.Priced {
	currency := in.Lines[0].Price.Currency
	of := func(n int64) money.Money { return money.Money{Amount: n, Currency: currency} }
	p := promo.Priced{Goods: of(0), Saved: of(0), Shipping: of(0), Tax: of(0), Total: of(0), Carries: in.Carries}
	first := map[id.Merchant]int{}
	for i, l := range in.Lines {
		amount := of(l.Price.Amount * l.N)
		p.Lines = append(p.Lines, promo.PricedLine{Price: l.Price, Amount: amount, Saved: of(0), Platform: of(0), Shipping: of(0), Tax: of(0), Due: amount})
		p.Goods.Amount += amount.Amount
		if _, known := first[l.Merchant]; !known {
			first[l.Merchant] = i
		}
	}
	for _, c := range in.Carries {
		l := &p.Lines[first[c.Merchant]]
		l.Shipping.Amount += c.Fee.Amount
		l.Due.Amount += c.Fee.Amount
		p.Shipping.Amount += c.Fee.Amount
	}
	p.Total.Amount = p.Goods.Amount + p.Shipping.Amount
	return p
}

func (o *offers) Lock(_ context.Context, in promo.Lock) (rpc.Empty, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return rpc.Empty{}, o.hold(in.Order)
}

func (o *offers) hold(order id.Order) error {
	if o.held[order] == "held" || o.held[order] == "redeemed" {
		return nil
	}
	if o.left < 1 || o.held[order] == "returned" {
		return promo.ErrUsedUp
	}
	o.left--
	o.held[order] = "held"
	return nil
}

func (o *offers) Redeem(_ context.Context, in promo.ByOrder) (rpc.Empty, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lapse {
		delete(o.held, in.Order)
	}
	if err := o.hold(in.Order); err != nil {
		return rpc.Empty{}, err
	}
	o.held[in.Order] = "redeemed"
	return rpc.Empty{}, nil
}

func (o *offers) Release(_ context.Context, in promo.ByOrder) (rpc.Empty, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.held[in.Order] == "held" {
		delete(o.held, in.Order)
		o.left++
	}
	return rpc.Empty{}, nil
}

func (o *offers) Return(_ context.Context, in promo.Return) (rpc.Empty, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.held[in.Order] == "redeemed" && in.Whole {
		o.held[in.Order] = "returned"
		o.left++
		o.points[in.Order] += in.Points
	}
	return rpc.Empty{}, nil
}
