package app

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"meadow/feed"
	"meadow/gateway"
	"meadow/media/mediahttp"
	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/ledger"
	"meadow/services/platform/notify"
	"meadow/services/platform/rpc"
	"meadow/services/platform/web"
)

// Paths that are not of the JSON API.
const (
	webhookPath = "/webhooks/"
	sandboxPath = "/sandbox/"
	sandboxPage = sandboxPath + "pay/"
	mediaPath   = "/media"
)

func (s *System) secure() bool { return strings.HasPrefix(s.cfg.PublicURL, "https://") }

// newGateway puts the front door before all services, wherever they are.
func (s *System) newGateway(d Deps) (err error) {
	cfg := gateway.Default()
	cfg.PublicURL = s.cfg.PublicURL
	cfg.Cookieless = []string{mediaPath + "/", webhookPath, sandboxPath}
	cfg.Unlimited = []string{webhookPath}
	cfg.Strict = map[string]gateway.Limit{
		"signIn": {PerSecond: 1, Burst: 20}, "signUp": {PerSecond: 1, Burst: 20}, "sendCode": {PerSecond: 0.2, Burst: 10},
		"enter": {PerSecond: 0.2, Burst: 10}, "changePassword": {PerSecond: 0.2, Burst: 10},
	}
	if !s.cfg.RateLimits {
		cfg.PerClient, cfg.PerActor, cfg.Strict = gateway.Limit{}, gateway.Limit{}, nil
	}
	s.Gateway, err = gateway.New(cfg, gateway.Deps{
		Log: s.log, Now: s.now, Key: s.keys.csrf, Dist: d.Dist, Page: s.page,
		Identify: func(ctx context.Context, token string) (actor.Actor, error) {
			return s.Account.Resolve(actor.AsSystem(ctx, "gateway"), account.Resolve{Token: token})
		},
		Renew: func(ctx context.Context, token string) (string, time.Duration, error) {
			next, err := s.Account.Rotate(actor.AsSystem(ctx, "gateway"), account.Resolve{Token: token})
			return next.Token, account.SessionTTL, err
		},
	}, s.Web)
	if err != nil {
		return err
	}
	// Guessing is counted by address; what a client says of its own is dropped.
	s.Web.Before(func(x *web.Exchange) error {
		x.Override(account.ClientHeader, x.Client().String())
		return nil
	})
	account.MountWith(s.Web, s.Account, account.Hooks{
		Signed: func(x rpc.Exchange, in *account.Signed) {
			s.Gateway.SetSession(x, in.Token, account.SessionTTL)
			in.Token = ""
		},
		SignedOut: func(x rpc.Exchange, _ *rpc.Empty) { s.Gateway.ClearSession(x) },
	})
	creator.Mount(s.Web, s.Creator)
	catalog.Mount(s.Web, s.Catalog)
	checkout.Mount(s.Web, s.Checkout)
	ledger.Mount(s.Web, s.Ledger)
	feed.Mount(s.Web, s.Feed)
	if s.Sandbox != nil {
		sandbox.Mount(s.Web, s.Sandbox)
		s.mountSandboxPage()
	}
	if s.cfg.Notify == "" {
		rpc.Mount(s.Web, devInbox, s.readInbox)
	}
	s.Web.Raw(http.MethodPost, webhookPath+":provider", 64<<10, s.webhook)
	document, err := OpenAPI()
	if err != nil {
		return err
	}
	s.Web.Raw(http.MethodGet, "/api/openapi.json", 0, func(x *web.Exchange) error {
		return x.Send(http.StatusOK, "application/json", document)
	})
	return s.mountMedia()
}

// signatureHeaders is where each provider signs its webhooks.
var signatureHeaders = map[string]string{sandbox.Name: sandbox.SignatureHeader}

// webhook hands a provider's bytes to the till as they came.
func (s *System) webhook(x *web.Exchange) error {
	body, err := x.Body()
	if err != nil {
		return err
	}
	provider := x.Param("provider")
	_, err = s.Checkout.Webhook(actor.AsSystem(x.Context(), "gateway"), checkout.Webhook{
		Provider: provider, Signature: x.Header(signatureHeaders[provider]), Body: body,
	})
	if err != nil {
		return err
	}
	return x.Reply(http.StatusOK, rpc.Empty{})
}

// readInbox answers with what would have been sent, from whichever process
// keeps it.
func (s *System) readInbox(ctx context.Context, in rpc.Empty) (Inbox, error) {
	if s.stores.Inbox != nil {
		items := s.stores.Inbox.List()
		if items == nil {
			items = []notify.Received{}
		}
		return Inbox{Items: items}, nil
	}
	peers, err := s.cfg.peers()
	if err != nil {
		return Inbox{}, err
	}
	return rpc.Call(ctx, &rpc.Peer{URL: peers[Creator], HTTP: s.http, Signer: s.signer()}, devInbox, in)
}

// mountMedia serves bytes from here, or passes them through from the media role.
func (s *System) mountMedia() error {
	if s.here(Media) {
		s.mountBytes()
		return nil
	}
	peers, err := s.cfg.peers()
	if err != nil {
		return err
	}
	to, err := url.Parse(peers[Media])
	if err != nil {
		return err
	}
	s.Web.Mount(mediaPath, &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Header.Del("Cookie")
			r.Out.Header.Del(rpc.ActorHeader)
		},
		// Its own connections: slow uploads must not starve calls between services.
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 30 * time.Second, ResponseHeaderTimeout: 3 * time.Minute},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if !errors.Is(err, context.Canceled) {
				s.log.WarnContext(r.Context(), "media role does not answer", "err", err)
			}
			w.WriteHeader(http.StatusBadGateway)
		},
	})
	return nil
}

func (s *System) mountBytes() { s.Web.Mount(mediaPath, mediahttp.New(s.MediaCore, s.log)) }

// mountSandboxPage serves the page on which a sandbox bill is paid. It works
// without any script, as a provider's page must.
func (s *System) mountSandboxPage() {
	show := func(x *web.Exchange, bill sandbox.Bill) error {
		var page strings.Builder
		if err := sandboxTemplate.Execute(&page, map[string]any{
			"Bill": bill, "Amount": bill.Amount.Currency + " " + major(bill.Amount),
			"Zh": !strings.HasPrefix(x.Header("Accept-Language"), "en"),
		}); err != nil {
			return err
		}
		x.SetHeader("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		x.SetHeader("Cache-Control", "no-store")
		return x.Send(http.StatusOK, "text/html; charset=utf-8", []byte(page.String()))
	}
	s.Web.Raw(http.MethodGet, "/sandbox/pay.css", 0, func(x *web.Exchange) error {
		return x.Send(http.StatusOK, "text/css; charset=utf-8", []byte(sandboxStyle))
	})
	s.Web.Raw(http.MethodGet, sandboxPage+":id", 0, func(x *web.Exchange) error {
		bill, err := s.Sandbox.Bill(x.Context(), sandbox.ByBill{ID: id.Payment(x.Param("id"))})
		if err != nil {
			return err
		}
		return show(x, bill)
	})
	s.Web.Raw(http.MethodPost, sandboxPage+":id/:outcome", 4<<10, func(x *web.Exchange) error {
		bill := id.Payment(x.Param("id"))
		_, err := s.Sandbox.Settle(x.Context(), sandbox.Settle{ID: bill, Pay: x.Param("outcome") == "pay"})
		if err != nil && !errors.Is(err, sandbox.ErrSettled) {
			return err
		}
		return x.Redirect(http.StatusSeeOther, sandboxPage+string(bill))
	})
}

var sandboxTemplate = template.Must(template.New("sandbox").Parse(`<!doctype html>
<html lang="{{if .Zh}}zh-CN{{else}}en{{end}}">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{if .Zh}}模拟支付{{else}}Sandbox payment{{end}}</title>
<link rel="stylesheet" href="/sandbox/pay.css">
<main>
  <p class="who">{{if .Zh}}模拟收银台 · 不会真实扣款{{else}}Sandbox cashier · no money moves{{end}}</p>
  <h1>{{.Bill.Title}}</h1>
  <p class="amount">{{.Amount}}</p>
  {{if or (eq .Bill.Outcome "waiting") (eq .Bill.Outcome "failed")}}
    {{if eq .Bill.Outcome "failed"}}<p role="status" class="no">{{if .Zh}}支付已拒绝，可以重试。{{else}}Declined. You can try again.{{end}}</p>{{end}}
    <form method="post" action="/sandbox/pay/{{.Bill.ID}}/pay"><button class="pay">{{if .Zh}}确认支付{{else}}Pay now{{end}}</button></form>
    {{if eq .Bill.Outcome "waiting"}}<form method="post" action="/sandbox/pay/{{.Bill.ID}}/decline"><button>{{if .Zh}}拒绝支付{{else}}Decline{{end}}</button></form>{{end}}
  {{else}}
    <p role="status" class="yes">{{if eq .Bill.Outcome "refunded"}}{{if .Zh}}已退款{{else}}Refunded{{end}}{{else}}{{if .Zh}}支付成功{{else}}Paid{{end}}{{end}}</p>
  {{end}}
  <p><a href="{{.Bill.Return}}">{{if .Zh}}返回商家{{else}}Back to the shop{{end}}</a></p>
</main>
`))

const sandboxStyle = `:root{color-scheme:light dark;font:16px/1.5 system-ui,"PingFang SC","Noto Sans CJK SC",sans-serif}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:light-dark(#f4f5f7,#121317);color:light-dark(#16181d,#eceef2)}
main{box-sizing:border-box;width:min(24rem,100vw);padding:2rem;text-align:center;background:light-dark(#fff,#1c1e24);border-radius:16px}
h1{font-size:1.125rem;font-weight:600;margin:.5rem 0}
.who{color:light-dark(#5b6170,#a9b0bf);font-size:.875rem;margin:0}
.amount{font-size:2.25rem;font-weight:700;margin:1rem 0 1.5rem;font-variant-numeric:tabular-nums}
button{font:inherit;font-weight:600;width:100%;min-height:48px;margin:.25rem 0;border:1px solid light-dark(#c5cad4,#444a58);border-radius:24px;background:transparent;color:inherit;cursor:pointer}
.pay{background:#1d5fd1;border-color:#1d5fd1;color:#fff}
button:focus-visible,a:focus-visible{outline:3px solid light-dark(#1d5fd1,#8ab4ff);outline-offset:2px}
a{color:light-dark(#1d5fd1,#8ab4ff);display:inline-block;padding:12px}
.yes{color:light-dark(#116b39,#6fd79a);font-weight:700}.no{color:light-dark(#b3261e,#ff9b94)}
`
