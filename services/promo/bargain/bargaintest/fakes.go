package bargaintest

import (
	"context"
	"strings"
	"sync"
	"time"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
)

// Keeper runs the campaigns of a shop, Other those of another one, and Operator
// runs the platform.
var (
	Keeper   = actor.Actor{User: "usr_keeper", Merchant: "mer_kiln", Roles: []actor.Role{actor.Merchant}}
	Clerk    = actor.Actor{User: "usr_clerk", Merchant: "mer_kiln", Roles: []actor.Role{actor.Merchant}} // may do nothing with campaigns
	Other    = actor.Actor{User: "usr_other", Merchant: "mer_mill", Roles: []actor.Role{actor.Merchant}}
	Operator = actor.Actor{User: "usr_operator", Roles: []actor.Role{actor.Operator}}
)

// NoLogin begins the ids of accounts that no phone or address belongs to.
const NoLogin = "usr_nologin"

// Neighbours are the parts of the shop that bargains ask: a catalogue of one cup
// at 99 yuan, and people who are called by their ids and have been here long.
type Neighbours struct {
	mu        sync.Mutex // guards all below
	made      map[id.User]time.Time
	suspended map[id.User]bool
}

// NewNeighbours returns a neighbourhood.
func NewNeighbours() *Neighbours {
	return &Neighbours{made: map[id.User]time.Time{}, suspended: map[id.User]bool{}}
}

// SetMade says when an account was made.
func (n *Neighbours) SetMade(u id.User, at time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.made[u] = at
}

// Suspend suspends somebody.
func (n *Neighbours) Suspend(u id.User) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.suspended[u] = true
}

// Catalog answers as the catalogue, Account as the accounts.
func (n *Neighbours) Catalog() catalog.Service { return shelf{} }
func (n *Neighbours) Account() account.Desk    { return desk{n: n} }

type shelf struct{ catalog.Service } // nil: nothing else is asked

func (shelf) Price(ctx context.Context, in catalog.PriceSKUs) (catalog.Priced, error) {
	if actor.From(ctx).System == "" {
		return catalog.Priced{}, actor.ErrForbidden
	}
	if in.SKUs[0] != "sku_cup" {
		return catalog.Priced{}, catalog.ErrNoSuchSKU
	}
	return catalog.Priced{Items: []catalog.PricedSKU{{SKU: "sku_cup", Product: "prd_cup", Merchant: "mer_kiln", Title: "Cup", Price: money.CNY(9_900)}}}, nil
}

func (shelf) May(ctx context.Context, in catalog.May) (catalog.Allowed, error) {
	if actor.From(ctx).System == "" {
		return catalog.Allowed{}, actor.ErrForbidden
	}
	return catalog.Allowed{Yes: in.User != Clerk.User && in.Duty == catalog.DoCampaigns}, nil
}

type desk struct {
	account.Desk // nil: nothing else is asked
	n            *Neighbours
}

func (d desk) Users(ctx context.Context, in account.Users) (page.Page[account.Profile], error) {
	known, err := d.KnownUsers(ctx, in)
	return page.Map(known, func(k account.Known) account.Profile { return k.Profile }), err
}

func (d desk) KnownUsers(ctx context.Context, in account.Users) (page.Page[account.Known], error) {
	out := page.Page[account.Known]{}
	if actor.From(ctx).System == "" {
		return out, actor.ErrForbidden
	}
	d.n.mu.Lock()
	defer d.n.mu.Unlock()
	for _, u := range in.IDs {
		out.Items = append(out.Items, account.Known{
			Profile:   account.Profile{ID: u, Name: "林" + string(u), Avatar: id.Media("med_" + u)},
			CreatedAt: d.n.made[u], Suspended: d.n.suspended[u],
		})
	}
	return out, nil
}

// Identities are a phone, which an account shares with others whose ids begin
// alike up to a dot.
func (desk) Identities(ctx context.Context, in account.IdentitiesOf) (account.Identities, error) {
	if actor.From(ctx).System == "" {
		return account.Identities{}, actor.ErrForbidden
	}
	if strings.HasPrefix(string(in.User), NoLogin) {
		return account.Identities{}, nil
	}
	phone, _, _ := strings.Cut(string(in.User), ".")
	return account.Identities{Items: []string{"phone " + phone}}, nil
}
