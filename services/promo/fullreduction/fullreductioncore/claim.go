package fullreductioncore

import (
	"context"
	"errors"
	"maps"
	"slices"

	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
)

// claim is what an order takes of budgets. Its state is where that is decided;
// the budgets follow, in steps that can be done again.
//
//	taking → held → redeemed → returning → returned
//	taking | held → releasing → released → taking
type claim struct {
	ID    id.Order `bson:"_id"`
	Parts []part   `bson:"parts"` // by campaign, so that orders take in one order
	State state    `bson:"state"`
}

type part struct {
	Campaign string `bson:"campaign"`
	Amount   int64  `bson:"amount"`
}

type state string

const (
	taking    state = "taking"
	held      state = "held"
	redeemed  state = "redeemed"
	releasing state = "releasing"
	released  state = "released"
	returning state = "returning"
	returned  state = "returned"
)

// Lock takes what an order saves from the budgets. A campaign without one is only
// asked whether it still runs.
func (c *Core) Lock(ctx context.Context, in promo.Lock, uses []promo.Use) error {
	amounts := map[string]int64{}
	for _, u := range uses {
		amounts[u.Rule] += u.Amount.Amount
	}
	want := claim{ID: in.Order, State: taking}
	for _, name := range slices.Sorted(maps.Keys(amounts)) {
		x, err := c.campaigns.Get(ctx, name)
		switch {
		case errors.Is(err, docdb.ErrNotFound):
			return promo.ErrEnded.Because(err)
		case err != nil:
			return err
		case x.Budget.Amount == 0 && !x.Live:
			return promo.ErrEnded
		case x.Budget.Amount > 0:
			want.Parts = append(want.Parts, part{Campaign: name, Amount: amounts[name]})
		}
	}
	if len(want.Parts) == 0 {
		return nil
	}
	err := c.claims.Insert(ctx, string(in.Order), want)
	if errors.Is(err, docdb.ErrExists) {
		want, err = c.again(ctx, want)
	}
	if err != nil || want.State == held || want.State == redeemed {
		return err
	}
	return c.take(ctx, want)
}

// again goes on with a claim that there is already.
func (c *Core) again(ctx context.Context, want claim) (claim, error) {
	x, err := c.claims.Get(ctx, string(want.ID))
	if err != nil {
		return x, err
	}
	switch x.State {
	case releasing:
		if err := c.giveBack(ctx, x); err != nil {
			return x, err
		}
		fallthrough
	case released:
		return c.move(ctx, want.ID, func(x *claim) { *x = want }, released)
	case returning, returned:
		return x, promo.ErrEnded
	}
	return x, nil
}

// take asks each budget. If one has too little left, or its campaign does not
// run any more, all is given back.
func (c *Core) take(ctx context.Context, x claim) error {
	for _, p := range x.Parts {
		err := c.takeOne(ctx, x.ID, p)
		if errors.Is(err, promo.ErrUsedUp) || errors.Is(err, promo.ErrEnded) {
			return errors.Join(err, c.Release(ctx, x.ID))
		}
		if err != nil {
			return err
		}
	}
	_, err := c.move(ctx, x.ID, func(x *claim) { x.State = held }, taking, held, redeemed)
	return err
}

func (c *Core) takeOne(ctx context.Context, o id.Order, p part) error {
	x, err := c.campaigns.Get(ctx, p.Campaign)
	if errors.Is(err, docdb.ErrNotFound) || err == nil && !x.Live {
		return promo.ErrEnded
	}
	if err != nil || p.Amount <= 0 {
		return err
	}
	err = c.skipGone(c.hold(ctx, p.Campaign, o, p.Amount))
	if errors.Is(err, docdb.ErrRefused) {
		return promo.ErrUsedUp.Because(err)
	}
	return err
}

// move changes a claim that is in one of the states from, or refuses with
// docdb.ErrBusy: a twin moved it on.
func (c *Core) move(ctx context.Context, o id.Order, change func(*claim), from ...state) (claim, error) {
	return c.claims.Update(ctx, string(o), func(x *claim) error {
		if !slices.Contains(from, x.State) {
			return docdb.ErrBusy
		}
		if x.State != redeemed {
			change(x)
		}
		return nil
	})
}

// Redeem makes final what an order holds; what was released is taken anew.
func (c *Core) Redeem(ctx context.Context, o id.Order) error {
	x, err := c.claims.Get(ctx, string(o))
	if errors.Is(err, docdb.ErrNotFound) {
		return nil // its campaigns have no budgets
	}
	if err != nil {
		return err
	}
	switch x.State {
	case returning, returned:
		return nil
	case taking, releasing, released:
		uses := make([]promo.Use, len(x.Parts))
		for i, p := range x.Parts {
			uses[i] = promo.Use{Rule: p.Campaign, Amount: c.money(p.Amount)}
		}
		if err := c.Lock(ctx, promo.Lock{Order: o}, uses); err != nil {
			return err
		}
	}
	if x, err = c.move(ctx, o, func(x *claim) { x.State = redeemed }, held, redeemed); err != nil {
		return err
	}
	for _, p := range x.Parts {
		if err := c.skipGone(c.letGo(ctx, p.Campaign, o, p.Amount, "spent")); err != nil {
			return err
		}
	}
	return nil
}

// Release gives back what an order holds and did not redeem.
func (c *Core) Release(ctx context.Context, o id.Order) error {
	x, err := c.claims.Update(ctx, string(o), func(x *claim) error {
		if x.State == taking || x.State == held {
			x.State = releasing
		}
		return nil
	})
	if errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	if err != nil || x.State != releasing && x.State != released {
		return err
	}
	return c.giveBack(ctx, x)
}

// giveBack returns what a claim held to its budgets.
func (c *Core) giveBack(ctx context.Context, x claim) error {
	for _, p := range x.Parts {
		if err := c.skipGone(c.letGo(ctx, p.Campaign, x.ID, p.Amount, "left")); err != nil {
			return err
		}
	}
	_, err := c.claims.Update(ctx, string(x.ID), func(x *claim) error {
		if x.State == releasing {
			x.State = released
		}
		return nil
	})
	return err
}

// Return gives back what a whole order spent; of a part of it, nothing.
func (c *Core) Return(ctx context.Context, in promo.Return) error {
	if !in.Whole {
		return nil
	}
	x, err := c.claims.Update(ctx, string(in.Order), func(x *claim) error {
		if x.State == redeemed {
			x.State = returning
		}
		return nil
	})
	if errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	if err != nil || x.State != returning {
		return err
	}
	for _, p := range x.Parts {
		if err := c.skipGone(c.comeBack(ctx, p.Campaign, in.Order, p.Amount)); err != nil {
			return err
		}
	}
	_, err = c.claims.Update(ctx, string(in.Order), func(x *claim) error { x.State = returned; return nil })
	return err
}

// skipGone lets a part pass whose campaign never had a budget.
func (c *Core) skipGone(err error) error {
	if errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	return err
}
