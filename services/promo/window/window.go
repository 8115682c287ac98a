// Package window follows one paid order until nobody may send any of it back:
// what was paid for it, which of its parcels were received, what was refunded,
// and so when its return window closes and what was kept. Points, cashback and
// invite rewards move at that instant.
//
// Its three events may come in any order, and more than once: the fold is the
// same.
package window

import (
	"math/big"
	"slices"
	"time"

	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
)

// Order is a paid order as the rewards see it. Embed it with `bson:",inline"`.
type Order struct {
	Order    id.Order  `bson:"_id"`
	Buyer    id.User   `bson:"buyer"`
	PaidAt   time.Time `bson:"paid_at,omitempty"`
	Lines    []Line    `bson:"lines,omitempty"`
	Receipts []Receipt `bson:"receipts,omitempty"`
	Refunds  []Back    `bson:"refunds,omitempty"`
}

// Line is one of its lines. Goods is what was paid for the goods themselves:
// without carriage and tax, after every saving.
type Line struct {
	Merchant id.Merchant `bson:"merchant"`
	N        int64       `bson:"n"`
	Goods    money.Money `bson:"goods"`
}

// Receipt is a parcel that was received.
type Receipt struct {
	Parcel   id.Parcel `bson:"parcel"`
	Lines    []int     `bson:"lines"`
	ReturnBy time.Time `bson:"return_by"`
}

// Back is one refund.
type Back struct {
	ID    string     `bson:"id"`
	Whole bool       `bson:"whole"`
	Lines []BackLine `bson:"lines"`
}

// BackLine is what a refund takes out of a line.
type BackLine struct {
	Line  int   `bson:"line"`
	N     int64 `bson:"n"`
	Goods int64 `bson:"goods"`
}

// Paid takes the order in. It reports whether that was news.
func (o *Order) Paid(e checkout.OrderData) bool {
	o.meet(e.Order, e.Buyer)
	if !o.PaidAt.IsZero() {
		return false
	}
	o.PaidAt = e.PaidAt
	for _, l := range e.Lines {
		goods := money.Money{Amount: l.Amount.Amount - l.Saved.Amount, Currency: l.Amount.Currency}
		o.Lines = append(o.Lines, Line{Merchant: l.Merchant, N: l.N, Goods: goods})
	}
	return true
}

// Received takes in that a parcel is with its buyer.
func (o *Order) Received(e fulfil.ParcelData) bool {
	o.meet(e.Order, e.Buyer)
	if slices.ContainsFunc(o.Receipts, func(r Receipt) bool { return r.Parcel == e.Parcel }) {
		return false
	}
	o.Receipts = append(o.Receipts, Receipt{Parcel: e.Parcel, Lines: e.Lines, ReturnBy: e.ReturnBy})
	return true
}

// Refunded takes in that money went back.
func (o *Order) Refunded(e checkout.Refund) bool {
	o.meet(e.Order, e.Buyer)
	if slices.ContainsFunc(o.Refunds, func(b Back) bool { return b.ID == e.ID }) {
		return false
	}
	b := Back{ID: e.ID, Whole: e.Whole}
	for _, l := range e.Lines {
		b.Lines = append(b.Lines, BackLine{Line: l.Line, N: l.N, Goods: l.Amount.Amount - l.Saved.Amount})
	}
	o.Refunds = append(o.Refunds, b)
	return true
}

func (o *Order) meet(order id.Order, buyer id.User) {
	if o.Order == "" {
		o.Order = order
	}
	if o.Buyer == "" {
		o.Buyer = buyer
	}
}

// Closes returns when the return window of all that was kept closes. Until every
// parcel of it was received it is not known. An order of which nothing is left
// closed when it was paid.
func (o *Order) Closes() (time.Time, bool) {
	if o.PaidAt.IsZero() {
		return time.Time{}, false
	}
	last := o.PaidAt
	for i, l := range o.Lines {
		if o.back(i).N >= l.N || o.gone() {
			continue
		}
		at, ok := o.receipt(i)
		if !ok {
			return time.Time{}, false
		}
		if at.After(last) {
			last = at
		}
	}
	return last, true
}

func (o *Order) receipt(line int) (time.Time, bool) {
	for _, r := range o.Receipts {
		if slices.Contains(r.Lines, line) {
			return r.ReturnBy, true
		}
	}
	return time.Time{}, false
}

func (o *Order) back(line int) (sum BackLine) {
	for _, b := range o.Refunds {
		for _, l := range b.Lines {
			if l.Line == line {
				sum.N += l.N
				sum.Goods += l.Goods
			}
		}
	}
	return sum
}

// gone reports whether nothing of the order is left.
func (o *Order) gone() bool {
	return slices.ContainsFunc(o.Refunds, func(b Back) bool { return b.Whole })
}

// Goods returns what was paid for the goods of lines that count, and what of it
// was not refunded. A nil counts takes them all.
func (o *Order) Goods(counts func(Line) bool) (paid, kept money.Money) {
	for i, l := range o.Lines {
		if counts != nil && !counts(l) {
			continue
		}
		paid.Currency, kept.Currency = l.Goods.Currency, l.Goods.Currency
		paid.Amount += l.Goods.Amount
		if !o.gone() {
			kept.Amount += max(l.Goods.Amount-o.back(i).Goods, 0)
		}
	}
	return paid, kept
}

// Share returns what of n belongs to kept of paid, rounded down: what rounding
// drops goes with what was sent back. All of n belongs to all of paid.
func Share(n int64, kept, paid money.Money) int64 {
	switch {
	case kept.Amount <= 0 || paid.Amount <= 0:
		return 0
	case kept.Amount >= paid.Amount:
		return n
	}
	x := new(big.Int).Mul(big.NewInt(n), big.NewInt(kept.Amount))
	return x.Div(x, big.NewInt(paid.Amount)).Int64()
}
