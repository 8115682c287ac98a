package couponcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/promo/coupon"
)

// quota is how many of a batch can still be claimed. A claim under way has an
// entry; Left already lacks its coupon.
type quota struct {
	ID      string             `bson:"_id"`
	Left    int64              `bson:"left"`
	Pending int64              `bson:"pending"` // entries of Claims
	Claims  map[string]pending `bson:"claims"`
}

type pending struct {
	Token string    `bson:"token"`
	At    time.Time `bson:"at"`
}

func quotaID(batch string, rev int64) string { return fmt.Sprintf("%s/%d", batch, rev) }

// share is what one person has claimed of a batch, by coupon.
type share struct {
	ID     string          `bson:"_id"`
	N      int64           `bson:"n"`
	Claims map[string]bool `bson:"claims"`
}

func shareID(batch, person string) string { return id.Derive("cps", batch, person) }

// Claim gives the asker a coupon of an open batch.
func (c *Core) Claim(ctx context.Context, in coupon.Claim) (coupon.Coupon, error) {
	b, err := c.batches.Get(ctx, in.Batch)
	if errors.Is(err, docdb.ErrNotFound) || err == nil && (b.State == coupon.Draft || b.CodeKey != "") {
		return coupon.Coupon{}, coupon.ErrNoSuchBatch
	}
	if err != nil {
		return coupon.Coupon{}, err
	}
	return c.claim(ctx, b, in.RequestID)
}

// ClaimCode gives the asker a coupon of the batch with a code.
func (c *Core) ClaimCode(ctx context.Context, in coupon.ClaimCode) (coupon.Coupon, error) {
	user, err := actor.Signed(ctx)
	if err != nil {
		return coupon.Coupon{}, err
	}
	if g, err := c.guesses.Get(ctx, string(user)); err == nil && g.N >= coupon.MostGuesses {
		return coupon.Coupon{}, coupon.ErrGuesses
	}
	found, err := c.batches.Find(ctx, docdb.Query{Index: "code", Equal: []any{codeKey(in.Code)}, Limit: 1})
	if err != nil {
		return coupon.Coupon{}, err
	}
	if len(found.Items) == 0 || found.Items[0].State == coupon.Draft {
		return coupon.Coupon{}, errors.Join(coupon.ErrCode, c.noteGuess(ctx, user))
	}
	return c.claim(ctx, found.Items[0], in.RequestID)
}

// guess counts the wrong codes of an account within an hour of the first.
type guess struct {
	N     int64     `bson:"n"`
	Until time.Time `bson:"until"`
}

func (c *Core) noteGuess(ctx context.Context, user id.User) error {
	_, err := c.guesses.Upsert(ctx, string(user), func(g *guess) error {
		if g.N++; g.N == 1 {
			g.Until = c.Now().Add(time.Hour)
		}
		return nil
	})
	return err
}

// claim stores the claim under an id derived from the request before anything
// is taken, and then goes on with it.
func (c *Core) claim(ctx context.Context, b batch, request string) (coupon.Coupon, error) {
	user, err := actor.Signed(ctx)
	if err != nil {
		return coupon.Coupon{}, err
	}
	name := id.Derive("cpn", b.ID, string(user), request)
	r, err := c.coupons.Get(ctx, name)
	if errors.Is(err, docdb.ErrNotFound) {
		r, err = c.begin(ctx, b, user, name)
	}
	if err != nil {
		return coupon.Coupon{}, err
	}
	if r, err = c.finish(ctx, b, r); err != nil {
		return coupon.Coupon{}, err
	}
	return c.view(r, b), nil
}

// begin stores a claim that may be made as things are.
func (c *Core) begin(ctx context.Context, b batch, user id.User, name string) (record, error) {
	persons, err := c.persons(ctx, user)
	if err != nil {
		return record{}, err
	}
	if no, err := c.refusal(ctx, b, persons); err != nil || no != nil {
		return record{}, errors.Join(err, asError(no))
	}
	now := c.Now()
	r := record{
		ID: name, Batch: b.ID, Rev: b.Rev, Merchant: b.Merchant, User: user, Persons: persons,
		State: claiming, ClaimingAt: now, ClaimedAt: now, ExpiresAt: expiry(b.Terms, now),
	}
	err = c.coupons.Insert(ctx, name, r)
	if errors.Is(err, docdb.ErrExists) {
		return c.coupons.Get(ctx, name)
	}
	return r, err
}

func asError(e *errs.Error) error {
	if e == nil {
		return nil
	}
	return e
}

func expiry(t coupon.Terms, now time.Time) time.Time {
	if t.ValidDays == 0 {
		return t.ValidUntil
	}
	at := now.AddDate(0, 0, int(t.ValidDays))
	if !t.ValidUntil.IsZero() && t.ValidUntil.Before(at) {
		return t.ValidUntil
	}
	return at
}

// persons are who a user is to limits, in the one order that they are asked in.
func (c *Core) persons(ctx context.Context, user id.User) ([]string, error) {
	who, err := c.Account.Identities(actor.AsSystem(ctx, "coupon"), account.IdentitiesOf{User: user})
	if err != nil {
		return nil, err
	}
	all := slices.Clone(who.Items)
	if len(all) == 0 {
		all = []string{string(user)}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// refusal looks, without taking anything, at why persons cannot claim.
func (c *Core) refusal(ctx context.Context, b batch, persons []string) (*errs.Error, error) {
	now := c.Now()
	switch {
	case b.State != coupon.Active, !now.Before(b.ClaimUntil), !b.ValidUntil.IsZero() && !now.Before(b.ValidUntil):
		return coupon.ErrOver, nil
	case now.Before(b.ClaimFrom):
		return coupon.ErrNotBegun, nil
	}
	q, err := c.quotas.Get(ctx, quotaID(b.ID, b.Rev))
	if err != nil {
		return nil, err
	}
	if q.Left <= 0 {
		return coupon.ErrNoneLeft, nil
	}
	if n, err := c.have(ctx, b.ID, persons); err != nil || n >= b.PerPerson {
		return coupon.ErrHave, err
	}
	if b.NewOnly {
		if bought, err := c.bought(ctx, b.Merchant, persons); err != nil || bought {
			return coupon.ErrNewOnly, err
		}
	}
	return nil, nil
}

// have returns how many of a batch persons have claimed.
func (c *Core) have(ctx context.Context, batch string, persons []string) (int64, error) {
	ids := make([]string, len(persons))
	for i, p := range persons {
		ids[i] = shareID(batch, p)
	}
	found, err := c.shares.GetMany(ctx, ids)
	var most int64
	for _, s := range found {
		most = max(most, s.N)
	}
	return most, err
}

// finish takes a claim to its end, from wherever an earlier try left it.
func (c *Core) finish(ctx context.Context, b batch, r record) (record, error) {
	if r.State == claiming {
		for _, p := range r.Persons {
			err := c.takeShare(ctx, b, p, r.ID)
			if errors.Is(err, coupon.ErrHave) {
				return c.drop(ctx, r, coupon.ErrHave)
			}
			if err != nil {
				return r, err
			}
		}
		token, err := c.takePlace(ctx, r)
		if errors.Is(err, coupon.ErrNoneLeft) {
			return c.drop(ctx, r, coupon.ErrNoneLeft)
		}
		if err != nil {
			return r, err
		}
		r, err = c.coupons.Update(ctx, r.ID, func(x *record) error {
			if x.State != claiming {
				return errMoved
			}
			x.State, x.Token, x.ClaimingAt = ready, token, time.Time{}
			x.Shelf, x.SortAt = openShelf, x.ExpiresAt
			return nil
		})
		if err != nil && !errors.Is(err, errMoved) {
			return r, err
		}
		if err := c.settlePlace(ctx, r, token); err != nil {
			return r, err
		}
	}
	if r.State == dropped {
		return r, errors.Join(c.freeShares(ctx, r), refused(r.Why))
	}
	return r, nil
}

func refused(why string) error {
	if why == coupon.ErrNoneLeft.Reason {
		return coupon.ErrNoneLeft
	}
	return coupon.ErrHave
}

// takeShare counts a claim as a person's, once.
func (c *Core) takeShare(ctx context.Context, b batch, person, name string) error {
	home, key := shareID(b.ID, person), "claims."+name
	for try := range 4 {
		_, err := c.shares.UpdateIf(ctx, home,
			[]docdb.Cond{{Field: "n", Op: docdb.Lte, Value: b.PerPerson - 1}, {Field: key, Op: docdb.Absent}},
			[]docdb.Change{{Field: "n", Verb: docdb.Add, Value: int64(1)}, {Field: key, Verb: docdb.Set, Value: true}})
		switch {
		case errors.Is(err, docdb.ErrNotFound):
			err = c.shares.Insert(ctx, home, share{ID: home, N: 1, Claims: map[string]bool{name: true}})
			if errors.Is(err, docdb.ErrExists) {
				continue
			}
			return err
		case !errors.Is(err, docdb.ErrRefused):
			return err
		}
		s, err := c.shares.Get(ctx, home)
		if err != nil {
			return err
		}
		if s.Claims[name] {
			return nil
		}
		if healed, err := c.heal(ctx, s); err != nil || !healed || try == 3 {
			return errors.Join(err, coupon.ErrHave)
		}
	}
	return docdb.ErrBusy
}

// heal takes out of a share the claims that were dropped, which a slow try may
// have left there.
func (c *Core) heal(ctx context.Context, s share) (bool, error) {
	healed := false
	for name := range s.Claims {
		r, err := c.coupons.Get(ctx, name)
		if err != nil || r.State != dropped {
			if err != nil && !errors.Is(err, docdb.ErrNotFound) {
				return healed, err
			}
			continue
		}
		if err := c.freeShare(ctx, s.ID, name); err != nil {
			return healed, err
		}
		healed = true
	}
	return healed, nil
}

func (c *Core) freeShares(ctx context.Context, r record) error {
	for _, p := range r.Persons {
		if err := c.freeShare(ctx, shareID(r.Batch, p), r.ID); err != nil {
			return err
		}
	}
	return nil
}

func (c *Core) freeShare(ctx context.Context, home, name string) error {
	key := "claims." + name
	_, err := c.shares.UpdateIf(ctx, home,
		[]docdb.Cond{{Field: key, Op: docdb.Present}},
		[]docdb.Change{{Field: "n", Verb: docdb.Add, Value: int64(-1)}, {Field: key, Verb: docdb.Remove}})
	if errors.Is(err, docdb.ErrRefused) || errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	return err
}

// takePlace takes a coupon out of the quota and returns the token of its entry:
// a twin's, if that was first.
func (c *Core) takePlace(ctx context.Context, r record) (string, error) {
	home, key, token := quotaID(r.Batch, r.Rev), "claims."+r.ID, id.Secret()
	_, err := c.quotas.UpdateIf(ctx, home,
		[]docdb.Cond{{Field: "left", Op: docdb.Gte, Value: int64(1)}, {Field: key, Op: docdb.Absent}},
		[]docdb.Change{
			{Field: "left", Verb: docdb.Add, Value: int64(-1)},
			{Field: "pending", Verb: docdb.Add, Value: int64(1)},
			{Field: key, Verb: docdb.Set, Value: pending{Token: token, At: c.Now()}},
		})
	if !errors.Is(err, docdb.ErrRefused) {
		return token, err
	}
	q, err := c.quotas.Get(ctx, home)
	if err != nil {
		return "", err
	}
	if p, ok := q.Claims[r.ID]; ok {
		return p.Token, nil
	}
	return "", coupon.ErrNoneLeft
}

// settlePlace takes the entry of a claim that is decided out of the quota: for
// good if the coupon has its token, and else with its place given back.
func (c *Core) settlePlace(ctx context.Context, r record, token string) error {
	key := "claims." + r.ID
	changes := []docdb.Change{{Field: "pending", Verb: docdb.Add, Value: int64(-1)}, {Field: key, Verb: docdb.Remove}}
	if r.Token != token {
		changes = append(changes, docdb.Change{Field: "left", Verb: docdb.Add, Value: int64(1)})
	}
	_, err := c.quotas.UpdateIf(ctx, quotaID(r.Batch, r.Rev), []docdb.Cond{{Field: key + ".token", Op: docdb.Eq, Value: token}}, changes)
	if errors.Is(err, docdb.ErrRefused) {
		return nil
	}
	return err
}

// drop ends a claim that was refused, and gives back what it took. If a twin got
// the coupon meanwhile, that stands.
func (c *Core) drop(ctx context.Context, r record, why *errs.Error) (record, error) {
	r, err := c.coupons.Update(ctx, r.ID, func(x *record) error {
		if x.State != claiming {
			return errMoved
		}
		x.State, x.Why, x.ClaimingAt = dropped, why.Reason, time.Time{}
		return nil
	})
	if err != nil && !errors.Is(err, errMoved) {
		return r, err
	}
	if r.State != dropped {
		return r, nil
	}
	q, err := c.quotas.Get(ctx, quotaID(r.Batch, r.Rev))
	if err != nil {
		return r, err
	}
	if p, ok := q.Claims[r.ID]; ok {
		if err := c.settlePlace(ctx, r, p.Token); err != nil {
			return r, err
		}
	}
	return r, errors.Join(c.freeShares(ctx, r), refused(r.Why))
}

// view is a coupon as its owner sees it now.
func (c *Core) view(r record, b batch) coupon.Coupon {
	v := coupon.Coupon{
		ID: r.ID, Batch: b.ID, Scope: b.Scope, Merchant: b.Merchant, Name: b.Name, Tiers: b.Tiers, Most: b.Most,
		Products: b.Products, Categories: b.Categories, State: coupon.Ready,
		ClaimedAt: r.ClaimedAt, ExpiresAt: r.ExpiresAt, UsedAt: r.UsedAt, ReturnedAt: r.ReturnedAt,
	}
	now := c.Now()
	switch {
	case r.State == used:
		v.State, v.Order = coupon.Used, r.Order
	case r.State == locked && now.Before(r.Until):
		v.State, v.Order = coupon.Locked, r.Order
	case !now.Before(r.ExpiresAt), b.State == coupon.Killed:
		v.State = coupon.Expired
	}
	return v
}
