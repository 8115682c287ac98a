package feedcore

import (
	"context"
	"fmt"

	"meadow/services/platform/docdb"
	"meadow/services/platform/search"
)

// found is a record of what can be found.
type found interface {
	id() string
	version() string // another one for every change
	shown() bool
	doc() search.Doc
}

// indexTries bounds how often documents are put again because they changed
// while they were being put.
const indexTries = 20

// reindex makes the index say what the records under ids say. Two that do this
// at once may put in the wrong order: each looks again after putting, so that
// whoever put last put what is there.
func reindex[T found](ctx context.Context, ix search.Index, records *docdb.Collection[T], ids []string) error {
	put := map[string]string{} // id → version
	for range indexTries {
		now, err := records.GetMany(ctx, ids)
		if err != nil {
			return fmt.Errorf("index: %w", err)
		}
		var docs []search.Doc
		var gone, again []string
		for _, r := range now {
			if v, ok := put[r.id()]; ok && v == r.version() {
				continue
			}
			put[r.id()] = r.version()
			again = append(again, r.id())
			if r.shown() {
				docs = append(docs, r.doc())
			} else {
				gone = append(gone, r.id())
			}
		}
		if len(again) == 0 {
			return nil
		}
		if len(docs) > 0 {
			if err := ix.Put(ctx, docs...); err != nil {
				return fmt.Errorf("index: %w", err)
			}
		}
		if len(gone) > 0 {
			if err := ix.Delete(ctx, gone...); err != nil {
				return fmt.Errorf("index: %w", err)
			}
		}
		ids = again
	}
	return docdb.ErrBusy
}
