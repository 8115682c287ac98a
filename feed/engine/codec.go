package engine

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
)

// ErrSpoiled answers a snapshot or a segment that is not one of ours, or not
// whole.
var ErrSpoiled = errors.New("feed/engine: spoiled")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encoder appends values to a buffer.
type encoder struct{ b []byte }

func (x *encoder) u(v uint64)    { x.b = binary.AppendUvarint(x.b, v) }
func (x *encoder) i(v int64)     { x.b = binary.AppendVarint(x.b, v) }
func (x *encoder) f(v float32)   { x.b = binary.LittleEndian.AppendUint32(x.b, math.Float32bits(v)) }
func (x *encoder) d(v float64)   { x.b = binary.LittleEndian.AppendUint64(x.b, math.Float64bits(v)) }
func (x *encoder) byte(v byte)   { x.b = append(x.b, v) }
func (x *encoder) text(s string) { x.u(uint64(len(s))); x.b = append(x.b, s...) }
func (x *encoder) list(l []uint32) {
	x.u(uint64(len(l)))
	for _, v := range l {
		x.u(uint64(v))
	}
}

// decoder takes values off a buffer. After the first that is not there all are
// zero, and bad is true.
type decoder struct {
	b   []byte
	bad bool
}

func (x *decoder) u() uint64 {
	v, n := binary.Uvarint(x.b)
	if n <= 0 {
		x.fail()
		return 0
	}
	x.b = x.b[n:]
	return v
}

func (x *decoder) i() int64 {
	v, n := binary.Varint(x.b)
	if n <= 0 {
		x.fail()
		return 0
	}
	x.b = x.b[n:]
	return v
}

func (x *decoder) take(n int) []byte {
	if n < 0 || n > len(x.b) {
		x.fail()
		return nil
	}
	v := x.b[:n]
	x.b = x.b[n:]
	return v
}

func (x *decoder) fail() { x.bad, x.b = true, nil }

func (x *decoder) f() float32 {
	if v := x.take(4); v != nil {
		return math.Float32frombits(binary.LittleEndian.Uint32(v))
	}
	return 0
}

func (x *decoder) d() float64 {
	if v := x.take(8); v != nil {
		return math.Float64frombits(binary.LittleEndian.Uint64(v))
	}
	return 0
}

func (x *decoder) byte() byte {
	if v := x.take(1); v != nil {
		return v[0]
	}
	return 0
}

func (x *decoder) text() string { return string(x.take(x.count(1))) }

// count is a number of things that take at least some bytes each.
func (x *decoder) count(least int) int {
	n := x.u()
	if n > uint64(len(x.b)/max(1, least)) {
		x.fail()
		return 0
	}
	return int(n)
}

// number is a dense number below a bound.
func (x *decoder) number(below int) uint32 {
	v := x.u()
	if v >= uint64(below) {
		x.fail()
		return 0
	}
	return uint32(v)
}

func (x *decoder) list(below int) []uint32 {
	n := x.count(1)
	if n == 0 {
		return nil
	}
	l := make([]uint32, n)
	for i := range l {
		l[i] = x.number(below)
	}
	return l
}

// frame is a piece of a snapshot with a checksum of its own.
const mostFrame = 1 << 26

func writeFrame(w io.Writer, kind byte, payload []byte) error {
	head := [5]byte{kind}
	binary.LittleEndian.PutUint32(head[1:], uint32(len(payload)))
	sum := crc32.Update(crc32.Checksum(head[:], castagnoli), castagnoli, payload)
	if _, err := w.Write(head[:]); err != nil {
		return err
	}
	if _, err := w.Write(payload); err != nil {
		return err
	}
	_, err := w.Write(binary.LittleEndian.AppendUint32(nil, sum))
	return err
}

func readFrame(r *bufio.Reader, buf []byte) (kind byte, payload []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, fmt.Errorf("%w: %w", ErrSpoiled, err)
	}
	n := int(binary.LittleEndian.Uint32(head[1:]))
	if n > mostFrame {
		return 0, nil, ErrSpoiled
	}
	if cap(buf) < n+4 {
		buf = make([]byte, n+4)
	}
	buf = buf[:n+4]
	if _, err := io.ReadFull(r, buf); err != nil {
		return 0, nil, fmt.Errorf("%w: %w", ErrSpoiled, err)
	}
	sum := crc32.Update(crc32.Checksum(head[:], castagnoli), castagnoli, buf[:n])
	if sum != binary.LittleEndian.Uint32(buf[n:]) {
		return 0, nil, fmt.Errorf("%w: checksum", ErrSpoiled)
	}
	return head[0], buf[:n], nil
}

// framed writes a stream as frames of one kind.
type framed struct {
	w    io.Writer
	kind byte
	buf  []byte
}

const streamFrame = 1 << 18

func (f *framed) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		k := min(len(p), streamFrame-len(f.buf))
		f.buf = append(f.buf, p[:k]...)
		p = p[k:]
		if len(f.buf) == streamFrame {
			if err := f.flush(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

func (f *framed) flush() error {
	err := writeFrame(f.w, f.kind, f.buf)
	f.buf = f.buf[:0]
	return err
}
