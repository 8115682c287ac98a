package vault

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

// RotateKEK makes a new version of the shop's key and puts every data key
// under it; nothing that is sealed changes, and all can be opened meanwhile. It
// returns how many subjects it wrapped anew. If it is interrupted, Rewrap does
// what is left.
func (v *Vault) RotateKEK(ctx context.Context) (int, error) {
	if _, err := v.keys.add(); err != nil {
		return 0, fmt.Errorf("rotate: %w", err)
	}
	return v.Rewrap(ctx)
}

// rewrapPage is how many subjects are read at a time, rewrapWorkers how many
// are written at once, so that a group of them shares one sync of the disk.
const (
	rewrapPage    = 256
	rewrapWorkers = 16
)

// Rewrap puts every data key that is under an older version of the shop's key
// under the newest, and returns how many subjects it changed. An old version's
// file may be taken away once Rewrap returned 0 and no backup needs it.
func (v *Vault) Rewrap(ctx context.Context) (int, error) {
	done := 0
	for after := page.Cursor(""); ; {
		old, err := v.records.Find(ctx, docdb.Query{
			Index: "kek", Before: v.keys.newest(), Limit: rewrapPage, After: after,
		})
		if err != nil {
			return done, fmt.Errorf("rewrap: %w", err)
		}
		n, err := v.rewrapAll(ctx, old.Items)
		done += n
		if err != nil {
			return done, fmt.Errorf("rewrap: %w", err)
		}
		if after = old.Next; after == "" {
			return done, nil
		}
	}
}

func (v *Vault) rewrapAll(ctx context.Context, records []keyRecord) (int, error) {
	work := make(chan string, len(records))
	for _, r := range records {
		work <- r.Subject
	}
	close(work)
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex // guards done and fail
		done int
		fail error
	)
	for range min(rewrapWorkers, len(records)) {
		wg.Go(func() {
			for subject := range work {
				err := v.rewrap(ctx, subject)
				mu.Lock()
				if fail = errors.Join(fail, err); err == nil {
					done++
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return done, fail
}

func (v *Vault) rewrap(ctx context.Context, subject string) error {
	_, err := v.records.Update(ctx, subject, func(r *keyRecord) error {
		for i, w := range r.Keys {
			if w.KEK == v.keys.newest() {
				continue
			}
			raw, err := v.raw(subject, w)
			if err != nil {
				return err
			}
			if r.Keys[i], err = v.wrap(subject, w.Class, w.Gen, raw); err != nil {
				return err
			}
		}
		r.KEK = r.oldest()
		return nil
	})
	return err
}

// RotateSubject gives the subject new data keys. What was sealed before can
// still be opened, and is Stale until its owner seals it anew. ErrForgotten.
func (v *Vault) RotateSubject(ctx context.Context, subject string) error {
	r, err := v.records.Get(ctx, subject)
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return fmt.Errorf("rotate subject: %w", err)
	}
	for _, c := range []class{personal, financial} {
		if gen := r.gen(c); gen > 0 || c == personal {
			if _, err := v.grow(ctx, subject, c, gen); err != nil {
				return fmt.Errorf("rotate subject: %w", err)
			}
		}
	}
	v.cache.forget(subject)
	return nil
}

// Forget destroys the subject's keys for good: nothing that was sealed for it
// can be opened, and nothing can be sealed for it again. Other processes follow
// within cacheTTL. Doing it again is fine.
func (v *Vault) Forget(ctx context.Context, subject string) error {
	_, err := v.records.Upsert(ctx, subject, func(r *keyRecord) error {
		if r.Forgotten.IsZero() {
			r.Forgotten = v.now()
		}
		r.Keys, r.KEK = nil, 0
		return nil
	})
	v.cache.forget(subject)
	if err != nil {
		return fmt.Errorf("forget: %w", err)
	}
	return nil
}

// Forgotten returns when the subject was forgotten, or the zero instant.
func (v *Vault) Forgotten(ctx context.Context, subject string) (time.Time, error) {
	r, err := v.records.Get(ctx, subject)
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return time.Time{}, fmt.Errorf("forgotten: %w", err)
	}
	return r.Forgotten, nil
}
