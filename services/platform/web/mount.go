package web

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"meadow/services/platform/rpc"
)

// Mount serves everything at and below prefix by h. Bodies stream both ways and
// are never held whole; each read and each write has a time of its own, and
// there is no limit on all of them. h limits what it takes.
func (s *Server) Mount(prefix string, h http.Handler) {
	run := s.answer(target{name: prefix, streams: true}, func(x *Exchange) error { return x.stream(h) })
	for _, method := range []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut,
		http.MethodPatch, http.MethodDelete, http.MethodOptions,
	} {
		s.app.Add(method, prefix, run)
		s.app.Add(method, prefix+"/*", run)
	}
}

// stream answers x by h, which runs beside fasthttp: h's writes are what
// fasthttp reads and sends.
func (x *Exchange) stream(h http.Handler) error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(x.ctx))
	unhook := context.AfterFunc(x.s.base, cancel)
	fast := x.c.Context()
	in := &incoming{stream: fast.RequestBodyStream(), conn: fast.Conn(), idle: x.s.cfg.ReadTimeout}
	in.ended = in.stream == nil || fast.Request.Header.ContentLength() == 0
	req, err := x.request11(ctx, in)
	if err != nil {
		cancel()
		return err
	}
	out := newOutgoing(in, fast.IsHead())
	out.stop = func() { unhook(); cancel() }
	go out.serve(h, req, x.s.unstarted(x)) // ends before out is closed
	<-out.started

	if in.done() {
		fast.SetUserValue(endedKey{}, true)
	} else if n := fast.Request.Header.ContentLength(); n < 0 || n > readAhead {
		fast.SetConnectionClose()
	}
	if out.complete || out.failed != nil {
		<-out.ended
	}
	if out.failed != nil {
		return out.failed
	}
	out.copyTo(&fast.Response)
	return nil
}

// unstarted logs a handler's panic that came after its answer began.
func (s *Server) unstarted(x *Exchange) func(*panicked) {
	request, route := x.request, x.target.name
	return func(p *panicked) {
		s.deps.Log.Error("request failed under way", "request", request, "route", route, "err", p, "stack", string(p.stack))
	}
}

// request11 is x as net/http has it.
func (x *Exchange) request11(ctx context.Context, in *incoming) (*http.Request, error) {
	fast := &x.c.Context().Request
	target := string(fast.Header.RequestURI())
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, errPath.Because(err)
	}
	r := &http.Request{
		Method: x.Method(), URL: u, RequestURI: target, Host: string(fast.Host()),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, ContentLength: int64(fast.Header.ContentLength()),
		RemoteAddr: net.JoinHostPort(x.client.String(), "0"), Body: in,
	}
	for name, value := range fast.Header.All() {
		if n := string(name); n != "Host" && n != "Transfer-Encoding" {
			r.Header.Add(n, string(value))
		}
	}
	if r.ContentLength < -1 {
		r.ContentLength = 0
	}
	if in.ended {
		r.Body = http.NoBody
	}
	return r.WithContext(ctx), nil
}

// incoming is a request's body. Each read may wait for idle.
type incoming struct {
	stream io.Reader
	conn   net.Conn
	idle   time.Duration

	mu     sync.Mutex // guards what follows
	ended  bool
	closed bool
	until  time.Time // set by the handler, in place of idle
}

func (i *incoming) Read(p []byte) (int, error) {
	i.mu.Lock()
	switch {
	case i.closed:
		i.mu.Unlock()
		return 0, http.ErrBodyReadAfterClose
	case i.ended:
		i.mu.Unlock()
		return 0, io.EOF
	}
	until := i.until
	if until.IsZero() {
		until = time.Now().Add(i.idle)
	}
	_ = i.conn.SetReadDeadline(until)
	i.mu.Unlock()

	n, err := i.stream.Read(p)
	if errors.Is(err, io.EOF) {
		i.mu.Lock()
		i.ended = true
		i.mu.Unlock()
	}
	return n, err
}

// Close is for the handler: it reads no more.
func (*incoming) Close() error { return nil }

// done reports whether the body was read to its end.
func (i *incoming) done() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.ended
}

// stop ends reads, also one that waits.
func (i *incoming) stop() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed = true
	if !i.ended {
		_ = i.conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// small is how much of an answer is held back, so that a short one has a length.
const small = 16 << 10

// outgoing is a handler's answer: it begins in head, and goes on in a pipe.
type outgoing struct {
	in     *incoming
	header http.Header
	stop   func()

	// Until started, these are the handler's goroutine's; then they stand.
	status   int
	sent     http.Header
	size     int64 // of the body, if the handler said so; else -1
	head     []byte
	flushed  bool
	complete bool // all of the answer is in head
	failed   error

	// These stay the handler's.
	bodiless bool  // what is written is not sent
	begun    bool  // started is closed
	wrote    int64 // bytes

	started chan struct{} // closed when what is above stands
	ended   chan struct{} // closed when the handler's goroutine ends
	r       *io.PipeReader
	w       *io.PipeWriter
}

func newOutgoing(in *incoming, bodiless bool) *outgoing {
	o := &outgoing{in: in, bodiless: bodiless, header: http.Header{}, started: make(chan struct{}), ended: make(chan struct{})}
	o.r, o.w = io.Pipe()
	return o
}

// serve runs h to its end.
func (o *outgoing) serve(h http.Handler, req *http.Request, late func(*panicked)) {
	defer close(o.ended)
	defer func() {
		p := recover()
		switch {
		case p == nil:
			o.finish()
		case !o.begun:
			o.failed = &panicked{value: p, stack: debug.Stack()}
			if aborted(p) {
				o.failed = rpc.ErrUnreachable.Because(http.ErrAbortHandler)
			}
			o.stop()
			close(o.started)
		default:
			if !aborted(p) {
				late(&panicked{value: p, stack: debug.Stack()})
			}
			_ = o.w.CloseWithError(io.ErrUnexpectedEOF) // the client must see a cut
		}
	}()
	h.ServeHTTP(o, req)
}

// aborted reports whether a handler gave up in the way net/http has for it,
// as a proxy does whose other side broke off.
func aborted(p any) bool {
	err, ok := p.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}

func (o *outgoing) finish() {
	if !o.begun {
		o.complete = o.wrote == int64(len(o.head))
		o.begin()
	}
	o.stop()
	_ = o.w.Close()
}

// begin lets the answer out.
func (o *outgoing) begin() {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	o.sent = o.header.Clone() // what the handler changes now changes nothing
	o.size = o.length()
	if o.size >= 0 && int64(len(o.head)) > o.size {
		o.head = o.head[:o.size]
	}
	o.begun = true
	close(o.started)
}

// length returns how long the handler says that its answer is, or -1.
func (o *outgoing) length() int64 {
	n, err := strconv.ParseInt(o.header.Get("Content-Length"), 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// Header implements http.ResponseWriter.
func (o *outgoing) Header() http.Header { return o.header }

// WriteHeader implements http.ResponseWriter.
func (o *outgoing) WriteHeader(status int) {
	if o.status == 0 && status >= 200 {
		o.status = status
	}
}

// Write implements http.ResponseWriter. More than the answer's length would be
// taken for another answer, and is refused.
func (o *outgoing) Write(p []byte) (n int, err error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	if size := o.length(); size >= 0 && !o.begun || o.begun && o.size >= 0 {
		if o.begun {
			size = o.size
		}
		if left := max(size-o.wrote, 0); int64(len(p)) > left {
			p, err = p[:left], http.ErrContentLength
		}
	}
	m, failed := o.write(p)
	o.wrote += int64(m)
	return m, cmp.Or(failed, err)
}

func (o *outgoing) write(p []byte) (int, error) {
	if !o.begun {
		if o.wrote+int64(len(p)) <= small {
			o.head = append(o.head, p...)
			return len(p), nil
		}
		if o.bodiless {
			return len(p), nil
		}
		o.begin()
	}
	if len(p) == 0 {
		return 0, nil
	}
	return o.w.Write(p)
}

// Flush implements http.Flusher.
func (o *outgoing) Flush() {
	if !o.begun {
		o.flushed = true
		o.begin()
	}
}

// EnableFullDuplex is for http.ResponseController: it is always so.
func (*outgoing) EnableFullDuplex() error { return nil }

// SetReadDeadline is for http.ResponseController.
func (o *outgoing) SetReadDeadline(at time.Time) error {
	o.in.mu.Lock()
	defer o.in.mu.Unlock()
	o.in.until = at
	return o.in.conn.SetReadDeadline(at)
}

// copyTo makes res the answer.
func (o *outgoing) copyTo(res *fasthttp.Response) {
	for name, values := range o.sent {
		switch name {
		case "Content-Length", "Connection", "Transfer-Encoding", "Date":
			continue // fasthttp's to say
		}
		for i, v := range values {
			if i == 0 {
				res.Header.Set(name, v)
			} else {
				res.Header.Add(name, v)
			}
		}
	}
	res.SetStatusCode(o.status)
	if len(o.sent["Content-Type"]) == 0 {
		res.Header.SetContentType("application/octet-stream")
	}
	if o.complete && o.size <= int64(len(o.head)) {
		res.SetBodyRaw(o.head)
		return
	}
	res.ImmediateHeaderFlush = o.flushed
	res.SetBodyStream(&outgoingBody{o: o, head: o.head, left: o.size}, int(o.size))
}

// outgoingBody is what fasthttp sends. It ends where the answer's length does,
// even if the handler goes on.
type outgoingBody struct {
	o     *outgoing
	head  []byte
	left  int64 // to send; negative if that is not known
	ended bool
}

func (b *outgoingBody) Read(p []byte) (n int, err error) {
	switch {
	case b.left == 0:
		b.ended = true
		return 0, io.EOF
	case b.left > 0:
		p = p[:min(int64(len(p)), b.left)]
	}
	if len(b.head) > 0 {
		n = copy(p, b.head)
		b.head = b.head[n:]
	} else {
		n, err = b.o.r.Read(p)
		b.ended = errors.Is(err, io.EOF)
	}
	if b.left > 0 {
		b.left -= int64(n)
	}
	return n, err
}

// Close returns when the handler has. It is called also when the client is
// gone, or wants no body; then the handler is told so.
func (b *outgoingBody) Close() error {
	if !b.ended {
		_ = b.o.r.CloseWithError(net.ErrClosed)
		b.o.in.stop()
		b.o.stop()
	}
	<-b.o.ended
	return nil
}
