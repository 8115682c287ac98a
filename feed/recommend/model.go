package recommend

import (
	"math"
	"sync"
	"sync/atomic"
)

// Model answers requests. Recommend, Score, Similar, Learn and SetAttributes
// may all be called at the same time from any goroutine: what Fit computed is
// never changed, and what Learn adds lies in counters that are atomic and in
// rows that a striped lock guards. A request that runs beside a Learn sees it
// or does not; it never sees half a row.
type Model struct {
	fitted  fitted // never changed once the model is out
	blend   blend  // neither
	effort  int
	live    live
	content content
	setting sync.Mutex // guards changing the attributes of items
	scratch sync.Pool
}

// fitted is what Fit computed.
type fitted struct {
	table   [tables]*table
	factors *factors
}

// tables is how many tables there are.
func (f *fitted) tables() (n int) {
	for _, t := range f.table {
		if t != nil {
			n++
		}
	}
	return n
}

// blend says how much every source counts, and how fast older touches fade
// in it: per touch of age.
type blend struct {
	Weight, Recency [sources]float32
}

// New returns a model that knows nothing and learns only online.
func New(items int) *Model {
	m := &Model{effort: usual}
	for src := range sources {
		m.blend.Recency[src] = 0.8
	}
	m.blend.Weight[covisitAt], m.blend.Weight[contentAt], m.blend.Weight[popularAt] = 1, 0.2, 0.05
	m.live.grow(items)
	return m
}

// Items is how many items the model has room for so far.
func (m *Model) Items() int { return int(m.live.size.Load()) }

// Bytes is about how much memory the model holds.
func (m *Model) Bytes() int64 {
	n := m.live.bytes.Load()
	for _, t := range m.fitted.table {
		n += t.bytes()
	}
	if f := m.fitted.factors; f != nil {
		n += int64(len(f.items)+len(f.gram)) * 4
	}
	return n
}

const (
	chunkBits = 10
	chunkSize = 1 << chunkBits
	stripes   = 1024
)

// live is what was learned since the model was fitted. Items are kept in
// chunks, so that it grows while it is read.
type live struct {
	growing sync.Mutex // guards making chunks longer
	chunks  atomic.Pointer[[]*chunk]
	size    atomic.Int64
	bytes   atomic.Int64
	total   atomic.Uint64 // touches learned, in 1/grain
	top     top
	locks   [stripes]sync.RWMutex // guards the rows of items that share the remainder
}

type chunk struct {
	known [chunkSize]known
	rows  [chunkSize]row
	attrs [chunkSize]atomic.Pointer[described]
}

// known is what a request needs of every item that it meets, side by side since
// it waits for each line of memory.
type known struct {
	count atomic.Uint32 // touches in 1/grain
	norm  atomic.Uint32 // float bits; the root of the length of what it is, 0 if nobody said
}

// grain is how finely the weight of a touch is counted.
const grain = 16

// grow makes room for items.
func (l *live) grow(items int) {
	if int64(items) <= l.size.Load() {
		return
	}
	l.growing.Lock()
	defer l.growing.Unlock()
	var now []*chunk
	if p := l.chunks.Load(); p != nil {
		now = *p
	}
	next := append(make([]*chunk, 0, items>>chunkBits+1), now...)
	for len(next)<<chunkBits < items {
		next = append(next, new(chunk))
		l.bytes.Add(chunkSize * 40)
	}
	l.chunks.Store(&next)
	if int64(items) > l.size.Load() {
		l.size.Store(int64(items))
	}
}

// at returns the chunk of an item and its place there, or nil.
func (l *live) at(i Item) (*chunk, int) {
	p := l.chunks.Load()
	if p == nil || int(i>>chunkBits) >= len(*p) {
		return nil, 0
	}
	return (*p)[i>>chunkBits], int(i & (chunkSize - 1))
}

func (l *live) count(i Item) float32 {
	c, at := l.at(i)
	if c == nil {
		return 0
	}
	return float32(c.known[at].count.Load()) / grain
}

// norm is the root of the length of what an item is.
func (l *live) norm(i Item) float32 {
	c, at := l.at(i)
	if c == nil {
		return 0
	}
	return math.Float32frombits(c.known[at].norm.Load())
}
