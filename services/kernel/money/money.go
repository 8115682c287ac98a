// Package money is exact arithmetic on amounts: 64-bit integers of a
// currency's minor unit, with no float in or out.
package money

import (
	"errors"
	"math"
	"math/bits"
	"strconv"
)

// Money is an amount of one currency in its minor unit (fen for CNY, cent for
// USD). The zero Money is nothing in no currency; it adds to anything.
type Money struct {
	Amount   int64  `json:"amount" bson:"amount"`
	Currency string `json:"currency" bson:"currency"`
}

var (
	ErrCurrency = errors.New("money: currencies differ")
	ErrOverflow = errors.New("money: amount does not fit in 64 bits")
	ErrWeights  = errors.New("money: weights must be non-negative and not all zero")
)

// CNY returns fen of renminbi.
func CNY(fen int64) Money { return Money{Amount: fen, Currency: "CNY"} }

// String is for logs; people see what the web app formats for their locale.
func (m Money) String() string { return strconv.FormatInt(m.Amount, 10) + " " + m.Currency }

// IsZero reports whether m is no money, in whatever currency.
func (m Money) IsZero() bool { return m.Amount == 0 }

// Neg returns -m. The smallest amount has no negative; it stays as it is, and
// the sum it enters overflows.
func (m Money) Neg() Money { return Money{Amount: -m.Amount, Currency: m.Currency} }

// Add returns m + n.
func (m Money) Add(n Money) (Money, error) {
	currency, err := shared(m, n)
	if err != nil {
		return Money{}, err
	}
	sum := m.Amount + n.Amount
	if (m.Amount > 0 && n.Amount > 0 && sum <= 0) || (m.Amount < 0 && n.Amount < 0 && sum >= 0) {
		return Money{}, ErrOverflow
	}
	return Money{Amount: sum, Currency: currency}, nil
}

// Sub returns m - n.
func (m Money) Sub(n Money) (Money, error) {
	if n.Amount == math.MinInt64 {
		return Money{}, ErrOverflow
	}
	return m.Add(n.Neg())
}

// Sum adds all of ms.
func Sum(ms ...Money) (Money, error) {
	var total Money
	for _, m := range ms {
		var err error
		if total, err = total.Add(m); err != nil {
			return Money{}, err
		}
	}
	return total, nil
}

// Times returns n of m.
func (m Money) Times(n int64) (Money, error) {
	amount, ok := mulDiv(m.Amount, n, 1)
	if !ok {
		return Money{}, ErrOverflow
	}
	return Money{Amount: amount, Currency: m.Currency}, nil
}

// Rate is a proportion in basis points: 100 is 1 %.
type Rate int64

// Whole is all of something.
const Whole Rate = 10_000

// Part returns rate of m, rounded towards zero. What rounding drops stays
// with whoever keeps the rest.
func (m Money) Part(rate Rate) (Money, error) {
	amount, ok := mulDiv(m.Amount, int64(rate), int64(Whole))
	if !ok {
		return Money{}, ErrOverflow
	}
	return Money{Amount: amount, Currency: m.Currency}, nil
}

// Split shares m out by weights. The parts sum to m exactly: each gets its
// proportion rounded towards zero, and the units left over go one by one to
// the parts whose proportions lost most, earlier ones first (largest
// remainder, Hamilton 1792).
func (m Money) Split(weights ...int64) ([]Money, error) {
	var total uint64
	for _, w := range weights {
		if w < 0 {
			return nil, ErrWeights
		}
		if total += uint64(w); total > math.MaxInt64 {
			return nil, ErrOverflow
		}
	}
	if total == 0 {
		return nil, ErrWeights
	}
	whole, sign := magnitude(m.Amount), int64(1)
	if m.Amount < 0 {
		sign = -1
	}
	parts, lost, left := make([]Money, len(weights)), make([]uint64, len(weights)), whole
	for i, w := range weights {
		hi, lo := bits.Mul64(whole, uint64(w))
		share, remainder := bits.Div64(hi, lo, total)
		parts[i] = Money{Amount: sign * int64(share), Currency: m.Currency}
		lost[i] = remainder
		left -= share
	}
	for ; left > 0; left-- { // fewer than len(weights) units are left
		most := 0
		for i := range lost {
			if lost[i] > lost[most] {
				most = i
			}
		}
		parts[most].Amount += sign
		lost[most] = 0
	}
	return parts, nil
}

func shared(m, n Money) (string, error) {
	switch {
	case m.Currency == n.Currency, n == Money{}:
		return m.Currency, nil
	case m == Money{}:
		return n.Currency, nil
	}
	return "", ErrCurrency
}

// mulDiv returns a*b/c rounded towards zero, or false if it does not fit.
func mulDiv(a, b, c int64) (int64, bool) {
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	if hi >= uint64(c) {
		return 0, false
	}
	q, _ := bits.Div64(hi, lo, uint64(c))
	if q > math.MaxInt64 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(q), true
	}
	return int64(q), true
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return uint64(-(n + 1)) + 1
	}
	return uint64(n)
}
