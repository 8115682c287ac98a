package catalog

import (
	"context"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	openShop     = rpc.Endpoint[OpenShop, Merchant]{Name: "openShop", Method: "POST", Path: "/merchants", Summary: "Open a shop", Access: rpc.SignedIn}
	merchant     = rpc.Endpoint[ByMerchant, Merchant]{Name: "merchant", Method: "GET", Path: "/merchants/:id", Summary: "A shop"}
	draft        = rpc.Endpoint[DraftProduct, Product]{Name: "draftProduct", Method: "POST", Path: "/products", Summary: "Draft a product", Access: rpc.Only(actor.Merchant), Idempotent: true, MaxBody: 256 << 10}
	edit         = rpc.Endpoint[EditProduct, Product]{Name: "editProduct", Method: "PUT", Path: "/products/:id", Summary: "Edit a product", Access: rpc.Only(actor.Merchant), MaxBody: 256 << 10}
	list         = rpc.Endpoint[ByProduct, Product]{Name: "listProduct", Method: "POST", Path: "/products/:id/list", Summary: "Put a product on sale", Access: rpc.Only(actor.Merchant)}
	delist       = rpc.Endpoint[ByProduct, Product]{Name: "delistProduct", Method: "POST", Path: "/products/:id/delist", Summary: "Take a product off sale", Access: rpc.Only(actor.Merchant)}
	product      = rpc.Endpoint[ByProduct, Product]{Name: "product", Method: "GET", Path: "/products/:id", Summary: "A product with what is available"}
	products     = rpc.Endpoint[Products, page.Page[Product]]{Name: "products", Method: "GET", Path: "/products", Summary: "Products on sale, newest first"}
	promise      = rpc.Endpoint[AskPromise, Promise]{Name: "productPromise", Method: "GET", Path: "/products/:id/promise", Summary: "What sending it costs, when it arrives, and what is in it"}
	adjust       = rpc.Endpoint[Adjust, Stock]{Name: "adjustStock", Method: "POST", Path: "/skus/:id/stock", Summary: "Add or take away units, with a reason", Access: rpc.Only(actor.Merchant), Idempotent: true}
	stock        = rpc.Endpoint[BySKU, Stock]{Name: "stock", Method: "GET", Path: "/skus/:id/stock", Summary: "A SKU's units", Access: rpc.Only(actor.Merchant)}
	productsByID = rpc.Endpoint[ProductsByID, ProductList]{Name: "productsByID", Method: "POST", Path: "/internal/products", Access: rpc.Internal}
	price        = rpc.Endpoint[PriceSKUs, Priced]{Name: "priceSKUs", Method: "POST", Path: "/internal/skus/price", Access: rpc.Internal}
	reserve      = rpc.Endpoint[Reserve, rpc.Empty]{Name: "reserveUnits", Method: "POST", Path: "/internal/units/reserve", Access: rpc.Internal}
	commit       = rpc.Endpoint[Reserve, rpc.Empty]{Name: "commitUnits", Method: "POST", Path: "/internal/units/commit", Access: rpc.Internal}
	release      = rpc.Endpoint[ByOrder, rpc.Empty]{Name: "releaseUnits", Method: "POST", Path: "/internal/units/release", Access: rpc.Internal}
	restock      = rpc.Endpoint[ByOrder, rpc.Empty]{Name: "restockUnits", Method: "POST", Path: "/internal/units/restock", Access: rpc.Internal}
	restockSome  = rpc.Endpoint[RestockUnits, rpc.Empty]{Name: "restockSome", Method: "POST", Path: "/internal/units/restock-some", Access: rpc.Internal}
	carriage     = rpc.Endpoint[AskCarriage, Carriages]{Name: "carriage", Method: "POST", Path: "/internal/carriage", Access: rpc.Internal}
	mayDo        = rpc.Endpoint[May, Allowed]{Name: "mayForShop", Method: "POST", Path: "/internal/shop/may", Access: rpc.Internal}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, openShop, s.OpenShop)
	rpc.Mount(r, merchant, s.Merchant)
	rpc.Mount(r, draft, s.Draft)
	rpc.Mount(r, edit, s.Edit)
	rpc.Mount(r, list, s.List)
	rpc.Mount(r, delist, s.Delist)
	rpc.Mount(r, product, s.Product)
	rpc.Mount(r, products, s.Products)
	rpc.Mount(r, promise, s.Promise)
	rpc.Mount(r, adjust, s.Adjust)
	rpc.Mount(r, stock, s.Stock)
	rpc.Mount(r, productsByID, s.ProductsByID)
	rpc.Mount(r, price, s.Price)
	rpc.Mount(r, reserve, s.Reserve)
	rpc.Mount(r, commit, s.Commit)
	rpc.Mount(r, release, s.Release)
	rpc.Mount(r, restock, s.Restock)
	rpc.Mount(r, restockSome, s.RestockUnits)
	rpc.Mount(r, carriage, s.Carriage)
	rpc.Mount(r, mayDo, s.May)
	mountShop(r, s)
}

// Client is the catalogue in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) OpenShop(ctx context.Context, in OpenShop) (Merchant, error) {
	return rpc.Call(ctx, c.Peer, openShop, in)
}

func (c Client) Merchant(ctx context.Context, in ByMerchant) (Merchant, error) {
	return rpc.Call(ctx, c.Peer, merchant, in)
}

func (c Client) Draft(ctx context.Context, in DraftProduct) (Product, error) {
	return rpc.Call(ctx, c.Peer, draft, in)
}

func (c Client) Edit(ctx context.Context, in EditProduct) (Product, error) {
	return rpc.Call(ctx, c.Peer, edit, in)
}

func (c Client) List(ctx context.Context, in ByProduct) (Product, error) {
	return rpc.Call(ctx, c.Peer, list, in)
}

func (c Client) Delist(ctx context.Context, in ByProduct) (Product, error) {
	return rpc.Call(ctx, c.Peer, delist, in)
}

func (c Client) Product(ctx context.Context, in ByProduct) (Product, error) {
	return rpc.Call(ctx, c.Peer, product, in)
}

func (c Client) Products(ctx context.Context, in Products) (page.Page[Product], error) {
	return rpc.Call(ctx, c.Peer, products, in)
}

func (c Client) ProductsByID(ctx context.Context, in ProductsByID) (ProductList, error) {
	return rpc.Call(ctx, c.Peer, productsByID, in)
}

func (c Client) Adjust(ctx context.Context, in Adjust) (Stock, error) {
	return rpc.Call(ctx, c.Peer, adjust, in)
}

func (c Client) Stock(ctx context.Context, in BySKU) (Stock, error) {
	return rpc.Call(ctx, c.Peer, stock, in)
}

func (c Client) Price(ctx context.Context, in PriceSKUs) (Priced, error) {
	return rpc.Call(ctx, c.Peer, price, in)
}

func (c Client) Reserve(ctx context.Context, in Reserve) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, reserve, in)
}

func (c Client) Commit(ctx context.Context, in Reserve) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, commit, in)
}

func (c Client) Release(ctx context.Context, in ByOrder) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, release, in)
}

func (c Client) Restock(ctx context.Context, in ByOrder) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, restock, in)
}

func (c Client) RestockUnits(ctx context.Context, in RestockUnits) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, restockSome, in)
}

func (c Client) Promise(ctx context.Context, in AskPromise) (Promise, error) {
	return rpc.Call(ctx, c.Peer, promise, in)
}

func (c Client) Carriage(ctx context.Context, in AskCarriage) (Carriages, error) {
	return rpc.Call(ctx, c.Peer, carriage, in)
}

func (c Client) May(ctx context.Context, in May) (Allowed, error) {
	return rpc.Call(ctx, c.Peer, mayDo, in)
}
