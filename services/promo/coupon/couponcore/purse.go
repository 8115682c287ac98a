package couponcore

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// purse is what a batch may still save, and what it has. A coupon that an order
// has locked has an entry; Left already lacks its amount. A batch with a budget
// has one purse, so that the last of it can be spent; others have several, so
// that a hot batch does not wait for one document.
type purse struct {
	ID       string          `bson:"_id"`
	Left     int64           `bson:"left"` // of the budget; of no meaning without one
	Used     int64           `bson:"used"`
	Returned int64           `bson:"returned"`
	Spent    int64           `bson:"spent"`
	Open     int64           `bson:"open"` // entries of Locks
	Locks    map[string]lock `bson:"locks"`
	// Marks are the returns that were counted.
	Marks map[string]bool `bson:"marks"`
}

type lock struct {
	Token  string    `bson:"token"`
	Order  id.Order  `bson:"order"`
	Amount int64     `bson:"amount"`
	At     time.Time `bson:"at"`
}

// spread is how many purses a batch without a budget has.
const spread = 8

func (b batch) purses() int {
	if b.Budget.Amount > 0 {
		return 1
	}
	return spread
}

func purseID(batch string, rev int64, i int) string { return fmt.Sprintf("%s/%d/%d", batch, rev, i) }

// purseOf is the purse that counts a coupon.
func (b batch) purseOf(r record) string {
	h := fnv.New32a()
	h.Write([]byte(r.ID))
	return purseID(r.Batch, r.Rev, int(h.Sum32()%uint32(b.purses())))
}

// errTaken means that the purse has an entry of another order for the coupon.
var errTaken = errors.New("coupon: another order is at it")

// errSpent means that the budget does not hold the amount.
var errSpent = errors.New("coupon: the budget is spent")

// hold takes an amount for a coupon and an order out of the purse, and returns
// the token of the entry: a twin's, if that was first.
func (c *Core) hold(ctx context.Context, b batch, r record, o id.Order, amount int64) (string, error) {
	home, key, token := b.purseOf(r), "locks."+r.ID, id.Secret()
	conds := []docdb.Cond{{Field: key, Op: docdb.Absent}}
	changes := []docdb.Change{
		{Field: "open", Verb: docdb.Add, Value: int64(1)},
		{Field: key, Verb: docdb.Set, Value: lock{Token: token, Order: o, Amount: amount, At: c.Now()}},
	}
	if b.Budget.Amount > 0 {
		conds = append(conds, docdb.Cond{Field: "left", Op: docdb.Gte, Value: amount})
		changes = append(changes, docdb.Change{Field: "left", Verb: docdb.Add, Value: -amount})
	}
	_, err := c.purses.UpdateIf(ctx, home, conds, changes)
	if !errors.Is(err, docdb.ErrRefused) {
		return token, err
	}
	p, err := c.purses.Get(ctx, home)
	if err != nil {
		return "", err
	}
	e, ok := p.Locks[r.ID]
	switch {
	case !ok:
		return "", errSpent
	case e.Order == o && e.Amount == amount:
		return e.Token, nil
	}
	return "", errTaken
}

// slack is how long an entry may be without its coupon knowing of it: longer
// than any call lives.
const slack = time.Minute

// settle makes the purse's entry of a coupon agree with the coupon: kept while
// it is locked with it, counted if it was used with it, and given back
// otherwise, unless somebody may be about to lock the coupon with it. mine is an
// entry of the caller, who is not about to.
func (c *Core) settle(ctx context.Context, b batch, name, mine string) error {
	r, err := c.coupons.Get(ctx, name)
	if err != nil {
		return err
	}
	home, key := b.purseOf(r), "locks."+name
	p, err := c.purses.Get(ctx, home)
	if err != nil {
		return err
	}
	e, ok := p.Locks[name]
	if !ok {
		return nil
	}
	changes := []docdb.Change{{Field: "open", Verb: docdb.Add, Value: int64(-1)}, {Field: key, Verb: docdb.Remove}}
	switch {
	case r.Lock == e.Token && r.State == locked:
		return nil
	case r.Lock == e.Token && r.State == used:
		changes = append(changes,
			docdb.Change{Field: "used", Verb: docdb.Add, Value: int64(1)},
			docdb.Change{Field: "spent", Verb: docdb.Add, Value: e.Amount})
	case e.Token != mine && e.Token != r.Last && c.Now().Sub(e.At) < slack:
		return nil
	case b.Budget.Amount > 0:
		changes = append(changes, docdb.Change{Field: "left", Verb: docdb.Add, Value: e.Amount})
	}
	_, err = c.purses.UpdateIf(ctx, home, []docdb.Cond{{Field: key + ".token", Op: docdb.Eq, Value: e.Token}}, changes)
	if errors.Is(err, docdb.ErrRefused) {
		return nil
	}
	return err
}

// payBack gives the purse back what a returned coupon had saved, once, and then
// notes in the coupon that it did.
func (c *Core) payBack(ctx context.Context, b batch, r record) error {
	if r.OwedAt.IsZero() || len(r.Gone) == 0 {
		return nil
	}
	mark := "marks." + id.Derive("ret", r.ID, string(r.Gone[len(r.Gone)-1]))
	changes := []docdb.Change{
		{Field: "used", Verb: docdb.Add, Value: int64(-1)},
		{Field: "returned", Verb: docdb.Add, Value: int64(1)},
		{Field: "spent", Verb: docdb.Add, Value: -r.Owed},
		{Field: mark, Verb: docdb.Set, Value: true},
	}
	if b.Budget.Amount > 0 {
		changes = append(changes, docdb.Change{Field: "left", Verb: docdb.Add, Value: r.Owed})
	}
	_, err := c.purses.UpdateIf(ctx, b.purseOf(r), []docdb.Cond{{Field: mark, Op: docdb.Absent}}, changes)
	if err != nil && !errors.Is(err, docdb.ErrRefused) {
		return err
	}
	_, err = c.coupons.Update(ctx, r.ID, func(x *record) error {
		if !x.OwedAt.Equal(r.OwedAt) || len(x.Gone) != len(r.Gone) {
			return errMoved
		}
		x.Owed, x.OwedAt = 0, time.Time{}
		return nil
	})
	if errors.Is(err, errMoved) {
		return nil
	}
	return err
}
