package catalogcore

import (
	"context"
	"errors"

	"meadow/services/platform/docdb"
)

// sweepBatch is how many documents a job reads at a time.
const sweepBatch = 200

// walk calls f with every document of a query. One that fails does not stop
// those behind it.
func walk[T any](ctx context.Context, c *docdb.Collection[T], q docdb.Query, f func(T) error) error {
	q.Limit = sweepBatch
	var all []error
	for {
		found, err := c.Find(ctx, q)
		if err != nil {
			return errors.Join(append(all, err)...)
		}
		for _, v := range found.Items {
			if err := f(v); err != nil {
				all = append(all, err)
			}
			if ctx.Err() != nil {
				return errors.Join(all...)
			}
		}
		if found.Next == "" {
			return errors.Join(all...)
		}
		q.After = found.Next
	}
}
