package pebbledoc

import (
	"slices"

	"meadow/services/platform/docdb"
)

// Change is UpdateIf on a document that is kept elsewhere, such as in memory: it
// returns body as it is after changes, and its revision, or ErrRefused. body stays
// as it was.
func Change(body []byte, conds []docdb.Cond, changes []docdb.Change) ([]byte, int64, error) {
	if err := docdb.CheckUpdate(conds, changes); err != nil {
		return nil, 0, err
	}
	ok, err := holds(body, conds)
	if err != nil {
		return nil, 0, err
	}
	if !ok {
		return nil, 0, docdb.ErrRefused
	}
	after, err := apply(slices.Grow(slices.Clip(body), 96), changes)
	if err != nil {
		return nil, 0, err
	}
	rev, err := countUp(after)
	return after, rev, err
}
