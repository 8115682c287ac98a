package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"
)

// zeros is n bytes that need no memory.
func zeros(n int64) io.Reader { return io.LimitReader(nothing{}, n) }

type nothing struct{}

func (nothing) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// growth returns how many bytes the process's memory grew by at its highest
// while f ran, or how many the heap did where the system does not tell.
func growth(t *testing.T, f func()) int64 {
	t.Helper()
	runtime.GC()
	debug.FreeOSMemory()
	before, ok := resident(t, true)
	if !ok {
		t.Log("the system does not tell how much memory is resident; measuring the heap")
		var a, b runtime.MemStats
		runtime.ReadMemStats(&a)
		f()
		runtime.ReadMemStats(&b)
		return int64(b.HeapSys) - int64(a.HeapSys)
	}
	f()
	after, _ := resident(t, false)
	return after - before
}

// resident returns the highest resident size since it was reset.
func resident(t *testing.T, reset bool) (int64, bool) {
	t.Helper()
	if reset && os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) != nil {
		return 0, false
	}
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	_, rest, ok := strings.Cut(string(b), "VmHWM:")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n << 10, true
}

const mb = 1 << 20

// It measures the process, and so runs beside no other test.
func TestSixtyFourMegabytesStreamBothWaysInLittleMemory(t *testing.T) {
	const size = 64 * mb
	addr := serving(t, Config{}, Deps{}, func(s *Server) {
		s.Mount("/media", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.Method {
			case "POST":
				h := sha256.New()
				n, err := io.Copy(h, r.Body)
				if err != nil {
					t.Errorf("read: %v", err)
				}
				_, _ = fmt.Fprintf(w, "%d %s", n, hex.EncodeToString(h.Sum(nil)))
			case "GET":
				if r.URL.Query().Has("length") {
					w.Header().Set("Content-Length", strconv.Itoa(size))
				}
				if _, err := io.Copy(w, zeros(size)); err != nil {
					t.Errorf("write: %v", err)
				}
			}
		}))
	})
	h := sha256.New()
	_, _ = io.Copy(h, zeros(size))
	sum := hex.EncodeToString(h.Sum(nil))
	client := http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()

	for name, request := range map[string]func() (*http.Request, error){
		"upload": func() (*http.Request, error) {
			r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+addr+"/media/a", zeros(size))
			r.ContentLength = size
			return r, err
		},
		"upload in chunks": func() (*http.Request, error) {
			return http.NewRequestWithContext(t.Context(), "POST", "http://"+addr+"/media/a", zeros(size))
		},
		"download": func() (*http.Request, error) {
			return http.NewRequestWithContext(t.Context(), "GET", "http://"+addr+"/media/a?length", nil)
		},
		"download in chunks": func() (*http.Request, error) {
			return http.NewRequestWithContext(t.Context(), "GET", "http://"+addr+"/media/a", nil)
		},
	} {
		grew := growth(t, func() {
			req, err := request()
			if err != nil {
				t.Fatal(err)
			}
			res, err := client.Do(req)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			defer res.Body.Close()
			got := sha256.New()
			n, err := io.Copy(got, res.Body)
			switch {
			case err != nil || res.StatusCode != 200:
				t.Errorf("%s: %d %v", name, res.StatusCode, err)
			case req.Method == "GET" && (n != size || hex.EncodeToString(got.Sum(nil)) != sum):
				t.Errorf("%s: got %d bytes", name, n)
			case req.Method == "POST" && hex.EncodeToString(got.Sum(nil)) != sha(fmt.Sprintf("%d %s", size, sum)):
				t.Errorf("%s: the server got something else", name)
			}
		})
		t.Logf("%s of 64 MB: memory grew by %.1f MB", name, float64(grew)/mb)
		if grew > 32*mb {
			t.Errorf("%s: memory grew by %d MB", name, grew/mb)
		}
	}
}

func sha(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// An upload that is refused before it was read must not leave its bytes to be
// taken for requests.
func TestAnUnreadBodyIsNeverTakenForARequest(t *testing.T) {
	t.Parallel()
	hidden := strings.Repeat(smuggled, 3000) // about 100 kB of requests
	for name, h := range map[string]func(http.ResponseWriter, *http.Request){
		"refused": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusRequestEntityTooLarge) },
		"half read": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.CopyN(io.Discard, r.Body, 20_000)
			_, _ = io.WriteString(w, "enough")
		},
		"answered at length": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "200000")
			_, _ = w.Write(make([]byte, 200_000))
			_, _ = io.CopyN(io.Discard, r.Body, 20_000)
		},
		"panicked": func(http.ResponseWriter, *http.Request) { panic("bug") },
	} {
		seen := make(chan struct{}, 10_000)
		addr := serving(t, Config{}, Deps{}, func(s *Server) {
			s.Mount("/media", http.HandlerFunc(h))
			s.Raw("POST", "/raw", 10, func(*Exchange) error { return nil })
			s.Raw("GET", "/smuggled", 0, func(*Exchange) error { seen <- struct{}{}; return nil })
		})
		for _, path := range []string{"/media/x", "/raw", "/nothing"} {
			for _, head := range []string{
				fmt.Sprintf("Content-Length: %d\r\n\r\n", len(hidden)),
				fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n", len(hidden)),
			} {
				answer := exchange(t, addr, func(c net.Conn) error {
					_, err := io.WriteString(c, "POST "+path+" HTTP/1.1\r\nHost: a\r\n"+head+hidden)
					return err
				})
				if len(seen) != 0 || strings.Count(answer, "HTTP/1.1 ") != 1 {
					t.Errorf("%s %s: %d hidden requests were answered: %.200q", name, path, len(seen), answer)
				}
			}
		}
	}
}

func TestAProxyBehindAMountStreamsAndSaysWhenItsOtherSideIsGone(t *testing.T) {
	t.Parallel()
	behind := serving(t, Config{}, Deps{}, func(s *Server) {
		s.Mount("/media", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/media/broken" {
				w.Header().Set("Content-Length", "100")
				_, _ = io.WriteString(w, "only this")
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			}
			n, err := io.Copy(io.Discard, r.Body)
			w.Header().Set("Upload-Offset", fmt.Sprint(n))
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
			}
		}))
	})
	to, err := url.Parse("http://" + behind)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	addr := serving(t, Config{}, Deps{}, func(s *Server) {
		s.Mount("/media", &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, Transport: transport,
			ErrorLog: log.New(io.Discard, "", 0),
		})
	})
	for _, size := range []int{0, 10, 9000, 3 * mb} {
		res, body := do(t, "PATCH", "http://"+addr+"/media/up", strings.Repeat("x", size))
		if res.StatusCode != 200 || res.Header.Get("Upload-Offset") != fmt.Sprint(size) || len(res.Header.Values("X-Content-Type-Options")) != 1 {
			t.Errorf("%d bytes: %d %v %s", size, res.StatusCode, res.Header, body)
		}
	}
	answer := exchange(t, addr, func(c net.Conn) error {
		_, err := io.WriteString(c, "GET /media/broken HTTP/1.1\r\nHost: a\r\n\r\n")
		return err
	})
	if strings.HasPrefix(answer, "HTTP/1.1 200") && len(answer[strings.Index(answer, "\r\n\r\n")+4:]) >= 100 {
		t.Errorf("a broken answer looks whole: %q", answer)
	}
}

func TestAPauseIsAllowedAndAStallIsNot(t *testing.T) {
	t.Parallel()
	const idle = 300 * time.Millisecond
	read := make(chan error, 1)
	addr := serving(t, Config{ReadTimeout: idle}, Deps{}, func(s *Server) {
		s.Mount("/media", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, err := io.Copy(io.Discard, r.Body)
			read <- err
			_, _ = fmt.Fprint(w, n)
		}))
	})
	// Twenty pieces, 50 ms apart, take longer than the time for one.
	answer := exchange(t, addr, func(c net.Conn) error {
		fmt.Fprintf(c, "POST /media/x HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n%s", bytes.Repeat([]byte("y"), 10_000))
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for range 10 {
			<-tick.C
			if _, err := c.Write(bytes.Repeat([]byte("x"), 1000)); err != nil {
				return err
			}
		}
		return nil
	})
	if err := <-read; err != nil || !strings.HasSuffix(answer, "20000") {
		t.Errorf("an upload with pauses: %v %q", err, answer)
	}
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /media/x HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n%s", bytes.Repeat([]byte("y"), 10_000))
	began := time.Now()
	if err := <-read; err == nil || time.Since(began) > 10*idle {
		t.Errorf("a stalled upload: %v after %v", err, time.Since(began))
	}
}
