// Package moderationcore implements moderation.Service.
//
// Everything that is known of one thing to be judged, and what became of it, is
// one document (record): a check, a report or a moderator changes it or loses.
// What follows elsewhere (strikes, bans, lines of the audit log) is owed by the
// document that decided it until it is done (due.go), so that a process may die
// between any two writes.
package moderationcore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
	"meadow/services/platform/outbox"
	"meadow/services/platform/rpc"
)

// Deps is what moderation needs; every field but Quotas is required.
type Deps struct {
	DB      docdb.Driver
	Bus     bus.Bus
	Jobs    *jobs.Runner
	Now     clock.Now
	Log     *slog.Logger
	Account account.Desk
	// Quotas are how often rules may fire in an hour, by their names, where that is
	// other than usual.
	Quotas map[string]int64
}

// Core is moderation.
type Core struct {
	Deps
	cases    *docdb.Collection[record]
	reports  *docdb.Collection[report]
	people   *docdb.Collection[conduct]
	bans     *docdb.Collection[ban]
	lists    *docdb.Collection[entry]
	heads    *docdb.Collection[head]
	rules    *docdb.Collection[ruleState]
	counters *docdb.Collection[window]
	bounds   *docdb.Collection[bound]
	kept     *docdb.Collection[kept] // the same, to read
	log      *docdb.Collection[logged]

	tellCases   *outbox.Relay[record]
	tellPeople  *outbox.Relay[conduct]
	tellBounds  *outbox.Relay[bound]
	tellReports *outbox.Relay[report]

	owing []debt

	logging sync.Mutex // guards the end of the log from this process's own haste
	cached  entries
}

var _ moderation.Service = (*Core)(nil)

// self is the name under which moderation asks other parts of the shop.
const self = "moderation"

const (
	sweepEvery  = 2 * time.Second
	banEvery    = 5 * time.Second
	verifyEvery = 24 * time.Hour
)

// New opens the collections and declares the jobs.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d}
	if err := c.open(ctx); err != nil {
		return nil, fmt.Errorf("moderation: %w", err)
	}
	tell := outbox.Deps{Bus: d.Bus, Now: d.Now, Log: d.Log}
	c.tellCases = outbox.NewRelay(c.cases, casesName, func(r *record) *outbox.Box { return &r.Box }, tell)
	c.tellPeople = outbox.NewRelay(c.people, peopleName, func(p *conduct) *outbox.Box { return &p.Box }, tell)
	c.tellBounds = outbox.NewRelay(c.bounds, boundsName, func(b *bound) *outbox.Box { return &b.Box }, tell)
	c.tellReports = outbox.NewRelay(c.reports, reportsName, func(r *report) *outbox.Box { return &r.Box }, tell)
	c.owe()
	d.Jobs.Every("moderation.sweep", sweepEvery, c.Sweep)
	d.Jobs.Every("moderation.bans", banEvery, c.EndBans)
	d.Jobs.Every("moderation.verify", verifyEvery, func(ctx context.Context) error {
		_, err := c.Verify(ctx)
		return err
	})
	return c, nil
}

// Names of the collections whose records announce things.
const (
	casesName  = "moderation_cases"
	peopleName = "moderation_people"
	boundsName = "moderation_bounds"

	reportsName = "moderation_reports"
)

func (c *Core) open(ctx context.Context) error {
	owed := docdb.Index{Name: "owed", Keys: []string{"owed"}}
	bounds := []docdb.Index{
		outbox.Index,
		{Name: "by", Keys: []string{"by", "how", "at"}},
		{Name: "whom", Keys: []string{"whom", "how", "at"}},
		{Name: "slot", Keys: []string{"by", "how", "slot"}, Unique: true},
	}
	return errors.Join(
		open(ctx, c, &c.cases, casesName, "", outbox.Index, owed,
			docdb.Index{Name: "queue", Keys: []string{"queue", "rank", "at"}},
			docdb.Index{Name: "decision", Keys: []string{"decision"}},
			docdb.Index{Name: "decided", Keys: []string{"author", "decided_at"}}),
		open(ctx, c, &c.reports, reportsName, "", outbox.Index, owed,
			docdb.Index{Name: "case", Keys: []string{"case", "at"}}),
		open(ctx, c, &c.people, peopleName, "", outbox.Index),
		open(ctx, c, &c.bans, "moderation_bans", "", owed,
			docdb.Index{Name: "latest", Keys: []string{"at"}},
			docdb.Index{Name: "state", Keys: []string{"state", "at"}},
			docdb.Index{Name: "ends", Keys: []string{"state", "until"}},
			docdb.Index{Name: "open", Keys: []string{"open"}, Unique: true}),
		open(ctx, c, &c.lists, "moderation_lists", "", owed,
			docdb.Index{Name: "list", Keys: []string{"list", "at"}}),
		open(ctx, c, &c.heads, "moderation_heads", ""),
		open(ctx, c, &c.rules, "moderation_rules", "", owed),
		open(ctx, c, &c.counters, "moderation_counters", "expires"),
		open(ctx, c, &c.bounds, boundsName, "", bounds...),
		open(ctx, c, &c.kept, boundsName, "", bounds...),
		open(ctx, c, &c.log, "moderation_log", "",
			docdb.Index{Name: "seq", Keys: []string{"seq"}},
			docdb.Index{Name: "about", Keys: []string{"about", "seq"}},
			docdb.Index{Name: "key", Keys: []string{"key"}, Unique: true}),
	)
}

func open[T any](ctx context.Context, c *Core, to **docdb.Collection[T], name, expiry string, indexes ...docdb.Index) (err error) {
	*to, err = docdb.Open[T](ctx, c.DB, c.Now, docdb.Schema{Name: name, Indexes: indexes, Expiry: expiry})
	return err
}

// Run carries events out until ctx ends.
func (c *Core) Run(ctx context.Context) error {
	var work sync.WaitGroup
	var errs [4]error
	work.Go(func() { errs[0] = c.tellCases.Run(ctx) })
	work.Go(func() { errs[1] = c.tellPeople.Run(ctx) })
	work.Go(func() { errs[2] = c.tellBounds.Run(ctx) })
	work.Go(func() { errs[3] = c.tellReports.Run(ctx) })
	work.Wait()
	return errors.Join(errs[:]...)
}

// internal lets only other parts of the shop pass, in one process as over the
// wire.
func internal(ctx context.Context) error {
	if actor.From(ctx).System == "" {
		return rpc.ErrNoRoute
	}
	return nil
}

// judge is the moderator or operator who asks. A part of the shop is none: what
// is on record was done by somebody.
func judge(ctx context.Context) (actor.Actor, error) {
	a, err := actor.Require(ctx, actor.Moderator, actor.Operator)
	if err == nil && a.User == "" {
		err = actor.ErrForbidden
	}
	return a, err
}

// known returns what the shop knows of users, by id.
func (c *Core) known(ctx context.Context, users ...id.User) (map[id.User]account.Known, error) {
	out := map[id.User]account.Known{}
	var ask []id.User
	for _, u := range users {
		if _, seen := out[u]; !seen && u != "" {
			out[u] = account.Known{}
			ask = append(ask, u)
		}
	}
	clear(out)
	for len(ask) > 0 {
		n := min(len(ask), account.MaxProfiles)
		found, err := c.Account.KnownUsers(actor.AsSystem(ctx, self), account.Users{IDs: ask[:n]})
		if err != nil {
			return nil, fmt.Errorf("people: %w", err)
		}
		for _, k := range found.Items {
			out[k.ID] = k
		}
		ask = ask[n:]
	}
	return out, nil
}

// person returns what the shop knows of somebody, or ErrNoPerson.
func (c *Core) person(ctx context.Context, u id.User) (account.Known, error) {
	all, err := c.known(ctx, u)
	if err != nil {
		return account.Known{}, err
	}
	k, ok := all[u]
	if !ok {
		return account.Known{}, moderation.ErrNoPerson
	}
	return k, nil
}

// errSame ends an update that has nothing to change.
var errSame = errors.New("moderation: nothing to change")

// after is now, or the first instant after one that was, so that what is newer
// also looks it.
func after(now, was time.Time) time.Time {
	if now.After(was) {
		return now
	}
	return was.Add(time.Millisecond)
}
