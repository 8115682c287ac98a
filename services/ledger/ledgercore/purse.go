package ledgercore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
	"meadow/services/platform/docdb"
)

// purse is what is a payee's own in one currency. It counts every entry that
// touches it once: those in Pending, and those that are stored.
type purse struct {
	ID       string         `bson:"_id"`
	Account  ledger.Account `bson:"account"`
	Currency string         `bson:"currency"`
	// Own may be negative: then its owner owes it, and their reserve is empty.
	Own     int64 `bson:"own"`
	Reserve int64 `bson:"reserve"`
	Asked   int64 `bson:"asked"` // on its way out
	Paid    int64 `bson:"paid"`
	Owes    int64 `bson:"owes,omitempty"` // -Own, if that is above zero
	// Pending is what it counts and may not be stored yet.
	Pending   []ledger.Entry `bson:"pending,omitempty"`
	PendingAt time.Time      `bson:"pending_at,omitempty"`
}

// touch is a purse that an entry touches, and what the entry does to it.
type touch struct {
	account      ledger.Account
	currency     string
	own, reserve int64
}

func (t touch) id() string { return purseID(t.account, t.currency) }

func purseID(a ledger.Account, currency string) string { return string(a) + ":" + currency }

// payeeOf returns the payee's account that a belongs to, and whether a is their
// reserve. Only shops and creators have one.
func payeeOf(a ledger.Account) (payee ledger.Account, reserve, ok bool) {
	kind, owner, _ := strings.Cut(string(a), ":")
	switch kind {
	case ledger.MerchantPayable, ledger.CreatorPayable, ledger.Wallet:
		return a, false, true
	case ledger.Reserve:
		if strings.HasPrefix(owner, "mer_") {
			return ledger.Of(ledger.MerchantPayable, owner), true, true
		}
		return ledger.Of(ledger.CreatorPayable, owner), true, true
	}
	return "", false, false
}

// reserveOf returns the reserve of a payee.
func reserveOf(payee ledger.Account) ledger.Account {
	_, owner, _ := strings.Cut(string(payee), ":")
	return ledger.Of(ledger.Reserve, owner)
}

// pursesOf returns the purses that an entry touches, the one first that may
// refuse: there is at most one, since what another has counted cannot be undone.
func pursesOf(e ledger.Entry) ([]touch, error) {
	var out []touch
	at := func(payee ledger.Account, currency string) *touch {
		i := slices.IndexFunc(out, func(t touch) bool { return t.account == payee && t.currency == currency })
		if i < 0 {
			out = append(out, touch{account: payee, currency: currency})
			i = len(out) - 1
		}
		return &out[i]
	}
	for _, p := range e.Postings {
		payee, reserve, ok := payeeOf(p.Account)
		switch {
		case !ok:
		case reserve:
			at(payee, p.Amount.Currency).reserve -= p.Amount.Amount
		default:
			at(payee, p.Amount.Currency).own -= p.Amount.Amount
		}
	}
	if e.Payee != "" {
		at(e.Payee, e.Postings[0].Amount.Currency)
	}
	bound := 0
	for _, t := range out {
		if t.bound(e.Kind) {
			bound++
		}
	}
	if bound > 1 {
		return nil, errs.ErrInvalid.With("postings", "one entry takes out of one purse")
	}
	slices.SortStableFunc(out, func(a, b touch) int {
		switch x, y := a.bound(e.Kind), b.bound(e.Kind); {
		case x == y:
			return strings.Compare(a.id(), b.id())
		case x:
			return -1
		}
		return 1
	})
	return out, nil
}

// bound reports whether the purse may refuse the entry.
func (t touch) bound(k ledger.Kind) bool {
	switch k {
	case ledger.PayoutAsked, ledger.SetAside, ledger.WriteOff:
		return true
	case ledger.Spend, ledger.PacketFund:
		return t.own < 0
	}
	return false
}

// count changes the purse by an entry, or says why it may not.
func (p *purse) count(t touch, e ledger.Entry) error {
	p.Account, p.Currency = t.account, t.currency
	own, reserve := p.Own+t.own, p.Reserve+t.reserve
	switch {
	case !t.bound(e.Kind):
	case e.Kind == ledger.WriteOff && (t.own <= 0 || own > 0):
		return ledger.ErrNotOwed
	case e.Kind != ledger.WriteOff && (own < 0 || reserve < 0):
		return ledger.ErrNotEnough
	}
	p.Own, p.Reserve = own, reserve
	switch e.Kind {
	case ledger.PayoutAsked:
		p.Asked -= t.own
	case ledger.PayoutFailed:
		p.Asked -= t.own
	case ledger.PayoutPaid:
		for _, x := range e.Postings {
			if x.Amount.Amount > 0 { // what leaves the clearing
				p.Asked -= x.Amount.Amount
				p.Paid += x.Amount.Amount
			}
		}
	}
	p.Owes = max(0, -p.Own)
	return nil
}

// cover lets the reserve pay what its owner came to owe by an entry.
func (p *purse) cover(by ledger.Entry) (ledger.Entry, bool) {
	n := min(p.Reserve, -p.Own)
	if n <= 0 {
		return ledger.Entry{}, false
	}
	p.Own, p.Reserve = p.Own+n, p.Reserve-n
	p.Owes = max(0, -p.Own)
	amount := money.Money{Amount: n, Currency: p.Currency}
	return ledger.Entry{
		ID: coverID(by, p.Account), Kind: ledger.Cover, Order: by.Order, At: by.At,
		Postings: []ledger.Posting{{Account: reserveOf(p.Account), Amount: amount}, {Account: p.Account, Amount: amount.Neg()}},
	}, true
}

func coverID(by ledger.Entry, payee ledger.Account) id.Entry {
	return id.Entry(id.Derive("ent", string(ledger.Cover), string(by.ID), string(payee)))
}

func (p *purse) pending(e id.Entry) int {
	return slices.IndexFunc(p.Pending, func(x ledger.Entry) bool { return x.ID == e })
}

// pend counts the entry in a purse, once, and returns what the purse decided
// beside it. Whether it is stored is asked after the purse was read: it leaves
// Pending only once it is stored, so no other write can count it in between.
func (c *Core) pend(ctx context.Context, t touch, e ledger.Entry) ([]ledger.Entry, error) {
	p, err := c.purses.Upsert(ctx, t.id(), func(p *purse) error {
		if i := p.pending(e.ID); i >= 0 {
			if !same(p.Pending[i], e) {
				return ledger.ErrReposted
			}
			return errSame
		}
		before, err := c.entries.Get(ctx, string(e.ID))
		switch {
		case err == nil && !same(before, e):
			return ledger.ErrReposted
		case err == nil:
			return errSame
		case !errors.Is(err, docdb.ErrNotFound):
			return err
		}
		if err := p.count(t, e); err != nil {
			return err
		}
		p.Pending = append(p.Pending, e)
		if more, ok := p.cover(e); ok {
			p.Pending = append(p.Pending, more)
		}
		p.PendingAt = c.Now()
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return nil, err
	}
	if i := p.pending(coverID(e, t.account)); i >= 0 {
		return []ledger.Entry{p.Pending[i]}, nil
	}
	return nil, nil
}

// unpend takes a stored entry out of a purse.
func (c *Core) unpend(ctx context.Context, t touch, e id.Entry) error {
	_, err := c.purses.Update(ctx, t.id(), func(p *purse) error {
		i := p.pending(e)
		if i < 0 {
			return errSame
		}
		p.Pending = slices.Delete(p.Pending, i, i+1)
		if len(p.Pending) == 0 {
			p.PendingAt = time.Time{}
		}
		return nil
	})
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}

// Affords reports whether an account has so much to give. It may have less a
// moment later: Post decides. What is the platform's own is not bounded here.
func (c *Core) Affords(ctx context.Context, a ledger.Account, m money.Money) (bool, error) {
	payee, reserve, ok := payeeOf(a)
	if !ok {
		return true, nil
	}
	p, err := c.purses.Get(ctx, purseID(payee, m.Currency))
	if errors.Is(err, docdb.ErrNotFound) {
		return false, nil
	}
	if reserve {
		return p.Reserve >= m.Amount, err
	}
	return p.Own >= m.Amount, err
}

// finishAfter is how long somebody else has to finish what they began.
const finishAfter = 10 * time.Second

// finishAll finishes what was begun and left: entries in purses, and what orders
// decided.
func (c *Core) finishAll(ctx context.Context) error {
	return errors.Join(c.finishPurses(ctx), c.finishOrders(ctx))
}

func (c *Core) finishPurses(ctx context.Context) error {
	q := docdb.Query{Index: "pending", Before: c.Now().Add(-finishAfter), Limit: 100}
	for {
		found, err := c.purses.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, p := range found.Items {
			for _, e := range p.Pending {
				if _, err := c.Post(ctx, e); err != nil {
					c.Log.ErrorContext(ctx, "entry cannot be finished", "entry", e.ID, "err", err)
				}
			}
		}
		if found.Next == "" {
			return nil
		}
		q.After = found.Next
	}
}
