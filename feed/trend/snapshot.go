package trend

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
)

// magic begins a snapshot; its last byte is the version.
const magic = "MTRND\x01"

// ErrSnapshot answers a snapshot that is not one of ours.
var ErrSnapshot = errors.New("not a snapshot of trends")

// Encode writes all that is kept, in an order that only depends on it.
func (t *Trends) Encode(w io.Writer) error {
	all := t.copied()
	out := bufio.NewWriter(w)
	buf := binary.AppendUvarint([]byte(magic), uint64(len(all)))
	scopes := slices.SortedFunc(maps.Keys(all), func(a, b Scope) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Lang, b.Lang))
	})
	for _, s := range scopes {
		buf = append(buf, byte(s.Kind))
		buf = text(buf, s.Region)
		buf = text(buf, s.Lang)
		buf = binary.AppendUvarint(buf, uint64(len(all[s])))
		for _, key := range slices.Sorted(maps.Keys(all[s])) {
			buf = all[s][key].append(text(buf, key))
			if _, err := out.Write(buf); err != nil {
				return fmt.Errorf("encode trends: %w", err)
			}
			buf = buf[:0]
		}
	}
	if _, err := out.Write(buf); err != nil {
		return fmt.Errorf("encode trends: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("encode trends: %w", err)
	}
	return nil
}

func text(buf []byte, s string) []byte {
	return append(binary.AppendUvarint(buf, uint64(len(s))), s...)
}

func (e *entry) append(buf []byte) []byte {
	buf = binary.AppendVarint(buf, e.at)
	buf = binary.AppendVarint(buf, e.generation)
	buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(e.now))
	buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(e.usual))
	for _, p := range e.people {
		if p.many != nil {
			buf = append(append(buf, exact+1), p.many[:]...)
			continue
		}
		buf = append(buf, byte(len(p.few)))
		for _, one := range p.few {
			buf = binary.LittleEndian.AppendUint64(buf, one)
		}
	}
	return buf
}

// Decode returns the trends that Encode wrote; the options must be those they
// were counted with. It answers ErrSnapshot if r holds anything else. To read on
// behind it, pass a *bufio.Reader.
func Decode(r io.Reader, o Options) (*Trends, error) {
	in := source{r: bufio.NewReader(r)}
	if string(in.bytes(len(magic))) != magic {
		return nil, ErrSnapshot
	}
	t := New(o)
	for n := in.uint(1 << 16); n > 0 && in.err == nil; n-- {
		s := Scope{Kind: Kind(in.uint(math.MaxUint8)), Region: in.text(), Lang: in.text()}
		keys := map[string]*entry{}
		for n := in.uint(1 << 26); n > 0 && in.err == nil; n-- {
			key := in.text()
			keys[key] = in.entry()
		}
		t.scopes[s] = keys
		t.keys += len(keys)
	}
	if in.err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSnapshot, in.err)
	}
	return t, nil
}

// source reads until something is wrong.
type source struct {
	r   *bufio.Reader
	err error
}

func (s *source) uint(most uint64) uint64 {
	if s.err != nil {
		return 0
	}
	v, err := binary.ReadUvarint(s.r)
	if err == nil && v > most {
		err = ErrSnapshot
	}
	s.err = err
	return v
}

func (s *source) int() int64 {
	if s.err != nil {
		return 0
	}
	var v int64
	v, s.err = binary.ReadVarint(s.r)
	return v
}

func (s *source) bytes(n int) []byte {
	b := make([]byte, n)
	if s.err == nil {
		_, s.err = io.ReadFull(s.r, b)
	}
	return b
}

func (s *source) text() string {
	n := s.uint(math.MaxUint8)
	if s.err != nil {
		return ""
	}
	return string(s.bytes(int(n)))
}

func (s *source) float() float64 {
	v := math.Float64frombits(binary.LittleEndian.Uint64(s.bytes(8)))
	if s.err == nil && !(v >= 0 && v < 1e15) {
		s.err = ErrSnapshot
	}
	return v
}

func (s *source) entry() *entry {
	e := &entry{at: s.int(), generation: s.int(), now: s.float(), usual: s.float()}
	for i := range e.people {
		n := s.uint(exact + 1)
		if s.err != nil {
			return e
		}
		if n == exact+1 {
			e.people[i].many = (*sketch)(s.bytes(registers))
			continue
		}
		for range n {
			e.people[i].few = append(e.people[i].few, binary.LittleEndian.Uint64(s.bytes(8)))
		}
		slices.Sort(e.people[i].few)
	}
	return e
}
