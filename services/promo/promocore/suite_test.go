package promocore

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/jobs"
	"meadow/services/promo"
	"meadow/services/promo/fullreduction"
	"meadow/services/promo/fullreduction/fullreductioncore"
	"meadow/services/promo/promotest"
)

// anyShop lets everybody run campaigns of the shop they act for.
type anyShop struct{}

func (anyShop) May(context.Context, catalog.May) (catalog.Allowed, error) {
	return catalog.Allowed{Yes: true}, nil
}

func (anyShop) Price(context.Context, catalog.PriceSKUs) (catalog.Priced, error) {
	return catalog.Priced{}, nil
}

// The suite runs over a real kind of rules: campaigns with a budget for so many
// orders.
func TestThePricingKeepsItsPromises(t *testing.T) {
	t.Parallel()
	now := clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)).Now
	db, err := pebbledoc.Open(t.Context(), "docs", pebbledoc.Options{FS: vfs.NewMem(), Now: now, SweepEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	log := slog.New(slog.DiscardHandler)
	runner, err := jobs.New(t.Context(), jobs.Deps{DB: db, Now: now, Log: log, Sole: true})
	if err != nil {
		t.Fatal(err)
	}
	campaigns, err := fullreductioncore.New(t.Context(), fullreductioncore.Deps{DB: db, Now: now, Log: log, Shops: anyShop{}, Currency: "CNY"})
	if err != nil {
		t.Fatal(err)
	}
	core, err := New(t.Context(), Deps{DB: db, Jobs: runner, Now: now, Log: log, Sources: []promo.Source{campaigns}})
	if err != nil {
		t.Fatal(err)
	}
	promotest.Run(t, promotest.Shop{Pricing: core, Now: now, Limited: func(t *testing.T, n int) promo.PriceAsk {
		t.Helper()
		shop := id.Merchant("mer_" + id.Secret())
		ctx := actor.With(t.Context(), actor.Actor{User: "usr_owner", Merchant: shop})
		x, err := campaigns.Draft(ctx, fullreduction.DraftCampaign{RequestID: "request-" + string(shop), Terms: fullreduction.Terms{
			Kind: promo.Reduction, Name: "Ten off", Goods: fullreduction.Goods{All: true}, Budget: money.CNY(int64(n) * 1_000),
			Tiers: []promo.Tier{{Over: money.CNY(10_000), Off: money.CNY(1_000)}}, Starts: now(), Ends: now().Add(time.Hour),
		}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := campaigns.Start(ctx, fullreduction.StartCampaign{ID: x.ID, Accept: true}); err != nil {
			t.Fatal(err)
		}
		return promo.PriceAsk{Buyer: "usr_buyer", At: now(), Lines: []promo.Line{{SKU: "sku_1", Merchant: shop, N: 1, Price: money.CNY(12_000)}}}
	}})
}
