package notify_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// mailServer speaks enough SMTP to receive one message per connection.
type mailServer struct {
	addr    string
	roots   *x509.CertPool
	offers  bool // STARTTLS
	silent  bool // accepts, and says nothing
	config  *tls.Config
	deliver chan delivery
}

// delivery is what a client said and sent.
type delivery struct {
	commands  []string
	encrypted bool
	data      string
}

func newMailServer(t *testing.T, offersTLS, implicitTLS, silent bool) *mailServer {
	t.Helper()
	web := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate only
	t.Cleanup(web.Close)
	s := &mailServer{offers: offersTLS, silent: silent, deliver: make(chan delivery, 8),
		config: &tls.Config{Certificates: web.TLS.Certificates}, roots: x509.NewCertPool()}
	s.roots.AddCert(web.Certificate())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	var wg sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				if implicitTLS {
					conn = tls.Server(conn, s.config)
				}
				s.talk(conn, implicitTLS)
			})
		}
	})
	return s
}

func (s *mailServer) talk(conn net.Conn, encrypted bool) {
	r := bufio.NewReader(conn)
	say := func(format string, args ...any) { fmt.Fprintf(conn, format+"\r\n", args...) }
	d := delivery{encrypted: encrypted}
	if s.silent {
		_, _ = r.ReadString('\n')
		return
	}
	say("220 mail.test")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		d.commands = append(d.commands, line)
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch verb {
		case "EHLO":
			if s.offers && !d.encrypted {
				say("250-mail.test")
				say("250 STARTTLS")
			} else {
				say("250-mail.test")
				say("250 AUTH PLAIN")
			}
		case "STARTTLS":
			if !s.offers {
				say("502 what?")
				continue
			}
			say("220 go on")
			conn = tls.Server(conn, s.config)
			r, d.encrypted = bufio.NewReader(conn), true
		case "AUTH":
			say("235 welcome")
		case "DATA":
			say("354 go on")
			for {
				text, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if text == ".\r\n" {
					break
				}
				d.data += text
			}
			say("250 taken")
		case "QUIT":
			s.deliver <- d
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}
