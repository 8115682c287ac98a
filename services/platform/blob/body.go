package blob

import (
	"fmt"
	"io"
)

// bodyOf returns what to send of r, and how to ask afterwards whether it was r
// that failed. What can be read again is sent in a form that the client can
// repeat when the store stumbles.
func bodyOf(r io.Reader, size int64) (io.Reader, func() error, error) {
	if s, ok := r.(io.ReadSeeker); ok && size >= 0 {
		w, err := windowOf(s, size)
		return w, func() error { return nil }, err
	}
	e := &exact{r: r, left: size, any: size < 0}
	return e, func() error { return e.err }, nil
}

// window is the rest of a file, as if it began there.
type window struct {
	r    io.ReadSeeker
	base int64
}

// windowOf returns ErrSize if the rest of r is not size bytes.
func windowOf(r io.ReadSeeker, size int64) (*window, error) {
	base, err := r.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	end, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	if end-base != size {
		return nil, fmt.Errorf("%w: there are %d bytes", ErrSize, end-base)
	}
	_, err = r.Seek(base, io.SeekStart)
	return &window{r: r, base: base}, err
}

func (w *window) Read(p []byte) (int, error) { return w.r.Read(p) }

func (w *window) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekStart {
		offset += w.base
	}
	at, err := w.r.Seek(offset, whence)
	return at - w.base, err
}

// exact reads what was announced, and remembers if that was not what came. The
// byte after the last is asked for before the last is handed on, so that an
// object that is too long is never stored.
type exact struct {
	r    io.Reader
	left int64
	any  bool
	err  error
}

func (e *exact) Read(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	if e.any {
		n, err := e.r.Read(p)
		return n, e.keep(err)
	}
	if e.left == 0 {
		return 0, e.end()
	}
	if int64(len(p)) > e.left {
		p = p[:e.left]
	}
	n, err := e.r.Read(p)
	e.left -= int64(n)
	switch {
	case err == io.EOF && e.left > 0:
		e.err = fmt.Errorf("%w: %d bytes are missing", ErrSize, e.left)
		return n, e.err
	case err != nil && err != io.EOF:
		return n, e.keep(err)
	case e.left == 0 && n > 0:
		if err := e.end(); err != io.EOF {
			return 0, err
		}
	}
	return n, nil
}

// end returns io.EOF if r ends here.
func (e *exact) end() error {
	var b [1]byte
	n, err := io.ReadFull(e.r, b[:])
	switch {
	case n > 0:
		e.err = fmt.Errorf("%w: there are more bytes", ErrSize)
		return e.err
	case err == io.EOF:
		return io.EOF
	}
	return e.keep(err)
}

func (e *exact) keep(err error) error {
	if err != nil && err != io.EOF {
		e.err = err
	}
	return err
}
