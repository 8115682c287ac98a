package catalogtest

import (
	"errors"
	"sync"
	"testing"

	"meadow/services/catalog"
	"meadow/services/kernel/id"
)

// rush lets orders reserve at once and returns how many units of each SKU those
// that succeeded asked for.
func (s *stall) rush(t *testing.T, orders []catalog.Reserve) map[id.SKU]int64 {
	t.Helper()
	var mu sync.Mutex
	got := map[id.SKU]int64{}
	var wg sync.WaitGroup
	for _, in := range orders {
		wg.Go(func() {
			_, err := s.Catalog.Reserve(system(t), in)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				got[in.Units[0].SKU] += in.Units[0].N
			case !errors.Is(err, catalog.ErrSoldOut):
				t.Errorf("reserve: %v, want ErrSoldOut", err)
			}
		})
	}
	wg.Wait()
	return got
}

func testRushPlaces(t *testing.T, shop Shop) {
	s := newStall(t, shop, "rushplaces")
	sku := s.listed(t, 4).SKUs[0].ID
	s.put(t, sku, s.warehouse(t, "North", "Hebei"), 4)
	s.put(t, sku, s.warehouse(t, "South", "Hunan", "Hubei"), 4)
	var orders []catalog.Reserve
	for i := range 30 {
		in := order(sku, 1)
		in.Region = []string{"Hebei", "Hunan", "Hubei", ""}[i%4]
		orders = append(orders, in)
	}
	got := s.rush(t, orders)
	if units := s.stock(t, sku); got[sku] != 12 || units.Held != 12 || units.Available != 0 {
		t.Errorf("%d of 12 were reserved, stock %+v", got[sku], units)
	}
}

func testRushBundles(t *testing.T, shop Shop) {
	s := newStall(t, shop, "rushbundles")
	single, bundle := s.pair(t, 11, 20)
	pair, cup, lid := bundle.SKUs[0].ID, single.SKUs[0].ID, single.SKUs[1].ID
	var orders []catalog.Reserve
	for i := range 24 {
		orders = append(orders, order([]id.SKU{pair, cup}[i%2], 1))
	}
	got := s.rush(t, orders)
	if units := s.stock(t, cup); units.Held != 2*got[pair]+got[cup] || units.Available != 11-units.Held || units.Available > 1 {
		t.Errorf("%v were reserved, cups %+v: want what the orders hold, and no two left", got, units)
	}
	if units := s.stock(t, lid); units.Held != got[pair] {
		t.Errorf("%v were reserved, lids %+v: want one for each pair", got, units)
	}
}
