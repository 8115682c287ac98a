package rank

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// magic begins a snapshot; its last byte is the version.
const magic = "MHEAD\x01"

// ErrSnapshot answers a snapshot that is not one of ours.
var ErrSnapshot = errors.New("not a snapshot of heads")

// Encode writes what was learned: only the slots that learned anything.
func (h *Heads) Encode(w io.Writer) error {
	h.learning.Lock()
	defer h.learning.Unlock()
	out := bufio.NewWriter(w)
	buf := binary.LittleEndian.AppendUint32([]byte(magic), h.mask)
	buf = append(buf, byte(Actions))
	for slot := range h.mask + 1 {
		state := h.state[slot*uint32(Actions) : (slot+1)*uint32(Actions)]
		if !learned(state) {
			continue
		}
		buf = binary.LittleEndian.AppendUint32(buf, slot)
		for _, s := range state {
			buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(s.z))
			buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(s.n))
		}
		if _, err := out.Write(buf); err != nil {
			return fmt.Errorf("encode heads: %w", err)
		}
		buf = buf[:0]
	}
	buf = binary.LittleEndian.AppendUint32(buf, math.MaxUint32) // the end
	if _, err := out.Write(buf); err != nil {
		return fmt.Errorf("encode heads: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("encode heads: %w", err)
	}
	return nil
}

func learned(state []accumulator) bool {
	for _, s := range state {
		if s.n != 0 {
			return true
		}
	}
	return false
}

// Decode returns the heads that Encode wrote, with priors as they are now: what
// was learned is a difference from them. It answers ErrSnapshot if r holds
// anything else. The number of slots is that of the snapshot. To read on behind
// it, pass a *bufio.Reader.
func Decode(r io.Reader, o Options) (*Heads, error) {
	in := bufio.NewReader(r)
	head := make([]byte, len(magic)+5)
	if _, err := io.ReadFull(in, head); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	slots := int(binary.LittleEndian.Uint32(head[len(magic):])) + 1
	if string(head[:len(magic)]) != magic || head[len(head)-1] != byte(Actions) ||
		slots < 2*reserved || slots > 1<<22 || slots&(slots-1) != 0 {
		return nil, ErrSnapshot
	}
	o.Slots = slots
	h := NewHeads(o)
	row := make([]byte, 16*Actions)
	for {
		if _, err := io.ReadFull(in, row[:4]); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSnapshot, err)
		}
		slot := binary.LittleEndian.Uint32(row)
		if slot == math.MaxUint32 {
			return h, nil
		}
		if slot > h.mask {
			return nil, ErrSnapshot
		}
		if _, err := io.ReadFull(in, row); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSnapshot, err)
		}
		for a := range Actions {
			s := accumulator{
				z: math.Float64frombits(binary.LittleEndian.Uint64(row[16*a:])),
				n: math.Float64frombits(binary.LittleEndian.Uint64(row[16*a+8:])),
			}
			if !(s.n >= 0 && s.n < 1e15 && math.Abs(s.z) < 1e15) {
				return nil, ErrSnapshot
			}
			h.state[slot*uint32(Actions)+uint32(a)] = s
			h.weights[slot*line+uint32(a)] = h.initial(int(slot))[a] + s.moved(h.options.rate(int(slot)), &h.options)
		}
	}
}
