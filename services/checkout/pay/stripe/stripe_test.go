package stripe

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stripe/stripe-go/v82/webhook"

	"meadow/services/checkout/pay"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb/pebbledoc"
)

// fake is as much of Stripe's API as we use.
type fake struct {
	mu       sync.Mutex // guards what follows
	now      clock.Now
	paid     bool
	sessions map[string]object // by idempotency key
	refunds  []object
	moves    []object
	creates  int
	status   string // of refunds, if they do not succeed
	refuse   int    // refunds to fail before one is taken
}

type object = map[string]any

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer sk_test" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	_ = r.ParseForm()
	switch path := r.Method + " " + r.URL.Path; {
	case path == "POST /v1/checkout/sessions":
		f.begin(w, r)
	case strings.HasPrefix(path, "GET /v1/checkout/sessions/"):
		f.show(w)
	case path == "POST /v1/refunds":
		f.refund(w, r)
	case path == "GET /v1/refunds":
		answer(w, object{"object": "list", "data": f.refunds, "has_more": false})
	case path == "GET /v1/balance_transactions":
		f.statement(w, r)
	default:
		w.WriteHeader(http.StatusNotFound)
		answer(w, object{"error": object{"type": "invalid_request_error", "message": path}})
	}
}

func answer(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }

func (f *fake) begin(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("Idempotency-Key")
	if s, known := f.sessions[key]; known {
		answer(w, s)
		return
	}
	f.creates++
	n, _ := strconv.ParseInt(r.Form.Get("line_items[0][price_data][unit_amount]"), 10, 64)
	s := object{
		"id": "cs_1", "object": "checkout.session", "url": "https://checkout.stripe.example/cs_1", "status": "open", "payment_status": "unpaid",
		"amount_total": n, "currency": r.Form.Get("line_items[0][price_data][currency]"),
		"metadata": object{paymentKey: r.Form.Get("metadata[" + paymentKey + "]")},
	}
	f.sessions[key] = s
	answer(w, s)
}

func (f *fake) session() object {
	for _, s := range f.sessions {
		if f.paid {
			s["status"], s["payment_status"] = "complete", "paid"
			s["payment_intent"] = object{"id": "pi_1", "object": "payment_intent", "latest_charge": f.charge(s)}
		}
		return s
	}
	return nil
}

func (f *fake) charge(s object) object {
	var back int64
	for _, r := range f.refunds {
		back += r["amount"].(int64)
	}
	return object{
		"id": "ch_1", "object": "charge", "amount": s["amount_total"], "currency": s["currency"], "created": f.now().Unix(),
		"refunded": back == s["amount_total"], "amount_refunded": back, "metadata": s["metadata"],
	}
}

func (f *fake) show(w http.ResponseWriter) { answer(w, f.session()) }

func (f *fake) refund(w http.ResponseWriter, r *http.Request) {
	if f.refuse > 0 {
		f.refuse--
		w.WriteHeader(http.StatusBadRequest)
		answer(w, object{"error": object{"type": "api_error", "message": "busy"}})
		return
	}
	n, _ := strconv.ParseInt(r.Form.Get("amount"), 10, 64)
	x := object{
		"id": fmt.Sprintf("re_%d", len(f.refunds)), "object": "refund", "amount": n, "currency": "cny", "status": cmp.Or(f.status, "succeeded"),
		"metadata": object{refundKey: r.Form.Get("metadata[" + refundKey + "]"), paymentKey: r.Form.Get("metadata[" + paymentKey + "]")},
	}
	f.refunds = append(f.refunds, x)
	f.moves = append(f.moves, object{"id": fmt.Sprintf("txn_r%d", len(f.refunds)), "type": "refund", "amount": -n, "currency": "cny", "created": f.now().Unix(), "source": x})
	answer(w, x)
}

func (f *fake) statement(w http.ResponseWriter, r *http.Request) {
	from, _ := strconv.ParseInt(r.Form.Get("created[gte]"), 10, 64)
	until, _ := strconv.ParseInt(r.Form.Get("created[lt]"), 10, 64)
	out := []object{}
	for _, m := range f.moves {
		if at := m["created"].(int64); at >= from && at < until {
			out = append(out, m)
		}
	}
	answer(w, object{"object": "list", "data": out, "has_more": false})
}

func newProvider(t *testing.T) (*Provider, *fake, *clock.Fake) {
	t.Helper()
	k := clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	db, err := pebbledoc.Open(t.Context(), "stripe", pebbledoc.Options{FS: vfs.NewMem(), Now: k.Now, SweepEvery: -1})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	f := &fake{now: k.Now, sessions: map[string]object{}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	p, err := New(t.Context(), Deps{
		DB: db, Now: k.Now, Log: slog.New(slog.DiscardHandler), HTTP: server.Client(), Key: "sk_test", Secret: "whsec_test", API: server.URL,
	})
	must(t, err)
	return p, f, k
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var intent = pay.Intent{Payment: "pay_a", Order: "ord_a", Amount: money.CNY(10_000), Title: "Cup", Return: "https://shop.example/orders/ord_a"}

func TestAPaymentHasOnePage(t *testing.T) {
	t.Parallel()
	p, f, _ := newProvider(t)
	first, err := p.Begin(t.Context(), intent)
	must(t, err)
	must(t, p.sessions.Delete(t.Context(), "pay_a")) // we died before we knew it
	second, err := p.Begin(t.Context(), intent)
	must(t, err)
	if _, err = p.Begin(t.Context(), intent); err != nil || first != second || f.creates != 1 {
		t.Errorf("%s and %s, %d pages, %v", first, second, f.creates, err)
	}
}

func TestWhoeverAsksIsToldHowAPaymentStands(t *testing.T) {
	t.Parallel()
	p, f, _ := newProvider(t)
	if _, err := p.Query(t.Context(), "pay_a"); !errors.Is(err, pay.ErrUnknown) {
		t.Errorf("never begun: %v", err)
	}
	_, err := p.Begin(t.Context(), intent)
	must(t, err)
	is := func(want pay.Outcome) {
		t.Helper()
		got, err := p.Query(t.Context(), "pay_a")
		must(t, err)
		if got.Outcome != want || got.Amount != money.CNY(10_000) || got.Payment != "pay_a" {
			t.Errorf("%+v, want %s", got, want)
		}
	}
	is(pay.Waiting)
	f.paid = true
	is(pay.Succeeded)
	must(t, p.RefundPart(t.Context(), pay.PartBack{Refund: "rfd_1", Payment: "pay_a", Amount: money.CNY(10_000)}))
	is(pay.Refunded)
}

func TestRefundsAreMadeOnceAndComeToNoMoreThanThePayment(t *testing.T) {
	t.Parallel()
	p, f, _ := newProvider(t)
	_, err := p.Begin(t.Context(), intent)
	must(t, err)
	back := func(refund string, n int64) error {
		return p.RefundPart(t.Context(), pay.PartBack{Refund: refund, Payment: "pay_a", Amount: money.CNY(n)})
	}
	if err := back("rfd_1", 1); !errors.Is(err, pay.ErrTooMuch) {
		t.Errorf("of an unpaid page: %v", err)
	}
	f.paid, f.refuse = true, 1
	if err := back("rfd_1", 6_000); err == nil {
		t.Error("a failure of Stripe's is no refund")
	}
	must(t, back("rfd_1", 6_000))
	must(t, back("rfd_1", 6_000))
	if err := back("rfd_2", 4_001); !errors.Is(err, pay.ErrTooMuch) {
		t.Errorf("too much: %v", err)
	}
	must(t, back("rfd_3", 4_000))
	if len(f.refunds) != 2 {
		t.Errorf("%d refunds were made, want 2", len(f.refunds))
	}
}

func TestARefundThatFailsIsNoneAndIsMadeAgain(t *testing.T) {
	t.Parallel()
	p, f, _ := newProvider(t)
	_, err := p.Begin(t.Context(), intent)
	must(t, err)
	f.paid, f.status = true, "failed"
	part := pay.PartBack{Refund: "rfd_1", Payment: "pay_a", Amount: money.CNY(10_000)}
	if err := p.RefundPart(t.Context(), part); err == nil {
		t.Error("one that failed is taken for done")
	}
	f.status = "succeeded"
	for range 2 {
		must(t, p.RefundPart(t.Context(), part))
	}
	if len(f.refunds) != 2 {
		t.Errorf("%d refunds were made, want one that failed and one that did not", len(f.refunds))
	}
}

func TestADaysStatementIsNamedAsWeNameIt(t *testing.T) {
	t.Parallel()
	p, f, k := newProvider(t)
	_, err := p.Begin(t.Context(), intent)
	must(t, err)
	f.paid = true
	charge := f.charge(f.session())
	f.moves = append(f.moves,
		object{"id": "txn_c", "type": "charge", "amount": 10_000, "fee": 340, "currency": "cny", "created": k.Now().Unix(), "source": charge},
		object{"id": "txn_p", "type": "payout", "amount": -9_000, "currency": "cny", "created": k.Now().Unix()},
		object{"id": "txn_x", "type": "adjustment", "amount": -5, "currency": "cny", "created": k.Now().Unix()},
		object{"id": "txn_y", "type": "charge", "amount": 7, "currency": "cny", "created": k.Now().Add(-24 * time.Hour).Unix()},
	)
	must(t, p.RefundPart(t.Context(), pay.PartBack{Refund: "rfd_1", Payment: "pay_a", Amount: money.CNY(6_000)}))
	got, err := p.Statement(t.Context(), k.Now())
	must(t, err)
	want := []pay.Movement{
		{Ref: "pay_a", Payment: "pay_a", Amount: money.CNY(10_000), Fee: money.CNY(340), At: k.Now()},
		{Ref: "txn_x", Amount: money.CNY(-5), Fee: money.CNY(0), At: k.Now()},
		{Ref: "rfd_1", Payment: "pay_a", Amount: money.CNY(-6_000), Fee: money.CNY(0), At: k.Now()},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestAWebhookIsTakenIfStripeSignedItNow(t *testing.T) {
	t.Parallel()
	p, _, k := newProvider(t)
	session := `{"id":"cs_1","object":"checkout.session","payment_status":"paid","status":"complete","amount_total":10000,"currency":"cny","metadata":{"meadow_payment":"pay_a"}}`
	event := func(kind, body string) []byte {
		return fmt.Appendf(nil, `{"id":"evt_1","object":"event","type":%q,"created":%d,"data":{"object":%s}}`, kind, k.Now().Unix(), body)
	}
	sign := func(at time.Time, body []byte, secret string) string {
		return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(webhook.ComputeSignature(at, body, secret)))
	}
	body := event("checkout.session.completed", session)
	for name, tt := range map[string]struct {
		signature string
		taken     bool
	}{
		"as it should be":  {sign(k.Now(), body, "whsec_test"), true},
		"a little old":     {sign(k.Now().Add(-299*time.Second), body, "whsec_test"), true},
		"a little early":   {sign(k.Now().Add(299*time.Second), body, "whsec_test"), true},
		"too old":          {sign(k.Now().Add(-301*time.Second), body, "whsec_test"), false},
		"of the future":    {sign(k.Now().Add(time.Hour), body, "whsec_test"), false},
		"by another":       {sign(k.Now(), body, "whsec_other"), false},
		"of other bytes":   {sign(k.Now(), append([]byte(" "), body...), "whsec_test"), false},
		"with two times":   {fmt.Sprintf("t=%d,", k.Now().Unix()) + sign(k.Now().Add(time.Hour), body, "whsec_test"), false},
		"nothing":          {"", false},
		"without a scheme": {"t=1", false},
	} {
		f, err := p.Read(body, tt.signature)
		if tt.taken != (err == nil) || err != nil && !errors.Is(err, pay.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
		if tt.taken && (f.Event != "evt_1" || f.Payment != "pay_a" || f.Outcome != pay.Succeeded || f.Amount != money.CNY(10_000)) {
			t.Errorf("%s: %+v", name, f)
		}
	}
	for _, tt := range []struct {
		kind, body string
		want       pay.Outcome
	}{
		{"checkout.session.expired", strings.Replace(session, `"paid"`, `"unpaid"`, 1), pay.Failed},
		{"checkout.session.async_payment_failed", session, pay.Failed},
		{"checkout.session.completed", strings.Replace(session, `"paid"`, `"unpaid"`, 1), pay.Waiting},
		{"charge.refunded", `{"id":"ch_1","object":"charge","amount":10000,"currency":"cny","refunded":true,"metadata":{"meadow_payment":"pay_a"}}`, pay.Refunded},
		{"charge.refunded", `{"id":"ch_1","object":"charge","amount":10000,"currency":"cny","refunded":false,"metadata":{"meadow_payment":"pay_a"}}`, ""},
		{"refund.failed", `{"id":"re_1","object":"refund","amount":100,"currency":"cny","status":"failed","metadata":{"meadow_payment":"pay_a","meadow_refund":"rfd_1"}}`, pay.Unrefunded},
		{"refund.updated", `{"id":"re_1","object":"refund","amount":100,"currency":"cny","status":"succeeded","metadata":{"meadow_payment":"pay_a","meadow_refund":"rfd_1"}}`, ""},
		{"customer.created", `{"id":"cus_1","object":"customer"}`, ""},
	} {
		body := event(tt.kind, tt.body)
		f, err := p.Read(body, sign(k.Now(), body, "whsec_test"))
		if err != nil || f.Outcome != tt.want || (f.Payment == "") != (tt.want == "") {
			t.Errorf("%s: %+v, %v; want %s", tt.kind, f, err, tt.want)
		}
	}
}
