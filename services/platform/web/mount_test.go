package web

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestAMountedHandlerServesAsNetHTTPDoes(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("0123456789", 5000)
	addr := serving(t, Config{}, Deps{}, func(s *Server) {
		s.Mount("/media", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/media/none" {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			w.Header().Add("X-Many", "a")
			w.Header().Add("X-Many", "b")
			w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
			w.Header().Set("Upload-Offset", r.Header.Get("Upload-Offset"))
			http.ServeContent(w, r, "a.webp", time.Unix(1e9, 0), strings.NewReader(content))
		}))
	})
	url := "http://" + addr + "/media/a%20b.webp"
	res, body := do(t, "GET", url, "", "Upload-Offset", "7")
	if res.StatusCode != 200 || body != content || res.ContentLength != int64(len(content)) || res.Header.Get("Content-Type") != "image/webp" {
		t.Errorf("whole: %d %v", res.StatusCode, res.Header)
	}
	if got := res.Header.Values("X-Many"); len(got) != 2 || res.Header.Get("Upload-Offset") != "7" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers: %v", res.Header)
	}
	if got := res.Header.Values("Cross-Origin-Resource-Policy"); len(got) != 1 || got[0] != "cross-origin" {
		t.Errorf("a handler's own policy: %v", got)
	}
	res, body = do(t, "GET", url, "", "Range", "bytes=10-19")
	if res.StatusCode != 206 || body != "0123456789" || res.Header.Get("Content-Range") != "bytes 10-19/50000" {
		t.Errorf("range: %d %q %v", res.StatusCode, body, res.Header)
	}
	res, body = do(t, "HEAD", url, "")
	if res.StatusCode != 200 || body != "" || res.ContentLength != int64(len(content)) {
		t.Errorf("HEAD: %d %d %q", res.StatusCode, res.ContentLength, body)
	}
	res, body = do(t, "GET", url, "", "If-Modified-Since", time.Unix(1e9, 0).UTC().Format(http.TimeFormat))
	if res.StatusCode != 304 || body != "" {
		t.Errorf("unchanged: %d %q", res.StatusCode, body)
	}
	if res, body = do(t, "DELETE", "http://"+addr+"/media/none", ""); res.StatusCode != 204 || body != "" {
		t.Errorf("no content: %d %q", res.StatusCode, body)
	}
}

func TestWhatIsFlushedArrivesBeforeTheHandlerEnds(t *testing.T) {
	t.Parallel()
	goOn := make(chan struct{})
	addr := serving(t, Config{}, Deps{}, func(s *Server) {
		s.Mount("/events", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rc := http.NewResponseController(w)
			_, _ = io.WriteString(w, "data: 1\n")
			_ = rc.Flush()
			select {
			case <-goOn:
			case <-r.Context().Done():
			}
			_, _ = io.WriteString(w, "data: 2\n")
		}))
	})
	req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	r := bufio.NewReader(res.Body)
	if line, err := r.ReadString('\n'); line != "data: 1\n" {
		t.Fatalf("%q %v", line, err)
	}
	close(goOn)
	if line, err := r.ReadString('\n'); line != "data: 2\n" {
		t.Fatalf("%q %v", line, err)
	}
}

func TestAHandlerLearnsThatItsReaderIsGone(t *testing.T) {
	t.Parallel()
	gone := make(chan error, 1)
	addr := serving(t, Config{}, Deps{}, func(s *Server) {
		s.Mount("/media", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := io.Copy(w, nothing{})
			<-r.Context().Done()
			gone <- err
		}))
	})
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "GET /media/x HTTP/1.1\r\nHost: a\r\n\r\n")
	if _, err := io.CopyN(io.Discard, c, 1000); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	if err := <-gone; err == nil {
		t.Error("an endless answer ended well")
	}
}

func TestTheNextRequestWaitsForTheHandlerBefore(t *testing.T) {
	t.Parallel()
	var running atomic.Int64
	addr := serving(t, Config{}, Deps{}, func(s *Server) {
		s.Mount("/media", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if running.Add(1) != 1 {
				t.Error("two handlers of one connection run at once")
			}
			defer running.Add(-1)
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write(make([]byte, 100_000))
			<-time.After(20 * time.Millisecond) // the answer is out, and a slow handler tidies up
			if err := r.Context().Err(); err != nil {
				t.Errorf("tidying up is cut short: %v", err)
			}
		}))
	})
	answer := exchange(t, addr, func(c net.Conn) error {
		_, err := io.WriteString(c, strings.Repeat("GET /media/x HTTP/1.1\r\nHost: a\r\n\r\n", 5))
		return err
	})
	if n := strings.Count(answer, "HTTP/1.1 200"); n != 5 {
		t.Errorf("%d answers", n)
	}
}

func TestNoAnswerIsLongerThanItsLength(t *testing.T) {
	t.Parallel()
	split := "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	refused := make(chan error, 4)
	addr := serving(t, Config{}, Deps{}, func(s *Server) {
		s.Mount("/media", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			size, _ := strconv.Atoi(r.URL.Query().Get("size"))
			w.Header().Set("Content-Length", strconv.Itoa(size))
			if size > 0 {
				_, _ = w.Write(bytes.Repeat([]byte("x"), size-1))
			}
			_, err := io.WriteString(w, "x"+split)
			refused <- err
		}))
	})
	for _, size := range []int{0, 1, 100, small, small + 1, 100_000} {
		answer := exchange(t, addr, func(c net.Conn) error {
			_, err := fmt.Fprintf(c, "GET /media/x?size=%d HTTP/1.1\r\nHost: a\r\n\r\n", size)
			return err
		})
		_, body, _ := strings.Cut(answer, "\r\n\r\n")
		if err := <-refused; err == nil || len(body) != size || strings.Count(answer, "HTTP/1.1") != 1 {
			t.Errorf("size %d: got %d bytes, the handler got %v", size, len(body), err)
		}
	}
}

func TestHeadHasTheHeadersOfGetAndNoBody(t *testing.T) {
	t.Parallel()
	addr := serving(t, Config{}, Deps{}, func(s *Server) {
		s.Mount("/media", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Upload-Offset", "7")
			n, _ := strconv.Atoi(r.URL.Query().Get("size"))
			if m, err := w.Write(make([]byte, n)); m != n || err != nil {
				t.Errorf("write: %d %v", m, err)
			}
		}))
	})
	for _, size := range []int{0, 100, 100_000} {
		answer := exchange(t, addr, func(c net.Conn) error {
			_, err := fmt.Fprintf(c, "HEAD /media/x?size=%d HTTP/1.1\r\nHost: a\r\n\r\n", size)
			return err
		})
		if !strings.HasPrefix(answer, "HTTP/1.1 200") || !strings.HasSuffix(answer, "\r\n\r\n") || !strings.Contains(answer, "Upload-Offset: 7") {
			t.Errorf("size %d: %q", size, answer)
		}
	}
}

func TestAHandlerThatFailsUnderWayCutsItsAnswer(t *testing.T) {
	t.Parallel()
	addr := serving(t, Config{}, Deps{}, func(s *Server) {
		s.Mount("/media", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(make([]byte, 100_000))
			panic("bug")
		}))
	})
	answer := exchange(t, addr, func(c net.Conn) error {
		_, err := fmt.Fprintf(c, "GET /media/x HTTP/1.1\r\nHost: a\r\n\r\n")
		return err
	})
	if !strings.HasPrefix(answer, "HTTP/1.1 200") || strings.HasSuffix(answer, "0\r\n\r\n") {
		t.Errorf("the answer looks whole: %.60q … %q", answer, answer[max(0, len(answer)-20):])
	}
}
