package rpc

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
)

// Peer is another process that serves endpoints.
type Peer struct {
	URL    string
	HTTP   *http.Client
	Signer Signer
	// Inject, if set, writes the caller's span into the headers of a call.
	Inject func(ctx context.Context, h http.Header)
}

// answerLimit is the most bytes of an answer that are read.
const answerLimit = 16 << 20

// Call asks p to answer e. An error that the peer declared comes back equal to
// itself under errors.Is; one that says nothing is ErrUnreachable. A call that
// may be repeated safely is tried three times.
func Call[In, Out any](ctx context.Context, p *Peer, e Endpoint[In, Out], in In) (Out, error) {
	out, err := p.ask(ctx, e.Route(), reflect.ValueOf(in))
	if err != nil {
		var none Out
		return none, err
	}
	return *out.Interface().(*Out), nil
}

// ask is Call without its types, so that the program holds it once. It returns a
// pointer to the answer.
func (p *Peer) ask(ctx context.Context, r Route, in reflect.Value) (reflect.Value, error) {
	try := func() (reflect.Value, error) {
		out, err := p.once(ctx, r, in)
		if err != nil && !errors.Is(err, ErrUnreachable) {
			return out, backoff.Permanent(err)
		}
		return out, err
	}
	tries := uint(1)
	if r.Method == http.MethodGet || r.Idempotent {
		tries = 3
	}
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 20*time.Millisecond, 300*time.Millisecond
	return backoff.Retry(ctx, try, backoff.WithBackOff(wait), backoff.WithMaxTries(tries))
}

func (p *Peer) once(ctx context.Context, r Route, in reflect.Value) (out reflect.Value, err error) {
	path, header, body, err := fieldsOf(r.In).encode(r, in)
	if err != nil {
		return out, err
	}
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.Method, p.URL+path, bytes.NewReader(body))
	if err != nil {
		return out, fmt.Errorf("rpc: %s: %w", r.Name, err)
	}
	req.Header = header
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if id := actor.Request(ctx); id != "" {
		req.Header.Set(RequestHeader, id)
	}
	if at, ok := ctx.Deadline(); ok {
		req.Header.Set(DeadlineHeader, strconv.FormatInt(time.Until(at).Milliseconds(), 10))
	}
	if p.Inject != nil {
		p.Inject(ctx, req.Header)
	}
	pathOnly, _, _ := strings.Cut(path, "?")
	if err := p.Signer.Sign(req.Header, r.Method, pathOnly, actor.From(ctx)); err != nil {
		return out, err
	}
	res, err := p.HTTP.Do(req)
	if err != nil {
		return out, ErrUnreachable.Because(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, answerLimit))
	if err != nil {
		return out, ErrUnreachable.Because(err)
	}
	if res.StatusCode != http.StatusOK {
		return out, declared(res.StatusCode, answer)
	}
	out = reflect.New(r.Out)
	if err := json.Unmarshal(answer, out.Interface()); err != nil {
		return out, ErrUnreachable.Because(fmt.Errorf("%s answered %.100q: %w", r.Name, answer, err))
	}
	return out, nil
}

// declared rebuilds the error that a peer answered with.
func declared(status int, answer []byte) error {
	var body ErrorBody
	if json.Unmarshal(answer, &body) == nil && body.Error != nil && body.Error.Code != errs.Internal {
		return body.Error
	}
	return ErrUnreachable.Because(fmt.Errorf("status %d: %.200q", status, answer))
}

// Signer proves between processes of one shop who is asking.
type Signer struct {
	Key []byte
	Now func() time.Time
}

// claim is what ActorHeader carries: an actor, bound to one request for a
// short time.
type claim struct {
	Actor  actor.Actor `json:"actor"`
	Method string      `json:"method"`
	Path   string      `json:"path"`
	At     int64       `json:"at"` // unix seconds
}

// claimTTL is how far the clocks of two processes may be apart, together with
// the time a request travels.
const claimTTL = 60 * time.Second

// shortestKey is the least a signer accepts. An empty key would make everybody
// a peer.
const shortestKey = 16

var errBadClaim = errs.New(errs.Unauthenticated, "bad_actor", "This request was not signed by the shop.")

// Sign writes who is asking into h.
func (s Signer) Sign(h http.Header, method, path string, a actor.Actor) error {
	if len(s.Key) < shortestKey {
		return errors.New("rpc: sign: the key is too short")
	}
	b, err := json.Marshal(claim{Actor: a, Method: method, Path: path, At: s.Now().Unix()})
	if err != nil {
		return fmt.Errorf("rpc: sign: %w", err)
	}
	text := base64.RawURLEncoding.EncodeToString(b)
	h.Set(ActorHeader, text+"."+base64.RawURLEncoding.EncodeToString(s.mac(text)))
	return nil
}

// Verify returns the actor that value proves to be asking this.
func (s Signer) Verify(value, method, path string) (actor.Actor, error) {
	if len(s.Key) < shortestKey {
		return actor.Actor{}, errBadClaim.Because(errors.New("the key is too short"))
	}
	text, mac, _ := strings.Cut(value, ".")
	sum, err := base64.RawURLEncoding.DecodeString(mac)
	if err != nil || !hmac.Equal(sum, s.mac(text)) {
		return actor.Actor{}, errBadClaim
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return actor.Actor{}, errBadClaim
	}
	var c claim
	if err := json.Unmarshal(b, &c); err != nil {
		return actor.Actor{}, errBadClaim.Because(err)
	}
	if age := s.Now().Sub(time.Unix(c.At, 0)).Abs(); age > claimTTL || c.Method != method || c.Path != path {
		return actor.Actor{}, errBadClaim
	}
	return c.Actor, nil
}

func (s Signer) mac(text string) []byte {
	h := hmac.New(sha256.New, s.Key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
