package web

import (
	"compress/gzip"
	"io"
	"strings"
	"testing"
)

func TestAnAnswerOfTextIsCompressedForWhoTakesIt(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("all work and no play ", 100)
	addr := serving(t, Config{Compress: true}, Deps{}, func(s *Server) {
		for path, kind := range map[string]string{"/text": "text/html; charset=utf-8", "/picture": "image/webp"} {
			s.Raw("GET", path, 0, func(x *Exchange) error {
				x.SetHeader("Vary", "Cookie")
				return x.Send(200, kind, []byte(text))
			})
			s.Raw("HEAD", path, 0, func(x *Exchange) error { return x.Send(200, kind, []byte(text)) })
		}
		s.Raw("GET", "/short", 0, func(x *Exchange) error { return x.Send(200, "text/plain", []byte("short")) })
	})
	for _, c := range []struct {
		path, accept, encoding, vary string
	}{
		{"/text", "gzip, br", "gzip", "Cookie, Accept-Encoding"},
		{"/text", "", "", "Cookie, Accept-Encoding"},
		{"/text", "gzip;q=0", "", "Cookie, Accept-Encoding"},
		{"/picture", "gzip", "", "Cookie"},
		{"/short", "gzip", "", ""},
	} {
		res, body := do(t, "GET", "http://"+addr+c.path, "", "Accept-Encoding", c.accept)
		if res.Header.Get("Content-Encoding") != c.encoding || res.Header.Get("Vary") != c.vary {
			t.Errorf("%s with %q: %v", c.path, c.accept, res.Header)
		}
		if c.encoding == "" {
			continue
		}
		r, err := gzip.NewReader(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(r); err != nil || string(b) != text || len(body) > len(text)/4 {
			t.Errorf("%s: %d bytes, %v", c.path, len(body), err)
		}
	}
}
