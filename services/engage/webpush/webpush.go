// Package webpush sends Web Push messages (RFC 8030, encrypted by RFC 8291, signed
// by VAPID, RFC 8292) to browsers' push services.
package webpush

import (
	"context"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	push "github.com/SherClockHolmes/webpush-go"

	"meadow/services/engage"
)

// ErrGone means that the browser wants no more pushes.
var ErrGone = errors.New("webpush: the subscription is over")

// Sender sends pushes with one VAPID key.
type Sender struct {
	private, public string
	subject         string
	http            *http.Client
}

// New returns a sender whose key follows from secret, so that every process has
// the same. subject is an https or mailto address that push services can
// complain to. allow says which addresses may be dialled; nil allows public ones
// only: an endpoint is whatever a client says it is.
func New(secret []byte, subject string, allow func(netip.Addr) bool) (*Sender, error) {
	key, err := derive(secret)
	if err != nil {
		return nil, fmt.Errorf("webpush: %w", err)
	}
	if allow == nil {
		allow = Public
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || !allow(to.Addr().Unmap()) {
			return fmt.Errorf("webpush: %s may not be dialled", address)
		}
		return nil
	}}
	return &Sender{
		private: base64.RawURLEncoding.EncodeToString(key.Bytes()),
		public:  base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()),
		subject: subject,
		http: &http.Client{
			Timeout:       15 * time.Second,
			Transport:     &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// derive makes a P-256 key of a secret. A candidate that is no key, one in 2^32,
// is passed over.
func derive(secret []byte) (*ecdh.PrivateKey, error) {
	for n := range 8 {
		b, err := hkdf.Key(sha256.New, secret, nil, fmt.Sprintf("meadow web push %d", n), 32)
		if err != nil {
			return nil, err
		}
		if key, err := ecdh.P256().NewPrivateKey(b); err == nil {
			return key, nil
		}
	}
	return nil, errors.New("no key follows from this secret")
}

// Public reports whether an address is one of the public Internet.
func Public(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsPrivate() && !shared.Contains(a) && !benchmark.Contains(a) && !nat64.Contains(a)
}

var (
	shared    = netip.MustParsePrefix("100.64.0.0/10")
	benchmark = netip.MustParsePrefix("198.18.0.0/15")
	nat64     = netip.MustParsePrefix("64:ff9b::/96")
)

// Key is the public key that browsers subscribe with.
func (s *Sender) Key() string { return s.public }

// Check reports whether a subscription could be sent to: engage.ErrEndpoint.
func Check(in engage.Subscription) error {
	u, err := url.Parse(in.Endpoint)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Port() != "" && u.Port() != "443" {
		return engage.ErrEndpoint
	}
	key, err := decode(in.P256dh)
	if err != nil {
		return engage.ErrEndpoint.With("p256dh", "is not base64url")
	}
	if _, err := ecdh.P256().NewPublicKey(key); err != nil {
		return engage.ErrEndpoint.With("p256dh", "is not a key")
	}
	if auth, err := decode(in.Auth); err != nil || len(auth) != 16 {
		return engage.ErrEndpoint.With("auth", "is not 16 bytes in base64url")
	}
	return nil
}

func decode(s string) ([]byte, error) {
	if b, err := base64.RawURLEncoding.DecodeString(s); err == nil {
		return b, nil
	}
	return base64.URLEncoding.DecodeString(s)
}

// Send hands one message to a browser's push service, which keeps it for ttl.
// ErrGone ends the subscription; any other error is worth another try.
func (s *Sender) Send(ctx context.Context, to engage.Subscription, body []byte, ttl time.Duration, urgent bool) error {
	urgency := push.UrgencyNormal
	if urgent {
		urgency = push.UrgencyHigh
	}
	res, err := push.SendNotificationWithContext(ctx, body, &push.Subscription{
		Endpoint: to.Endpoint, Keys: push.Keys{P256dh: to.P256dh, Auth: to.Auth},
	}, &push.Options{
		HTTPClient: s.http, Subscriber: s.subject, TTL: int(ttl / time.Second), Urgency: urgency,
		VAPIDPublicKey: s.public, VAPIDPrivateKey: s.private,
	})
	if err != nil {
		return fmt.Errorf("webpush: %w", err)
	}
	defer res.Body.Close()
	_, _ = io.CopyN(io.Discard, res.Body, 4<<10) // so that the connection can be used again
	switch {
	case res.StatusCode < 300:
		return nil
	case res.StatusCode == http.StatusNotFound, res.StatusCode == http.StatusGone:
		return ErrGone
	}
	return fmt.Errorf("webpush: the push service answered %d", res.StatusCode)
}
