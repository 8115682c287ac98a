package gateway

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"

	"meadow/services/platform/rpc"
	"meadow/services/platform/web"
)

// site is the built web app: one application at the root, further ones in
// folders that have an index.html, files beside them. A file f may come as f, as
// f.br and f.gz beside it, or as these alone, which takes a third of the room.
// Everything is found by its exact name in a table, so that no path leads
// anywhere else.
type site struct {
	files  map[string]*file  // by path, "/assets/app-4f3a9c21.js"
	shells map[string]*shell // by folder, "/" and "/studio/"
}

// file is one asset in the encodings it was built in. Plain is nil of one that
// came compressed only; it is unpacked for the few who ask for it.
type file struct {
	kind          string
	etag          string
	immutable     bool
	plain, br, gz []byte
}

func newSite(dist fs.FS) (*site, error) {
	s := &site{files: map[string]*file{}, shells: map[string]*shell{}}
	if dist == nil {
		return s, nil
	}
	err := fs.WalkDir(dist, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || isVariant(dist, name) {
			return err
		}
		b, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		if packed, ok := strings.CutSuffix(name, ".gz"); ok {
			f := newFile(dist, packed, b)
			f.plain, f.gz = nil, b
			s.files["/"+packed] = f
			return nil
		}
		if path.Base(name) == "index.html" {
			s.shells[folderOf(name)] = newShell(b)
			return nil
		}
		s.files["/"+name] = newFile(dist, name, b)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("gateway: read the web app: %w", err)
	}
	return s, nil
}

// isVariant reports whether name is another file, compressed: one that lies
// beside it or, of a .br, beside the .gz.
func isVariant(dist fs.FS, name string) bool {
	there := func(name string) bool { _, err := fs.Stat(dist, name); return err == nil }
	if base, ok := strings.CutSuffix(name, ".br"); ok {
		return there(base) || there(base+".gz")
	}
	base, ok := strings.CutSuffix(name, ".gz")
	return ok && there(base)
}

func folderOf(name string) string {
	if dir := path.Dir(name); dir != "." {
		return "/" + dir + "/"
	}
	return "/"
}

func newFile(dist fs.FS, name string, b []byte) *file {
	sum := sha256.Sum256(b)
	f := &file{
		kind: kindOf(name), plain: b, immutable: isHashed(name),
		// Weak, for it names the file in every encoding.
		etag: `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`,
	}
	// Without a variant the reads fail, and the plain file is served.
	if v, err := fs.ReadFile(dist, name+".br"); err == nil && len(v) < len(b) {
		f.br = v
	}
	if v, err := fs.ReadFile(dist, name+".gz"); err == nil && len(v) < len(b) {
		f.gz = v
	}
	return f
}

// kinds are the types of what a build holds, whatever the machine's tables say.
func kindOf(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".webmanifest":
		return "application/manifest+json"
	case ".wasm":
		return "application/wasm"
	case ".woff2":
		return "font/woff2"
	case ".webp":
		return "image/webp"
	case ".avif":
		return "image/avif"
	case ".svg":
		return "image/svg+xml"
	case ".md", ".txt":
		return "text/plain; charset=utf-8"
	default:
		if kind := mime.TypeByExtension(ext); kind != "" {
			return kind
		}
		return "application/octet-stream"
	}
}

// isHashed reports whether a build put a hash of the content in the name, as in
// "assets/app-4f3a9c21.js": then the name never means anything else.
func isHashed(name string) bool {
	if !strings.Contains("/"+name, "/assets/") {
		return false
	}
	base := path.Base(name)
	stem, _, _ := strings.Cut(base, ".")
	i := strings.LastIndexByte(stem, '-')
	for i >= 0 && len(stem)-i-1 < 8 { // a hash may itself hold a hyphen
		j := strings.LastIndexByte(stem[:i], '-')
		if j < 0 {
			return false
		}
		i = j
	}
	return i > 0
}

// serve answers what is no endpoint: an asset, a page, or that there is none.
func (g *Gateway) serve(x *web.Exchange) error {
	where, err := url.PathUnescape(x.Path())
	if err != nil || isAPI(where) {
		return rpc.ErrNoRoute
	}
	if f, ok := g.site.files[where]; ok {
		return g.serveFile(x, f)
	}
	if path.Ext(where) != "" && strings.Contains(where, "/assets/") {
		return rpc.ErrNoRoute // a page in place of a missing script is a riddle
	}
	return g.servePage(x, where)
}

func isAPI(where string) bool {
	return where == "/api" || strings.HasPrefix(where, "/api/")
}

func (g *Gateway) serveFile(x *web.Exchange, f *file) error {
	x.SetHeader("ETag", f.etag)
	x.SetHeader("Vary", "Accept-Encoding")
	x.SetHeader("Cache-Control", "no-cache")
	if f.immutable {
		x.SetHeader("Cache-Control", "public, max-age=31536000, immutable")
	}
	if strings.HasPrefix(f.kind, "text/javascript") {
		x.SetHeader("Content-Security-Policy", g.cfg.ViewerPolicy) // a worker obeys that of its script
	}
	if matches(x.Header("If-None-Match"), f.etag) {
		return x.Send(http.StatusNotModified, f.kind, nil)
	}
	body := f.plain
	switch accept := x.Header("Accept-Encoding"); {
	case f.br != nil && web.Accepts(accept, "br"):
		body = f.br
		x.SetHeader("Content-Encoding", "br")
	case f.gz != nil && web.Accepts(accept, "gzip"):
		body = f.gz
		x.SetHeader("Content-Encoding", "gzip")
	case body == nil:
		var err error
		if body, err = unpack(f.gz); err != nil {
			return fmt.Errorf("gateway: %s: %w", x.Path(), err)
		}
	}
	return x.Send(http.StatusOK, f.kind, body)
}

func unpack(gz []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(gz))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func matches(ifNoneMatch, etag string) bool {
	for tag := range strings.SplitSeq(ifNoneMatch, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(etag, "W/") {
			return true
		}
	}
	return false
}

// shellOf returns the page of the app that where belongs to, and its folder.
func (s *site) shellOf(where string) (*shell, string) {
	best := ""
	for folder := range s.shells {
		if strings.HasPrefix(where, folder) && len(folder) > len(best) {
			best = folder
		}
	}
	return s.shells[best], best
}
