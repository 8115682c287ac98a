package creatortest

import (
	"context"
	"sync"

	"meadow/media"
	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
)

// Neighbours stand in for the parts of the shop that creators ask, where a test
// is of creators alone.
type Neighbours struct {
	Now clock.Now

	mu       sync.Mutex // guards all below
	people   map[id.User]account.Profile
	roles    map[id.User][]actor.Role
	pictures map[id.Media]media.Picture
	videos   map[id.Media]filmed
	claimed  map[id.Media]bool
	goods    map[id.Product]catalog.Product
	verdicts map[string]moderation.Verdict // by a word of the text
	shields  map[id.User]moderation.Shield
	bounds   map[id.User][]moderation.Bound
	checked  []moderation.Check
}

// NewNeighbours returns an empty neighbourhood.
func NewNeighbours(now clock.Now) *Neighbours {
	return &Neighbours{
		Now: now, people: map[id.User]account.Profile{}, roles: map[id.User][]actor.Role{}, pictures: map[id.Media]media.Picture{},
		videos: map[id.Media]filmed{}, claimed: map[id.Media]bool{}, goods: map[id.Product]catalog.Product{},
		verdicts: map[string]moderation.Verdict{}, shields: map[id.User]moderation.Shield{},
		bounds: map[id.User][]moderation.Bound{},
	}
}

// AddUser makes an account.
func (n *Neighbours) AddUser(name string, roles ...actor.Role) actor.Actor {
	n.mu.Lock()
	defer n.mu.Unlock()
	u := id.User(id.New("usr", n.Now()))
	n.people[u] = account.Profile{ID: u, Name: name}
	n.roles[u] = append([]actor.Role{actor.Viewer}, roles...)
	return actor.Actor{User: u, Roles: n.roles[u]}
}

// Demote takes all roles of somebody but a viewer's.
func (n *Neighbours) Demote(u id.User) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.roles[u] = []actor.Role{actor.Viewer}
}

// AddPicture makes a finished picture.
func (n *Neighbours) AddPicture(owner id.User) id.Media {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := id.Media(id.New("med", n.Now()))
	p := media.Picture{ID: m, Owner: owner, Purpose: media.ForPost, Width: 1280, Height: 960, ThumbHash: "aGFzaA=="}
	for _, name := range []media.Name{media.Thumb, media.Card, media.Full} {
		p.Renditions = append(p.Renditions, media.Rendition{Name: name, Type: "image/jpeg", Bytes: 1000, URL: media.PicturePath + string(m) + "/" + string(name)})
	}
	n.pictures[m] = p
	return m
}

// AddProduct puts a product of one SKU on sale.
func (n *Neighbours) AddProduct(title string, price money.Money, units int64) catalog.Product {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.Now()
	p := catalog.Product{
		ID: id.Product(id.New("prd", now)), Merchant: "mer_1", Title: title, Category: "beauty", State: catalog.Listed, UpdatedAt: now,
		SKUs: []catalog.SKU{{ID: id.SKU(id.New("sku", now)), Price: price, Available: units}},
	}
	n.goods[p.ID] = p
	return p
}

// Change changes a product and returns it.
func (n *Neighbours) Change(product id.Product, change func(*catalog.Product)) catalog.Product {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.goods[product]
	p.SKUs = append([]catalog.SKU(nil), p.SKUs...)
	change(&p)
	n.goods[product] = p
	return p
}

// Account answers as account.Desk, Media as media.Service, Catalog as
// catalog.Service and Moderation as moderation.Service. They refuse whoever is not a part of the shop.
func (n *Neighbours) Account() account.Desk          { return desk{Neighbours: n} }
func (n *Neighbours) Media() media.Service           { return studio{n} }
func (n *Neighbours) Catalog() catalog.Service       { return shelf{Neighbours: n} }
func (n *Neighbours) Moderation() moderation.Service { return bench{Neighbours: n} }

type desk struct {
	account.Desk // nil: nothing else is asked
	*Neighbours
}

func (d desk) Users(ctx context.Context, in account.Users) (page.Page[account.Profile], error) {
	if err := inShop(ctx); err != nil {
		return page.Page[account.Profile]{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	out := page.Page[account.Profile]{Items: []account.Profile{}}
	for _, u := range in.IDs {
		if p, ok := d.people[u]; ok {
			out.Items = append(out.Items, p)
		}
	}
	return out, nil
}

func (d desk) KnownUsers(ctx context.Context, in account.Users) (page.Page[account.Known], error) {
	found, err := d.Users(ctx, in)
	d.mu.Lock()
	defer d.mu.Unlock()
	return page.Map(found, func(p account.Profile) account.Known {
		return account.Known{Profile: p, Roles: d.roles[p.ID]}
	}), err
}

type shelf struct {
	catalog.Service // nil: nothing else is asked
	*Neighbours
}

func (s shelf) ProductsByID(ctx context.Context, in catalog.ProductsByID) (catalog.ProductList, error) {
	if err := inShop(ctx); err != nil {
		return catalog.ProductList{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := catalog.ProductList{Items: []catalog.Product{}}
	for _, p := range in.IDs {
		if found, ok := s.goods[p]; ok {
			out.Items = append(out.Items, found)
		}
	}
	return out, nil
}

// Products pages by id, in one page.
func (s shelf) Products(_ context.Context, _ catalog.Products) (page.Page[catalog.Product], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := page.Page[catalog.Product]{Items: []catalog.Product{}}
	for _, p := range s.goods {
		if p.State == catalog.Listed {
			out.Items = append(out.Items, p)
		}
	}
	return out, nil
}

func inShop(ctx context.Context) error {
	if actor.From(ctx).System == "" {
		return actor.ErrForbidden
	}
	return nil
}
