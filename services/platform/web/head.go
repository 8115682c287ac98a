package web

import (
	"bytes"
	"net/http"
	"strings"
)

// head is what of a request's head decides where it ends.
type head struct {
	length  int64
	chunked bool
}

// maxFields is the most header fields a request may have.
const maxFields = 100

// parseHead reads a head that ends in an empty line and has no bare CR, bare
// LF or other control character.
func parseHead(b []byte) (head, error) {
	lines := bytes.Split(bytes.TrimSuffix(b, []byte("\r\n\r\n")), []byte("\r\n"))
	if len(lines) > maxFields+1 {
		return head{}, &malformed{http.StatusRequestHeaderFieldsTooLarge, "too many fields"}
	}
	method, target, old, err := parseRequestLine(lines[0])
	if err != nil {
		return head{}, err
	}
	seen := fieldsSeen{}
	for _, line := range lines[1:] {
		name, value, err := parseField(line)
		if err != nil {
			return head{}, err
		}
		if err := seen.add(name, value); err != nil {
			return head{}, err
		}
	}
	return seen.head(method, target, old)
}

// parseRequestLine reads "GET /path HTTP/1.1"; old is HTTP/1.0.
func parseRequestLine(line []byte) (method, target string, old bool, err error) {
	parts := strings.Split(string(line), " ")
	if len(parts) != 3 {
		return "", "", false, bad("request line")
	}
	method, target = parts[0], parts[1]
	switch {
	case !isToken(method) || len(method) > 20:
		return "", "", false, bad("method")
	case !isTarget(method, target):
		return "", "", false, bad("request target")
	}
	switch parts[2] {
	case "HTTP/1.1":
	case "HTTP/1.0":
		old = true
	default:
		return "", "", false, bad("version")
	}
	return method, target, old, nil
}

// isTarget reports whether a target is a path, "*" of OPTIONS, or an absolute
// http address; whose host must agree is checked with the fields.
func isTarget(method, target string) bool {
	for _, c := range []byte(target) {
		if c <= ' ' || c >= 0x7f || c == '#' {
			return false
		}
	}
	if target == "*" {
		return method == http.MethodOptions
	}
	return strings.HasPrefix(target, "/") || authority(target) != ""
}

// authority returns the host of an absolute address.
func authority(target string) string {
	rest, ok := strings.CutPrefix(target, "http://")
	if !ok {
		if rest, ok = strings.CutPrefix(target, "https://"); !ok {
			return ""
		}
	}
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, "?")
	return host
}

// parseField reads one header line. A line that begins with white space would
// continue the one before; some readers do so, so it is refused.
func parseField(line []byte) (name, value string, err error) {
	n, v, ok := bytes.Cut(line, []byte(":"))
	if !ok || !isToken(string(n)) {
		return "", "", bad("header field")
	}
	for _, c := range v {
		if c < ' ' && c != '\t' || c == 0x7f {
			return "", "", bad("header value")
		}
	}
	return strings.ToLower(string(n)), strings.Trim(string(v), " \t"), nil
}

// fieldsSeen are the fields that decide how a message is read.
type fieldsSeen struct {
	hosts, lengths, encodings int
	host, length, encoding    string
}

func (s *fieldsSeen) add(name, value string) error {
	var n *int
	var v *string
	switch name {
	case "host":
		n, v = &s.hosts, &s.host
	case "content-length":
		n, v = &s.lengths, &s.length
	case "transfer-encoding":
		n, v = &s.encodings, &s.encoding
	default:
		return nil
	}
	if *n++; *n > 1 {
		return bad("two of " + name)
	}
	*v = value
	return nil
}

// head decides where the message ends, if there is no doubt.
func (s *fieldsSeen) head(method, target string, old bool) (head, error) {
	var h head
	switch {
	case s.hosts == 0 && !old, s.hosts == 1 && !isHost(s.host):
		return h, bad("host")
	case strings.Contains(target, "://") && authority(target) != "" && authority(target) != s.host:
		return h, bad("two hosts")
	case s.encodings == 1 && s.lengths == 1:
		return h, bad("both a length and an encoding")
	case s.encodings == 1 && old:
		return h, bad("an encoding in HTTP/1.0")
	case s.encodings == 1 && !strings.EqualFold(s.encoding, "chunked"):
		return h, bad("transfer encoding")
	}
	h.chunked = s.encodings == 1
	if s.lengths == 1 {
		n, ok := parseLength(s.length)
		if !ok {
			return h, bad("content length")
		}
		h.length = n
	}
	if (h.chunked || h.length > 0) && bodiless(method) {
		return h, bad("a body of " + method)
	}
	return h, nil
}

// bodiless reports whether readers differ on whether method has a body.
func bodiless(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodConnect:
		return true
	}
	return false
}

// parseLength reads digits, of at most 10^18 - 1.
func parseLength(s string) (int64, bool) {
	if s == "" || len(s) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// isHost reports whether s can be a host with an optional port.
func isHost(s string) bool {
	if s == "" || len(s) > 262 {
		return false
	}
	for _, c := range []byte(s) {
		if !isAlphanumeric(c) && !strings.ContainsRune(".-_:[]", rune(c)) {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isToken(s string) bool {
	if s == "" {
		return false
	}
	for _, c := range []byte(s) {
		if !isAlphanumeric(c) && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return true
}
