package engagecore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"meadow/services/engage"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// Preferences are the caller's, or the default ones.
func (c *Core) Preferences(ctx context.Context, _ rpc.Empty) (engage.Preferences, error) {
	box, err := c.mine(ctx)
	return box.prefs(), err
}

// SetPreferences changes the caller's. Categories that are not named stay as
// they are.
func (c *Core) SetPreferences(ctx context.Context, in engage.Preferences) (engage.Preferences, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return in, err
	}
	zone, err := time.LoadLocation(in.Zone)
	if err != nil || in.Zone == "" || in.Zone == "Local" {
		return in, engage.ErrZone
	}
	box, err := c.inboxes.Upsert(ctx, string(me), func(i *inbox) error {
		was := i.prefs()
		next := in
		next.App, next.Push = merged(was.App, in.App), merged(was.Push, in.Push)
		next.App[engage.Safety] = true
		i.ID, i.Prefs = me, &next
		i.DigestDue = time.Time{}
		if next.Digest && !i.DigestSince.IsZero() {
			i.DigestDue = nextAt(c.Now(), zone, next.DigestAt)
		}
		return nil
	})
	if err != nil {
		return in, fmt.Errorf("preferences: %w", err)
	}
	return box.prefs(), nil
}

func merged(was, now map[engage.Category]bool) map[engage.Category]bool {
	out := map[engage.Category]bool{}
	for _, k := range engage.Categories {
		out[k] = was[k]
		if v, ok := now[k]; ok {
			out[k] = v
		}
	}
	return out
}

// nextAt returns the next instant after now that is so many minutes after
// midnight in zone.
func nextAt(now time.Time, zone *time.Location, minutes int) time.Time {
	local := now.In(zone)
	for day := 0; ; day++ {
		at := time.Date(local.Year(), local.Month(), local.Day()+day, 0, minutes, 0, 0, zone)
		if at.After(now) {
			return at
		}
	}
}

// quietUntil returns when the quiet hours that hold now end, or the zero time.
func quietUntil(now time.Time, p engage.Preferences) time.Time {
	if p.QuietFrom == p.QuietTo {
		return time.Time{}
	}
	zone := zoneOf(p)
	local := now.In(zone)
	at := local.Hour()*60 + local.Minute()
	quiet := at >= p.QuietFrom && at < p.QuietTo
	if p.QuietFrom > p.QuietTo { // over midnight
		quiet = at >= p.QuietFrom || at < p.QuietTo
	}
	if !quiet {
		return time.Time{}
	}
	return nextAt(now, zone, p.QuietTo)
}

// zoneOf returns the zone of preferences, which was checked when they were set.
func zoneOf(p engage.Preferences) *time.Location {
	zone, err := time.LoadLocation(p.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// PushKey is the shop's.
func (c *Core) PushKey(context.Context, rpc.Empty) (engage.PushKey, error) {
	return engage.PushKey{Key: c.Push.Key()}, nil
}

// deviceID leaves no trace of the endpoint, which only its device may know.
func deviceID(u id.User, endpoint string) string { return id.Derive("dev", string(u), endpoint) }

// Subscribe adds a browser, in place of the oldest if there are too many.
func (c *Core) Subscribe(ctx context.Context, in engage.Subscription) (rpc.Empty, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return rpc.Empty{}, err
	}
	if err := c.Check(in); err != nil {
		return rpc.Empty{}, err
	}
	text, err := json.Marshal(in)
	if err != nil {
		return rpc.Empty{}, fmt.Errorf("subscribe: %w", err)
	}
	sealed, err := c.Vault.Seal(ctx, string(me), deviceField, string(text))
	if err != nil {
		return rpc.Empty{}, fmt.Errorf("subscribe: %w", err)
	}
	name := deviceID(me, in.Endpoint)
	_, err = c.devices.Upsert(ctx, name, func(d *device) error {
		*d = device{ID: name, User: me, Sealed: sealed, At: c.Now()}
		return nil
	})
	if err != nil {
		return rpc.Empty{}, fmt.Errorf("subscribe: %w", err)
	}
	all, err := c.devicesOf(ctx, me)
	if err != nil {
		return rpc.Empty{}, err
	}
	for _, d := range all[min(len(all), engage.MaxSubscriptions):] {
		if err := c.forget(ctx, d); err != nil {
			return rpc.Empty{}, err
		}
	}
	return rpc.Empty{}, nil
}

// Unsubscribe takes a browser off; doing it again is fine.
func (c *Core) Unsubscribe(ctx context.Context, in engage.Unsubscribe) (rpc.Empty, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return rpc.Empty{}, err
	}
	return rpc.Empty{}, c.forget(ctx, device{ID: deviceID(me, in.Endpoint)})
}

func (c *Core) forget(ctx context.Context, d device) error {
	err := c.devices.Delete(ctx, d.ID)
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return fmt.Errorf("unsubscribe: %w", err)
	}
	return nil
}

// deviceField is the name under which a subscription is sealed.
const deviceField = "push_device"

// opened is where to send what d is to show. It is opened in its owner's name:
// nobody else gets to see it, and a record of each push would say more of them.
func (c *Core) opened(ctx context.Context, d device) (engage.Subscription, error) {
	var out engage.Subscription
	text, err := c.Vault.Open(actor.With(ctx, actor.Actor{User: d.User}), string(d.User), deviceField, d.Sealed, "push")
	if err == nil {
		err = json.Unmarshal([]byte(text), &out)
	}
	if err != nil {
		return out, fmt.Errorf("subscription: %w", err)
	}
	return out, nil
}

// devicesOf returns somebody's browsers, the latest first.
func (c *Core) devicesOf(ctx context.Context, u id.User) ([]device, error) {
	found, err := c.devices.Find(ctx, docdb.Query{Index: "user", Equal: []any{string(u)}, Descending: true, Limit: 2 * engage.MaxSubscriptions})
	if err != nil {
		return nil, fmt.Errorf("devices: %w", err)
	}
	return found.Items, nil
}
