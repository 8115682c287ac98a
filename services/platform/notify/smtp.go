package notify

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"mime"
	"net"
	"net/mail"
	"net/smtp"
	"net/url"
	"strings"
	"time"

	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
)

// SMTP sends email through a mail server. The connection is encrypted, or the
// message is not sent.
type SMTP struct {
	addr, host string
	from       mail.Address
	auth       smtp.Auth
	mode       tlsMode
	tls        *tls.Config
	now        clock.Now
}

var _ Notifier = (*SMTP)(nil)

type tlsMode int

const (
	startTLS tlsMode = iota // smtp://, usually port 587
	always                  // smtps://, usually port 465
	never                   // smtp:// to this machine, with tls=off
)

// sendTimeout is how long one message may take.
const sendTimeout = 30 * time.Second

// NewSMTP returns the mail server at rawURL:
//
//	smtp://user:password@mail.example.com:587?from=shop@example.com
//	smtps://user:password@mail.example.com?from=Meadow%20<shop@example.com>
//	smtp://127.0.0.1:25?from=shop@example.com&tls=off
//
// The last is for a relay on this machine only. roots may be nil.
func NewSMTP(rawURL string, now clock.Now, roots *tls.Config) (*SMTP, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("notify: the mail server's URL cannot be read") // err repeats the password
	}
	s := &SMTP{host: u.Hostname(), now: now, tls: &tls.Config{MinVersion: tls.VersionTLS12}}
	if roots != nil {
		s.tls = roots.Clone()
	}
	s.tls.ServerName = s.host
	port := "587"
	switch {
	case u.Scheme == "smtps":
		s.mode, port = always, "465"
	case u.Scheme != "smtp" || s.host == "":
		return nil, fmt.Errorf("notify: the mail server's URL begins with smtp:// or smtps:// and names a host")
	case u.Query().Get("tls") == "off":
		if ip := net.ParseIP(s.host); s.host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return nil, fmt.Errorf("notify: tls=off is for a mail server on this machine, not %s", s.host)
		}
		s.mode = never
	}
	if u.Port() != "" {
		port = u.Port()
	}
	s.addr = net.JoinHostPort(s.host, port)
	from, err := mail.ParseAddress(u.Query().Get("from"))
	if err != nil {
		return nil, fmt.Errorf("notify: the mail server's URL has no valid from: %w", err)
	}
	s.from = *from
	if user := u.User.Username(); user != "" {
		password, _ := u.User.Password()
		s.auth = smtp.PlainAuth("", user, password, s.host)
	}
	return s, nil
}

// Send implements Notifier. ErrChannel, ErrAddress, or what the server said.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	if m.Channel != Email {
		return ErrChannel
	}
	to, err := recipient(m.To)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	conn, err := s.dial(ctx)
	if err != nil {
		return fmt.Errorf("notify: mail server: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	c, err := smtp.NewClient(conn, s.host)
	if err != nil {
		_ = conn.Close()
		return fmt.Errorf("notify: mail server: %w", err)
	}
	defer c.Close()
	if err := s.deliver(c, to, s.compose(to, m)); err != nil {
		return fmt.Errorf("notify: mail server: %w", err)
	}
	return nil
}

func (s *SMTP) dial(ctx context.Context) (net.Conn, error) {
	if s.mode == always {
		return (&tls.Dialer{Config: s.tls}).DialContext(ctx, "tcp", s.addr)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", s.addr)
}

func (s *SMTP) deliver(c *smtp.Client, to string, text []byte) error {
	if s.mode == startTLS {
		if err := c.StartTLS(s.tls); err != nil { // or fail: never go on in the clear
			return err
		}
	}
	if s.auth != nil {
		if err := c.Auth(s.auth); err != nil {
			return err
		}
	}
	if err := c.Mail(s.from.Address); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Quit()
}

// recipient returns to if it is one bare address and nothing else.
func recipient(to string) (string, error) {
	a, err := mail.ParseAddress(to)
	if err != nil || a.Address != to || strings.ContainsFunc(to, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", ErrAddress
	}
	return to, nil
}

// compose writes the message. Nothing of it can begin a header: the subject is
// encoded as a word, the text in base64.
func (s *SMTP) compose(to string, m Message) []byte {
	var b strings.Builder
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("From", s.from.String())
	header("To", "<"+to+">")
	header("Subject", subject(m.Subject))
	header("Date", s.now().Format(time.RFC1123Z))
	_, domain, _ := strings.Cut(s.from.Address, "@")
	header("Message-ID", "<"+id.New("msg", s.now())+"@"+domain+">")
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "base64")
	if m.Locale != "" {
		header("Content-Language", subject(m.Locale))
	}
	b.WriteString("\r\n")
	text := base64.StdEncoding.EncodeToString([]byte(m.Text))
	for len(text) > 76 {
		b.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	b.WriteString(text + "\r\n")
	return []byte(b.String())
}

// subject returns s on one line of bounded length, as words that a header may
// hold.
func subject(s string) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	return mime.BEncoding.Encode("utf-8", string(r[:min(len(r), 150)]))
}
