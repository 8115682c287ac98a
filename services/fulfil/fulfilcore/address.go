package fulfilcore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"meadow/services/account"
	"meadow/services/fulfil"
	"meadow/services/platform/vault"
)

// open returns where a parcel goes; the vault writes down who asked, and why.
func (c *Core) open(ctx context.Context, p parcel, reason string) (place account.Place, err error) {
	a := p.Address
	plain, err := c.Vault.Open(ctx, a.Subject, a.Field, vault.Sealed(a.Sealed), reason)
	switch {
	case errors.Is(err, vault.ErrForgotten), errors.Is(err, vault.ErrSealed):
		return place, fulfil.ErrNoAddress.Because(err)
	case err != nil:
		return place, fmt.Errorf("open address of %s: %w", p.ID, err)
	}
	if err := json.Unmarshal([]byte(plain), &place); err != nil {
		return place, fmt.Errorf("open address of %s: %w", p.ID, err)
	}
	return place, nil
}

// OpenAddress shows the shop where a parcel goes that it has still to send.
func (c *Core) OpenAddress(ctx context.Context, in fulfil.ByParcel) (fulfil.Destination, error) {
	p, err := c.ofShop(ctx, in.ID)
	if err != nil {
		return fulfil.Destination{}, err
	}
	switch p.State {
	case fulfil.Held:
		return fulfil.Destination{}, fulfil.ErrHeld
	case fulfil.Received, fulfil.Cancelled: // nothing is to be sent there any more
		return fulfil.Destination{}, fulfil.ErrNoAddress
	}
	if _, err := c.change(ctx, in.ID, func(p *parcel) error { p.log(c.Now(), "address_opened", "shop", ""); return nil }); err != nil {
		return fulfil.Destination{}, err
	}
	to, err := c.open(ctx, p, "send parcel "+string(p.ID))
	line := strings.Join(strings.Fields(strings.Join([]string{to.Region, to.City, to.District, to.Line, to.Postcode}, " ")), " ")
	return fulfil.Destination{Name: to.Name, Phone: to.Phone, Line: line}, err
}
