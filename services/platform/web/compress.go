package web

import (
	"strings"

	"github.com/valyala/fasthttp"
)

// worthIt is the least an answer must have for compressing it to pay.
const worthIt = 1 << 10

// compress packs an answer of text whose reader takes gzip. What is packed
// already, or streams, goes as it is.
func (s *Server) compress(ctx *fasthttp.RequestCtx) {
	res := &ctx.Response
	if !s.cfg.Compress || res.IsBodyStream() || len(res.Body()) < worthIt ||
		!isText(string(res.Header.ContentType())) || len(res.Header.Peek("Content-Encoding")) > 0 {
		return
	}
	vary(&res.Header)
	if ctx.IsHead() || !Accepts(string(ctx.Request.Header.Peek("Accept-Encoding")), "gzip") {
		return
	}
	packed := fasthttp.AppendGzipBytesLevel(nil, res.Body(), 5)
	res.SetBodyRaw(packed)
	res.Header.Set("Content-Encoding", "gzip")
}

// vary says that the answer depends on what its reader unpacks.
func vary(h *fasthttp.ResponseHeader) {
	const name = "Accept-Encoding"
	switch old := string(h.Peek("Vary")); {
	case old == "":
		h.Set("Vary", name)
	case !strings.Contains(old, name):
		h.Set("Vary", old+", "+name)
	}
}

func isText(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	return strings.HasPrefix(kind, "text/") || kind == "application/json" || kind == "image/svg+xml" ||
		kind == "application/manifest+json" || kind == "application/wasm"
}

// Accepts reports whether the value of an Accept-Encoding header takes coding.
func Accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		q, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		return !ok || strings.Trim(q, "0.") != ""
	}
	return false
}
