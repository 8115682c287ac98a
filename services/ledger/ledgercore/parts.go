package ledgercore

import (
	"meadow/services/checkout"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger"
)

// parts is what an amount of an order's line consists of, in minor units of the
// order's currency.
type parts struct {
	Amount     int64 `bson:"amount"`
	Saved      int64 `bson:"saved"`
	Platform   int64 `bson:"platform"`
	ByPoints   int64 `bson:"by_points"`
	Shipping   int64 `bson:"shipping"`
	Tax        int64 `bson:"tax"`
	Due        int64 `bson:"due"`
	Fee        int64 `bson:"fee"`
	Commission int64 `bson:"commission"`
}

func partsOfLine(l checkout.LineData) parts {
	return parts{
		l.Amount.Amount, l.Saved.Amount, l.Platform.Amount, l.ByPoints.Amount, l.Shipping.Amount,
		l.Tax.Amount, l.Due.Amount, l.Fee.Amount, l.Commission.Amount,
	}
}

func partsOfRefund(l checkout.RefundLine) parts {
	return parts{
		l.Amount.Amount, l.Saved.Amount, l.Platform.Amount, l.ByPoints.Amount, l.Shipping.Amount,
		l.Tax.Amount, l.Due.Amount, l.Fee.Amount, l.Commission.Amount,
	}
}

// plus returns p + n of q.
func (p parts) plus(n int64, q parts) parts {
	return parts{
		p.Amount + n*q.Amount, p.Saved + n*q.Saved, p.Platform + n*q.Platform, p.ByPoints + n*q.ByPoints, p.Shipping + n*q.Shipping,
		p.Tax + n*q.Tax, p.Due + n*q.Due, p.Fee + n*q.Fee, p.Commission + n*q.Commission,
	}
}

// proceeds is what of it is the merchant's: what the buyer paid and what the
// platform adds, without tax, fee and commission.
func (p parts) proceeds() int64 { return p.Due + p.Platform - p.Tax - p.Fee - p.Commission }

// book collects the postings of an entry, one for each account, in the order in
// which accounts are first named.
type book struct {
	currency string
	order    []ledger.Account
	sums     map[ledger.Account]int64
}

func newBook(currency string) *book {
	return &book{currency: currency, sums: map[ledger.Account]int64{}}
}

func (b *book) add(a ledger.Account, n int64) {
	if n == 0 {
		return
	}
	if _, ok := b.sums[a]; !ok {
		b.order = append(b.order, a)
	}
	b.sums[a] += n
}

func (b *book) postings() []ledger.Posting {
	var out []ledger.Posting
	for _, a := range b.order {
		if n := b.sums[a]; n != 0 {
			out = append(out, ledger.Posting{Account: a, Amount: money.Money{Amount: n, Currency: b.currency}})
		}
	}
	return out
}

// pots is where a line's money is: held, or its owners' own.
type pots struct{ merchant, creator, fee ledger.Account }

func heldPots(l orderLine) pots {
	return pots{
		ledger.Of(ledger.Escrow, string(l.Merchant)),
		ledger.Of(ledger.CommissionHeld, string(l.Creator)),
		ledger.Of(ledger.FeeHeld, ledger.Platform),
	}
}

func ownPots(l orderLine) pots {
	return pots{
		ledger.Of(ledger.MerchantPayable, string(l.Merchant)),
		ledger.Of(ledger.CreatorPayable, string(l.Creator)),
		ledger.Of(ledger.PlatformFee, ledger.Platform),
	}
}

// flow adds n times what money of a line coming in does: the provider owes us
// what was paid, the platform bears its savings, and the rest is in pots.
func (b *book) flow(provider string, n int64, q parts, at pots) {
	b.add(ledger.Of(ledger.PSPReceivable, provider), n*q.Due)
	b.add(ledger.Of(ledger.PromoCost, ledger.Platform), n*(q.Platform-q.ByPoints))
	b.add(ledger.Of(ledger.PointsLiability, ledger.Platform), n*q.ByPoints)
	b.share(-n, q, at)
	b.add(ledger.Of(ledger.TaxPayable, ledger.Platform), -n*q.Tax)
}

// share adds n times what of a line is its merchant's, its creator's and the
// platform's.
func (b *book) share(n int64, q parts, at pots) {
	b.add(at.merchant, n*q.proceeds())
	b.add(at.creator, n*q.Commission)
	b.add(at.fee, n*q.Fee)
}

func entryID(kind ledger.Kind, key ...string) id.Entry {
	return id.Entry(id.Derive("ent", append([]string{string(kind)}, key...)...))
}
