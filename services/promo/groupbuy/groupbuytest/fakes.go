package groupbuytest

import (
	"context"
	"strings"
	"sync"

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

// Neighbours are the parts of the shop that group buys ask: a catalogue of one
// cup, and people who are called by their ids.
type Neighbours struct {
	mu    sync.Mutex // guards price
	price money.Money
}

// NewNeighbours returns a neighbourhood where a cup costs 99 yuan.
func NewNeighbours() *Neighbours { return &Neighbours{price: money.CNY(9_900)} }

// SetPrice changes what a cup costs everybody.
func (n *Neighbours) SetPrice(m money.Money) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.price = m
}

// Catalog answers as the catalogue, Account as the accounts.
func (n *Neighbours) Catalog() catalog.Service { return shelf{n: n} }
func (n *Neighbours) Account() account.Desk    { return desk{} }

type shelf struct {
	catalog.Service // nil: nothing else is asked
	n               *Neighbours
}

func (s shelf) Price(ctx context.Context, in catalog.PriceSKUs) (catalog.Priced, error) {
	if actor.From(ctx).System == "" {
		return catalog.Priced{}, actor.ErrForbidden
	}
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	if in.SKUs[0] != "sku_cup" {
		return catalog.Priced{}, catalog.ErrNoSuchSKU
	}
	return catalog.Priced{Items: []catalog.PricedSKU{{SKU: "sku_cup", Product: "prd_cup", Merchant: "mer_kiln", Title: "Cup", Price: s.n.price}}}, nil
}

func (shelf) May(ctx context.Context, in catalog.May) (catalog.Allowed, error) {
	if actor.From(ctx).System == "" {
		return catalog.Allowed{}, actor.ErrForbidden
	}
	return catalog.Allowed{Yes: in.User != Clerk.User && in.Duty == catalog.DoCampaigns}, nil
}

type desk struct{ account.Desk } // nil: nothing else is asked

func (desk) Users(ctx context.Context, in account.Users) (page.Page[account.Profile], error) {
	if actor.From(ctx).System == "" {
		return page.Page[account.Profile]{}, actor.ErrForbidden
	}
	out := page.Page[account.Profile]{Items: []account.Profile{}}
	for _, u := range in.IDs {
		out.Items = append(out.Items, account.Profile{ID: u, Name: "林" + string(u), Avatar: id.Media("med_" + u)})
	}
	return out, nil
}

// Identities are an account, and the phone that it shares with others whose ids
// begin alike up to a dot.
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

func ask() page.Ask { return page.Ask{} }
