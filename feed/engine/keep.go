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
	"time"
)

// Objects in the store, below the prefix:
//
//	log/<number of the first event>-<of the last>     a segment
//	snap/<number of the last event that all of it has>-<when, ms>/<part>
//	snap/…/whole                                      says that every part is there
//
// Numbers are written with 16 digits, so that names are in order.
const (
	partBytes = 4 << 20
	wholeName = "whole"
)

func (k *Keeper) segmentKey(first, many int64) string {
	return fmt.Sprintf("%slog/%016d-%016d", k.options.Prefix, first, first+many-1)
}

// span reads the two numbers at the end of a key.
func span(name string) (a, b int64, ok bool) {
	x, y, ok := strings.Cut(name, "-")
	a, err1 := strconv.ParseInt(x, 10, 64)
	b, err2 := strconv.ParseInt(y, 10, 64)
	return a, b, ok && err1 == nil && err2 == nil
}

// Run stores events and snapshots until ctx ends; then it stores what is left
// and a last snapshot, within half a minute. A store that is down is tried
// again.
func (k *Keeper) Run(ctx context.Context) error {
	gather, every := time.NewTicker(k.options.Gather), time.NewTicker(max(k.options.Every, time.Second))
	defer gather.Stop()
	defer every.Stop()
	for ctx.Err() == nil {
		snapshot := false
		select {
		case <-gather.C:
		case <-k.wake:
		case <-every.C:
			snapshot = k.options.Every > 0
		case <-ctx.Done():
			continue
		}
		if err := k.Flush(ctx); err != nil && ctx.Err() == nil {
			k.engine.Log("feed events not stored, will be tried again", "err", err)
			continue
		}
		if snapshot || k.asked() {
			if err := k.Snapshot(ctx); err != nil && ctx.Err() == nil {
				k.engine.Log("feed snapshot not stored, will be tried again", "err", err)
			}
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return k.Snapshot(last)
}

func (k *Keeper) asked() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.wanted
}

// Snapshot stores a snapshot now, and drops what it makes needless: all events
// before it but those that the snapshot before it needs. If somebody wanted to
// be forgotten, that one goes too.
func (k *Keeper) Snapshot(ctx context.Context) error {
	k.mu.Lock()
	alone := k.wanted
	k.wanted = false
	k.mu.Unlock()
	err := k.snapshot(ctx, alone)
	if err != nil && alone {
		k.mu.Lock()
		k.wanted = true
		k.mu.Unlock()
	}
	return err
}

func (k *Keeper) snapshot(ctx context.Context, alone bool) error {
	began := k.now()
	dir := fmt.Sprintf("%ssnap/%016d-%016d/", k.options.Prefix, k.engine.sequence(), began.UnixMilli())
	w := &parts{ctx: ctx, k: k, dir: dir}
	from, _, err := k.engine.Snapshot(w, began)
	if err == nil {
		err = w.flush()
	}
	if err == nil {
		err = k.Flush(ctx) // a snapshot may have what is not stored yet
	}
	if err == nil {
		err = k.store.Put(ctx, dir+wholeName, []byte(fmt.Sprintf("%d %08x %d", w.n, w.sum, from)))
	}
	if err != nil {
		return fmt.Errorf("keep: %w", err)
	}
	k.engine.kept.Store(began.Unix())
	return k.clean(ctx, dir, alone)
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
	root := k.options.Prefix + "snap/"
	keys, err = k.store.List(ctx, root)
	whole = map[string]bool{}
	for _, key := range keys {
		name, part, ok := strings.Cut(strings.TrimPrefix(key, root), "/")
		if _, _, fine := span(name); !ok || !fine {
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

// clean drops what the snapshot in a folder makes needless.
func (k *Keeper) clean(ctx context.Context, newest string, alone bool) error {
	dirs, whole, keys, err := k.snapshots(ctx)
	if err != nil {
		return fmt.Errorf("keep: clean: %w", err)
	}
	stay := []string{newest}
	for _, dir := range slices.Backward(dirs) {
		if !alone && dir != newest && whole[dir] && len(stay) < 2 {
			stay = append(stay, dir)
		}
	}
	oldest := slices.Min(stay)
	root := k.options.Prefix + "snap/"
	from, _, _ := span(strings.TrimSuffix(strings.TrimPrefix(oldest, root), "/"))
	var needless []string
	for _, key := range keys {
		if !slices.ContainsFunc(stay, func(dir string) bool { return strings.HasPrefix(key, dir) }) {
			needless = append(needless, key)
		}
	}
	logs, err := k.store.List(ctx, k.options.Prefix+"log/")
	if err != nil {
		return fmt.Errorf("keep: clean: %w", err)
	}
	for _, key := range logs {
		if _, last, ok := span(strings.TrimPrefix(key, k.options.Prefix+"log/")); ok && last <= from {
			needless = append(needless, key)
		}
	}
	for _, key := range needless {
		if err := k.store.Delete(ctx, key); err != nil {
			return fmt.Errorf("keep: clean: %w", err)
		}
	}
	return nil
}

// load brings the engine to where the store has it.
func (k *Keeper) load(ctx context.Context) error {
	dirs, whole, _, err := k.snapshots(ctx)
	if err != nil {
		return err
	}
	var has *restoring
	var began time.Time
	for _, dir := range slices.Backward(dirs) {
		if !whole[dir] {
			continue
		}
		has, err = k.engine.restore(bufio.NewReader(&joined{ctx: ctx, k: k, dir: dir}))
		if err == nil {
			began = has.began
			k.engine.kept.Store(began.Unix())
			break
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		has = nil
		k.engine.Log("feed snapshot is spoiled, the one before it is tried", "snapshot", dir, "err", err)
	}
	if k.options.Between != nil {
		if err := k.options.Between(ctx, began); err != nil {
			return err
		}
	}
	return k.replay(ctx, has)
}

// replay applies the events behind the snapshot.
func (k *Keeper) replay(ctx context.Context, has *restoring) error {
	e := k.engine
	e.taking.Lock()
	defer e.taking.Unlock()
	from := int64(0)
	if has != nil {
		from = has.from
	}
	logs, err := k.store.List(ctx, k.options.Prefix+"log/")
	if err != nil {
		return err
	}
	for _, key := range logs {
		_, last, ok := span(strings.TrimPrefix(key, k.options.Prefix+"log/"))
		if !ok || last <= from {
			continue
		}
		object, err := k.store.Get(ctx, key)
		if err != nil {
			return err
		}
		now := k.now()
		err = readSegment(object, func(ev *Event, number int64) { e.replay(now, ev, number, has) })
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
