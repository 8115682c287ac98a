package fault

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"meadow/deploy/shopper"
	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
	"meadow/services/platform/docdb/pebbledoc"
)

// TestAShopMovesToServersAndBack copies a shop from its folder to MongoDB and
// S3 and from there to another folder, killing the copying again and again.
func TestAShopMovesToServersAndBack(t *testing.T) {
	db, objects := documents(t), objects(t)
	w := settleIn(t, filepath.Join(t.TempDir(), "here"), 4)
	w.trade(t, 3)
	before := w.view(t)
	if before.Trial.Entries != int64(w.paid) || w.paid == 0 {
		t.Fatalf("%d entries for %d paid orders", before.Trial.Entries, w.paid)
	}
	must(t, w.Stop())

	there := filepath.Join(t.TempDir(), "there")
	out := w.move(t, "-from", w.data, "-to-db", db, "-to-blob", objects)
	back := w.move(t, "-from-db", db, "-from-blob", objects, "-to", there)
	if diff := gocmp.Diff(out, back); diff != "" {
		t.Errorf("the way back says otherwise (-out +back):\n%s", diff)
	}
	if diff := gocmp.Diff(documentsIn(t, w.data), documentsIn(t, there)); diff != "" {
		t.Errorf("documents differ (-before +after):\n%s", diff)
	}
	if diff := gocmp.Diff(filesIn(t, filepath.Join(w.data, "blobs", "objects")), filesIn(t, filepath.Join(there, "blobs", "objects"))); diff != "" {
		t.Errorf("objects differ (-before +after):\n%s", diff)
	}

	// The copy is a shop, with the same people at its door.
	secrets := filepath.Join(w.data, "secrets")
	w.reopen(t, flags(there, "-secrets", secrets))
	if diff := gocmp.Diff(before, w.view(t), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the shop shows otherwise (-before +after):\n%s", diff)
	}
	w.trade(t, 2)
	w.books(t)
	t.Logf("%d orders paid; moved %d collections", w.paid, len(out)-1)
}

// move runs the move, kills it at ever later moments, and lets it end. It
// returns what it says then.
func (w *town) move(t *testing.T, args ...string) []string {
	t.Helper()
	bin, err := binary()
	must(t, err)
	for kill := 0; kill < 12; kill += 3 {
		cmd := exec.Command(bin, append([]string{"move"}, args...)...)
		cmd.Stderr = logTo(t)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for range kill {
			lines.Scan()
		}
		must(t, cmd.Process.Kill())
		_ = cmd.Wait() // killed
	}
	out, err := command(t.Context(), append([]string{"move"}, args...)...)
	if err != nil {
		t.Fatalf("move: %v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	slices.Sort(lines)
	return lines
}

// command runs the shop's program to its end and returns all that it says.
func command(ctx context.Context, args ...string) (string, error) {
	bin, err := binary()
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}

// trade sells a fresh product to each buyer, so many times.
func (w *town) trade(t *testing.T, times int) {
	t.Helper()
	ctx := t.Context()
	product, err := w.merchant.Product(ctx, 100)
	must(t, err)
	post, err := w.creator.Post(ctx, product.ID)
	must(t, err)
	for range times {
		for i, p := range w.buyers {
			state, err := buy(ctx, p.Buy(product.SKUs[0].ID, post.Tags[0].Link, w.homes[i]))
			must(t, err)
			if state != checkout.Paid {
				t.Fatalf("an order is %s", state)
			}
			w.paid++
		}
	}
}

// reopen starts the stopped shop with other flags at its old address.
func (w *town) reopen(t *testing.T, args []string) {
	t.Helper()
	must(t, w.Kill())
	bin, err := binary()
	must(t, err)
	w.Process, err = shopper.StartAt(t.Context(), bin, logTo(t), strings.TrimPrefix(w.URL, "http://"), args...)
	t.Cleanup(func() {
		if err := w.Kill(); err != nil {
			t.Error(err)
		}
	})
	must(t, err)
}

// view is what people see of a shop.
type view struct {
	Trial  ledger.Trial
	Orders [][]checkout.Order
	Sales  []checkout.Sale
	Held   ledger.Balance
	Posts  []string
}

func (w *town) view(t *testing.T) view {
	t.Helper()
	ctx := t.Context()
	w.books(t) // everything has arrived
	var v view
	must(t, w.office(t).Do(ctx, "GET", "/ledger/trial", "", nil, &v.Trial))
	for _, p := range w.buyers {
		var orders page.Page[checkout.Order]
		must(t, p.Do(ctx, "GET", "/orders?limit=50", "", nil, &orders))
		v.Orders = append(v.Orders, orders.Items)
	}
	var sales page.Page[checkout.Sale]
	eventually(t, wait, func() error {
		if err := w.merchant.Do(ctx, "GET", "/sales?limit=100", "", nil, &sales); err != nil {
			return err
		}
		if len(sales.Items) < min(w.paid, 100) {
			return fmt.Errorf("%d sales of %d", len(sales.Items), w.paid)
		}
		return nil
	})
	slices.SortFunc(sales.Items, func(a, b checkout.Sale) int { return cmp.Compare(a.Order, b.Order) })
	v.Sales = sales.Items
	must(t, w.creator.Do(ctx, "GET", "/ledger/held", "", nil, &v.Held))
	for _, o := range v.Orders {
		var post creator.Post
		must(t, w.creator.Do(ctx, "GET", "/posts/"+string(o[0].Lines[0].Source.Post), "", nil, &post))
		v.Posts = append(v.Posts, string(post.ID)+" "+post.Title)
	}
	return v
}

// documentsIn sums up the documents of a stopped shop, apart from revisions and
// from what is about the folder itself.
func documentsIn(t *testing.T, data string) map[string]string {
	t.Helper()
	ctx := t.Context()
	db, err := pebbledoc.Open(ctx, filepath.Join(data, "docs"), pebbledoc.Options{Now: clock.System, Log: slog.New(slog.DiscardHandler), SweepEvery: -1})
	must(t, err)
	defer db.Close()
	names, err := db.Collections(ctx)
	must(t, err)
	out := map[string]string{}
	for _, name := range names {
		if name == "jobs" || name == "move_progress" {
			continue
		}
		for after := ""; ; {
			docs, err := db.Scan(ctx, name, after, 500)
			must(t, err)
			for _, d := range docs {
				after = d.ID
				elems, err := d.Body.Elements()
				must(t, err)
				var fields []string
				for _, e := range elems {
					if e.Key() != "_rev" {
						fields = append(fields, e.DebugString())
					}
				}
				slices.Sort(fields)
				out[name+"/"+d.ID] = strings.Join(fields, ", ")
			}
			if len(docs) == 0 {
				break
			}
		}
	}
	return out
}

// filesIn sums up the files below a folder.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path) // path is below dir
		out[rel] = fmt.Sprintf("%d %x", len(b), sha256.Sum256(b))
		return err
	}))
	return out
}
