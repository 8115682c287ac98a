package recommend

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"math"
	"slices"
)

// A snapshot is the mark, lists of numbers of 32 bits, each after its length,
// little-endian, and the CRC-32C of all that.
const mark = "meadow recommend 1\n"

// ErrSnapshot is what ReadFrom returns for what WriteTo did not write.
var ErrSnapshot = errors.New("recommend: not a whole snapshot")

// pen writes and keeps the first error.
type pen struct {
	out *bufio.Writer
	sum hash.Hash32
	n   int64
	err error
	buf []byte
}

func (p *pen) bytes(b []byte) {
	if p.err == nil {
		_, p.err = p.out.Write(b)
		p.sum.Write(b)
		p.n += int64(len(b))
	}
}

func (p *pen) list(of []uint32) {
	p.buf = binary.LittleEndian.AppendUint32(p.buf[:0], uint32(len(of)))
	for part := range slices.Chunk(of, 1<<14) {
		for _, v := range part {
			p.buf = binary.LittleEndian.AppendUint32(p.buf, v)
		}
		p.bytes(p.buf)
		p.buf = p.buf[:0]
	}
	p.bytes(p.buf)
}

func (p *pen) floats(of []float32) {
	p.list(bits(of))
}

func bits(of []float32) []uint32 {
	out := make([]uint32, len(of))
	for k, v := range of {
		out[k] = math.Float32bits(v)
	}
	return out
}

// WriteTo writes the model for ReadFrom. What is learned meanwhile may be in
// it or not.
func (m *Model) WriteTo(w io.Writer) (int64, error) {
	p := &pen{out: bufio.NewWriterSize(w, 1<<16), sum: crc32.New(crc32.MakeTable(crc32.Castagnoli))}
	p.bytes([]byte(mark))
	size := m.Items()
	p.list([]uint32{uint32(size), uint32(m.effort)})
	p.floats(m.blend.Weight[:])
	p.floats(m.blend.Recency[:])
	for _, t := range m.fitted.table {
		if t == nil {
			t = &table{}
		}
		p.list(t.start)
		p.list(t.ids)
		p.floats(t.vals)
	}
	f := m.fitted.factors
	if f == nil {
		f = &factors{}
	}
	p.list([]uint32{uint32(f.dim), math.Float32bits(float32(f.alpha)), math.Float32bits(float32(f.reg))})
	p.floats(f.items)
	p.floats(f.gram)
	m.writeLive(p, size)
	p.buf = binary.LittleEndian.AppendUint32(p.buf[:0], p.sum.Sum32())
	p.bytes(p.buf)
	if p.err == nil {
		p.err = p.out.Flush()
	}
	return p.n, p.err
}

func (m *Model) writeLive(p *pen, size int) {
	counts := make([]uint32, size)
	var with, described []uint32
	for i := range counts {
		c, at := m.live.at(Item(i))
		counts[i] = c.known[at].count.Load()
		lock := &m.live.locks[i%stripes]
		lock.RLock()
		if len(c.rows[at]) > 0 {
			with = append(with, uint32(i))
		}
		lock.RUnlock()
		if c.attrs[at].Load() != nil {
			described = append(described, uint32(i))
		}
	}
	p.list(counts)
	p.list(with)
	var ids []Item
	var vals []float32
	for _, i := range with {
		c, at := m.live.at(i)
		lock := &m.live.locks[i%stripes]
		lock.RLock()
		ids, vals = ids[:0], vals[:0]
		for _, e := range c.rows[at] {
			ids, vals = append(ids, e.id), append(vals, e.val)
		}
		lock.RUnlock()
		p.list(ids)
		p.floats(vals)
	}
	p.list(described)
	lists := m.content.all()
	var is []uint32
	for _, i := range described {
		c, at := m.live.at(i)
		is = append(is[:0], c.known[at].norm.Load())
		for _, a := range c.attrs[at].Load().attrs {
			is = append(is, lists[a].name)
		}
		p.list(is)
	}
}

// reader reads and keeps the first error.
type reader struct {
	in  *bufio.Reader
	sum hash.Hash32
	n   int64
	err error
}

func (r *reader) bytes(b []byte) {
	if r.err != nil {
		return
	}
	n, err := io.ReadFull(r.in, b)
	r.n += int64(n)
	r.sum.Write(b[:n])
	if err != nil {
		r.err = fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
}

// list grows with what really comes, whatever the length claims.
func (r *reader) list() (out []uint32) {
	var buf [1 << 14]byte
	r.bytes(buf[:4])
	for left := int(binary.LittleEndian.Uint32(buf[:4])); left > 0 && r.err == nil; {
		part := buf[:4*min(left, len(buf)/4)]
		r.bytes(part)
		for k := 0; k < len(part); k += 4 {
			out = append(out, binary.LittleEndian.Uint32(part[k:]))
		}
		left -= len(part) / 4
	}
	return slices.Clip(out)
}

func (r *reader) floats() []float32 {
	list := r.list()
	out := make([]float32, len(list))
	for k, v := range list {
		out[k] = math.Float32frombits(v)
	}
	return out
}

func (r *reader) exactly(list []uint32, n int) []uint32 {
	r.check(len(list) == n)
	return append(list, make([]uint32, max(0, n-len(list)))...)
}

func (r *reader) check(ok bool) {
	if !ok && r.err == nil {
		r.err = ErrSnapshot
	}
}

// ReadFrom fills a model that New just made with what WriteTo wrote, and
// returns ErrSnapshot for anything else; the model is then not to be used.
func (m *Model) ReadFrom(from io.Reader) (int64, error) {
	r := &reader{in: bufio.NewReaderSize(from, 1<<16), sum: crc32.New(crc32.MakeTable(crc32.Castagnoli))}
	head := make([]byte, len(mark))
	r.bytes(head)
	r.check(string(head) == mark)
	sizes := r.exactly(r.list(), 2)
	r.check(sizes[0] <= maxItem)
	var next Model
	next.effort = int(sizes[1])
	weights, recencies := r.floats(), r.floats()
	r.check(len(weights) == sources && len(recencies) == sources)
	copy(next.blend.Weight[:], weights)
	copy(next.blend.Recency[:], recencies)
	for src := range next.fitted.table {
		t := &table{start: r.list(), ids: r.list(), vals: r.floats()}
		r.check(t.whole())
		if len(t.start) > 0 {
			next.fitted.table[src] = t
		}
	}
	shape := r.exactly(r.list(), 3)
	f := &factors{dim: int(shape[0]), alpha: float64(math.Float32frombits(shape[1])), reg: float64(math.Float32frombits(shape[2]))}
	f.items, f.gram = r.floats(), r.floats()
	r.check(f.dim <= 1<<10 && len(f.gram) == f.dim*f.dim && (f.dim == 0 && len(f.items) == 0 || f.dim > 0 && len(f.items)%f.dim == 0))
	if f.dim > 0 {
		next.fitted.factors = f
	}
	commit := m.readLive(r, sizes[0])
	sum := r.sum.Sum32()
	var last [4]byte
	r.bytes(last[:])
	r.check(binary.LittleEndian.Uint32(last[:]) == sum)
	if r.err != nil {
		return r.n, r.err
	}
	m.effort, m.blend, m.fitted = next.effort, next.blend, next.fitted
	commit()
	return r.n, nil
}

// whole says that every row lies within the table.
func (t *table) whole() bool {
	if len(t.ids) != len(t.vals) || !slices.IsSorted(t.start) {
		return false
	}
	if n := len(t.start); n == 0 && len(t.ids) > 0 || n > 0 && (t.start[0] != 0 || int(t.start[n-1]) != len(t.ids)) {
		return false
	}
	return !slices.ContainsFunc(t.ids, func(i Item) bool { return i >= maxItem })
}

// readLive reads what was learned, and returns what puts it into the model.
func (m *Model) readLive(r *reader, size uint32) (commit func()) {
	counts, with := r.list(), r.list()
	r.check(uint32(len(counts)) == size)
	rows := make([]row, 0, len(with))
	for k := 0; k < len(with) && r.err == nil; k++ {
		ids, vals := r.list(), r.floats()
		r.check(with[k] < size && len(ids) == len(vals) && len(ids) <= rowMost)
		r.check(!slices.ContainsFunc(ids, func(i Item) bool { return i >= maxItem }))
		if r.err != nil {
			break
		}
		w := make(row, len(ids))
		for e := range w {
			w[e] = entry{ids[e], vals[e]}
		}
		rows = append(rows, w)
	}
	described := r.list()
	names := make([][]uint32, 0, len(described))
	for k := 0; k < len(described) && r.err == nil; k++ {
		r.check(described[k] < size)
		names = append(names, r.list())
		r.check(len(names[k]) > 0)
	}
	return func() {
		m.live.grow(int(size))
		for i, n := range counts {
			m.live.set(Item(i), float32(n)/grain)
		}
		for k, i := range with {
			c, at := m.live.at(i)
			c.rows[at] = rows[k]
			m.live.bytes.Add(int64(len(rows[k])) * 8)
		}
		for k, i := range described {
			m.SetAttributes(i, names[k][1:])
			c, at := m.live.at(i)
			c.known[at].norm.Store(names[k][0])
		}
	}
}
