package pool

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// magic begins a snapshot; its last byte is the version.
const magic = "MPOOL\x01"

// ErrSnapshot answers a snapshot that is not one of ours.
var ErrSnapshot = errors.New("not a snapshot of a pool")

// Encode writes the counts of all posts. Draws are not written: they are drawn
// again.
func (p *Pool) Encode(w io.Writer) error {
	out := bufio.NewWriter(w)
	if _, err := out.Write(p.encode()); err != nil {
		return fmt.Errorf("encode pool: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("encode pool: %w", err)
	}
	return nil
}

// encode writes to memory first, so that a slow disk holds nobody up.
func (p *Pool) encode() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	buf := append(make([]byte, 0, 64+20*len(p.records)), magic...)
	float := func(v float64) { buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(v)) }
	float(p.spread.n)
	float(p.spread.excess)
	float(p.spread.level)
	buf = binary.AppendUvarint(buf, uint64(len(p.categories)))
	for _, c := range p.categories {
		buf = binary.AppendUvarint(buf, uint64(c.id))
		float(c.impressions)
		float(c.engaged)
	}
	buf = binary.AppendUvarint(buf, uint64(len(p.records)-len(p.unused)))
	write := func(r *record) {
		buf = append(buf, byte(r.phase))
		for _, v := range []uint32{r.post, r.author, uint32(r.category), r.impressions, r.distinct, r.engaged} {
			buf = binary.AppendUvarint(buf, uint64(v))
		}
		buf = binary.AppendVarint(buf, r.at)
	}
	for _, e := range p.queue.ids { // in their order
		if e != 0 {
			write(&p.records[e-1])
		}
	}
	for i := range p.records {
		if r := &p.records[i]; r.phase == running || r.phase == retired || r.phase == parked {
			write(r)
		}
	}
	return buf
}

// most is how large a post id may be in a snapshot: memory goes by the highest.
const most = 1 << 26

// Restore returns the pool that Encode wrote. It answers ErrSnapshot if r holds
// anything else. To read on behind it, pass a *bufio.Reader.
func Restore(r io.Reader, o Options) (*Pool, error) {
	in := source{r: bufio.NewReader(r)}
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(in.r, head); err != nil || string(head) != magic {
		return nil, ErrSnapshot
	}
	p := New(o)
	p.spread = spread{n: in.float(), excess: in.float(), level: in.float()}
	count := in.uint(mostCategories)
	for i := range count {
		c := category{id: in.uint(math.MaxUint32), impressions: in.float(), engaged: in.float()}
		if i == 0 {
			p.categories[0] = c
			continue
		}
		p.categoryOf[c.id] = uint16(len(p.categories))
		p.categories = append(p.categories, c)
	}
	for n := in.uint(most); n > 0 && in.err == nil; n-- {
		p.restore(&in)
	}
	if in.err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSnapshot, in.err)
	}
	return p, nil
}

// restore reads one post.
func (p *Pool) restore(in *source) {
	ph := phase(in.uint(uint32(parked)))
	r := record{
		post: in.uint(most), author: in.uint(math.MaxUint32), category: uint16(in.uint(uint32(len(p.categories) - 1))),
		impressions: in.uint(math.MaxUint32), distinct: in.uint(math.MaxUint32), engaged: in.uint(math.MaxUint32),
	}
	r.at = in.int()
	if in.err == nil && (ph == free || p.find(r.post) != nil) {
		in.err = ErrSnapshot
	}
	if in.err != nil {
		return
	}
	switch at := p.insert(r); ph {
	case waiting:
		p.wait(at)
	case running:
		p.run(at)
	case retired:
		at.phase = retired
		p.retired++
	case parked:
		at.phase = parked
		p.parked++
	}
}

// source reads numbers until something is wrong.
type source struct {
	r   *bufio.Reader
	err error
}

func (s *source) uint(most uint32) uint32 {
	if s.err != nil {
		return 0
	}
	v, err := binary.ReadUvarint(s.r)
	if err == nil && v > uint64(most) {
		err = ErrSnapshot
	}
	s.err = err
	return uint32(v)
}

func (s *source) int() int64 {
	if s.err != nil {
		return 0
	}
	var v int64
	v, s.err = binary.ReadVarint(s.r)
	return v
}

func (s *source) float() float64 {
	var b [8]byte
	if s.err == nil {
		_, s.err = io.ReadFull(s.r, b[:])
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(b[:]))
	if math.IsNaN(v) || math.Abs(v) > 1e15 {
		s.err = ErrSnapshot
		return 0
	}
	return v
}
