package web

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"meadow/services/kernel/clock"
	"meadow/services/platform/rpc"
)

// wideOpen takes bodies of a megabyte, to be hit where it hurts.
var wideOpen = rpc.Endpoint[rpc.Empty, rpc.Empty]{Name: "empty", Method: "GET", Path: "/empty"}

type tree struct {
	Children []tree            `json:"children,omitempty"`
	Any      map[string]string `json:"any,omitempty"`
}

var plant = rpc.Endpoint[tree, rpc.Empty]{Name: "plant", Method: "POST", Path: "/plant", MaxBody: 2 * mb}

// Goal SEC-S8. It measures the process, and so runs beside no other test.
func TestBombsAreRefusedInLittleMemory(t *testing.T) {
	addr := serving(t, Config{}, Deps{}, func(s *Server) {
		rpc.Mount(s, wideOpen, func(context.Context, rpc.Empty) (rpc.Empty, error) { return rpc.Empty{}, nil })
		rpc.Mount(s, plant, func(context.Context, tree) (rpc.Empty, error) { return rpc.Empty{}, nil })
		s.Mount("/media", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	})
	const post = "POST /api/v1/plant HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
	sized := func(head, body string) string {
		return head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
	}
	var form bytes.Buffer
	mp := multipart.NewWriter(&form)
	for i := range 10_000 {
		if err := mp.WriteField(fmt.Sprint("f", i), "v"); err != nil {
			t.Fatal(err)
		}
	}
	packed := gzipped(t)
	bombs := map[string]string{
		"gzip of 64 MB":          sized(post+"Content-Encoding: gzip\r\n", packed(64*mb)),
		"gzip of 256 MB":         sized(post+"Content-Encoding: gzip\r\n", packed(256*mb)),
		"gzip of 1 GB":           sized(post+"Content-Encoding: gzip\r\n", packed(1024*mb)),
		"gzip of 256 MB, stream": sized("POST /media/x HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\n", packed(256*mb)),
		"deflate, br":            sized(post+"Content-Encoding: deflate, br\r\n", "x"),
		"JSON 100,000 deep":      sized(post, strings.Repeat(`{"children":[`, 100_000)),
		"lists 100,000 deep":     sized(post, strings.Repeat(`[`, 100_000)),
		"a header of 1 MB":       "GET /api/v1/empty HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", mb) + "\r\n\r\n",
		"10,000 headers":         "GET /api/v1/empty HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("X: y\r\n", 10_000) + "\r\n",
		"a target of 1 MB":       "GET /" + strings.Repeat("x", mb) + " HTTP/1.1\r\nHost: a\r\n\r\n",
		"a path of 3,000 parts":  "GET /" + strings.Repeat("a/", 3_000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
		"a path of 31 parts":     "GET /api/v1" + strings.Repeat("/:p", 31) + " HTTP/1.1\r\nHost: a\r\n\r\n",
		"10,000 form parts":      sized("POST /api/v1/plant HTTP/1.1\r\nHost: a\r\nContent-Type: "+mp.FormDataContentType()+"\r\n", form.String()),
		"a body of 3 MB":         sized(post, strings.Repeat(" ", 3*mb)),
		"a terabyte promised":    post + "Content-Length: 1099511627776\r\n\r\n{",
		"chunks without end":     post + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("10000\r\n"+strings.Repeat(" ", 1<<16)+"\r\n", 64),
	}
	for name, bomb := range bombs {
		var answer string
		grew := growth(t, func() {
			answer = exchange(t, addr, func(c net.Conn) error { _, err := io.WriteString(c, bomb); return err })
		})
		if !strings.HasPrefix(answer, "HTTP/1.1 4") {
			t.Errorf("%s: %.200q", name, answer)
		}
		if grew > 32*mb {
			t.Errorf("%s: memory grew by %d MB", name, grew/mb)
		}
	}
	if res, _ := do(t, "GET", "http://"+addr+"/api/v1/empty", ""); res.StatusCode != 200 {
		t.Errorf("afterwards: %d", res.StatusCode)
	}
}

// gzipped returns what packs bytes, a multiple of 16 MB of them, as members one
// behind another.
func gzipped(t *testing.T) func(n int) string {
	t.Helper()
	const member = 16 * mb
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.Copy(w, zeros(member)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return func(n int) string { return strings.Repeat(b.String(), n/member) }
}

func TestSlowClientsAreClosedAndHoldNobodyUp(t *testing.T) {
	t.Parallel()
	const timeout, slow = 400 * time.Millisecond, 200
	addr := serving(t, Config{ReadTimeout: timeout, MaxConnsPerIP: 2 * slow}, Deps{}, mountEcho)
	starts := []string{
		"", "P", "POST /api/v1/echo/1 HTTP/1.1\r\nHost: a\r\nX:",
		"POST /api/v1/echo/1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
		"POST /api/v1/echo/1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
		"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /hea", // slow on a connection that was quick
	}
	closed := make(chan time.Duration, slow)
	var wg sync.WaitGroup
	for i := range slow {
		wg.Go(func() {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			began := time.Now()
			_, _ = io.WriteString(c, starts[i%len(starts)])
			ended := make(chan struct{})
			go func() { // a byte now and then, so that it is never idle
				tick := time.NewTicker(50 * time.Millisecond)
				defer tick.Stop()
				for {
					select {
					case <-ended:
						return
					case <-tick.C:
						if i%len(starts) != 0 {
							_, _ = c.Write([]byte("x"))
						}
					}
				}
			}()
			_, _ = io.Copy(io.Discard, c)
			close(ended)
			closed <- time.Since(began)
		})
	}
	var took []time.Duration
	for range 100 {
		began := time.Now()
		if res, body := do(t, "POST", "http://"+addr+"/api/v1/echo/1", `{"text":"a"}`, "Content-Type", "application/json"); res.StatusCode != 200 {
			t.Errorf("a quick client: %d %s", res.StatusCode, body)
		}
		took = append(took, time.Since(began))
	}
	wg.Wait()
	close(closed)
	for d := range closed {
		if d > timeout+lingerTime+3*time.Second {
			t.Errorf("a slow client was closed after %v", d)
		}
	}
	slices.Sort(took)
	t.Logf("%d slow clients were closed; p99 of quick ones %v", slow, took[98])
	if took[98] > time.Second {
		t.Errorf("p99 of quick clients is %v", took[98])
	}
}

func TestALongAnswerTakesAsLongAsItsReaderNeeds(t *testing.T) {
	t.Parallel()
	const size = 16 * mb
	body := bytes.Repeat([]byte("x"), size)
	addr := serving(t, Config{WriteTimeout: 300 * time.Millisecond}, Deps{}, func(s *Server) {
		s.Raw("GET", "/long", 0, func(x *Exchange) error { return x.Send(200, "image/webp", body) })
	})
	open := func() net.Conn {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "GET /long HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		return c
	}
	slow := open()
	defer slow.Close()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for n := int64(0); n < size; { // for longer than one write may take
		m, err := io.CopyN(io.Discard, slow, mb)
		if n += m; err != nil {
			t.Fatalf("a slow reader got %d of %d bytes: %v", n, size, err)
		}
		<-tick.C
	}
	stopped := open()
	defer stopped.Close()
	<-time.After(time.Second)
	if n, _ := io.Copy(io.Discard, stopped); n >= size {
		t.Error("a reader who stopped got everything")
	}
}

func TestWhatAHandlerKeepsDoesNotChange(t *testing.T) {
	t.Parallel()
	type kept struct{ param, query, header, cookie, path string }
	var mu sync.Mutex
	keep := map[string][]kept{}
	addr := serving(t, Config{}, Deps{}, func(s *Server) {
		s.Raw("GET", "/keep/:id", 0, func(x *Exchange) error {
			q, _ := x.Query("q")
			k := kept{x.Param("id"), q, x.Header("X-Id"), x.Cookie("c"), x.Path()}
			mu.Lock()
			defer mu.Unlock()
			keep[x.Header("X-Id")] = append(keep[x.Header("X-Id")], k)
			return x.Send(200, "text/plain", nil)
		})
	})
	const workers, each, batch = 8, 50, 50 // 20,000 requests, 100,000 strings
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			r := bufio.NewReader(c)
			for i := range each {
				var b bytes.Buffer
				for j := range batch {
					id := fmt.Sprintf("%d-%d-%d-%s", w, i, j, strings.Repeat("z", (i*j)%40))
					fmt.Fprintf(&b, "GET /keep/%s?q=%s HTTP/1.1\r\nHost: a\r\nX-Id: %s\r\nCookie: c=%s\r\n\r\n", id, id, id, id)
				}
				if _, err := c.Write(b.Bytes()); err != nil {
					t.Error(err)
					return
				}
				for range batch {
					res, err := http.ReadResponse(r, nil)
					if err != nil {
						t.Error(err)
						return
					}
					_ = res.Body.Close()
				}
			}
		})
	}
	wg.Wait()
	strs := 0
	for id, ks := range keep {
		for _, k := range ks {
			strs += 5
			if (k != kept{id, id, id, id, "/keep/" + id}) {
				t.Fatalf("kept for %s: %+v", id, k)
			}
		}
	}
	if strs != workers*each*batch*5 {
		t.Errorf("%d strings were kept", strs)
	}
}

func TestOneAddressHasSoManyConnections(t *testing.T) {
	t.Parallel()
	addr := serving(t, Config{MaxConnsPerIP: 3}, Deps{}, func(*Server) {})
	alive := func(c net.Conn) bool {
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		fmt.Fprintf(c, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err == nil {
			_ = res.Body.Close()
		}
		return err == nil && res.StatusCode == 200
	}
	var conns []net.Conn
	for i := range 4 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		conns = append(conns, c)
		if got, want := alive(c), i < 3; got != want {
			t.Errorf("connection %d: served %v", i, got)
		}
	}
	_ = conns[0].Close()
	for until := time.Now().Add(5 * time.Second); ; { // the server learns of it by the network
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if alive(c) {
			break
		}
		if time.Now().After(until) {
			t.Fatal("a closed connection is still counted")
		}
	}
}

func TestClosedConnectionsLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	g := newGuard(Config{MaxConnsPerIP: 2})
	ours, theirs := net.Pipe()
	defer theirs.Close()
	c := g.admit(addressed{ours})
	if c == nil || g.admit(addressed{ours}) == nil || g.admit(addressed{ours}) != nil {
		t.Fatal("the limit of 2 does not hold")
	}
	for _, c := range g.all() {
		_ = c.Close()
		_ = c.Close() // twice counts once
	}
	if len(g.conns) != 0 || len(g.perIP) != 0 {
		t.Errorf("%d connections, %d addresses", len(g.conns), len(g.perIP))
	}
}

type addressed struct{ net.Conn }

func (addressed) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(9, 9, 9, 9), Port: 1} }

// stoppable is a server that a test stops.
func stoppable(t *testing.T, drain time.Duration, setup func(*Server)) (addr string, stop context.CancelFunc, ended chan error, s *Server) {
	t.Helper()
	s = New(Config{DrainTimeout: drain}, Deps{Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: clock.System})
	setup(s)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	ended = make(chan error, 1)
	go func() { ended <- s.Serve(ctx, ln) }()
	return ln.Addr().String(), stop, ended, s
}

func TestAStoppingServerFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	arrived, goOn := make(chan struct{}), make(chan struct{})
	addr, stop, ended, s := stoppable(t, time.Minute, func(s *Server) {
		s.Raw("GET", "/long", 0, func(x *Exchange) error {
			close(arrived)
			<-goOn
			return x.Send(200, "text/plain", []byte("done"))
		})
	})
	idle, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	answer := make(chan string, 1)
	go func() {
		answer <- exchange(t, addr, func(c net.Conn) error {
			_, err := io.WriteString(c, "GET /long HTTP/1.1\r\nHost: a\r\n\r\n")
			return err
		})
	}()
	<-arrived
	stop()
	if b, err := io.ReadAll(idle); err != nil || len(b) > 0 { // an idle connection is closed at once
		t.Errorf("the idle connection: %q %v", b, err)
	}
	if s.ready(t.Context()).Ready {
		t.Error("a stopping server says that it is ready")
	}
	for {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			break // nothing more is accepted
		}
		_ = c.Close()
	}
	close(goOn)
	if got := <-answer; !strings.HasSuffix(got, "done") {
		t.Errorf("got %q", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("serve: %v", err)
	}
}

func TestAServerThatWaitedLongEnoughEndsTheRest(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 2)
	over := make(chan error, 2)
	addr, stop, ended, _ := stoppable(t, 200*time.Millisecond, func(s *Server) {
		s.Raw("GET", "/stuck", 0, func(x *Exchange) error {
			arrived <- struct{}{}
			<-x.Context().Done()
			over <- x.Context().Err()
			return x.Context().Err()
		})
		s.Mount("/media", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			arrived <- struct{}{}
			<-r.Context().Done()
			over <- r.Context().Err()
		}))
	})
	for _, path := range []string{"/stuck", "/media/x"} {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path)
		<-arrived
	}
	stop()
	if err := <-ended; !errors.Is(err, ErrDrain) {
		t.Errorf("serve: %v", err)
	}
	for range 2 {
		if err := <-over; !errors.Is(err, context.Canceled) {
			t.Errorf("a handler ended with %v", err)
		}
	}
}
