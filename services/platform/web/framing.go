package web

import (
	"bytes"
	"net/http"
	"strconv"
)

// frame follows the messages of one connection (RFC 9112), so that every head
// on it is looked at, and no byte of a body ever is taken for one.
//
// It is stricter than the RFC where readers are known to differ. It forwards
// heads and bodies as they are, and drops what nothing here needs: chunk
// extensions, trailers, and an empty line before a request.
type frame struct {
	maxHeader int

	state   state
	scanned int   // bytes of the head or line that hold no end
	left    int64 // bytes of the body or chunk to come
	size    [24]byte
	blank   bool // an empty line came before this head
	trailer int  // bytes of trailers so far
}

type state int

const (
	atHead state = iota
	inBody
	atChunk    // at a chunk's size
	inChunk    // in its data
	afterChunk // at the line end behind its data
	inTrailer
)

// maxLine is the most bytes a chunk's size and extensions may have, maxTrailer
// the most of all trailers.
const (
	maxLine    = 512
	maxTrailer = 4 << 10
)

func (f *frame) atHead() bool { return f.state == atHead }

// inMessage reports whether a body is under way.
func (f *frame) inMessage() bool { return f.state != atHead }

// plain returns how many bytes of body follow that need no look.
func (f *frame) plain() int64 {
	if f.state == inBody || f.state == inChunk {
		return f.left
	}
	return 0
}

// took says that n of them were handed on.
func (f *frame) took(n int64) {
	if f.left -= n; f.left > 0 {
		return
	}
	switch f.state {
	case inBody:
		f.state = atHead
	case inChunk:
		f.state = afterChunk
	}
}

// next splits b, which continues the connection, into bytes to hand on and the
// rest. With neither bytes nor error it needs more than b.
func (f *frame) next(b []byte) (out, rest []byte, err error) {
	for len(b) > 0 {
		switch f.state {
		case atHead:
			return f.head(b)
		case inBody, inChunk:
			n := min(int64(len(b)), f.left)
			f.took(n)
			return b[:n], b[n:], nil
		case atChunk:
			return f.chunk(b)
		case afterChunk:
			if b[0] != '\r' || len(b) > 1 && b[1] != '\n' {
				return nil, b, bad("no line end behind a chunk")
			}
			if len(b) < 2 {
				return nil, b, nil
			}
			f.state = atChunk
			return b[:2], b[2:], nil
		case inTrailer:
			done := false
			if b, done, err = f.dropTrailer(b); err != nil || !done {
				return nil, b, err
			}
			f.state = atHead
			return []byte("0\r\n\r\n"), b, nil
		}
	}
	return nil, b, nil
}

// head hands on a whole head, or nothing.
func (f *frame) head(b []byte) (out, rest []byte, err error) {
	if b[0] == '\r' && !f.blank {
		if len(b) == 1 {
			return nil, b, nil
		}
		if b[1] != '\n' {
			return nil, b, bad("bare CR")
		}
		if f.blank, b = true, b[2:]; len(b) == 0 {
			return nil, nil, nil
		}
	}
	end, err := f.headEnd(b)
	if err != nil {
		return nil, b, err
	}
	if end < 0 {
		if len(b) >= f.maxHeader {
			return nil, b, &malformed{http.StatusRequestHeaderFieldsTooLarge, "head too large"}
		}
		return nil, b, nil
	}
	if end > f.maxHeader {
		return nil, b, &malformed{http.StatusRequestHeaderFieldsTooLarge, "head too large"}
	}
	h, err := parseHead(b[:end])
	if err != nil {
		return nil, b, err
	}
	f.scanned, f.blank = 0, false
	switch {
	case h.chunked:
		f.state = atChunk
	case h.length > 0:
		f.state, f.left = inBody, h.length
	}
	return b[:end], b[end:], nil
}

// headEnd returns where the head that b begins with ends, or -1 if its end is
// not there yet. Control characters cannot be in a head; they are refused as
// soon as they arrive.
func (f *frame) headEnd(b []byte) (int, error) {
	for i := f.scanned; i < len(b); i++ {
		c := b[i]
		if c >= ' ' && c != 0x7f || c == '\t' {
			continue
		}
		switch {
		case c == '\r':
			if i+1 == len(b) {
				f.scanned = i
				return -1, nil
			}
			if b[i+1] != '\n' {
				return 0, bad("bare CR")
			}
		case c == '\n':
			if i == 0 || b[i-1] != '\r' {
				return 0, bad("bare LF")
			}
			if i == 1 {
				return 0, bad("no request line")
			}
			if b[i-2] == '\n' {
				return i + 1, nil
			}
		default:
			return 0, bad("control character")
		}
	}
	f.scanned = len(b)
	return -1, nil
}

// chunk hands on a chunk's size without its extensions.
func (f *frame) chunk(b []byte) (out, rest []byte, err error) {
	line, rest, err := takeLine(b, maxLine)
	if line == nil {
		return nil, b, err
	}
	digits, extension, _ := bytes.Cut(line, []byte(";"))
	if !isExtension(extension) {
		return nil, b, bad("chunk extension")
	}
	if len(line) > len(digits) { // white space is allowed before a semicolon only
		digits = bytes.TrimRight(digits, " \t")
	}
	n, err := parseHex(digits)
	if err != nil {
		return nil, b, err
	}
	if n == 0 {
		f.state, f.trailer = inTrailer, 0
		return f.next(rest)
	}
	f.state, f.left = inChunk, n
	out = strconv.AppendInt(f.size[:0], n, 16)
	return append(out, '\r', '\n'), rest, nil
}

// dropTrailer takes trailers off b, and reports whether they have ended.
func (f *frame) dropTrailer(b []byte) (rest []byte, done bool, err error) {
	for {
		line, rest, err := takeLine(b, maxTrailer)
		if line == nil {
			return b, false, err
		}
		if len(line) == 0 {
			return rest, true, nil
		}
		if f.trailer += len(line); f.trailer > maxTrailer {
			return b, false, bad("trailers too large")
		}
		if _, _, err := parseField(line); err != nil {
			return b, false, err
		}
		b = rest
	}
}

// takeLine splits the first line off b, without its end. line is nil if its
// end is not there yet, and empty for an empty line.
func takeLine(b []byte, limit int) (line, rest []byte, err error) {
	i := bytes.IndexByte(b, '\n')
	switch {
	case i > limit, i < 0 && len(b) > limit:
		return nil, b, bad("line too long")
	case i < 0:
		return nil, b, nil
	case i == 0 || b[i-1] != '\r':
		return nil, b, bad("bare LF")
	case bytes.IndexByte(b[:i-1], '\r') >= 0:
		return nil, b, bad("bare CR")
	}
	return b[: i-1 : i-1], b[i+1:], nil
}

// parseHex reads a chunk's size, of at most 2^60 - 1.
func parseHex(b []byte) (int64, error) {
	if len(b) == 0 || len(b) > 15 {
		return 0, bad("chunk size")
	}
	var n int64
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | int64(c-'0')
		case c >= 'a' && c <= 'f':
			n = n<<4 | int64(c-'a'+10)
		case c >= 'A' && c <= 'F':
			n = n<<4 | int64(c-'A'+10)
		default:
			return 0, bad("chunk size")
		}
	}
	return n, nil
}

func isExtension(b []byte) bool {
	return !bytes.ContainsFunc(b, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}
