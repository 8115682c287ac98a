package aftersalecore

import (
	"context"
	"errors"
	"slices"

	"meadow/services/aftersale"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// claims is whose the units of an order are: this one document decides between
// requests that want the same ones.
type claims struct {
	ID   id.Order `bson:"_id"`
	Held []hold   `bson:"held"`
	// Refused are requests that were too late: asked again, they still are.
	Refused []id.AfterSale `bson:"refused"`
}

// hold is units of a line that a request has.
type hold struct {
	Request id.AfterSale `bson:"request"`
	Line    int          `bson:"line"`
	N       int64        `bson:"n"`
	Sent    bool         `bson:"sent"` // they had been sent when it was opened
	Gone    bool         `bson:"gone"` // they were paid back: nobody can ask for them again
}

// keepRefused is how many refused requests of an order are remembered.
const keepRefused = 100

// claim gives r its units: aftersale.ErrUnits. The answer stays the same however
// often it is asked.
func (c *Core) claim(ctx context.Context, r request) error {
	out, err := c.claims.Upsert(ctx, string(r.Order), func(k *claims) error {
		k.ID = r.Order
		if k.has(r.ID) || slices.Contains(k.Refused, r.ID) {
			return errSame
		}
		for _, u := range r.Units {
			if !k.free(r, u) {
				k.refuse(r.ID)
				return nil
			}
		}
		for _, u := range r.Units {
			k.Held = append(k.Held, hold{Request: r.ID, Line: u.Line, N: u.N, Sent: r.Kind != aftersale.Cancel})
		}
		return nil
	})
	if err != nil && !errors.Is(err, errSame) {
		return err
	}
	if !out.has(r.ID) {
		return aftersale.ErrUnits
	}
	return nil
}

func (k *claims) has(a id.AfterSale) bool {
	return slices.ContainsFunc(k.Held, func(h hold) bool { return h.Request == a })
}

func (k *claims) refuse(a id.AfterSale) {
	k.Refused = append(k.Refused, a)
	k.Refused = k.Refused[max(0, len(k.Refused)-keepRefused):]
}

// free reports whether u is nobody's: neither another request's, nor paid back
// in another way, nor, of what was sent, more than that.
func (k *claims) free(r request, u aftersale.Units) bool {
	i := slices.IndexFunc(r.Bounds, func(b bound) bool { return b.Line == u.Line })
	if i < 0 {
		return false
	}
	var all, sent int64
	for _, h := range k.Held {
		if h.Line == u.Line {
			all += h.N
			if h.Sent {
				sent += h.N
			}
		}
	}
	b := r.Bounds[i]
	elsewhere := max(0, b.Returned-all)
	if all+elsewhere+u.N > b.N {
		return false
	}
	return r.Kind == aftersale.Cancel || sent+u.N <= b.Sent
}

// leave gives back the units of a request, or notes that they are gone for good.
func (c *Core) leave(ctx context.Context, o id.Order, a id.AfterSale, gone, refused bool) error {
	_, err := c.claims.Update(ctx, string(o), func(k *claims) error {
		before := len(k.Held)
		if gone {
			for i := range k.Held {
				k.Held[i].Gone = k.Held[i].Gone || k.Held[i].Request == a
			}
			return nil
		}
		k.Held = slices.DeleteFunc(k.Held, func(h hold) bool { return h.Request == a })
		if refused && !slices.Contains(k.Refused, a) {
			k.refuse(a)
			return nil
		}
		if len(k.Held) == before {
			return errSame
		}
		return nil
	})
	if errors.Is(err, errSame) || errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	return err
}
