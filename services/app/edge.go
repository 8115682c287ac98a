package app

import (
	"context"
	"errors"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"time"

	"meadow/feed"
	"meadow/gateway"
	"meadow/media/mediahttp"
	"meadow/services/account"
	"meadow/services/aftersale"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/creator"
	"meadow/services/engage"
	"meadow/services/fulfil"
	carriers "meadow/services/fulfil/carrier/sandbox"
	"meadow/services/insight"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/ledger"
	"meadow/services/moderation"
	"meadow/services/platform/notify"
	"meadow/services/platform/rpc"
	"meadow/services/platform/web"
	"meadow/services/talk"
)

// Paths that are not of the JSON API.
const (
	webhookPath = "/webhooks/"
	// trackingPath is where carriers tell of boxes.
	trackingPath = "/tracking/"
	sandboxPath  = "/sandbox/"
	sandboxPage  = sandboxPath + "pay/"
	mediaPath    = "/media"
)

func (s *System) secure() bool { return strings.HasPrefix(s.cfg.PublicURL, "https://") }

// newGateway puts the front door before all services, wherever they are.
func (s *System) newGateway(d Deps) (err error) {
	cfg := gateway.Default()
	cfg.PublicURL = s.cfg.PublicURL
	cfg.Cookieless = []string{mediaPath + "/", webhookPath, trackingPath, sandboxPath}
	cfg.Suspended = append(slices.Clone(cfg.Suspended), exportRoute)
	cfg.Unlimited = []string{webhookPath, trackingPath}
	cfg.Strict = map[string]gateway.Limit{
		"signIn": {PerSecond: 1, Burst: 20}, "signUp": {PerSecond: 1, Burst: 20}, "sendCode": {PerSecond: 0.2, Burst: 10},
		"enter": {PerSecond: 0.2, Burst: 10}, "changePassword": {PerSecond: 0.2, Burst: 10},
		// What costs more than most.
		exportRoute: {PerSecond: 0.05, Burst: 3},
		"insight":   {PerSecond: 2, Burst: 20}, "postTable": {PerSecond: 2, Burst: 20}, "exportInsight": {PerSecond: 0.5, Burst: 10},
		"audience": {PerSecond: 2, Burst: 20}, "suggest": {PerSecond: 10, Burst: 60}, "search": {PerSecond: 5, Burst: 40},
		"exportFeedHistory": {PerSecond: 0.2, Burst: 5}, "resetFeed": {PerSecond: 0.5, Burst: 10}, "eraseFeedHistory": {PerSecond: 0.5, Burst: 10},
		"calendar": {PerSecond: 2, Burst: 20}, "findPeople": {PerSecond: 5, Burst: 30}, "collections": {PerSecond: 5, Burst: 30},
		"report": {PerSecond: 0.5, Burst: 20}, "recordSeen": {PerSecond: 5, Burst: 60}, "upload": {PerSecond: 2, Burst: 60},
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
	// Staff of a shop say which they act for.
	s.Web.Before(func(x *web.Exchange) error {
		shop := x.Header(catalog.ShopHeader)
		if shop == "" {
			return nil
		}
		who, err := catalog.ActFor(x.Context(), s.Catalog, actor.From(x.Context()), id.Merchant(shop))
		if err != nil {
			return err
		}
		x.SetActor(who)
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
	talk.Mount(s.Web, s.Talk)
	moderation.Mount(s.Web, s.Moderation)
	engage.Mount(s.Web, s.Engage)
	insight.Mount(s.Web, s.Insight)
	catalog.Mount(s.Web, s.Catalog)
	checkout.Mount(s.Web, s.Checkout)
	ledger.Mount(s.Web, s.Ledger)
	s.Promotions.mount(s.Web)
	fulfil.Mount(s.Web, s.Fulfil)
	aftersale.Mount(s.Web, s.AfterSale)
	feed.Mount(s.Web, s.Feed)
	if s.Sandbox != nil {
		sandbox.Mount(s.Web, s.Sandbox)
		s.mountSandboxPage()
	}
	if s.Boxes != nil {
		carriers.Mount(s.Web, s.Boxes)
	}
	if s.cfg.Notify == "" {
		rpc.Mount(s.Web, devInbox, s.readInbox)
	}
	s.Web.Raw(http.MethodPost, webhookPath+":provider", 64<<10, s.webhook)
	s.Web.Raw(http.MethodPost, trackingPath+":carrier", 64<<10, s.tracking)
	s.Web.Raw(http.MethodPost, exportPath, 4<<10, s.sendExport)
	document, err := OpenAPI()
	if err != nil {
		return err
	}
	s.Web.Raw(http.MethodGet, "/api/openapi.json", 0, func(x *web.Exchange) error {
		return x.Send(http.StatusOK, "application/json", document)
	})
	return s.mountMedia()
}

// webhook hands a provider's bytes to the till as they came.
func (s *System) webhook(x *web.Exchange) error {
	body, err := x.Body()
	if err != nil {
		return err
	}
	provider := x.Param("provider")
	_, err = s.Checkout.Webhook(actor.AsSystem(x.Context(), "gateway"), checkout.Webhook{
		Provider: provider, Signature: x.Header(signatureHeaders[webhookPath+provider]), Body: body,
	})
	if err != nil {
		return err
	}
	return taken(x, provider)
}

// tracking hands a carrier's bytes to fulfilment as they came.
func (s *System) tracking(x *web.Exchange) error {
	body, err := x.Body()
	if err != nil {
		return err
	}
	_, err = s.Fulfil.Tracking(actor.AsSystem(x.Context(), "gateway"), fulfil.CarrierMessage{
		Carrier: x.Param("carrier"), Signature: x.Header(signatureHeaders[trackingPath+x.Param("carrier")]), Body: body,
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
	return rpc.Call(ctx, &rpc.Peer{URL: peers[Creator], HTTP: s.http, Signer: s.signer(), Inject: s.inject}, devInbox, in)
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
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: idlePeer, ResponseHeaderTimeout: 3 * time.Minute},
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
