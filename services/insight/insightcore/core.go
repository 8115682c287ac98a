// Package insightcore implements insight.Service.
//
// What becomes of a post in a day is added up in a few documents, its cells: an
// event belongs to the cell that its id leads to. A cell remembers the last
// events it took, so that one that comes twice is counted once, in the same
// write that counts it. A report adds cells up.
package insightcore

import (
	"context"
	"fmt"
	"log/slog"

	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/insight"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
)

// Deps is what insight needs; every field is required.
type Deps struct {
	DB       docdb.Driver
	Bus      bus.Bus
	Now      clock.Now
	Log      *slog.Logger
	Creator  creator.Service
	Catalog  catalog.Service
	Currency string // of the shop
	// Allows reports whether somebody lets what they do be used for their feed: who
	// does not is not named to anybody.
	Allows func(ctx context.Context, u id.User) (bool, error)
}

// Core is insight.
type Core struct {
	Deps
	cells *docdb.Collection[cell]
	salts *docdb.Collection[salt]
	today today
}

var _ insight.Service = (*Core)(nil)

// Consumer is the name under which insight hears of events.
const Consumer = "insight"

// New opens the collection.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d}
	var err error
	c.cells, err = docdb.Open[cell](ctx, d.DB, d.Now, docdb.Schema{Name: "insight_cells", Indexes: []docdb.Index{
		{Name: "account", Keys: []string{"account", "day"}},
		{Name: "post", Keys: []string{"post", "day"}},
	}})
	if err == nil {
		c.salts, err = docdb.Open[salt](ctx, d.DB, d.Now, docdb.Schema{Name: "insight_salts", Expiry: "until"})
	}
	if err != nil {
		return nil, fmt.Errorf("insight: %w", err)
	}
	return c, nil
}

// Run hears of events until ctx ends.
func (c *Core) Run(ctx context.Context) error {
	if err := c.listen(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("insight: %w", err)
	}
	<-ctx.Done()
	return nil
}

// allowed returns the account whose numbers the caller may read: their own, or
// one they work for.
func (c *Core) allowed(ctx context.Context, as id.User) (id.User, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return "", err
	}
	if as == "" || as == me {
		return me, nil
	}
	may, err := c.Creator.MayAct(actor.AsSystem(ctx, Consumer), creator.MayAct{
		User: me, Account: as, Roles: []creator.StaffRole{creator.Editor, creator.Analyst},
	})
	if err != nil {
		return "", fmt.Errorf("insight: %w", err)
	}
	if !may.OK {
		return "", creator.ErrNotStaff
	}
	return as, nil
}

// facts returns what is known of posts.
func (c *Core) facts(ctx context.Context, ids []id.Post) (map[id.Post]creator.PostFacts, error) {
	out := map[id.Post]creator.PostFacts{}
	const most = 200
	for len(ids) > 0 {
		n := min(most, len(ids))
		found, err := c.Creator.Facts(actor.AsSystem(ctx, Consumer), creator.Cards{IDs: ids[:n]})
		if err != nil {
			return nil, fmt.Errorf("insight: %w", err)
		}
		for _, f := range found.Items {
			out[f.ID] = f
		}
		ids = ids[n:]
	}
	return out, nil
}
