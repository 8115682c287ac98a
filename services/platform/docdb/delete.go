package docdb

import "context"

// DeleteIf removes the document if ok says so of what it is now. ErrNotFound;
// ErrConflict if ok says no, or if the document changed meanwhile.
func (c *Collection[T]) DeleteIf(ctx context.Context, id string, ok func(T) bool) error {
	v, rev, err := c.get(ctx, id)
	if err != nil {
		return c.fault("delete", id, err)
	}
	if !ok(v) {
		return c.fault("delete", id, ErrConflict)
	}
	return c.fault("delete", id, c.driver.Delete(ctx, c.schema.Name, id, rev))
}
