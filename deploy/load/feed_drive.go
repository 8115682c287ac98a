package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// feedClients ask at most at a time. One that is late is late by the clock: its
// request counts from when it was due.
const feedClients = 64

// drive asks at the rate, and measures.
func (out *feedResult) drive(ctx context.Context, s *feedServer, list string, size feedSize) error {
	path := s.path(list)
	if _, err := out.round(ctx, path, size, min(size.Rate, 200), 3*time.Second); err != nil { // warm
		return err
	}
	if err := out.alone(ctx, s, path, size); err != nil {
		return err
	}
	before, began := s.cpu(), time.Now()
	took, err := out.round(ctx, path, size, size.Rate, time.Duration(size.Seconds*float64(time.Second)))
	if err != nil {
		return err
	}
	spent, lasted := s.cpu()-before, time.Since(began).Seconds()
	out.Requests = len(took)
	out.PerS = round2(float64(len(took)) / lasted)
	out.CPU = round2(spent.Seconds() * 1000 / float64(max(1, len(took))))
	slices.Sort(took)
	if len(took) > 0 {
		out.P50 = round2(took[len(took)/2].Seconds() * 1000)
		out.P99 = round2(took[len(took)*99/100].Seconds() * 1000)
	}
	return nil
}

func round2(v float64) float64 { return math.Round(v*100) / 100 }

// round asks for a while and returns how long each answer took.
func (out *feedResult) round(ctx context.Context, path string, size feedSize, rate int, lasts time.Duration) ([]time.Duration, error) {
	client := &fasthttp.Client{MaxConnsPerHost: feedClients, NoDefaultUserAgentHeader: true}
	defer client.CloseIdleConnections()
	due := make(chan time.Time, feedClients)
	parts := make([]struct {
		took   []time.Duration
		errors int
		bytes  int
		err    error
	}, feedClients)
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() {
			p := &parts[i]
			rng := rand.New(rand.NewPCG(uint64(i), 77))
			who := rand.NewZipf(rng, 1.2, 20, uint64(size.Users-1))
			req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			defer fasthttp.ReleaseRequest(req)
			defer fasthttp.ReleaseResponse(res)
			for at := range due {
				req.SetRequestURI(fmt.Sprintf("%s?user=%d&seed=%d", path, who.Uint64(), rng.Uint32()))
				err := client.DoTimeout(req, res, 10*time.Second)
				if err != nil || res.StatusCode() != fasthttp.StatusOK {
					p.errors++
					p.err = fmt.Errorf("status %d: %w", res.StatusCode(), err)
					continue
				}
				p.bytes += len(res.Body())
				p.took = append(p.took, time.Since(at))
			}
		})
	}
	began := time.Now()
	for n := 0; ctx.Err() == nil; n++ {
		at := began.Add(time.Duration(float64(n) / float64(rate) * float64(time.Second)))
		if at.Sub(began) > lasts {
			break
		}
		if wait := time.Until(at); wait > 0 {
			time.Sleep(wait)
		}
		due <- at
	}
	close(due)
	wg.Wait()
	var took []time.Duration
	out.Errors = 0
	bytes := 0
	for i := range parts {
		took = append(took, parts[i].took...)
		out.Errors += parts[i].errors
		bytes += parts[i].bytes
		if out.Errors > 0 && len(took) == 0 && parts[i].err != nil {
			return nil, parts[i].err
		}
	}
	out.Answer = bytes / max(1, len(took))
	return took, ctx.Err()
}

// askedAlone requests are asked one after another.
const askedAlone = 2000

// alone measures what an answer costs that no other is computed beside: two at a
// time share the machine's caches, and its memory with whoever else is on it.
func (out *feedResult) alone(ctx context.Context, s *feedServer, path string, size feedSize) error {
	client := &fasthttp.Client{MaxConnsPerHost: 1}
	defer client.CloseIdleConnections()
	rng := rand.New(rand.NewPCG(5, 5))
	who := rand.NewZipf(rng, 1.2, 20, uint64(size.Users-1))
	before := s.cpu()
	for range askedAlone {
		code, _, err := client.GetTimeout(nil, fmt.Sprintf("%s?user=%d&seed=%d", path, who.Uint64(), rng.Uint32()), 10*time.Second)
		if err == nil && code != fasthttp.StatusOK {
			err = fmt.Errorf("status %d", code)
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
	}
	out.Alone = round2((s.cpu() - before).Seconds() * 1000 / askedAlone)
	return nil
}

// first asks once: it serves.
func (out *feedResult) first(path string) error {
	code, _, err := fasthttp.GetTimeout(nil, path+"?user=1&seed=1", 10*time.Second)
	if err == nil && code != fasthttp.StatusOK {
		err = fmt.Errorf("status %d", code)
	}
	return err
}
