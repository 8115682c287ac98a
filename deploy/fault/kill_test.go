package fault

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"meadow/deploy/shopper"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/ledger"
	"meadow/services/platform/docdb/pebbledoc"
)

// rounds is how many rushes are killed: 9 in make test, each twice; make test-long
// sets MEADOW_FAULT_ROUNDS to 500.
func rounds(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("MEADOW_FAULT_ROUNDS"))
	if err != nil {
		return 4
	}
	return n
}

const (
	// wait is how long a busy machine may take over what takes an instant.
	wait = 90 * time.Second

	unitsPerRound  = 10
	buyersPerRound = 24
)

// binary builds the shop, once for the package.
var binary = sync.OnceValues(func() (string, error) {
	if given := os.Getenv(binVar); given != "" {
		return given, nil
	}
	bin := filepath.Join(os.Getenv(folderVar), "meadow")
	cmd := exec.Command("go", "build", "-o", bin, "meadow")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return bin, nil
})

// town is a shop under attack, and the people in it.
type town struct {
	*shopper.Process
	roles    *shopper.Roles // where each is a process of its own
	data     string
	db       string // where documents are, if not in data
	log      *os.File
	merchant *shopper.Person
	creator  *shopper.Person
	former   []*shopper.Person // creators of before
	operator *shopper.Person   // once asked for
	buyers   []*shopper.Person
	homes    []id.Address
	paid     int
	side     *trade // what goes on beside the rush
	entries  int    // of the side's sales and refunds
}

func settle(t *testing.T) *town { return settleIn(t, t.TempDir(), buyersPerRound) }

// settleIn starts a shop on a data folder and invites so many buyers.
func settleIn(t *testing.T, data string, buyers int) *town {
	t.Helper()
	bin, err := binary()
	must(t, err)
	w := &town{data: data, log: logTo(t)}
	w.Process, err = shopper.Start(t.Context(), bin, w.log, flags(data)...)
	must(t, err)
	t.Cleanup(func() {
		if err := w.Kill(); err != nil {
			t.Error(err)
		}
	})
	w.invite(t, buyers)
	return w
}

// invite signs up a merchant, a creator, and so many buyers.
func (w *town) invite(t *testing.T, buyers int) {
	t.Helper()
	door := shopper.Open(w.URL)
	ctx := t.Context()
	w.merchant = door.Person()
	must(t, w.merchant.SignUp(ctx, "merchant"))
	must(t, w.merchant.OpenShop(ctx))
	w.hire(t)
	for range buyers {
		p := door.Person()
		must(t, p.SignUp(ctx, "buyer"))
		home, err := p.Address(ctx)
		must(t, err)
		w.buyers, w.homes = append(w.buyers, p), append(w.homes, home)
	}
}

// hire signs up a creator, in place of the one there was.
func (w *town) hire(t *testing.T) {
	t.Helper()
	if w.creator != nil {
		w.former = append(w.former, w.creator)
	}
	w.creator = shopper.Open(w.URL).Person()
	must(t, w.creator.SignUp(t.Context(), "creator"))
	must(t, w.creator.BecomeCreator(t.Context()))
}

// victim is a process to kill: the only one, or that of any role.
func (w *town) victim() *shopper.Process {
	if w.roles == nil {
		return w.Process
	}
	return w.roles.Processes[rand.IntN(len(w.roles.Processes))]
}

// token is that of the operator's one-time link.
func (w *town) token() string {
	if w.roles == nil {
		return w.Token()
	}
	return w.roles.Token()
}

// flags are those of a shop on a data folder that lets its buyers rush.
func flags(data string, more ...string) []string {
	return append([]string{
		"-data", data, "-rate-limits=false", "-max-conns-per-ip", "0", "-trusted-proxies", "127.0.0.0/8", "-log-level", "error",
	}, more...)
}

// logTo keeps the shop's own words for when a test fails.
func logTo(t *testing.T) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "meadow.log")
	f, err := os.Create(path)
	must(t, err)
	t.Cleanup(func() {
		_ = f.Close() // written by another process
		if t.Failed() {
			if b, err := os.ReadFile(path); err == nil {
				t.Logf("%s", b[max(0, len(b)-20_000):])
			}
		}
	})
	return f
}

// words is what the shop has logged.
func (w *town) words(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(w.log.Name())
	must(t, err)
	return string(b)
}

// TestNoOrderIsLostWhenTheShopIsKilled rushes a product of ten units again and
// again, and kills the process at random moments meanwhile.
func TestNoOrderIsLostWhenTheShopIsKilled(t *testing.T) {
	w := settle(t)
	kills := 0
	for round := range rounds(t) {
		kills += w.rush(t, round)
		if t.Failed() {
			return
		}
	}
	w.books(t)
	w.audit(t)
	w.boxes(t)
	t.Logf("%d rounds, %d kills, %d orders paid", rounds(t), kills, w.paid)
}

// rush is one round: everybody wants one of ten, and the process dies.
func (w *town) rush(t *testing.T, round int) (kills int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 120*time.Second)
	defer cancel()
	if round > 0 && round%8 == 0 { // before moderation finds that one posts too much
		w.hire(t)
	}
	product, err := w.merchant.Product(ctx, unitsPerRound)
	must(t, err)
	post, err := w.creator.Post(ctx, product.ID)
	must(t, err)
	sku, link := product.SKUs[0].ID, post.Tags[0].Link

	if w.side == nil {
		w.side = w.openSide(t)
	}
	over := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() { kills = w.harass(t, ctx, 90*time.Millisecond, over) })
	var mu sync.Mutex
	states := map[checkout.State]int{}
	refused := 0
	var wg sync.WaitGroup
	for i, p := range w.buyers {
		wg.Go(func() {
			state, err := buy(ctx, p.Buy(sku, link, w.homes[i]))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, catalog.ErrSoldOut):
				refused++
			case err != nil:
				t.Errorf("round %d: buyer %d: %s: %v", round, i, state, err)
			default:
				states[state]++
			}
		})
	}
	wg.Go(func() { w.side.round(t, ctx) })
	wg.Wait()
	close(over)
	killer.Wait()
	w.entries = w.side.entries

	// A hold whose shopper's request died with the process belongs to nobody; it
	// lapses twenty minutes later. Here its buyer insists, so none is left.
	var units catalog.Stock
	eventually(t, wait, func() error {
		if err := w.merchant.Do(ctx, "GET", "/skus/"+string(sku)+"/stock", "", nil, &units); err != nil {
			return err
		}
		if units.Sold != unitsPerRound || units.Held != 0 || units.Available != 0 || units.Received != unitsPerRound {
			return fmt.Errorf("round %d: stock is %+v", round, units)
		}
		return nil
	})
	if states[checkout.Paid] != unitsPerRound || refused != buyersPerRound-unitsPerRound {
		t.Errorf("round %d: %v paid of %d units, %d refused of %d buyers", round, states, unitsPerRound, refused, buyersPerRound)
	}
	w.paid += states[checkout.Paid]
	return kills
}

// harass kills and restarts the process twice, each time within a span, unless it
// is over before.
func (w *town) harass(t *testing.T, ctx context.Context, within time.Duration, over <-chan struct{}) (kills int) {
	for {
		select {
		case <-over:
			return kills
		case <-time.After(rand.N(within)):
		}
		victim := w.victim()
		if err := victim.Kill(); err != nil {
			t.Error(err)
			return kills
		}
		kills++
		if err := victim.Restart(ctx); err != nil {
			t.Error(err)
			return kills
		}
		if kills == 2 {
			<-over
			return kills
		}
	}
}

// buy insists on every step until the shop has answered it.
func buy(ctx context.Context, b *shopper.Buying) (checkout.State, error) {
	if err := shopper.Insist(ctx, func() error { return b.Place(ctx) }); err != nil {
		return "", fmt.Errorf("place: %w", err)
	}
	if err := shopper.Insist(ctx, func() error { return b.Pay(ctx) }); err != nil {
		return "", fmt.Errorf("pay: %w", err)
	}
	for {
		var state checkout.State
		err := shopper.Insist(ctx, func() (err error) { state, err = b.Look(ctx); return err })
		if err != nil || state != checkout.Unpaid {
			return state, err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// office returns the operator. A start's link lets them in once.
func (w *town) office(t *testing.T) *shopper.Person {
	t.Helper()
	if w.operator == nil {
		p := shopper.Open(w.URL).Person()
		must(t, p.Enter(t.Context(), w.token()))
		w.operator = p
	}
	return w.operator
}

// books checks the ledger: it sums to zero, has one sale for each paid order,
// and one for each sale and refund beside the rush, and owes its creator 15 % of
// each order of the rush.
func (w *town) books(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	operator := w.office(t)
	var trial ledger.Trial
	eventually(t, wait, func() error {
		if err := operator.Do(ctx, "GET", "/ledger/trial", "", nil, &trial); err != nil {
			return err
		}
		if trial.Entries != int64(w.paid+w.entries) {
			return fmt.Errorf("%d entries for %d paid orders, and %d of others", trial.Entries, w.paid, w.entries)
		}
		return nil
	})
	for currency, sum := range trial.Sums {
		if sum != 0 {
			t.Errorf("the ledger sums to %d %s, want 0", sum, currency)
		}
	}
	eventually(t, wait, func() error { // a moment after the entry
		sum := int64(0)
		for _, p := range append(w.former, w.creator) {
			var held ledger.Balance
			if err := p.Do(ctx, "GET", "/ledger/held", "", nil, &held); err != nil {
				return err
			}
			sum += held.Held.Amount
		}
		if want := int64(w.paid) * 2_985; sum != want {
			return fmt.Errorf("the creators hold %d, want %d", sum, want)
		}
		return nil
	})
}

// boxes stops the shop and checks that every event was told. What a stop cut
// short is told after the next start: the shop is started again until nothing
// is left.
func (w *town) boxes(t *testing.T) {
	t.Helper()
	var left []string
	for range 10 {
		must(t, w.Stop())
		if left = w.untold(t); len(left) == 0 {
			return
		}
		must(t, w.Restart(t.Context()))
		time.Sleep(3 * time.Second) // longer than an event's first delivery may take
	}
	t.Errorf("these still have something to tell: %v", left)
}

// untold lists the stopped shop's documents whose boxes are not empty.
func (w *town) untold(t *testing.T) (left []string) {
	t.Helper()
	ctx := t.Context()
	db, err := pebbledoc.Open(ctx, filepath.Join(w.data, "docs"), pebbledoc.Options{Now: clock.System, Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	defer db.Close()
	names, err := db.Collections(ctx)
	must(t, err)
	for _, name := range names {
		for after := ""; ; {
			docs, err := db.Scan(ctx, name, after, 500)
			must(t, err)
			for _, d := range docs {
				after = d.ID
				if _, err := d.Body.LookupErr("outbox"); err == nil {
					left = append(left, name+"/"+d.ID)
				}
			}
			if len(docs) == 0 {
				break
			}
		}
	}
	return left
}

// eventually tries until ok, for what another process needs a moment for.
func eventually(t *testing.T, patience time.Duration, ok func() error) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		err := ok()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
