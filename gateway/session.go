package gateway

import (
	"cmp"
	"context"
	"crypto/sha256"
	"net/http"
	"sync"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/errs"
	"meadow/services/platform/rpc"
	"meadow/services/platform/web"
)

// cookieName is the session's cookie. The prefix makes a browser refuse it from
// a subdomain and over plain http.
func (g *Gateway) cookieName() string {
	if g.secure {
		return "__Host-meadow"
	}
	return "meadow_session"
}

// SetSession makes x's browser carry token for ttl.
func (g *Gateway) SetSession(x rpc.Exchange, token string, ttl time.Duration) {
	x.SetHeader("Set-Cookie", g.cookie(token, int(ttl.Seconds())).String())
}

// ClearSession makes x's browser forget its session, and this process too.
func (g *Gateway) ClearSession(x rpc.Exchange) {
	g.sessions.forget(ticketOf(x.Context()).token)
	x.SetHeader("Set-Cookie", g.cookie("", -1).String())
}

func (g *Gateway) cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: g.cookieName(), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: g.secure, SameSite: http.SameSiteLaxMode,
	}
}

// ticket is the session that a request came with.
type ticket struct {
	token string
	bound string // what its form tokens are made from; it stays when token changes
}

type ticketKey struct{}

// ticketOf returns the session of the request that ctx belongs to; the zero
// ticket if it is nobody's.
func ticketOf(ctx context.Context) ticket {
	t, _ := ctx.Value(ticketKey{}).(ticket)
	return t
}

// identifyWithin is how long a request waits to learn who asks.
const identifyWithin = 3 * time.Second

// identify is the hook that finds out who is asking.
func (g *Gateway) identify(x *web.Exchange) error {
	token := x.Cookie(g.cookieName())
	if token == "" || g.cookieless(x.Path()) {
		return nil
	}
	ctx, cancel := context.WithTimeout(x.Context(), identifyWithin)
	defer cancel()
	// What changes something may change what its sender may do: nothing is
	// remembered across it.
	if unsafe(x.Method()) {
		g.sessions.forget(token)
		defer g.sessions.forget(token)
	}
	who, err := g.sessions.whose(ctx, token)
	switch {
	case errs.CodeOf(err) == errs.Unauthenticated || errs.CodeOf(err) == errs.NotFound:
		x.SetHeader("Set-Cookie", g.cookie("", -1).String())
		return nil
	case err != nil && x.Route() == web.Fallback:
		// A page can be shown to nobody in particular while sessions cannot be read.
		g.deps.Log.WarnContext(x.Context(), "page shown without its session", "err", err)
		return nil
	case err != nil:
		return err
	}
	x.SetContext(context.WithValue(x.Context(), ticketKey{}, ticket{token, cmp.Or(string(who.Session), token)}))
	x.SetActor(who)
	g.renew(ctx, x, token)
	return nil
}

// renew gives the browser its session's next token, when one is due. Pages ask
// for it; a failure leaves the session as it is.
func (g *Gateway) renew(ctx context.Context, x *web.Exchange, token string) {
	if g.deps.Renew == nil || x.Route() != web.Fallback && x.Route() != tokenEndpoint.Name {
		return
	}
	next, ttl, err := g.deps.Renew(ctx, token)
	if err != nil {
		g.deps.Log.WarnContext(x.Context(), "session not renewed", "err", err)
		return
	}
	if next != "" {
		g.SetSession(x, next, ttl)
	}
}

// sessions remembers for a moment whose a token is, so that the requests of
// one page ask once.
type sessions struct {
	identify func(context.Context, string) (actor.Actor, error)
	now      clock.Now

	mu    sync.Mutex // guards known
	known map[[sha256.Size]byte]known
}

type known struct {
	who actor.Actor
	at  time.Time
}

const (
	rememberFor  = 2 * time.Second
	rememberMost = 10_000
)

func newSessions(identify func(context.Context, string) (actor.Actor, error), now clock.Now) *sessions {
	return &sessions{identify: identify, now: now, known: map[[sha256.Size]byte]known{}}
}

var errNoSession = errs.New(errs.Unauthenticated, "no_session", "Please sign in again.")

// whose returns who holds token.
func (s *sessions) whose(ctx context.Context, token string) (actor.Actor, error) {
	if !plausible(token) {
		return actor.Actor{}, errNoSession
	}
	key, now := sha256.Sum256([]byte(token)), s.now()
	s.mu.Lock()
	k, ok := s.known[key]
	s.mu.Unlock()
	if ok && now.Sub(k.at).Abs() < rememberFor {
		return k.who, nil
	}
	who, err := s.identify(ctx, token)
	if err != nil {
		s.forget(token)
		return actor.Actor{}, err
	}
	who.System = "" // a session is a person's
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= rememberMost {
		clear(s.known)
	}
	s.known[key] = known{who, now}
	return who, nil
}

func (s *sessions) forget(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, sha256.Sum256([]byte(token)))
}

// plausible reports whether token can be one of ours.
func plausible(token string) bool {
	if len(token) < 16 || len(token) > 256 {
		return false
	}
	for _, c := range []byte(token) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}
