package alipay

import (
	"archive/zip"
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"meadow/services/checkout/pay"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/money"
)

const app = "2021000000000001"

// keys are a pair for us and one for the gateway, made once.
var keys = sync.OnceValue(func() [2]*rsa.PrivateKey {
	var out [2]*rsa.PrivateKey
	for i := range out {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err) // no randomness, no test
		}
		out[i] = k
	}
	return out
})

func public(t *testing.T, k *rsa.PrivateKey) string {
	t.Helper()
	b, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
	must(t, err)
	return base64.StdEncoding.EncodeToString(b)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// gateway is as much of Alipay as we use.
type gateway struct {
	t   *testing.T
	url string

	mu      sync.Mutex // guards what follows
	answers map[string]map[string]string
	asked   []map[string]string
	bills   map[string][]byte
}

// signed is the text that a form's signature is of.
func signed(v url.Values) string {
	var parts []string
	for k := range v {
		if k != "sign" && v.Get(k) != "" {
			parts = append(parts, k+"="+v.Get(k))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "&")
}

// genuine reports whether we signed a request.
func genuine(v url.Values) bool {
	sum := sha256.Sum256([]byte(signed(v)))
	sig, err := base64.StdEncoding.DecodeString(v.Get("sign"))
	return err == nil && rsa.VerifyPKCS1v15(&keys()[0].PublicKey, crypto.SHA256, sum[:], sig) == nil
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if date, ok := strings.CutPrefix(r.URL.Path, "/bill/"); ok {
		_, _ = w.Write(g.bills[date])
		return
	}
	_ = r.ParseForm()
	if !genuine(r.Form) || r.Form.Get("app_id") != app {
		g.t.Errorf("not signed by us: %v", r.Form)
	}
	method := r.Form.Get("method")
	asked := map[string]string{}
	_ = json.Unmarshal([]byte(r.Form.Get("biz_content")), &asked)
	g.asked = append(g.asked, asked)
	said := g.answers[method]
	if date := asked["bill_date"]; date != "" {
		said = map[string]string{"code": "40004", "sub_code": "isp.bill_not_exist"}
		if g.bills[date] != nil {
			said = map[string]string{"code": "10000", "bill_download_url": g.url + "/bill/" + date}
		}
	}
	body, _ := json.Marshal(said)
	sum := sha256.Sum256(body)
	sig, _ := rsa.SignPKCS1v15(rand.Reader, keys()[1], crypto.SHA256, sum[:])
	fmt.Fprintf(w, `{"%s_response":%s,"sign":%q}`, strings.ReplaceAll(method, ".", "_"), body, base64.StdEncoding.EncodeToString(sig))
}

func newProvider(t *testing.T) (*Provider, *gateway, *clock.Fake) {
	t.Helper()
	k := clock.NewFake(time.Date(2026, 3, 1, 12, 0, 7, 0, time.UTC))
	g := &gateway{t: t, answers: map[string]map[string]string{}, bills: map[string][]byte{}}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	g.url = server.URL
	p, err := New(Deps{
		Now: k.Now, HTTP: server.Client(), App: app, Gateway: server.URL, Notify: "https://shop.example/hook",
		Key:       base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PrivateKey(keys()[0])),
		AlipayKey: public(t, keys()[1]),
	})
	must(t, err)
	return p, g, k
}

func TestThePageIsSignedAndNamesThePayment(t *testing.T) {
	t.Parallel()
	p, _, _ := newProvider(t)
	in := pay.Intent{Payment: "pay_a", Amount: money.CNY(10_005), Title: "青瓷杯", Return: "https://shop.example/orders/ord_a"}
	page, err := p.Begin(t.Context(), in)
	must(t, err)
	u, err := url.Parse(page)
	must(t, err)
	var biz map[string]string
	must(t, json.Unmarshal([]byte(u.Query().Get("biz_content")), &biz))
	if !genuine(u.Query()) || biz["out_trade_no"] != "pay_a" || biz["total_amount"] != "100.05" || u.Query().Get("notify_url") != "https://shop.example/hook" {
		t.Errorf("%v", u.Query())
	}
	in.Amount.Currency = "USD"
	if _, err := p.Begin(t.Context(), in); !errors.Is(err, ErrCurrency) {
		t.Errorf("dollars: %v", err)
	}
}

func TestWhoeverAsksIsToldHowATradeStands(t *testing.T) {
	t.Parallel()
	p, g, _ := newProvider(t)
	ask := func(answer map[string]string) (pay.Fact, error) {
		g.mu.Lock()
		g.answers["alipay.trade.query"] = answer
		g.mu.Unlock()
		return p.Query(t.Context(), "pay_a")
	}
	for _, tt := range []struct {
		status, paid string
		want         pay.Outcome
	}{
		{"WAIT_BUYER_PAY", "", pay.Waiting},
		{"TRADE_SUCCESS", "2026-03-01 20:00:00", pay.Succeeded},
		{"TRADE_FINISHED", "2026-03-01 20:00:00", pay.Succeeded},
		{"TRADE_CLOSED", "", pay.Failed},
		{"TRADE_CLOSED", "2026-03-01 20:00:00", pay.Refunded},
	} {
		f, err := ask(map[string]string{"code": "10000", "trade_status": tt.status, "total_amount": "100.5", "send_pay_date": tt.paid})
		must(t, err)
		if f.Outcome != tt.want || f.Amount != money.CNY(10_050) || tt.paid != "" && !f.At.Equal(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)) {
			t.Errorf("%+v: %+v", tt, f)
		}
	}
	if _, err := ask(map[string]string{"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST"}); !errors.Is(err, pay.ErrUnknown) {
		t.Errorf("no such trade: %v", err)
	}
	if _, err := ask(map[string]string{"code": "20000", "sub_code": "aop.unknow-error"}); err == nil || errors.Is(err, pay.ErrUnknown) {
		t.Errorf("a fault of theirs: %v", err)
	}
}

func TestARefundIsDoneWhenMoneyMovedOrItIsThere(t *testing.T) {
	t.Parallel()
	p, g, _ := newProvider(t)
	back := func(refund, query map[string]string) error {
		g.mu.Lock()
		g.answers["alipay.trade.refund"], g.answers["alipay.trade.fastpay.refund.query"] = refund, query
		g.mu.Unlock()
		return p.RefundPart(t.Context(), pay.PartBack{Refund: "rfd_1", Payment: "pay_a", Amount: money.CNY(1_234)})
	}
	must(t, back(map[string]string{"code": "10000", "fund_change": "Y"}, nil))
	if a := g.asked[0]; a["out_request_no"] != "rfd_1" || a["refund_amount"] != "12.34" || a["out_trade_no"] != "pay_a" {
		t.Errorf("asked %v", a)
	}
	must(t, back(map[string]string{"code": "10000", "fund_change": "N"}, map[string]string{"code": "10000", "refund_status": "REFUND_SUCCESS"}))
	if err := back(map[string]string{"code": "10000", "fund_change": "N"}, map[string]string{"code": "10000"}); !errors.Is(err, errPending) {
		t.Errorf("not through: %v", err)
	}
	if err := back(map[string]string{"code": "40004", "sub_code": "ACQ.REASON_TRADE_REFUND_FEE_ERR"}, nil); !errors.Is(err, pay.ErrTooMuch) {
		t.Errorf("too much: %v", err)
	}
}

// TestANotificationIsTakenIfAlipaySignedItNow reads notifications that OpenSSL
// signed.
func TestANotificationIsTakenIfAlipaySignedItNow(t *testing.T) {
	t.Parallel()
	key, err := os.ReadFile("testdata/alipay-public-key.txt")
	must(t, err)
	k := clock.NewFake(time.Date(2026, 3, 1, 12, 0, 7, 0, time.UTC))
	p, err := New(Deps{
		Now: k.Now, HTTP: http.DefaultClient, App: app, AlipayKey: strings.TrimSpace(string(key)),
		Key: base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PrivateKey(keys()[0])),
	})
	must(t, err)
	read := func(name string) []byte {
		b, err := os.ReadFile("testdata/" + name + ".form")
		must(t, err)
		return b
	}
	for name, want := range map[string]pay.Outcome{"paid": pay.Succeeded, "closed": pay.Failed, "refunded": pay.Refunded} {
		f, err := p.Read(read(name), "")
		if err != nil || f.Outcome != want || f.Payment != "pay_a" || f.Amount != money.CNY(10_000) || f.Event == "" {
			t.Errorf("%s: %+v, %v; want %s", name, f, err, want)
		}
	}
	paid := string(read("paid"))
	for name, body := range map[string]string{
		"of another app": string(read("other-app")),
		"too old":        string(read("old")),
		"of the future":  string(read("future")),
		"another amount": strings.Replace(paid, "total_amount=100.00", "total_amount=1.00", 1),
		"said twice":     "total_amount=1.00&" + paid,
		"unsigned":       strings.Replace(paid, "sign=", "sigh=", 1),
		"nothing":        "",
		"no form":        "%zz",
	} {
		if _, err := p.Read([]byte(body), ""); !errors.Is(err, pay.ErrSignature) {
			t.Errorf("%s: %v, want ErrSignature", name, err)
		}
	}
}

func TestADayOfOursIsReadFromTwoBillsOfTheirs(t *testing.T) {
	t.Parallel()
	p, g, k := newProvider(t)
	head := "#支付宝业务明细查询\n#账号：[2088]\n支付宝交易号\t,商户订单号\t,业务类型\t,完成时间\t,订单金额（元）\t,退款批次号/请求号\t,服务费（元）\t\n"
	g.bills["2026-03-01"] = packed(t, head+
		"1\t,pay_early\t,交易\t,2026-03-01 07:59:59\t,1.00\t,\t,-0.01\n"+
		"2\t,pay_a\t,交易\t,2026-03-01 20:00:00\t,100.00\t,\t,-0.60\n#合计\n")
	g.bills["2026-03-02"] = packed(t, head+
		"2\t,pay_a\t,退款\t,2026-03-02 07:00:00\t,-30.00\t,rfd_1\t,0.18\n"+
		"3\t,pay_late\t,交易\t,2026-03-02 08:00:00\t,1.00\t,\t,-0.01\n")
	if _, err := p.Statement(t.Context(), k.Now()); !errors.Is(err, pay.ErrNotYet) {
		t.Errorf("before it is drawn up: %v", err)
	}
	k.Advance(48 * time.Hour)
	got, err := p.Statement(t.Context(), k.Now().Add(-48*time.Hour))
	must(t, err)
	want := []pay.Movement{
		{Ref: "pay_a", Payment: "pay_a", Amount: money.CNY(10_000), Fee: money.CNY(60), At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)},
		{Ref: "rfd_1", Payment: "pay_a", Amount: money.CNY(-3_000), Fee: money.CNY(-18), At: time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got, err := p.Statement(t.Context(), k.Now().Add(-20*24*time.Hour)); err != nil || len(got) != 0 {
		t.Errorf("a day without a bill: %v, %v", got, err)
	}
}

// packed is a table as Alipay sends it.
func packed(t *testing.T, table string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.Create("明细.csv")
	must(t, err)
	text, err := simplifiedchinese.GB18030.NewEncoder().String(table)
	must(t, err)
	_, err = f.Write([]byte(text))
	must(t, err)
	must(t, z.Close())
	return b.Bytes()
}

func TestAmountsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"0.01": 1, "12.3": 1_230, "7": 700, "-30.00": -3_000, "100000000.00": 10_000_000_000} {
		if got, err := fen(text); err != nil || got != want {
			t.Errorf("%s is %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", ".", "1.234", "1,000.00", "abc", "--1", "1e3"} {
		if got, err := fen(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
	if yuan(5) != "0.05" || yuan(12_340) != "123.40" {
		t.Errorf("%s, %s", yuan(5), yuan(12_340))
	}
}
