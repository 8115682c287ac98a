package groupbuycore

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"meadow/services/checkout"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/jobs"
	"meadow/services/promo/groupbuy"
	"meadow/services/promo/groupbuy/groupbuytest"
)

func TestGroupBuysKeepTheirPromises(t *testing.T) {
	t.Parallel()
	groupbuytest.Run(t, func(t *testing.T) *groupbuytest.World {
		w, _ := build(t, nil)
		return w
	})
}

// build returns a world over a disk in memory. Events stay in their boxes, where
// they can be counted.
func build(t *testing.T, wrap func(docdb.Driver) docdb.Driver) (*groupbuytest.World, *Core) {
	t.Helper()
	k := clock.NewFake(time.Date(2030, 5, 1, 10, 0, 0, 0, time.UTC))
	db, err := pebbledoc.Open(context.Background(), "db", pebbledoc.Options{FS: vfs.NewMem(), Now: k.Now, SweepEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	driver := docdb.Driver(db)
	if wrap != nil {
		driver = wrap(db)
	}
	log := slog.New(slog.DiscardHandler)
	runner, err := jobs.New(t.Context(), jobs.Deps{DB: db, Now: k.Now, Log: log, Sole: true})
	if err != nil {
		t.Fatal(err)
	}
	n := groupbuytest.NewNeighbours()
	c, err := New(t.Context(), Deps{DB: driver, Jobs: runner, Now: k.Now, Log: log, Account: n.Account(), Catalog: n.Catalog()})
	if err != nil {
		t.Fatal(err)
	}
	return &groupbuytest.World{
		Neighbours: n, Service: c, Source: c, Now: k.Now, Advance: k.Advance, Tick: runner.Tick,
		Announced: func(t *testing.T) (filled, lapsed []groupbuy.TeamData) { return announced(t, c) },
		Bought: func(t *testing.T, u id.User) {
			if err := c.notePaid(t.Context(), checkout.OrderData{Order: "ord_before", Buyer: u, Lines: []checkout.LineData{{N: 1}}}); err != nil {
				t.Fatal(err)
			}
		},
	}, c
}

func announced(t *testing.T, c *Core) (filled, lapsed []groupbuy.TeamData) {
	t.Helper()
	err := c.teams.Each(t.Context(), func(_ string, v team) error {
		for _, e := range v.Outbox {
			var d groupbuy.TeamData
			if err := json.Unmarshal([]byte(e.Data), &d); err != nil {
				return err
			}
			switch e.Topic {
			case groupbuy.Filled.Name:
				filled = append(filled, d)
			case groupbuy.Lapsed.Name:
				lapsed = append(lapsed, d)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return filled, lapsed
}

func TestWhoFilledATeamHasBought(t *testing.T) {
	t.Parallel()
	w, c := build(t, nil)
	o := w.Start(t, nil)
	if err := w.Lock(t.Context(), o, "", "usr_lin", "ord_1"); err != nil {
		t.Fatal(err)
	}
	if err := c.fresh(t.Context(), []string{"phone usr_lin"}); err != nil {
		t.Errorf("while the team is open: %v", err)
	}
	if err := c.noteFilled(t.Context(), groupbuy.TeamData{Orders: []id.Order{"ord_1"}}); err != nil {
		t.Fatal(err)
	}
	if err := c.fresh(t.Context(), []string{"phone usr_lin"}); err == nil {
		t.Error("and once it filled they are new")
	}
}
