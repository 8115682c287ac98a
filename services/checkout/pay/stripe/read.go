package stripe

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	api "github.com/stripe/stripe-go/v82"
	"github.com/stripe/stripe-go/v82/webhook"

	"meadow/services/checkout/pay"
	"meadow/services/kernel/id"
)

// Read checks a webhook. The library takes one that is dated in the future, so
// its time is checked here, both ways. A message about nothing of ours has no
// payment.
func (p *Provider) Read(body []byte, signature string) (pay.Fact, error) {
	if err := webhook.ValidatePayloadIgnoringTolerance(body, signature, p.Secret); err != nil {
		return pay.Fact{}, pay.ErrSignature.Because(err)
	}
	if at, ok := signedAt(signature); !ok || p.Now().Sub(at).Abs() > pay.SignatureWindow {
		return pay.Fact{}, pay.ErrSignature
	}
	var e api.Event
	if err := json.Unmarshal(body, &e); err != nil {
		return pay.Fact{}, pay.ErrSignature.Because(fmt.Errorf("signed, but no event: %w", err))
	}
	f := pay.Fact{Event: e.ID, At: time.Unix(e.Created, 0).UTC()}
	if e.Data == nil || e.ID == "" {
		return f, nil
	}
	switch e.Type {
	case api.EventTypeCheckoutSessionCompleted, api.EventTypeCheckoutSessionAsyncPaymentSucceeded:
		return ofSession(f, e.Data.Raw, "")
	case api.EventTypeCheckoutSessionAsyncPaymentFailed, api.EventTypeCheckoutSessionExpired:
		return ofSession(f, e.Data.Raw, pay.Failed)
	case api.EventTypeChargeRefunded:
		return ofCharge(f, e.Data.Raw)
	case api.EventTypeRefundUpdated, api.EventTypeRefundFailed:
		return ofRefund(f, e.Data.Raw)
	}
	return f, nil
}

// signedAt is the instant that a signature is of. One that names two is nobody's:
// the library would check the other.
func signedAt(signature string) (at time.Time, ok bool) {
	for part := range strings.SplitSeq(signature, ",") {
		t, named := strings.CutPrefix(strings.TrimSpace(part), "t=")
		if !named {
			continue
		}
		n, err := strconv.ParseInt(t, 10, 64)
		if err != nil || ok {
			return time.Time{}, false
		}
		at, ok = time.Unix(n, 0), true
	}
	return at, ok
}

// ofSession says what an event tells of a page: to, or how the page stands.
func ofSession(f pay.Fact, raw []byte, to pay.Outcome) (pay.Fact, error) {
	var s api.CheckoutSession
	if err := json.Unmarshal(raw, &s); err != nil {
		return pay.Fact{}, pay.ErrSignature.Because(err)
	}
	f.Payment, f.Amount, f.Outcome = id.Payment(s.Metadata[paymentKey]), amount(s.AmountTotal, s.Currency), to
	if to == "" {
		f.Outcome = outcome(&s)
	}
	return f, nil
}

// ofCharge says whether all of a charge went back. Parts are of no news to us: we
// asked for them.
func ofCharge(f pay.Fact, raw []byte) (pay.Fact, error) {
	var c api.Charge
	if err := json.Unmarshal(raw, &c); err != nil {
		return pay.Fact{}, pay.ErrSignature.Because(err)
	}
	if !c.Refunded {
		return f, nil
	}
	f.Payment, f.Amount, f.Outcome = id.Payment(c.Metadata[paymentKey]), amount(c.Amount, c.Currency), pay.Refunded
	return f, nil
}

// ofRefund says whether a refund of ours fell through.
func ofRefund(f pay.Fact, raw []byte) (pay.Fact, error) {
	var r api.Refund
	if err := json.Unmarshal(raw, &r); err != nil {
		return pay.Fact{}, pay.ErrSignature.Because(err)
	}
	if !fell(&r) || r.Metadata[refundKey] == "" {
		return f, nil
	}
	f.Payment, f.Amount, f.Outcome = id.Payment(r.Metadata[paymentKey]), amount(r.Amount, r.Currency), pay.Unrefunded
	f.Event, f.Refund = "refund "+r.ID, r.Metadata[refundKey] // both events say it, once is enough
	return f, nil
}
