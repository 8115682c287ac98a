package catalogcore

import (
	"sync"
	"testing"
	"time"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
)

func TestLowStockIsAnnouncedOnceForEachFall(t *testing.T) {
	t.Parallel()
	k := newKiln(t)
	owner, sku := actor.With(t.Context(), k.owner), k.cup.SKUs[0].ID
	adjust := func(by int64) {
		t.Helper()
		if _, err := k.Adjust(owner, catalog.Adjust{ID: sku, By: by, Reason: "count", RequestID: id.Secret()}); err != nil {
			t.Fatal(err)
		}
	}
	adjust(5)
	if _, err := k.WatchStock(owner, catalog.WatchStock{ID: sku, Threshold: 5}); err != nil {
		t.Fatal(err)
	}
	for step, tt := range []struct{ by, announced int64 }{{0, 0}, {-1, 1}, {-1, 1}, {3, 1}, {-2, 2}} {
		if tt.by != 0 {
			adjust(tt.by)
		}
		k.clock.Advance(time.Minute)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if err := k.alert(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		home, err := k.skus.Get(t.Context(), string(sku))
		if err != nil {
			t.Fatal(err)
		}
		if got := int64(len(home.Outbox)); got != tt.announced {
			t.Fatalf("step %d: announced %d times, want %d", step, got, tt.announced)
		}
	}
}
