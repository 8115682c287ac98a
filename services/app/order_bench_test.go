package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"meadow/media/mediaworker"
	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/ledger"
)

// benchShop is a whole shop in this process, on a temporary folder.
func benchShop(b *testing.B) *System {
	b.Helper()
	cfg := Default()
	cfg.Data, cfg.RateLimits, cfg.MaxConnsPerIP, cfg.Listen = b.TempDir(), false, 0, "127.0.0.1:0"
	ln, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		b.Fatal(err)
	}
	cfg.PublicURL = "http://" + ln.Addr().String()
	if err := cfg.complete(); err != nil {
		b.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	stores, err := openStores(b.Context(), cfg, clock.System, log)
	if err != nil {
		b.Fatal(err)
	}
	s, err := New(b.Context(), cfg, Deps{Stores: stores, Now: clock.System, Log: log, Develop: mediaworker.Decode, Dist: fstest.MapFS{}, HashMemory: 64})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(b.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	b.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
		if err := stores.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// benchProduct puts a product with that much stock on sale.
func benchProduct(b *testing.B, s *System, stock int64) (buyer context.Context, address id.Address, p catalog.Product) {
	b.Helper()
	fatal := func(err error) {
		if err != nil {
			b.Helper()
			b.Fatal(err)
		}
	}
	as := func(name string) (context.Context, string) {
		signed, err := s.Account.SignUp(b.Context(), account.SignUp{Login: name + id.Secret()[:8] + "@example.com", Password: "correct horse battery", Name: name})
		fatal(err)
		a, err := s.Account.Resolve(actor.AsSystem(b.Context(), "bench"), account.Resolve{Token: signed.Token})
		fatal(err)
		return actor.With(b.Context(), a), signed.Token
	}
	merchant, token := as("merchant")
	_, err := s.Catalog.OpenShop(merchant, catalog.OpenShop{Name: "Bench"})
	fatal(err)
	a, err := s.Account.Resolve(actor.AsSystem(b.Context(), "bench"), account.Resolve{Token: token})
	fatal(err)
	merchant = actor.With(b.Context(), a)
	cover, err := s.MediaCore.Ingest(actor.AsSystem(b.Context(), "bench"), a.User, "product", strings.NewReader(tinyPNG))
	fatal(err)
	p, err = s.Catalog.Draft(merchant, catalog.DraftProduct{RequestID: id.Secret(), Sheet: catalog.Sheet{
		Title: "Celadon cup", Category: "home", Facts: []catalog.Fact{{Name: "Origin", Value: "Longquan"}},
		Pictures: []picture.Wanted{{ID: cover.ID}}, SKUs: []catalog.NewSKU{{Price: money.CNY(19_900)}},
	}})
	fatal(err)
	p, err = s.Catalog.List(merchant, catalog.ByProduct{ID: p.ID})
	fatal(err)
	_, err = s.Catalog.Adjust(merchant, catalog.Adjust{ID: p.SKUs[0].ID, By: stock, Reason: "delivery", RequestID: id.Secret()})
	fatal(err)
	buyer, _ = as("buyer")
	home, err := s.Account.AddAddress(buyer, account.AddAddress{Place: account.Place{Name: "Li Lei", Phone: "+8613800138000", Region: "Shanghai", City: "Shanghai", Line: "1 Anfu Road"}})
	fatal(err)
	return buyer, home.ID, p
}

// tinyPNG is a picture of one pixel.
const tinyPNG = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde\x00\x00\x00\x0cIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82"

func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchBuyers are so many people with an address each: one who buys thousands of
// times a day is not who buys.
func benchBuyers(b *testing.B, s *System, n int) (buyers []context.Context, homes []id.Address) {
	b.Helper()
	for range n {
		signed, err := s.Account.SignUp(b.Context(), account.SignUp{Login: id.Secret()[:16] + "@example.com", Password: "correct horse battery", Name: "buyer"})
		if err != nil {
			b.Fatal(err)
		}
		buyer := actor.With(b.Context(), actor.Actor{User: signed.User.ID})
		home, err := s.Account.AddAddress(buyer, account.AddAddress{Place: account.Place{Name: "Li Lei", Phone: "+8613800138000", Region: "Shanghai", City: "Shanghai", Line: "1 Anfu Road"}})
		if err != nil {
			b.Fatal(err)
		}
		buyers, homes = append(buyers, buyer), append(homes, home.ID)
	}
	return buyers, homes
}

// BenchmarkPaidOrder goes from the quote to the ledger's entry: quote, place,
// pay, the provider's word, the completion, and the events that follow. It
// counts the whole process's processor time.
func BenchmarkPaidOrder(b *testing.B) {
	s := benchShop(b)
	_, _, p := benchProduct(b, s, max(20_000, int64(b.N)))
	buyers, homes := benchBuyers(b, s, 32)
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu(b)
	var n, next atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := next.Add(1) % int64(len(buyers))
			if err := payOne(buyers[i], s, homes[i], p.SKUs[0].ID); err != nil {
				b.Error(err)
				return
			}
			n.Add(1)
		}
	})
	for deadline := time.Now().Add(time.Minute); ; {
		trial, err := s.Ledger.TrialBalance(actor.AsSystem(b.Context(), "bench"), ledger.Whole{})
		if err != nil {
			b.Fatal(err)
		}
		if trial.Entries >= n.Load() || time.Now().After(deadline) {
			break
		}
		time.Sleep(500 * time.Millisecond) // each look reads every entry
	}
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/1000/float64(n.Load()), "cpu-ms/order")
}

func payOne(ctx context.Context, s *System, address id.Address, sku id.SKU) error {
	q, err := s.Checkout.Quote(ctx, checkout.Ask{Lines: []checkout.Choice{{SKU: sku, N: 1}}})
	if err != nil {
		return err
	}
	o, err := s.Checkout.Place(ctx, checkout.Place{Quote: q.ID, Address: address, RequestID: id.Secret()})
	if err != nil {
		return err
	}
	payment, err := s.Checkout.Pay(ctx, checkout.Pay{ID: o.ID, Provider: sandbox.Name, RequestID: id.Secret()})
	if err != nil {
		return err
	}
	body := fmt.Appendf(nil, `{"event":%q,"payment":%q,"outcome":%q,"amount":{"amount":%d,"currency":%q}}`,
		id.Secret(), payment.ID, pay.Succeeded, o.Total.Amount, o.Total.Currency)
	_, err = s.Checkout.Webhook(actor.AsSystem(ctx, "bench"), checkout.Webhook{
		Provider: sandbox.Name, Body: body, Signature: sandbox.Sign(s.keys.sandbox, clock.System(), body),
	})
	return err
}

// BenchmarkProductPage renders what the front door answers /product/{id} with.
func BenchmarkProductPage(b *testing.B) {
	s := benchShop(b)
	_, _, p := benchProduct(b, s, 100)
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu(b)
	for b.Loop() {
		if _, _, status := s.page(b.Context(), "/product/"+string(p.ID)); status != 200 {
			b.Fatal(status)
		}
	}
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-us/op")
}

// BenchmarkProducts reads a page of products with their stock.
func BenchmarkProducts(b *testing.B) {
	s := benchShop(b)
	benchProduct(b, s, 100)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Catalog.Products(b.Context(), catalog.Products{Ask: page.Ask{Limit: 20}}); err != nil {
			b.Fatal(err)
		}
	}
}
