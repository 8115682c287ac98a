// Package engagecore implements engage.Service.
//
// A notice is one document for what it says about one thing to one person in one
// day; it remembers the events it took, so that each counts once. What is to be
// pushed is a document with an instant; quiet hours and the daily cap are asked
// when it is sent, not before.
package engagecore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"meadow/feed"
	"meadow/services/account"
	"meadow/services/creator"
	"meadow/services/engage"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/vault"
)

// Sender hands a message to a browser's push service; see package webpush.
type Sender interface {
	Key() string
	Send(ctx context.Context, to engage.Subscription, body []byte, ttl time.Duration, urgent bool) error
}

// Deps is what news needs; every field is required.
type Deps struct {
	DB         docdb.Driver
	Bus        bus.Bus
	Now        clock.Now
	Log        *slog.Logger
	Account    account.Desk
	Creator    creator.Service
	Moderation moderation.Service
	// Vault seals where pushes go: whoever knows that of a browser can follow it.
	Vault *vault.Vault
	Push  Sender
	// Gone reports whether an error of Push means that a subscription is over, and
	// Check whether one can be used.
	Gone  func(error) bool
	Check func(engage.Subscription) error
	URL   string // where the shop is, for letters
	// Owner is whose a shop is.
	Owner func(context.Context, id.Merchant) (id.User, error)
	// ForYou asks the feed what suits the caller, for the end of a digest.
	ForYou func(context.Context, feed.AskForYou) (page.Page[feed.Shown], error)
}

// Core is news.
type Core struct {
	Deps
	notices *docdb.Collection[notice]
	inboxes *docdb.Collection[inbox]
	devices *docdb.Collection[device]
	pushes  *docdb.Collection[push]
	days    *docdb.Collection[pushDay]
	fans    *docdb.Collection[fan]
	kick    chan struct{}
}

var _ engage.Service = (*Core)(nil)

// Consumer is the name under which news hears of events.
const Consumer = "engage"

// New opens the collections.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d, kick: make(chan struct{}, 1)}
	var errs [6]error
	c.notices, errs[0] = docdb.Open[notice](ctx, d.DB, d.Now, docdb.Schema{Name: "notices", Expiry: "expires_at", Indexes: []docdb.Index{
		{Name: "user", Keys: []string{"user", "at"}},
		{Name: "category", Keys: []string{"user", "category", "at"}},
	}})
	c.inboxes, errs[1] = docdb.Open[inbox](ctx, d.DB, d.Now, docdb.Schema{Name: "inboxes", Indexes: []docdb.Index{
		{Name: "digest", Keys: []string{"digest_due"}},
	}})
	c.devices, errs[2] = docdb.Open[device](ctx, d.DB, d.Now, docdb.Schema{Name: "push_devices", Indexes: []docdb.Index{
		{Name: "user", Keys: []string{"user", "at"}},
	}})
	c.pushes, errs[3] = docdb.Open[push](ctx, d.DB, d.Now, docdb.Schema{Name: "pushes", Expiry: "expires_at", Indexes: []docdb.Index{
		{Name: "due", Keys: []string{"due"}},
	}})
	c.days, errs[4] = docdb.Open[pushDay](ctx, d.DB, d.Now, docdb.Schema{Name: "push_days", Expiry: "expires_at"})
	c.fans, errs[5] = docdb.Open[fan](ctx, d.DB, d.Now, docdb.Schema{Name: "notice_fans", Expiry: "expires_at", Indexes: []docdb.Index{
		{Name: "due", Keys: []string{"due"}},
	}})
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("engage: %w", err)
	}
	return c, nil
}

// rounds is how often what is due is looked for.
const rounds = time.Second

// Run hears of events and sends what is due, until ctx ends.
func (c *Core) Run(ctx context.Context) error {
	if err := c.listen(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("engage: %w", err)
	}
	var work sync.WaitGroup
	for name, f := range map[string]func(context.Context) error{"pushes": c.SendDue, "digests": c.DigestDue, "fans": c.FanDue} {
		work.Go(func() { c.loop(ctx, name, f) })
	}
	work.Wait()
	return nil
}

func (c *Core) loop(ctx context.Context, name string, f func(context.Context) error) {
	t := time.NewTicker(rounds)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		case <-c.kick:
		}
		if err := f(actor.AsSystem(ctx, Consumer)); err != nil && ctx.Err() == nil {
			c.Log.WarnContext(ctx, "news not sent, will be tried again", "part", name, "err", err)
		}
	}
}

// notice is a piece of news for one person.
type notice struct {
	ID       id.Notice       `bson:"_id"`
	User     id.User         `bson:"user"`
	Category engage.Category `bson:"category"`
	Kind     engage.Kind     `bson:"kind"`
	Actors   []id.User       `bson:"actors"` // the latest first, at most three
	Count    int64           `bson:"count"`
	Post     id.Post         `bson:"post,omitempty"`
	Comment  id.Comment      `bson:"comment,omitempty"`
	Order    id.Order        `bson:"order,omitempty"`
	Thumb    string          `bson:"thumb,omitempty"`
	Ad       bool            `bson:"ad,omitempty"` // the post's label
	Text     string          `bson:"text,omitempty"`
	At       time.Time       `bson:"at"`
	// Rev is of a decision that was told.
	Rev int64 `bson:"rev,omitempty"`
	// People are the actors that Count counts, the latest last.
	People    []id.User `bson:"people,omitempty"`
	ExpiresAt time.Time `bson:"expires_at"`
	Lettered  bool      `bson:"lettered,omitempty"` // its letter went out
}

// inbox is what somebody has read and wants to hear of.
type inbox struct {
	ID    id.User                       `bson:"_id"`
	Read  map[engage.Category]time.Time `bson:"read,omitempty"`
	Prefs *engage.Preferences           `bson:"prefs,omitempty"`
	// DigestDue is when the next digest is due, of what came since DigestSince.
	DigestDue   time.Time `bson:"digest_due,omitempty"`
	DigestSince time.Time `bson:"digest_since,omitempty"`
}

func (i inbox) prefs() engage.Preferences {
	if i.Prefs == nil {
		return engage.Default()
	}
	return *i.Prefs
}

// device is a browser that gets pushes.
type device struct {
	ID     string       `bson:"_id"`
	User   id.User      `bson:"user"`
	Sealed vault.Sealed `bson:"sealed"` // its engage.Subscription as JSON
	At     time.Time    `bson:"at"`
	Fails  int64        `bson:"fails,omitempty"` // pushes in a row that its service did not take

	engage.Subscription `bson:"-"` // once it is opened
}

// keep is how long a notice is kept.
const keep = 180 * 24 * time.Hour

// mine returns the caller's inbox.
func (c *Core) mine(ctx context.Context) (inbox, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return inbox{}, err
	}
	return c.inboxOf(ctx, me)
}

func (c *Core) inboxOf(ctx context.Context, u id.User) (inbox, error) {
	i, err := c.inboxes.Get(ctx, string(u))
	if errors.Is(err, docdb.ErrNotFound) {
		return inbox{ID: u}, nil
	}
	if err != nil {
		return i, fmt.Errorf("engage: %w", err)
	}
	return i, nil
}
