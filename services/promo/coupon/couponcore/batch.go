package couponcore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
	"meadow/services/promo"
	"meadow/services/promo/coupon"
)

// issuer returns for which shop the asker issues coupons of a scope: "" is the
// platform, which operators act for.
func (c *Core) issuer(ctx context.Context, s promo.Scope) (id.Merchant, error) {
	if s == promo.OfPlatform {
		_, err := actor.Require(ctx, actor.Operator)
		return "", err
	}
	a := actor.From(ctx)
	if a.User == "" {
		return "", actor.ErrNobody
	}
	if a.Merchant == "" {
		return "", actor.ErrForbidden
	}
	yes, err := c.Catalog.May(actor.AsSystem(ctx, "coupon"), catalog.May{User: a.User, Merchant: a.Merchant, Duty: catalog.DoCampaigns})
	if err == nil && !yes.Yes {
		err = actor.ErrForbidden
	}
	return a.Merchant, err
}

// Draft stores a batch under an id derived from the request.
func (c *Core) Draft(ctx context.Context, in coupon.DraftBatch) (coupon.Batch, error) {
	shop, err := c.issuer(ctx, in.Scope)
	if err != nil {
		return coupon.Batch{}, err
	}
	terms, err := c.sound(ctx, in.Scope, in.Terms)
	if err != nil {
		return coupon.Batch{}, err
	}
	now := c.Now()
	b := batch{Batch: coupon.Batch{
		ID: id.Derive("cpb", string(in.Scope), string(shop), in.RequestID), Scope: in.Scope, Merchant: shop,
		Terms: terms, State: coupon.Draft, CreatedAt: now, UpdatedAt: now,
	}, Rev: 1, Request: fingerprint(in.Terms), CodeKey: terms.Code}
	err = c.batches.Insert(ctx, b.ID, b)
	if errors.Is(err, docdb.ErrExists) {
		before, err := c.batches.Get(ctx, b.ID)
		if err == nil && before.Request != b.Request {
			err = rpc.ErrReused
		}
		return before.Batch, err
	}
	return b.Batch, codeFree(err)
}

func fingerprint(t coupon.Terms) string {
	b, err := json.Marshal(t)
	if err != nil {
		panic(err) // a bug in the contract
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// codeFree names the error of a code that another batch has.
func codeFree(err error) error {
	if d, ok := errors.AsType[docdb.Duplicate](err); ok && d.Index == "code" {
		return coupon.ErrCodeTaken.Because(err)
	}
	return err
}

// codeKey is how a code is compared.
func codeKey(s string) string { return strings.ToUpper(strings.Join(strings.Fields(s), "")) }

// sound returns terms as they are kept, or ErrTerms with what is wrong.
func (c *Core) sound(ctx context.Context, s promo.Scope, t coupon.Terms) (coupon.Terms, error) {
	bad := func(field, why string) (coupon.Terms, error) { return t, coupon.ErrTerms.With(field, why) }
	var before int64 = -1
	for i, x := range t.Tiers {
		name := fmt.Sprintf("tiers[%d]", i)
		switch {
		case c.foreign(x.Over) || c.foreign(x.Off):
			return bad(name, "must be in "+c.Currency)
		case x.Over.Amount <= before:
			return bad(name, "must begin above the one before")
		case (x.Off.Amount > 0) == (x.Rate > 0) || x.Off.Amount < 0 || x.Rate < 0 || x.Rate > money.Whole:
			return bad(name, "must take off an amount or a share")
		case x.Over.Amount > 0 && x.Off.Amount > x.Over.Amount:
			return bad(name, "must not take off more than is asked for")
		}
		before = x.Over.Amount
	}
	switch {
	case len(t.Tiers) == 0:
		return bad("tiers", "is required")
	case c.foreign(t.Most) || t.Most.Amount < 0:
		return bad("most", "must be in "+c.Currency)
	case t.Budget.Amount == 0 && slices.ContainsFunc(t.Tiers, func(x promo.Tier) bool { return x.Rate == money.Whole }):
		return bad("budget", "is required of coupons that pay for all")
	case c.foreign(t.Budget) || t.Budget.Amount < 0:
		return bad("budget", "must be in "+c.Currency)
	case !t.ClaimFrom.Before(t.ClaimUntil):
		return bad("claim_until", "must be after its beginning")
	case t.ValidDays == 0 && t.ValidUntil.IsZero():
		return bad("valid_days", "is required")
	case !t.ValidUntil.IsZero() && !t.ClaimFrom.Before(t.ValidUntil):
		return bad("valid_until", "must be after the first claim")
	case t.PerPerson > t.Total:
		return bad("per_person", "must not be above the total")
	}
	if t.Code = codeKey(t.Code); t.Code != "" && len(t.Code) < 6 {
		return bad("code", "must be at least 6 characters")
	}
	switch _, err := actor.Require(ctx, actor.Operator); {
	case s == promo.OfPlatform:
		t.Platform = money.Whole
	case t.Platform != 0 && err != nil:
		return bad("platform", "is the platform's to offer")
	}
	return t, nil
}

func (c *Core) foreign(m money.Money) bool { return m.Currency != c.Currency && m != money.Money{} }

// theirs returns a batch that the asker may see to: the issuer's own, and to an
// operator any.
func (c *Core) theirs(ctx context.Context, name string) (batch, error) {
	b, err := c.batches.Get(ctx, name)
	if errors.Is(err, docdb.ErrNotFound) {
		return b, coupon.ErrNoSuchBatch.Because(err)
	}
	if err != nil {
		return b, err
	}
	if _, err := actor.Require(ctx, actor.Operator); err == nil {
		return b, nil
	}
	shop, err := c.issuer(ctx, b.Scope)
	if errors.Is(err, actor.ErrForbidden) || err == nil && shop != b.Merchant {
		err = coupon.ErrNoSuchBatch
	}
	return b, err
}

// Edit replaces the terms of a draft.
func (c *Core) Edit(ctx context.Context, in coupon.EditBatch) (coupon.Batch, error) {
	b, err := c.theirs(ctx, in.ID)
	if err != nil {
		return coupon.Batch{}, err
	}
	terms, err := c.sound(ctx, b.Scope, in.Terms)
	if err != nil {
		return coupon.Batch{}, err
	}
	b, err = c.batches.Update(ctx, in.ID, func(b *batch) error {
		if b.State != coupon.Draft {
			return coupon.ErrBatchState
		}
		b.Terms, b.CodeKey, b.UpdatedAt = terms, terms.Code, c.Now()
		b.Rev++
		return nil
	})
	return b.Batch, codeFree(err)
}

// Start stores what is counted of the batch, and then lets it be claimed.
func (c *Core) Start(ctx context.Context, in coupon.ByBatch) (coupon.Batch, error) {
	b, err := c.theirs(ctx, in.ID)
	if err != nil {
		return coupon.Batch{}, err
	}
	if !c.Now().Before(b.ClaimUntil) {
		return coupon.Batch{}, coupon.ErrOver
	}
	q := quota{ID: quotaID(b.ID, b.Rev), Left: b.Total, Claims: map[string]pending{}}
	if err := c.quotas.Insert(ctx, q.ID, q); err != nil && !errors.Is(err, docdb.ErrExists) {
		return coupon.Batch{}, err
	}
	for i := range b.purses() {
		p := purse{ID: purseID(b.ID, b.Rev, i), Left: b.Budget.Amount, Locks: map[string]lock{}, Marks: map[string]bool{}}
		if err := c.purses.Insert(ctx, p.ID, p); err != nil && !errors.Is(err, docdb.ErrExists) {
			return coupon.Batch{}, err
		}
	}
	rev := b.Rev
	b, err = c.batches.Update(ctx, in.ID, func(b *batch) error {
		if b.Rev != rev || b.State == coupon.Killed {
			return coupon.ErrBatchState
		}
		b.State, b.UpdatedAt = coupon.Active, c.Now()
		return nil
	})
	return b.Batch, err
}

// Stop ends the claims of a batch.
func (c *Core) Stop(ctx context.Context, in coupon.ByBatch) (coupon.Batch, error) {
	return c.end(ctx, in.ID, coupon.Stopped)
}

// Kill ends the use of its coupons too. Orders that have locked one keep it.
func (c *Core) Kill(ctx context.Context, in coupon.ByBatch) (coupon.Batch, error) {
	return c.end(ctx, in.ID, coupon.Killed)
}

func (c *Core) end(ctx context.Context, name string, to coupon.State) (coupon.Batch, error) {
	if _, err := c.theirs(ctx, name); err != nil {
		return coupon.Batch{}, err
	}
	b, err := c.batches.Update(ctx, name, func(b *batch) error {
		switch {
		case b.State == to:
		case b.State == coupon.Draft, b.State == coupon.Killed:
			return coupon.ErrBatchState
		}
		b.State, b.UpdatedAt = to, c.Now()
		return nil
	})
	if err == nil {
		c.Log.InfoContext(ctx, "coupon batch ended", "batch", name, "state", to, "by", actor.From(ctx).User)
	}
	return b.Batch, err
}

// Batch returns one with what was counted of it.
func (c *Core) Batch(ctx context.Context, in coupon.ByBatch) (coupon.Batch, error) {
	b, err := c.theirs(ctx, in.ID)
	if err != nil {
		return coupon.Batch{}, err
	}
	all, err := c.counted(ctx, []batch{b})
	if err != nil {
		return coupon.Batch{}, err
	}
	return all[0], nil
}

// Batches pages through what the asker's shop has issued.
func (c *Core) Batches(ctx context.Context, in coupon.Batches) (page.Page[coupon.Batch], error) {
	if in.Scope == "" {
		in.Scope = promo.OfMerchant
	}
	shop, err := c.issuer(ctx, in.Scope)
	if err != nil {
		return page.Page[coupon.Batch]{}, err
	}
	found, err := c.batches.Find(ctx, docdb.Query{
		Index: "merchant", Equal: []any{string(shop)}, Descending: true, Limit: in.Size(20, 100), After: in.After,
	})
	if err != nil {
		return page.Page[coupon.Batch]{}, err
	}
	items, err := c.counted(ctx, found.Items)
	return page.Page[coupon.Batch]{Items: items, Next: found.Next}, err
}

// counted fills the counts of batches.
func (c *Core) counted(ctx context.Context, all []batch) ([]coupon.Batch, error) {
	out := make([]coupon.Batch, 0, len(all))
	var quotaIDs, purseIDs []string
	for _, b := range all {
		quotaIDs = append(quotaIDs, quotaID(b.ID, b.Rev))
		for i := range b.purses() {
			purseIDs = append(purseIDs, purseID(b.ID, b.Rev, i))
		}
	}
	quotas, err := c.quotas.GetMany(ctx, quotaIDs)
	if err != nil {
		return nil, err
	}
	purses, err := c.purses.GetMany(ctx, purseIDs)
	if err != nil {
		return nil, err
	}
	for _, b := range all {
		v := b.Batch
		v.Counts = coupon.Counts{Left: b.Total, Spent: money.Money{Currency: c.Currency}}
		if i := slices.IndexFunc(quotas, func(q quota) bool { return q.ID == quotaID(b.ID, b.Rev) }); i >= 0 {
			v.Counts.Left, v.Counts.Claimed = quotas[i].Left, b.Total-quotas[i].Left
		}
		for _, p := range purses {
			if strings.HasPrefix(p.ID, quotaID(b.ID, b.Rev)+"/") {
				v.Counts.Locked += p.Open
				v.Counts.Used += p.Used
				v.Counts.Returned += p.Returned
				v.Counts.Spent.Amount += p.Spent
			}
		}
		out = append(out, v)
	}
	return out, nil
}
