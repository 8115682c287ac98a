package demo

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"meadow/media"
	"meadow/services/account"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/rpc"
)

// atOnce is how many hard things are done at the same time: a password takes a
// processor and much memory, and so does a picture.
const atOnce = 2

// person is somebody of the world who has signed in.
type person struct {
	soul
	ctx     context.Context
	user    id.User
	address id.Address
}

// shop is the one that they keep.
func (p *person) shop() id.Merchant { return actor.From(p.ctx).Merchant }

// signUp brings everybody in.
func (f *filling) signUp(ctx context.Context) (int, error) {
	all := make([]*person, len(f.world.People))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, s := range f.world.People {
		g.Go(func() (err error) {
			all[i], err = f.enter(gctx, s)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return 0, err
	}
	f.people = map[string]*person{}
	for _, p := range all {
		p.ctx = actor.With(ctx, actor.From(p.ctx)) // the group's context has ended
		f.people[p.Key] = p
	}
	return len(all), nil
}

// enter signs somebody up, or in if they are here already.
func (f *filling) enter(ctx context.Context, s soul) (*person, error) {
	signed, err := f.Account.SignUp(ctx, account.SignUp{Login: s.login(), Password: Password, Name: s.Name, Locale: account.Locale(s.Lang)})
	if errors.Is(err, account.ErrTaken) {
		signed, err = f.Account.SignIn(ctx, account.SignIn{Login: s.login(), Password: Password})
	}
	if err != nil {
		return nil, err
	}
	p := &person{soul: s, user: signed.User.ID}
	if p.ctx, err = f.actor(ctx, signed); err != nil {
		return nil, err
	}
	if s.Role == "creator" {
		if _, err := f.Account.BecomeCreator(p.ctx, account.BecomeCreator{AcceptTerms: true}); err != nil {
			return nil, err
		}
		if err := f.refresh(p); err != nil {
			return nil, err
		}
	}
	if s.Home != nil {
		p.address, err = f.address(p)
	}
	return p, err
}

// actor returns a context in which whoever signed in is asking.
func (f *filling) actor(ctx context.Context, s account.Signed) (context.Context, error) {
	a, err := f.Account.Resolve(actor.AsSystem(ctx, "demo"), account.Resolve{Token: s.Token})
	return actor.With(ctx, a), err
}

// refresh gives p the roles they have by now.
func (f *filling) refresh(p *person) error {
	me, err := f.Account.Me(p.ctx, rpc.Empty{})
	if err != nil {
		return err
	}
	a := actor.From(p.ctx)
	a.Roles, a.Merchant = me.Roles, me.Merchant
	p.ctx = actor.With(p.ctx, a)
	return nil
}

func (f *filling) address(p *person) (id.Address, error) {
	have, err := f.Account.Addresses(p.ctx, rpc.Empty{})
	if err != nil {
		return "", err
	}
	if len(have.Items) > 0 {
		return have.Items[0].ID, nil
	}
	a, err := f.Account.AddAddress(p.ctx, account.AddAddress{Place: account.Place(*p.Home), Default: true})
	return a.ID, err
}

// introduce gives everybody a face and a few words.
func (f *filling) introduce(ctx context.Context) (int, error) {
	if err := f.hang(ctx, f.world.faces()); err != nil {
		return 0, err
	}
	for _, s := range f.world.People {
		p := f.people[s.Key]
		face := f.pictures[hung{p.Key, media.ForAvatar, s.Avatar}]
		if _, err := f.Creator.EditProfile(p.ctx, creator.EditProfile{Bio: s.Bio, Avatar: face}); err != nil {
			return 0, err
		}
		if _, err := f.Account.Change(p.ctx, account.Change{Avatar: &face}); err != nil {
			return 0, err
		}
	}
	return len(f.world.People), nil
}

// follow lets people follow others.
func (f *filling) follow(context.Context) (int, error) {
	n := 0
	for _, s := range f.world.People {
		for _, whom := range s.Follows {
			if _, err := f.Creator.Follow(f.people[s.Key].ctx, creator.ByUser{ID: f.people[whom].user}); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

// leave ends the sessions that were begun here.
func (f *filling) leave(context.Context) (int, error) {
	for _, p := range f.people {
		if _, err := f.Account.SignOut(p.ctx, rpc.Empty{}); err != nil {
			return 0, err
		}
	}
	return len(f.people), nil
}
