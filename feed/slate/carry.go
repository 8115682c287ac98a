package slate

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
)

// Carry is the end of what a viewer was shown before this page. Its zero value
// is the start of a feed.
type Carry struct {
	seats []seat // oldest first, at most Rules.span of them
}

// seat is a place that was taken.
type seat struct {
	post, author uint32
	topics       []uint32
	kind         uint8
	promo        bool
}

// span is how many places back any rule looks.
func (r Rules) span() int {
	return max(r.PromoWindow-1, r.PromoGap, r.AuthorSpan, r.TopicSpan, r.KindSpan, 0)
}

// bounded keeps spans and sizes within what is counted in a byte and carried in
// a cursor.
func (r Rules) bounded() Rules {
	for _, span := range []*int{&r.PromoWindow, &r.PromoGap, &r.AuthorSpan, &r.TopicSpan, &r.KindSpan} {
		*span = max(0, min(*span, mostSeats))
	}
	r.Size = max(0, min(r.Size, 200))
	return r
}

// Next returns what the page after this one must know: the tail of c and of what
// was placed.
func (c Carry) Next(r Rules, candidates []Candidate, placed []Placed) Carry {
	r = r.bounded()
	seats := make([]seat, 0, len(c.seats)+len(placed))
	seats = append(seats, c.seats...)
	for _, p := range placed {
		seats = append(seats, sit(&candidates[p.Index]))
	}
	return Carry{seats: seats[max(0, len(seats)-r.span()):]}
}

func sit(c *Candidate) seat {
	return seat{post: c.Post, author: c.Author, topics: c.Topics[:min(len(c.Topics), mostTopics)], kind: c.Kind, promo: c.Promo}
}

// mostTopics are those of a candidate that are looked at.
const mostTopics = 4

// ErrCarry answers a text that is no Carry.
var ErrCarry = errors.New("not the end of a page")

// mostSeats bounds what a text may ask for.
const mostSeats = 100

// MarshalText writes c in some ten letters a place, for a cursor. The cursor
// must be kept from being changed by whoever keeps it, or be of no harm if so.
func (c Carry) MarshalText() ([]byte, error) {
	var buf []byte
	for _, s := range c.seats {
		flags := byte(len(s.topics)) << 1
		if s.promo {
			flags |= 1
		}
		buf = append(buf, flags, s.kind)
		buf = binary.AppendUvarint(buf, uint64(s.post))
		buf = binary.AppendUvarint(buf, uint64(s.author))
		for _, t := range s.topics {
			buf = binary.AppendUvarint(buf, uint64(t))
		}
	}
	return base64.RawURLEncoding.AppendEncode(nil, buf), nil
}

// UnmarshalText reads what MarshalText wrote, and answers ErrCarry to anything
// else.
func (c *Carry) UnmarshalText(text []byte) error {
	buf, err := base64.RawURLEncoding.AppendDecode(nil, text)
	if err != nil {
		return ErrCarry
	}
	var seats []seat
	for len(buf) > 0 {
		if len(buf) < 2 || buf[0]>>1 > mostTopics || len(seats) == mostSeats {
			return ErrCarry
		}
		s := seat{promo: buf[0]&1 == 1, kind: buf[1], topics: make([]uint32, buf[0]>>1)}
		buf = buf[2:]
		ok := take(&buf, &s.post) && take(&buf, &s.author)
		for i := range s.topics {
			ok = ok && take(&buf, &s.topics[i])
		}
		if !ok {
			return ErrCarry
		}
		seats = append(seats, s)
	}
	c.seats = seats
	return nil
}

func take(buf *[]byte, to *uint32) bool {
	v, n := binary.Uvarint(*buf)
	if n <= 0 || v > 1<<32-1 {
		return false
	}
	*to, *buf = uint32(v), (*buf)[n:]
	return true
}
