package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/aftersale"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/fulfil/carrier"
	"meadow/services/kernel/id"
)

// Ages that an order may have, in days.
const (
	early  = 20 // its return window has closed by now
	recent = 2  // it is on its way, or has just come
)

// Past is how far in the past a world begins: what somebody has earned is theirs
// only once the goods cannot come back any more, and that takes weeks.
const Past = early * 24 * time.Hour

// pass lets time pass until it is so long before today. A fill that goes on after
// it was cut short lives in the present, and nothing passes.
func (f *filling) pass(before time.Duration) {
	if by := f.Behind() - before; by > 0 {
		f.Skip(by)
	}
}

// live lets what the world tells of the last weeks happen: its early orders are
// delivered, rated and earned, its recent ones are on their way.
func (f *filling) live(ctx context.Context) (int, error) {
	const hour, day = time.Hour, 24 * time.Hour
	old, late := f.ordersOf(early), f.ordersOf(recent)
	for _, step := range []struct {
		before time.Duration
		do     func() error
	}{
		{early * day, func() error { return f.begin(ctx, old) }},
		{early*day - 12*hour, func() error { return f.carry(ctx, old, carrier.InTransit) }},
		{early*day - 24*hour, func() error { return f.carry(ctx, old, carrier.OutFor) }},
		{early*day - 30*hour, func() error { return f.carry(ctx, old, carrier.Arrived) }},
		{(early - 3) * day, func() error { return f.receive(ctx, old) }},
		{(early - 4) * day, func() error { return f.rate(ctx, old) }},
		{recent * day, func() error { return f.begin(ctx, late) }},
		{30 * hour, func() error { return f.carry(ctx, late, carrier.InTransit) }},
		{20 * hour, func() error { return f.carry(ctx, arriving(late), carrier.OutFor) }},
		{16 * hour, func() error { return f.carry(ctx, arriving(late), carrier.Arrived) }},
		{8 * hour, func() error { return f.receive(ctx, late) }},
		{6 * hour, func() error { return errors.Join(f.rate(ctx, late), f.complain(ctx, late)) }},
		{0, func() error { return nil }},
	} {
		f.pass(step.before)
		if err := step.do(); err != nil {
			return 0, err
		}
	}
	return len(old) + len(late), nil
}

func (f *filling) ordersOf(ago int) []purchase {
	var out []purchase
	for _, o := range f.world.Orders {
		if o.Ago == ago {
			out = append(out, o)
		}
	}
	return out
}

// arriving are those whose parcels have arrived by now.
func arriving(all []purchase) []purchase {
	var out []purchase
	for _, o := range all {
		if o.Sent == "received" || o.Sent == "delivered" {
			out = append(out, o)
		}
	}
	return out
}

// begin lets people buy, from posts that are there by then, and shops send.
func (f *filling) begin(ctx context.Context, orders []purchase) error {
	if _, err := f.publish(ctx, f.postsOf(orders)); err != nil {
		return err
	}
	for _, o := range orders {
		if err := f.buy(ctx, o); err != nil {
			return fmt.Errorf("%s: %w", o.Key, err)
		}
	}
	for _, o := range orders {
		var err error
		switch {
		case o.Back == "cancel":
			err = f.ask(ctx, o, aftersale.Cancel, aftersale.Changed, "拍错香味了，想换另一款。")
		case o.Sent != "":
			err = f.send(ctx, o)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", o.Key, err)
		}
	}
	return nil
}

// postsOf are the posts that sold something.
func (f *filling) postsOf(orders []purchase) []note {
	sold := map[string]bool{}
	for _, o := range orders {
		for _, l := range o.Lines {
			sold[l.Post] = true
		}
	}
	var out []note
	for _, n := range f.world.Posts {
		if sold[n.Key] {
			out = append(out, n)
		}
	}
	return out
}

// send lets the shops of an order send what was bought, or of partly the first
// line alone.
func (f *filling) send(ctx context.Context, o purchase) error {
	parcels, err := f.parcels(ctx, o)
	if err != nil {
		return err
	}
	for _, p := range parcels {
		in := fulfil.Ship{ID: p.ID, Carrier: f.Carrier, RequestID: request("box", string(p.ID))}
		if o.Sent == "partly" {
			in.Units = []fulfil.Units{{Line: p.Lines[0].Index, N: 1}}
		}
		if _, err := f.Fulfil.Ship(f.keeper(p.Merchant).ctx, in); err != nil {
			return err
		}
	}
	return nil
}

// keeper is who keeps a shop.
func (f *filling) keeper(m id.Merchant) *person {
	for _, s := range f.world.Shops {
		if p := f.people[s.Owner]; p.shop() == m {
			return p
		}
	}
	return nil
}

// parcels are an order's, once they have been made: the till tells of a paid
// order after it has answered.
func (f *filling) parcels(ctx context.Context, o purchase) ([]fulfil.Parcel, error) {
	order, err := f.orderOf(o)
	if err != nil {
		return nil, err
	}
	var out []fulfil.Parcel
	err = f.until(ctx, "parcels of "+o.Key, func() (bool, error) {
		found, err := f.Fulfil.OfOrder(f.people[o.By].ctx, fulfil.ByOrder{ID: order.ID})
		out = found.Items
		return len(out) >= len(order.Parts), err
	})
	return out, err
}

func (f *filling) orderOf(o purchase) (checkout.Order, error) {
	p := f.people[o.By]
	lines, err := f.lines(p, o)
	if err != nil {
		return checkout.Order{}, err
	}
	order, _, err := f.bought(p, o, lines)
	return order, err
}

// carry brings the boxes of orders to a place.
func (f *filling) carry(ctx context.Context, orders []purchase, to carrier.State) error {
	for _, o := range orders {
		if o.Sent == "" {
			continue
		}
		parcels, err := f.parcels(ctx, o)
		if err != nil {
			return err
		}
		for _, p := range parcels {
			for _, box := range p.Shipments {
				if err := f.Move(ctx, box.Tracking, to); err != nil {
					return fmt.Errorf("%s: %w", o.Key, err)
				}
			}
		}
	}
	return nil
}

// receive lets buyers say that all is there.
func (f *filling) receive(ctx context.Context, orders []purchase) error {
	for _, o := range orders {
		if o.Sent != "received" {
			continue
		}
		parcels, err := f.parcels(ctx, o)
		if err != nil {
			return err
		}
		for _, p := range parcels {
			if _, err := f.Fulfil.Receive(f.people[o.By].ctx, fulfil.ByParcel{ID: p.ID}); err != nil {
				return fmt.Errorf("%s: %w", o.Key, err)
			}
		}
	}
	return nil
}

// rate lets buyers say what they think of the first thing they bought, and shops
// answer.
func (f *filling) rate(ctx context.Context, orders []purchase) error {
	for _, o := range orders {
		if o.Stars == 0 {
			continue
		}
		order, err := f.orderOf(o)
		if err != nil {
			return err
		}
		l := order.Lines[0]
		var r catalog.Rating
		err = f.until(ctx, "receipt", func() (bool, error) { // it shows a moment after the buyer's word
			r, err = f.Catalog.Rate(f.people[o.By].ctx, catalog.Rate{
				ID: l.Product, Order: order.ID, Stars: o.Stars, Text: o.Say, RequestID: request("rating", o.Key),
			})
			if errors.Is(err, catalog.ErrNotReceived) {
				return false, nil
			}
			return true, err
		})
		if err == nil && o.Reply != "" && r.Answer == "" {
			_, err = f.Catalog.AnswerRating(f.keeper(l.Merchant).ctx, catalog.AnswerRating{ID: r.ID, Text: o.Reply})
		}
		if err != nil {
			return fmt.Errorf("%s: %w", o.Key, err)
		}
	}
	return nil
}

// complain lets buyers ask for after-sale; the shops have not answered yet.
func (f *filling) complain(ctx context.Context, orders []purchase) error {
	for _, o := range orders {
		var err error
		switch o.Back {
		case "return":
			err = f.ask(ctx, o, aftersale.Return, aftersale.Misfit, "比窗框宽了两厘米，挂上去会碰玻璃，想退掉。")
		case "refund":
			err = f.ask(ctx, o, aftersale.Money, aftersale.Missing, "买了两只，箱子里只有一只托盘，请退一只托盘的钱。")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", o.Key, err)
		}
	}
	return nil
}

// ask asks for one unit of an order's first line.
func (f *filling) ask(ctx context.Context, o purchase, k aftersale.Kind, why aftersale.Reason, text string) error {
	if _, err := f.parcels(ctx, o); err != nil {
		return err
	}
	order, err := f.orderOf(o)
	if err != nil || order.State != checkout.Paid {
		return err // it has gone back already
	}
	_, err = f.AfterSale.Open(f.people[o.By].ctx, aftersale.Open{
		Order: order.ID, Kind: k, Units: []aftersale.Units{{N: 1}}, Reason: why, Text: text, Evidence: []id.Media{}, RequestID: request("after-sale", o.Key),
	})
	return err
}

// wait is how long what was done may take until it shows.
const wait = time.Minute

// until asks again and again until something is so.
func (f *filling) until(ctx context.Context, what string, so func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		yes, err := so()
		if err != nil || yes {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, ctx.Err())
		case <-again.C:
		}
	}
}

// Empty reports whether nothing is sold here yet: then a world may begin in the
// past.
func Empty(ctx context.Context, s Shop) (bool, error) {
	shops, err := s.Catalog.Products(ctx, catalog.Products{})
	return err == nil && len(shops.Items) == 0, err
}
