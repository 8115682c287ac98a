package meilisearch

import (
	"context"
	"errors"
	"fmt"

	meili "github.com/meilisearch/meilisearch-go"
)

// marker is the name of an index that holds nothing. It exists if the index it
// is named after was built, which is how that is known to all processes and in
// no search.
func (x *Index) marker() string { return x.name + "_built" }

// NeedsRebuild reports whether the index was not built when it was opened, or
// was cleared, and MarkBuilt was not called since.
func (x *Index) NeedsRebuild() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.raw
}

// MarkBuilt waits for what was put and says that this is everything.
func (x *Index) MarkBuilt(ctx context.Context) error {
	if err := x.Sync(ctx); err != nil {
		return fmt.Errorf("mark built: %w", err)
	}
	if err := x.create(ctx, x.marker()); err != nil {
		return fmt.Errorf("mark built: %w", err)
	}
	x.setRaw(false)
	return nil
}

// unmark says that the index is not built.
func (x *Index) unmark(ctx context.Context) error {
	x.setRaw(true)
	t, err := x.server.DeleteIndexWithContext(ctx, x.marker())
	if isCode(err, errAbsent.Error()) {
		return nil
	}
	if err != nil {
		return translate(ctx, err)
	}
	if err := x.wait(ctx, t.TaskUID); err != nil && !errors.Is(err, errAbsent) {
		return err
	}
	return nil
}

func (x *Index) setRaw(raw bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.raw = raw
}

func (x *Index) exists(ctx context.Context, name string) (bool, error) {
	_, err := x.server.Index(name).FetchInfoWithContext(ctx)
	switch {
	case err == nil:
		return true, nil
	case isCode(err, errAbsent.Error()):
		return false, nil
	}
	return false, translate(ctx, err)
}

// create makes an index. Another process may have been faster, which is fine.
func (x *Index) create(ctx context.Context, name string) error {
	t, err := x.server.CreateIndexWithContext(ctx, &meili.IndexConfig{Uid: name, PrimaryKey: attrKey})
	if err != nil {
		return translate(ctx, err)
	}
	if err := x.wait(ctx, t.TaskUID); err != nil && !errors.Is(err, errExists) {
		return err
	}
	return nil
}
