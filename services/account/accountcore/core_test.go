package accountcore_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"meadow/services/account/accountcore"
	"meadow/services/account/accounttest"
	"meadow/services/kernel/clock"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/notify"
	"meadow/services/platform/vault"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func TestTheFrontDeskKeepsItsContract(t *testing.T) {
	t.Parallel()
	accounttest.Run(t, func(t *testing.T, o accounttest.Options) accounttest.Shop {
		return newDesk(t, o).Shop
	})
}

// desk is a front desk and all it stands on.
type desk struct {
	accounttest.Shop
	core  *accountcore.Core
	db    *pebbledoc.DB
	data  string // the folder of everything but the keys
	vault *vault.Vault
	inbox *notify.DevInbox
	log   *slog.Logger
}

func newDesk(t *testing.T, o accounttest.Options) *desk {
	t.Helper()
	d := &desk{data: t.TempDir(), log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))}
	d.Clock = clock.NewFake(noon)
	d.inbox = notify.NewDevInbox(d.Clock.Now)
	var err error
	d.db, err = pebbledoc.Open(t.Context(), filepath.Join(d.data, "db"), pebbledoc.Options{Now: d.Clock.Now})
	must(t, err)
	t.Cleanup(func() { _ = d.db.Close() })
	keys, err := vault.FileKeys(filepath.Join(t.TempDir(), "secrets"))
	must(t, err)
	d.vault, err = vault.New(t.Context(), d.db, keys, d.Clock.Now)
	must(t, err)
	d.Bus, err = bus.Embedded(t.Context(), filepath.Join(d.data, "bus"), d.log)
	must(t, err)
	t.Cleanup(func() { _ = d.Bus.Close() })
	d.core, err = accountcore.New(t.Context(), accountcore.Deps{
		DB: d.db, Bus: d.Bus, Vault: d.vault, Notify: d.inbox, Now: d.Clock.Now, Log: d.log, RequireCode: o.RequireCode,
		HashMemory: 64,
	})
	must(t, err)
	d.Account, d.Link, d.Await = d.core, d.core.OneTimeLink, d.await
	d.run(t)
	return d
}

// run runs the core until the test ends.
func (d *desk) run(t *testing.T) {
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- d.core.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("run: %v", err)
		}
	})
}

func (d *desk) await(ctx context.Context, to string, n int64) (string, int64, error) {
	m, err := d.inbox.Await(ctx, to, n)
	return m.Text, m.N, err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
