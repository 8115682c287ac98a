// Package fullreductiontest says what campaigns promise, as a suite that runs over
// every way the shop can be cut into processes.
package fullreductiontest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
	"meadow/services/promo"
	"meadow/services/promo/fullreduction"
)

// Shop is running campaigns.
type Shop struct {
	Campaigns fullreduction.Service
	// Merchant makes somebody with a shop of their own.
	Merchant func(t *testing.T) actor.Actor
	// Operator makes somebody who runs the platform.
	Operator func(t *testing.T) actor.Actor
	Now      func() time.Time
}

// Run runs every case over one shop: each makes its own merchants.
func Run(t *testing.T, s Shop) {
	for name, test := range map[string]func(*testing.T, Shop){
		"ACampaignIsDraftedOnceForEachRequest": testDraft,
		"TermsAreChecked":                      testTerms,
		"ACampaignIsItsShopsAlone":             testPrivate,
		"ACampaignRunsFromStartToStop":         testRuns,
		"AKilledCampaignNeverRunsAgain":        testKill,
		"WarningsAreReadBeforeAStart":          testWarnings,
		"OnlyThePlatformGoesTooDeep":           testDeep,
		"APreviewShowsWorkedExamples":          testPreview,
		"CampaignsArePaged":                    testPages,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, s) })
	}
}

func as(t *testing.T, a actor.Actor) context.Context { return actor.With(t.Context(), a) }

func newRequest() string { return "request-" + id.Secret() }

// terms are 满100减10, 满200减30 on everything, for a week from now.
func (s Shop) terms() fullreduction.Terms {
	return fullreduction.Terms{
		Kind: promo.Reduction, Name: "Spring", Goods: fullreduction.Goods{All: true},
		Tiers:  []promo.Tier{{Over: money.CNY(10_000), Off: money.CNY(1_000)}, {Over: money.CNY(20_000), Off: money.CNY(3_000)}},
		Budget: money.CNY(100_000), Starts: s.Now().Add(-time.Hour), Ends: s.Now().Add(7 * 24 * time.Hour),
	}
}

func (s Shop) draft(t *testing.T, ctx context.Context, terms fullreduction.Terms) fullreduction.Campaign {
	t.Helper()
	x, err := s.Campaigns.Draft(ctx, fullreduction.DraftCampaign{Terms: terms, RequestID: newRequest()})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func (s Shop) start(t *testing.T, ctx context.Context, name string) fullreduction.Campaign {
	t.Helper()
	x, err := s.Campaigns.Start(ctx, fullreduction.StartCampaign{ID: name, Accept: true, RequestID: newRequest()})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func testDraft(t *testing.T, s Shop) {
	ctx, terms := as(t, s.Merchant(t)), s.terms()
	in := fullreduction.DraftCampaign{Terms: terms, RequestID: newRequest()}
	first, err := s.Campaigns.Draft(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Campaigns.Draft(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(first, second); d != "" || first.State != fullreduction.Draft || first.Scope != promo.OfMerchant {
		t.Fatalf("drafted twice, or not as a draft: %+v %s", first, d)
	}
	in.Name = "Autumn"
	if _, err := s.Campaigns.Draft(ctx, in); !errors.Is(err, rpc.ErrReused) {
		t.Fatalf("another draft under one request: %v", err)
	}
	if _, err := s.Campaigns.Draft(as(t, actor.Actor{User: "usr_nobody"}), in); !errors.Is(err, actor.ErrForbidden) {
		t.Fatalf("somebody without a shop: %v", err)
	}
}

func testTerms(t *testing.T, s Shop) {
	ctx := as(t, s.Merchant(t))
	for name, spoil := range map[string]func(*fullreduction.Terms){
		"more off than it starts from": func(x *fullreduction.Terms) { x.Tiers[0].Off = money.CNY(10_001) },
		"tiers that fall":              func(x *fullreduction.Terms) { slices.Reverse(x.Tiers) },
		"another currency":             func(x *fullreduction.Terms) { x.Tiers[0].Off.Currency = "USD" },
		"below zero":                   func(x *fullreduction.Terms) { x.Tiers[0].Off.Amount = -1 },
		"a share that is an amount":    func(x *fullreduction.Terms) { x.Kind = promo.Discount },
		"a coupon":                     func(x *fullreduction.Terms) { x.Kind = promo.Coupon },
		"ending before it begins":      func(x *fullreduction.Terms) { x.Ends = x.Starts },
		"for nothing":                  func(x *fullreduction.Terms) { x.Goods = fullreduction.Goods{} },
		"at the platform's cost":       func(x *fullreduction.Terms) { x.Platform = 1 },
		"a budget below zero":          func(x *fullreduction.Terms) { x.Budget.Amount = -1 },
	} {
		terms := s.terms()
		spoil(&terms)
		// What the schema says is refused before, where there is a door.
		if _, err := s.Campaigns.Draft(ctx, fullreduction.DraftCampaign{Terms: terms, RequestID: newRequest()}); !errors.Is(err, fullreduction.ErrBadTerms) && !errors.Is(err, errs.ErrInvalid) {
			t.Errorf("%s: %v, want ErrBadTerms", name, err)
		}
	}
}

func testPrivate(t *testing.T, s Shop) {
	mine, other := as(t, s.Merchant(t)), as(t, s.Merchant(t))
	x := s.draft(t, mine, s.terms())
	if _, err := s.Campaigns.Campaign(other, fullreduction.ByID{ID: x.ID}); !errors.Is(err, fullreduction.ErrNoSuchCampaign) {
		t.Errorf("another shop reads it: %v", err)
	}
	if _, err := s.Campaigns.Start(other, fullreduction.StartCampaign{ID: x.ID, Accept: true, RequestID: newRequest()}); !errors.Is(err, fullreduction.ErrNoSuchCampaign) {
		t.Errorf("another shop starts it: %v", err)
	}
	if _, err := s.Campaigns.Draft(mine, fullreduction.DraftCampaign{Terms: s.terms(), OfPlatform: true, RequestID: newRequest()}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("a shop drafts for the platform: %v", err)
	}
	if _, err := s.Campaigns.Kill(mine, fullreduction.KillCampaign{ID: x.ID, Reason: "no", RequestID: newRequest()}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("a shop kills: %v", err)
	}
	if _, err := s.Campaigns.Campaign(as(t, s.Operator(t)), fullreduction.ByID{ID: x.ID}); err != nil {
		t.Errorf("an operator reads it: %v", err)
	}
}

// shows reports whether shoppers of a shop see a campaign.
func (s Shop) shows(t *testing.T, x fullreduction.Campaign) bool {
	t.Helper()
	b, err := s.Campaigns.Running(t.Context(), fullreduction.AskRunning{Merchant: x.Merchant})
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(b.Items, func(b fullreduction.Banner) bool { return b.ID == x.ID })
}

func testRuns(t *testing.T, s Shop) {
	ctx := as(t, s.Merchant(t))
	x := s.draft(t, ctx, s.terms())
	if s.shows(t, x) {
		t.Fatal("a draft is shown")
	}
	for range 2 {
		if x = s.start(t, ctx, x.ID); x.State != fullreduction.Running || !s.shows(t, x) {
			t.Fatalf("started: %+v", x)
		}
	}
	if _, err := s.Campaigns.Edit(ctx, fullreduction.EditCampaign{ID: x.ID, Terms: s.terms()}); !errors.Is(err, fullreduction.ErrRunning) {
		t.Fatalf("edited while it runs: %v", err)
	}
	for range 2 {
		stopped, err := s.Campaigns.Stop(ctx, fullreduction.ByCampaign{ID: x.ID, RequestID: newRequest()})
		if err != nil || stopped.State != fullreduction.Stopped || s.shows(t, x) {
			t.Fatalf("stopped: %+v, %v", stopped, err)
		}
	}
	late := s.terms()
	late.Starts, late.Ends = late.Starts.Add(-48*time.Hour), s.Now().Add(-time.Hour)
	if _, err := s.Campaigns.Edit(ctx, fullreduction.EditCampaign{ID: x.ID, Terms: late}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Campaigns.Start(ctx, fullreduction.StartCampaign{ID: x.ID, Accept: true, RequestID: newRequest()}); !errors.Is(err, fullreduction.ErrOver) {
		t.Fatalf("started after its time: %v", err)
	}
}

func testKill(t *testing.T, s Shop) {
	ctx := as(t, s.Merchant(t))
	x := s.draft(t, ctx, s.terms())
	s.start(t, ctx, x.ID)
	killed, err := s.Campaigns.Kill(as(t, s.Operator(t)), fullreduction.KillCampaign{ID: x.ID, Reason: "a price error", RequestID: newRequest()})
	if err != nil || killed.State != fullreduction.Killed || killed.Note != "a price error" || s.shows(t, x) {
		t.Fatalf("killed: %+v, %v", killed, err)
	}
	if _, err := s.Campaigns.Start(ctx, fullreduction.StartCampaign{ID: x.ID, Accept: true, RequestID: newRequest()}); !errors.Is(err, fullreduction.ErrKilled) {
		t.Errorf("started again: %v", err)
	}
	if _, err := s.Campaigns.Edit(ctx, fullreduction.EditCampaign{ID: x.ID, Terms: s.terms()}); !errors.Is(err, fullreduction.ErrKilled) {
		t.Errorf("edited: %v", err)
	}
}

func reasons(ws []fullreduction.Warning) (out []string) {
	for _, w := range ws {
		out = append(out, w.Reason)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func testWarnings(t *testing.T, s Shop) {
	ctx := as(t, s.Merchant(t))
	first := s.terms()
	first.Goods = fullreduction.Goods{Products: []id.Product{"prd_1", "prd_2"}}
	s.start(t, ctx, s.draft(t, ctx, first).ID)
	second := s.terms()
	second.Goods = fullreduction.Goods{Products: []id.Product{"prd_2"}}
	second.Tiers = []promo.Tier{{Over: money.CNY(10_000), Off: money.CNY(4_000)}}
	p, err := s.Campaigns.Preview(ctx, fullreduction.PreviewCampaign{Terms: second})
	if err != nil {
		t.Fatal(err)
	}
	got := reasons(p.Warnings)
	for _, want := range []string{fullreduction.Deep, fullreduction.OneOfBoth} {
		if !slices.Contains(got, want) {
			t.Errorf("warnings %v lack %s", got, want)
		}
	}
	x := s.draft(t, ctx, second)
	if _, err := s.Campaigns.Start(ctx, fullreduction.StartCampaign{ID: x.ID, RequestID: newRequest()}); !errors.Is(err, fullreduction.ErrUnread) {
		t.Errorf("started without reading them: %v", err)
	}
	s.start(t, ctx, x.ID)
}

func testDeep(t *testing.T, s Shop) {
	ctx := as(t, s.Merchant(t))
	terms := s.terms()
	terms.Tiers = []promo.Tier{{Over: money.CNY(10_000), Off: money.CNY(7_001)}}
	x := s.draft(t, ctx, terms)
	if _, err := s.Campaigns.Start(ctx, fullreduction.StartCampaign{ID: x.ID, Accept: true, RequestID: newRequest()}); !errors.Is(err, fullreduction.ErrTooDeep) {
		t.Fatalf("a shop goes 70.01 %% off: %v", err)
	}
	s.start(t, as(t, s.Operator(t)), x.ID)
}

func testPreview(t *testing.T, s Shop) {
	p, err := s.Campaigns.Preview(as(t, s.Merchant(t)), fullreduction.PreviewCampaign{Terms: s.terms()})
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, e := range p.Examples {
		var saved int64
		for _, v := range e.Priced.Savings {
			if v.Rule == "this" {
				saved += v.Amount.Amount
			}
		}
		got = append(got, saved)
	}
	// 99.99, 100 and 200 in two lines; 199.99, 200 and 400 in two.
	if d := cmp.Diff([]int64{0, 1_000, 3_000, 1_000, 3_000, 3_000}, got); d != "" {
		t.Error(d)
	}
	if short := p.Examples[0].Priced.Refusals; !slices.ContainsFunc(short, func(r promo.Refusal) bool { return r.Rule == "this" && r.Short == money.CNY(1) }) {
		t.Errorf("a fen short: %+v", short)
	}
	if p.Deepest != 1_500 {
		t.Errorf("takes off %d at most, want 1500", p.Deepest)
	}
}

func testPages(t *testing.T, s Shop) {
	ctx := as(t, s.Merchant(t))
	want := map[string]bool{}
	for range 5 {
		want[s.draft(t, ctx, s.terms()).ID] = true
	}
	var after page.Cursor
	for pages := 0; ; pages++ {
		p, err := s.Campaigns.Campaigns(ctx, fullreduction.ListCampaigns{Ask: page.Ask{Limit: 2, After: after}})
		if err != nil || pages > 5 {
			t.Fatal(pages, err)
		}
		for _, x := range p.Items {
			if !want[x.ID] {
				t.Fatalf("%s is listed twice, or is not ours", x.ID)
			}
			delete(want, x.ID)
		}
		if after = p.Next; after == "" {
			break
		}
	}
	if len(want) > 0 {
		t.Fatalf("%d are not listed", len(want))
	}
}
