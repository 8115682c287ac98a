package web

import (
	"bytes"
	"net/http"
)

// head is what of a request's head decides where it ends.
type head struct {
	length  int64
	chunked bool
}

// maxFields is the most header fields a request may have.
const maxFields = 100

// parseHead reads a head that ends in an empty line and has no bare CR, bare
// LF or other control character. It makes no copies: it runs for every request.
func parseHead(b []byte) (head, error) {
	first, rest := cutLine(b)
	r, err := parseRequestLine(first)
	if err != nil {
		return head{}, err
	}
	var seen fieldsSeen
	for n := 0; ; n++ {
		var line []byte
		if line, rest = cutLine(rest); len(line) == 0 {
			return seen.head(r)
		}
		if n == maxFields {
			return head{}, &malformed{http.StatusRequestHeaderFieldsTooLarge, "too many fields"}
		}
		name, value, err := parseField(line)
		if err != nil {
			return head{}, err
		}
		if err := seen.add(name, value); err != nil {
			return head{}, err
		}
	}
}

// cutLine splits the first line off b, which is known to end it well.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 1 {
		return nil, nil
	}
	return b[:i-1], b[i+1:]
}

// requestLine is "GET /path HTTP/1.1", taken apart.
type requestLine struct {
	method    []byte
	authority []byte // of an absolute address
	old       bool   // HTTP/1.0
}

func parseRequestLine(line []byte) (r requestLine, err error) {
	method, rest, ok := bytes.Cut(line, []byte(" "))
	if !ok || !isToken(method) || len(method) > 20 {
		return r, bad("method")
	}
	target, version, ok := bytes.Cut(rest, []byte(" "))
	if !ok || len(target) == 0 {
		return r, bad("request line")
	}
	switch string(version) {
	case "HTTP/1.1":
	case "HTTP/1.0":
		r.old = true
	default:
		return r, bad("version")
	}
	r.method, r.authority = method, authority(target)
	for _, c := range target {
		if c <= ' ' || c >= 0x7f || c == '#' {
			return r, bad("request target")
		}
	}
	star := string(target) == "*" && string(method) == http.MethodOptions
	if target[0] != '/' && len(r.authority) == 0 && !star {
		return r, bad("request target")
	}
	return r, nil
}

// authority returns the host of an absolute address, and nothing of a path.
func authority(target []byte) []byte {
	rest, ok := bytes.CutPrefix(target, []byte("http://"))
	if !ok {
		if rest, ok = bytes.CutPrefix(target, []byte("https://")); !ok {
			return nil
		}
	}
	if i := bytes.IndexAny(rest, "/?"); i >= 0 {
		rest = rest[:i]
	}
	return rest
}

// parseField reads one header line. A line that begins with white space would
// continue the one before; some readers do so, so it is refused.
func parseField(line []byte) (name, value []byte, err error) {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok || !isToken(name) {
		return nil, nil, bad("header field")
	}
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			return nil, nil, bad("header value")
		}
	}
	return name, bytes.Trim(value, " \t"), nil
}

// fieldsSeen are the fields that decide how a message is read; nil is absent.
type fieldsSeen struct{ host, length, encoding []byte }

func (s *fieldsSeen) add(name, value []byte) error {
	var field *[]byte
	switch {
	case len(name) == 4 && bytes.EqualFold(name, []byte("Host")):
		field = &s.host
	case len(name) == 14 && bytes.EqualFold(name, []byte("Content-Length")):
		field = &s.length
	case len(name) == 17 && bytes.EqualFold(name, []byte("Transfer-Encoding")):
		field = &s.encoding
	default:
		return nil
	}
	if *field != nil {
		return bad("a field twice")
	}
	if *field = value; value == nil {
		*field = []byte{}
	}
	return nil
}

// head decides where the message ends, if there is no doubt.
func (s *fieldsSeen) head(r requestLine) (h head, err error) {
	switch {
	case s.host == nil && !r.old, s.host != nil && !isHost(s.host):
		return h, bad("host")
	case r.authority != nil && !bytes.Equal(r.authority, s.host):
		return h, bad("two hosts")
	case s.encoding != nil && s.length != nil:
		return h, bad("both a length and an encoding")
	case s.encoding != nil && r.old:
		return h, bad("an encoding in HTTP/1.0")
	case s.encoding != nil && !bytes.EqualFold(s.encoding, []byte("chunked")):
		return h, bad("transfer encoding")
	}
	h.chunked = s.encoding != nil
	if s.length != nil {
		n, ok := parseLength(s.length)
		if !ok {
			return h, bad("content length")
		}
		h.length = n
	}
	if (h.chunked || h.length > 0) && bodiless(r.method) {
		return h, bad("a body where there is none")
	}
	return h, nil
}

// bodiless reports whether readers differ on whether method has a body.
func bodiless(method []byte) bool {
	switch string(method) {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodConnect:
		return true
	}
	return false
}

// parseLength reads digits, of at most 10^18 - 1.
func parseLength(s []byte) (int64, bool) {
	if len(s) == 0 || len(s) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// isHost reports whether s can be a host with an optional port.
func isHost(s []byte) bool {
	for _, c := range s {
		if !isAlphanumeric(c) && c != '.' && c != '-' && c != '_' && c != ':' && c != '[' && c != ']' {
			return false
		}
	}
	return len(s) > 0 && len(s) <= 262
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z'
}

func isToken(s []byte) bool {
	for _, c := range s {
		if !isAlphanumeric(c) && bytes.IndexByte([]byte("-_!#$%&'*+.^`|~"), c) < 0 {
			return false
		}
	}
	return len(s) > 0
}
