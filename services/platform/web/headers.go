package web

import "github.com/valyala/fasthttp"

// header is one that every answer carries unless its handler says otherwise.
type header struct{ name, value string }

// commonHeaders are safe for data: nothing in an answer may run, be framed,
// be read by another site, or be kept. Pages and pictures loosen what they need.
func commonHeaders(https bool) []header {
	hs := []header{
		{"X-Content-Type-Options", "nosniff"},
		{"Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
		{"Referrer-Policy", "strict-origin-when-cross-origin"},
		{"Cross-Origin-Opener-Policy", "same-origin"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"X-Frame-Options", "DENY"},
		{"Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), " +
			"geolocation=(), payment=(), usb=(), serial=(), midi=(), browsing-topics=()"},
		{"Cache-Control", "no-store"},
	}
	if https {
		hs = append(hs, header{"Strict-Transport-Security", "max-age=31536000; includeSubDomains"})
	}
	return hs
}

func (s *Server) setHeaders(ctx *fasthttp.RequestCtx) {
	for _, h := range s.headers {
		ctx.Response.Header.Set(h.name, h.value)
	}
}
