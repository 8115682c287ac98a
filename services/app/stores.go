package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"meadow/services/kernel/clock"
	"meadow/services/platform/blob"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/mongodoc"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/notify"
	"meadow/services/platform/search"
	"meadow/services/platform/search/blevesearch"
	"meadow/services/platform/search/meilisearch"
)

// Stores are what a process stands on. Those that none of its roles needs are
// nil.
type Stores struct {
	DB     docdb.Driver
	Blob   *blob.Store
	Search search.Index
	Bus    bus.Bus
	Notify notify.Notifier
	Inbox  *notify.DevInbox // nil if messages leave the shop
	// Sole is whether no other process can be using DB.
	Sole bool
}

// reachWithin is how long a store elsewhere may take to answer at first.
const reachWithin = 12 * time.Second

// openStores opens what cfg names, or the embedded twin of it.
func openStores(ctx context.Context, cfg Config, now clock.Now, log *slog.Logger) (s *Stores, err error) {
	s = &Stores{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return s, fmt.Errorf("data folder: %w", err)
	}
	if needs("-db", cfg.roles()) {
		if s.DB, err = openDB(ctx, cfg.DB, cfg.Data, now, log); err != nil {
			return s, err
		}
		s.Sole = cfg.DB == ""
	}
	if needs("-blob", cfg.roles()) {
		if s.Blob, err = openBlob(ctx, cfg.Blob, cfg.Data, log); err != nil {
			return s, err
		}
	}
	if needs("-search", cfg.roles()) {
		if s.Search, err = openSearch(ctx, cfg, log); err != nil {
			return s, err
		}
	}
	if needs("-bus", cfg.roles()) {
		if s.Bus, err = openBus(ctx, cfg, log); err != nil {
			return s, err
		}
	}
	if slices.Contains(cfg.roles(), Creator) {
		return s, s.openNotify(cfg, now)
	}
	return s, nil
}

func openDB(ctx context.Context, address, data string, now clock.Now, log *slog.Logger) (docdb.Driver, error) {
	if address == "" {
		db, err := pebbledoc.Open(ctx, filepath.Join(data, "docs"), pebbledoc.Options{Now: now, Log: log})
		if errors.Is(err, pebbledoc.ErrInUse) {
			return nil, fmt.Errorf("data folder %s is in use by another meadow; stop it, or give this one its own -data", data)
		}
		if err != nil {
			return nil, fmt.Errorf("documents in %s: %w", data, err)
		}
		return db, nil
	}
	ctx, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	db, err := mongodoc.Open(ctx, address, mongodoc.Options{})
	if err != nil {
		return nil, fmt.Errorf("-db: cannot reach %s; check that it runs and the address is right: %w", masked(address), err)
	}
	return db, nil
}

func openBlob(ctx context.Context, address, data string, log *slog.Logger) (*blob.Store, error) {
	if address == "" {
		return blob.Embedded(ctx, filepath.Join(data, "blobs"), log)
	}
	ctx, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	s, err := blob.Connect(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("-blob: cannot reach %s; check that it runs and the keys are right: %w", masked(address), err)
	}
	return s, nil
}

func openSearch(ctx context.Context, cfg Config, log *slog.Logger) (search.Index, error) {
	if cfg.Search == "" {
		return blevesearch.Open(filepath.Join(cfg.Data, "search"), log)
	}
	u, err := url.Parse(cfg.Search)
	if err != nil {
		return nil, fmt.Errorf("-search: %w", err)
	}
	key, _ := u.User.Password()
	u.User = nil
	err = answers(ctx, u.JoinPath("health").String())
	var index search.Index
	if err == nil {
		index, err = meilisearch.Open(ctx, u.String(), key, "meadow") // takes its time over a large index
	}
	if err != nil {
		return nil, fmt.Errorf("-search: cannot reach %s; check that it runs and the key is right: %w", masked(cfg.Search), err)
	}
	return index, nil
}

// answers reports whether anything answers at an address.
func answers(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

func openBus(ctx context.Context, cfg Config, log *slog.Logger) (bus.Bus, error) {
	if cfg.Bus == "" {
		return bus.Embedded(ctx, filepath.Join(cfg.Data, "bus"), log)
	}
	b, err := bus.Connect(ctx, cfg.Bus, log)
	if err != nil {
		return nil, fmt.Errorf("-bus: cannot reach %s; check that it runs and the address is right: %w", masked(cfg.Bus), err)
	}
	return b, nil
}

func (s *Stores) openNotify(cfg Config, now clock.Now) error {
	if cfg.Notify == "" {
		s.Inbox = notify.NewDevInbox(now)
		s.Notify = s.Inbox
		return nil
	}
	out, err := notify.NewSMTP(cfg.Notify, now, nil)
	if err != nil {
		return fmt.Errorf("-notify: %w", err)
	}
	s.Notify = out
	return nil
}

// Close closes what was opened, the bus first: its handlers use the others.
func (s *Stores) Close() error {
	var err error
	if s.Bus != nil {
		err = errors.Join(err, s.Bus.Close())
	}
	if s.Search != nil {
		err = errors.Join(err, s.Search.Close())
	}
	if s.Blob != nil {
		err = errors.Join(err, s.Blob.Close())
	}
	if s.DB != nil {
		err = errors.Join(err, s.DB.Close())
	}
	return err
}

// masked is an address without what proves who we are.
func masked(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		scheme, _, _ := strings.Cut(address, "://")
		return scheme + "://…"
	}
	if _, ok := u.User.Password(); u.User != nil && !ok {
		u.User = url.User("xxxxx") // a token, where there is no password
	}
	return u.Redacted()
}
