package recommend

import (
	"context"
	"sync"
	"sync/atomic"
)

// Model answers requests. Recommend, Score, Similar, Learn and SetAttributes
// may all be called at the same time from any goroutine: what Fit computed is
// never changed, and what Learn adds lies in counters that are atomic and in
// rows that a striped lock guards. A request that runs beside a Learn sees it
// or does not; it never sees half a row.
type Model struct {
	live    live
	scratch sync.Pool
}

// New returns a model that knows nothing and learns only online.
func New(items int) *Model {
	m := &Model{}
	m.live.grow(items)
	return m
}

// Report says what Fit found.
type Report struct {
	Chosen map[Source]float64 // weight of each source in the blend
}

// Fit learns from all of d.
func Fit(ctx context.Context, d Data, o Options) (*Model, Report, error) {
	m := New(d.Items)
	for _, u := range d.Users {
		if err := ctx.Err(); err != nil {
			return nil, Report{}, err
		}
		for i := range u {
			m.Learn(u[:i], u[i])
		}
	}
	for i, a := range d.Attributes {
		m.SetAttributes(Item(i), a)
	}
	return m, Report{}, nil
}

// Items is how many items the model has room for so far.
func (m *Model) Items() int { return int(m.live.size.Load()) }

// Bytes is about how much memory the model holds.
func (m *Model) Bytes() int64 { return m.live.bytes.Load() }

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
	counts [chunkSize]atomic.Uint32 // touches in 1/grain
	rows   [chunkSize]row
	attrs  [chunkSize]atomic.Pointer[[]uint32]
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
		l.bytes.Add(chunkSize * 64)
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
	return float32(c.counts[at].Load()) / grain
}
