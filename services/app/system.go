// Package app puts the shop together: all of it in one process, or some of its
// roles here and the rest an address away. It is the only package that knows
// every other.
package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"meadow/feed"
	"meadow/feed/feedcore"
	"meadow/gateway"
	"meadow/media"
	"meadow/media/mediacore"
	"meadow/media/mediavideo"
	"meadow/media/mediaworker"
	"meadow/services/account"
	"meadow/services/account/accountcore"
	"meadow/services/aftersale"
	"meadow/services/aftersale/aftersalecore"
	"meadow/services/catalog"
	"meadow/services/catalog/catalogcore"
	"meadow/services/checkout"
	"meadow/services/checkout/checkoutcore"
	"meadow/services/checkout/pay"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/creator"
	"meadow/services/creator/creatorcore"
	"meadow/services/engage"
	"meadow/services/engage/engagecore"
	"meadow/services/engage/webpush"
	"meadow/services/fulfil"
	carriers "meadow/services/fulfil/carrier/sandbox"
	"meadow/services/fulfil/fulfilcore"
	"meadow/services/insight"
	"meadow/services/insight/insightcore"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
	"meadow/services/ledger/ledgercore"
	"meadow/services/moderation"
	"meadow/services/moderation/moderationcore"
	"meadow/services/platform/jobs"
	"meadow/services/platform/obs"
	"meadow/services/platform/rpc"
	"meadow/services/platform/vault"
	"meadow/services/platform/web"
	"meadow/services/talk"
	"meadow/services/talk/talkcore"
)

// Services are the contracts of the shop, each here or in another process.
type Services struct {
	Account    account.Service
	Creator    creator.Service
	Talk       talk.Service
	Moderation moderation.Service
	Engage     engage.Service
	Insight    insight.Service
	Catalog    catalog.Service
	Checkout   checkout.Service
	Ledger     ledger.Service
	Promotions Promotions
	Fulfil     fulfil.Service
	AfterSale  aftersale.Service
	Feed       feed.Service
	Media      media.Service
	Sandbox    sandbox.Service // nil if it is not offered
}

// System is a process of the shop. A core is nil where its role is played
// elsewhere.
type System struct {
	Services
	Web     *web.Server
	Gateway *gateway.Gateway

	AccountCore    *accountcore.Core
	CreatorCore    *creatorcore.Core
	TalkCore       *talkcore.Core
	ModerationCore *moderationcore.Core
	EngageCore     *engagecore.Core
	InsightCore    *insightcore.Core
	CatalogCore    *catalogcore.Core
	CheckoutCore   *checkoutcore.Core
	LedgerCore     *ledgercore.Core
	FulfilCore     *fulfilcore.Core
	AfterSaleCore  *aftersalecore.Core
	FeedCore       *feedcore.Core
	MediaCore      *mediacore.Core
	SandboxCore    *sandbox.Provider
	SandboxCarrier *carriers.Carrier
	Boxes          carriers.Service // the sandbox carrier's, wherever it runs; nil without it
	Vault          *vault.Vault

	cfg       Config
	stores    *Stores
	providers []pay.Provider
	exporting sync.Map // users whose export is being made
	log       *slog.Logger
	now       clock.Now
	keys      secrets
	jobs      *jobs.Runner
	http      *http.Client
	develop   mediaworker.Develop
	film      mediavideo.Make
	noFilm    string
	hashing   uint32
	inject    func(context.Context, http.Header)
	parts     []part
}

// part is something that runs as long as the process.
type part struct {
	name string
	run  func(context.Context) error
}

// Deps is what a process is given from outside.
type Deps struct {
	Stores  *Stores
	Now     clock.Now
	Log     *slog.Logger
	Metrics *obs.Metrics
	Tracing *obs.Tracing
	Dist    fs.FS // the built web app
	// Develop decodes what was uploaded: in a worker process of its own.
	Develop mediaworker.Develop
	// Film makes videos ready to be played, or NoFilm says what is missing for that.
	Film   mediavideo.Make
	NoFilm string
	// HashMemory is accountcore's: only tests have reason to set it.
	HashMemory uint32
}

// idlePeer is how long a connection to another process is kept for the next call.
// It is well below a server's ReadTimeout, after which that closes a connection
// on which nothing has come yet: a call sent into it then would be lost, and who
// made it could not know whether it was answered.
const idlePeer = 4 * time.Second

// New builds the roles that cfg names.
func New(ctx context.Context, cfg Config, d Deps) (*System, error) {
	keys, err := readSecrets(cfg.Secrets)
	if err != nil {
		return nil, err
	}
	s := &System{cfg: cfg, stores: d.Stores, log: d.Log, now: d.Now, keys: keys}
	s.http = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		MaxIdleConnsPerHost: 64, MaxConnsPerHost: 256, IdleConnTimeout: idlePeer,
	}}
	if s.Web, err = s.newWeb(d); err != nil {
		return nil, err
	}
	s.inject = d.Tracing.Inject
	if err := s.clients(); err != nil {
		return nil, err
	}
	if d.Stores.DB != nil {
		if s.jobs, err = jobs.New(ctx, jobs.Deps{DB: d.Stores.DB, Now: d.Now, Log: d.Log, Sole: d.Stores.Sole}); err != nil {
			return nil, err
		}
	}
	s.develop, s.film, s.noFilm, s.hashing = d.Develop, d.Film, d.NoFilm, d.HashMemory
	for _, build := range []struct {
		role string
		f    func(context.Context) error
	}{{Media, s.newMedia}, {Creator, s.openVault}, {Checkout, s.openVault}, {Creator, s.newAccount}, {Creator, s.newModeration}, {Checkout, s.newCatalog}, {Creator, s.newCreator}, {Creator, s.newTalk}, {Creator, s.newNews}, {Checkout, s.newLedger}, {Checkout, s.newPromotions}, {Checkout, s.newCheckout}, {Checkout, s.newFulfil}, {Feed, s.newFeed}} {
		if s.here(build.role) {
			if err := build.f(ctx); err != nil {
				return nil, err
			}
		}
	}
	if s.here(Gateway) {
		err = s.newGateway(d)
	} else {
		s.mountPeers()
	}
	s.readiness()
	return s, err
}

func (s *System) here(role string) bool { return slices.Contains(s.cfg.roles(), role) }

func (s *System) runs(name string, f func(context.Context) error) {
	s.parts = append(s.parts, part{name, f})
}

func (s *System) signer() rpc.Signer { return rpc.Signer{Key: s.keys.peer, Now: s.now} }

func (s *System) newWeb(d Deps) (*web.Server, error) {
	cfg := web.Default()
	cfg.MaxConnsPerIP, cfg.MetricsListen = s.cfg.MaxConnsPerIP, s.cfg.MetricsListen
	cfg.HTTPS = s.secure()
	var err error
	if cfg.TrustedProxies, err = s.cfg.proxies(); err != nil {
		return nil, err
	}
	cfg.Compress = s.here(Gateway)
	deps := web.Deps{Log: d.Log, Now: d.Now, Registry: d.Metrics.Registry(), Trace: spans(d.Tracing)}
	if !s.here(Gateway) {
		signer := s.signer()
		deps.Signer = &signer
	}
	return web.New(cfg, deps), nil
}

// spans surrounds each request with a span, and goes on with the caller's if it
// is a process of ours.
func spans(t *obs.Tracing) web.Trace {
	return func(ctx context.Context, route string, header func(string) string) (context.Context, func(int)) {
		carried := http.Header{}
		for _, name := range []string{"Traceparent", "Tracestate"} {
			if v := header(name); v != "" {
				carried.Set(name, v)
			}
		}
		ctx, end := t.Start(t.Extract(ctx, carried), route)
		return ctx, func(status int) {
			if status >= http.StatusInternalServerError {
				end(errSpan)
				return
			}
			end(nil)
		}
	}
}

var errSpan = errors.New("answered with a fault of ours")

// clients puts a client in the place of every service; what is built here
// replaces it.
func (s *System) clients() error {
	peers, err := s.cfg.peers()
	if err != nil {
		return err
	}
	peer := func(role string) *rpc.Peer {
		return &rpc.Peer{URL: peers[role], HTTP: s.http, Signer: s.signer(), Inject: s.inject}
	}
	s.Services = Services{
		Account: account.Client{Peer: peer(Creator)}, Creator: creator.Client{Peer: peer(Creator)},
		Talk: talk.Client{Peer: peer(Creator)}, Moderation: moderation.Client{Peer: peer(Creator)},
		Engage: engage.Client{Peer: peer(Creator)}, Insight: insight.Client{Peer: peer(Creator)},
		Catalog: catalog.Client{Peer: peer(Checkout)}, Checkout: checkout.Client{Peer: peer(Checkout)}, Ledger: ledger.Client{Peer: peer(Checkout)},
		Promotions: promotionsAt(peer(Checkout)), Fulfil: fulfil.Client{Peer: peer(Checkout)}, AfterSale: aftersale.Client{Peer: peer(Checkout)},
		Feed: feed.Client{Peer: peer(Feed)}, Media: media.Client{Peer: peer(Media)},
	}
	if s.sandboxed() {
		s.Sandbox = sandbox.Client{Peer: peer(Checkout)}
	}
	if slices.Contains(list(s.cfg.Carriers), carriers.Name) {
		s.Boxes = carriers.Client{Peer: peer(Checkout)}
	}
	return nil
}

func (s *System) newMedia(ctx context.Context) (err error) {
	s.MediaCore, err = mediacore.New(ctx, mediacore.Deps{
		DB: s.stores.DB, Blobs: s.stores.Blob, Develop: s.develop, Now: s.now, Log: s.log, Key: s.keys.upload,
		Film: s.film, NoFilm: s.noFilm, Scratch: filepath.Join(s.cfg.Data, "scratch"),
	})
	if err != nil {
		return err
	}
	s.Media = s.MediaCore
	s.runs("videos", s.MediaCore.RunVideos)
	s.jobs.Every("media.sweep", mediacore.SweepEvery, s.MediaCore.Sweep)
	return nil
}

// openVault opens the vault, for each role that keeps what is personal.
func (s *System) openVault(ctx context.Context) error {
	if s.Vault != nil {
		return nil
	}
	keys, err := vault.FileKeys(s.cfg.Secrets)
	if err != nil {
		return err
	}
	s.Vault, err = vault.New(ctx, s.stores.DB, keys, s.now)
	return err
}

func (s *System) newAccount(ctx context.Context) (err error) {
	s.AccountCore, err = accountcore.New(ctx, accountcore.Deps{
		DB: s.stores.DB, Bus: s.stores.Bus, Vault: s.Vault, Notify: s.stores.Notify, Now: s.now, Log: s.log,
		RequireCode: s.cfg.VerifyLogin, HashMemory: s.hashing,
	})
	if err != nil {
		return err
	}
	s.Account = s.AccountCore
	s.runs("account", s.AccountCore.Run)
	return nil
}

func (s *System) newCatalog(ctx context.Context) (err error) {
	s.CatalogCore, err = catalogcore.New(ctx, catalogcore.Deps{
		DB: s.stores.DB, Bus: s.stores.Bus, Jobs: s.jobs, Now: s.now, Log: s.log,
		Account: s.Account, Media: s.Media, Currency: s.cfg.Currency, Bought: boughtFrom{s},
		Usual: catalogcore.Usual{Fee: s.cfg.ShippingFee, FreeFrom: s.cfg.FreeFrom},
	})
	if err != nil {
		return err
	}
	s.Catalog = s.CatalogCore
	s.runs("catalog", s.CatalogCore.Run)
	return nil
}

func (s *System) newCreator(ctx context.Context) (err error) {
	s.CreatorCore, err = creatorcore.New(ctx, creatorcore.Deps{
		DB: s.stores.DB, Bus: s.stores.Bus, Now: s.now, Log: s.log,
		Account: s.Account, Catalog: s.Catalog, Media: s.Media, Moderation: s.Moderation, LinkKey: s.keys.link,
	})
	if err != nil {
		return err
	}
	s.Creator = s.CreatorCore
	s.runs("creator", s.CreatorCore.Run)
	return nil
}

func (s *System) newModeration(ctx context.Context) (err error) {
	s.ModerationCore, err = moderationcore.New(ctx, moderationcore.Deps{
		DB: s.stores.DB, Bus: s.stores.Bus, Jobs: s.jobs, Now: s.now, Log: s.log, Account: s.Account,
	})
	if err != nil {
		return err
	}
	s.Moderation = s.ModerationCore
	s.runs("moderation", s.ModerationCore.Run)
	return nil
}

func (s *System) newTalk(ctx context.Context) (err error) {
	s.TalkCore, err = talkcore.New(ctx, talkcore.Deps{
		DB: s.stores.DB, Bus: s.stores.Bus, Now: s.now, Log: s.log,
		Creator: s.Creator, Moderation: s.Moderation, Media: s.Media,
	})
	if err != nil {
		return err
	}
	s.Talk = s.TalkCore
	s.runs("talk", s.TalkCore.Run)
	return nil
}

// newNews builds what tells people of what happened, and counts it.
func (s *System) newNews(ctx context.Context) error {
	push, err := webpush.New(s.keys.push, s.cfg.PublicURL, nil)
	if err != nil {
		return err
	}
	s.EngageCore, err = engagecore.New(ctx, engagecore.Deps{
		DB: s.stores.DB, Bus: s.stores.Bus, Now: s.now, Log: s.log,
		Account: s.Account, Creator: s.Creator, Moderation: s.Moderation, Vault: s.Vault,
		Push: push, Gone: func(err error) bool { return errors.Is(err, webpush.ErrGone) }, Check: webpush.Check, URL: s.cfg.PublicURL,
		ForYou: func(ctx context.Context, in feed.AskForYou) (page.Page[feed.Shown], error) {
			return s.Feed.ForYou(ctx, in)
		},
		Owner: func(ctx context.Context, m id.Merchant) (id.User, error) {
			shop, err := s.Catalog.Merchant(ctx, catalog.ByMerchant{ID: m})
			return shop.Owner, err
		},
	})
	if err != nil {
		return err
	}
	s.Engage = s.EngageCore
	s.runs("engage", s.EngageCore.Run)
	s.InsightCore, err = insightcore.New(ctx, insightcore.Deps{
		DB: s.stores.DB, Bus: s.stores.Bus, Now: s.now, Log: s.log,
		Creator: s.Creator, Catalog: s.Catalog, Currency: string(s.cfg.Currency),
		Allows: func(ctx context.Context, u id.User) (bool, error) {
			got, err := s.Feed.Consents(actor.AsSystem(ctx, insightcore.Consumer), feed.AskConsents{Users: []id.User{u}})
			return len(got.Users) == 1, err
		},
	})
	if err != nil {
		return err
	}
	s.Insight = s.InsightCore
	s.runs("insight", s.InsightCore.Run)
	return nil
}

// newLedger builds the ledger, and the providers whose money it counts.
func (s *System) newLedger(ctx context.Context) (err error) {
	if err := s.newProviders(ctx); err != nil {
		return err
	}
	bank, err := s.bank(ctx)
	if err != nil {
		return err
	}
	s.LedgerCore, err = ledgercore.New(ctx, ledgercore.Deps{
		DB: s.stores.DB, Bus: s.stores.Bus, Jobs: s.jobs, Vault: s.Vault, Account: s.Account, Catalog: s.Catalog,
		Bank: bank, Providers: s.providers, Now: s.now, Log: s.log,
	})
	if err != nil {
		return err
	}
	s.Ledger = s.LedgerCore
	s.runs("ledger", s.LedgerCore.Run)
	return nil
}

func (s *System) newCheckout(ctx context.Context) (err error) {
	s.CheckoutCore, err = checkoutcore.New(ctx, checkoutcore.Deps{
		DB: s.stores.DB, Bus: s.stores.Bus, Jobs: s.jobs, Now: s.now, Log: s.log,
		Account: s.Account, Catalog: s.Catalog, Creator: s.Creator, Promo: s.Promotions.Pricing, Providers: s.providers,
		Fee: money.Rate(s.cfg.Fee), Return: s.cfg.PublicURL + "/orders/", Plans: checkoutcore.UsualPlans,
	})
	if err != nil {
		return err
	}
	s.Checkout = s.CheckoutCore
	s.runs("checkout", s.CheckoutCore.Run)
	return nil
}

// mountPeers serves the contracts of the roles played here to other processes.
func (s *System) mountPeers() {
	if s.here(Creator) {
		account.Mount(s.Web, s.Account)
		creator.Mount(s.Web, s.Creator)
		talk.Mount(s.Web, s.Talk)
		moderation.Mount(s.Web, s.Moderation)
		engage.Mount(s.Web, s.Engage)
		insight.Mount(s.Web, s.Insight)
		if s.stores.Inbox != nil {
			rpc.Mount(s.Web, devInbox, s.readInbox)
		}
	}
	if s.here(Checkout) {
		catalog.Mount(s.Web, s.Catalog)
		checkout.Mount(s.Web, s.Checkout)
		ledger.Mount(s.Web, s.Ledger)
		s.Promotions.mount(s.Web)
		fulfil.Mount(s.Web, s.Fulfil)
		aftersale.Mount(s.Web, s.AfterSale)
		if s.Sandbox != nil {
			sandbox.Mount(s.Web, s.Sandbox)
		}
		if s.Boxes != nil {
			carriers.Mount(s.Web, s.Boxes)
		}
	}
	if s.here(Feed) {
		feed.Mount(s.Web, s.Feed)
	}
	if s.here(Media) {
		media.Mount(s.Web, s.Media)
		s.mountBytes()
	}
}

// readiness names what must answer before the process takes requests.
func (s *System) readiness() {
	const patience = 2 * time.Second
	if s.stores.DB != nil {
		s.Web.Check("documents", patience, s.stores.DB.Ping)
	}
	if s.stores.Blob != nil {
		s.Web.Check("objects", patience, s.stores.Blob.Ping)
	}
	if s.stores.Search != nil {
		s.Web.Check("search", patience, s.stores.Search.Ping)
	}
	if s.stores.Bus != nil {
		s.Web.Check("bus", patience, s.stores.Bus.Ping)
	}
}

// Serve answers on ln and runs every part until ctx ends, then stops them: the
// server drains first, the parts finish what they began.
func (s *System) Serve(ctx context.Context, ln net.Listener) error {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var wg sync.WaitGroup
	failed := make(chan error, len(s.parts)+1)
	for _, p := range s.parts {
		wg.Go(func() {
			if err := p.run(running); err != nil && running.Err() == nil {
				failed <- fmt.Errorf("%s: %w", p.name, err)
			}
		})
	}
	if s.jobs != nil {
		wg.Go(func() { _ = s.jobs.Run(running) }) // ends with running
	}
	serving, cancel := context.WithCancelCause(ctx)
	watch := make(chan struct{})
	go func() {
		defer close(watch)
		select {
		case err := <-failed:
			cancel(err)
		case <-serving.Done():
		}
	}()
	err := s.Web.Serve(serving, ln)
	cancel(nil)
	<-watch
	stop()
	wg.Wait()
	s.http.CloseIdleConnections()
	if cause := context.Cause(serving); cause != nil && !errors.Is(cause, context.Canceled) {
		err = errors.Join(err, cause)
	}
	return err
}
