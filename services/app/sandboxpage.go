package app

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"meadow/services/checkout/pay/sandbox"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/web"
)

// mountSandboxPage serves the page on which a sandbox bill is paid. It works
// without any script, as a provider's page must.
func (s *System) mountSandboxPage() {
	show := func(x *web.Exchange, bill sandbox.Bill, wrong bool) error {
		var page strings.Builder
		if err := sandboxTemplate.Execute(&page, map[string]any{
			"Bill": bill, "Wrong": wrong, "Code": sandbox.ChallengeCode, "Amount": bill.Amount.Currency + " " + major(bill.Amount),
			"Zh": !strings.HasPrefix(x.Header("Accept-Language"), "en"),
		}); err != nil {
			return err
		}
		x.SetHeader("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		x.SetHeader("Cache-Control", "no-store")
		return x.Send(http.StatusOK, "text/html; charset=utf-8", []byte(page.String()))
	}
	s.Web.Raw(http.MethodGet, "/sandbox/pay.css", 0, func(x *web.Exchange) error {
		return x.Send(http.StatusOK, "text/css; charset=utf-8", []byte(sandboxStyle))
	})
	s.Web.Raw(http.MethodGet, sandboxPage+":id", 0, func(x *web.Exchange) error {
		bill, err := s.Sandbox.Bill(x.Context(), sandbox.ByBill{ID: id.Payment(x.Param("id"))})
		if err != nil {
			return err
		}
		_, wrong := x.Query("wrong")
		return show(x, bill, wrong)
	})
	s.Web.Raw(http.MethodPost, sandboxPage+":id/:outcome", 4<<10, func(x *web.Exchange) error {
		body, err := x.Body()
		if err != nil {
			return err
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return errs.ErrInvalid.With("form", "cannot be read").Because(err)
		}
		page := sandboxPage + x.Param("id")
		_, err = s.Sandbox.Settle(x.Context(), sandbox.Settle{
			ID: id.Payment(x.Param("id")), Pay: x.Param("outcome") == "pay", Mode: sandbox.Mode(form.Get("mode")), Code: strings.TrimSpace(form.Get("code")),
		})
		switch {
		case errors.Is(err, sandbox.ErrWrongCode):
			page += "?wrong=1"
		case err != nil && !errors.Is(err, sandbox.ErrSettled):
			return err
		}
		return x.Redirect(http.StatusSeeOther, page)
	})
}

var sandboxTemplate = template.Must(template.New("sandbox").Parse(`<!doctype html>
<html lang="{{if .Zh}}zh-CN{{else}}en{{end}}">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{if .Zh}}模拟支付{{else}}Sandbox payment{{end}}</title>
<link rel="stylesheet" href="/sandbox/pay.css">
<main>
  <p class="who">{{if .Zh}}模拟收银台 · 不会真实扣款{{else}}Sandbox cashier · no money moves{{end}}</p>
  <h1>{{.Bill.Title}}</h1>
  <p class="amount">{{.Amount}}</p>
  {{if or (eq .Bill.Outcome "waiting") (eq .Bill.Outcome "failed")}}
    {{if eq .Bill.Outcome "failed"}}<p role="status" class="no">{{if .Zh}}支付已拒绝，可以重试。{{else}}Declined. You can try again.{{end}}</p>{{end}}
    {{if .Bill.Challenge}}
    {{if .Wrong}}<p role="alert" class="no">{{if .Zh}}验证码不正确，请重试。{{else}}That is not the code. Please try again.{{end}}</p>{{end}}
    <form method="post" action="/sandbox/pay/{{.Bill.ID}}/pay">
      <label for="code">{{if .Zh}}银行发来的验证码（模拟：{{.Code}}）{{else}}The code your bank sent (sandbox: {{.Code}}){{end}}</label>
      <input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="10" required autofocus>
      <button class="pay">{{if .Zh}}验证并支付{{else}}Confirm and pay{{end}}</button>
    </form>
    {{else}}
    <form method="post" action="/sandbox/pay/{{.Bill.ID}}/pay">
      <button class="pay">{{if .Zh}}确认支付{{else}}Pay now{{end}}</button>
      <label for="mode">{{if .Zh}}试一试出错的情况{{else}}Try something going wrong{{end}}</label>
      <select id="mode" name="mode">
        <option value="">{{if .Zh}}一切正常{{else}}Nothing goes wrong{{end}}</option>
        <option value="challenge">{{if .Zh}}银行要求验证{{else}}The bank asks for a code{{end}}</option>
        <option value="slow">{{if .Zh}}通知迟到{{else}}The notice is late{{end}}</option>
        <option value="twice">{{if .Zh}}通知重复{{else}}Each notice comes twice{{end}}</option>
        <option value="lost">{{if .Zh}}通知丢失{{else}}The notice is lost{{end}}</option>
        <option value="refuse_refunds">{{if .Zh}}退款先失败{{else}}Refunds fail at first{{end}}</option>
      </select>
    </form>
    {{end}}
    {{if eq .Bill.Outcome "waiting"}}<form method="post" action="/sandbox/pay/{{.Bill.ID}}/decline"><button>{{if .Zh}}拒绝支付{{else}}Decline{{end}}</button></form>{{end}}
  {{else}}
    <p role="status" class="yes">{{if eq .Bill.Outcome "refunded"}}{{if .Zh}}已退款{{else}}Refunded{{end}}{{else}}{{if .Zh}}支付成功{{else}}Paid{{end}}{{end}}</p>
  {{end}}
  <p><a href="{{.Bill.Return}}">{{if .Zh}}返回商家{{else}}Back to the shop{{end}}</a></p>
</main>
`))

const sandboxStyle = `:root{color-scheme:light dark;font:16px/1.5 system-ui,"PingFang SC","Noto Sans CJK SC",sans-serif}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:light-dark(#f4f5f7,#121317);color:light-dark(#16181d,#eceef2)}
main{box-sizing:border-box;width:min(24rem,100vw);padding:2rem;text-align:center;background:light-dark(#fff,#1c1e24);border-radius:16px}
h1{font-size:1.125rem;font-weight:600;margin:.5rem 0}
.who{color:light-dark(#5b6170,#a9b0bf);font-size:.875rem;margin:0}
.amount{font-size:2.25rem;font-weight:700;margin:1rem 0 1.5rem;font-variant-numeric:tabular-nums}
button{font:inherit;font-weight:600;width:100%;min-height:48px;margin:.25rem 0;border:1px solid light-dark(#c5cad4,#444a58);border-radius:24px;background:transparent;color:inherit;cursor:pointer}
.pay{background:#1d5fd1;border-color:#1d5fd1;color:#fff}
input,select{font:inherit;box-sizing:border-box;width:100%;min-height:48px;margin:.25rem 0 .75rem;padding:0 12px;border:1px solid light-dark(#8a91a0,#6b7283);border-radius:12px;background:transparent;color:inherit}
label{display:block;margin-top:.75rem;font-size:.875rem;color:light-dark(#5b6170,#a9b0bf);text-align:start}
button:focus-visible,a:focus-visible,input:focus-visible,select:focus-visible{outline:3px solid light-dark(#1d5fd1,#8ab4ff);outline-offset:2px}
a{color:light-dark(#1d5fd1,#8ab4ff);display:inline-block;padding:12px}
.yes{color:light-dark(#116b39,#6fd79a);font-weight:700}.no{color:light-dark(#b3261e,#ff9b94)}
`
