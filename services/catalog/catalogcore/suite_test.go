package catalogcore

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"meadow/media"
	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/catalog/catalogtest"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
	"meadow/services/platform/web"
)

// people is an account desk that knows whoever it is asked about.
type people struct{ account.Desk }

func (people) SetMerchant(context.Context, account.SetMerchant) (rpc.Empty, error) {
	return rpc.Empty{}, nil
}

func (people) Users(_ context.Context, in account.Users) (page.Page[account.Profile], error) {
	var out page.Page[account.Profile]
	for _, u := range in.IDs {
		if u != "usr_nobody" {
			out.Items = append(out.Items, account.Profile{ID: u, Name: "Name of " + string(u)})
		}
	}
	return out, nil
}

// album keeps pictures, and who has them.
type album struct {
	media.Service
	owners sync.Map
	claims atomic.Int64
}

func (a *album) add(owner id.User) id.Media {
	m := id.Media("med_" + id.Secret())
	a.owners.Store(m, owner)
	return m
}

func (a *album) Pictures(_ context.Context, in media.PicturesIn) (media.Pictures, error) {
	var out media.Pictures
	for _, m := range in.IDs {
		if owner, ok := a.owners.Load(m); ok {
			out.Items = append(out.Items, media.Picture{ID: m, Owner: owner.(id.User), Renditions: []media.Rendition{{Name: media.Card, URL: "/" + string(m)}}})
		}
	}
	return out, nil
}

func (a *album) Claim(ctx context.Context, in media.ClaimIn) (media.Pictures, error) {
	a.claims.Add(1)
	out, err := a.Pictures(ctx, media.PicturesIn{IDs: in.IDs})
	for _, p := range out.Items {
		if p.Owner != in.Owner {
			return media.Pictures{}, media.ErrNotOwner
		}
	}
	return out, err
}

// newShop is the catalogue with people and pictures around it.
func newShop(t *testing.T) (*warehouse, *album, catalogtest.Shop) {
	t.Helper()
	w, done := newWarehouse(t, t.Context())
	t.Cleanup(done)
	pictures := &album{}
	w.Account, w.Media = people{}, pictures
	return w, pictures, catalogtest.Shop{
		Catalog: w.Core,
		Merchant: func(t *testing.T, name string) actor.Actor {
			u := id.User("usr_" + name + id.Secret()[:6])
			m, err := w.OpenShop(actor.With(t.Context(), actor.Actor{User: u}), catalog.OpenShop{Name: name})
			if err != nil {
				t.Fatal(err)
			}
			return actor.Actor{User: u, Merchant: m.ID, Roles: []actor.Role{actor.Viewer, actor.Merchant}}
		},
		Picture: func(_ *testing.T, owner id.User) id.Media { return pictures.add(owner) },
	}
}

// TestTheSuiteHoldsInAnotherProcess runs it over the wire, so that each route is
// asked too.
func TestTheSuiteHoldsInAnotherProcess(t *testing.T) {
	t.Parallel()
	w, _, shop := newShop(t)
	shop.Catalog = served(t, w)
	t.Run("all", func(t *testing.T) { catalogtest.Run(t, shop) })
}

// served returns the catalogue as it is seen from another process.
func served(t *testing.T, w *warehouse) catalog.Service {
	t.Helper()
	signer := rpc.Signer{Key: []byte("the secret of both processes"), Now: w.clock.Now}
	server := web.New(web.Default(), web.Deps{Log: w.Log, Now: w.clock.Now, Signer: &signer})
	catalog.Mount(server, w.Core)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, ln) }()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return catalog.Client{Peer: &rpc.Peer{URL: "http://" + ln.Addr().String(), HTTP: client, Signer: signer}}
}
