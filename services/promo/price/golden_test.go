package price_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/price"
)

var update = flag.Bool("update", false, "write what quotes are into testdata")

const divider = "\n---- what it costs ----\n"

// Each file in testdata holds a basket and, below the divider, what it costs.
// testdata/README.txt says how to read them.
func TestQuotesAreAsAgreed(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.quote")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d quotes, %v", len(files), err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".quote"), func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			question, want, _ := strings.Cut(string(b), divider)
			in, rules, taxes := parse(t, question)
			p, err := price.Quote(in, rules, taxes)
			got := show(in, p, err)
			if *update {
				if err := os.WriteFile(f, []byte(strings.TrimRight(question, "\n")+"\n"+divider+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// parse reads a basket.
func parse(t *testing.T, text string) (in promo.PriceAsk, rules []promo.Rule, taxes price.Taxes) {
	taxes = price.Taxes{}
	for row := range strings.Lines(text) {
		f := strings.Fields(row)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		switch f[0] {
		case "line": // line NAME SHOP N × PRICE [deal=KIND:ID] [class=…]
			o := options(f[6:])
			l := promo.Line{SKU: id.SKU(f[1]), Merchant: id.Merchant(f[2]), N: whole(t, f[3]), Price: yuan(t, f[5]), TaxClass: o["class"]}
			if kind, deal, ok := strings.Cut(o["deal"], ":"); ok {
				l.Deal = promo.Deal{Kind: promo.Kind(kind), ID: deal}
			}
			in.Lines = append(in.Lines, l)
		case "carriage": // carriage SHOP FEE
			in.Carries = append(in.Carries, promo.Carry{Merchant: id.Merchant(f[1]), Fee: yuan(t, f[2])})
		case "region":
			in.Region = f[1]
		case "coupons": // coupons best | coupons a b c
			if in.Best = f[1] == "best"; !in.Best {
				in.Coupons = f[1:]
			}
		case "points":
			in.Points = whole(t, f[1])
		case "tax": // tax REGION CLASS PERCENT
			if taxes[f[1]] == nil {
				taxes[f[1]] = map[string]money.Rate{}
			}
			taxes[f[1]][strings.Trim(f[2], "*")] = percent(t, f[3])
		case "rule": // rule KIND ID OF GOODS [tiers and options]
			rules = append(rules, parseRule(t, in, f[1:]))
		default:
			t.Fatalf("what is %q?", row)
		}
	}
	return in, rules, taxes
}

func parseRule(t *testing.T, in promo.PriceAsk, f []string) promo.Rule {
	r := promo.Rule{Kind: promo.Kind(f[0]), ID: f[1], Name: f[1], Scope: promo.OfMerchant, Merchant: id.Merchant(f[2])}
	if f[2] == "platform" {
		r.Scope, r.Merchant, r.Platform = promo.OfPlatform, "", money.Whole
	}
	for i, l := range in.Lines {
		if f[3] == "all" || strings.Contains(","+f[3]+",", ","+string(l.SKU)+",") {
			r.Lines = append(r.Lines, i)
		}
	}
	for _, o := range f[4:] {
		name, value, _ := strings.Cut(o, "=")
		switch name {
		case "each":
			r.Each = true
		case "alone":
			r.Alone = true
		case "limited":
			r.Limited = true
		case "price":
			r.Price = yuan(t, value)
		case "most":
			r.Most = yuan(t, value)
		case "platform":
			r.Platform = percent(t, value)
		case "refused":
			r.Refuse = value
		case "earns":
			r.Earn = percent(t, value)
		case "ends":
			at, err := time.Parse(time.DateOnly, value)
			if err != nil {
				t.Fatal(err)
			}
			r.Until = at
		case "apart":
			r.Apart = []promo.Kind{promo.Kind(value)}
		default: // 100.00:-20.00, 100.00:20%, 100.00:free
			over, off, _ := strings.Cut(o, ":")
			tier := promo.Tier{Over: yuan(t, over)}
			switch {
			case strings.HasSuffix(off, "%"):
				tier.Rate = percent(t, off)
			case off != "free":
				tier.Off = yuan(t, strings.TrimPrefix(off, "-"))
			}
			r.Tiers = append(r.Tiers, tier)
		}
	}
	return r
}

func options(f []string) map[string]string {
	out := map[string]string{}
	for _, o := range f {
		name, value, _ := strings.Cut(o, "=")
		out[name] = value
	}
	return out
}

func whole(t *testing.T, s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// yuan reads an amount with two places.
func yuan(t *testing.T, s string) money.Money {
	yuan, fen, ok := strings.Cut(s, ".")
	if !ok || len(fen) != 2 {
		t.Fatalf("%q is no amount", s)
	}
	return money.CNY(whole(t, yuan)*100 + whole(t, fen))
}

func percent(t *testing.T, s string) money.Rate {
	return money.Rate(whole(t, strings.TrimSuffix(s, "%")) * 100)
}

func fen(n int64) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }

// show writes what a basket costs, for people.
func show(in promo.PriceAsk, p promo.Priced, err error) string {
	var b strings.Builder
	if err != nil {
		fmt.Fprintf(&b, "refused: %v\n", err)
		return b.String()
	}
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "line\tprice\tn\tamount\tsaved\tby platform\tcarriage\ttax\tdue\t")
	for i, l := range p.Lines {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t\n", in.Lines[i].SKU, fen(l.Price.Amount), in.Lines[i].N, fen(l.Amount.Amount),
			fen(l.Saved.Amount), fen(l.Platform.Amount), fen(l.Shipping.Amount), fen(l.Tax.Amount), fen(l.Due.Amount))
	}
	fmt.Fprintf(w, "total\t\t\t%s\t%s\t\t%s\t%s\t%s\t\n", fen(p.Goods.Amount), fen(p.Saved.Amount), fen(p.Shipping.Amount), fen(p.Tax.Amount), fen(p.Total.Amount))
	_ = w.Flush() // into memory
	for _, s := range p.Savings {
		shares := make([]string, len(s.Shares))
		for i, n := range s.Shares {
			shares[i] = fen(n)
		}
		fmt.Fprintf(&b, "\nsaved %s by %s %s (%s), platform bears %s: %s", fen(s.Amount.Amount), s.Kind, s.Rule, s.Scope, fen(s.Platform.Amount), strings.Join(shares, " + "))
	}
	for _, u := range p.Uses {
		fmt.Fprintf(&b, "\nuses %d of %s %s, worth %s", u.N, u.Kind, u.Rule, fen(u.Amount.Amount))
	}
	for _, r := range p.Refusals {
		fmt.Fprintf(&b, "\nnot %s %s: %s", r.Kind, r.Rule, r.Reason)
		if r.Short.Amount > 0 {
			fmt.Fprintf(&b, ", %s short", fen(r.Short.Amount))
		}
	}
	if p.Points+p.Earns > 0 {
		fmt.Fprintf(&b, "\npoints: pays with %d, earns %d", p.Points, p.Earns)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
