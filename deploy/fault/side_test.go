package fault

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"meadow/deploy/shopper"
	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/promo/groupbuy"
)

// trade is what goes on beside the rush while the shop is killed: a purchase with
// a coupon of which one unit goes back, and a team of two whose parcels are sent.
type trade struct {
	merchant *shopper.Person
	people   [3]*shopper.Person
	homes    [3]id.Address
	sku      id.SKU
	batch    string
	offer    groupbuy.Offer
	entries  int // that the ledger must have
}

// openSide puts up what the trade needs. The shop may be killed meanwhile.
func (w *town) openSide(t *testing.T) *trade {
	t.Helper()
	ctx := t.Context()
	s := &trade{merchant: w.merchant}
	door := shopper.Open(w.URL)
	for i := range s.people {
		s.people[i] = door.Person()
		must(t, s.people[i].SignUp(ctx, "side"))
		home, err := s.people[i].Address(ctx)
		must(t, err)
		s.homes[i] = home
	}
	must(t, shopper.Insist(ctx, func() error {
		p, err := w.merchant.Product(ctx, 5_000)
		if err == nil {
			s.sku = p.SKUs[0].ID
			s.offer, err = w.merchant.GroupBuy(ctx, p, 2)
		}
		return err
	}))
	must(t, shopper.Insist(ctx, func() error {
		b, err := w.merchant.Coupons(ctx, 10_000, 100)
		s.batch = b.ID
		return err
	}))
	return s
}

// round trades once, insisting on every step.
func (s *trade) round(t *testing.T, ctx context.Context) {
	key := id.Secret()
	var coupon string
	err := shopper.Insist(ctx, func() error {
		c, err := s.people[0].Claim(ctx, s.batch, key)
		coupon = c.ID
		return err
	})
	if err != nil && errs.CodeOf(err) != errs.Precondition { // a hundred rounds on, it has had its share
		t.Errorf("claim: %v", err)
		return
	}
	ask := checkout.Ask{Lines: []checkout.Choice{{SKU: s.sku, N: 2}}}
	if coupon != "" {
		ask.Coupons = []string{coupon}
	}
	alone := s.people[0].Wish(ask, s.homes[0])
	opens := s.people[1].Wish(shopper.Team(s.offer, ""), s.homes[1])
	for _, b := range []*shopper.Buying{alone, opens} {
		if state, err := buy(ctx, b); err != nil || state != checkout.Paid {
			t.Errorf("beside the rush: %s: %v", state, err)
			return
		}
	}
	s.entries += 2
	var team groupbuy.Team
	err = shopper.Insist(ctx, func() (err error) { team, err = s.people[1].MyTeam(ctx); return err })
	joins := s.people[2].Wish(shopper.Team(s.offer, team.ID), s.homes[2])
	if err == nil {
		var state checkout.State
		if state, err = buy(ctx, joins); err == nil && state != checkout.Paid {
			err = errors.New(string(state))
		}
	}
	if err != nil {
		t.Errorf("join a team: %v", err)
		return
	}
	s.entries++
	back := id.Secret()
	s.await(t, ctx, "one unit goes back", func() error { return s.people[0].Undo(ctx, alone.Order.ID, 0, 1, back) })
	s.entries++
	for _, b := range []*shopper.Buying{opens, joins} {
		sent, parcel := id.Secret(), fulfil.ParcelID(b.Order.ID, s.offer.Merchant)
		s.await(t, ctx, "send "+string(parcel), func() error { return s.merchant.Send(ctx, parcel, sent) })
	}
}

// await tries until ok: what the step needs may be on its way.
func (s *trade) await(t *testing.T, ctx context.Context, what string, ok func() error) {
	for deadline := time.Now().Add(wait); ; {
		err := shopper.Insist(ctx, ok)
		if err == nil {
			return
		}
		if code := errs.CodeOf(err); time.Now().After(deadline) || ctx.Err() != nil || code != errs.NotFound && code != errs.Precondition && code != errs.Conflict {
			t.Errorf("%s: %v", what, err)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// audit lets the shop's own command check the whole store, which is sound once all
// that is on its way has arrived.
func (w *town) audit(t *testing.T) {
	t.Helper()
	bin, err := binary()
	must(t, err)
	args := []string{"audit", "-data", w.data}
	if w.db != "" {
		args = []string{"audit", "-db", w.db}
	}
	eventually(t, wait, func() error {
		out, err := exec.CommandContext(t.Context(), bin, args...).CombinedOutput()
		if err != nil {
			return errors.Join(err, errors.New(string(out)))
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		t.Logf("audit: %s", lines[len(lines)-1])
		return nil
	})
}
