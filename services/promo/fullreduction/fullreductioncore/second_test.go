package fullreductioncore

import (
	"context"
	"errors"
	"testing"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/promo"
	"meadow/services/promo/fullreduction"
)

// deep drafts a campaign of mer_1 that takes 45% off.
func (o *office) deep(t *testing.T) fullreduction.Campaign {
	t.Helper()
	x, err := o.Draft(actor.With(t.Context(), owner()), fullreduction.DraftCampaign{RequestID: "request-" + id.Secret(), Terms: fullreduction.Terms{
		Kind: promo.Reduction, Name: "Deep", Goods: fullreduction.Goods{All: true},
		Tiers:  []promo.Tier{{Over: money.CNY(20_000), Off: money.CNY(9_000)}},
		Budget: money.CNY(100_000), Starts: o.clock.Now(), Ends: o.clock.Now().Add(24 * time.Hour),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestADeepCampaignNeedsASecondPerson(t *testing.T) {
	t.Parallel()
	staff := actor.Actor{User: "usr_second", Merchant: "mer_1", Roles: []actor.Role{actor.Merchant}}
	packer := actor.Actor{User: "usr_packer", Merchant: "mer_1", Roles: []actor.Role{actor.Merchant}}
	for name, second := range map[string]actor.Actor{"its staff": staff, "an operator": operator()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			x := o.deep(t)
			start := func(who actor.Actor) (fullreduction.Campaign, error) {
				return o.Start(actor.With(t.Context(), who), fullreduction.StartCampaign{ID: x.ID, Accept: true, RequestID: id.Secret()})
			}
			for range 2 { // nobody approves their own
				got, err := start(owner())
				if err != nil || got.State != fullreduction.Waiting || got.AskedBy != "usr_owner" {
					t.Fatalf("asked: %s by %q, %v", got.State, got.AskedBy, err)
				}
			}
			if live, err := o.live(t.Context(), "mer_1", o.clock.Now()); err != nil || len(live) != 0 {
				t.Fatalf("%d apply before anybody approved: %v", len(live), err)
			}
			if _, err := start(packer); !errors.Is(err, actor.ErrForbidden) {
				t.Fatalf("staff without the duty: %v", err)
			}
			got, err := start(second)
			if err != nil || got.State != fullreduction.Running {
				t.Fatalf("approved: %s, %v", got.State, err)
			}
			o.audit(t, x.ID, 100_000, 0, 0)
		})
	}
}

func TestWhatWaitedIsADraftAgainOnceItIsChanged(t *testing.T) {
	t.Parallel()
	staff := actor.Actor{User: "usr_second", Merchant: "mer_1", Roles: []actor.Role{actor.Merchant}}
	for name, change := range map[string]func(context.Context, *office, fullreduction.Campaign) (fullreduction.Campaign, error){
		"edited": func(ctx context.Context, o *office, x fullreduction.Campaign) (fullreduction.Campaign, error) {
			x.Tiers[0].Off = money.CNY(10_000)
			return o.Edit(ctx, fullreduction.EditCampaign{ID: x.ID, Terms: x.Terms})
		},
		"stopped": func(ctx context.Context, o *office, x fullreduction.Campaign) (fullreduction.Campaign, error) {
			return o.Stop(ctx, fullreduction.ByCampaign{ID: x.ID})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			ctx := actor.With(t.Context(), owner())
			x, err := o.Start(ctx, fullreduction.StartCampaign{ID: o.deep(t).ID, Accept: true})
			if err != nil {
				t.Fatal(err)
			}
			if x, err = change(ctx, o, x); err != nil || x.State != fullreduction.Draft || x.AskedBy != "" {
				t.Fatalf("%s by %q, %v", x.State, x.AskedBy, err)
			}
			x, err = o.Start(actor.With(t.Context(), staff), fullreduction.StartCampaign{ID: x.ID, Accept: true})
			if err != nil || x.State != fullreduction.Waiting || x.AskedBy != "usr_second" {
				t.Fatalf("the first word is theirs now: %s by %q, %v", x.State, x.AskedBy, err)
			}
		})
	}
}
