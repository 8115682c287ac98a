package fulfilcore

import (
	"context"
	"time"

	"meadow/services/aftersale"
	"meadow/services/fulfil"
)

// matter is what we know of an after-sale of a parcel: how many steps it had
// taken when we last heard, and whether it was over.
type matter struct {
	Steps int  `bson:"steps"`
	Over  bool `bson:"over"`
}

// leastLeft is how long a parcel waits at least for its buyer's word once an
// after-sale of it is over.
const leastLeft = 24 * time.Hour

// moved notes how an after-sale stands. While one is open its parcel is not
// received by itself: who is asking about something has not said that all is
// there.
func (c *Core) moved(ctx context.Context, a aftersale.MovedData) error {
	if a.Parcel == "" {
		return nil
	}
	_, err := c.change(ctx, a.Parcel, func(p *parcel) error {
		known, heard := p.Matters[string(a.ID)]
		if heard && known.Steps >= len(a.Log) {
			return errSame // what was told later came first
		}
		if p.Matters == nil {
			p.Matters = map[string]matter{}
		}
		p.Matters[string(a.ID)] = matter{Steps: len(a.Log), Over: a.State.Over()}
		p.pause(c.Now())
		return nil
	})
	return err
}

// open reports whether any after-sale of p is.
func (p *parcel) open() bool {
	for _, m := range p.Matters {
		if !m.Over {
			return true
		}
	}
	return false
}

// pause stops the time that a delivered parcel has until it is received by
// itself, or lets it run on.
func (p *parcel) pause(now time.Time) {
	if p.State != fulfil.Delivered {
		return
	}
	switch open := p.open(); {
	case open && !p.AutoAt.IsZero():
		p.AutoLeft, p.AutoAt = max(p.AutoAt.Sub(now), leastLeft), time.Time{}
	case !open && p.AutoAt.IsZero():
		p.AutoAt, p.AutoLeft = now.Add(p.AutoLeft), 0
	}
}
