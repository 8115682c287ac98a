package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"meadow/services/fulfil/carrier"
)

// SignatureHeader carries a webhook's signature: "t=<unix seconds>,v1=<hex>",
// where v1 is the HMAC-SHA256 of "<t>.<body>".
const SignatureHeader = "Meadow-Carrier-Signature"

// Sign returns the signature of body at an instant.
func Sign(key []byte, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac(key, t, body))
}

func mac(key []byte, t string, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(t + "."))
	h.Write(body)
	return h.Sum(nil)
}

// Read checks the signature before it looks at the body.
func (c *Carrier) Read(body []byte, signature string) (carrier.Fact, error) {
	stamp, sum, _ := strings.Cut(signature, ",")
	t, timed := strings.CutPrefix(stamp, "t=")
	sum, signed := strings.CutPrefix(sum, "v1=")
	at, err := strconv.ParseInt(t, 10, 64)
	if !timed || !signed || err != nil || c.Now().Sub(time.Unix(at, 0)).Abs() > carrier.SignatureWindow {
		return carrier.Fact{}, carrier.ErrSignature
	}
	got, err := hex.DecodeString(sum)
	if err != nil || !hmac.Equal(got, mac(c.Key, t, body)) {
		return carrier.Fact{}, carrier.ErrSignature
	}
	var f carrier.Fact
	if err := json.Unmarshal(body, &f); err != nil || !f.Valid() {
		return carrier.Fact{}, carrier.ErrSignature.Because(fmt.Errorf("signed, but not ours: %w", err))
	}
	return f, nil
}

func (c *Carrier) post(ctx context.Context, f carrier.Fact) error {
	body, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("sandbox carrier: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Webhook, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("sandbox carrier: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(SignatureHeader, Sign(c.Key, c.Now(), body))
	res, err := c.HTTP.Do(req)
	if err != nil {
		return fmt.Errorf("sandbox carrier: %w", err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16)) // so that the connection is used again
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("sandbox carrier: webhook answered %s", res.Status)
	}
	return nil
}
