package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"meadow/media"
	"meadow/services/account"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/platform/rpc"
	"meadow/services/platform/vault"
)

// What the money path asks of the rest of the shop, in the fewest words.

const password = "correct horse"

// desk knows people by name. Two who share a mailbox are one person.
type desk struct {
	account.Service
	began time.Time
}

func user(name string) id.User { return id.User(id.Derive("usr", name)) }

func (d desk) AddressFor(_ context.Context, in account.AddressFor) (account.Snapshot, error) {
	place := account.Place{Name: "Li", Phone: "13800138000", Region: "Shanghai", City: "Shanghai", Line: "1 Nanjing Road"}
	if in.Address == taxedHome {
		place.Region = taxed
	}
	text, err := json.Marshal(place)
	return account.Snapshot{Address: in.Address, Subject: string(in.User), Field: "address", Sealed: string(text), Masked: place}, err
}

func (d desk) Identities(_ context.Context, in account.IdentitiesOf) (account.Identities, error) {
	who := string(in.User)
	if in.User == user("guest") { // another account of Amy's
		who = string(user("amy"))
	}
	return account.Identities{Items: []string{"mail-" + who}}, nil
}

func (d desk) Users(_ context.Context, in account.Users) (page.Page[account.Profile], error) {
	var out page.Page[account.Profile]
	for _, u := range in.IDs {
		out.Items = append(out.Items, account.Profile{ID: u, Name: string(u)})
	}
	return out, nil
}

func (d desk) KnownUsers(_ context.Context, in account.Users) (page.Page[account.Known], error) {
	var out page.Page[account.Known]
	for i, u := range in.IDs {
		out.Items = append(out.Items, account.Known{Profile: account.Profile{ID: u, Name: string(u)}, CreatedAt: d.began.Add(-time.Duration(i) * 24 * time.Hour)})
	}
	return out, nil
}

func (d desk) SetMerchant(context.Context, account.SetMerchant) (rpc.Empty, error) {
	return rpc.Empty{}, nil
}

func (d desk) CheckPassword(_ context.Context, in account.CheckPassword) (rpc.Empty, error) {
	if in.Password != password {
		return rpc.Empty{}, account.ErrCredentials
	}
	return rpc.Empty{}, nil
}

// studio makes links: "creator/product".
type studio struct{ creator.Service }

func link(by id.User, p id.Product) string { return string(by) + "/" + string(p) }

func (studio) OpenLink(_ context.Context, in creator.OpenLink) (creator.Attribution, error) {
	by, product, ok := strings.Cut(in.Link, "/")
	if !ok {
		return creator.Attribution{}, creator.ErrBadLink
	}
	return creator.Attribution{
		Trace: id.Trace(id.Derive("trc", in.Link)), Post: id.Post(id.Derive("pst", in.Link)),
		Creator: id.User(by), Product: id.Product(product), Reward: true,
	}, nil
}

// album has every picture.
type album struct{ media.Service }

func (album) Claim(_ context.Context, in media.ClaimIn) (media.Pictures, error) {
	var out media.Pictures
	for _, i := range in.IDs {
		out.Items = append(out.Items, media.Picture{ID: i, Owner: in.Owner})
	}
	return out, nil
}

func (a album) Pictures(ctx context.Context, in media.PicturesIn) (media.Pictures, error) {
	return a.Claim(ctx, media.ClaimIn{IDs: in.IDs})
}

// open is a vault without a door, for addresses.
type open struct{}

func (open) Open(_ context.Context, _, _ string, s vault.Sealed, _ string) (string, error) {
	return string(s), nil
}
func (open) Blind(field, text string) string { return id.Derive("bld", field, text) }

// Who there is.
var buyers = []string{"amy", "bo", "cai", "dan", "eve", "fei", "gil", "hua", "ivy", "guest"}

const (
	taxed     = "US-CA" // where prices are without tax
	home      = id.Address("adr_home")
	taxedHome = id.Address("adr_taxed")
)

func as(who string, roles ...actor.Role) context.Context {
	return actor.With(context.Background(), actor.Actor{User: user(who), Roles: roles})
}

func inside() context.Context { return actor.AsSystem(context.Background(), "sim") }

func operator() context.Context { return as("olga", actor.Operator) }

func merchantOf(who string) id.Merchant { return id.Merchant(id.Derive("mer", string(user(who)))) }

func selling(who string) context.Context {
	return actor.With(context.Background(), actor.Actor{User: user(who), Roles: []actor.Role{actor.Merchant}, Merchant: merchantOf(who)})
}

func wanted(name string) []picture.Wanted {
	return []picture.Wanted{{ID: id.Media(id.Derive("med", name)), Alt: "it"}}
}

func ask(n int) page.Ask { return page.Ask{Limit: n} }

var _ = fmt.Sprint
