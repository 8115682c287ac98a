package webpush_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"meadow/services/engage/engagetest"
	"meadow/services/engage/webpush"
)

func TestOneSecretIsOneKey(t *testing.T) {
	t.Parallel()
	a, err := webpush.New([]byte(strings.Repeat("a", 32)), "https://shop.example", nil)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := webpush.New([]byte(strings.Repeat("a", 32)), "https://shop.example", nil)
	b, _ := webpush.New([]byte(strings.Repeat("b", 32)), "https://shop.example", nil)
	if a.Key() != again.Key() || a.Key() == b.Key() {
		t.Error("keys do not follow from their secrets")
	}
}

func TestOnlyPublicAddressesAreDialled(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"8.8.8.8": true, "2001:4860:4860::8888": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false,
		"100.64.0.1": false, "0.0.0.0": false, "224.0.0.1": false, "::1": false, "fe80::1": false, "fc00::1": false, "64:ff9b::7f00:1": false,
	} {
		if got := webpush.Public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %t", address, got)
		}
	}
	s, err := webpush.New(make([]byte, 32), "https://shop.example", nil)
	if err != nil {
		t.Fatal(err)
	}
	hit := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hit = true }))
	defer server.Close()
	if err := s.Send(t.Context(), engagetest.Browser(t, server.URL), []byte("x"), time.Minute, false); err == nil || hit {
		t.Errorf("a loopback address was asked: %v", err)
	}
}

func TestAPushIsEncryptedSignedAndJudgedByItsAnswer(t *testing.T) {
	t.Parallel()
	s, err := webpush.New(make([]byte, 32), "https://shop.example", func(netip.Addr) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	status := http.StatusCreated
	var seen *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r
		w.WriteHeader(status)
	}))
	defer server.Close()
	to := engagetest.Browser(t, server.URL+"/send")
	if err := s.Send(t.Context(), to, []byte(`{"title":"secret"}`), time.Hour, true); err != nil {
		t.Fatal(err)
	}
	if seen.Header.Get("Content-Encoding") != "aes128gcm" || seen.Header.Get("TTL") != "3600" || seen.Header.Get("Urgency") != "high" ||
		!strings.Contains(seen.Header.Get("Authorization"), s.Key()) {
		t.Errorf("%v", seen.Header)
	}
	for code, gone := range map[int]bool{http.StatusGone: true, http.StatusNotFound: true, http.StatusServiceUnavailable: false, http.StatusFound: false} {
		status = code
		if err := s.Send(t.Context(), to, []byte("x"), time.Hour, false); err == nil || errors.Is(err, webpush.ErrGone) != gone {
			t.Errorf("%d: %v", code, err)
		}
	}
}
