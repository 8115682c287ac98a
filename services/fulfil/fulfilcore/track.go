package fulfilcore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/fulfil"
	"meadow/services/fulfil/carrier"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// message is a carrier's webhook, stored before it is acted on.
type message struct {
	ID       string       `bson:"_id"`
	From     string       `bson:"from"`
	Fact     carrier.Fact `bson:"fact"`
	Tries    int          `bson:"tries"`
	Due      time.Time    `bson:"due,omitempty"` // absent once done
	ForgetAt time.Time    `bson:"forget_at"`
}

const (
	// rememberFor is how long a message that comes again is known.
	rememberFor = 60 * 24 * time.Hour
	// parkFor is how long a message about a box we do not know is kept trying: its
	// number may not be written down yet.
	parkFor = 24 * time.Hour
	// pollEvery is how often a carrier is asked for boxes that have not arrived.
	pollEvery = 12 * time.Hour
	// maxEvents is how many events of a box are kept; one that says it has arrived
	// always is.
	maxEvents = 200
)

// errNoBox means that no box of ours has this number.
var errNoBox = errors.New("fulfil: no box has this number")

// Tracking stores a carrier's message; acting on it is the workers' part.
func (c *Core) Tracking(ctx context.Context, in fulfil.CarrierMessage) (rpc.Empty, error) {
	by, err := c.carrier(in.Carrier)
	if err != nil {
		return rpc.Empty{}, err
	}
	fact, err := by.Read(in.Body, in.Signature)
	if err != nil {
		return rpc.Empty{}, err
	}
	now := c.Now()
	m := message{ID: id.Derive("inb", in.Carrier, fact.Event), From: in.Carrier, Fact: fact, Due: now, ForgetAt: now.Add(rememberFor)}
	err = c.inbox.Insert(ctx, m.ID, m)
	if errors.Is(err, docdb.ErrExists) {
		return rpc.Empty{}, nil
	}
	if err != nil {
		return rpc.Empty{}, err
	}
	select {
	case c.arrived <- m.ID:
	default: // the job will find it
	}
	return rpc.Empty{}, nil
}

// act does what a message says, and notes that it is done or when to try again.
func (c *Core) act(ctx context.Context, messageID string) error {
	m, err := c.inbox.Get(ctx, messageID)
	if errors.Is(err, docdb.ErrNotFound) || err == nil && m.Due.IsZero() {
		return nil
	}
	if err != nil {
		return err
	}
	done := c.heard(ctx, m.From, m.Fact)
	_, err = c.inbox.Update(ctx, messageID, func(m *message) error {
		m.Tries++
		m.Due = time.Time{}
		age := c.Now().Sub(m.ForgetAt.Add(-rememberFor))
		if done != nil && (age < parkFor || !errors.Is(done, errNoBox)) {
			m.Due = c.Now().Add(min(time.Second<<min(m.Tries, 10), 5*time.Minute))
		}
		return nil
	})
	if done != nil {
		c.Log.InfoContext(ctx, "tracking waits", "message", messageID, "err", done)
	}
	return err
}

// actOnDue acts on messages that a worker did not get to. One that fails does not
// stop the others; to act on it moves its time, whatever comes of it.
func (c *Core) actOnDue(ctx context.Context) error {
	due, err := c.inbox.Find(ctx, docdb.Query{Index: "due", Before: c.Now(), Limit: 500})
	if err != nil {
		return err
	}
	var all []error
	for _, m := range due.Items {
		if err := c.act(ctx, m.ID); err != nil {
			all = append(all, fmt.Errorf("message %s: %w", m.ID, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(all...)
}

// heard is the one path by which a carrier's word changes anything.
func (c *Core) heard(ctx context.Context, from string, f carrier.Fact) error {
	if !f.Valid() {
		return nil // signed, but nothing we could act on
	}
	n, err := c.numbers.Get(ctx, numberID(from, f.Tracking))
	if errors.Is(err, docdb.ErrNotFound) {
		return errNoBox
	}
	if err != nil {
		return err
	}
	e := fulfil.Event{ID: f.Event, State: fulfil.BoxState(f.State), Place: f.Place, Text: f.Text, At: f.At.UTC().Truncate(time.Millisecond)}
	_, err = c.change(ctx, n.Parcel, func(p *parcel) error {
		box := p.box(n.Shipment)
		if box == nil || box.Tracking == "" {
			return errNoBox // its number is being written down
		}
		if len(box.Events) >= maxEvents && e.State != fulfil.Arrived || !fold(box, e) {
			return errSame
		}
		return p.settle(c.Now())
	})
	return err
}

// pollDue asks carriers for boxes that nobody told us the end of, and takes as
// delivered what no carrier has spoken of for long.
func (c *Core) pollDue(ctx context.Context) error {
	return c.each(ctx, "poll", func(p parcel) error {
		if _, err := c.change(ctx, p.ID, func(p *parcel) error {
			if p.PollAt.IsZero() {
				return errSame
			}
			p.PollAt = c.Now().Add(pollEvery)
			return nil
		}); err != nil {
			return err
		}
		for _, s := range p.Shipments {
			if s.State == fulfil.Arrived {
				continue
			}
			if err := c.ask(ctx, s); err != nil {
				c.Log.WarnContext(ctx, "carrier does not say where a box is", "parcel", p.ID, "box", s.ID, "err", err)
			}
		}
		return c.giveUpWaiting(ctx, p.ID)
	})
}

func (c *Core) ask(ctx context.Context, s fulfil.Shipment) error {
	by, err := c.carrier(s.Carrier)
	if errors.Is(err, fulfil.ErrNoCarrier) || s.Tracking == "" {
		return nil // one that tells nothing
	}
	facts, err := by.Query(ctx, s.Tracking)
	if errors.Is(err, carrier.ErrUnknown) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("query %s: %w", s.Carrier, err)
	}
	for _, f := range facts {
		f.Tracking = s.Tracking
		if err := c.heard(ctx, s.Carrier, f); err != nil {
			return err
		}
	}
	return nil
}

// giveUpWaiting takes as delivered the boxes without news. One that is said to
// come back is not.
func (c *Core) giveUpWaiting(ctx context.Context, pid id.Parcel) error {
	_, err := c.change(ctx, pid, func(p *parcel) error {
		now, news := c.Now(), false
		for i := range p.Shipments {
			s := &p.Shipments[i]
			last := s.SentAt
			if n := len(s.Events); n > 0 {
				last = s.Events[n-1].At
			}
			if s.State == fulfil.Arrived || s.State == fulfil.Failed || now.Sub(last) < fulfil.NoNews {
				continue
			}
			news = fold(s, fulfil.Event{ID: "no_news", State: fulfil.Arrived, Text: "no news of it for long", At: now}) || news
		}
		if !news {
			return errSame
		}
		return p.settle(now)
	})
	return err
}
