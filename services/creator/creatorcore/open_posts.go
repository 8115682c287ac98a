package creatorcore

import (
	"context"
	"errors"

	"meadow/services/platform/docdb"
	"meadow/services/platform/outbox"
)

// openPosts opens the collections of posts, of what is done with them, and of
// what they are made from.
func (c *Core) openPosts(ctx context.Context) error {
	var errs [6]error
	c.posts, errs[0] = docdb.Open[post](ctx, c.DB, c.Now, docdb.Schema{Name: "posts", Indexes: []docdb.Index{
		outbox.Index,
		{Name: "fans", Keys: []string{"fans_at"}},
		{Name: "author", Keys: []string{"author", "shown_at"}},
		{Name: "author_fans", Keys: []string{"author", "fans_at"}},
		{Name: "author_public", Keys: []string{"author", "public_at"}},
		{Name: "works", Keys: []string{"author", "kept_at"}},
		{Name: "works_state", Keys: []string{"author", "state", "kept_at"}},
		{Name: "judge", Keys: []string{"judge_at"}},
		{Name: "owed", Keys: []string{"tally.owed"}},
	}})
	c.reactions, errs[1] = docdb.Open[reaction](ctx, c.DB, c.Now, docdb.Schema{Name: "reactions", Indexes: []docdb.Index{
		outbox.Index,
		{Name: "user", Keys: []string{"user", "kind", "at"}},
		{Name: "owed", Keys: []string{"tally.owed"}},
	}})
	c.purchases, errs[2] = docdb.Open[purchase](ctx, c.DB, c.Now, docdb.Schema{Name: "purchases", Indexes: []docdb.Index{
		{Name: "bought", Keys: []string{"buyer", "product", "at"}},
		{Name: "order", Keys: []string{"order", "at"}},
	}})
	c.drafts, errs[3] = docdb.Open[draft](ctx, c.DB, c.Now, docdb.Schema{Name: "drafts", Expiry: "gone_at", Indexes: []docdb.Index{
		outbox.Index,
		{Name: "account", Keys: []string{"account", "listed_at"}},
		{Name: "scheduled", Keys: []string{"account", "publish_at"}},
		{Name: "due", Keys: []string{"due"}},
	}})
	c.steps, errs[4] = docdb.Open[step](ctx, c.DB, c.Now, docdb.Schema{Name: "creator_steps"})
	c.histories, errs[5] = docdb.Open[history](ctx, c.DB, c.Now, docdb.Schema{Name: "post_versions"})
	return errors.Join(errs[:]...)
}
