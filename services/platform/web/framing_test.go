package web

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"
)

// The messages of goal SEC-S1, from RFC 9112 and RFC 9110: each is one that a
// strict server refuses. %s is where a second request is smuggled in.
const smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

func vectors() map[string]string {
	const post = "POST /count HTTP/1.1\r\nHost: a\r\n"
	chunked := func(body string) string { return post + "Transfer-Encoding: chunked\r\n\r\n" + body }
	te := func(value string) string {
		return post + "Transfer-Encoding:" + value + "\r\n\r\n0\r\n\r\n" + smuggled
	}
	cl := func(value string) string { return post + "Content-Length:" + value + "\r\n\r\n" + smuggled }
	field := func(line string) string { return "GET /count HTTP/1.1\r\nHost: a\r\n" + line + "\r\n\r\n" + smuggled }
	line := func(first string) string { return first + "\r\nHost: a\r\n\r\n" + smuggled }
	return map[string]string{
		// 6.1, 6.3: length and encoding
		"both, length first":           post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"both, encoding first":         post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + smuggled,
		"both, length 0":               post + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"encoding in 1.0":              "POST /count HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"encoding xchunked":            te(" xchunked"),
		"encoding behind VT":           te(" \x0bchunked"),
		"encoding chunked, identity":   te(" chunked, identity"),
		"encoding identity, chunked":   te(" identity, chunked"),
		"encoding chunked, chunked":    te(" chunked, chunked"),
		"encoding gzip, chunked":       te(" gzip, chunked"),
		"encoding gzip":                te(" gzip"),
		"encoding identity":            te(" identity"),
		"encoding quoted":              te(` "chunked"`),
		"encoding with a parameter":    te(" chunked;q=1"),
		"encoding with a comma":        te(" chunked,"),
		"encoding empty":               te(""),
		"encoding twice":               post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"encoding twice, one identity": post + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"encoding with a bare CR":      te(" chunked\r"),
		"lengths differ":               post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd" + smuggled,
		"lengths repeat":               post + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd" + smuggled,
		"length list":                  cl(" 4, 4"),
		"length with a plus":           cl(" +4"),
		"length negative":              cl(" -1"),
		"length in hex":                cl(" 0x4"),
		"length with a blank inside":   cl(" 4 4"),
		"length with an underscore":    cl(" 1_0"),
		"length not a number":          cl(" four"),
		"length empty":                 cl(""),
		"length past 64 bits":          cl(" 18446744073709551616"),
		"length as a fraction":         cl(" 4.0"),
		"length with VT":               cl(" \x0b4"),
		"body of GET":                  "GET /count HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\n" + smuggled,
		"body of HEAD":                 "HEAD /count HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\n" + smuggled,
		"chunked body of GET":          "GET /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		// 5: fields
		"blank before the colon":        post + "Content-Length : 4\r\n\r\nabcd" + smuggled,
		"tab before the colon":          post + "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"folded with a blank":           field("X: a\r\n b"),
		"folded with a tab":             field("X: a\r\n\tb"),
		"folded encoding":               post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + smuggled,
		"first field begins with blank": "GET /count HTTP/1.1\r\n Host: a\r\n\r\n" + smuggled,
		"no colon":                      field("Nonsense"),
		"no name":                       field(": value"),
		"NUL in a value":                field("X: a\x00b"),
		"NUL in a name":                 field("X\x00: a"),
		"bare CR in a value":            field("X: a\rb"),
		"bare CR that hides a field":    field("X: a\rContent-Length: 40"),
		"bare LF behind a field":        "GET /count HTTP/1.1\r\nHost: a\nX: b\r\n\r\n" + smuggled,
		"bare LF everywhere":            "GET /count HTTP/1.1\nHost: a\n\n" + smuggled,
		"LF CR":                         "GET /count HTTP/1.1\n\rHost: a\n\r\n\r" + smuggled,
		"DEL in a value":                field("X: a\x7fb"),
		"bell in a value":               field("X: a\ab"),
		"parenthesis in a name":         field("X(Y): a"),
		"slash in a name":               field("X/Y: a"),
		"high byte in a name":           field("X\xff: a"),
		"blank in a name":               field("X Y: a"),
		// 3.2: Host
		"no host":             "GET /count HTTP/1.1\r\n\r\n" + smuggled,
		"two hosts":           field("Host: b"),
		"same host twice":     field("Host: a"),
		"empty host":          "GET /count HTTP/1.1\r\nHost:\r\n\r\n" + smuggled,
		"host with a path":    "GET /count HTTP/1.1\r\nHost: a/b\r\n\r\n" + smuggled,
		"host with a user":    "GET /count HTTP/1.1\r\nHost: u@a\r\n\r\n" + smuggled,
		"host list":           "GET /count HTTP/1.1\r\nHost: a, b\r\n\r\n" + smuggled,
		"host and other host": "GET http://b/count HTTP/1.1\r\nHost: a\r\n\r\n" + smuggled,
		// 3, 2.3: the request line
		"no version":                line("GET /count"),
		"version 2.0":               line("GET /count HTTP/2.0"),
		"version 1.2":               line("GET /count HTTP/1.2"),
		"version 0.9":               line("GET /count HTTP/0.9"),
		"version 1.1.1":             line("GET /count HTTP/1.1.1"),
		"version in small letters":  line("GET /count http/1.1"),
		"version 01.1":              line("GET /count HTTP/01.1"),
		"version of another":        line("GET /count ICAP/1.1"),
		"version with blank behind": line("GET /count HTTP/1.1 "),
		"two blanks":                line("GET  /count HTTP/1.1"),
		"tab for a blank":           line("GET\t/count HTTP/1.1"),
		"blank in the target":       line("GET /co unt HTTP/1.1"),
		"blank before":              line(" GET /count HTTP/1.1"),
		"high byte in the target":   line("GET /count\xff HTTP/1.1"),
		"fragment":                  line("GET /count#x HTTP/1.1"),
		"target without a slash":    line("GET count HTTP/1.1"),
		"authority of GET":          line("GET a:80 HTTP/1.1"),
		"star of GET":               line("GET * HTTP/1.1"),
		"CONNECT":                   line("CONNECT a:80 HTTP/1.1"),
		"method with a colon":       line("GE:T /count HTTP/1.1"),
		"no method":                 line("/count HTTP/1.1"),
		"preface of HTTP/2":         "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + smuggled,
		"two empty lines before":    "\r\n\r\n" + line("GET /count HTTP/1.1"),
		"a bare LF before":          "\n" + line("GET /count HTTP/1.1"),
		// 7.1: chunks
		"chunk size in 0x":            chunked("0x3\r\nabc\r\n0\r\n\r\n" + smuggled),
		"chunk size negative":         chunked("-3\r\nabc\r\n0\r\n\r\n" + smuggled),
		"chunk size with a plus":      chunked("+3\r\nabc\r\n0\r\n\r\n" + smuggled),
		"chunk size empty":            chunked("\r\nabc\r\n0\r\n\r\n" + smuggled),
		"chunk size not hex":          chunked("G\r\nabc\r\n0\r\n\r\n" + smuggled),
		"chunk size past 64 bits":     chunked("10000000000000003\r\nabc\r\n0\r\n\r\n" + smuggled),
		"chunk size behind a blank":   chunked(" 3\r\nabc\r\n0\r\n\r\n" + smuggled),
		"chunk size before a blank":   chunked("3 \r\nabc\r\n0\r\n\r\n" + smuggled),
		"chunk size with underscore":  chunked("0_3\r\nabc\r\n0\r\n\r\n" + smuggled),
		"chunk size ended by LF":      chunked("3\nabc\r\n0\r\n\r\n" + smuggled),
		"chunk size ended by CR":      chunked("3\rabc\r\n0\r\n\r\n" + smuggled),
		"chunk ended by LF":           chunked("3\r\nabc\n0\r\n\r\n" + smuggled),
		"chunk longer than it says":   chunked("3\r\nabcdef\r\n0\r\n\r\n" + smuggled),
		"chunk extension ended by LF": chunked("3;x\nabc\r\n0\r\n\r\n" + smuggled),
		"chunk extension with CR":     chunked("3;\rx\r\nabc\r\n0\r\n\r\n" + smuggled),
		"chunk extension with NUL":    chunked("3;\x00\r\nabc\r\n0\r\n\r\n" + smuggled),
		"chunk extension too long":    chunked("3;" + strings.Repeat("x", 2000) + "\r\nabc\r\n0\r\n\r\n" + smuggled),
		"last chunk ended by LF":      chunked("0\n\n" + smuggled),
		"trailer folded":              chunked("0\r\nX: a\r\n b\r\n\r\n" + smuggled),
		"trailer without a colon":     chunked("0\r\nX\r\n\r\n" + smuggled),
		"trailer ended by LF":         chunked("0\r\nX: a\n\r\n" + smuggled),
		"trailers too many":           chunked("0\r\n" + strings.Repeat("X: "+strings.Repeat("x", 500)+"\r\n", 20) + "\r\n" + smuggled),
		"trailers too large":          chunked("0\r\nX: " + strings.Repeat("x", 5000) + "\r\n\r\n" + smuggled),
	}
}

// counting is a server that counts what it accepted.
func counting(t *testing.T) (addr string, accepted, second *atomic.Int64) {
	accepted, second = new(atomic.Int64), new(atomic.Int64)
	addr = serving(t, Config{ReadTimeout: 5 * time.Second}, Deps{}, func(s *Server) {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			s.Raw(method, "/count", 1<<20, func(x *Exchange) error {
				b, err := x.Body()
				if err != nil {
					return err
				}
				accepted.Add(1)
				return x.Send(200, "text/plain", b)
			})
		}
		s.Raw("GET", "/smuggled", 0, func(x *Exchange) error { second.Add(1); return x.Send(200, "text/plain", nil) })
		s.Mount("/stream", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, "bad", http.StatusBadRequest)
				return
			}
			accepted.Add(1)
			_, _ = w.Write(b)
		}))
	})
	return addr, accepted, second
}

// exchange sends bytes, and returns all that comes back until the server
// closes the connection.
func exchange(t *testing.T, addr string, write func(net.Conn) error) string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := write(c); err != nil {
		t.Logf("write: %v", err) // a refusal may come before all is written
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
	b, err := io.ReadAll(c)
	if err != nil && len(b) == 0 {
		t.Errorf("read: %v", err)
	}
	return string(b)
}

func TestNoMalformedMessageIsAcceptedAndNoneHidesAnother(t *testing.T) {
	t.Parallel()
	vs := vectors()
	t.Logf("SEC-S1: %d malformed messages", len(vs))
	if len(vs) < 45 {
		t.Fatalf("only %d messages", len(vs))
	}
	for _, path := range []string{"/count", "/stream"} {
		addr, accepted, second := counting(t)
		for name, message := range vs {
			message = strings.Replace(message, "/count", path, 1)
			before, hidden := accepted.Load(), second.Load()
			answer := exchange(t, addr, func(c net.Conn) error { _, err := io.WriteString(c, message); return err })
			if accepted.Load() != before {
				t.Errorf("%s on %s: accepted: %.200q", name, path, answer)
			}
			if second.Load() != hidden || strings.Count(answer, "HTTP/1.1 ") != 1 {
				t.Errorf("%s on %s: a second answer: %.300q", name, path, answer)
			}
			if !strings.HasPrefix(answer, "HTTP/1.1 4") || !strings.Contains(strings.ToLower(answer), "connection: close") {
				t.Errorf("%s on %s: got %.200q", name, path, answer)
			}
		}
	}
}

func TestAMalformedMessageIsFoundBehindGoodOnes(t *testing.T) {
	t.Parallel()
	addr, accepted, second := counting(t)
	good := "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi" +
		"POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nho\r\n0\r\n\r\n"
	for name, message := range vectors() {
		before := accepted.Load()
		answer := exchange(t, addr, func(c net.Conn) error { _, err := io.WriteString(c, good+message); return err })
		if n := accepted.Load() - before; n != 2 || second.Load() != 0 || strings.Count(answer, "HTTP/1.1 ") != 3 {
			t.Errorf("%s: %d accepted: %.400q", name, n, answer)
		}
	}
}

// wellFormed are messages that must pass, in one connection, and their bodies.
func wellFormedMessages() (message string, bodies []string) {
	ms := []struct{ message, body string }{
		{"GET /count HTTP/1.1\r\nHost: a\r\n\r\n", ""},
		{"\r\nGET /count HTTP/1.1\r\nhOsT:a\r\n\r\n", ""},
		{"GET /count?a=%20b&c=[d] HTTP/1.1\r\nHost: a:80\r\nX-Empty:\r\nX:\t a\tb \t\r\n\r\n", ""},
		{"GET http://a/count HTTP/1.1\r\nHost: a\r\n\r\n", ""},
		{"GET /count HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 0\r\n\r\n", ""},
		{"POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "hello"},
		{"POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 00005\r\n\r\n\r\n\r\nx", "\r\n\r\nx"},
		{"POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", ""},
		{"POST /count HTTP/1.1\r\nHost: a\r\n\r\n", ""},
		{"POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello"},
		{"POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0005;a=\"b\"\r\nhello\r\n6 ; c\r\n world\r\n000\r\nTrailer: x\r\n\r\n", "hello world"},
		{"POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\r\r\n1\r\n\n\r\n0\r\n\r\n", "\r\n"},
		{"POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n" + "GET / HTTP", "GET / HTTP"},
		{"POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n" + strings.Repeat("0123456789", 2000), strings.Repeat("0123456789", 2000)},
		{"GET /count HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", ""},
	}
	for _, m := range ms {
		message += m.message
		bodies = append(bodies, m.body)
	}
	return message, bodies
}

func TestWellFormedMessagesPassHoweverTheyAreCut(t *testing.T) {
	t.Parallel()
	addr, _, _ := counting(t)
	message, bodies := wellFormedMessages()
	writes := map[string]func(net.Conn) error{
		"at once": func(c net.Conn) error { _, err := io.WriteString(c, message); return err },
		"byte by byte": func(c net.Conn) error {
			_, err := io.CopyBuffer(struct{ io.Writer }{c}, iotest.OneByteReader(strings.NewReader(message)), make([]byte, 1))
			return err
		},
		"by sevens": func(c net.Conn) error {
			_, err := io.CopyBuffer(struct{ io.Writer }{c}, struct{ io.Reader }{strings.NewReader(message)}, make([]byte, 7))
			return err
		},
	}
	for name, write := range writes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := bufio.NewReader(strings.NewReader(exchange(t, addr, write)))
			for i, want := range bodies {
				res, err := http.ReadResponse(r, nil)
				if err != nil {
					t.Fatalf("answer %d: %v", i, err)
				}
				b, err := io.ReadAll(res.Body)
				if err != nil || res.StatusCode != 200 || string(b) != want {
					t.Fatalf("answer %d: %d %.100q %v, want %.100q", i, res.StatusCode, b, err, want)
				}
			}
			if rest, _ := io.ReadAll(r); len(rest) > 0 {
				t.Errorf("more answers: %.100q", rest)
			}
		})
	}
}

func TestWhoAsksBeforeSendingIsAnswered(t *testing.T) {
	t.Parallel()
	addr, accepted, _ := counting(t)
	for _, path := range []string{"/count", "/stream"} {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		r := bufio.NewReader(c)
		for range 2 {
			fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", path)
			if line, err := r.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 100") {
				t.Fatalf("%s: %q %v", path, line, err)
			}
			_, _ = r.ReadString('\n')
			_, _ = io.WriteString(c, "hello")
			res, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(res.Body); err != nil || string(b) != "hello" {
				t.Errorf("%s: %q %v", path, b, err)
			}
		}
	}
	if accepted.Load() != 4 {
		t.Errorf("%d were accepted", accepted.Load())
	}
}

// TestAFrameSaysTheSameHoweverItsInputIsCut is a law: what a frame forwards,
// and whether it refuses, does not depend on how the network cuts the bytes.
func TestAFrameSaysTheSameHoweverItsInputIsCut(t *testing.T) {
	t.Parallel()
	var all []string
	for _, m := range vectors() {
		all = append(all, m)
	}
	good, _ := wellFormedMessages()
	all = append(all, good)
	rapid.Check(t, func(t *rapid.T) {
		message := []byte(good + rapid.SampledFrom(all).Draw(t, "message"))
		for range rapid.IntRange(0, 3).Draw(t, "changes") { // and of broken ones
			message[rapid.IntRange(0, len(message)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		whole, refused := forward([][]byte{message})
		var cuts [][]byte
		for rest := message; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "cut")
			cuts, rest = append(cuts, rest[:n]), rest[n:]
		}
		parts, also := forward(cuts)
		if !bytes.Equal(whole, parts) || refused != also {
			t.Fatalf("whole: %q %v\nparts: %q %v", whole, refused, parts, also)
		}
	})
}

// forward returns what a frame hands on of cuts, and whether it refuses.
func forward(cuts [][]byte) (out []byte, refused bool) {
	f := frame{maxHeader: 16 << 10}
	var held []byte
	for _, cut := range cuts {
		held = append(bytes.Clone(held), cut...)
		for {
			o, rest, err := f.next(held)
			out, held = append(out, o...), rest
			if err != nil {
				return out, true
			}
			if len(o) == 0 {
				break
			}
		}
	}
	return out, false
}

func FuzzFrame(f *testing.F) {
	for _, m := range vectors() {
		f.Add([]byte(m), 3)
	}
	f.Fuzz(func(t *testing.T, message []byte, at int) {
		whole, refused := forward([][]byte{message})
		if at <= 0 || at >= len(message) {
			return
		}
		parts, also := forward([][]byte{message[:at], message[at:]})
		if !bytes.Equal(whole, parts) || refused != also {
			t.Fatal(fmt.Sprintf("%q %v against %q %v", whole, refused, parts, also))
		}
	})
}
