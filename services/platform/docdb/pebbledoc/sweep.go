package pebbledoc

import (
	"context"
	"errors"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"meadow/services/platform/docdb"
)

const (
	sweepPeriod = 10 * time.Second
	sweepBatch  = 256
)

// sweepEvery starts the goroutine that removes expired documents. Close stops it.
func (d *DB) sweepEvery(ctx context.Context, every time.Duration) {
	ctx, d.stop = context.WithCancel(context.WithoutCancel(ctx))
	if every < 0 {
		return
	}
	if every == 0 {
		every = sweepPeriod
	}
	d.running.Go(func() {
		t := time.NewTicker(every)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
			if _, err := d.Sweep(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, ErrClosed) {
				d.log.Error("document store: sweeping failed", "err", err)
			}
		}
	})
}

// Sweep removes the documents that have expired by now, and returns how many.
func (d *DB) Sweep(ctx context.Context) (int, error) {
	for total := 0; ; {
		due, err := d.due(ctx)
		if err != nil {
			return total, err
		}
		for _, k := range due {
			n, err := d.bury(ctx, k)
			if total += n; err != nil {
				return total, err
			}
		}
		if len(due) < sweepBatch {
			return total, nil
		}
	}
}

// due returns the first expiry keys whose time has come.
func (d *DB) due(ctx context.Context) ([][]byte, error) {
	if err := d.enter(ctx); err != nil {
		return nil, err
	}
	defer d.leave()
	it, err := d.store.NewIterWithContext(ctx, &pebble.IterOptions{
		LowerBound: []byte{spaceExpiry},
		UpperBound: expiryAfter(d.now().UnixMilli()),
	})
	if err != nil {
		return nil, err
	}
	defer it.Close()
	var out [][]byte
	for ok := it.First(); ok && len(out) < sweepBatch; ok = it.Next() {
		out = append(out, append([]byte(nil), it.Key()...))
	}
	return out, it.Error()
}

// bury removes the document that key lists, unless it has been renewed since,
// and the key. It need not wait for the disk: what comes back after a crash is
// swept again.
func (d *DB) bury(ctx context.Context, key []byte) (int, error) {
	coll, id, ok := splitExpiryKey(key)
	if !ok {
		return 0, errors.New("pebbledoc: malformed expiry key")
	}
	w, err := d.begin(ctx, coll, id)
	if err != nil {
		return 0, err
	}
	defer w.abandon()
	n := 0
	raw, err := w.read(id)
	if errors.Is(err, docdb.ErrNotFound) && raw != nil {
		n, err = 1, w.remove(id, raw)
	}
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return 0, err
	}
	if err := w.batch.Delete(key, nil); err != nil {
		return 0, err
	}
	if err := d.store.Apply(w.batch, pebble.NoSync); err != nil {
		return 0, d.fail(err)
	}
	return n, nil
}
