package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"meadow/services/checkout/pay"
	"meadow/services/checkout/pay/alipay"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/checkout/pay/stripe"
	"meadow/services/fulfil/carrier"
	carriers "meadow/services/fulfil/carrier/sandbox"
	"meadow/services/ledger/payout"
	payouts "meadow/services/ledger/payout/sandbox"
	"meadow/services/platform/rpc"
	"meadow/services/platform/web"
)

// trade says what is wrong with whom the shop works with: its payment providers,
// carriers and bank. Keys are needed where the till is.
func (c *Config) trade() error {
	var wrong []error
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	for _, x := range []struct {
		flag, given string
		known       []string
	}{
		{"-payments", c.Payments, []string{sandbox.Name, stripe.Name, alipay.Name}},
		{"-carriers", c.Carriers, []string{carriers.Name}},
		{"-payouts", c.Payouts, []string{payouts.Name}},
	} {
		for _, name := range list(x.given) {
			if !slices.Contains(x.known, name) {
				say("%s: %q is not one of %s", x.flag, name, strings.Join(x.known, ", "))
			}
		}
	}
	if real := c.real(); real != "" && !c.Prod { // -prod refuses both by themselves
		if c.Ahead != 0 {
			say("-ahead makes the clock wrong, and %s is real; leave out one of them", real)
		}
		if c.Demo {
			say("-demo fills the shop with invented people, and %s is real; leave out one of them", real)
		}
	}
	if !slices.Contains(c.roles(), Checkout) {
		return errors.Join(wrong...)
	}
	if slices.Contains(list(c.Payments), stripe.Name) && (c.StripeKey == "" || c.StripeSecret == "") {
		say("-payments stripe needs -stripe-key and -stripe-webhook-secret")
	}
	if slices.Contains(list(c.Payments), alipay.Name) {
		if c.AlipayApp == "" || c.AlipayKey == "" || c.AlipayPublic == "" {
			say("-payments alipay needs -alipay-app, -alipay-key and -alipay-public-key")
		}
		if c.Currency != "CNY" {
			say("-payments alipay takes CNY only, and -currency is %s", c.Currency)
		}
	}
	return errors.Join(wrong...)
}

// real is the first setting that names somebody who moves real money or goods, or
// "" if only sandboxes do.
func (c *Config) real() string {
	for _, x := range []struct{ flag, given, sandbox string }{
		{"-payments", c.Payments, sandbox.Name}, {"-carriers", c.Carriers, carriers.Name}, {"-payouts", c.Payouts, payouts.Name},
	} {
		for _, name := range list(x.given) {
			if name != x.sandbox {
				return x.flag + " " + name
			}
		}
	}
	return ""
}

func (s *System) sandboxed() bool { return slices.Contains(list(s.cfg.Payments), sandbox.Name) }

// newProviders builds the payment providers that are offered, in the order they
// are named in.
func (s *System) newProviders(ctx context.Context) error {
	for _, name := range list(s.cfg.Payments) {
		var p pay.Provider
		var err error
		switch name {
		case sandbox.Name:
			s.SandboxCore, err = sandbox.New(ctx, sandbox.Deps{
				DB: s.stores.DB, Jobs: s.jobs, Now: s.now, Log: s.log, HTTP: s.http, Key: s.keys.sandbox,
				Page: s.cfg.PublicURL + sandboxPage, Webhook: s.cfg.PublicURL + webhookPath + sandbox.Name,
			})
			if err == nil {
				s.Sandbox = s.SandboxCore
				s.runs("sandbox", s.SandboxCore.Run)
			}
			p = s.SandboxCore
		case stripe.Name:
			p, err = stripe.New(ctx, stripe.Deps{DB: s.stores.DB, Now: s.now, Log: s.log, HTTP: s.http, Key: s.cfg.StripeKey, Secret: s.cfg.StripeSecret})
		case alipay.Name:
			p, err = alipay.New(alipay.Deps{
				Now: s.now, HTTP: s.http, App: s.cfg.AlipayApp, Key: s.cfg.AlipayKey, AlipayKey: s.cfg.AlipayPublic,
				Notify: s.cfg.PublicURL + webhookPath + alipay.Name,
			})
		}
		if err != nil {
			return fmt.Errorf("-payments %s: %w", name, err)
		}
		s.providers = append(s.providers, p)
	}
	return nil
}

// bank is who pays shops and creators, or nobody.
func (s *System) bank(ctx context.Context) (payout.Provider, error) {
	if s.cfg.Payouts == "" {
		return nil, nil
	}
	return payouts.New(ctx, s.stores.DB, s.now)
}

// newCarriers builds the carriers that are told of boxes.
func (s *System) newCarriers(ctx context.Context) ([]carrier.Carrier, error) {
	var out []carrier.Carrier
	if slices.Contains(list(s.cfg.Carriers), carriers.Name) {
		var err error
		s.SandboxCarrier, err = carriers.New(ctx, carriers.Deps{
			DB: s.stores.DB, Jobs: s.jobs, Now: s.now, Log: s.log, HTTP: s.http, Key: s.keys.carrier,
			Webhook: s.cfg.PublicURL + trackingPath + carriers.Name, Pace: pace,
		})
		if err != nil {
			return nil, err
		}
		s.Boxes, out = s.SandboxCarrier, append(out, s.SandboxCarrier)
	}
	return out, nil
}

// signatureHeaders is where those sign their messages that do not sign within
// them.
var signatureHeaders = map[string]string{
	webhookPath + sandbox.Name:   sandbox.SignatureHeader,
	webhookPath + stripe.Name:    stripe.SignatureHeader,
	trackingPath + carriers.Name: carriers.SignatureHeader,
}

// taken tells a provider that its message was stored, in its own words: one that
// hears anything else sends it again.
func taken(x *web.Exchange, provider string) error {
	if provider == alipay.Name {
		return x.Send(http.StatusOK, "text/plain; charset=utf-8", []byte(alipay.Taken))
	}
	return x.Reply(http.StatusOK, rpc.Empty{})
}
