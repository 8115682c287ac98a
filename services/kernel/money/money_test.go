package money_test

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"meadow/services/kernel/money"
)

func TestPartsOfASplitSumToTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := money.CNY(rapid.Int64().Draw(t, "amount"))
		weights := rapid.SliceOfN(rapid.Int64Range(0, 1<<40), 1, 40).Draw(t, "weights")
		parts, err := whole.Split(weights...)
		if errors.Is(err, money.ErrWeights) {
			for _, w := range weights {
				if w != 0 {
					t.Fatalf("Split(%v) = %v", weights, err)
				}
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		sum, err := money.Sum(parts...)
		if err != nil || sum != whole {
			t.Fatalf("parts %v sum to %v, %v; want %v", parts, sum, err, whole)
		}
		for i, w := range weights {
			if w == 0 && parts[i].Amount != 0 {
				t.Fatalf("weight 0 got %v", parts[i])
			}
		}
	})
}

func TestSplitGivesLeftoversToWhoLostMost(t *testing.T) {
	for _, tt := range []struct {
		amount  int64
		weights []int64
		want    []int64
	}{
		{100, []int64{1, 1, 1}, []int64{34, 33, 33}},
		{-100, []int64{1, 1, 1}, []int64{-34, -33, -33}},
		{10, []int64{15, 25, 60}, []int64{2, 2, 6}},
		{7, []int64{0, 1}, []int64{0, 7}},
		{1, []int64{1, 2}, []int64{0, 1}},
	} {
		got, err := money.CNY(tt.amount).Split(tt.weights...)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if got[i].Amount != tt.want[i] {
				t.Errorf("%d by %v = %v, want %v", tt.amount, tt.weights, got, tt.want)
				break
			}
		}
	}
}

func TestArithmeticNeverWrapsAround(t *testing.T) {
	big := money.CNY(math.MaxInt64)
	if _, err := big.Add(money.CNY(1)); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("max + 1: %v, want ErrOverflow", err)
	}
	if _, err := money.CNY(math.MinInt64).Sub(money.CNY(1)); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("min - 1: %v, want ErrOverflow", err)
	}
	if _, err := big.Times(2); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("max * 2: %v, want ErrOverflow", err)
	}
	if _, err := money.CNY(1).Add(money.Money{Amount: 1, Currency: "USD"}); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("CNY + USD: %v, want ErrCurrency", err)
	}
}

func TestPartRoundsTowardsZero(t *testing.T) {
	for _, tt := range []struct {
		amount int64
		rate   money.Rate
		want   int64
	}{{19_900, 1_500, 2_985}, {99, 150, 1}, {-99, 150, -1}, {66, 150, 0}, {math.MaxInt64, money.Whole, math.MaxInt64}} {
		got, err := money.CNY(tt.amount).Part(tt.rate)
		if err != nil || got.Amount != tt.want {
			t.Errorf("%d at %d bp = %v, %v; want %d", tt.amount, tt.rate, got, err, tt.want)
		}
	}
}

func TestNoPartOfASplitIsAUnitFromItsShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.Int64Range(-1<<20, 1<<20).Draw(t, "amount")
		weights := rapid.SliceOfN(rapid.Int64Range(0, 1<<20), 1, 40).Draw(t, "weights")
		var total int64
		for _, w := range weights {
			total += w
		}
		if total == 0 {
			return
		}
		parts, err := money.CNY(whole).Split(weights...)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range parts {
			if far := p.Amount*total - whole*weights[i]; far <= -total || far >= total {
				t.Fatalf("part %d of %d by %v is %d", i, whole, weights, p.Amount)
			}
		}
	})
}
