package checkoutcore

import (
	"context"
	"errors"
	"slices"
	"time"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
)

// cart is a stored cart, of a user or of a visitor.
type cart struct {
	ID    string `bson:"_id"`
	Lines []kept `bson:"lines"` // latest first
	// Leaving is what is on its way to a user's cart.
	Leaving *leaving `bson:"leaving,omitempty"`
	// Joined are the visitors' carts that this one took over.
	Joined []string `bson:"joined,omitempty"`
	// ForgetAt is when a visitor's cart goes; absent of a user's.
	ForgetAt time.Time `bson:"forget_at,omitempty"`
}

// leaving is what a user takes over of a visitor's cart.
type leaving struct {
	ID    string  `bson:"id"`
	To    id.User `bson:"to"`
	Lines []kept  `bson:"lines"`
}

// kept is a line of a cart: what was chosen, and how it looked then.
type kept struct {
	Choice   checkout.Choice `bson:"choice"`
	Line     checkout.Line   `bson:"line"`
	Shop     string          `bson:"shop"`
	Via      catalog.Via     `bson:"via,omitempty"` // what its link opened when it was put in
	Selected bool            `bson:"selected"`
	At       time.Time       `bson:"at"`
}

const (
	maxCart = 100 // lines
	maxEach = 99  // units of one
	// visitorsFor is how long a visitor's cart is kept after its last change.
	visitorsFor = 60 * 24 * time.Hour
	// shortestKey is how long a visitor's key is at least.
	shortestKey = 20
	// maxJoined is how many takeovers a cart remembers. The visitor's cart has
	// forgotten each by then too.
	maxJoined = 50
)

// cartID is the caller's cart, or the one of a visitor's key.
func cartID(ctx context.Context, key string) (string, error) {
	if a := actor.From(ctx); a.User != "" {
		return id.Derive("crt", "user", string(a.User)), nil
	}
	return visitorsCart(key)
}

func visitorsCart(key string) (string, error) {
	if len(key) < shortestKey {
		return "", errs.ErrInvalid.With("key", "must name the cart of somebody who is not signed in")
	}
	return id.Derive("crt", "key", key), nil
}

func (c *Core) Cart(ctx context.Context, in checkout.ByCart) (checkout.Cart, error) {
	crt, err := cartID(ctx, in.Key)
	if err != nil {
		return checkout.Cart{}, err
	}
	found, err := c.carts.Get(ctx, crt)
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return checkout.Cart{}, err
	}
	return c.show(ctx, found)
}

// PutInCart keeps how the SKU looks now, so that its price later can be compared.
func (c *Core) PutInCart(ctx context.Context, in checkout.PutInCart) (checkout.Cart, error) {
	crt, err := cartID(ctx, in.Key)
	if err != nil {
		return checkout.Cart{}, err
	}
	if in.Set && in.N == 0 {
		return c.changeCart(ctx, crt, func(k *cart) error { k.drop(in.SKU); return nil })
	}
	if in.N < 1 {
		return checkout.Cart{}, errs.ErrInvalid.With("n", "must be at least 1")
	}
	proved, err := c.proved(ctx, []checkout.Choice{in.Choice})
	if err != nil {
		return checkout.Cart{}, err
	}
	items, err := c.items(ctx, "", []checkout.Choice{in.Choice}, proved)
	if err != nil {
		return checkout.Cart{}, err
	}
	shop, err := c.Catalog.Merchant(system(ctx), catalog.ByMerchant{ID: items[0].Merchant})
	if err != nil {
		return checkout.Cart{}, err
	}
	return c.changeCart(ctx, crt, func(k *cart) error {
		return k.put(kept{Choice: in.Choice, Line: look(items[0]), Shop: shop.Name, Via: catalog.Via{Creator: proved[0].Creator}, Selected: true, At: c.Now()}, in.Set)
	})
}

func (c *Core) SelectInCart(ctx context.Context, in checkout.SelectInCart) (checkout.Cart, error) {
	crt, err := cartID(ctx, in.Key)
	if err != nil {
		return checkout.Cart{}, err
	}
	return c.changeCart(ctx, crt, func(k *cart) error {
		for i := range k.Lines {
			if slices.Contains(in.SKUs, k.Lines[i].Choice.SKU) {
				k.Lines[i].Selected = in.On
			}
		}
		return nil
	})
}

func (c *Core) changeCart(ctx context.Context, crt string, f func(*cart) error) (checkout.Cart, error) {
	visitor := actor.From(ctx).User == ""
	k, err := c.carts.Upsert(ctx, crt, func(k *cart) error {
		if visitor {
			k.ForgetAt = c.Now().Add(visitorsFor)
		}
		return f(k)
	})
	if err != nil {
		return checkout.Cart{}, err
	}
	return c.show(ctx, k)
}

// look is a line as it stands for everybody.
func look(p catalog.PricedSKU) checkout.Line {
	return checkout.Line{
		SKU: p.SKU, Product: p.Product, Merchant: p.Merchant, Title: p.Title, Values: p.Values, Picture: p.Picture,
		List: p.Price, Price: p.Price,
	}
}

// put adds a line, or its units to those of the same SKU: ErrCartFull.
func (k *cart) put(x kept, set bool) error {
	i := slices.IndexFunc(k.Lines, func(y kept) bool { return y.Choice.SKU == x.Choice.SKU })
	if i < 0 {
		if len(k.Lines) >= maxCart {
			return checkout.ErrCartFull
		}
		k.Lines = slices.Insert(k.Lines, 0, x)
		return nil
	}
	old := k.Lines[i]
	if !set {
		x.Choice.N = min(x.Choice.N+old.Choice.N, maxEach)
	}
	if x.Choice.Link == "" {
		x.Choice.Link, x.Choice.Source, x.Via = old.Choice.Link, old.Choice.Source, old.Via // who recommended it is not forgotten
	}
	if set {
		x.At, k.Lines[i] = old.At, x // changing a number moves nothing
		return nil
	}
	k.Lines = slices.Insert(slices.Delete(k.Lines, i, i+1), 0, x)
	return nil
}

func (k *cart) drop(sku id.SKU) {
	k.Lines = slices.DeleteFunc(k.Lines, func(x kept) bool { return x.Choice.SKU == sku })
}

// unpack takes what was ordered out of its buyer's cart.
func (c *Core) unpack(ctx context.Context, buyer id.User, lines []checkout.Line) error {
	_, err := c.carts.Update(ctx, id.Derive("crt", "user", string(buyer)), func(k *cart) error {
		changed := false
		for _, l := range lines {
			for i := range k.Lines {
				if k.Lines[i].Choice.SKU == l.SKU {
					k.Lines[i].Choice.N -= l.N
					changed = true
				}
			}
		}
		k.Lines = slices.DeleteFunc(k.Lines, func(x kept) bool { return x.Choice.N < 1 })
		if !changed {
			return errSame
		}
		return nil
	})
	if errors.Is(err, errSame) || errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	return err
}

// show compares what is kept with what is sold now.
func (c *Core) show(ctx context.Context, k cart) (checkout.Cart, error) {
	now, err := c.sold(ctx, k.Lines)
	if err != nil {
		return checkout.Cart{}, err
	}
	out := checkout.Cart{Shops: []checkout.CartShop{}}
	for _, x := range k.Lines {
		l := checkout.CartLine{Line: x.Line, Link: x.Choice.Link, Selected: x.Selected, At: x.At, Gone: "delisted"}
		if p, listed := now[x.Choice.SKU]; listed {
			l.Line, l.Left, l.Gone = look(p), p.Available, ""
			if p.Price != x.Line.Price {
				l.Was = x.Line.Price
			}
			switch {
			case p.Available < 1:
				l.Gone = "sold_out"
			case p.Available < x.Choice.N:
				l.Gone = "too_few"
			default:
				out.Count += x.Choice.N
			}
		}
		if l.Line, err = sums(l.Line, x.Choice); err != nil {
			return checkout.Cart{}, err
		}
		i := slices.IndexFunc(out.Shops, func(s checkout.CartShop) bool { return s.Merchant == l.Merchant })
		if i < 0 {
			i = len(out.Shops)
			out.Shops = append(out.Shops, checkout.CartShop{Merchant: l.Merchant, Shop: x.Shop})
		}
		out.Shops[i].Lines = append(out.Shops[i].Lines, l)
	}
	return out, nil
}

// sums writes what a line comes to at the price for everybody.
func sums(l checkout.Line, in checkout.Choice) (checkout.Line, error) {
	amount, err := l.Price.Times(in.N)
	none := money.Money{Currency: amount.Currency}
	l.N, l.Deal, l.Amount, l.Due = in.N, in.Deal, amount, amount
	l.Saved, l.Shipping, l.Tax = none, none, none
	return l, err
}

// pricedAtOnce is how many SKUs the catalogue prices in one call.
const pricedAtOnce = 50

// sold returns those of the lines that are on sale.
func (c *Core) sold(ctx context.Context, lines []kept) (map[id.SKU]catalog.PricedSKU, error) {
	out := map[id.SKU]catalog.PricedSKU{}
	for chunk := range slices.Chunk(lines, pricedAtOnce) {
		if err := c.soldOf(ctx, chunk, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// soldOf prices lines together. The catalogue refuses all of them for one that is
// gone, which is found by halving.
func (c *Core) soldOf(ctx context.Context, lines []kept, out map[id.SKU]catalog.PricedSKU) error {
	ask := catalog.PriceSKUs{SKUs: make([]id.SKU, len(lines)), Via: make([]catalog.Via, len(lines))}
	for i, x := range lines {
		ask.SKUs[i], ask.Via[i] = x.Choice.SKU, x.Via
	}
	priced, err := c.Catalog.Price(system(ctx), ask)
	switch {
	case err == nil:
		for _, p := range priced.Items {
			out[p.SKU] = p
		}
		return nil
	case !refused(err):
		return err
	case len(lines) == 1:
		return nil
	}
	half := len(lines) / 2
	if err := c.soldOf(ctx, lines[:half], out); err != nil {
		return err
	}
	return c.soldOf(ctx, lines[half:], out)
}
