package app

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"meadow/services/checkout/pay/alipay"
	"meadow/services/checkout/pay/stripe"
)

func TestTheSettingsInForceDoNotShowProvidersKeys(t *testing.T) {
	t.Parallel()
	cfg, _, _, err := parse([]string{
		"-data", t.TempDir(), "-payments", "stripe,alipay", "-stripe-key", "sk_live_hush", "-stripe-webhook-secret", "whsec_hush",
		"-alipay-app", "2021000000000000", "-alipay-key", "MIIEhush", "-alipay-public-key", "MIIBpublic",
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := printConfig(&out, cfg); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "hush") || !strings.Contains(out.String(), `stripe-key: "xxxxx"`) || !strings.Contains(out.String(), "2021000000000000") {
		t.Errorf("shown:\n%s", out.String())
	}
}

func TestKeysAreNeededWhereTheTillIsOnly(t *testing.T) {
	t.Parallel()
	apart := []string{
		"-db", "mongodb://127.0.0.1/meadow", "-blob", "s3://K:S@127.0.0.1/b", "-search", "http://:k@127.0.0.1:7700", "-bus", "nats://127.0.0.1:4222",
		"-payments", "stripe", "-data", t.TempDir(),
	}
	door := append(slices.Clone(apart), "-roles", "gateway", "-peers", "feed=http://h,creator=http://h,checkout=http://h,media=http://h")
	if _, _, _, err := parse(door, io.Discard); err != nil {
		t.Errorf("the gateway wants a key: %v", err)
	}
	till := append(slices.Clone(apart), "-roles", "checkout", "-peers", "feed=http://h,creator=http://h,media=http://h")
	if _, _, _, err := parse(till, io.Discard); err == nil || !strings.Contains(err.Error(), "-stripe-key") {
		t.Errorf("the till does not: %v", err)
	}
}

// TestEveryProviderIsAnsweredInItsOwnWords sends signed messages about nothing
// of ours, and unsigned ones.
func TestEveryProviderIsAnsweredInItsOwnWords(t *testing.T) {
	t.Parallel()
	theirs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&theirs.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	const app, secret = "2021000000000000", "whsec_test"
	d := openDoor(t, t.TempDir(), errorsOnly(t), func(c *Config) {
		c.Payments = "stripe,alipay"
		c.StripeKey, c.StripeSecret = "sk_test_1", secret
		c.AlipayApp, c.AlipayKey, c.AlipayPublic = app, base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PrivateKey(theirs)), base64.StdEncoding.EncodeToString(public)
	})
	event := []byte(`{"id":"evt_1","object":"event","type":"customer.created","created":1,"data":{"object":{"id":"cus_1","object":"customer"}}}`)
	at := fmt.Sprint(time.Now().Unix())
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(at + "." + string(event)))
	signed := map[string]string{stripe.SignatureHeader: "t=" + at + ",v1=" + hex.EncodeToString(mac.Sum(nil))}
	note := url.Values{
		"app_id": {app}, "notify_id": {"n1"}, "notify_type": {"ping"}, "charset": {"utf-8"},
		"notify_time": {time.Now().In(time.FixedZone("CST", 8*3600)).Format(time.DateTime)},
	}
	note.Set("sign", rsaSign(t, theirs, note))
	note.Set("sign_type", "RSA2")
	for _, row := range []struct {
		name, provider string
		header         map[string]string
		body           []byte
		status         int
		want           string
	}{
		{"stripe", stripe.Name, signed, event, http.StatusOK, "{}"},
		{"stripe without a signature", stripe.Name, nil, event, http.StatusForbidden, "bad_signature"},
		{"alipay", alipay.Name, nil, []byte(note.Encode()), http.StatusOK, alipay.Taken},
		{"alipay, forged", alipay.Name, nil, []byte(strings.Replace(note.Encode(), "n1", "n2", 1)), http.StatusForbidden, "bad_signature"},
		{"a provider that is not offered", "sandbox", nil, event, http.StatusBadRequest, "no_such_provider"},
	} {
		a := d.visitor(row.name).ask(t, request{method: http.MethodPost, path: webhookPath + row.provider, header: row.header, body: row.body})
		got := string(a.body)
		if a.status != row.status || !strings.Contains(got, row.want) {
			t.Errorf("%s: %d %s, want %d %s", row.name, a.status, got, row.status, row.want)
		}
		if row.want == alipay.Taken && got != alipay.Taken {
			t.Errorf("%s: %q is more than the word", row.name, got)
		}
	}
}

func rsaSign(t *testing.T, key *rsa.PrivateKey, v url.Values) string {
	t.Helper()
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(v)) {
		parts = append(parts, name+"="+v.Get(name))
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "&")))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(sig)
}
