package price_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/price"
)

// basket is a random question, and rules that make some sense for it.
func basket(t *rapid.T) (promo.PriceAsk, []promo.Rule) {
	in := promo.PriceAsk{Region: rapid.SampledFrom([]string{"", "TAX", "TAX-A"}).Draw(t, "region"), Points: rapid.Int64Range(0, 5_000).Draw(t, "points")}
	shops := rapid.IntRange(1, 3).Draw(t, "shops")
	for i := range rapid.IntRange(1, 5).Draw(t, "lines") {
		in.Lines = append(in.Lines, promo.Line{
			SKU: id.SKU(fmt.Sprint("sku", i)), Merchant: shop(rapid.IntRange(0, shops-1).Draw(t, "shop")),
			N: rapid.Int64Range(1, 4).Draw(t, "n"), Price: money.CNY(rapid.Int64Range(0, 30_000).Draw(t, "price")),
			TaxClass: rapid.SampledFrom([]string{"", "book"}).Draw(t, "class"),
		})
	}
	for i := range shops {
		in.Carries = append(in.Carries, promo.Carry{Merchant: shop(i), Fee: money.CNY(rapid.Int64Range(0, 1_500).Draw(t, "fee"))})
	}
	var rules []promo.Rule
	for i := range rapid.IntRange(0, 7).Draw(t, "rules") {
		rules = append(rules, rule(t, i, in, shops))
	}
	in.Best = rapid.Bool().Draw(t, "best")
	return in, rules
}

func shop(i int) id.Merchant { return id.Merchant(fmt.Sprint("shop", i)) }

func rule(t *rapid.T, i int, in promo.PriceAsk, shops int) promo.Rule {
	r := promo.Rule{
		ID: fmt.Sprint("r", i), Name: fmt.Sprint("rule ", i),
		Kind:  rapid.SampledFrom([]promo.Kind{promo.Reduction, promo.Discount, promo.Coupon, promo.Coupon, promo.Carriage, promo.Flash, promo.Member, promo.Points}).Draw(t, "kind"),
		Scope: rapid.SampledFrom([]promo.Scope{promo.OfMerchant, promo.OfPlatform}).Draw(t, "scope"), Merchant: shop(rapid.IntRange(0, shops-1).Draw(t, "of")),
		Platform: money.Rate(rapid.Int64Range(0, 10_000).Draw(t, "platform")), Alone: rapid.IntRange(0, 9).Draw(t, "alone") == 0,
		Limited: rapid.Bool().Draw(t, "limited"), Chosen: rapid.Bool().Draw(t, "chosen"),
	}
	for l := range in.Lines {
		if rapid.IntRange(0, 3).Draw(t, "in") > 0 {
			r.Lines = append(r.Lines, l)
		}
	}
	for range rapid.IntRange(1, 2).Draw(t, "tiers") {
		tier := promo.Tier{Over: money.CNY(rapid.Int64Range(0, 40_000).Draw(t, "over"))}
		if r.Kind == promo.Discount {
			tier.Rate = money.Rate(rapid.Int64Range(0, 5_000).Draw(t, "rate"))
		} else {
			tier.Off = money.CNY(rapid.Int64Range(0, 20_000).Draw(t, "off"))
		}
		r.Tiers = append(r.Tiers, tier)
	}
	switch r.Kind {
	case promo.Reduction:
		r.Each = rapid.Bool().Draw(t, "each")
	case promo.Flash, promo.Member:
		r.Price = money.CNY(rapid.Int64Range(0, 30_000).Draw(t, "deal"))
	case promo.Points:
		r.Price, r.Earn, r.Tiers = money.CNY(rapid.Int64Range(1, 200).Draw(t, "worth")), 100, []promo.Tier{{Rate: 5_000}}
	}
	return r
}

func taxes() price.Taxes {
	return price.Taxes{"TAX": {"": 1_300, "book": 500, price.CarriageClass: 900}}
}

func quote(t *rapid.T, in promo.PriceAsk, rules []promo.Rule) promo.Priced {
	out, err := price.Quote(in, rules, taxes())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryPriceAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in, rules := basket(t)
		addsUp(t, in, quote(t, in, rules))
	})
}

func addsUp(t *rapid.T, in promo.PriceAsk, p promo.Priced) {
	saved, shipped := make([]int64, len(in.Lines)), int64(0)
	var all, platform, onCarriage int64
	for _, s := range p.Savings {
		var sum int64
		for i, n := range s.Shares {
			if n < 0 {
				t.Fatalf("%s takes %d of line %d", s.Rule, n, i)
			}
			if sum += n; s.Kind != promo.Carriage {
				saved[i] += n
			} else {
				onCarriage += n
			}
		}
		if sum != s.Amount.Amount || s.Platform.Amount < 0 || s.Platform.Amount > s.Amount.Amount {
			t.Fatalf("shares of %+v sum to %d", s, sum)
		}
		all, platform = all+sum, platform+s.Platform.Amount
	}
	var goods, due, tax, bears int64
	for i, l := range p.Lines {
		switch {
		case l.Amount.Amount != l.Price.Amount*in.Lines[i].N, l.Saved.Amount != saved[i], l.Saved.Amount > l.Amount.Amount:
			t.Fatalf("line %d: %+v, shares %d", i, l, saved[i])
		case l.Due.Amount != l.Amount.Amount-l.Saved.Amount+l.Shipping.Amount+l.Tax.Amount:
			t.Fatalf("line %d is due %+v", i, l)
		case min(l.Price.Amount, l.Due.Amount, l.Shipping.Amount, l.Tax.Amount, l.Platform.Amount) < 0:
			t.Fatalf("line %d is below zero: %+v", i, l)
		}
		goods, due, tax = goods+l.Amount.Amount, due+l.Due.Amount, tax+l.Tax.Amount
		shipped, bears = shipped+l.Shipping.Amount, bears+l.Platform.Amount
	}
	var fees, left int64
	for i, c := range p.Carries {
		fees, left = fees+in.Carries[i].Fee.Amount, left+c.Fee.Amount
	}
	got := [...]int64{p.Total.Amount, p.Goods.Amount, p.Saved.Amount, p.Shipping.Amount, p.Shipping.Amount, p.Tax.Amount, bears, fees - left}
	want := [...]int64{due, goods, all, shipped, left, tax, platform, onCarriage}
	if got != want {
		t.Fatalf("total, goods, saved, shipping, shipping, tax, platform, carriage saved\n got %v\nwant %v\n%+v", got, want, p)
	}
}

func TestTheOrderOfRulesDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in, rules := basket(t)
		want := quote(t, in, rules)
		shuffled := slices.Clone(rules)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		before := fmt.Sprintf("%+v %+v", in, shuffled)
		got := quote(t, in, shuffled)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
		if after := fmt.Sprintf("%+v %+v", in, shuffled); after != before {
			t.Fatalf("quoting changed what it was given:\n%s\n%s", before, after)
		}
	})
}

func TestOneMoreCouponNeverRaisesTheTotal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in, rules := basket(t)
		before := quote(t, in, rules)
		more := rule(t, 90, in, 3)
		more.Kind, more.Chosen, more.Price = promo.Coupon, true, money.Money{}
		if after := quote(t, in, append(slices.Clone(rules), more)); after.Total.Amount > before.Total.Amount {
			t.Fatalf("%v with %+v, %v without", after.Total, more, before.Total)
		}
	})
}

func TestTheChosenCouponsAreTheBestThereAre(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in, rules := basket(t)
		in.Best = true
		best := quote(t, in, rules)
		// Whatever one chooses by hand is no cheaper.
		in.Best = false
		for i := range rules {
			rules[i].Chosen = rapid.Bool().Draw(t, "by hand")
		}
		if other := quote(t, in, rules); other.Total.Amount < best.Total.Amount {
			t.Fatalf("by hand %v, best %v", other.Total, best.Total)
		}
	})
}

func TestOneMoreUnitNeverLowersWhatAFullReductionSaves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in, _ := basket(t)
		in.Points = 0
		r := rule(t, 1, in, 3)
		r.Kind = rapid.SampledFrom([]promo.Kind{promo.Reduction, promo.Discount}).Draw(t, "campaign")
		r.Price = money.Money{}
		before := quote(t, in, []promo.Rule{r})
		in.Lines = slices.Clone(in.Lines)
		in.Lines[rapid.IntRange(0, len(in.Lines)-1).Draw(t, "more of")].N++
		after := quote(t, in, []promo.Rule{r})
		if after.Saved.Amount < before.Saved.Amount {
			t.Fatalf("%v after, %v before; %+v", after.Saved, before.Saved, r)
		}
	})
}

// A refund gives back the frozen parts of the units it names, the last unit with
// the remainder: whatever the order of returning, all comes back.
func TestRefundingEveryUnitGivesEverythingBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in, rules := basket(t)
		p := quote(t, in, rules)
		var back int64
		for i, l := range p.Lines {
			n := in.Lines[i].N
			given := int64(0)
			for k := range n {
				part := l.Due.Amount / n
				if k == n-1 {
					part = l.Due.Amount - given
				}
				given += part
			}
			back += given
		}
		if back != p.Total.Amount {
			t.Fatalf("%d back of %v", back, p.Total)
		}
	})
}
