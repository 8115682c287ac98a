// Package alipay takes money by Alipay (支付宝): the shopper pays on a page or in
// the app of theirs, and we hear of it by signed notifications or by asking.
package alipay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	api "github.com/smartwalle/alipay/v3"

	"meadow/services/checkout/pay"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
)

const (
	// Name is what orders call the provider.
	Name = "alipay"
	// Taken is what a notification is answered with, as plain text; any other answer
	// has it sent again.
	Taken = "success"
	// currency is the one that its payments are in.
	currency = "CNY"
	// form is how its clocks write an instant, in the zone of Shanghai.
	form = time.DateTime
)

// shanghai has had no summer time since 1991.
var shanghai = time.FixedZone("CST", 8*60*60)

// ErrCurrency means that a payment is not in renminbi.
var ErrCurrency = errs.New(errs.Invalid, "alipay_currency", "Alipay takes renminbi only.")

// errPending means that a refund was taken and is not through yet.
var errPending = errors.New("alipay: the refund is not through yet")

// Deps is what the provider needs; every field is required, but Gateway.
type Deps struct {
	Now  clock.Now
	HTTP *http.Client
	// App is our id there; Key signs what we say, AlipayKey checks what they say.
	App, Key, AlipayKey string
	// Notify is where we hear of payments: an absolute address.
	Notify string
	// Gateway is where Alipay is, if not at its usual address.
	Gateway string
}

// Provider is Alipay. It keeps nothing: its trades bear our payments' ids.
type Provider struct {
	Deps
	client *api.Client
}

var _ pay.Provider = (*Provider)(nil)

// New reads the keys. It asks Alipay nothing.
func New(d Deps) (*Provider, error) {
	options := []api.OptionFunc{api.WithHTTPClient(d.HTTP), api.WithTimeLocation(shanghai)}
	if d.Gateway != "" {
		options = append(options, api.WithProductionGateway(d.Gateway))
	}
	client, err := api.New(d.App, d.Key, true, options...)
	if err == nil {
		err = client.LoadAliPayPublicKey(d.AlipayKey)
	}
	if err != nil {
		return nil, fmt.Errorf("alipay: %w", err)
	}
	return &Provider{Deps: d, client: client}, nil
}

func (p *Provider) Name() string { return Name }

// Begin signs the address of the page to pay on. Alipay makes the trade when the
// shopper gets there, one for each payment's id.
func (p *Provider) Begin(_ context.Context, in pay.Intent) (string, error) {
	if in.Amount.Currency != currency {
		return "", ErrCurrency
	}
	u, err := p.client.TradePagePay(api.TradePagePay{Trade: api.Trade{
		NotifyURL: p.Notify, ReturnURL: in.Return,
		Subject: in.Title, OutTradeNo: string(in.Payment), TotalAmount: yuan(in.Amount.Amount), ProductCode: "FAST_INSTANT_TRADE_PAY",
	}})
	if err != nil {
		return "", fmt.Errorf("alipay: begin: %w", err)
	}
	return u.String(), nil
}

// Query asks how a payment's trade stands.
func (p *Provider) Query(ctx context.Context, payment id.Payment) (pay.Fact, error) {
	got, err := p.client.TradeQuery(ctx, api.TradeQuery{OutTradeNo: string(payment)})
	if err = outcomeOf("query", err, func() api.Error { return got.Error }); err != nil {
		return pay.Fact{}, err
	}
	amount, err := fen(got.TotalAmount)
	if err != nil {
		return pay.Fact{}, err
	}
	f := pay.Fact{Payment: payment, Amount: money.CNY(amount), Outcome: outcome(got.TradeStatus, got.SendPayDate != ""), At: p.Now()}
	if at, err := time.ParseInLocation(form, got.SendPayDate, shanghai); err == nil {
		f.At = at.UTC()
	}
	return f, nil
}

// outcome is how a trade stands. One that is closed was never paid, or all of it
// went back.
func outcome(s api.TradeStatus, paid bool) pay.Outcome {
	switch s {
	case api.TradeStatusSuccess, api.TradeStatusFinished:
		return pay.Succeeded
	case api.TradeStatusClosed:
		if paid {
			return pay.Refunded
		}
		return pay.Failed
	}
	return pay.Waiting
}

// RefundPart sends some of a payment back. The refund's id is the request's, and
// Alipay makes one refund of it for good. Where it does not say that money moved,
// it is asked whether the refund is there.
func (p *Provider) RefundPart(ctx context.Context, in pay.PartBack) error {
	if in.Amount.Currency != currency || in.Amount.Amount <= 0 {
		return pay.ErrTooMuch
	}
	got, err := p.client.TradeRefund(ctx, api.TradeRefund{
		OutTradeNo: string(in.Payment), OutRequestNo: in.Refund, RefundAmount: yuan(in.Amount.Amount), RefundReason: "refund",
	})
	if err = outcomeOf("refund", err, func() api.Error { return got.Error }); err != nil || got.FundChange == "Y" {
		return err
	}
	asked, err := p.client.TradeFastPayRefundQuery(ctx, api.TradeFastPayRefundQuery{OutTradeNo: string(in.Payment), OutRequestNo: in.Refund})
	if err = outcomeOf("refund query", err, func() api.Error { return asked.Error }); err != nil {
		return err
	}
	if asked.RefundStatus != "REFUND_SUCCESS" {
		return errPending
	}
	return nil
}

// outcomeOf translates what a call came to. answer is asked only if there was one.
func outcomeOf(what string, err error, answer func() api.Error) error {
	said, refused := errors.AsType[*api.Error](err)
	switch {
	case refused:
		err = nil
	case err != nil:
		return fmt.Errorf("alipay: %s: %w", what, err)
	default:
		said = new(answer())
	}
	switch {
	case said.IsSuccess():
		return nil
	case said.SubCode == "ACQ.TRADE_NOT_EXIST":
		return pay.ErrUnknown.Because(said)
	case said.SubCode == "ACQ.REASON_TRADE_REFUND_FEE_ERR", said.SubCode == "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", said.SubCode == "ACQ.TRADE_STATUS_ERROR", said.SubCode == "ACQ.TRADE_HAS_CLOSE":
		return pay.ErrTooMuch.Because(said)
	}
	return fmt.Errorf("alipay: %s: %s: %w", what, said.SubCode, said)
}

// yuan writes fen as Alipay does: 1234 is "12.34".
func yuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

// fen reads what yuan writes, with fewer digits too.
func fen(yuan string) (int64, error) {
	text := strings.TrimSpace(yuan)
	text, negative := strings.CutPrefix(text, "-")
	whole, rest, _ := strings.Cut(text, ".")
	for len(rest) < 2 {
		rest += "0"
	}
	n, err := strconv.ParseUint(whole+rest, 10, 62)
	if err != nil || len(rest) != 2 || whole == "" {
		return 0, fmt.Errorf("alipay: %q is no amount", yuan)
	}
	if negative {
		return -int64(n), nil
	}
	return int64(n), nil
}
