package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"meadow/services/aftersale"
	"meadow/services/aftersale/aftersalecore"
	"meadow/services/catalog/catalogcore"
	"meadow/services/checkout"
	"meadow/services/checkout/checkoutcore"
	"meadow/services/checkout/pay"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/fulfil"
	"meadow/services/fulfil/carrier"
	carriers "meadow/services/fulfil/carrier/sandbox"
	"meadow/services/fulfil/fulfilcore"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/ledger/ledgercore"
	payouts "meadow/services/ledger/payout/sandbox"
	"meadow/services/platform/jobs"
	"meadow/services/platform/vault"
	"meadow/services/promo"
	"meadow/services/promo/bargain/bargaincore"
	"meadow/services/promo/cashback/cashbackcore"
	"meadow/services/promo/coupon/couponcore"
	"meadow/services/promo/flashsale/flashsalecore"
	"meadow/services/promo/fullreduction/fullreductioncore"
	"meadow/services/promo/groupbuy/groupbuycore"
	"meadow/services/promo/invite"
	"meadow/services/promo/invite/invitecore"
	"meadow/services/promo/points"
	"meadow/services/promo/points/pointscore"
	"meadow/services/promo/price"
	"meadow/services/promo/promocore"
	"meadow/services/promo/redpacket/redpacketcore"
)

const currency = "CNY"

func yuan(minor int64) money.Money { return money.Money{Amount: minor, Currency: currency} }

// shop is one life of the process: all services, built anew over the same store.
type shop struct {
	jobs       *jobs.Runner
	catalog    *catalogcore.Core
	till       *checkoutcore.Core
	bank       *sandbox.Provider
	ledger     *ledgercore.Core
	fulfil     *fulfilcore.Core
	carrier    *carriers.Carrier
	after      *aftersalecore.Core
	pricing    *promocore.Core
	coupons    *couponcore.Core
	reductions *fullreductioncore.Core
	flashes    *flashsalecore.Core
	teams      *groupbuycore.Core
	bargains   *bargaincore.Core
	packets    *redpacketcore.Core
	points     *pointscore.Core
	backs      *cashbackcore.Core
	invites    *invitecore.Core
}

// world is one run.
type world struct {
	t     testing.TB
	seed  uint64
	rnd   *rand.Rand
	clock *clock.Fake
	db    *store
	mail  *mail
	post  *post
	keys  *vault.Keys
	log   *slog.Logger
	*shop
	settings points.Settings
	rewards  invite.Settings

	steps   int
	trace   uint32
	resting bool // nothing goes wrong any more
	broken  []string
	ahead   bool // somebody is being faster

	goods  *goods
	orders []*purchase
	lives  int
	counts map[string]int
	laws   *laws
}

var keys = []byte("a key of thirty-two bytes length")

func newWorld(t testing.TB, seed uint64, secrets *vault.Keys) *world {
	c := clock.NewFake(time.Date(2030, 1, 1, 9, 0, 0, 0, time.UTC))
	db := newStore(c.Now)
	w := &world{
		t: t, seed: seed, rnd: rand.New(rand.NewPCG(seed, 5)), clock: c, db: db, mail: newMail(db), keys: secrets,
		counts:   map[string]int{},
		settings: points.Settings{Worth: yuan(100), Earn: money.Whole, Most: money.Whole / 2},
		rewards:  invite.Settings{Rewards: [invite.MaxLevels]money.Money{yuan(500), yuan(100)}, Least: yuan(2000), Daily: 3, Burst: 50},
	}
	w.laws = newLaws(w)
	db.seen = w.laws.wrote
	db.before = w.faster
	w.post = &post{w: w}
	w.log = slog.New(&listener{w: w})
	w.rebuild()
	return w
}

// rebuild starts the process anew.
func (w *world) rebuild() {
	w.lives++
	w.db.dead, w.db.left = false, -1
	w.mail.restart()
	s, err := w.build(context.Background())
	if err != nil {
		w.t.Fatalf("seed %d: the process does not start: %v", w.seed, err)
	}
	w.shop = s
}

func (w *world) build(ctx context.Context) (*shop, error) {
	s, now, db, log := &shop{}, w.clock.Now, w.db, w.log
	var err error
	try := func(e error) { err = errors.Join(err, e) }
	var e error
	people, mail := desk{began: w.clock.Now().Add(-time.Hour)}, w.mail
	s.jobs, e = jobs.New(ctx, jobs.Deps{DB: db, Now: now, Log: log, Sole: true})
	try(e)
	sealed, e := vault.New(ctx, db, w.keys, now)
	try(e)
	s.catalog, e = catalogcore.New(ctx, catalogcore.Deps{
		DB: db, Bus: mail, Jobs: s.jobs, Now: now, Log: log, Account: people, Media: album{}, Currency: currency,
		Bought: bought{s}, Usual: catalogcore.Usual{Fee: 800, FreeFrom: 30000},
	})
	try(e)
	http := &http.Client{Transport: w.post}
	s.bank, e = sandbox.New(ctx, sandbox.Deps{DB: db, Jobs: s.jobs, Now: now, Log: log, HTTP: http, Key: keys, Page: "https://sim/pay/", Webhook: "https://sim/webhook"})
	try(e)
	transfers, e := payouts.New(ctx, db, now)
	try(e)
	providers := []pay.Provider{s.bank}
	s.ledger, e = ledgercore.New(ctx, ledgercore.Deps{
		DB: db, Bus: mail, Jobs: s.jobs, Vault: sealed, Account: people, Catalog: s.catalog, Bank: transfers, Providers: providers, Now: now, Log: log,
	})
	try(e)
	s.coupons, e = couponcore.New(ctx, couponcore.Deps{DB: db, Bus: mail, Jobs: s.jobs, Now: now, Log: log, Account: people, Catalog: s.catalog, Currency: currency})
	try(e)
	s.reductions, e = fullreductioncore.New(ctx, fullreductioncore.Deps{DB: db, Bus: mail, Now: now, Log: log, Shops: s.catalog, Currency: currency})
	try(e)
	s.flashes, e = flashsalecore.New(ctx, flashsalecore.Deps{DB: db, Jobs: s.jobs, Now: now, Log: log, Account: people, Catalog: s.catalog, Currency: currency})
	try(e)
	s.teams, e = groupbuycore.New(ctx, groupbuycore.Deps{DB: db, Bus: mail, Jobs: s.jobs, Now: now, Log: log, Account: people, Catalog: s.catalog})
	try(e)
	s.bargains, e = bargaincore.New(ctx, bargaincore.Deps{DB: db, Jobs: s.jobs, Now: now, Log: log, Account: people, Catalog: s.catalog})
	try(e)
	s.packets, e = redpacketcore.New(ctx, redpacketcore.Deps{
		DB: db, Jobs: s.jobs, Now: now, Log: log, Ledger: s.ledger, Account: people, May: s.catalog.May, Currency: currency,
		Follows: func(context.Context, id.User, id.User) (bool, error) { return true, nil }, Pick: w.rnd.IntN,
	})
	try(e)
	s.points, e = pointscore.New(ctx, pointscore.Deps{DB: db, Bus: mail, Jobs: s.jobs, Now: now, Log: log, Ledger: s.ledger, Settings: w.settings})
	try(e)
	s.backs, e = cashbackcore.New(ctx, cashbackcore.Deps{DB: db, Bus: mail, Jobs: s.jobs, Now: now, Log: log, Ledger: s.ledger, Currency: currency})
	try(e)
	s.invites, e = invitecore.New(ctx, invitecore.Deps{
		DB: db, Bus: mail, Jobs: s.jobs, Now: now, Log: log, Ledger: s.ledger, LinkKey: keys, Settings: w.rewards,
		Clues: func(_ context.Context, u id.User) ([]invite.Clue, error) {
			return []invite.Clue{{Kind: "identity", Hash: string(u)}}, nil
		},
	})
	try(e)
	if err != nil {
		return nil, err
	}
	s.pricing, e = promocore.New(ctx, promocore.Deps{
		DB: db, Bus: mail, Jobs: s.jobs, Now: now, Log: log,
		Sources: []promo.Source{s.reductions, s.points, s.coupons, s.flashes, s.bargains, s.teams},
		Taxes:   price.Taxes{taxed: {"": 725, price.CarriageClass: 725}},
	})
	try(e)
	s.till, e = checkoutcore.New(ctx, checkoutcore.Deps{
		DB: db, Bus: mail, Jobs: s.jobs, Now: now, Log: log, Account: people, Catalog: s.catalog, Creator: studio{}, Promo: s.pricing,
		Providers: providers, Fee: 500, Return: "https://sim/orders/", Plans: checkoutcore.UsualPlans,
	})
	try(e)
	s.carrier, e = carriers.New(ctx, carriers.Deps{
		DB: db, Jobs: s.jobs, Now: now, Log: log, HTTP: http, Key: keys, Webhook: "https://sim/tracking", Pace: 6 * time.Hour,
	})
	try(e)
	s.fulfil, e = fulfilcore.New(ctx, fulfilcore.Deps{
		DB: db, Bus: mail, Jobs: s.jobs, Now: now, Log: log, Orders: s.till, Catalog: s.catalog, Vault: open{},
		Carriers: []carrier.Carrier{s.carrier}, Window: aftersale.Window,
	})
	try(e)
	s.after, e = aftersalecore.New(ctx, aftersalecore.Deps{
		DB: db, Bus: mail, Jobs: s.jobs, Now: now, Log: log, Checkout: s.till, Fulfil: s.fulfil, Orders: s.till, Catalog: s.catalog, Media: album{},
	})
	try(e)
	if err != nil {
		return nil, err
	}
	// They subscribe, and what they would do beside that ends at once: the world
	// does it for them.
	ended, stop := context.WithCancel(ctx)
	stop()
	for _, run := range []func(context.Context) error{
		s.catalog.Run, s.ledger.Run, s.pricing.Run, s.coupons.Run, s.reductions.Run, s.teams.Run, s.points.Run, s.backs.Run, s.invites.Run,
		s.till.Run, s.fulfil.Run, s.after.Run,
	} {
		try(run(ended))
	}
	return s, err
}

type bought struct{ *shop }

func (b bought) Bought(ctx context.Context, in fulfil.Bought) (fulfil.BoughtList, error) {
	return b.fulfil.Bought(ctx, in)
}

// faster lets somebody else buy just before a write of the stock, now and then:
// what the writer has read is not so any more.
func (w *world) faster(coll, doc string) {
	if coll != "stock_cells" || w.resting || w.ahead || w.db.dead || w.goods == nil || w.rnd.IntN(12) > 0 {
		return
	}
	w.ahead = true
	if w.rnd.IntN(3) > 0 {
		w.buy()
	} else {
		w.sellOut(doc)
	}
	w.ahead = false
}

// listener hears what no service should ever say.
type listener struct{ w *world }

func (l *listener) Enabled(_ context.Context, at slog.Level) bool { return at >= slog.LevelWarn }
func (l *listener) WithAttrs([]slog.Attr) slog.Handler            { return l }
func (l *listener) WithGroup(string) slog.Handler                 { return l }

func (l *listener) Handle(_ context.Context, r slog.Record) error {
	var text strings.Builder
	text.WriteString(r.Message)
	r.Attrs(func(a slog.Attr) bool { fmt.Fprintf(&text, " %s=%v", a.Key, a.Value); return true })
	if os.Getenv("MEADOW_SIM_LOG") != "" {
		l.w.t.Logf("%5d %s", l.w.steps, text.String())
	}
	if strings.Contains(r.Message, "panicked") {
		l.w.broke("%s", text.String())
	}
	return nil
}

// broke notes that something is wrong.
func (w *world) broke(format string, args ...any) {
	if len(w.broken) < 20 {
		w.broken = append(w.broken, fmt.Sprintf("step %d: ", w.steps)+fmt.Sprintf(format, args...))
	}
}

// did notes a step and how it ended, and starts the process again if it died.
func (w *world) did(what string, err error) {
	w.steps++
	reason := "ok"
	if err != nil {
		reason = "error"
		if e, ok := errors.AsType[*errs.Error](err); ok {
			reason = e.Reason
		} else if !w.db.dead && !expected(err) {
			w.broke("%s: %v", what, err)
		}
	}
	w.counts[what+" "+reason]++
	for _, part := range []string{what, reason, w.clock.Now().Format(time.RFC3339)} {
		w.trace = crc32.Update(w.trace, crc32.IEEETable, []byte(part))
	}
	w.trace ^= w.db.trace
	if w.db.dead {
		w.rebuild()
	}
}

// expected are errors without a reason that are part of a network's life.
func expected(err error) bool { return errors.Is(err, errLost) || errors.Is(err, errBusDown) }

var errLost = errors.New("sim: lost on the way")

// post is the network between providers and the shop.
type post struct {
	w    *world
	late []message
}

// message is a webhook as it was sent.
type message struct {
	path, signature string
	body            []byte
}

func (p *post) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	m := message{path: r.URL.Path, body: body}
	for _, name := range []string{sandbox.SignatureHeader, carriers.SignatureHeader} {
		if v := r.Header.Get(name); v != "" {
			m.signature = v
		}
	}
	roll := 0
	if !p.w.resting {
		roll = p.w.rnd.IntN(10)
	}
	switch roll {
	case 7: // never arrives
		return nil, errLost
	case 8: // arrives later, and is sent again meanwhile
		p.late = append(p.late, m)
		return nil, errLost
	case 9: // arrives twice, the second time much later
		p.late = append(p.late, m)
	}
	status := http.StatusNoContent
	if p.hand(m) != nil {
		status = http.StatusServiceUnavailable
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Body: io.NopCloser(bytes.NewReader(nil)), Request: r}, nil
}

func (p *post) hand(m message) error {
	var err error
	if strings.HasPrefix(m.path, "/tracking") {
		_, err = p.w.fulfil.Tracking(inside(), fulfil.CarrierMessage{Carrier: carriers.Name, Signature: m.signature, Body: m.body})
		return err
	}
	_, err = p.w.till.Webhook(inside(), checkout.Webhook{Provider: sandbox.Name, Signature: m.signature, Body: m.body})
	return err
}
