package flashsalecore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/promo"
	"meadow/services/promo/flashsale"
)

// order decides about an order's places.
//
//	taking → held → sold → returning → returned
//	taking | held → releasing → free → taking, in another generation
type order struct {
	ID      id.Order `bson:"_id"`
	Buyer   id.User  `bson:"buyer"`
	Gen     string   `bson:"gen"`
	Uses    []use    `bson:"uses"`
	Persons []string `bson:"persons"`
	Parts   []part   `bson:"parts"`
	State   state    `bson:"state"`
	// Had is that it held its places once: it had them in time.
	Had bool `bson:"had,omitempty"`
	// Until is when the sweep sees to it; absent where there is nothing to see to.
	Until time.Time `bson:"until,omitempty"`
	// GoneAt is when the record of places that were never paid is forgotten.
	GoneAt time.Time `bson:"gone_at,omitempty"`
}

// use is what an order takes of an allotment.
type use struct {
	Sale  string `bson:"sale"`
	SKU   id.SKU `bson:"sku"`
	Of    string `bson:"of"`
	N     int64  `bson:"n"`
	Limit int64  `bson:"limit"`
}

// part is places of one cell. Limit is how many a person's cell begins with.
type part struct {
	Cell  string `bson:"cell"`
	N     int64  `bson:"n"`
	Limit int64  `bson:"limit,omitempty"`
}

type state string

const (
	taking    state = "taking"
	held      state = "held"
	sold      state = "sold"
	releasing state = "releasing"
	free      state = "free"
	returning state = "returning"
	returned  state = "returned"
)

// remembered is how long a late payment may take to be told of.
const remembered = 90 * 24 * time.Hour

// lateHold is how long places that are taken anew for a late payment are held.
const lateHold = 10 * time.Minute

// errMoved means that somebody else changed the order meanwhile.
var errMoved = errors.New("flash sale: order moved on")

// Kind implements promo.Source.
func (c *Core) Kind() promo.Kind { return promo.Flash }

// Lock takes an order's places until an instant: all, or none. The window is
// looked at here, by our clock. An order that had them before, in time, is paid
// late or tried again: it has them anew if they are left.
func (c *Core) Lock(ctx context.Context, in promo.Lock, uses []promo.Use) error {
	if len(uses) == 0 {
		return nil
	}
	before, err := c.orders.Get(ctx, string(in.Order))
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return err
	}
	if before.State == held || before.State == sold {
		return c.prolong(ctx, before, in.Until)
	}
	if before.Had && before.takes(uses) {
		return c.revive(ctx, before, in.Until)
	}
	persons, err := c.persons(ctx, in.Buyer)
	if err != nil {
		return err
	}
	r := order{ID: in.Order, Buyer: in.Buyer, Persons: persons}
	if r.Uses, err = c.wanted(ctx, in.Buyer, uses); err != nil {
		return err
	}
	_, err = c.reserve(ctx, r, in.Until)
	return err
}

// takes reports whether uses are what the order takes.
func (r order) takes(uses []promo.Use) bool {
	want := map[string]int64{}
	for _, u := range uses {
		want[u.Rule+"/"+string(u.SKU)] += u.N
	}
	for _, u := range r.Uses {
		if want[u.Sale+"/"+string(u.SKU)] != u.N {
			return false
		}
	}
	return len(want) == len(r.Uses)
}

func (c *Core) prolong(ctx context.Context, r order, until time.Time) error {
	if r.State == sold || !until.After(r.Until) {
		return nil
	}
	_, err := c.step(ctx, r, held, func(x *order) { x.Until = until })
	if errors.Is(err, errMoved) {
		return docdb.ErrBusy
	}
	return err
}

// wanted sums what an order wants by allotment, in one order for all orders, and
// checks that it can be had now.
func (c *Core) wanted(ctx context.Context, buyer id.User, uses []promo.Use) ([]use, error) {
	var all []use
	for _, u := range uses {
		s, err := c.sales.Get(ctx, u.Rule)
		if errors.Is(err, docdb.ErrNotFound) {
			return nil, promo.ErrEnded
		}
		if err != nil {
			return nil, err
		}
		if no, err := c.closed(ctx, s, buyer); err != nil || no != nil {
			return nil, errors.Join(err, no)
		}
		i := s.find(u.SKU)
		if i < 0 {
			return nil, promo.ErrEnded
		}
		of := s.ofItem(u.SKU)
		if at := slices.IndexFunc(all, func(x use) bool { return x.Of == of }); at >= 0 {
			all[at].N += u.N
			continue
		}
		all = append(all, use{Sale: s.ID, SKU: u.SKU, Of: of, N: u.N, Limit: s.Items[i].Limit})
	}
	slices.SortFunc(all, func(a, b use) int { return strings.Compare(a.Of, b.Of) })
	return all, nil
}

func (s sale) find(sku id.SKU) int {
	return slices.IndexFunc(s.Items, func(x flashsale.Allotment) bool { return x.SKU == sku })
}

// closed is why a buyer cannot buy at a sale now, or nil.
func (c *Core) closed(ctx context.Context, s sale, buyer id.User) (no, err error) {
	now := c.Now()
	switch {
	case s.State != flashsale.Active, !now.Before(s.End):
		return promo.ErrEnded, nil
	case now.Before(s.Start):
		return promo.ErrNotYet, nil
	case s.Group == "":
		return nil, nil
	}
	in, err := c.member(ctx, s.Group, buyer)
	if err == nil && !in {
		no = promo.ErrNotYours
	}
	return no, err
}

func (c *Core) member(ctx context.Context, group string, user id.User) (bool, error) {
	if c.Groups == nil || user == "" {
		return false, nil
	}
	return c.Groups.Member(actor.AsSystem(ctx, "flashsale"), group, user)
}

// persons are who a user is to limits.
func (c *Core) persons(ctx context.Context, user id.User) ([]string, error) {
	who, err := c.Account.Identities(actor.AsSystem(ctx, "flashsale"), account.IdentitiesOf{User: user})
	if err != nil {
		return nil, err
	}
	all := slices.Clone(who.Items)
	if len(all) == 0 {
		all = []string{string(user)}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// personCell is the cell of what a person may have of an allotment.
func personCell(of, person string) string { return id.Derive("flp", of, person) }

// plan says which cells are asked: persons' first, for they refuse the cheapest.
func (c *Core) plan(ctx context.Context, r order) ([]part, error) {
	var parts []part
	for _, u := range r.Uses {
		for _, p := range r.Persons {
			parts = append(parts, part{Cell: personCell(u.Of, p), N: u.N, Limit: u.Limit})
		}
	}
	for _, u := range r.Uses {
		more, err := c.gather(ctx, r.ID, u)
		if err != nil {
			return nil, err
		}
		parts = append(parts, more...)
	}
	return parts, nil
}

// reserve returns the order with its places held, or the error that says no. It
// finishes what an earlier try left undone.
func (c *Core) reserve(ctx context.Context, want order, until time.Time) (order, error) {
	const tries = 8
	for range tries {
		r, err := c.orders.Get(ctx, string(want.ID))
		switch {
		case errors.Is(err, docdb.ErrNotFound):
			if r, err = c.begin(ctx, want, until); errors.Is(err, docdb.ErrExists) {
				continue // a twin of this call began first
			}
		case err == nil && r.State == free:
			if r, err = c.anew(ctx, r, want, until); errors.Is(err, errMoved) {
				continue
			}
		}
		if err != nil {
			return r, err
		}
		switch r.State {
		case held, sold:
			return r, nil
		case releasing:
			if err := c.giveBack(ctx, r); err != nil {
				return r, err
			}
			continue
		case returning, returned:
			return r, promo.ErrEnded
		}
		r, err = c.take(ctx, r)
		if errors.Is(err, errMoved) {
			continue
		}
		return r, err
	}
	return order{}, docdb.ErrBusy
}

// begin stores what an order takes before any cell is asked.
func (c *Core) begin(ctx context.Context, r order, until time.Time) (order, error) {
	var err error
	if r.Parts, err = c.plan(ctx, r); err != nil {
		return r, err
	}
	r.Gen, r.State, r.Until = id.Secret(), taking, until
	return r, c.orders.Insert(ctx, string(r.ID), r)
}

// anew begins another generation of an order whose places went back.
func (c *Core) anew(ctx context.Context, r, want order, until time.Time) (order, error) {
	r.Uses, r.Persons = want.Uses, want.Persons
	parts, err := c.plan(ctx, r)
	if err != nil {
		return r, err
	}
	return c.step(ctx, r, free, func(x *order) {
		x.Uses, x.Persons, x.Parts = want.Uses, want.Persons, parts
		x.Gen, x.State, x.Until, x.GoneAt = id.Secret(), taking, until, time.Time{}
	})
}

// take asks each cell of the plan. When one refuses, all goes back: a person's
// cell says no for good, another is replaced in the next plan.
func (c *Core) take(ctx context.Context, r order) (order, error) {
	for _, p := range r.Parts {
		err := c.takeOne(ctx, r, p)
		if err == nil {
			continue
		}
		if !errors.Is(err, docdb.ErrRefused) {
			return r, err
		}
		if err := c.release(ctx, r); err != nil {
			return r, err
		}
		if p.Limit > 0 {
			return r, promo.ErrLimit
		}
		return r, errMoved
	}
	return c.step(ctx, r, taking, func(x *order) { x.State, x.Had = held, true })
}

// step changes an order of the same generation that is in state from; errMoved
// if it is not.
func (c *Core) step(ctx context.Context, r order, from state, f func(*order)) (order, error) {
	out, err := c.orders.Update(ctx, string(r.ID), func(x *order) error {
		if x.Gen != r.Gen || x.State != from {
			return errMoved
		}
		f(x)
		return nil
	})
	if errors.Is(err, docdb.ErrNotFound) {
		return out, errMoved
	}
	return out, err
}

// release gives back what an order holds. What it bought stays bought.
func (c *Core) release(ctx context.Context, r order) error {
	if r.State == taking || r.State == held {
		var err error
		r, err = c.step(ctx, r, r.State, func(x *order) { x.State = releasing })
		if errors.Is(err, errMoved) {
			return nil // a twin decided
		}
		if err != nil {
			return err
		}
	}
	if r.State != releasing {
		return nil
	}
	return c.giveBack(ctx, r)
}

// giveBack returns the places of a releasing order to their cells.
func (c *Core) giveBack(ctx context.Context, r order) error {
	for _, p := range r.Parts {
		if err := c.drop(ctx, p.Cell, r.ID, hold{N: p.N, Gen: r.Gen}); err != nil {
			return err
		}
	}
	_, err := c.step(ctx, r, releasing, func(x *order) {
		x.State, x.Until, x.GoneAt = free, time.Time{}, c.Now().Add(remembered)
	})
	if errors.Is(err, errMoved) {
		return nil
	}
	return err
}
