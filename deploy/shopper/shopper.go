// Package shopper is people at a shop's public door, for load and fault tests:
// they sign up, sell and buy through the same HTTP API as a browser.
package shopper

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"sync/atomic"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/platform/rpc"
)

// Door is the address of a shop and a pool of connections to it.
type Door struct {
	URL  string
	HTTP *http.Transport
	n    atomic.Int64
}

// Open returns the door of the shop at url.
func Open(url string) *Door {
	return &Door{URL: url, HTTP: &http.Transport{MaxIdleConnsPerHost: 512, IdleConnTimeout: 30 * time.Second}}
}

// Person is somebody at the door, with a session of their own once signed in.
type Person struct {
	door   *Door
	client *http.Client
	csrf   string
	from   string // the address that a trusted proxy reports
}

// Person returns somebody new.
func (d *Door) Person() *Person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // cannot fail without options
	}
	n := d.n.Add(1)
	return &Person{
		door: d, client: &http.Client{Transport: d.HTTP, Jar: jar, Timeout: 30 * time.Second},
		from: fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255),
	}
}

// ErrDown means that the shop did not answer, or answered that it cannot: the
// call may have happened.
var ErrDown = errors.New("shopper: the shop does not answer")

// Do calls the API. key is the Idempotency-Key, or "". An error that the shop
// declares is an *errs.Error.
func (p *Person) Do(ctx context.Context, method, path, key string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, p.door.URL+rpc.Prefix+path, body)
	if err != nil {
		return err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set(rpc.IdempotencyHeader, key)
	}
	return p.send(req, out)
}

func (p *Person) send(req *http.Request, out any) error {
	req.Header.Set("Origin", p.door.URL)
	req.Header.Set("X-Forwarded-For", p.from)
	if p.csrf != "" {
		req.Header.Set("X-Meadow-CSRF", p.csrf)
	}
	res, err := p.client.Do(req)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDown, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDown, err)
	}
	if res.StatusCode/100 == 2 {
		if out == nil {
			return nil
		}
		return json.Unmarshal(answer, out)
	}
	var wrong rpc.ErrorBody
	if json.Unmarshal(answer, &wrong) != nil || wrong.Error == nil {
		return fmt.Errorf("%w: %s: %.100q", ErrDown, res.Status, answer)
	}
	if wrong.Error.Code == errs.Unavailable {
		return fmt.Errorf("%w: %w", ErrDown, wrong.Error)
	}
	return fmt.Errorf("%s %s: %w", req.Method, req.URL.Path, wrong.Error)
}

// hello gets the token that requests of a session carry.
func (p *Person) hello(ctx context.Context) error {
	var out struct {
		Token string `json:"token"`
	}
	err := p.Do(ctx, http.MethodGet, "/csrf", "", nil, &out)
	p.csrf = out.Token
	return err
}

// Insist calls f until the shop answers, or ctx ends: what is insisted on must
// be harmless to repeat.
func Insist(ctx context.Context, f func() error) error {
	for {
		err := f()
		if !errors.Is(err, ErrDown) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
