package engine

import (
	"encoding/base64"
	"encoding/binary"

	"meadow/feed/slate"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

// Walk is somebody's way through the pages of a list: what they were shown, and
// what the next page must know of the last. Its zero value, with any Seed, is
// the beginning. It travels in a cursor; whoever changes theirs spoils their own
// pages only.
type Walk struct {
	Seed  uint64
	Shown []uint32 // hashes of posts, oldest first
	carry slate.Carry

	promoted []uint32 // hashes of authors, for each promotion of theirs
}

// mostShown is how many posts back a walk remembers.
const mostShown = 500

const walkVersion = 2

// Show adds posts to what was shown.
func (w *Walk) Show(posts ...id.Post) {
	for _, p := range posts {
		w.Shown = append(w.Shown, Hash(p))
	}
	w.Shown = w.Shown[max(0, len(w.Shown)-mostShown):]
}

// Encode writes the walk in some three kilobytes at most.
func (w Walk) Encode() string {
	carry, err := w.carry.MarshalText()
	if err != nil {
		carry = nil // it never fails
	}
	b := binary.LittleEndian.AppendUint64([]byte{walkVersion}, w.Seed)
	for _, list := range [...][]uint32{w.Shown, w.promoted[max(0, len(w.promoted)-mostShown):]} {
		b = binary.AppendUvarint(b, uint64(len(list)))
		for _, h := range list {
			b = binary.LittleEndian.AppendUint32(b, h)
		}
	}
	return base64.RawURLEncoding.EncodeToString(append(b, carry...))
}

// DecodeWalk reads what Encode wrote, and answers page.ErrCursor to anything else.
func DecodeWalk(text string) (Walk, error) {
	var w Walk
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) < 10 || b[0] != walkVersion {
		return Walk{}, page.ErrCursor
	}
	w.Seed = binary.LittleEndian.Uint64(b[1:])
	b = b[9:]
	for _, list := range [...]*[]uint32{&w.Shown, &w.promoted} {
		n, size := binary.Uvarint(b)
		b = b[max(0, size):]
		if size <= 0 || n > mostShown || len(b) < int(n)*4 {
			return Walk{}, page.ErrCursor
		}
		for range n {
			*list = append(*list, binary.LittleEndian.Uint32(b))
			b = b[4:]
		}
	}
	if err := w.carry.UnmarshalText(b); err != nil {
		return Walk{}, page.ErrCursor
	}
	return w, nil
}
