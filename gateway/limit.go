package gateway

import (
	"math"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/errs"
	"meadow/services/platform/web"
)

// ErrTooFast answers who asks more often than allowed.
var ErrTooFast = errs.New(errs.Throttled, "too_many_requests", "Too many requests. Please wait a moment.")

// limitClient is the hook that limits one address. Files are not counted: a
// page asks for dozens, an office for hundreds, and they cost little.
func (g *Gateway) limitClient(x *web.Exchange) error {
	key := network(x.Client()).String()
	if !g.isFile(x) && !begins(x.Path(), g.cfg.Unlimited) {
		if err := g.perIP.take(x, key); err != nil {
			return err
		}
	}
	return g.strict[x.Route()].take(x, key)
}

func (g *Gateway) isFile(x *web.Exchange) bool {
	if unsafe(x.Method()) {
		return false
	}
	_, ok := g.site.files[x.Path()]
	return ok || g.cookieless(x.Path())
}

// limitActor is the hook that limits one account.
func (g *Gateway) limitActor(x *web.Exchange) error {
	if a := actor.From(x.Context()); a.User != "" {
		return g.perActor.take(x, string(a.User))
	}
	return nil
}

// network is what one person is likely to own: an IPv4 address, an IPv6 /64.
func network(a netip.Addr) netip.Addr {
	if p, err := a.Prefix(64); err == nil && a.Is6() {
		return p.Addr()
	}
	return a
}

// limiter holds a token bucket for each key that was seen lately. Buckets live
// in two halves: when the newer one is full the older one is dropped, so that
// any number of keys costs bounded memory. The nil limiter limits nothing.
type limiter struct {
	limit Limit
	now   clock.Now

	mu           sync.Mutex // guards what follows
	newer, older map[string]*rate.Limiter
}

// bucketsPerHalf bounds a limiter's memory to about 30 MB.
const bucketsPerHalf = 100_000

func newLimiter(l Limit, now clock.Now) *limiter {
	if l.PerSecond <= 0 {
		return nil
	}
	return &limiter{limit: l, now: now, newer: map[string]*rate.Limiter{}}
}

// take takes one of key's tokens, or says when there will be one.
func (l *limiter) take(x *web.Exchange, key string) error {
	if l == nil {
		return nil
	}
	now := l.now()
	b := l.bucket(key)
	if b.AllowN(now, 1) {
		return nil
	}
	missing := 1 - b.TokensAt(now)
	wait := math.Ceil(missing / l.limit.PerSecond)
	x.SetHeader("Retry-After", strconv.Itoa(int(min(max(wait, 1), time.Hour.Seconds()))))
	return ErrTooFast
}

func (l *limiter) bucket(key string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b, ok := l.newer[key]; ok {
		return b
	}
	b, ok := l.older[key]
	if !ok {
		b = rate.NewLimiter(rate.Limit(l.limit.PerSecond), max(l.limit.Burst, 1))
	}
	if len(l.newer) >= bucketsPerHalf {
		l.older, l.newer = l.newer, make(map[string]*rate.Limiter)
	}
	l.newer[key] = b
	return b
}
