package demo

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"meadow/services/checkout"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

// shop lets people buy, from the quote to the provider's page.
func (f *filling) shop(ctx context.Context) (int, error) {
	for _, o := range f.ordersOf(0) {
		if err := f.buy(ctx, o); err != nil {
			return 0, fmt.Errorf("%s: %w", o.Key, err)
		}
	}
	return len(f.world.Orders), nil
}

// buy makes one purchase, or goes on with it. A quote is new each time, so
// whether the order is there already is asked first.
func (f *filling) buy(ctx context.Context, o purchase) error {
	p := f.people[o.By]
	lines, err := f.lines(p, o)
	if err != nil {
		return err
	}
	order, found, err := f.bought(p, o, lines)
	if err != nil {
		return err
	}
	if order.ID == "" {
		q, err := f.Checkout.Quote(p.ctx, checkout.Ask{Lines: lines})
		if err != nil {
			return err
		}
		order, err = f.Checkout.Place(p.ctx, checkout.Place{Quote: q.ID, Address: p.address, RequestID: request("order", o.Key+"/"+strconv.Itoa(found))})
		if err != nil {
			return err
		}
	}
	if order.State != checkout.Unpaid {
		return nil
	}
	switch o.End {
	case checkout.Cancelled:
		_, err = f.Checkout.Cancel(p.ctx, checkout.ByOrder{ID: order.ID})
	case checkout.Paid:
		err = f.pay(ctx, p, order)
	}
	return err
}

// bought looks for the order that an earlier run made. One that should have
// been paid and ran out of time meanwhile does not count; found is how many
// such there are.
func (f *filling) bought(p *person, o purchase, lines []checkout.Choice) (order checkout.Order, found int, err error) {
	for after := page.Cursor(""); ; {
		some, err := f.Checkout.Orders(p.ctx, checkout.Orders{Ask: page.Ask{After: after, Limit: 50}})
		if err != nil {
			return order, found, err
		}
		for _, have := range some.Items {
			switch {
			case !slices.EqualFunc(have.Lines, lines, func(l checkout.Line, c checkout.Choice) bool { return l.SKU == c.SKU && l.N == c.N }):
			case o.End == checkout.Paid && have.State == checkout.Expired:
				found++
			default:
				return have, found, nil
			}
		}
		if after = some.Next; after == "" {
			return order, found, nil
		}
	}
}

// lines are what is bought, with the purchase links of the posts that sold it.
func (f *filling) lines(p *person, o purchase) ([]checkout.Choice, error) {
	out := make([]checkout.Choice, len(o.Lines))
	for i, l := range o.Lines {
		product := f.products[l.Product]
		out[i] = checkout.Choice{SKU: f.sku(l.Product, l.Values...), N: l.N}
		if l.Post == "" {
			continue
		}
		post, err := f.Creator.Post(p.ctx, creator.ReadPost{ID: f.posts[l.Post]})
		if err != nil {
			return nil, err
		}
		tag := slices.IndexFunc(post.Tags, func(t creator.Tag) bool { return t.Product == product.ID })
		out[i].Link = post.Tags[tag].Link
	}
	return out, nil
}

// pay pays on the provider's page, comes back from there, and waits until the
// order is paid.
func (f *filling) pay(ctx context.Context, p *person, o checkout.Order) error {
	payment, err := f.Checkout.Pay(p.ctx, checkout.Pay{ID: o.ID, Provider: sandbox.Name, RequestID: request("payment", string(o.ID))})
	if err != nil {
		return err
	}
	if _, err := f.Sandbox.Settle(ctx, sandbox.Settle{ID: payment.ID, Pay: true}); err != nil {
		return err
	}
	if _, err := f.Checkout.Confirm(p.ctx, checkout.ByPayment{ID: payment.ID}); err != nil {
		return err
	}
	return f.untilPaid(ctx, p, o.ID)
}

func (f *filling) untilPaid(ctx context.Context, p *person, order id.Order) error {
	return f.until(ctx, "payment of "+string(order), func() (bool, error) {
		o, err := f.Checkout.Order(p.ctx, checkout.ByOrder{ID: order})
		return o.State == checkout.Paid, err
	})
}
