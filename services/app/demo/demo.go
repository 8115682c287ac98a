// Package demo fills an empty shop with an invented world: people, shops,
// goods, posts, talk and orders. It goes in by the front door, through the same
// contracts and as the same people as everybody else, so that whatever it
// leaves behind could have happened.
//
// A world begins some weeks ago, and its clock is moved on as it is filled: what
// was bought then has been delivered, rated and earned by now.
//
// Every step can be repeated: a fill that was cut short goes on where it was.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"meadow/media"
	"meadow/services/account"
	"meadow/services/aftersale"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/creator"
	"meadow/services/fulfil"
	"meadow/services/fulfil/carrier"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/ledger"
	"meadow/services/platform/rpc"
	"meadow/services/promo/bargain"
	"meadow/services/promo/cashback"
	"meadow/services/promo/coupon"
	"meadow/services/promo/flashsale"
	"meadow/services/promo/fullreduction"
	"meadow/services/promo/groupbuy"
	"meadow/services/promo/invite"
	"meadow/services/promo/redpacket"
	"meadow/services/talk"
)

// Shop is the shop that is to be filled; every field is required.
type Shop struct {
	Account  account.Service
	Creator  creator.Service
	Talk     talk.Service
	Catalog  catalog.Service
	Checkout checkout.Service
	Sandbox  sandbox.Service

	Fulfil     fulfil.Service
	AfterSale  aftersale.Service
	Ledger     ledger.Service
	Coupons    coupon.Service
	Reductions fullreduction.Service
	Flashes    flashsale.Service
	Teams      groupbuy.Service
	Bargains   bargain.Service
	Packets    redpacket.Service
	Cashback   cashback.Service
	Invite     invite.Service
	// Carrier is whose boxes Move brings to a place.
	Carrier string
	Move    func(ctx context.Context, tracking string, to carrier.State) error

	// Picture makes a finished picture that belongs to owner; the same bytes for
	// the same owner and purpose are the same picture.
	Picture func(ctx context.Context, owner id.User, purpose media.Purpose, r io.Reader) (id.Media, error)
	Now     clock.Now
	// Behind is how far Now is behind the present, and Skip lets so much time pass.
	Behind func() time.Duration
	Skip   func(time.Duration)
}

// Whoever tries the shop signs in as one of these. Everybody in this world has
// the same password.
const (
	Viewer   = "demo@meadow.example"
	Creator  = "creator@meadow.example"
	Merchant = "merchant@meadow.example"
	Password = "meadow-demo-1"
)

// marker is an account that is made last of all. An edition of the world with
// other texts needs another one.
const marker = "world-1@meadow.example"

// Fill builds the world, or does nothing if it is whole already.
func Fill(ctx context.Context, s Shop, log *slog.Logger) error {
	w, err := load()
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	f := &filling{Shop: s, world: w, log: log, pictures: map[hung]id.Media{}, posts: map[string]id.Post{}, passed: s.Behind() > 0}
	defer f.pass(0) // whatever happens: it is today
	whole, err := f.whole(ctx)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if !whole {
		if err := f.build(ctx); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	log.InfoContext(ctx, "demonstration is ready",
		"viewer", Viewer, "creator", Creator, "merchant", Merchant,
		"everybody_enters_with", Password) // no secret; under its usual name a log would mask it
	return nil
}

// filling is one run of Fill, and what it has found or made so far.
type filling struct {
	Shop
	world    world
	log      *slog.Logger
	people   map[string]*person
	pictures map[hung]id.Media
	products map[string]catalog.Product
	posts    map[string]id.Post
	passed   bool // it began in the past
}

func (f *filling) build(ctx context.Context) error {
	today := func() time.Time { return f.Now().Add(f.Behind()) } // however far the world has got
	began := today()
	f.log.InfoContext(ctx, "demonstration is being built", "people", len(f.world.People),
		"products", len(f.world.Products), "posts", len(f.world.Posts), "orders", len(f.world.Orders))
	for _, stage := range []struct {
		name string
		do   func(context.Context) (int, error)
	}{
		{"people", f.signUp}, {"profiles", f.introduce}, {"shops", f.openShops}, {"products", f.stockShelves},
		{"welcome", f.welcome}, {"weeks", f.live},
		{"posts", f.publishRest}, {"follows", f.follow}, {"reactions", f.react}, {"comments", f.talk},
		{"promotions", f.promote}, {"orders", f.shop}, {"rewards", f.reward}, {"goodbyes", f.leave},
	} {
		n, err := stage.do(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", stage.name, err)
		}
		f.log.InfoContext(ctx, "demonstration stage done", "stage", stage.name, "count", n)
	}
	if err := f.mark(ctx); err != nil {
		return fmt.Errorf("marker: %w", err)
	}
	f.log.InfoContext(ctx, "demonstration was built", "took", today().Sub(began))
	return nil
}

// whole reports whether an earlier run came to its end.
func (f *filling) whole(ctx context.Context) (bool, error) {
	signed, err := f.Account.SignIn(ctx, account.SignIn{Login: marker, Password: Password})
	if errors.Is(err, account.ErrCredentials) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, f.signOut(ctx, signed)
}

func (f *filling) mark(ctx context.Context) error {
	signed, err := f.Account.SignUp(ctx, account.SignUp{Login: marker, Password: Password, Name: "Meadow", Locale: account.English})
	if errors.Is(err, account.ErrTaken) {
		return nil // another process filled the shop at the same time
	}
	if err != nil {
		return err
	}
	return f.signOut(ctx, signed)
}

func (f *filling) signOut(ctx context.Context, s account.Signed) error {
	who, err := f.actor(ctx, s)
	if err != nil {
		return err
	}
	_, err = f.Account.SignOut(who, rpc.Empty{})
	return err
}

// request is the id of the request that makes the thing of this name.
func request(kind, name string) string { return id.Derive("demo", marker, kind, name) }
