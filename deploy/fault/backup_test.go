package fault

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
)

// TestABackupTakenUnderLoadIsAWholeShop backs a shop up while people buy from
// it, and opens the copy.
func TestABackupTakenUnderLoadIsAWholeShop(t *testing.T) {
	w := settleIn(t, longFolder(t), 6)
	ctx := t.Context()
	stop, rush := context.WithCancel(ctx)
	defer rush()
	product, err := w.merchant.Product(ctx, 5_000)
	must(t, err)
	post, err := w.creator.Post(ctx, product.ID)
	must(t, err)
	sku, link := product.SKUs[0].ID, post.Tags[0].Link
	var sold atomic.Int64
	var answered sync.Map // orders that were answered as paid → nothing
	var wg sync.WaitGroup
	for i, p := range w.buyers {
		wg.Go(func() {
			for stop.Err() == nil {
				b := p.Buy(sku, link, w.homes[i])
				state, err := buy(ctx, b)
				if err != nil || state != checkout.Paid {
					t.Errorf("an order under load is %s: %v", state, err)
					return
				}
				answered.Store(b.Order.ID, nil)
				sold.Add(1)
			}
		})
	}
	wg.Go(func() { // pictures come in as well
		for stop.Err() == nil {
			if _, err := w.creator.Upload(ctx, "post"); err != nil {
				t.Errorf("upload under load: %v", err)
				return
			}
		}
	})
	eventually(t, wait, func() error {
		if n := sold.Load(); n < 10 {
			return fmt.Errorf("%d sold", n)
		}
		return nil
	})
	before := map[id.Order]bool{}
	answered.Range(func(k, _ any) bool { before[k.(id.Order)] = true; return true })
	file := filepath.Join(t.TempDir(), "meadow.tar")
	out, err := command(ctx, "backup", "-data", w.data, "-to", file)
	during := sold.Load()
	rush()
	wg.Wait()
	if err != nil {
		t.Fatalf("backup: %v: %s", err, out)
	}
	w.paid = int(sold.Load())
	w.books(t) // the shop itself is none the worse
	must(t, w.Stop())

	copied := filepath.Join(t.TempDir(), "copy")
	restore(t, file, copied, filepath.Join(w.data, "secrets"))
	w.reopen(t, flags(copied))
	w.operator = nil
	paid := w.consistent(t, sku, before)
	w.pictures(t, post, product)
	t.Logf("%d orders paid before the backup began, %d when it ended, %d in it", len(before), during, len(paid))
}

// longFolder is a data folder whose name is longer than a socket's may be.
func longFolder(t *testing.T) string {
	return filepath.Join(t.TempDir(), strings.Repeat("a-long-name/", 10)+"data")
}

func restore(t *testing.T, file, data, secrets string) {
	t.Helper()
	if out, err := command(t.Context(), "restore", "-from", file, "-data", data); err != nil {
		t.Fatalf("restore: %v: %s", err, out)
	}
	keys, err := os.ReadDir(secrets)
	must(t, err)
	to := filepath.Join(data, "secrets")
	must(t, os.Mkdir(to, 0o700))
	for _, k := range keys {
		b, err := os.ReadFile(filepath.Join(secrets, k.Name()))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(to, k.Name()), b, 0o600))
	}
}

// consistent waits until a shop that was cut short has gone on: the orders whose
// money it took are paid, each paid order has its sale and its unit, the books
// sum to zero. It returns the orders that are paid.
func (w *town) consistent(t *testing.T, sku id.SKU, took map[id.Order]bool) map[id.Order]bool {
	t.Helper()
	ctx := t.Context()
	var paid map[id.Order]bool
	eventually(t, wait, func() (err error) {
		if paid, err = w.paidOrders(ctx); err != nil {
			return err
		}
		for o := range took {
			if !paid[o] {
				return fmt.Errorf("the money for order %s was taken, and it is not paid", o)
			}
		}
		var trial ledger.Trial
		if err := w.office(t).Do(ctx, "GET", "/ledger/trial", "", nil, &trial); err != nil {
			return err
		}
		if trial.Entries != int64(len(paid)) {
			return fmt.Errorf("%d entries for %d paid orders", trial.Entries, len(paid))
		}
		return w.conserved(ctx, sku, trial.Entries)
	})
	w.paid = len(paid)
	w.books(t)
	return paid
}

// paidOrders returns the orders of the buyers that are paid.
func (w *town) paidOrders(ctx context.Context) (map[id.Order]bool, error) {
	paid := map[id.Order]bool{}
	for _, p := range w.buyers {
		for after := ""; ; {
			var orders page.Page[checkout.Order]
			if err := p.Do(ctx, "GET", "/orders?limit=50&after="+url.QueryEscape(after), "", nil, &orders); err != nil {
				return nil, err
			}
			for _, o := range orders.Items {
				switch o.State {
				case checkout.Paid:
					paid[o.ID] = true
				case checkout.Unpaid:
				default:
					return nil, fmt.Errorf("order %s is %s", o.ID, o.State)
				}
			}
			if after = string(orders.Next); after == "" {
				break
			}
		}
	}
	return paid, nil
}

// conserved says whether every unit is where it belongs.
func (w *town) conserved(ctx context.Context, sku id.SKU, sold int64) error {
	var units catalog.Stock
	if err := w.merchant.Do(ctx, "GET", "/skus/"+string(sku)+"/stock", "", nil, &units); err != nil {
		return err
	}
	if units.Received != units.Available+units.Held+units.Sold || units.Sold != sold {
		return fmt.Errorf("stock is %+v, want %d sold and all accounted for", units, sold)
	}
	return nil
}

// pictures checks that what posts and products show is served.
func (w *town) pictures(t *testing.T, post creator.Post, product catalog.Product) {
	t.Helper()
	ctx := t.Context()
	must(t, w.creator.Do(ctx, "GET", "/posts/"+string(post.ID), "", nil, &post))
	must(t, w.creator.Do(ctx, "GET", "/products/"+string(product.ID), "", nil, &product))
	all := append(post.Pictures, product.Pictures...)
	if len(all) < 2 {
		t.Fatalf("%d pictures", len(all))
	}
	for _, p := range all {
		at := w.URL + p.Card
		res, err := http.Get(at)
		must(t, err)
		n, err := io.Copy(io.Discard, res.Body)
		must(t, err)
		res.Body.Close()
		if res.StatusCode != http.StatusOK || n < 100 || !strings.HasPrefix(res.Header.Get("Content-Type"), "image/") {
			t.Errorf("%s: %s, %d bytes of %s", at, res.Status, n, res.Header.Get("Content-Type"))
		}
	}
}

// TestABackupOfAStoppedShopIsCheckedBeforeItIsUsed backs up a folder that nobody
// serves, under a relative name, and tries to restore what must not be.
func TestABackupOfAStoppedShopIsCheckedBeforeItIsUsed(t *testing.T) {
	w := settleIn(t, filepath.Join(t.TempDir(), "data"), 2)
	w.trade(t, 1)
	before := w.view(t)
	must(t, w.Kill()) // its socket stays behind
	dir := t.TempDir()
	bin, err := binary()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), bin, "backup", "-data", w.data, "-to", "meadow.tar")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("backup of a stopped shop: %v: %s", err, out)
	}
	file := filepath.Join(dir, "meadow.tar")
	if left, err := filepath.Glob(filepath.Join(w.data, ".checkpoint-*")); err != nil || len(left) > 0 {
		t.Errorf("the backup left %v, %v", left, err)
	}
	out, err := command(t.Context(), "backup", "-data", w.data, "-to", file)
	refused(t, "a second backup to one name", out, err, "is there already")
	out, err = command(t.Context(), "restore", "-from", file, "-data", w.data)
	refused(t, "a restore over a shop", out, err, "holds documents already")
	out, err = command(t.Context(), "backup", "-data", dir, "-to", filepath.Join(dir, "other.tar"))
	refused(t, "a backup of any folder", out, err, "is not a data folder")
	out, err = command(t.Context(), "restore", "-from", filepath.Join(dir, "none.tar"), "-data", filepath.Join(dir, "none"))
	refused(t, "a restore from nothing", out, err, "restore: ")

	whole, err := os.ReadFile(file)
	must(t, err)
	copied := filepath.Join(dir, "copy")
	for _, size := range []int{0, 100, len(whole) / 3, len(whole) / 2, len(whole) - 2_600, len(whole) - 1_024 - 512} {
		part := filepath.Join(dir, "part.tar")
		must(t, os.WriteFile(part, whole[:size], 0o600))
		out, err = command(t.Context(), "restore", "-from", part, "-data", copied)
		refused(t, fmt.Sprintf("a restore of %d bytes of %d", size, len(whole)), out, err, "restore: ")
		if _, err := os.Stat(filepath.Join(copied, "docs")); err == nil {
			t.Fatalf("%d bytes of %d became a shop", size, len(whole))
		}
	}
	restore(t, file, copied, filepath.Join(w.data, "secrets")) // into what the failed ones left
	w.reopen(t, flags(copied))
	w.operator = nil
	if got := w.view(t); got.Trial.Entries != before.Trial.Entries || len(got.Orders) != len(before.Orders) {
		t.Errorf("the copy shows %+v, want %+v", got, before)
	}
}

// refused checks that a command ended with a sentence and exit code 1.
func refused(t *testing.T, what, out string, err error, sentence string) {
	t.Helper()
	exit, ok := err.(*exec.ExitError)
	if !ok || exit.ExitCode() != 1 || !strings.Contains(out, sentence) || strings.Contains(out, "goroutine ") {
		t.Errorf("%s: %v: %q; want exit code 1 and %q", what, err, out, sentence)
	}
}
