package catalogcore

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"meadow/services/catalog"
	"meadow/services/fulfil"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

// rating is a stored rating. Uncounted is present until its stars are in its
// product's sum.
type rating struct {
	catalog.Rating `bson:",inline"`
	Request        string `bson:"request"`
	Uncounted      bool   `bson:"uncounted,omitempty"`
}

// ratingSum is a product's sum. Recent names the ratings that were counted not
// long ago, so that none counts twice.
type ratingSum struct {
	ID     id.Product           `bson:"_id"`
	Stars  []int64              `bson:"stars"`
	Recent map[string]time.Time `bson:"recent"`
}

// recently is how long a counted rating is remembered as such: far longer than
// any try to count it lasts.
const recently = time.Hour

// Rate stores a rating under an id derived from what was bought, and then counts
// it; the job counts what a kill left uncounted.
func (c *Core) Rate(ctx context.Context, in catalog.Rate) (catalog.Rating, error) {
	u, err := actor.Signed(ctx)
	if err != nil {
		return catalog.Rating{}, err
	}
	if in.Stars < 1 || in.Stars > 5 {
		return catalog.Rating{}, errs.ErrInvalid.With("stars", "one to five")
	}
	p, err := c.Product(ctx, catalog.ByProduct{ID: in.ID})
	if err != nil {
		return catalog.Rating{}, err
	}
	bought, err := c.bought(ctx, u, in)
	if err != nil {
		return catalog.Rating{}, err
	}
	shown, err := c.pictures(ctx, u, in.Pictures)
	if err != nil {
		return catalog.Rating{}, err
	}
	request := in
	request.RequestID = ""
	r := rating{Uncounted: true, Request: fingerprint([]any{in.RequestID, request}), Rating: catalog.Rating{
		ID:      ratingID(u, in.Order, in.Line),
		Product: p.ID, Merchant: p.Merchant, SKU: bought.SKU, Values: []string{}, User: u,
		Stars: in.Stars, Text: in.Text, Pictures: listed(shown), At: c.Now(),
	}}
	if i := slices.IndexFunc(p.SKUs, func(k catalog.SKU) bool { return k.ID == bought.SKU }); i >= 0 {
		r.Values = listed(p.SKUs[i].Values)
	}
	err = c.ratings.Insert(ctx, r.ID, r)
	if errors.Is(err, docdb.ErrExists) {
		before, err := c.ratings.Get(ctx, r.ID)
		if err == nil && before.Request != r.Request {
			err = catalog.ErrRated
		}
		if err != nil {
			return catalog.Rating{}, err
		}
		r = before
	} else if err != nil {
		return catalog.Rating{}, err
	}
	if err := c.countRating(ctx, r); err != nil {
		return catalog.Rating{}, err
	}
	return c.named(ctx, r.Rating)
}

// ratingID is one for each line that somebody bought.
func ratingID(u id.User, o id.Order, line int) string {
	return id.Derive("rat", string(u), string(o), strconv.Itoa(line))
}

// maxOfMine lines are asked about at once.
const maxOfMine = 100

func (c *Core) MyRatings(ctx context.Context, in catalog.AskMine) (catalog.RatingsOfMine, error) {
	out := catalog.RatingsOfMine{Items: []catalog.RatingOfMine{}}
	u, err := actor.Signed(ctx)
	if err != nil {
		return out, err
	}
	of := strings.Split(in.Of, ",")
	for _, name := range of[:min(len(of), maxOfMine)] {
		order, n, _ := strings.Cut(name, ".")
		line, err := strconv.Atoi(n)
		if err != nil {
			return out, errs.ErrInvalid.With("of", "order.line, with commas between")
		}
		r, err := c.ratings.Get(ctx, ratingID(u, id.Order(order), line))
		if errors.Is(err, docdb.ErrNotFound) {
			continue
		}
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, catalog.RatingOfMine{Order: id.Order(order), Line: line, Rating: r.Rating})
	}
	return out, nil
}

// bought is the line that is rated, if it was bought and received.
func (c *Core) bought(ctx context.Context, u id.User, in catalog.Rate) (fulfil.BoughtLine, error) {
	if c.Bought == nil {
		return fulfil.BoughtLine{}, catalog.ErrNotReceived
	}
	lines, err := c.Deps.Bought.Bought(actor.AsSystem(ctx, "catalog"), fulfil.Bought{User: u, Product: in.ID})
	if err != nil {
		return fulfil.BoughtLine{}, err
	}
	for _, l := range lines.Items {
		if l.Order == in.Order && l.Line == in.Line && !l.ReceivedAt.IsZero() {
			return l, nil
		}
	}
	return fulfil.BoughtLine{}, catalog.ErrNotReceived
}

// countRating adds a rating to its product's sum, once, and then says so.
func (c *Core) countRating(ctx context.Context, r rating) error {
	if !r.Uncounted {
		return nil
	}
	errCounted := errors.New("counted")
	_, err := c.ratingSums.Upsert(ctx, string(r.Product), func(s *ratingSum) error {
		if _, ok := s.Recent[r.ID]; ok {
			return errCounted
		}
		for name, at := range s.Recent {
			if c.Now().Sub(at) > recently {
				delete(s.Recent, name)
			}
		}
		if s.Recent == nil {
			s.Recent = map[string]time.Time{}
		}
		if s.Stars == nil {
			s.Stars = make([]int64, 5)
		}
		s.ID, s.Recent[r.ID] = r.Product, c.Now()
		s.Stars[r.Stars-1]++
		return nil
	})
	if err != nil && !errors.Is(err, errCounted) {
		return err
	}
	_, err = c.ratings.UpdateIf(ctx, r.ID, nil, []docdb.Change{{Field: "uncounted", Verb: docdb.Remove}})
	return err
}

// countRatings counts what was left uncounted.
func (c *Core) countRatings(ctx context.Context) error {
	return walk(ctx, c.ratings, docdb.Query{Index: "uncounted"}, func(r rating) error { return c.countRating(ctx, r) })
}

// ratingOf is what a product's ratings come to.
func (c *Core) ratingOf(ctx context.Context, p id.Product) (catalog.RatingSum, error) {
	s, err := c.ratingSums.Get(ctx, string(p))
	if errors.Is(err, docdb.ErrNotFound) {
		return catalog.RatingSum{}, nil
	}
	var out catalog.RatingSum
	var stars int64
	for i, n := range s.Stars {
		out.Stars[i] = n
		out.Count += n
		stars += n * int64(i+1)
	}
	if out.Count > 0 {
		out.Mean = stars * 100 / out.Count
	}
	return out, err
}

func (c *Core) AnswerRating(ctx context.Context, in catalog.AnswerRating) (catalog.Rating, error) {
	a, err := catalog.Require(ctx, c, catalog.DoOrders)
	if err != nil {
		return catalog.Rating{}, err
	}
	before, err := c.ratings.Get(ctx, in.ID)
	if errors.Is(err, docdb.ErrNotFound) || err == nil && before.Merchant != a.Merchant {
		return catalog.Rating{}, catalog.ErrNoSuchRating
	}
	if err != nil {
		return catalog.Rating{}, err
	}
	r, err := c.ratings.UpdateIf(ctx, in.ID, nil, []docdb.Change{
		{Field: "answer", Verb: docdb.Set, Value: in.Text}, {Field: "answer_at", Verb: docdb.Set, Value: c.Now()},
	})
	if err != nil {
		return catalog.Rating{}, err
	}
	return c.named(ctx, r.Rating)
}

func (c *Core) RatingList(ctx context.Context, in catalog.AskRatings) (page.Page[catalog.Rating], error) {
	q := docdb.Query{Index: "product", Equal: []any{string(in.ID)}, Descending: true, Limit: in.Size(20, 50), After: in.After}
	switch {
	case in.SKU != "":
		q.Index, q.Equal = "product_sku", append(q.Equal, string(in.SKU))
	case in.Stars != 0:
		q.Index, q.Equal = "product_stars", append(q.Equal, int64(in.Stars))
	}
	found, err := c.ratings.Find(ctx, q)
	if err != nil {
		return page.Page[catalog.Rating]{}, err
	}
	out := page.Map(found, func(r rating) catalog.Rating { return r.Rating })
	var users []id.User
	for _, r := range out.Items {
		users = append(users, r.User)
	}
	names, err := c.names(ctx, users)
	for i, r := range out.Items {
		out.Items[i].Name = names[r.User]
	}
	return out, err
}

func (c *Core) named(ctx context.Context, r catalog.Rating) (catalog.Rating, error) {
	names, err := c.names(ctx, []id.User{r.User})
	r.Name = names[r.User]
	return r, err
}
