package gateway

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"meadow/services/kernel/errs"
	"meadow/services/platform/rpc"
	"meadow/services/platform/web"
)

// TokenHeader carries the token that ties a request to its session.
const TokenHeader = "X-Meadow-CSRF"

var (
	// ErrCrossSite answers a change that another site's page asks for.
	ErrCrossSite = errs.New(errs.Forbidden, "cross_site", "This request came from another site.")
	// ErrToken answers a change whose request does not belong to the session.
	ErrToken = errs.New(errs.Forbidden, "csrf_token", "Please reload the page and try again.")
)

// sameSite is the hook that refuses changes which another site asks for. A
// browser always says where a change comes from. A request that does not say
// is a program's: it passes if it carries no session.
func (g *Gateway) sameSite(x *web.Exchange) error {
	if !unsafe(x.Method()) {
		return nil
	}
	origin, site := x.Header("Origin"), x.Header("Sec-Fetch-Site")
	if origin != "" && !g.allow[strings.ToLower(origin)] {
		return ErrCrossSite
	}
	// A page of another allowed origin says cross-site, and its Origin admits it.
	if site != "" && site != "same-origin" && site != "none" && origin == "" {
		return ErrCrossSite
	}
	if g.cookieless(x.Path()) || x.Cookie(g.cookieName()) == "" {
		return nil
	}
	if origin == "" && site == "" {
		return ErrCrossSite
	}
	session := ticketOf(x.Context()).bound
	if session == "" {
		return nil // it is nobody's any more
	}
	if !g.belongs(x.Header(TokenHeader), session) {
		return ErrToken
	}
	return nil
}

// token answers tokenEndpoint.
func (g *Gateway) token(ctx context.Context, _ rpc.Empty) (Token, error) {
	return Token{g.tokenFor(ticketOf(ctx).bound)}, nil
}

// tokenFor returns a token of session. It is masked anew each time, so that a
// compressed page does not give it away piece by piece (BREACH).
func (g *Gateway) tokenFor(session string) string {
	if session == "" {
		return ""
	}
	var b [2 * sha256.Size]byte
	mask, masked := b[:sha256.Size], b[sha256.Size:]
	_, _ = rand.Read(mask) // never fails: crypto/rand aborts the process instead
	for i, c := range g.mac(session) {
		masked[i] = mask[i] ^ c
	}
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// belongs reports whether token is one of session.
func (g *Gateway) belongs(token, session string) bool {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) != 2*sha256.Size {
		return false
	}
	got := make([]byte, sha256.Size)
	for i := range got {
		got[i] = b[i] ^ b[sha256.Size+i]
	}
	return hmac.Equal(got, g.mac(session))
}

func (g *Gateway) mac(session string) []byte {
	h := hmac.New(sha256.New, g.deps.Key)
	h.Write([]byte("csrf\x00" + session))
	return h.Sum(nil)
}
