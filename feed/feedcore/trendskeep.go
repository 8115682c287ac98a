package feedcore

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"meadow/feed/trend"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// trendPart is a piece of what a process counted, or the head that says which
// pieces are the latest: they are written first, then the head.
type trendPart struct {
	ID     string        `bson:"_id"`
	Bytes  []byte        `bson:"bytes,omitempty"`
	Turn   int64         `bson:"turn"` // of a head: its pieces are "<head>/<turn mod 2>/<n>"
	Pieces int           `bson:"pieces,omitempty"`
	Size   int           `bson:"size,omitempty"` // of the pieces together
	Salt   int64         `bson:"salt,omitempty"`
	Scopes []trend.Scope `bson:"scopes,omitempty"`
	At     time.Time     `bson:"at,omitempty"`
}

// pieceBytes is how large a piece becomes, well below docdb.MaxBytes.
const pieceBytes = 4 << 20

func (c *Core) trendHead() string { return fmt.Sprintf("shard-%d", c.Shard) }

func pieceID(head string, turn int64, n int) string { return fmt.Sprintf("%s/%d/%d", head, turn%2, n) }

// loadTrends takes up counting where this process stopped. What cannot be read
// is counted anew: trends are worth no more than that.
func (c *Core) loadTrends(ctx context.Context) error {
	h, err := c.find.parts.Get(ctx, c.trendHead())
	if errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("trends: %w", err)
	}
	all := make([]byte, 0, h.Size)
	for n := range h.Pieces {
		p, err := c.find.parts.Get(ctx, pieceID(h.ID, h.Turn, n))
		if errors.Is(err, docdb.ErrNotFound) {
			break
		}
		if err != nil {
			return fmt.Errorf("trends: %w", err)
		}
		all = append(all, p.Bytes...)
	}
	old, err := trend.Decode(bytes.NewReader(all), trend.Options{Salt: uint64(h.Salt)})
	if err != nil {
		c.Log.WarnContext(ctx, "trends are counted anew", "err", err)
		return nil
	}
	c.find.adopt(old, h)
	since := h.At.Add(-erasedBack)
	return errors.Join(c.forgetSince(ctx, "erased", since), c.forgetSince(ctx, "off", since))
}

// forgetSince takes those out of the counts who wanted to be forgotten, or did
// not let themselves be remembered any more, since these were kept.
func (c *Core) forgetSince(ctx context.Context, index string, since time.Time) error {
	for q := (docdb.Query{Index: index, From: since, Limit: batch}); ; {
		found, err := c.people.Find(ctx, q)
		if err != nil {
			return fmt.Errorf("trends: %w", err)
		}
		for _, p := range found.Items {
			c.find.counts().Forget(personHash(id.User(p.ID)))
		}
		if q.After = found.Next; q.After == "" {
			return nil
		}
	}
}

// adopt goes on with old counts. What was noted since this process began is
// left behind: it is a moment's.
func (f *finding) adopt(old *trend.Trends, h trendPart) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.trends, f.salt, f.turn = old, uint64(h.Salt), h.Turn
	for _, s := range h.Scopes {
		f.scopes[s] = true
	}
}

// keepTrends writes down what was counted.
func (c *Core) keepTrends(ctx context.Context) error {
	f := c.find
	f.mu.Lock()
	h := trendPart{ID: c.trendHead(), Turn: f.turn + 1, Salt: int64(f.salt), At: c.Now().UTC()}
	for s := range f.scopes {
		h.Scopes = append(h.Scopes, s)
	}
	counts := f.trends
	f.mu.Unlock()
	var all bytes.Buffer
	if err := counts.Encode(&all); err != nil {
		return fmt.Errorf("keep trends: %w", err)
	}
	h.Size = all.Len()
	put := func(p trendPart) error {
		_, err := f.parts.Upsert(ctx, p.ID, func(was *trendPart) error { *was = p; return nil })
		if err != nil {
			return fmt.Errorf("keep trends: %w", err)
		}
		return nil
	}
	for piece := range slices.Chunk(all.Bytes(), pieceBytes) {
		if err := put(trendPart{ID: pieceID(h.ID, h.Turn, h.Pieces), Bytes: piece}); err != nil {
			return err
		}
		h.Pieces++
	}
	if err := put(h); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.turn = h.Turn
	return nil
}

// newSalt is what keeps the people who are counted from being told by who they
// are.
func newSalt() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint64(b[:])
}
