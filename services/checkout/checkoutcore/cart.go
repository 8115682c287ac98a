package checkoutcore

import (
	"context"

	"meadow/services/checkout"
)

func (c *Core) Cart(ctx context.Context, in checkout.ByCart) (checkout.Cart, error) {
	return checkout.Cart{}, nil
}
func (c *Core) PutInCart(ctx context.Context, in checkout.PutInCart) (checkout.Cart, error) {
	return checkout.Cart{}, nil
}
func (c *Core) SelectInCart(ctx context.Context, in checkout.SelectInCart) (checkout.Cart, error) {
	return checkout.Cart{}, nil
}
func (c *Core) JoinCart(ctx context.Context, in checkout.ByCart) (checkout.Cart, error) {
	return checkout.Cart{}, nil
}
