package moderationcore

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
)

// logged is an entry of the audit log. Its id is its number, so that each number
// is given once; Hash covers all of it and the hash before it, so that none can
// be changed, moved or taken out of the middle unseen.
type logged struct {
	ID   string `bson:"_id"`
	Seq  int64  `bson:"seq"`
	Line `bson:",inline"`
	Hash string `bson:"hash"`
}

func seqID(seq int64) string { return fmt.Sprintf("%019d", seq) }

// hash is what follows the hash before.
func (r logged) hash(before string) string {
	h := sha256.New()
	var n [8]byte
	for _, part := range []string{
		before, strconv.FormatInt(r.Seq, 10), r.Key, string(r.By), r.Did, r.About, r.Detail, r.At.UTC().Format(time.RFC3339Nano),
	} {
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		h.Write(n[:])
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// writeTries bounds how many other processes may be faster.
const writeTries = 200

// write appends a line, unless it is there.
func (c *Core) write(ctx context.Context, l Line) error {
	c.logging.Lock()
	defer c.logging.Unlock()
	for range writeTries {
		last, err := c.log.Find(ctx, docdb.Query{Index: "seq", Descending: true, Limit: 1})
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		r, before := logged{Seq: 1, Line: l}, ""
		if len(last.Items) > 0 {
			r.Seq, before = last.Items[0].Seq+1, last.Items[0].Hash
		}
		r.ID, r.Hash = seqID(r.Seq), r.hash(before)
		err = c.log.Insert(ctx, r.ID, r)
		if _, written := errors.AsType[docdb.Duplicate](err); written {
			return nil
		}
		if !errors.Is(err, docdb.ErrExists) {
			if err != nil {
				err = fmt.Errorf("audit: %w", err)
			}
			return err
		}
	}
	return docdb.ErrBusy
}

// ErrTampered means that the audit log is not as it was written.
var ErrTampered = errors.New("moderation: the audit log was changed")

// Verify reads the whole log and returns how many entries it has, or ErrTampered
// with the number of the first that is not as it was written.
func (c *Core) Verify(ctx context.Context) (int64, error) {
	q := docdb.Query{Index: "seq", Limit: 500}
	var n int64
	before := ""
	for {
		found, err := c.log.Find(ctx, q)
		if err != nil {
			return n, fmt.Errorf("audit: %w", err)
		}
		for _, r := range found.Items {
			if r.Seq != n+1 || r.ID != seqID(r.Seq) || r.Hash != r.hash(before) {
				return n, fmt.Errorf("%w: at %d", ErrTampered, n+1)
			}
			n, before = r.Seq, r.Hash
		}
		if found.Next == "" {
			return n, nil
		}
		q.After = found.Next
	}
}

// Audit implements moderation.Service.
func (c *Core) Audit(ctx context.Context, in moderation.AskAudit) (page.Page[moderation.Record], error) {
	if _, err := judge(ctx); err != nil {
		return page.Page[moderation.Record]{}, err
	}
	q := docdb.Query{Index: "seq", Descending: true, Limit: in.Size(usualPage, mostPage), After: in.After}
	if in.About != "" {
		q.Index, q.Equal = "about", []any{in.About}
	}
	found, err := c.log.Find(ctx, q)
	if err != nil {
		return page.Page[moderation.Record]{}, fmt.Errorf("audit: %w", err)
	}
	return page.Map(found, func(r logged) moderation.Record {
		return moderation.Record{Seq: r.Seq, By: r.By, Did: r.Did, About: r.About, Detail: r.Detail, At: r.At, Hash: r.Hash}
	}), nil
}

// Pages of lists.
const (
	usualPage = 20
	mostPage  = 100
)

// said is a line about something that somebody did. turn tells their doings
// apart.
func said(now time.Time, by id.User, did, about, detail string, turn int64) Line {
	return Line{Key: id.Derive("aud", about, did, strconv.FormatInt(turn, 10)), By: by, Did: did, About: about, Detail: detail, At: now}
}
