package engine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Objects in the store, below the prefix:
//
//	log/<epoch>-<number of the first event>-<of the last>     a segment
//	snap/<epoch>-<number of the last event that all of it has>-<when, ms>/<part>
//	snap/…/whole                                      says that every part is there
//
// Numbers are written with 16 digits, so that names are in order. Each process
// numbers on from what it found when it claimed the shard, so numbers compare
// within one epoch only. A snapshot has all that was acknowledged in the epochs
// before its own.
const (
	partBytes = 4 << 20
	wholeName = "whole"
)

func (k *Keeper) segmentKey(first, many int64) string {
	return fmt.Sprintf("%slog/%016d-%016d-%016d", k.options.Prefix, k.options.Epoch, first, first+many-1)
}

// span is the three numbers in a name.
type span struct{ epoch, first, last int64 }

func spanOf(name string) (s span, ok bool) {
	words := strings.Split(name, "-")
	if len(words) != 3 {
		return s, false
	}
	for i, into := range [...]*int64{&s.epoch, &s.first, &s.last} {
		n, err := strconv.ParseInt(words[i], 10, 64)
		if err != nil {
			return s, false
		}
		*into = n
	}
	return s, true
}

func (k *Keeper) snapRoot() string { return k.options.Prefix + "snap/" }
func (k *Keeper) logRoot() string  { return k.options.Prefix + "log/" }

// snapSpan is what the name of a snapshot's folder says: epoch, and as first the
// number that all of it has.
func (k *Keeper) snapSpan(dir string) (span, bool) {
	return spanOf(strings.TrimSuffix(strings.TrimPrefix(dir, k.snapRoot()), "/"))
}

// behind reports whether a segment may have acknowledged events that a snapshot
// has not.
func (s span) behind(snapshot span) bool {
	return s.epoch > snapshot.epoch || s.epoch == snapshot.epoch && s.last > snapshot.first
}

// Run stores events and snapshots until ctx ends; then it stores what is left
// and a last snapshot, within half a minute. A store that is down is tried
// again. It ends with ErrLost when another process claimed the shard.
func (k *Keeper) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var work sync.WaitGroup
	work.Go(func() { k.snapshotNowAndThen(ctx) }) // however long one takes, events go on being acknowledged
	gather := time.NewTicker(k.options.Gather)
	defer gather.Stop()
	for ctx.Err() == nil {
		select {
		case <-gather.C:
		case <-k.wake:
		case <-k.lost:
			stop()
			continue
		case <-ctx.Done():
			continue
		}
		if err := k.Flush(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, ErrLost) {
			k.engine.Log("feed events not stored, will be tried again", "err", err)
		}
	}
	work.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return k.Snapshot(last)
}

func (k *Keeper) snapshotNowAndThen(ctx context.Context) {
	look, every := time.NewTicker(k.options.Gather), time.NewTicker(max(k.options.Every, time.Second))
	defer look.Stop()
	defer every.Stop()
	for {
		due := false
		select {
		case <-look.C:
			due = k.early()
		case <-every.C:
			due = k.options.Every > 0
		case <-ctx.Done():
			return
		}
		if !due {
			continue
		}
		if err := k.Snapshot(ctx); err != nil && ctx.Err() == nil {
			k.engine.Log("feed snapshot not stored, will be tried again", "err", err)
		}
	}
}

// early reports whether a snapshot is to be begun for who wants to be forgotten.
func (k *Keeper) early() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.wanted && k.now().Sub(k.begun) >= k.options.Forced
}

// Snapshot stores a snapshot now, and drops what it makes needless: all events
// before it but those that the snapshot before it needs. If somebody wanted to
// be forgotten, that one goes too.
func (k *Keeper) Snapshot(ctx context.Context) error {
	k.snapping.Lock()
	defer k.snapping.Unlock()
	k.mu.Lock()
	alone := k.alone
	k.alone, k.wanted, k.begun = false, false, k.now()
	k.mu.Unlock()
	err := k.snapshot(ctx, alone)
	if err != nil && alone {
		k.mu.Lock()
		k.alone, k.wanted = true, true
		k.mu.Unlock()
	}
	return err
}

func (k *Keeper) snapshot(ctx context.Context, alone bool) error {
	if err := k.holds(ctx); err != nil {
		return fmt.Errorf("keep: %w", err)
	}
	began := k.now()
	dir := fmt.Sprintf("%s%016d-%016d-%016d/", k.snapRoot(), k.options.Epoch, k.engine.sequence(), began.UnixMilli())
	w := &parts{ctx: ctx, k: k, dir: dir}
	from, _, err := k.engine.Snapshot(w, began)
	if err == nil {
		err = w.flush()
	}
	if err == nil {
		err = k.Flush(ctx) // a snapshot may have what is not stored yet
	}
	if err == nil {
		err = k.holds(ctx)
	}
	if err == nil {
		err = k.store.Put(ctx, dir+wholeName, []byte(fmt.Sprintf("%d %08x %d", w.n, w.sum, from)))
	}
	if err == nil {
		k.engine.kept.Store(began.Unix())
		err = k.clean(ctx, dir, alone)
	}
	if err != nil {
		return fmt.Errorf("keep: %w", err)
	}
	return nil
}

// parts writes a stream as objects.
type parts struct {
	ctx context.Context
	k   *Keeper
	dir string
	buf []byte
	n   int
	sum uint32
}

func (w *parts) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		m := min(len(p), partBytes-len(w.buf))
		w.buf = append(w.buf, p[:m]...)
		p = p[m:]
		if len(w.buf) == partBytes {
			if err := w.flush(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

func (w *parts) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	w.sum = crc32.Update(w.sum, castagnoli, w.buf)
	err := w.k.store.Put(w.ctx, fmt.Sprintf("%s%06d", w.dir, w.n), w.buf)
	w.n++
	w.buf = make([]byte, 0, partBytes)
	return err
}

// snapshots are the names of those that are there, whole or not, oldest first.
func (k *Keeper) snapshots(ctx context.Context) (dirs []string, whole map[string]bool, keys []string, err error) {
	root := k.snapRoot()
	keys, err = k.store.List(ctx, root)
	whole = map[string]bool{}
	for _, key := range keys {
		name, part, ok := strings.Cut(strings.TrimPrefix(key, root), "/")
		if _, fine := spanOf(name); !ok || !fine {
			continue
		}
		dir := root + name + "/"
		if !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
		whole[dir] = whole[dir] || part == wholeName
	}
	return dirs, whole, keys, err
}

// segments are the keys of those that may have what a snapshot has not, in
// order.
func (k *Keeper) segments(ctx context.Context, snapshot span) (behind, needless []string, err error) {
	keys, err := k.store.List(ctx, k.logRoot())
	for _, key := range keys {
		s, ok := spanOf(strings.TrimPrefix(key, k.logRoot()))
		switch {
		case !ok:
		case s.behind(snapshot):
			behind = append(behind, key)
		default:
			needless = append(needless, key)
		}
	}
	return behind, needless, err
}

// clean drops what the snapshot in a folder makes needless. What a later epoch
// stored is not this process's to judge.
func (k *Keeper) clean(ctx context.Context, newest string, alone bool) error {
	if err := k.holds(ctx); err != nil {
		return err
	}
	dirs, whole, keys, err := k.snapshots(ctx)
	if err != nil {
		return fmt.Errorf("clean: %w", err)
	}
	stay := []string{newest}
	for _, dir := range slices.Backward(dirs) {
		if !alone && dir < newest && whole[dir] && len(stay) < 2 {
			stay = append(stay, dir)
		}
	}
	oldest, _ := k.snapSpan(slices.Min(stay))
	var needless []string
	for _, key := range keys {
		kept := slices.ContainsFunc(stay, func(dir string) bool { return strings.HasPrefix(key, dir) })
		if !kept && key < newest {
			needless = append(needless, key)
		}
	}
	_, old, err := k.segments(ctx, oldest)
	if err != nil {
		return fmt.Errorf("clean: %w", err)
	}
	for _, key := range append(needless, old...) {
		if err := k.store.Delete(ctx, key); err != nil {
			return fmt.Errorf("clean: %w", err)
		}
	}
	return nil
}

// mostLooks is how often a start looks again when snapshots went away while it
// read them, because another process made a later one.
const mostLooks = 3

// load brings the engine to where the store has it.
func (k *Keeper) load(ctx context.Context) error {
	k.engine.empty()
	for look := 1; ; look++ {
		dirs, whole, _, err := k.snapshots(ctx)
		if err != nil {
			return err
		}
		has, at, err := k.newest(ctx, dirs, whole)
		if err != nil {
			return err
		}
		if has == nil && len(dirs) > 0 && look < mostLooks {
			now, _, _, err := k.snapshots(ctx)
			if err != nil {
				return err
			}
			if !slices.Equal(now, dirs) {
				continue
			}
		}
		var began time.Time
		if has != nil {
			began = has.began
			k.engine.kept.Store(began.Unix())
		}
		if k.options.Between != nil {
			if err := k.options.Between(ctx, began); err != nil {
				return err
			}
		}
		return k.replay(ctx, has, at)
	}
}

// newest reads the newest good snapshot; nil if there is none.
func (k *Keeper) newest(ctx context.Context, dirs []string, whole map[string]bool) (*restoring, span, error) {
	for _, dir := range slices.Backward(dirs) {
		if !whole[dir] {
			continue
		}
		has, err := k.engine.restore(bufio.NewReader(&joined{ctx: ctx, k: k, dir: dir}))
		if err == nil {
			at, _ := k.snapSpan(dir)
			at.first = has.from
			return has, at, nil
		}
		if ctx.Err() != nil {
			return nil, span{}, context.Cause(ctx)
		}
		k.engine.Log("feed snapshot is spoiled, the one before it is tried", "snapshot", dir, "err", err)
	}
	return nil, span{epoch: -1}, nil
}

// replay applies the events behind a snapshot: those of its own epoch as far as
// its parts do not have them, and those of later epochs.
func (k *Keeper) replay(ctx context.Context, has *restoring, at span) error {
	e := k.engine
	e.taking.Lock()
	defer e.taking.Unlock()
	keys, _, err := k.segments(ctx, at)
	if err != nil {
		return err
	}
	for _, key := range keys {
		object, err := k.store.Get(ctx, key)
		if err != nil {
			return err
		}
		known := has
		if s, _ := spanOf(strings.TrimPrefix(key, k.logRoot())); s.epoch != at.epoch {
			known = nil
		}
		now := k.now()
		err = readSegment(object, func(ev *Event, number int64) { e.replay(now, ev, number, known) })
		if errors.Is(err, ErrSpoiled) {
			e.Log("a segment of feed events is spoiled, what is in it is lost", "segment", key)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// joined reads a snapshot's objects one after another.
type joined struct {
	ctx context.Context
	k   *Keeper
	dir string
	n   int
	buf []byte
}

func (j *joined) Read(p []byte) (int, error) {
	for len(j.buf) == 0 {
		object, err := j.k.store.Get(j.ctx, fmt.Sprintf("%s%06d", j.dir, j.n))
		if err != nil {
			return 0, errors.Join(io.ErrUnexpectedEOF, err)
		}
		j.buf = object
		j.n++
	}
	n := copy(p, j.buf)
	j.buf = j.buf[n:]
	return n, nil
}
