package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"meadow/deploy/shopper"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
)

// result is the last line of a rush. CPU is of the shop's processes, from the
// first order to the last, shared among the paid orders; it is 0 if the shop
// was not started here.
type result struct {
	Stock     int     `json:"stock"`
	Paid      int     `json:"paid"`
	Refused   int     `json:"refused"`
	Errors    int     `json:"errors"`
	OrdersPS  float64 `json:"orders_per_s"`
	P95       float64 `json:"p95_ms"`
	CPU       float64 `json:"cpu_ms_per_order"`
	Available int64   `json:"available"`
	Sold      int64   `json:"sold"`
}

// buyer is somebody who wants one.
type buyer struct {
	*shopper.Person
	address id.Address
}

// rush lets everybody buy the same thing at once.
func rush(ctx context.Context, s *shop, stock, buyers int) (result, error) {
	door := shopper.Open(s.url)
	merchant := door.Person()
	if err := merchant.SignUp(ctx, "merchant"); err != nil {
		return result{}, err
	}
	if err := merchant.OpenShop(ctx); err != nil {
		return result{}, err
	}
	product, err := merchant.Product(ctx, int64(stock))
	if err != nil {
		return result{}, err
	}
	fmt.Fprintf(os.Stderr, "signing up %d buyers\n", buyers)
	people, err := gather(ctx, door, buyers)
	if err != nil {
		return result{}, err
	}

	out := result{Stock: stock}
	var mu sync.Mutex
	var took []time.Duration
	before := s.cpu()
	start := time.Now()
	var wg sync.WaitGroup
	for _, b := range people {
		wg.Go(func() {
			began := time.Now()
			state, err := buyOne(ctx, b, product.SKUs[0].ID)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case state == checkout.Paid:
				out.Paid++
				took = append(took, time.Since(began))
			case errors.Is(err, catalog.ErrSoldOut):
				out.Refused++
			default:
				out.Errors++
				fmt.Fprintln(os.Stderr, "buyer:", state, err)
			}
		})
	}
	wg.Wait()
	spent := time.Since(start)
	used := s.cpu() - before
	if out.Paid > 0 {
		out.OrdersPS = round(float64(out.Paid) / spent.Seconds())
		out.CPU = round(float64(used.Microseconds()) / 1000 / float64(out.Paid))
		slices.Sort(took)
		out.P95 = round(float64(took[len(took)*95/100].Microseconds()) / 1000)
	}
	var units catalog.Stock
	err = settled(ctx, func() (bool, error) {
		err := merchant.Do(ctx, "GET", "/skus/"+string(product.SKUs[0].ID)+"/stock", "", nil, &units)
		return units.Held == 0, err
	})
	out.Available, out.Sold = units.Available, units.Sold
	return out, err
}

// gather signs people up, as many at a time as there are processors: hashing
// their passwords is most of the work.
func gather(ctx context.Context, door *shopper.Door, n int) ([]buyer, error) {
	people := make([]buyer, n)
	todo := make(chan int)
	failed := make(chan error, n)
	var wg sync.WaitGroup
	for range runtime.NumCPU() {
		wg.Go(func() {
			for i := range todo {
				p := door.Person()
				if err := p.SignUp(ctx, "buyer"); err != nil {
					failed <- err
					continue
				}
				address, err := p.Address(ctx)
				if err != nil {
					failed <- err
				}
				people[i] = buyer{p, address}
			}
		})
	}
	for i := range n {
		todo <- i
	}
	close(todo)
	wg.Wait()
	close(failed)
	return people, <-failed
}

// buyOne goes from the quote to the paid order, as a person would: what does
// not answer is tried again.
func buyOne(ctx context.Context, b buyer, sku id.SKU) (checkout.State, error) {
	return buyThrough(ctx, b.Buy(sku, "", b.address))
}

// settled asks until ok, or an error that is not of the moment.
func settled(ctx context.Context, ok func() (bool, error)) error {
	for deadline := time.Now().Add(60 * time.Second); ; {
		done, err := ok()
		if err != nil && !errors.Is(err, shopper.ErrDown) && errs.CodeOf(err) != errs.Throttled {
			return err
		}
		if done && err == nil {
			return nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return errors.Join(err, errors.New("it did not settle in a minute"))
		}
		time.Sleep(25 * time.Millisecond)
	}
}

// cpu is what the shop's processes have used, of those started here.
func (s *shop) cpu() time.Duration {
	var sum time.Duration
	for _, p := range s.processes {
		if c, _, err := p.CPU(); err == nil {
			sum += c
		}
	}
	return sum
}

func round(x float64) float64 { return math.Round(x*100) / 100 }
