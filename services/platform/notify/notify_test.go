package notify_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/kernel/clock"
	"meadow/services/platform/notify"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func TestTheInboxKeepsTheLast200AndListsTheLatestFirst(t *testing.T) {
	t.Parallel()
	d := notify.NewDevInbox(clock.NewFake(noon).Now)
	for i := range 205 {
		must(t, d.Send(t.Context(), notify.Message{To: "a@example.com", Text: string(rune('a' + i%26))}))
	}
	got := d.List()
	if len(got) != 200 || got[0].N != 205 || got[199].N != 6 || !got[0].At.Equal(noon) {
		t.Errorf("kept %d, from %d to %d", len(got), got[0].N, got[len(got)-1].N)
	}
}

func TestAwaitReturnsOnceAMessageComesForThatPerson(t *testing.T) {
	t.Parallel()
	d := notify.NewDevInbox(clock.NewFake(noon).Now)
	got := make(chan notify.Received)
	go func() {
		m, _ := d.Await(t.Context(), "b@example.com", 0)
		got <- m
	}()
	must(t, d.Send(t.Context(), notify.Message{To: "a@example.com", Text: "no"}))
	must(t, d.Send(t.Context(), notify.Message{To: "b@example.com", Text: "yes"}))
	if m := <-got; m.Text != "yes" || m.N != 2 {
		t.Errorf("got %+v", m)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Await(ctx, "b@example.com", 2); !errors.Is(err, context.Canceled) {
		t.Errorf("an old message was returned again: %v", err)
	}
}

func TestSplitChoosesByChannel(t *testing.T) {
	t.Parallel()
	email := notify.NewDevInbox(clock.NewFake(noon).Now)
	s := notify.Split{Email: email}
	must(t, s.Send(t.Context(), notify.Message{To: "a@example.com", Channel: notify.Email}))
	if err := s.Send(t.Context(), notify.Message{To: "+1", Channel: notify.SMS}); !errors.Is(err, notify.ErrChannel) {
		t.Errorf("got %v, want ErrChannel", err)
	}
	if len(email.List()) != 1 {
		t.Error("the email was not sent")
	}
}

func TestAMessageArrivesWholeOverAnEncryptedConnection(t *testing.T) {
	t.Parallel()
	for scheme, implicit := range map[string]bool{"smtp": false, "smtps": true} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			srv := newMailServer(t, !implicit, implicit, false)
			s := open(t, srv, scheme+"://shop:secret@"+srv.addr+"?from=Meadow%20<shop@example.com>")
			text := "您的验证码是 123456\n.\n.leading dots stay\n" + strings.Repeat("long ", 60)
			must(t, s.Send(t.Context(), notify.Message{
				To: "amy@example.com", Channel: notify.Email, Subject: "验证码", Text: text, Locale: "zh-CN",
			}))
			d := <-srv.deliver
			if !d.encrypted {
				t.Error("the message travelled in the clear")
			}
			if !slices.ContainsFunc(d.commands, func(c string) bool { return strings.HasPrefix(c, "AUTH PLAIN ") }) {
				t.Errorf("nobody signed in: %q", d.commands)
			}
			m, err := mail.ReadMessage(strings.NewReader(d.data))
			must(t, err)
			body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body))
			must(t, err)
			subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
			must(t, err)
			got := []string{m.Header.Get("From"), m.Header.Get("To"), subject, m.Header.Get("Content-Language"), string(body)}
			want := []string{`"Meadow" <shop@example.com>`, "<amy@example.com>", "验证码", "zh-CN", text}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestNothingIsSentInTheClear(t *testing.T) {
	t.Parallel()
	srv := newMailServer(t, false, false, false)
	s := open(t, srv, "smtp://"+srv.addr+"?from=shop@example.com")
	if err := s.Send(t.Context(), notify.Message{To: "amy@example.com", Channel: notify.Email}); err == nil {
		t.Error("sent to a server that does not encrypt")
	}
	local := open(t, srv, "smtp://"+srv.addr+"?tls=off&from=shop@example.com")
	must(t, local.Send(t.Context(), notify.Message{To: "amy@example.com", Channel: notify.Email}))
	if d := <-srv.deliver; d.encrypted {
		t.Error("tls=off encrypts")
	}
}

func TestNoFieldCanAddAHeaderOrARecipient(t *testing.T) {
	t.Parallel()
	srv := newMailServer(t, true, false, false)
	s := open(t, srv, "smtp://"+srv.addr+"?from=shop@example.com")
	for _, to := range []string{
		"", "amy", "amy@example.com\r\nBcc: eve@example.com", "amy@example.com, eve@example.com",
		"Amy <amy@example.com>", "<amy@example.com>", "amy@example.com>\r\nRCPT TO:<eve@example.com", " amy@example.com",
	} {
		err := s.Send(t.Context(), notify.Message{To: to, Channel: notify.Email})
		if !errors.Is(err, notify.ErrAddress) {
			t.Errorf("%q: got %v, want ErrAddress", to, err)
		}
	}
	must(t, s.Send(t.Context(), notify.Message{
		To: "amy@example.com", Channel: notify.Email, Subject: "hi\r\nBcc: eve@example.com\r\n\r\nbody",
		Locale: "en\r\nX-Evil: 1", Text: "hello",
	}))
	m, err := mail.ReadMessage(strings.NewReader((<-srv.deliver).data))
	must(t, err)
	if m.Header.Get("Bcc") != "" || m.Header.Get("X-Evil") != "" {
		t.Errorf("a header was added: %v", m.Header)
	}
}

func TestASilentServerIsGivenUp(t *testing.T) {
	t.Parallel()
	srv := newMailServer(t, true, false, true)
	s := open(t, srv, "smtp://"+srv.addr+"?from=shop@example.com")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Send(ctx, notify.Message{To: "amy@example.com", Channel: notify.Email}); err == nil {
		t.Error("a server that says nothing took the message")
	}
}

func TestAURLThatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	for _, u := range []string{
		"", "mail.example.com", "http://mail.example.com?from=a@example.com", "smtp://mail.example.com",
		"smtp://mail.example.com?from=nobody", "smtp://mail.example.com?tls=off&from=a@example.com",
		"smtp://user:se%zzcret@host?from=a@example.com",
	} {
		_, err := notify.NewSMTP(u, clock.NewFake(noon).Now, nil)
		if err == nil {
			t.Errorf("%q is taken", u)
		} else if strings.Contains(err.Error(), "cret") {
			t.Errorf("the error repeats the password: %v", err)
		}
	}
}

func open(t *testing.T, srv *mailServer, url string) *notify.SMTP {
	t.Helper()
	s, err := notify.NewSMTP(url, clock.NewFake(noon).Now, &tls.Config{RootCAs: srv.roots, MinVersion: tls.VersionTLS12})
	must(t, err)
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
