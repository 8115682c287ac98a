package docdb

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// encode puts the id and the revision in front of v's own fields.
func (c *store) encode(id string, rev int64, v any) (Doc, error) {
	raw, err := bson.Marshal(v)
	if err != nil {
		return Doc{}, err
	}
	body, err := Stamp(id, rev, raw)
	return Doc{ID: id, Rev: rev, Body: body}, err
}

func decode[T any](d Doc) (T, error) {
	var v T
	err := bson.Unmarshal(d.Body, &v)
	return v, err
}

// Stamp returns body with IDField and RevField set and first.
func Stamp(id string, rev int64, body bson.Raw) (bson.Raw, error) {
	elems, err := body.Elements()
	if err != nil {
		return nil, err
	}
	out := make([]byte, 4, len(body)+len(id)+32)
	out = append(append(append(out, byte(bson.TypeString)), IDField...), 0)
	out = appendInt32(out, int32(len(id)+1))
	out = append(append(out, id...), 0)
	out = append(append(append(out, byte(bson.TypeInt64)), RevField...), 0)
	out = appendInt64(out, rev)
	for _, e := range elems {
		if k := e.Key(); k != IDField && k != RevField {
			out = append(out, e...)
		}
	}
	out = append(out, 0)
	n := int32(len(out))
	out[0], out[1], out[2], out[3] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24)
	return out, nil
}

// Rev returns the revision that Stamp wrote.
func Rev(body bson.Raw) (int64, error) {
	v, err := body.LookupErr(RevField)
	if err != nil {
		return 0, fmt.Errorf("docdb: no %s: %w", RevField, err)
	}
	rev, ok := v.AsInt64OK()
	if !ok {
		return 0, fmt.Errorf("docdb: %s is not an integer", RevField)
	}
	return rev, nil
}

func appendInt32(b []byte, n int32) []byte {
	return append(b, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
}

func appendInt64(b []byte, n int64) []byte {
	return appendInt32(appendInt32(b, int32(n)), int32(n>>32))
}

// expired reports whether the document's instant of expiry has passed.
func (c *store) expired(body bson.Raw) bool {
	at, ok := ExpiresAt(c.schema, body)
	return ok && !c.now().Before(at)
}

// ExpiresAt returns when body goes, if its schema and its fields say so.
func ExpiresAt(s Schema, body bson.Raw) (time.Time, bool) {
	if s.Expiry == "" {
		return time.Time{}, false
	}
	v, err := body.LookupErr(strings.Split(s.Expiry, ".")...)
	if err != nil {
		return time.Time{}, false
	}
	at, ok := v.TimeOK()
	return at, ok && !at.IsZero()
}

// pause waits before the next try: a random part of a span that doubles from
// 0.2 ms up to 26 ms, so that many writers of one document spread out.
func pause(ctx context.Context, try int) error {
	span := 200 * time.Microsecond << min(try, 9)
	t := time.NewTimer(rand.N(span))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
