package accountcore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
	"meadow/services/platform/vault"
)

// addressBook is all addresses of one user, so that how many there are and
// which is the default is decided in one document.
type addressBook struct {
	User  id.User         `bson:"_id"`
	Items []addressRecord `bson:"items,omitempty"` // in the order they were added
}

// addressRecord is an address; its Place is sealed whole.
type addressRecord struct {
	ID      id.Address   `bson:"id"`
	Sealed  vault.Sealed `bson:"sealed"`
	Default bool         `bson:"default,omitempty"`
	AddedAt time.Time    `bson:"added_at"`
}

// Addresses implements account.Service.
func (c *Core) Addresses(ctx context.Context, _ rpc.Empty) (page.Page[account.Address], error) {
	none := page.Page[account.Address]{Items: []account.Address{}}
	uid, err := actor.Signed(ctx)
	if err != nil {
		return none, err
	}
	book, err := c.addresses.Get(ctx, string(uid))
	if errors.Is(err, docdb.ErrNotFound) {
		return none, nil
	}
	if err != nil {
		return none, fmt.Errorf("addresses: %w", err)
	}
	for _, r := range book.Items {
		p, err := c.openPlace(ctx, uid, r, "show its owner")
		if err != nil {
			return none, err
		}
		none.Items = append(none.Items, account.Address{ID: r.ID, Place: p, Default: r.Default})
	}
	slices.SortStableFunc(none.Items, func(a, b account.Address) int {
		switch {
		case a.Default == b.Default:
			return 0
		case a.Default:
			return -1
		}
		return 1
	})
	return none, nil
}

// AddAddress implements account.Service.
func (c *Core) AddAddress(ctx context.Context, in account.AddAddress) (account.Address, error) {
	uid, err := actor.Signed(ctx)
	if err != nil {
		return account.Address{}, err
	}
	now := c.Now()
	r := addressRecord{ID: id.Address(id.New("adr", now)), AddedAt: now}
	place, err := c.sealPlace(ctx, uid, &r, in.Place)
	if err != nil {
		return account.Address{}, err
	}
	book, err := c.addresses.Upsert(ctx, string(uid), func(b *addressBook) error {
		if len(b.Items) >= account.MaxAddresses {
			return account.ErrAddresses
		}
		b.Items = append(b.Items, r)
		b.settle(r.ID, in.Default)
		return nil
	})
	if err != nil {
		return account.Address{}, fmt.Errorf("add address: %w", err)
	}
	return account.Address{ID: r.ID, Place: place, Default: book.isDefault(r.ID)}, nil
}

// ChangeAddress implements account.Service.
func (c *Core) ChangeAddress(ctx context.Context, in account.ChangeAddress) (account.Address, error) {
	uid, err := actor.Signed(ctx)
	if err != nil {
		return account.Address{}, err
	}
	r := addressRecord{ID: in.ID}
	place, err := c.sealPlace(ctx, uid, &r, in.Place)
	if err != nil {
		return account.Address{}, err
	}
	book, err := c.changeBook(ctx, uid, func(b *addressBook) error {
		i := b.index(in.ID)
		if i < 0 {
			return account.ErrNoAddress
		}
		b.Items[i].Sealed = r.Sealed
		b.settle(in.ID, in.Default)
		return nil
	})
	if err != nil {
		return account.Address{}, err
	}
	return account.Address{ID: in.ID, Place: place, Default: book.isDefault(in.ID)}, nil
}

// RemoveAddress implements account.Service.
func (c *Core) RemoveAddress(ctx context.Context, in account.RemoveAddress) (rpc.Empty, error) {
	uid, err := actor.Signed(ctx)
	if err != nil {
		return rpc.Empty{}, err
	}
	_, err = c.changeBook(ctx, uid, func(b *addressBook) error {
		i := b.index(in.ID)
		if i < 0 {
			return account.ErrNoAddress
		}
		b.Items = slices.Delete(b.Items, i, i+1)
		if len(b.Items) > 0 {
			b.settle(b.Items[0].ID, false)
		}
		return nil
	})
	return rpc.Empty{}, err
}

// AddressFor implements account.Service.
func (c *Core) AddressFor(ctx context.Context, in account.AddressFor) (account.Snapshot, error) {
	if err := desk(ctx); err != nil {
		return account.Snapshot{}, err
	}
	book, err := c.addresses.Get(ctx, string(in.User))
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return account.Snapshot{}, fmt.Errorf("address for: %w", err)
	}
	i := book.index(in.Address)
	if in.Address == "" {
		i = slices.IndexFunc(book.Items, func(r addressRecord) bool { return r.Default })
	}
	if i < 0 {
		return account.Snapshot{}, account.ErrNoAddress
	}
	r := book.Items[i]
	p, err := c.openPlace(ctx, in.User, r, "mask it for an order")
	if err != nil {
		return account.Snapshot{}, err
	}
	return account.Snapshot{
		Address: r.ID, Subject: string(in.User), Field: addressField + string(r.ID), Sealed: string(r.Sealed), Masked: masked(p),
	}, nil
}

func (c *Core) changeBook(ctx context.Context, uid id.User, f func(*addressBook) error) (addressBook, error) {
	book, err := c.addresses.Update(ctx, string(uid), f)
	if errors.Is(err, docdb.ErrNotFound) {
		return book, account.ErrNoAddress
	}
	if err != nil {
		return book, fmt.Errorf("change address: %w", err)
	}
	return book, nil
}

// sealPlace seals p into r, and returns it as it was understood.
func (c *Core) sealPlace(ctx context.Context, uid id.User, r *addressRecord, p account.Place) (account.Place, error) {
	p, err := cleanPlace(p)
	if err != nil {
		return p, err
	}
	b, err := json.Marshal(p)
	if err != nil {
		return p, fmt.Errorf("seal address: %w", err)
	}
	r.Sealed, err = c.Vault.Seal(ctx, string(uid), addressField+string(r.ID), string(b))
	if err != nil {
		return p, fmt.Errorf("seal address: %w", err)
	}
	return p, nil
}

func (c *Core) openPlace(ctx context.Context, uid id.User, r addressRecord, reason string) (p account.Place, err error) {
	plain, err := c.Vault.Open(ctx, string(uid), addressField+string(r.ID), r.Sealed, reason)
	if err != nil {
		return p, fmt.Errorf("open address %s: %w", r.ID, err)
	}
	if err := json.Unmarshal([]byte(plain), &p); err != nil {
		return p, fmt.Errorf("open address %s: %w", r.ID, err)
	}
	return p, nil
}

// cleanPlace returns p trimmed, or what is wrong with it.
func cleanPlace(p account.Place) (account.Place, error) {
	for _, f := range []struct {
		name     string
		text     *string
		min, max int
	}{
		{"name", &p.Name, 1, 60}, {"region", &p.Region, 1, 60}, {"city", &p.City, 1, 60},
		{"district", &p.District, 0, 60}, {"line", &p.Line, 1, 200}, {"postcode", &p.Postcode, 0, 12},
	} {
		*f.text = strings.TrimSpace(*f.text)
		switch n := utf8.RuneCountInString(*f.text); {
		case n < f.min:
			return p, errs.ErrInvalid.With(f.name, "is required")
		case n > f.max:
			return p, errs.ErrInvalid.With(f.name, fmt.Sprintf("must be at most %d characters", f.max))
		}
	}
	phone, ok := digitsOf(p.Phone)
	if !ok || len(phone) < 5 || len(phone) > 20 {
		return p, account.ErrPhone
	}
	p.Phone = phone
	return p, nil
}

// masked keeps what says where a parcel goes roughly.
func masked(p account.Place) account.Place {
	return account.Place{
		Name: vault.MaskName(p.Name), Phone: vault.MaskPhone(p.Phone),
		Region: p.Region, City: p.City, Line: "***",
	}
}

func (b addressBook) index(aid id.Address) int {
	return slices.IndexFunc(b.Items, func(r addressRecord) bool { return r.ID == aid })
}

func (b addressBook) isDefault(aid id.Address) bool {
	i := b.index(aid)
	return i >= 0 && b.Items[i].Default
}

// settle makes aid the default, if it shall be or none is.
func (b *addressBook) settle(aid id.Address, wanted bool) {
	some := slices.ContainsFunc(b.Items, func(r addressRecord) bool { return r.Default })
	if some && !wanted {
		return
	}
	for i := range b.Items {
		b.Items[i].Default = b.Items[i].ID == aid
	}
}
