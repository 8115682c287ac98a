package engine

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"time"

	"meadow/feed"
	"meadow/services/kernel/id"
)

// A segment is a run of events as they were taken in: each with what it meant
// then, so that a replay does the same. Its events are numbered from first.
const segmentMagic = "MEADOWLOG\x01"

// appendEvent writes an event behind others.
func appendEvent(b []byte, ev *Event) []byte {
	x := encoder{b}
	x.byte(byte(ev.Kind))
	x.byte(byte(ev.facts)<<2 | byte(flagIf(ev.Off, 1)|flagIf(ev.Consent, 2)))
	x.i(ev.At.UnixMilli())
	for _, s := range [...]string{ev.ID, string(ev.User), string(ev.Post), string(ev.Author), string(ev.Product), string(ev.Source)} {
		x.text(s)
	}
	x.u(uint64(max(0, ev.Millis)))
	x.u(uint64(max(0, ev.Percent)))
	x.u(uint64(len(ev.Topics)))
	for _, t := range ev.Topics {
		x.text(t)
	}
	return x.b
}

func (x *decoder) event() Event {
	ev := Event{Kind: Kind(x.byte())}
	said := x.byte()
	ev.Off, ev.Consent, ev.facts = said&1 != 0, said&2 != 0, facts(said>>2)
	ev.At = time.UnixMilli(x.i()).UTC()
	ev.ID, ev.User, ev.Post = x.text(), id.User(x.text()), id.Post(x.text())
	ev.Author, ev.Product, ev.Source = id.User(x.text()), id.Product(x.text()), feed.Source(x.text())
	ev.Millis, ev.Percent = int64(x.u()), int(x.u())
	for range x.count(1) {
		ev.Topics = append(ev.Topics, x.text())
	}
	return ev
}

// segment ends what appendEvent wrote: many events, numbered from first.
func segment(first, many int64, events []byte) []byte {
	x := encoder{append(make([]byte, 0, len(events)+40), segmentMagic...)}
	x.u(uint64(first))
	x.u(uint64(many))
	x.b = append(x.b, events...)
	return binary.LittleEndian.AppendUint32(x.b, crc32.Checksum(x.b, castagnoli))
}

// readSegment tells of every event of a segment, or answers ErrSpoiled.
func readSegment(b []byte, tell func(ev *Event, number int64)) error {
	if len(b) < len(segmentMagic)+4 || string(b[:len(segmentMagic)]) != segmentMagic {
		return ErrSpoiled
	}
	body, sum := b[:len(b)-4], binary.LittleEndian.Uint32(b[len(b)-4:])
	if crc32.Checksum(body, castagnoli) != sum {
		return fmt.Errorf("%w: checksum", ErrSpoiled)
	}
	x := decoder{b: body[len(segmentMagic):]}
	first := int64(x.u())
	for i := range int64(x.count(1)) {
		ev := x.event()
		if x.bad {
			return ErrSpoiled
		}
		tell(&ev, first+i)
	}
	if x.bad {
		return ErrSpoiled
	}
	return nil
}
