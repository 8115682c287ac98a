package fault

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"meadow/deploy/shopper"
	"meadow/services/checkout"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
)

// TestNothingAnsweredIsLostWhenTheDiskIsFull orders from a shop until its disk
// is full, makes room, and starts it again.
func TestNothingAnsweredIsLostWhenTheDiskIsFull(t *testing.T) {
	disk := filepath.Join(t.TempDir(), "disk")
	must(t, os.Mkdir(disk, 0o700))
	if err := syscall.Mount("meadow", disk, "tmpfs", 0, "size=256m"); err != nil {
		t.Skipf("SKIPPED: a small disk cannot be made here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	w := settleIn(t, filepath.Join(disk, "data"), 6)
	ctx := t.Context()
	product, err := w.merchant.Product(ctx, 5_000)
	must(t, err)
	post, err := w.creator.Post(ctx, product.ID)
	must(t, err)
	sku, link := product.SKUs[0].ID, post.Tags[0].Link
	filler := filepath.Join(disk, "filler")
	leave(t, disk, filler, 256<<10)

	var mu sync.Mutex
	paid, reasons := map[id.Order]bool{}, map[string]int{}
	var wg sync.WaitGroup
	for i, p := range w.buyers {
		wg.Go(func() {
			for failures := 0; failures < 5; {
				b := p.Buy(sku, link, w.homes[i])
				took, err := once(ctx, b)
				mu.Lock()
				if took {
					paid[b.Order.ID] = true
				}
				if err != nil {
					failures++
					reasons[reason(t, err)]++
				}
				tooMany := len(paid) > 4_000
				mu.Unlock()
				if tooMany {
					t.Error("the disk does not fill")
					return
				}
			}
		})
	}
	wg.Wait()
	t.Logf("the disk is full: %v", reasons)
	log := w.words(t)
	gone := reasons["gone"] > 0
	if gone && !strings.Contains(log, "no space left on device") {
		t.Errorf("it stopped without saying why: %s", log)
	}
	must(t, w.Kill())

	// On a disk that is still full it either starts, or says what to do.
	brief, cancel := context.WithTimeout(ctx, 20*time.Second)
	out, err := command(brief, append([]string{"-listen", "127.0.0.1:0"}, flags(w.data)...)...)
	if brief.Err() == nil {
		refused(t, "a start on a full disk", out, err, "no space left on device")
	}
	cancel()

	must(t, os.Remove(filler))
	must(t, w.Restart(ctx))
	w.operator = nil
	kept := w.consistent(t, sku, paid)
	w.audit(t)
	t.Logf("%d orders answered as paid, %d kept; answers meanwhile: %v", len(paid), len(kept), reasons)
}

// once buys without insisting. It reports whether the shop took the money.
func once(ctx context.Context, b *shopper.Buying) (took bool, err error) {
	if err := b.Place(ctx); err != nil {
		return false, fmt.Errorf("place: %w", err)
	}
	if err := b.Pay(ctx); err != nil {
		return false, fmt.Errorf("pay: %w", err)
	}
	state, err := b.Look(ctx)
	if err == nil && state != checkout.Paid && state != checkout.Unpaid {
		err = fmt.Errorf("paid, and it is %s", state)
	}
	return true, err
}

// reason is what a failed answer says: that of an error of the shop's, or that
// nobody is there.
func reason(t *testing.T, err error) string {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		if e.Code != errs.Unavailable && e.Code != errs.Internal {
			t.Errorf("a full disk is answered with %v", err)
		}
		return e.Reason
	}
	if !errors.Is(err, shopper.ErrDown) {
		t.Errorf("a full disk is answered with %v", err)
	}
	return "gone"
}

// leave fills a disk until so many bytes are left.
func leave(t *testing.T, disk, filler string, left uint64) {
	t.Helper()
	f, err := os.Create(filler)
	must(t, err)
	defer f.Close()
	for block := make([]byte, 64<<10); ; {
		var s syscall.Statfs_t
		must(t, syscall.Statfs(disk, &s))
		if s.Bavail*uint64(s.Bsize) <= left+uint64(len(block)) {
			return
		}
		_, err := f.Write(block)
		must(t, err)
	}
}
