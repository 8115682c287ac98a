package web

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// malformed is why a message is refused.
type malformed struct {
	status int
	why    string
}

func (m *malformed) Error() string { return "malformed message: " + m.why }

func bad(why string) error { return &malformed{http.StatusBadRequest, why} }

// refuse ends the connection. A bad head is answered here: nothing else is
// under way, for fasthttp asks for the next message after answering the last.
// A body that turns bad is an error of its handler's read.
func (c *guarded) refuse(err error) error {
	c.poisoned.Store(true)
	c.guard.refused(err)
	m, ok := errors.AsType[*malformed](err)
	if !ok || !c.frame.atHead() {
		c.bad = err
		return err
	}
	public := ErrFraming
	if m.status == http.StatusRequestHeaderFieldsTooLarge {
		public = errHeader
	}
	body := encode(public)
	_, _ = fmt.Fprintf(c, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"+
		"X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n%s",
		m.status, http.StatusText(m.status), len(body), body)
	c.bad = io.EOF
	return io.EOF
}

// linger is how long, and how much of, an unfinished message is read after the
// last answer. Closing at once would make the client's kernel drop the answer.
const (
	lingerTime  = 500 * time.Millisecond
	lingerBytes = 1 << 20
)

// Close ends the connection.
func (c *guarded) Close() error {
	err := net.ErrClosed
	c.closing.Do(func() {
		if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && c.unread.Load() && !c.guard.stopping() {
			if half.CloseWrite() == nil {
				_ = c.Conn.SetReadDeadline(time.Now().Add(lingerTime))
				_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes)
			}
		}
		err = c.Conn.Close()
		c.guard.forget(c)
	})
	return err
}
