package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"net/http"
	"strings"

	"meadow/services/platform/rpc"
	"meadow/services/platform/web"
)

// Page says what the page at path shows before any script runs: what its head
// says, the first data for its script, and its status.
type Page func(ctx context.Context, path string) (Head, any, int)

// Head is what a page says of itself to search engines, to apps that show a
// preview of a link, and to the browser.
type Head struct {
	Title       string
	Description string
	Kind        string // Open Graph's type: "article", "product", "profile"; "website" if empty
	Path        string // where the page lives; "" says no canonical address
	Image       string // a path, or an absolute address
	ImageAlt    string
	Lang        string // "zh-CN" if empty
	Hidden      bool   // from search engines
	LinkedData  any    // JSON-LD
	Preload     []Preload
	Body        template.HTML // what the app's element holds until the script starts
}

// Preload is something the page will need at once.
type Preload struct {
	URL string // a path
	As  string // "image", "script", "font"
	// Srcset and Sizes choose among an image's renditions.
	Srcset, Sizes string
}

// boot is what a page's script finds in its #boot element.
type boot struct {
	CSRF string `json:"csrf"`
	Data any    `json:"data,omitempty"`
}

// shell is an app's index.html, cut where something goes in.
type shell struct {
	top, end string    // around what is added to its head
	lang     [2]string // top, cut around the language, if there is one
	app      [2]string // end, cut inside the app's element, if there is one
}

// newShell cuts a page that a build made; it is ours, and simple.
func newShell(b []byte) *shell {
	text := string(b)
	if i := strings.Index(text, "<title>"); i >= 0 {
		if j := strings.Index(text, "</title>"); j > i {
			text = text[:i] + text[j+len("</title>"):]
		}
	}
	s := &shell{}
	before, after, ok := strings.Cut(text, "</head>")
	if !ok {
		before, after = "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">", text
	}
	s.top, s.end = before, "</head>"+after
	if i := strings.Index(s.top, `lang="`); i >= 0 {
		i += len(`lang="`)
		if j := strings.IndexByte(s.top[i:], '"'); j >= 0 {
			s.lang = [2]string{s.top[:i], s.top[i+j:]}
		}
	}
	if i := strings.Index(s.end, `<div id="app">`); i >= 0 {
		i += len(`<div id="app">`)
		s.app = [2]string{s.end[:i], s.end[i:]}
	}
	return s
}

// servePage answers with an app's page.
func (g *Gateway) servePage(x *web.Exchange, where string) error {
	sh, folder := g.site.shellOf(where)
	if _, ok := g.site.shells[where+"/"]; ok && where != "/" {
		return x.Redirect(http.StatusPermanentRedirect, where+"/")
	}
	if sh == nil {
		return rpc.ErrNoRoute
	}
	policy := g.cfg.ViewerPolicy
	head, data, status := Head{}, any(nil), http.StatusOK
	if folder != "/" {
		policy, head.Hidden = g.cfg.ConsolePolicy, true
	} else if g.deps.Page != nil {
		head, data, status = g.deps.Page(x.Context(), where)
	}
	first, err := json.Marshal(boot{CSRF: g.tokenFor(ticketOf(x.Context()).bound), Data: data})
	if err != nil {
		return fmt.Errorf("gateway: page %s: %w", where, err)
	}
	body, err := g.render(sh, head, first)
	if err != nil {
		return fmt.Errorf("gateway: page %s: %w", where, err)
	}
	x.SetHeader("Content-Security-Policy", policy)
	x.SetHeader("Cache-Control", "private, no-cache")
	x.SetHeader("Vary", "Cookie")
	for _, p := range head.Preload {
		if link := p.header(); link != "" {
			x.AddHeader("Link", link)
		}
	}
	return x.Send(status, "text/html; charset=utf-8", body)
}

// render fills a shell. first is JSON in which no < remains.
func (g *Gateway) render(s *shell, h Head, first []byte) ([]byte, error) {
	var b bytes.Buffer
	if s.lang[0] != "" && h.Lang != "" {
		b.WriteString(s.lang[0] + html.EscapeString(h.Lang) + s.lang[1])
	} else {
		b.WriteString(s.top)
	}
	if err := g.writeHead(&b, h); err != nil {
		return nil, err
	}
	b.WriteString(`<script type="application/json" id="boot">`)
	b.Write(first)
	b.WriteString(`</script>`)
	if h.Body != "" && s.app[0] != "" {
		b.WriteString(s.app[0] + string(h.Body) + s.app[1])
	} else {
		b.WriteString(s.end)
	}
	return b.Bytes(), nil
}

func (g *Gateway) writeHead(b *bytes.Buffer, h Head) error {
	title, kind := h.Title, h.Kind
	if title == "" {
		title = "Meadow"
	}
	if kind == "" {
		kind = "website"
	}
	b.WriteString("<title>" + html.EscapeString(title) + "</title>")
	meta := func(attribute, name, content string) {
		if content != "" {
			fmt.Fprintf(b, `<meta %s="%s" content="%s">`, attribute, name, html.EscapeString(content))
		}
	}
	meta("name", "description", h.Description)
	meta("property", "og:site_name", "Meadow")
	meta("property", "og:title", title)
	meta("property", "og:type", kind)
	meta("property", "og:description", h.Description)
	if h.Hidden {
		meta("name", "robots", "noindex")
	}
	if h.Path != "" {
		meta("property", "og:url", g.absolute(h.Path))
		fmt.Fprintf(b, `<link rel="canonical" href="%s">`, html.EscapeString(g.absolute(h.Path)))
	}
	if h.Image != "" {
		meta("property", "og:image", g.absolute(h.Image))
		meta("property", "og:image:alt", h.ImageAlt)
		meta("name", "twitter:card", "summary_large_image")
	}
	if h.LinkedData == nil {
		return nil
	}
	data, err := json.Marshal(h.LinkedData) // escapes <, > and &
	if err != nil {
		return err
	}
	b.WriteString(`<script type="application/ld+json">`)
	b.Write(data)
	b.WriteString(`</script>`)
	return nil
}

// absolute returns a path's address, made from the configuration.
func (g *Gateway) absolute(where string) string {
	if strings.HasPrefix(where, "/") {
		return g.public + where
	}
	return where
}

// header is p as a Link header, or "" if it is nothing of ours.
func (p Preload) header() string {
	if !strings.HasPrefix(p.URL, "/") || !quotable(p.URL) || !quotable(p.As) || !quotable(p.Srcset) || !quotable(p.Sizes) {
		return ""
	}
	link := "<" + p.URL + ">; rel=preload; as=" + p.As
	if p.As == "image" {
		link += "; fetchpriority=high"
	}
	if p.As == "font" {
		link += "; crossorigin"
	}
	if p.Srcset != "" {
		link += `; imagesrcset="` + p.Srcset + `"; imagesizes="` + p.Sizes + `"`
	}
	return link
}

func quotable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune(`<>"\`, r) })
}
