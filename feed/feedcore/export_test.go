package feedcore

import (
	"context"
	"errors"

	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// Learns reports whether anything is learned from somebody.
func (c *Core) Learns(u id.User) bool { return c.engine.Allowed(u) }

// Unwanted is what memory knows that somebody does not want.
func (c *Core) Unwanted(u id.User) []id.Post { return c.engine.Unwanted(u) }

// Bought is what is remembered that somebody bought.
func (c *Core) Bought(ctx context.Context, u id.User) ([]id.Product, error) {
	b, err := c.shop.buyers.Get(ctx, string(u))
	if errors.Is(err, docdb.ErrNotFound) {
		return nil, nil
	}
	var out []id.Product
	for _, x := range b.Bought {
		out = append(out, x.Product)
	}
	return out, err
}
