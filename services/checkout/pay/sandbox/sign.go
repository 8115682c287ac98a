package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"meadow/services/checkout/pay"
)

// SignatureHeader carries a webhook's signature: "t=<unix seconds>,v1=<hex>",
// where v1 is the HMAC-SHA256 of "<t>.<body>". Several v1 may stand there, while
// a key is being changed.
const SignatureHeader = "Meadow-Sandbox-Signature"

// Sign returns the signature of body at an instant.
func Sign(key []byte, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac(key, t, body))
}

// Read checks the signature before it looks at the body.
func (p *Provider) Read(body []byte, signature string) (pay.Fact, error) {
	var t string
	var sums []string
	for part := range strings.SplitSeq(signature, ",") {
		switch k, v, _ := strings.Cut(part, "="); k {
		case "t":
			t = v
		case "v1":
			sums = append(sums, v)
		}
	}
	at, err := strconv.ParseInt(t, 10, 64)
	if err != nil || p.Now().Sub(time.Unix(at, 0)).Abs() > pay.SignatureWindow {
		return pay.Fact{}, pay.ErrSignature
	}
	want := mac(p.Key, t, body)
	for _, s := range sums {
		if got, err := hex.DecodeString(s); err == nil && hmac.Equal(got, want) {
			return decode(body)
		}
	}
	return pay.Fact{}, pay.ErrSignature
}

func decode(body []byte) (pay.Fact, error) {
	var f pay.Fact
	if err := json.Unmarshal(body, &f); err != nil {
		return f, pay.ErrSignature.Because(fmt.Errorf("signed, but not ours: %w", err))
	}
	if f.Event == "" || f.Payment == "" {
		return f, pay.ErrSignature
	}
	return f, nil
}

func mac(key []byte, t string, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(t + "."))
	h.Write(body)
	return h.Sum(nil)
}
