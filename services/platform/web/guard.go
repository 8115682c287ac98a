package web

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// guard stands between the network and fasthttp. It lets through only messages
// that can be read in one way, and only so many connections from one address.
type guard struct {
	read, write time.Duration
	maxHeader   int
	maxPerIP    int
	trusted     []netip.Prefix
	refused     func(why error) // is told of each malformed message

	mu       sync.Mutex // guards what follows
	conns    map[*guarded]struct{}
	perIP    map[netip.Addr]int
	draining bool
}

func newGuard(cfg Config) *guard {
	return &guard{
		read: cfg.ReadTimeout, write: cfg.WriteTimeout, maxHeader: cfg.MaxHeader,
		maxPerIP: cfg.MaxConnsPerIP, trusted: cfg.TrustedProxies,
		conns: map[*guarded]struct{}{}, perIP: map[netip.Addr]int{},
	}
}

// trusts reports whether a is a proxy of ours.
func (g *guard) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(g.trusted, func(p netip.Prefix) bool { return p.Contains(a) })
}

// wrap returns ln with every connection guarded.
func (g *guard) wrap(ln net.Listener) *guardedListener {
	return &guardedListener{Listener: ln, guard: g, asked: make(chan struct{}), closed: make(chan struct{})}
}

type guardedListener struct {
	net.Listener
	guard  *guard
	asking sync.Once
	asked  chan struct{} // closed when the first connection is asked for
	once   sync.Once
	closed chan struct{}
}

// Accept returns the next connection. When the process is out of files it
// waits for some to be closed; fasthttp would give up.
func (l *guardedListener) Accept() (net.Conn, error) {
	l.asking.Do(func() { close(l.asked) })
	for {
		c, err := l.Listener.Accept()
		switch {
		case err == nil:
			if gc := l.guard.admit(c); gc != nil {
				return gc, nil
			}
			_ = c.Close()
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.ECONNABORTED):
			select {
			case <-l.closed:
				return nil, net.ErrClosed
			case <-time.After(50 * time.Millisecond):
			}
		default:
			return nil, err
		}
	}
}

func (l *guardedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// admit counts c, or returns nil if its address has too many connections.
func (g *guard) admit(c net.Conn) *guarded {
	key := network(addrOf(c.RemoteAddr()))
	limited := g.maxPerIP > 0 && key.IsValid() && !g.trusts(key)
	g.mu.Lock()
	defer g.mu.Unlock()
	if limited && g.perIP[key] >= g.maxPerIP {
		return nil
	}
	gc := &guarded{Conn: c, guard: g, frame: frame{maxHeader: g.maxHeader}}
	if limited {
		gc.key = key
		g.perIP[key]++
	}
	g.conns[gc] = struct{}{}
	return gc
}

// network is what one client is likely to own: an IPv4 address, an IPv6 /64.
func network(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a
	}
	return p.Addr()
}

func (g *guard) forget(c *guarded) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
	if !c.key.IsValid() {
		return
	}
	if g.perIP[c.key]--; g.perIP[c.key] == 0 {
		delete(g.perIP, c.key)
	}
}

// drain closes the connections that wait for a request, now and from now on.
func (g *guard) drain() {
	g.mu.Lock()
	g.draining = true
	g.mu.Unlock()
	for _, c := range g.all() {
		if c.waiting.Load() {
			_ = c.Close()
		}
	}
}

func (g *guard) closeAll() {
	for _, c := range g.all() {
		_ = c.Close()
	}
}

func (g *guard) all() []*guarded {
	g.mu.Lock()
	defer g.mu.Unlock()
	cs := make([]*guarded, 0, len(g.conns))
	for c := range g.conns {
		cs = append(cs, c)
	}
	return cs
}

// guarded is a connection of which fasthttp sees well-formed messages only.
// One goroutine reads it; Close may be called from another.
type guarded struct {
	net.Conn
	guard *guard
	key   netip.Addr // counted under; invalid if it is not
	frame frame

	buf  []byte // from the network, not yet looked at
	held []byte // where buf begins
	out  []byte // looked at, not yet handed on
	bad  error  // what ended this connection

	slow     bool        // a head has begun to arrive, and has a deadline
	waiting  atomic.Bool // between requests, with nothing under way
	unread   atomic.Bool // in the middle of a message
	poisoned atomic.Bool // what follows must not be read as a request
	closing  sync.Once
}

// firstBuffer is what a waiting connection costs; it grows to a head's size.
const firstBuffer = 2 << 10

// Read hands on bytes of messages that are well formed so far. It reports a
// malformed head by answering it, and then as the end of the connection.
func (c *guarded) Read(p []byte) (int, error) {
	for {
		if len(c.out) > 0 {
			n := copy(p, c.out)
			c.out = c.out[n:]
			return n, nil
		}
		if c.bad != nil {
			return 0, c.bad
		}
		if left := c.frame.plain(); left > 0 && len(c.buf) == 0 {
			n, err := c.Conn.Read(p[:min(int64(len(p)), left)])
			c.frame.took(int64(n))
			c.unread.Store(c.frame.inMessage())
			return n, err
		}
		if err := c.advance(); err != nil {
			return 0, err
		}
	}
}

// advance looks at what is there, and reads more if that is not enough.
func (c *guarded) advance() error {
	out, rest, err := c.frame.next(c.buf)
	c.out, c.buf = out, rest
	c.unread.Store(c.frame.inMessage() || len(c.buf) > 0)
	if err != nil {
		return c.refuse(err)
	}
	if len(out) > 0 {
		c.slow = false
		return nil
	}
	return c.fill()
}

// fill reads what comes next behind what is there.
func (c *guarded) fill() error {
	if len(c.buf) == 0 && !c.frame.inMessage() {
		c.waiting.Store(true)
		defer c.waiting.Store(false)
		if c.guard.stopping() {
			return io.EOF // as if the client had no more to ask
		}
	}
	c.makeRoom()
	n, err := c.Conn.Read(c.buf[len(c.buf):cap(c.buf)])
	c.buf = c.buf[:len(c.buf)+n]
	if n > 0 {
		c.unread.Store(true)
		if !c.slow && c.frame.atHead() {
			c.slow = true
			_ = c.Conn.SetReadDeadline(time.Now().Add(c.guard.read))
		}
		return nil
	}
	return err
}

// makeRoom moves what is there to the front, and grows the buffer when a head
// fills it. The frame refuses heads before they outgrow maxHeader.
func (c *guarded) makeRoom() {
	if c.held == nil {
		c.held = make([]byte, firstBuffer)
	}
	if len(c.buf) == len(c.held) {
		c.held = append(make([]byte, 0, 2*len(c.held)), c.buf...)
		c.held = c.held[:cap(c.held)]
		c.buf = c.held[:len(c.buf)]
		return
	}
	n := copy(c.held, c.buf)
	c.buf = c.held[:n:len(c.held)]
}

func (g *guard) stopping() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.draining
}

// onePiece is how much of an answer has the time of one write: who takes 64 KB
// in that time may take as long as they need for all of it.
const onePiece = 64 << 10

// Write gives each piece its own time.
func (c *guarded) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		piece := p[:min(len(p), onePiece)]
		if err := c.Conn.SetWriteDeadline(time.Now().Add(c.guard.write)); err != nil {
			return n, err
		}
		var m int
		m, err = c.Conn.Write(piece)
		n += m
		p = p[m:]
	}
	return n, err
}
