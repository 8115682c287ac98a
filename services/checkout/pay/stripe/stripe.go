// Package stripe takes money by Stripe: the shopper pays on a Checkout page of
// theirs, and we hear of it by signed webhooks or by asking.
package stripe

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	api "github.com/stripe/stripe-go/v82"

	"meadow/services/checkout/pay"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
)

const (
	// Name is what orders call the provider.
	Name = "stripe"
	// SignatureHeader carries a webhook's signature.
	SignatureHeader = "Stripe-Signature"
	// paymentKey and refundKey are the metadata by which we know our own again.
	paymentKey = "meadow_payment"
	refundKey  = "meadow_refund"
)

// Deps is what the provider needs; every field is required, but API.
type Deps struct {
	DB   docdb.Driver
	Now  clock.Now
	Log  *slog.Logger
	HTTP *http.Client
	// Key is the secret API key, Secret the webhook endpoint's signing secret.
	Key, Secret string
	// API is where Stripe is, if not at its usual address.
	API string
}

// Provider is Stripe.
type Provider struct {
	Deps
	client   *api.Client
	sessions *docdb.Collection[session]
}

var _ pay.Provider = (*Provider)(nil)

// session is the hosted page of a payment.
type session struct {
	ID      id.Payment `bson:"_id"`
	Session string     `bson:"session"`
	URL     string     `bson:"url"`
}

// New opens the provider's records. It asks Stripe nothing.
func New(ctx context.Context, d Deps) (*Provider, error) {
	sessions, err := docdb.Open[session](ctx, d.DB, d.Now, docdb.Schema{Name: "stripe_sessions"})
	if err != nil {
		return nil, fmt.Errorf("stripe: %w", err)
	}
	cfg := &api.BackendConfig{
		HTTPClient: d.HTTP, MaxNetworkRetries: api.Int64(1), EnableTelemetry: api.Bool(false),
		LeveledLogger: &api.LeveledLogger{Level: api.LevelNull},
	}
	if d.API != "" {
		cfg.URL = api.String(d.API)
	}
	client := api.NewClient(d.Key, api.WithBackends(api.NewBackendsWithConfig(cfg)))
	return &Provider{Deps: d, client: client, sessions: sessions}, nil
}

func (p *Provider) Name() string { return Name }

// Begin makes a Checkout page. The payment's id is the request's, so that Stripe
// answers a second try with the same page, should we die before we know it.
func (p *Provider) Begin(ctx context.Context, in pay.Intent) (string, error) {
	known, err := p.sessions.Get(ctx, string(in.Payment))
	if err == nil {
		return known.URL, nil
	}
	if !errors.Is(err, docdb.ErrNotFound) {
		return "", err
	}
	note := map[string]string{paymentKey: string(in.Payment)}
	params := &api.CheckoutSessionCreateParams{
		Mode:              api.String(string(api.CheckoutSessionModePayment)),
		ClientReferenceID: api.String(string(in.Payment)),
		SuccessURL:        api.String(in.Return), CancelURL: api.String(in.Return),
		Metadata:          note,
		PaymentIntentData: &api.CheckoutSessionCreatePaymentIntentDataParams{Metadata: note},
		LineItems: []*api.CheckoutSessionCreateLineItemParams{{
			Quantity: api.Int64(1),
			PriceData: &api.CheckoutSessionCreateLineItemPriceDataParams{
				Currency: api.String(strings.ToLower(in.Amount.Currency)), UnitAmount: api.Int64(in.Amount.Amount),
				ProductData: &api.CheckoutSessionCreateLineItemPriceDataProductDataParams{Name: api.String(in.Title)},
			},
		}},
	}
	params.SetIdempotencyKey(string(in.Payment))
	made, err := p.client.V1CheckoutSessions.Create(ctx, params)
	if err != nil {
		return "", fault("begin", err)
	}
	err = p.sessions.Insert(ctx, string(in.Payment), session{ID: in.Payment, Session: made.ID, URL: made.URL})
	if err != nil && !errors.Is(err, docdb.ErrExists) {
		return "", err
	}
	return made.URL, nil
}

// Query asks how a page's payment stands.
func (p *Provider) Query(ctx context.Context, payment id.Payment) (pay.Fact, error) {
	s, err := p.session(ctx, payment)
	if err != nil {
		return pay.Fact{}, err
	}
	f := pay.Fact{Payment: payment, Outcome: outcome(s), Amount: amount(s.AmountTotal, s.Currency), At: p.Now()}
	if charge := paidBy(s); charge != nil {
		if f.At = time.Unix(charge.Created, 0).UTC(); charge.Refunded {
			f.Outcome = pay.Refunded
		}
	}
	return f, nil
}

// session reads a payment's page, with what was paid there.
func (p *Provider) session(ctx context.Context, payment id.Payment) (*api.CheckoutSession, error) {
	known, err := p.sessions.Get(ctx, string(payment))
	if errors.Is(err, docdb.ErrNotFound) {
		return nil, pay.ErrUnknown.Because(err)
	}
	if err != nil {
		return nil, err
	}
	params := &api.CheckoutSessionRetrieveParams{}
	params.AddExpand("payment_intent.latest_charge")
	s, err := p.client.V1CheckoutSessions.Retrieve(ctx, known.Session, params)
	if err != nil {
		return nil, fault("query", err)
	}
	return s, nil
}

// outcome is how a page stands, refunds left aside.
func outcome(s *api.CheckoutSession) pay.Outcome {
	switch {
	case s.PaymentStatus == api.CheckoutSessionPaymentStatusPaid:
		return pay.Succeeded
	case s.Status == api.CheckoutSessionStatusExpired:
		return pay.Failed
	}
	return pay.Waiting
}

// paidBy is the charge of a page's payment, or nil.
func paidBy(s *api.CheckoutSession) *api.Charge {
	if s.PaymentIntent == nil {
		return nil
	}
	return s.PaymentIntent.LatestCharge
}

// RefundPart sends some of a payment back. Stripe remembers a request for a day
// or so; after that the refunds that are there tell whether this one is.
func (p *Provider) RefundPart(ctx context.Context, in pay.PartBack) error {
	s, err := p.session(ctx, in.Payment)
	if err != nil {
		return err
	}
	if s.PaymentIntent == nil || outcome(s) != pay.Succeeded || in.Amount.Amount <= 0 || !strings.EqualFold(in.Amount.Currency, string(s.Currency)) {
		return pay.ErrTooMuch
	}
	left, failed := s.AmountTotal, 0
	for r, err := range p.client.V1Refunds.List(ctx, &api.RefundListParams{PaymentIntent: api.String(s.PaymentIntent.ID)}) {
		if err != nil {
			return fault("refunds", err)
		}
		if fell(r) {
			if r.Metadata[refundKey] == in.Refund {
				failed++
			}
			continue
		}
		if r.Metadata[refundKey] == in.Refund {
			return nil
		}
		left -= r.Amount
	}
	if in.Amount.Amount > left {
		return pay.ErrTooMuch
	}
	params := &api.RefundCreateParams{
		PaymentIntent: api.String(s.PaymentIntent.ID), Amount: api.Int64(in.Amount.Amount),
		Metadata: map[string]string{paymentKey: string(in.Payment), refundKey: in.Refund},
	}
	key := in.Refund
	if failed > 0 { // Stripe would answer with the one that failed
		key += fmt.Sprintf("-%d", failed)
	}
	params.SetIdempotencyKey(key)
	made, err := p.client.V1Refunds.Create(ctx, params)
	if err == nil && fell(made) {
		return fmt.Errorf("stripe: refund %s %s: %s", made.ID, made.Status, made.FailureReason)
	}
	if e, ok := errors.AsType[*api.Error](err); ok && e.Code == api.ErrorCodeChargeAlreadyRefunded {
		return pay.ErrTooMuch.Because(err)
	}
	return fault("refund", err)
}

// fell reports whether a refund's money did not go, or came back.
func fell(r *api.Refund) bool {
	return r.Status == api.RefundStatusFailed || r.Status == api.RefundStatusCanceled
}

// Statement is every movement of the balance on one day that shoppers' money made.
// Payouts to our bank and Stripe's own bills are not.
func (p *Provider) Statement(ctx context.Context, day time.Time) ([]pay.Movement, error) {
	from := day.UTC().Truncate(24 * time.Hour)
	params := &api.BalanceTransactionListParams{CreatedRange: &api.RangeQueryParams{
		GreaterThanOrEqual: from.Unix(), LesserThan: from.Add(24 * time.Hour).Unix(),
	}}
	params.Limit = api.Int64(100)
	params.AddExpand("data.source")
	out := []pay.Movement{}
	for b, err := range p.client.V1BalanceTransactions.List(ctx, params) {
		if err != nil {
			return nil, fault("statement", err)
		}
		switch b.Type {
		case api.BalanceTransactionTypePayout, api.BalanceTransactionTypePayoutCancel, api.BalanceTransactionTypePayoutFailure, api.BalanceTransactionTypeStripeFee:
			continue
		}
		out = append(out, movement(b))
	}
	return out, nil
}

// movement names a movement as we do. One that is not ours keeps Stripe's name,
// for somebody to look at.
func movement(b *api.BalanceTransaction) pay.Movement {
	m := pay.Movement{Ref: b.ID, Amount: amount(b.Amount, b.Currency), Fee: amount(b.Fee, b.Currency), At: time.Unix(b.Created, 0).UTC()}
	switch s := b.Source; {
	case s == nil:
	case s.Charge != nil && s.Charge.Metadata[paymentKey] != "":
		m.Ref, m.Payment = s.Charge.Metadata[paymentKey], id.Payment(s.Charge.Metadata[paymentKey])
		m.Amount = amount(s.Charge.Amount, s.Charge.Currency) // of the sale, where the balance is in another currency
	case s.Refund != nil && s.Refund.Metadata[refundKey] != "":
		m.Ref, m.Payment = s.Refund.Metadata[refundKey], id.Payment(s.Refund.Metadata[paymentKey])
		if m.Amount = amount(-s.Refund.Amount, s.Refund.Currency); b.Amount > 0 {
			m.Ref, m.Amount = b.ID, m.Amount.Neg() // a refund that failed comes back
		}
	}
	return m
}

func amount(n int64, currency api.Currency) money.Money {
	return money.Money{Amount: n, Currency: strings.ToUpper(string(currency))}
}

// fault says where Stripe failed us; nil stays nil.
func fault(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("stripe: %s: %w", what, err)
}
