package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"time"

	"meadow/deploy/shopper"
	"meadow/services/app/audit"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/promo"
)

// tally is the last line of checkout, hot and promo. CPU is of the shop's
// processes, from the first order to the last, shared among the paid orders; it
// is 0 if the shop was not started here. Audit is what meadow audit found after
// the shop had stopped, or of the shared database; absent with -url.
type tally struct {
	What     string         `json:"what"`
	Paid     int            `json:"paid"`
	Refused  int            `json:"refused"`
	Errors   int            `json:"errors"`
	OrdersPS float64        `json:"orders_per_s"`
	P50      float64        `json:"p50_ms"`
	P95      float64        `json:"p95_ms"`
	CPU      float64        `json:"cpu_ms_per_order"`
	Detail   map[string]any `json:"detail,omitempty"`
	Audit    *audit.Report  `json:"audit,omitempty"`
}

// drive is one load on its way: attempts that many people make at once.
type drive struct {
	mu   sync.Mutex // guards what follows
	out  tally
	took []time.Duration
}

// note counts how one attempt ended.
func (d *drive) note(state checkout.State, took time.Duration, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	refused := errs.CodeOf(err)
	switch {
	case err == nil && state == checkout.Paid:
		d.out.Paid++
		d.took = append(d.took, took)
	case err == nil && (state == checkout.Refunding || state == checkout.Refunded), // it came too late, and the money goes back
		errors.Is(err, catalog.ErrSoldOut), errors.Is(err, promo.ErrUsedUp),
		refused == errs.Exhausted, refused == errs.Precondition:
		d.out.Refused++
	default:
		d.out.Errors++
		fmt.Fprintln(os.Stderr, "buyer:", state, err)
	}
}

// at lets every worker work at once and measures the shop meanwhile.
func (d *drive) at(s *shop, workers int, work func(worker int)) {
	before, start := s.cpu(), time.Now()
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() { work(i) })
	}
	wg.Wait()
	spent, used := time.Since(start), s.cpu()-before
	if n := len(d.took); n > 0 {
		d.out.OrdersPS = round(float64(n) / spent.Seconds())
		d.out.CPU = round(float64(used.Microseconds()) / 1000 / float64(n))
		slices.Sort(d.took)
		d.out.P50 = round(float64(d.took[n*50/100].Microseconds()) / 1000)
		d.out.P95 = round(float64(d.took[n*95/100].Microseconds()) / 1000)
	}
}

// runLoad parses flags that checkout, hot and promo share, and prints what f
// counts, audited.
func runLoad(ctx context.Context, what string, args []string, f func(ctx context.Context, s *shop, p sizes) (tally, error)) error {
	fs := flag.NewFlagSet("load "+what, flag.ContinueOnError)
	var p sizes
	fs.IntVar(&p.orders, "orders", 400, "orders in all (checkout, hot)")
	fs.IntVar(&p.buyers, "buyers", 64, "people who buy at the same time")
	fs.IntVar(&p.stock, "stock", 300, "units on sale of the one SKU (hot)")
	fs.IntVar(&p.shares, "shares", 1000, "shares of the packet (promo)")
	fs.IntVar(&p.grabbers, "grabbers", 3000, "people who grab one (promo)")
	at, data := fs.String("url", "", "a running shop on this machine; one is started if empty"), fs.String("data", "", "folder to keep; a temporary one if empty")
	roles := fs.String("roles", "all", "all in one process, or split: each role its own")
	bin := fs.String("bin", "", "a meadow to start; one is built if empty")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if p.buyers < 1 || p.buyers > 5000 || p.orders < 1 || p.orders > 100_000 || p.stock < 1 || p.stock > 100_000 || p.shares < 1 || p.shares > 2000 || p.grabbers < 0 || p.grabbers > 5000 {
		return fmt.Errorf("%s: 1 to 5000 buyers, 1 to 100000 orders and units, 1 to 2000 shares", what)
	}
	s, err := openWith(ctx, *at, *data, *roles, *bin)
	if s != nil {
		defer s.close()
	}
	if err != nil {
		return err
	}
	out, err := f(ctx, s, p)
	if err != nil {
		return err
	}
	out.What = what
	if out.Audit, err = s.audit(ctx); err != nil {
		return err
	}
	line, err := json.Marshal(out)
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	if out.Audit != nil && !out.Audit.OK {
		return errors.New("the audit found breaches")
	}
	return nil
}

// sizes are how much of everything there is.
type sizes struct{ orders, buyers, stock, shares, grabbers int }

// checkoutLoad is mixed carts: one to three goods of one to three shops, each with
// coupons that some have claimed and a full reduction; a few pay with points.
func checkoutLoad(ctx context.Context, s *shop, p sizes) (tally, error) {
	door := shopper.Open(s.url)
	const shops, each = 3, 3
	var skus []id.SKU
	var batches []string
	for range shops {
		m := door.Person()
		if err := m.SignUp(ctx, "merchant"); err != nil {
			return tally{}, err
		}
		if err := m.OpenShop(ctx); err != nil {
			return tally{}, err
		}
		for range each {
			g, err := m.Product(ctx, int64(p.orders)*3)
			if err != nil {
				return tally{}, err
			}
			skus = append(skus, g.SKUs[0].ID)
		}
		batch, err := m.Coupons(ctx, 100_000, 1)
		if err != nil {
			return tally{}, fmt.Errorf("coupons: %w", err)
		}
		if err := m.Reduction(ctx); err != nil {
			return tally{}, fmt.Errorf("reduction: %w", err)
		}
		batches = append(batches, batch.ID)
	}
	fmt.Fprintf(os.Stderr, "signing up %d buyers\n", p.buyers)
	people, err := gather(ctx, door, p.buyers)
	if err != nil {
		return tally{}, err
	}
	if err := s.endow(ctx, door, people); err != nil {
		return tally{}, err
	}
	for i, b := range people { // one in two has a coupon of each shop
		for _, batch := range batches {
			if i%2 == 0 {
				if _, err := b.Claim(ctx, batch, id.Secret()); err != nil {
					return tally{}, fmt.Errorf("claim: %w", err)
				}
			}
		}
	}
	var d drive
	var left sync.Mutex // guards todo
	todo := p.orders
	next := func() bool {
		left.Lock()
		defer left.Unlock()
		todo--
		return todo >= 0
	}
	d.at(s, len(people), func(i int) {
		dice := rand.New(rand.NewPCG(uint64(i), 5))
		for next() {
			ask := mixed(dice, skus)
			began := time.Now()
			state, err := buyThrough(ctx, people[i].Wish(ask, people[i].address))
			d.note(state, time.Since(began), err)
		}
	})
	return d.out, nil
}

// mixed is a cart of chance: what it has is different, and so are the numbers.
func mixed(dice *rand.Rand, skus []id.SKU) checkout.Ask {
	var ask checkout.Ask
	for _, i := range dice.Perm(len(skus))[:1+dice.IntN(3)] {
		ask.Lines = append(ask.Lines, checkout.Choice{SKU: skus[i], N: 1 + dice.Int64N(2)})
	}
	if dice.IntN(5) == 0 {
		ask.Points = 500
	}
	return ask
}

// endow gives everybody points, if the operator's link is known.
func (s *shop) endow(ctx context.Context, door *shopper.Door, people []buyer) error {
	operator, err := s.operator(ctx, door)
	if operator == nil || err != nil {
		return err
	}
	for _, b := range people {
		me, err := b.Me(ctx)
		if err != nil {
			return err
		}
		if err := operator.Points(ctx, me, 100_000); err != nil {
			return fmt.Errorf("points: %w", err)
		}
	}
	return nil
}

// operator lets the operator in by the link that the shop printed; nil if it was
// not started here.
func (s *shop) operator(ctx context.Context, door *shopper.Door) (*shopper.Person, error) {
	for _, p := range s.processes {
		if token := p.Token(); token != "" {
			who := door.Person()
			return who, who.Enter(ctx, token)
		}
	}
	return nil, nil
}

// hotLoad lets everybody buy the same thing until it is sold out.
func hotLoad(ctx context.Context, s *shop, p sizes) (tally, error) {
	door := shopper.Open(s.url)
	m := door.Person()
	if err := m.SignUp(ctx, "merchant"); err != nil {
		return tally{}, err
	}
	if err := m.OpenShop(ctx); err != nil {
		return tally{}, err
	}
	g, err := m.Product(ctx, int64(p.stock))
	if err != nil {
		return tally{}, err
	}
	fmt.Fprintf(os.Stderr, "signing up %d buyers\n", p.buyers)
	people, err := gather(ctx, door, p.buyers)
	if err != nil {
		return tally{}, err
	}
	var d drive
	d.at(s, len(people), func(i int) {
		for ctx.Err() == nil {
			began := time.Now()
			b := people[i]
			state, err := buyThrough(ctx, b.Buy(g.SKUs[0].ID, "", b.address))
			d.note(state, time.Since(began), err)
			if err != nil {
				return
			}
		}
	})
	var units catalog.Stock
	err = settled(ctx, func() (bool, error) {
		err := m.Do(ctx, "GET", "/skus/"+string(g.SKUs[0].ID)+"/stock", "", nil, &units)
		return units.Held == 0, err
	})
	d.out.Detail = map[string]any{"stock": p.stock, "sold": units.Sold, "available": units.Available}
	if err == nil && (units.Sold != int64(d.out.Paid) || units.Sold > int64(p.stock)) {
		err = fmt.Errorf("%d paid, %d sold of %d", d.out.Paid, units.Sold, p.stock)
	}
	return d.out, err
}

// buyThrough goes from the quote to the paid order, as a person would: what does
// not answer is tried again.
func buyThrough(ctx context.Context, b *shopper.Buying) (checkout.State, error) {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	if err := shopper.Insist(ctx, func() error { return b.Place(ctx) }); err != nil {
		return "", err
	}
	if err := shopper.Insist(ctx, func() error { return b.Pay(ctx) }); err != nil {
		return "", err
	}
	var state checkout.State
	err := settled(ctx, func() (bool, error) {
		var err error
		state, err = b.Look(ctx)
		return state != checkout.Unpaid, err
	})
	return state, err
}
