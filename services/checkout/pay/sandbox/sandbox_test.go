package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"meadow/services/checkout/pay"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/jobs"
)

// bank is the sandbox, and a shop that hears its webhooks.
type bank struct {
	*Provider
	clock *clock.Fake
	mu    sync.Mutex // guards heard
	heard []pay.Fact
}

func newBank(t *testing.T) *bank {
	t.Helper()
	x := &bank{clock: clock.NewFake(time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC))}
	db, err := pebbledoc.Open(t.Context(), "bank", pebbledoc.Options{FS: vfs.NewMem(), Now: x.clock.Now, SweepEvery: -1})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	log := slog.New(slog.DiscardHandler)
	runner, err := jobs.New(t.Context(), jobs.Deps{DB: db, Now: x.clock.Now, Log: log, Sole: true})
	must(t, err)
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var f pay.Fact
		if _, err := x.Read(body, r.Header.Get(SignatureHeader)); err != nil || json.Unmarshal(body, &f) != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		x.heard = append(x.heard, f)
	}))
	t.Cleanup(shop.Close)
	x.Provider, err = New(t.Context(), Deps{DB: db, Jobs: runner, Now: x.clock.Now, Log: log, HTTP: shop.Client(), Key: []byte("k"), Page: "/pay/", Webhook: shop.URL})
	must(t, err)
	return x
}

// begin announces a bill of 100.00.
func (x *bank) begin(t *testing.T, p id.Payment) {
	t.Helper()
	_, err := x.Begin(t.Context(), pay.Intent{Payment: p, Amount: money.CNY(10_000), Title: "Cup"})
	must(t, err)
}

func (x *bank) settle(t *testing.T, in Settle) Bill {
	t.Helper()
	b, err := x.Settle(t.Context(), in)
	must(t, err)
	return b
}

// hears is how many webhooks have come once the job has run.
func (x *bank) hears(t *testing.T) int {
	t.Helper()
	must(t, x.tellDue(t.Context()))
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.heard)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAChallengedBillIsPaidByItsCode(t *testing.T) {
	t.Parallel()
	x := newBank(t)
	x.begin(t, "pay_a")
	if b := x.settle(t, Settle{ID: "pay_a", Pay: true, Mode: Challenge}); !b.Challenge || b.Outcome != pay.Waiting {
		t.Fatalf("%+v", b)
	}
	if _, err := x.Settle(t.Context(), Settle{ID: "pay_a", Pay: true, Code: "1"}); !errors.Is(err, ErrWrongCode) {
		t.Fatalf("a wrong code: %v", err)
	}
	if b := x.settle(t, Settle{ID: "pay_a", Pay: true, Code: ChallengeCode}); b.Challenge || b.Outcome != pay.Succeeded {
		t.Errorf("%+v", b)
	}
	x.clock.Advance(time.Second)
	if n := x.hears(t); n != 1 {
		t.Errorf("%d webhooks came", n)
	}
	x.begin(t, "pay_b")
	x.settle(t, Settle{ID: "pay_b", Pay: true, Mode: Challenge})
	for range MaxCodes {
		if _, err := x.Settle(t.Context(), Settle{ID: "pay_b", Pay: true, Code: "1"}); !errors.Is(err, ErrWrongCode) {
			t.Errorf("a wrong code: %v", err)
		}
	}
	f, err := x.Query(t.Context(), "pay_b")
	must(t, err)
	if f.Outcome != pay.Failed {
		t.Errorf("after %d wrong codes the bill is %s", MaxCodes, f.Outcome)
	}
}

func TestWebhooksComeLateTwiceOrNever(t *testing.T) {
	t.Parallel()
	for mode, want := range map[Mode][2]int{"": {1, 1}, Slow: {0, 1}, Twice: {2, 2}, Lost: {0, 0}} {
		x := newBank(t)
		x.begin(t, "pay_a")
		x.settle(t, Settle{ID: "pay_a", Pay: true, Mode: mode})
		x.clock.Advance(time.Second)
		at := x.hears(t)
		x.clock.Advance(SlowBy)
		if later := x.hears(t); at != want[0] || later != want[1] {
			t.Errorf("%q: %d webhooks at once, %d later; want %v", mode, at, later, want)
		}
		f, err := x.Query(t.Context(), "pay_a")
		must(t, err)
		if f.Outcome != pay.Succeeded {
			t.Errorf("%q: whoever asks is told %s", mode, f.Outcome)
		}
	}
}

func TestRefundsComeToNoMoreThanThePaymentAndOnceEach(t *testing.T) {
	t.Parallel()
	x := newBank(t)
	x.begin(t, "pay_a")
	back := func(refund string, amount int64) error {
		return x.RefundPart(t.Context(), pay.PartBack{Refund: refund, Payment: "pay_a", Amount: money.CNY(amount)})
	}
	if err := back("rfd_1", 1); !errors.Is(err, pay.ErrTooMuch) {
		t.Errorf("of an unpaid bill: %v", err)
	}
	x.settle(t, Settle{ID: "pay_a", Pay: true})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := back("rfd_1", 6_000); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := back("rfd_2", 4_001); !errors.Is(err, pay.ErrTooMuch) {
		t.Errorf("too much: %v", err)
	}
	must(t, back("rfd_3", 4_000))
	must(t, back("rfd_3", 4_000))
	b, err := x.Bill(t.Context(), ByBill{ID: "pay_a"})
	must(t, err)
	if b.Outcome != pay.Refunded || b.Refunded != money.CNY(10_000) {
		t.Errorf("%+v", b)
	}
	if err := x.RefundPart(t.Context(), pay.PartBack{Refund: "r", Payment: "pay_none", Amount: money.CNY(1)}); !errors.Is(err, pay.ErrUnknown) {
		t.Errorf("an unknown payment: %v", err)
	}
}

func TestARefundIsRefusedAndThenTaken(t *testing.T) {
	t.Parallel()
	x := newBank(t)
	x.begin(t, "pay_a")
	x.settle(t, Settle{ID: "pay_a", Pay: true, Mode: RefuseRefunds})
	in := pay.PartBack{Refund: "rfd_1", Payment: "pay_a", Amount: money.CNY(10_000)}
	for range refusals {
		if err := x.RefundPart(t.Context(), in); !errors.Is(err, ErrBusy) {
			t.Fatalf("err = %v, want ErrBusy", err)
		}
	}
	must(t, x.RefundPart(t.Context(), in))
}

func TestADaysStatementHasAllThatMovedThatDay(t *testing.T) {
	t.Parallel()
	x := newBank(t)
	first := x.clock.Now()
	x.begin(t, "pay_a")
	x.begin(t, "pay_b")
	x.settle(t, Settle{ID: "pay_a", Pay: true})
	must(t, x.RefundPart(t.Context(), pay.PartBack{Refund: "rfd_1", Payment: "pay_a", Amount: money.CNY(3_000)}))
	x.clock.Advance(2 * time.Hour) // it is another day
	x.settle(t, Settle{ID: "pay_b", Pay: true})
	must(t, x.RefundPart(t.Context(), pay.PartBack{Refund: "rfd_2", Payment: "pay_a", Amount: money.CNY(7_000)}))
	for range 2 {
		for day, want := range map[time.Time]map[string]int64{
			first:                     {"pay_a": 10_000, "rfd_1": -3_000},
			first.Add(24 * time.Hour): {"pay_b": 10_000, "rfd_2": -7_000},
			first.Add(48 * time.Hour): {},
		} {
			got, err := x.Statement(t.Context(), day)
			must(t, err)
			if len(got) != len(want) {
				t.Errorf("%v: %+v", day, got)
			}
			for _, m := range got {
				if want[m.Ref] != m.Amount.Amount {
					t.Errorf("%v: %+v, want %d", day, m, want[m.Ref])
				}
			}
		}
	}
}
