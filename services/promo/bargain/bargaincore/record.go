package bargaincore

import (
	"slices"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/bargain"
)

// record is a stored bargain, with the terms of its offer as they were when it
// was started. It alone decides who cuts how much and who buys.
type record struct {
	ID       string        `bson:"_id"`
	Offer    string        `bson:"offer"`
	Merchant id.Merchant   `bson:"merchant"`
	Product  id.Product    `bson:"product"`
	SKU      id.SKU        `bson:"sku"`
	Name     string        `bson:"name"`
	Owner    id.User       `bson:"owner"`
	As       []string      `bson:"as"` // the owner's identities
	Start    money.Money   `bson:"start"`
	Floor    money.Money   `bson:"floor"`
	Price    money.Money   `bson:"price"`
	AtFloor  bool          `bson:"at_floor"`
	Hours    int           `bson:"hours"`
	State    bargain.Stage `bson:"state"`
	// New and Rest are the cuts that nobody has taken yet. They are secret.
	New     []int64   `bson:"new"`
	Rest    []int64   `bson:"rest"`
	Helps   []help    `bson:"helps"`
	BegunAt time.Time `bson:"begun_at"`
	EndsAt  time.Time `bson:"ends_at"`
	// Due is when something is to be done: to finish starting it, to end it, or to
	// give its place back. Absent once nothing is.
	Due   time.Time `bson:"due,omitempty"`
	Hold  hold      `bson:"hold"`
	Order id.Order  `bson:"order"` // that bought it
	Paid  int64     `bson:"paid"`
}

// starting is a bargain that has no place yet. Nobody sees it.
const starting bargain.Stage = "starting"

// hold is what an unpaid order has of a bargain.
type hold struct {
	Order id.Order  `bson:"order"`
	Price int64     `bson:"price"`
	Until time.Time `bson:"until"`
}

// help is one cut that somebody took.
type help struct {
	User    id.User   `bson:"user"`
	As      []string  `bson:"as"` // the person's identities: other accounts of theirs have the same
	Cut     int64     `bson:"cut"`
	New     bool      `bson:"new"`
	At      time.Time `bson:"at"`
	Request string    `bson:"request"`
	Client  string    `bson:"client"` // where from, told apart within this bargain only
}

func (b *record) left() int { return len(b.New) + len(b.Rest) }

func (b *record) helped(u id.User) (help, bool) {
	i := slices.IndexFunc(b.Helps, func(h help) bool { return h.User == u })
	if i < 0 {
		return help{}, false
	}
	return b.Helps[i], true
}

// same reports whether two sets of identities are of one person.
func same(a, b []string) bool {
	return slices.ContainsFunc(a, func(who string) bool { return slices.Contains(b, who) })
}

func (b *record) held(now time.Time) bool { return b.Hold.Order != "" && now.Before(b.Hold.Until) }

// cuttable says why somebody cannot help.
func (b *record) cuttable(as []string, now time.Time) error {
	switch {
	case b.State == starting:
		return bargain.ErrNoSuchBargain
	case slices.ContainsFunc(b.Helps, func(h help) bool { return same(h.As, as) }):
		return bargain.ErrHelped
	case same(b.As, as):
		return bargain.ErrOwn
	case b.State != bargain.Running || !now.Before(b.EndsAt):
		return promo.ErrEnded
	case b.left() == 0:
		return bargain.ErrAtFloor
	}
	return nil
}

// cut takes the next cut for h: for a new user one of the larger ones. When
// those of one kind are gone it is one of the other, so that nobody's help is
// refused while the floor is not reached.
func (b *record) cut(h help, now time.Time) error {
	if old, ok := b.helped(h.User); ok && old.Request == h.Request {
		return errSame
	}
	if err := b.cuttable(h.As, now); err != nil {
		return err
	}
	from := &b.Rest
	if len(b.New) > 0 && (h.New || len(b.Rest) == 0) {
		from = &b.New
	}
	h.Cut, *from = (*from)[0], (*from)[1:]
	h.At = now
	b.Helps = append(b.Helps, h)
	b.Price.Amount -= h.Cut
	return nil
}

// buyable says why a user cannot buy at this moment's price.
func (b *record) buyable(u id.User, now time.Time) error {
	switch {
	case b.State == starting:
		return bargain.ErrNoSuchBargain
	case u == "" || u != b.Owner:
		return promo.ErrNotYours
	case b.State != bargain.Running || !now.Before(b.EndsAt):
		return promo.ErrEnded
	case b.AtFloor && b.left() > 0:
		return bargain.ErrNotAtFloor
	}
	return nil
}

// keep holds the bargain for an order at the price that was quoted. One that had
// it before, and lost it because its money was late, may have it again at the
// price that it froze, even if more was cut since.
func (b *record) keep(h hold, u id.User, before bool, now time.Time) error {
	if b.Order == h.Order || b.Hold.Order == h.Order && b.held(now) {
		return errSame
	}
	if err := b.buyable(u, now); err != nil {
		return err
	}
	switch {
	case b.held(now):
		return bargain.ErrBeingBought
	case b.Price.Amount != h.Price && !(before && b.Price.Amount < h.Price):
		return promo.ErrChanged
	}
	b.Hold = h
	return nil
}

// buy makes the bargain an order's. Within its hold the bargain waits for it;
// later it is had if it still runs and nobody else is buying.
func (b *record) buy(order id.Order, price int64, now time.Time) error {
	if b.Order == order {
		return errSame
	}
	own := b.Hold.Order == order && b.held(now)
	if b.State != bargain.Running || !own && (b.held(now) || !now.Before(b.EndsAt)) || price < b.Price.Amount {
		return promo.ErrUsedUp
	}
	b.State, b.Order, b.Paid, b.Hold, b.Due = bargain.Bought, order, price, hold{}, time.Time{}
	return nil
}

// unbuy takes back what buy did, for an order whose other bargain was gone.
func (b *record) unbuy(order id.Order) error {
	if b.Order != order || b.State != bargain.Bought {
		return errSame
	}
	b.State, b.Order, b.Paid, b.Due = bargain.Running, "", 0, b.EndsAt
	return nil
}

func (b *record) free(order id.Order) error {
	if b.Hold.Order != order {
		return errSame
	}
	b.Hold = hold{}
	return nil
}

// bring marks a bargain whose order's money went back. Its place is to be given
// back.
func (b *record) bring(order id.Order, now time.Time) error {
	if b.Order != order || b.State != bargain.Bought {
		return errSame
	}
	b.State, b.Due = bargain.Returned, now
	return nil
}

// end ends a bargain whose time is out, or any that runs if force is set. While
// its owner is paying it waits.
func (b *record) end(now time.Time, force bool) error {
	switch {
	case b.State != bargain.Running:
		return errSame
	case force:
		b.State, b.Due = bargain.Ended, now
	case now.Before(b.EndsAt):
		return errSame
	case b.held(now):
		b.Due = b.Hold.Until
	default:
		b.State, b.Due = bargain.Expired, now
	}
	return nil
}
