package catalogcore

import (
	"context"
	"errors"
	"slices"
	"strings"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// May reports whether a user may do something for a shop. Without a duty it
// reports whether they work there at all.
func (c *Core) May(ctx context.Context, in catalog.May) (catalog.Allowed, error) {
	duties, err := c.duties(ctx, in.User, in.Merchant)
	if err != nil {
		return catalog.Allowed{}, err
	}
	return catalog.Allowed{Yes: len(duties) > 0 && (in.Duty == "" || slices.Contains(duties, in.Duty))}, nil
}

// duties is all that a user may do for a shop; nothing if they do not work there.
func (c *Core) duties(ctx context.Context, u id.User, m id.Merchant) ([]catalog.Duty, error) {
	if u == "" || m == "" {
		return nil, nil
	}
	shop, err := c.merchants.Get(ctx, string(m))
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case shop.Owner == u:
		return catalog.Duties(), nil
	}
	found, err := c.staff.Find(ctx, docdb.Query{Index: "merchant_user", Equal: []any{string(m), string(u)}, Limit: 1})
	if err != nil || len(found.Items) == 0 || found.Items[0].State != catalog.Active {
		return nil, err
	}
	return found.Items[0].Duties, nil
}

// manages returns who asks, if they keep the staff and hold each of duties
// themselves.
func (c *Core) manages(ctx context.Context, duties []catalog.Duty) (actor.Actor, error) {
	a, err := catalog.Require(ctx, c, catalog.DoStaff)
	if err != nil {
		return a, err
	}
	have, err := c.duties(ctx, a.User, a.Merchant)
	if err != nil {
		return a, err
	}
	for _, d := range duties {
		if !slices.Contains(catalog.Duties(), d) {
			return a, errs.ErrInvalid.With("duties", "must be known")
		}
		if !slices.Contains(have, d) {
			return a, catalog.ErrNoDuty.With("duty", string(d))
		}
	}
	return a, nil
}

// InviteStaff stores the invitation under an id derived from the request; a
// unique index keeps somebody from being on the staff twice.
func (c *Core) InviteStaff(ctx context.Context, in catalog.InviteStaff) (catalog.Member, error) {
	a, err := c.manages(ctx, in.Duties)
	if err != nil {
		return catalog.Member{}, err
	}
	if (in.User == "") == (in.Login == "") {
		return catalog.Member{}, errs.ErrInvalid.With("user", "either an account or a login")
	}
	m := catalog.Member{
		ID: id.Derive("stf", string(a.Merchant), in.RequestID), Merchant: a.Merchant, User: in.User,
		Duties: once(in.Duties), State: catalog.Invited, InvitedBy: a.User, InvitedAt: c.Now(),
	}
	if in.Login != "" {
		m.Hint, m.Code = masked(in.Login), id.Secret()
	} else if err := c.mayJoin(ctx, in.User, a.Merchant); err != nil {
		return catalog.Member{}, err
	}
	err = c.staff.Insert(ctx, m.ID, m)
	if errors.Is(err, docdb.ErrExists) {
		before, err := c.staff.Get(ctx, m.ID)
		if err == nil && (before.Hint != m.Hint || m.User != "" && before.User != m.User) {
			err = rpc.ErrReused
		}
		return before, err
	}
	if _, taken := errors.AsType[docdb.Duplicate](err); taken {
		return catalog.Member{}, catalog.ErrOnStaff.Because(err)
	}
	return m, err
}

// mayJoin refuses an account that does not exist, and the shop's owner.
func (c *Core) mayJoin(ctx context.Context, u id.User, m id.Merchant) error {
	shop, err := c.merchants.Get(ctx, string(m))
	if err != nil {
		return err
	}
	if shop.Owner == u {
		return catalog.ErrOnStaff
	}
	known, err := c.Account.Users(actor.AsSystem(ctx, "catalog"), account.Users{IDs: []id.User{u}})
	if err != nil {
		return err
	}
	if len(known.Items) == 0 {
		return account.ErrNoSuchUser
	}
	return nil
}

// AcceptInvite makes an invitation a part in the shop, in one write of it.
func (c *Core) AcceptInvite(ctx context.Context, in catalog.AcceptInvite) (catalog.Member, error) {
	u, err := actor.Signed(ctx)
	if err != nil {
		return catalog.Member{}, err
	}
	before, err := c.staff.Get(ctx, in.ID)
	if errors.Is(err, docdb.ErrNotFound) {
		return catalog.Member{}, catalog.ErrBadInvite.Because(err)
	}
	if err != nil {
		return catalog.Member{}, err
	}
	if err := c.mayJoin(ctx, u, before.Merchant); err != nil {
		return catalog.Member{}, err
	}
	m, err := c.staff.Update(ctx, in.ID, func(m *catalog.Member) error {
		switch {
		case m.State == catalog.Active && m.User == u:
			return nil
		case m.State != catalog.Invited, c.Now().After(m.InvitedAt.Add(catalog.InviteTTL)):
			return catalog.ErrBadInvite
		case m.User != "" && m.User != u, m.User == "" && (m.Code == "" || m.Code != in.Code):
			return catalog.ErrBadInvite
		}
		m.User, m.State, m.Code = u, catalog.Active, ""
		return nil
	})
	switch _, taken := errors.AsType[docdb.Duplicate](err); {
	case taken:
		return catalog.Member{}, catalog.ErrOnStaff.Because(err)
	case errors.Is(err, docdb.ErrNotFound):
		return catalog.Member{}, catalog.ErrBadInvite.Because(err)
	case err != nil:
		return catalog.Member{}, err
	}
	return m, nil
}

func (c *Core) StaffList(ctx context.Context, in catalog.StaffAsk) (page.Page[catalog.Member], error) {
	a, err := catalog.Require(ctx, c, catalog.DoStaff)
	if err != nil {
		return page.Page[catalog.Member]{}, err
	}
	out, err := c.staff.Find(ctx, docdb.Query{Index: "merchant", Equal: []any{string(a.Merchant)}, Limit: in.Size(50, 100), After: in.After})
	if err != nil {
		return out, err
	}
	var users []id.User
	for _, m := range out.Items {
		if m.User != "" {
			users = append(users, m.User)
		}
	}
	names, err := c.names(ctx, users)
	for i, m := range out.Items {
		out.Items[i].Name = names[m.User]
	}
	return out, err
}

// ChangeStaff gives somebody other duties, those they had included: whoever
// changes them must hold both.
func (c *Core) ChangeStaff(ctx context.Context, in catalog.ChangeStaff) (catalog.Member, error) {
	before, err := c.member(ctx, in.ID)
	if err != nil {
		return before, err
	}
	a, err := c.manages(ctx, slices.Concat(in.Duties, before.Duties))
	if err != nil {
		return catalog.Member{}, err
	}
	if before.User == a.User {
		return catalog.Member{}, catalog.ErrNoDuty.With("duty", "one's own")
	}
	m, err := c.staff.Update(ctx, in.ID, func(m *catalog.Member) error {
		if !slices.Equal(m.Duties, before.Duties) {
			return docdb.ErrBusy // somebody changed them since they were compared
		}
		m.Duties = once(in.Duties)
		return nil
	})
	if errors.Is(err, docdb.ErrNotFound) {
		return catalog.Member{}, catalog.ErrNoSuchMember.Because(err)
	}
	return m, err
}

func (c *Core) RemoveStaff(ctx context.Context, in catalog.ByMember) (rpc.Empty, error) {
	u, err := actor.Signed(ctx)
	if err != nil {
		return rpc.Empty{}, err
	}
	m, err := c.staff.Get(ctx, in.ID)
	if errors.Is(err, docdb.ErrNotFound) {
		return rpc.Empty{}, catalog.ErrNoSuchMember.Because(err)
	}
	if err != nil {
		return rpc.Empty{}, err
	}
	if m.User != u { // not one's own part
		if m, err = c.member(ctx, in.ID); err != nil {
			return rpc.Empty{}, err
		}
		if _, err := c.manages(ctx, m.Duties); err != nil {
			return rpc.Empty{}, err
		}
	}
	err = c.staff.DeleteIf(ctx, in.ID, func(x catalog.Member) bool {
		return x.User == m.User && slices.Equal(x.Duties, m.Duties)
	})
	switch {
	case errors.Is(err, docdb.ErrNotFound): // a twin did it
		return rpc.Empty{}, nil
	case errors.Is(err, docdb.ErrConflict):
		return rpc.Empty{}, docdb.ErrBusy.Because(err)
	}
	return rpc.Empty{}, err
}

// member returns one of the staff of the shop that the caller acts for.
func (c *Core) member(ctx context.Context, member string) (catalog.Member, error) {
	a, err := actor.Require(ctx, actor.Merchant)
	if err != nil {
		return catalog.Member{}, err
	}
	m, err := c.staff.Get(ctx, member)
	if errors.Is(err, docdb.ErrNotFound) || err == nil && m.Merchant != a.Merchant {
		return catalog.Member{}, catalog.ErrNoSuchMember
	}
	return m, err
}

func (c *Core) MyShops(ctx context.Context, _ rpc.Empty) (catalog.MyShops, error) {
	u, err := actor.Signed(ctx)
	if err != nil {
		return catalog.MyShops{}, err
	}
	out := catalog.MyShops{Items: []catalog.MyShop{}}
	own, err := c.merchants.Get(ctx, id.Derive("mer", string(u)))
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return out, err
	}
	if err == nil {
		out.Items = append(out.Items, catalog.MyShop{Merchant: own.ID, Name: own.Name, Owner: true, State: catalog.Active, Duties: catalog.Duties()})
	}
	parts, err := c.staff.Find(ctx, docdb.Query{Index: "user", Equal: []any{string(u)}, Limit: 100})
	if err != nil {
		return out, err
	}
	for _, m := range parts.Items {
		shop, err := c.merchants.Get(ctx, string(m.Merchant))
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, catalog.MyShop{Merchant: m.Merchant, Name: shop.Name, Member: m.ID, State: m.State, Duties: m.Duties})
	}
	return out, nil
}

// names of users, as everybody may know them.
func (c *Core) names(ctx context.Context, users []id.User) (map[id.User]string, error) {
	out := map[id.User]string{}
	slices.Sort(users)
	if users = slices.Compact(users); len(users) == 0 {
		return out, nil
	}
	known, err := c.Account.Users(actor.AsSystem(ctx, "catalog"), account.Users{IDs: users})
	for _, p := range known.Items {
		out[p.ID] = p.Name
	}
	return out, err
}

// once is ds in their own order, each once.
func once(ds []catalog.Duty) []catalog.Duty {
	return slices.DeleteFunc(catalog.Duties(), func(d catalog.Duty) bool { return !slices.Contains(ds, d) })
}

// masked is a login with its middle left out.
func masked(login string) string {
	r := []rune(strings.TrimSpace(login))
	name, rest := r, []rune(nil)
	if i := slices.Index(r, '@'); i > 0 {
		name, rest = r[:i], r[i:]
	}
	if len(name) > 4 {
		return string(name[:2]) + "***" + string(name[len(name)-1:]) + string(rest)
	}
	return string(name[:min(1, len(name))]) + "***" + string(rest)
}
