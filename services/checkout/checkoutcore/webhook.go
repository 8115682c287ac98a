package checkoutcore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/checkout"
	"meadow/services/checkout/pay"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// message is a provider's webhook, stored before it is acted on.
type message struct {
	ID    string   `bson:"_id"`
	From  string   `bson:"from"`
	Fact  pay.Fact `bson:"fact"`
	Tries int      `bson:"tries"`
	// Due is when to act on it; absent once done.
	Due time.Time `bson:"due,omitempty"`
	// ForgetAt is when its event id may be forgotten.
	ForgetAt time.Time `bson:"forget_at"`
}

const (
	// rememberFor is how long a message that comes again is known.
	rememberFor = 30 * 24 * time.Hour
	// parkFor is how long a message about a payment we do not know is kept trying.
	parkFor = 24 * time.Hour
)

// Webhook stores the message and returns; acting on it is the workers' part.
// One that came before is already stored.
func (c *Core) Webhook(ctx context.Context, in checkout.Webhook) (rpc.Empty, error) {
	provider, err := c.provider(in.Provider)
	if err != nil {
		return rpc.Empty{}, err
	}
	fact, err := provider.Read(in.Body, in.Signature)
	if err != nil {
		return rpc.Empty{}, err
	}
	if fact.Payment == "" {
		return rpc.Empty{}, nil // the provider tells of something else
	}
	now := c.Now()
	m := message{ID: id.Derive("inb", in.Provider, fact.Event), From: in.Provider, Fact: fact, Due: now, ForgetAt: now.Add(rememberFor)}
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
	done := c.complete(ctx, m.From, m.Fact)
	_, err = c.inbox.Update(ctx, messageID, func(m *message) error {
		m.Tries++
		m.Due = time.Time{}
		age := c.Now().Sub(m.ForgetAt.Add(-rememberFor))
		if done != nil && (age < parkFor || !errors.Is(done, checkout.ErrNoSuchPayment)) {
			m.Due = c.Now().Add(backoff(m.Tries))
		}
		return nil
	})
	if done != nil {
		c.Log.WarnContext(ctx, "webhook waits", "message", messageID, "payment", m.Fact.Payment, "err", done)
	}
	return err
}

// backoff doubles from 1 s to 5 minutes.
func backoff(tries int) time.Duration {
	return min(time.Second<<min(tries, 10), 5*time.Minute)
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

// work acts on messages as they arrive, until ctx ends.
func (c *Core) work(ctx context.Context) {
	ctx = actor.AsSystem(ctx, "checkout")
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-c.arrived:
			if err := c.act(ctx, m); err != nil && ctx.Err() == nil {
				c.Log.WarnContext(ctx, "webhook waits", "message", m, "err", err)
			}
		}
	}
}
