package engagecore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"meadow/services/engage"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
	"meadow/services/platform/vault"
)

// push is a message that waits to be sent. Of what comes in quiet hours there is
// one, with the number of notices.
type push struct {
	ID        string          `bson:"_id"`
	User      id.User         `bson:"user"`
	Category  engage.Category `bson:"category"`
	Notice    id.Notice       `bson:"notice,omitempty"` // "" of several
	Notices   []id.Notice     `bson:"notices,omitempty"`
	Due       time.Time       `bson:"due,omitempty"` // absent once it is settled
	Tries     int             `bson:"tries"`
	Sent      []string        `bson:"sent,omitempty"` // devices that have it
	ExpiresAt time.Time       `bson:"expires_at"`
}

// pushDay is how many pushes somebody got in a day, and which.
type pushDay struct {
	Pushes    []string  `bson:"pushes"`
	ExpiresAt time.Time `bson:"expires_at"`
}

const (
	// lease is how long a process has for sending one push.
	lease = 30 * time.Second
	// pushTTL is how long a push is worth sending.
	pushTTL  = 12 * time.Hour
	maxTries = 6
	batch    = 100
	senders  = 16
	// patience is how long one browser's push service may take, and maxFails how
	// often in a row it may fail before the browser is forgotten.
	patience = 8 * time.Second
	maxFails = 12
)

// urgent categories go out even when the others have used up their share.
func urgent(k engage.Category) bool {
	switch k {
	case engage.Comments, engage.Mentions, engage.Orders, engage.Safety:
		return true
	}
	return false
}

// queue puts a notice in line, if its owner wants it pushed and has a browser.
func (c *Core) queue(ctx context.Context, box inbox, n notice) error {
	p := box.prefs()
	if n.ID == "" || !p.Push[n.Category] {
		return nil
	}
	devices, err := c.devicesOf(ctx, n.User)
	if err != nil || len(devices) == 0 {
		return err
	}
	now := c.Now()
	if until := quietUntil(now, p); !until.IsZero() {
		return c.queueQuiet(ctx, n, until)
	}
	// One push for each notice: more of the same only changes its number. A
	// decision may still be taken back.
	due := now
	if n.Kind == engage.Judged {
		due = now.Add(moderation.UndoTTL + undoSlack)
	}
	x := push{ID: id.Derive("psh", string(n.ID)), User: n.User, Category: n.Category, Notice: n.ID, Due: due, ExpiresAt: now.Add(2 * pushTTL)}
	if err := c.pushes.Insert(ctx, x.ID, x); err != nil {
		if errors.Is(err, docdb.ErrExists) {
			return nil
		}
		return fmt.Errorf("queue a push: %w", err)
	}
	select {
	case c.kick <- struct{}{}:
	default:
	}
	return nil
}

// queueQuiet adds a notice to the one push at the end of the quiet hours.
func (c *Core) queueQuiet(ctx context.Context, n notice, until time.Time) error {
	name := id.Derive("psh", string(n.User), "quiet", until.UTC().Format(time.RFC3339))
	_, err := c.pushes.Upsert(ctx, name, func(x *push) error {
		if x.ID == "" {
			*x = push{ID: name, User: n.User, Category: n.Category, Due: until, ExpiresAt: until.Add(2 * pushTTL)}
		}
		if slices.Contains(x.Notices, n.ID) {
			return errTold
		}
		if urgent(n.Category) {
			x.Category = n.Category
		}
		x.Notices = append(x.Notices, n.ID)
		x.Notices = x.Notices[:min(mostCount, len(x.Notices))]
		return nil
	})
	if err != nil && !errors.Is(err, errTold) {
		return fmt.Errorf("queue a push: %w", err)
	}
	return nil
}

// SendDue sends what is due. Several processes may do so at once.
func (c *Core) SendDue(ctx context.Context) error {
	found, err := c.pushes.Find(ctx, docdb.Query{Index: "due", Before: c.Now().Add(time.Millisecond), Limit: batch})
	if err != nil {
		return fmt.Errorf("pushes: %w", err)
	}
	// Side by side, each within its lease: a push service that answers slowly holds
	// up nobody else's news.
	errs := make([]error, len(found.Items))
	var g errgroup.Group
	g.SetLimit(senders)
	for i, x := range found.Items {
		g.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, lease*2/3)
			defer cancel()
			errs[i] = c.sendOne(ctx, x)
			return nil
		})
	}
	_ = g.Wait() // what failed is in errs
	return errors.Join(errs...)
}

// sendOne claims a push and sends it to every browser that has not got it.
func (c *Core) sendOne(ctx context.Context, x push) error {
	now := c.Now()
	x, err := c.pushes.UpdateIf(ctx, x.ID,
		[]docdb.Cond{{Field: "due", Op: docdb.Lte, Value: now}},
		[]docdb.Change{{Field: "due", Verb: docdb.Set, Value: now.Add(lease)}, {Field: "tries", Verb: docdb.Add, Value: int64(1)}})
	if errors.Is(err, docdb.ErrRefused) || errors.Is(err, docdb.ErrNotFound) {
		return nil // another process has it
	}
	if err != nil {
		return fmt.Errorf("claim a push: %w", err)
	}
	box, err := c.inboxOf(ctx, x.User)
	if err != nil {
		return err
	}
	p := box.prefs()
	if until := quietUntil(now, p); !until.IsZero() && x.Notice != "" {
		n, err := c.notices.Get(ctx, string(x.Notice))
		if err == nil {
			err = c.queueQuiet(ctx, n, until)
		}
		if err != nil && !errors.Is(err, docdb.ErrNotFound) {
			return err
		}
		return c.settle(ctx, x)
	}
	if !p.Push[x.Category] {
		return c.settle(ctx, x)
	}
	may, err := c.withinCap(ctx, x, p, now)
	if err != nil {
		return err
	}
	if !may {
		return c.settle(ctx, x)
	}
	return c.deliver(ctx, x, box)
}

func (c *Core) settle(ctx context.Context, x push) error {
	_, err := c.pushes.UpdateIf(ctx, x.ID, nil, []docdb.Change{{Field: "due", Verb: docdb.Remove}})
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return fmt.Errorf("settle a push: %w", err)
	}
	return nil
}

// withinCap counts a push once among those of its day, if there is room for it:
// the last third is for urgent ones. Safety always passes.
func (c *Core) withinCap(ctx context.Context, x push, p engage.Preferences, now time.Time) (bool, error) {
	room := p.Daily
	if !urgent(x.Category) {
		room = p.Daily * 2 / 3
	}
	day := now.In(zoneOf(p)).Format(time.DateOnly)
	errFull := errors.New("full")
	_, err := c.days.Upsert(ctx, id.Derive("psd", string(x.User), day), func(d *pushDay) error {
		if slices.Contains(d.Pushes, x.ID) {
			return errTold
		}
		if len(d.Pushes) >= room && x.Category != engage.Safety {
			return errFull
		}
		d.Pushes, d.ExpiresAt = append(d.Pushes, x.ID), now.Add(72*time.Hour)
		return nil
	})
	switch {
	case err == nil, errors.Is(err, errTold):
		return true, nil
	case errors.Is(err, errFull):
		return false, nil
	}
	return false, fmt.Errorf("count a push: %w", err)
}

func (c *Core) deliver(ctx context.Context, x push, box inbox) error {
	devices, err := c.devicesOf(ctx, x.User)
	if err != nil {
		return err
	}
	var failed error
	for _, d := range devices {
		if slices.Contains(x.Sent, d.ID) {
			continue
		}
		if d.Subscription, err = c.opened(ctx, d); errors.Is(err, vault.ErrForgotten) {
			failed = errors.Join(failed, c.forget(ctx, d)) // with whose it was
			continue
		}
		if err != nil {
			return err
		}
		body, unread, err := c.body(ctx, x, box, d.Locale)
		if err != nil {
			return err
		}
		if !unread {
			break // they have seen it meanwhile
		}
		failed = errors.Join(failed, c.hand(ctx, x, d, body))
	}
	if failed != nil && x.Tries < maxTries {
		wait := lease << (x.Tries - 1)
		_, err := c.pushes.UpdateIf(ctx, x.ID, nil, []docdb.Change{{Field: "due", Verb: docdb.Set, Value: c.Now().Add(wait)}})
		return errors.Join(failed, err)
	}
	return errors.Join(failed, c.settle(ctx, x))
}

// hand gives a push to one browser's push service, and forgets a browser that is
// gone, or has failed too often.
func (c *Core) hand(ctx context.Context, x push, d device, body []byte) error {
	sending, cancel := context.WithTimeout(ctx, patience)
	err := c.Push.Send(sending, d.Subscription, body, pushTTL, urgent(x.Category))
	cancel()
	switch {
	case err == nil:
		if d.Fails > 0 {
			_, err = c.devices.UpdateIf(ctx, d.ID, nil, []docdb.Change{{Field: "fails", Verb: docdb.Set, Value: int64(0)}})
		}
		_, noted := c.pushes.Update(ctx, x.ID, func(p *push) error { p.Sent = append(p.Sent, d.ID); return nil })
		return errors.Join(err, noted)
	case c.Gone(err), d.Fails+1 >= maxFails:
		return c.forget(ctx, d)
	}
	_, noted := c.devices.UpdateIf(ctx, d.ID, nil, []docdb.Change{{Field: "fails", Verb: docdb.Add, Value: int64(1)}})
	return errors.Join(err, noted)
}

// body is what a browser shows, and whether it is still news.
func (c *Core) body(ctx context.Context, x push, box inbox, locale string) ([]byte, bool, error) {
	var out engage.Push
	if x.Notice == "" {
		out = several(locale, len(x.Notices))
		counts, err := c.unread(ctx, box, time.Time{})
		if err != nil || counts.Unread == 0 {
			return nil, false, err
		}
	} else {
		n, err := c.notices.Get(ctx, string(x.Notice))
		if errors.Is(err, docdb.ErrNotFound) {
			return nil, false, nil
		}
		if err != nil {
			return nil, false, fmt.Errorf("push: %w", err)
		}
		if !n.At.After(box.Read[n.Category]) {
			return nil, false, nil
		}
		people, err := c.authors(ctx, []notice{n})
		if err != nil {
			return nil, false, err
		}
		name := ""
		if len(n.Actors) > 0 {
			name = people[n.Actors[0]].Name
		}
		out = words(locale, n, name)
	}
	b, err := json.Marshal(out)
	return b, true, err
}
