package alipay

import (
	"net/url"
	"time"

	api "github.com/smartwalle/alipay/v3"

	"meadow/services/checkout/pay"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
)

// Read checks a notification: a form that carries its own signature, so there is
// no other. It has to be ours, and of now.
func (p *Provider) Read(body []byte, _ string) (pay.Fact, error) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return pay.Fact{}, pay.ErrSignature.Because(err)
	}
	for name, v := range values {
		if len(v) != 1 {
			return pay.Fact{}, pay.ErrSignature.With(name, "is said twice") // which of them is signed?
		}
	}
	n, err := p.client.DecodeNotification(values)
	if err != nil {
		return pay.Fact{}, pay.ErrSignature.Because(err)
	}
	at, err := time.ParseInLocation(form, n.NotifyTime, shanghai)
	if err != nil || p.Now().Sub(at).Abs() > pay.SignatureWindow || n.AppId != p.App || n.NotifyId == "" {
		return pay.Fact{}, pay.ErrSignature
	}
	f := pay.Fact{Event: n.NotifyId, At: at.UTC()}
	if n.NotifyType != api.NotifyTypeTradeStatusSync {
		return f, nil
	}
	amount, err := fen(n.TotalAmount)
	if err != nil {
		return pay.Fact{}, pay.ErrSignature.Because(err)
	}
	f.Payment, f.Amount, f.Outcome = id.Payment(n.OutTradeNo), money.CNY(amount), outcome(n.TradeStatus, n.GmtPayment != "")
	if paid, err := time.ParseInLocation(form, n.GmtPayment, shanghai); err == nil && f.Outcome == pay.Succeeded {
		f.At = paid.UTC()
	}
	return f, nil
}
