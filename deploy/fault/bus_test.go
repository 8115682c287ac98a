package fault

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"meadow/deploy/shopper"
	"meadow/services/kernel/id"
)

// TestPaidOrdersReachTheBooksThoughTheBusIsLost kills the shop while payments
// come in and throws away all that its bus had to say, again and again.
func TestPaidOrdersReachTheBooksThoughTheBusIsLost(t *testing.T) {
	w := settleIn(t, filepath.Join(t.TempDir(), "data"), 8)
	ctx := t.Context()
	product, err := w.merchant.Product(ctx, 1_000)
	must(t, err)
	post, err := w.creator.Post(ctx, product.ID)
	must(t, err)
	sku, link := product.SKUs[0].ID, post.Tags[0].Link
	orders := map[id.Order]bool{}
	for range 4 {
		tries := make([]*shopper.Buying, len(w.buyers))
		for i, p := range w.buyers {
			tries[i] = p.Buy(sku, link, w.homes[i])
			must(t, tries[i].Place(ctx))
			orders[tries[i].Order.ID] = true
		}
		var wg sync.WaitGroup
		for _, b := range tries {
			wg.Go(func() {
				if err := b.Pay(ctx); err != nil {
					t.Errorf("pay: %v", err)
				}
			})
		}
		wg.Wait()
		must(t, w.Kill())
		must(t, os.RemoveAll(filepath.Join(w.data, "bus")))
		must(t, w.Restart(ctx))
		w.operator = nil
	}
	paid := w.consistent(t, sku, orders)
	w.audit(t)
	w.boxes(t)
	t.Logf("%d orders paid", len(paid))
}
