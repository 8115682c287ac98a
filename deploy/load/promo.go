package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"meadow/deploy/shopper"
	"meadow/services/checkout"
	"meadow/services/kernel/id"
	"meadow/services/promo/coupon"
	"meadow/services/promo/redpacket"
)

// promoLoad is three races: everybody for ten coupons, everybody for the last seat
// of a team, and thousands for the shares of one red packet.
func promoLoad(ctx context.Context, s *shop, p sizes) (tally, error) {
	door := shopper.Open(s.url)
	m := door.Person()
	if err := m.SignUp(ctx, "merchant"); err != nil {
		return tally{}, err
	}
	if err := m.OpenShop(ctx); err != nil {
		return tally{}, err
	}
	operator, err := s.operator(ctx, door)
	if err != nil {
		return tally{}, err
	}
	fmt.Fprintf(os.Stderr, "signing up %d people\n", max(p.buyers, p.grabbers))
	all, err := gather(ctx, door, max(p.buyers, p.grabbers))
	if err != nil {
		return tally{}, err
	}
	r := race{shop: s, merchant: m, buyers: all[:p.buyers]}
	r.drive.out.Detail = map[string]any{}
	if err := r.coupons(ctx); err != nil {
		return r.drive.out, fmt.Errorf("coupons: %w", err)
	}
	if err := r.seats(ctx); err != nil {
		return r.drive.out, fmt.Errorf("seats: %w", err)
	}
	if operator == nil {
		fmt.Fprintln(os.Stderr, "no packet: the operator's link is not known")
		return r.drive.out, nil
	}
	return r.drive.out, r.packet(ctx, operator, all[:max(p.grabbers, 1)], p.shares)
}

// race is what many want at once and few get.
type race struct {
	*shop
	merchant *shopper.Person
	buyers   []buyer
	drive    drive
}

// coupons lets everybody claim one of ten and buy with it.
func (r *race) coupons(ctx context.Context) error {
	const some = 10
	g, err := r.merchant.Product(ctx, int64(len(r.buyers)))
	if err != nil {
		return err
	}
	batch, err := r.merchant.Coupons(ctx, some, 1)
	if err != nil {
		return err
	}
	var claimed, gone atomic.Int64
	failed := make(chan error, len(r.buyers))
	r.drive.at(r.shop, len(r.buyers), func(i int) {
		b := r.buyers[i]
		key := id.Secret()
		var got coupon.Coupon
		err := shopper.Insist(ctx, func() (err error) { got, err = b.Claim(ctx, batch.ID, key); return err })
		switch {
		case errors.Is(err, coupon.ErrNoneLeft):
			gone.Add(1)
			return
		case err != nil:
			failed <- err
			return
		}
		claimed.Add(1)
		began := time.Now()
		state, err := buyThrough(ctx, b.Wish(checkout.Ask{Lines: []checkout.Choice{{SKU: g.SKUs[0].ID, N: 1}}, Coupons: []string{got.ID}}, b.address))
		r.drive.note(state, time.Since(began), err)
	})
	close(failed)
	r.drive.out.Detail["coupons"] = map[string]int64{"claimed": claimed.Load(), "gone": gone.Load(), "of": some}
	if err := <-failed; err != nil {
		return err
	}
	if claimed.Load() != min(some, int64(len(r.buyers))) {
		return fmt.Errorf("%d claimed of %d", claimed.Load(), some)
	}
	return nil
}

// seats lets everybody join a team of three that has one buyer.
func (r *race) seats(ctx context.Context) error {
	const seats = 3
	g, err := r.merchant.Product(ctx, int64(len(r.buyers))+1)
	if err != nil {
		return err
	}
	offer, err := r.merchant.GroupBuy(ctx, g, seats)
	if err != nil {
		return err
	}
	opener := r.buyers[0]
	if state, err := buyThrough(ctx, opener.Wish(shopper.Team(offer, ""), opener.address)); err != nil || state != checkout.Paid {
		return fmt.Errorf("the opener's order is %s: %w", state, err)
	}
	team, err := opener.MyTeam(ctx)
	if err != nil {
		return err
	}
	var paid atomic.Int64
	r.drive.at(r.shop, len(r.buyers)-1, func(i int) {
		b := r.buyers[i+1]
		began := time.Now()
		state, err := buyThrough(ctx, b.Wish(shopper.Team(offer, team.ID), b.address))
		if err == nil && state == checkout.Paid {
			paid.Add(1)
		}
		r.drive.note(state, time.Since(began), err)
	})
	r.drive.out.Detail["seats"] = map[string]int64{"joined": paid.Load(), "of": seats - 1}
	if want := min(seats-1, int64(len(r.buyers)-1)); paid.Load() != want {
		return fmt.Errorf("%d joined, want %d", paid.Load(), want)
	}
	return nil
}

// packet lets everybody grab a share.
func (r *race) packet(ctx context.Context, operator *shopper.Person, people []buyer, shares int) error {
	packet, err := operator.Packet(ctx, int64(shares)*100, shares)
	if err != nil {
		return fmt.Errorf("packet: %w", err)
	}
	var mu sync.Mutex // guards the sums
	var got, gone int
	var sum int64
	failed := make(chan error, len(people))
	start := time.Now()
	var wg sync.WaitGroup
	for _, b := range people {
		wg.Go(func() {
			key := id.Secret()
			var share redpacket.Share
			err := shopper.Insist(ctx, func() (err error) { share, err = b.Grab(ctx, packet.ID, key); return err })
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				got++
				sum += share.Amount.Amount
			case errors.Is(err, redpacket.ErrGone):
				gone++
			default:
				failed <- err
			}
		})
	}
	wg.Wait()
	close(failed)
	r.drive.out.Detail["packet"] = map[string]any{"got": got, "gone": gone, "of": shares, "sum": sum, "per_s": round(float64(len(people)) / time.Since(start).Seconds())}
	if err := <-failed; err != nil {
		return err
	}
	if want := min(shares, len(people)); got != want || got == shares && sum != packet.Total.Amount {
		return fmt.Errorf("packet: %d of %d shares of %d, and %d of %v", got, want, shares, sum, packet.Total)
	}
	return nil
}
