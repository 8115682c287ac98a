package creatorcore

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// showcase is a creator's shelf, in their order. It is one document: its limit
// and its order are decided in one write.
type showcase struct {
	Owner id.User   `bson:"_id"`
	Items []onShelf `bson:"items"`
}

// onShelf is a product on a shelf. Title is of when it was put there, for when
// the catalogue does not answer.
type onShelf struct {
	Product id.Product `bson:"product"`
	Title   string     `bson:"title"`
	Note    string     `bson:"note"`
	At      time.Time  `bson:"at"`
}

const maxNote = 100

func (s showcase) find(p id.Product) int {
	return slices.IndexFunc(s.Items, func(x onShelf) bool { return x.Product == p })
}

// shelfOf returns a user's showcase; one who has none has an empty one.
func (c *Core) shelfOf(ctx context.Context, owner id.User) (showcase, error) {
	s, err := c.people.showcases.Get(ctx, string(owner))
	if errors.Is(err, docdb.ErrNotFound) {
		return showcase{Owner: owner}, nil
	}
	if err != nil {
		return s, fmt.Errorf("showcase: %w", err)
	}
	return s, nil
}

// keeper is the creator who asks: nobody else has a showcase.
func keeper(ctx context.Context) (id.User, error) {
	if _, err := actor.Require(ctx, actor.Creator); err != nil {
		return "", err
	}
	return actor.Signed(ctx)
}

// Show puts a product at the top of the caller's shelf, or changes its note
// where it stands.
func (c *Core) Show(ctx context.Context, in creator.Show) (creator.Showcased, error) {
	me, err := keeper(ctx)
	if err != nil {
		return creator.Showcased{}, err
	}
	note, err := line("note", oneLine(in.Note), 0, maxNote)
	if err != nil {
		return creator.Showcased{}, err
	}
	if _, err := c.profile(ctx, me); err != nil {
		return creator.Showcased{}, err
	}
	found, err := c.products(ctx, []id.Product{in.Product})
	if err != nil {
		return creator.Showcased{}, err
	}
	sold, ok := found[in.Product]
	listed, now := ok && sold.State == catalog.Listed, c.Now()
	s, err := c.people.showcases.Upsert(ctx, string(me), func(s *showcase) error {
		s.Owner = me
		at := s.find(in.Product)
		switch {
		case at >= 0:
			s.Items[at].Note = note
			return nil
		case !listed:
			return creator.ErrNoTagged.With("product", "is not on sale")
		case len(s.Items) >= creator.MaxShowcase:
			return creator.ErrShowcaseFull
		}
		s.Items = slices.Insert(s.Items, 0, onShelf{Product: in.Product, Title: sold.Title, Note: note, At: now})
		return nil
	})
	if err != nil {
		return creator.Showcased{}, fmt.Errorf("show: %w", err)
	}
	at := s.find(in.Product)
	if at < 0 {
		return creator.Showcased{}, creator.ErrNoTagged // cannot be: it was just put there
	}
	return c.showcased(me, s.Items[at], found, true, now), nil
}

// Hide takes a product off the caller's shelf.
func (c *Core) Hide(ctx context.Context, in creator.Hide) (rpc.Empty, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return rpc.Empty{}, err
	}
	return rpc.Empty{}, c.rearrange(ctx, me, func(items []onShelf) []onShelf {
		return slices.DeleteFunc(items, func(x onShelf) bool { return x.Product == in.Product })
	})
}

// ArrangeShowcase puts these products first, in this order, and passes over
// those that are not on the shelf.
func (c *Core) ArrangeShowcase(ctx context.Context, in creator.ArrangeShowcase) (rpc.Empty, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return rpc.Empty{}, err
	}
	if len(in.Products) > creator.MaxShowcase {
		return rpc.Empty{}, errs.ErrInvalid.With("products", fmt.Sprintf("must be at most %d items", creator.MaxShowcase))
	}
	place := make(map[id.Product]int, len(in.Products))
	for i, p := range unique(in.Products) {
		place[p] = i
	}
	at := func(x onShelf) int {
		if i, ok := place[x.Product]; ok {
			return i
		}
		return len(place)
	}
	return rpc.Empty{}, c.rearrange(ctx, me, func(items []onShelf) []onShelf {
		slices.SortStableFunc(items, func(a, b onShelf) int { return at(a) - at(b) })
		return items
	})
}

// rearrange changes a shelf, if there is one.
func (c *Core) rearrange(ctx context.Context, owner id.User, change func([]onShelf) []onShelf) error {
	_, err := c.people.showcases.Update(ctx, string(owner), func(s *showcase) error {
		s.Items = change(s.Items)
		return nil
	})
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return fmt.Errorf("showcase: %w", err)
	}
	return nil
}

// Showcase pages through a creator's shelf, in their order.
func (c *Core) Showcase(ctx context.Context, in creator.Follows) (page.Page[creator.Showcased], error) {
	out := page.Page[creator.Showcased]{Items: []creator.Showcased{}}
	if _, err := c.met(ctx, in.ID); err != nil {
		return out, err
	}
	s, err := c.shelfOf(ctx, in.ID)
	if err != nil {
		return out, err
	}
	from, err := s.after(in.After)
	if err != nil {
		return out, err
	}
	to := min(from+in.Size(usualPage, mostPage), len(s.Items))
	ids := make([]id.Product, 0, to-from)
	for _, x := range s.Items[from:to] {
		ids = append(ids, x.Product)
	}
	products, err := c.products(ctx, ids)
	if err != nil {
		c.Log.WarnContext(ctx, "a showcase is shown without the catalogue", "owner", in.ID, "err", err)
	}
	ad, err := c.earns(ctx, in.ID)
	if err != nil {
		c.Log.WarnContext(ctx, "a showcase is labelled without asking for its owner's role", "owner", in.ID, "err", err)
		ad = true
	}
	now := c.Now()
	for _, x := range s.Items[from:to] {
		out.Items = append(out.Items, c.showcased(in.ID, x, products, ad, now))
	}
	if to < len(s.Items) {
		out.Next = shelfCursor(to, s.Items[to-1].Product)
	}
	return out, nil
}

// showcased is a product on a shelf with the catalogue's facts as they are now.
func (c *Core) showcased(owner id.User, x onShelf, products map[id.Product]catalog.Product, ad bool, at time.Time) creator.Showcased {
	out := creator.Showcased{Product: x.Product, Title: x.Title, Note: x.Note, Ad: ad, Link: c.shelfLink(owner, x.Product, at)}
	sold, ok := products[x.Product]
	if !ok {
		return out
	}
	offer := choiceOf(sold)
	out.Title, out.Cover, out.Sold = sold.Title, cover(sold), sold.Sold
	out.Price, out.Available, out.OnSale = offer.price, offer.available, offer.onSale()
	return out
}

// A cursor of a shelf names the product it stands behind, and how many were
// read: where the product has left meanwhile, the number has to do.
func shelfCursor(read int, last id.Product) page.Cursor {
	return page.Cursor(base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(read) + "." + string(last))))
}

// after is where a page begins.
func (s showcase) after(at page.Cursor) (int, error) {
	if at == "" {
		return 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(string(at))
	if err != nil {
		return 0, page.ErrCursor.Because(err)
	}
	count, last, _ := strings.Cut(string(text), ".")
	read, err := strconv.Atoi(count)
	if err != nil || read < 0 || last == "" {
		return 0, page.ErrCursor.Because(err)
	}
	if i := s.find(id.Product(last)); i >= 0 {
		return i + 1, nil
	}
	return min(max(read-1, 0), len(s.Items)), nil
}

// shelfTrace is the chain that begins at a showcase.
func shelfTrace(owner id.User) id.Trace { return id.Trace(id.Derive("trc", "showcase", string(owner))) }

// openShelfLink says what a link from a showcase proves for as long as the
// product stands there: it earns while its owner is a creator.
func (c *Core) openShelfLink(ctx context.Context, a creator.Attribution) (creator.Attribution, error) {
	s, err := c.shelfOf(ctx, a.Creator)
	if err != nil {
		return creator.Attribution{}, err
	}
	if s.find(a.Product) < 0 {
		return creator.Attribution{}, creator.ErrBadLink.Because(errors.New("no longer on the shelf"))
	}
	a.Post, a.Trace = "", shelfTrace(a.Creator)
	a.Reward, err = c.earns(ctx, a.Creator)
	return a, err
}
