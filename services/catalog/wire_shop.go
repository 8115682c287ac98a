package catalog

import (
	"context"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

// The endpoints with which a shop is kept.
var (
	inviteStaff           = rpc.Endpoint[InviteStaff, Member]{Name: "inviteStaff", Method: "POST", Path: "/shop/staff", Summary: "Ask somebody to join a shop's staff", Access: rpc.Only(actor.Merchant), Idempotent: true}
	acceptStaffInvite     = rpc.Endpoint[AcceptInvite, Member]{Name: "acceptStaffInvite", Method: "POST", Path: "/shop/staff/:id/accept", Summary: "Join a shop's staff", Access: rpc.SignedIn}
	shopStaff             = rpc.Endpoint[StaffAsk, page.Page[Member]]{Name: "shopStaff", Method: "GET", Path: "/shop/staff", Summary: "A shop's staff", Access: rpc.Only(actor.Merchant)}
	changeStaff           = rpc.Endpoint[ChangeStaff, Member]{Name: "changeStaff", Method: "PUT", Path: "/shop/staff/:id", Summary: "Give somebody other duties", Access: rpc.Only(actor.Merchant)}
	removeStaff           = rpc.Endpoint[ByMember, rpc.Empty]{Name: "removeStaff", Method: "DELETE", Path: "/shop/staff/:id", Summary: "End somebody's part in a shop", Access: rpc.SignedIn}
	myShops               = rpc.Endpoint[rpc.Empty, MyShops]{Name: "myShops", Method: "GET", Path: "/me/shops", Summary: "Shops one may act for", Access: rpc.SignedIn}
	categories            = rpc.Endpoint[rpc.Empty, CategoryList]{Name: "categories", Method: "GET", Path: "/categories", Summary: "Categories and what each asks to be disclosed"}
	addBrand              = rpc.Endpoint[AddBrand, Brand]{Name: "addBrand", Method: "POST", Path: "/brands", Summary: "Make a brand known", Access: rpc.Only(actor.Merchant)}
	brands                = rpc.Endpoint[AskBrands, page.Page[Brand]]{Name: "brands", Method: "GET", Path: "/brands", Summary: "Brands by name"}
	addShippingProfile    = rpc.Endpoint[AddProfile, Profile]{Name: "addShippingProfile", Method: "POST", Path: "/shop/shipping", Summary: "Write a shipping profile", Access: rpc.Only(actor.Merchant), Idempotent: true}
	editShippingProfile   = rpc.Endpoint[EditProfile, Profile]{Name: "editShippingProfile", Method: "PUT", Path: "/shop/shipping/:id", Summary: "Rewrite a shipping profile", Access: rpc.Only(actor.Merchant)}
	retireShippingProfile = rpc.Endpoint[ByProfile, rpc.Empty]{Name: "retireShippingProfile", Method: "DELETE", Path: "/shop/shipping/:id", Summary: "Retire a shipping profile", Access: rpc.Only(actor.Merchant)}
	shippingProfiles      = rpc.Endpoint[AskProfiles, page.Page[Profile]]{Name: "shippingProfiles", Method: "GET", Path: "/shop/shipping", Summary: "A shop's shipping profiles", Access: rpc.Only(actor.Merchant)}
	openWarehouse         = rpc.Endpoint[OpenWarehouse, Warehouse]{Name: "openWarehouse", Method: "POST", Path: "/shop/warehouses", Summary: "Add a warehouse", Access: rpc.Only(actor.Merchant), Idempotent: true}
	editWarehouse         = rpc.Endpoint[EditWarehouse, Warehouse]{Name: "editWarehouse", Method: "PUT", Path: "/shop/warehouses/:id", Summary: "Rewrite a warehouse", Access: rpc.Only(actor.Merchant)}
	warehouses            = rpc.Endpoint[AskWarehouses, page.Page[Warehouse]]{Name: "warehouses", Method: "GET", Path: "/shop/warehouses", Summary: "A shop's warehouses", Access: rpc.Only(actor.Merchant)}
	stockPlaces           = rpc.Endpoint[BySKU, StockPlaces]{Name: "stockPlaces", Method: "GET", Path: "/skus/:id/places", Summary: "What each warehouse holds of a SKU", Access: rpc.Only(actor.Merchant)}
	stockAdjustments      = rpc.Endpoint[AskAdjustments, page.Page[Adjustment]]{Name: "stockAdjustments", Method: "GET", Path: "/shop/adjustments", Summary: "Changes of stock by hand", Access: rpc.Only(actor.Merchant)}
	watchStock            = rpc.Endpoint[WatchStock, LowStock]{Name: "watchStock", Method: "PUT", Path: "/skus/:id/watch", Summary: "Say when a SKU counts as low", Access: rpc.Only(actor.Merchant)}
	lowStock              = rpc.Endpoint[AskLow, page.Page[LowStock]]{Name: "lowStock", Method: "GET", Path: "/shop/low-stock", Summary: "SKUs that are low", Access: rpc.Only(actor.Merchant)}
	auditStock            = rpc.Endpoint[AskAudit, page.Page[SKUAudit]]{Name: "auditStock", Method: "POST", Path: "/internal/stock/audit", Access: rpc.Internal}
	rateProduct           = rpc.Endpoint[Rate, Rating]{Name: "rateProduct", Method: "POST", Path: "/products/:id/ratings", Summary: "Rate what one has received", Access: rpc.SignedIn, Idempotent: true}
	myRatings             = rpc.Endpoint[AskMine, RatingsOfMine]{Name: "myRatings", Method: "GET", Path: "/ratings", Summary: "What you said of lines you bought", Access: rpc.SignedIn}
	answerRating          = rpc.Endpoint[AnswerRating, Rating]{Name: "answerRating", Method: "PUT", Path: "/ratings/:id/answer", Summary: "Answer a rating as the shop", Access: rpc.Only(actor.Merchant)}
	productRatings        = rpc.Endpoint[AskRatings, page.Page[Rating]]{Name: "productRatings", Method: "GET", Path: "/products/:id/ratings", Summary: "What buyers say of a product"}
	exportGoods           = rpc.Endpoint[ExportTable, Table]{Name: "exportGoods", Method: "GET", Path: "/shop/goods", Summary: "A shop's goods as a table", Access: rpc.Only(actor.Merchant)}
	importGoods           = rpc.Endpoint[ImportTable, TableReport]{Name: "importGoods", Method: "POST", Path: "/shop/goods", Summary: "Draft and edit goods from a table", Access: rpc.Only(actor.Merchant), Idempotent: true, MaxBody: 4 << 20, Timeout: time.Minute}
)

func mountShop(r rpc.Router, s Service) {
	rpc.Mount(r, inviteStaff, s.InviteStaff)
	rpc.Mount(r, acceptStaffInvite, s.AcceptInvite)
	rpc.Mount(r, shopStaff, s.StaffList)
	rpc.Mount(r, changeStaff, s.ChangeStaff)
	rpc.Mount(r, removeStaff, s.RemoveStaff)
	rpc.Mount(r, myShops, s.MyShops)
	rpc.Mount(r, categories, s.Categories)
	rpc.Mount(r, addBrand, s.AddBrand)
	rpc.Mount(r, brands, s.Brands)
	rpc.Mount(r, addShippingProfile, s.AddProfile)
	rpc.Mount(r, editShippingProfile, s.EditProfile)
	rpc.Mount(r, retireShippingProfile, s.RetireProfile)
	rpc.Mount(r, shippingProfiles, s.Profiles)
	rpc.Mount(r, openWarehouse, s.OpenWarehouse)
	rpc.Mount(r, editWarehouse, s.EditWarehouse)
	rpc.Mount(r, warehouses, s.Warehouses)
	rpc.Mount(r, stockPlaces, s.StockPlaces)
	rpc.Mount(r, stockAdjustments, s.Adjustments)
	rpc.Mount(r, watchStock, s.WatchStock)
	rpc.Mount(r, lowStock, s.LowStock)
	rpc.Mount(r, auditStock, s.AuditStock)
	rpc.Mount(r, rateProduct, s.Rate)
	rpc.Mount(r, myRatings, s.MyRatings)
	rpc.Mount(r, answerRating, s.AnswerRating)
	rpc.Mount(r, productRatings, s.RatingList)
	rpc.Mount(r, exportGoods, s.ExportTable)
	rpc.Mount(r, importGoods, s.ImportTable)
}

func (c Client) InviteStaff(ctx context.Context, in InviteStaff) (Member, error) {
	return rpc.Call(ctx, c.Peer, inviteStaff, in)
}

func (c Client) AcceptInvite(ctx context.Context, in AcceptInvite) (Member, error) {
	return rpc.Call(ctx, c.Peer, acceptStaffInvite, in)
}

func (c Client) StaffList(ctx context.Context, in StaffAsk) (page.Page[Member], error) {
	return rpc.Call(ctx, c.Peer, shopStaff, in)
}

func (c Client) ChangeStaff(ctx context.Context, in ChangeStaff) (Member, error) {
	return rpc.Call(ctx, c.Peer, changeStaff, in)
}

func (c Client) RemoveStaff(ctx context.Context, in ByMember) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, removeStaff, in)
}

func (c Client) MyShops(ctx context.Context, in rpc.Empty) (MyShops, error) {
	return rpc.Call(ctx, c.Peer, myShops, in)
}

func (c Client) Categories(ctx context.Context, in rpc.Empty) (CategoryList, error) {
	return rpc.Call(ctx, c.Peer, categories, in)
}

func (c Client) AddBrand(ctx context.Context, in AddBrand) (Brand, error) {
	return rpc.Call(ctx, c.Peer, addBrand, in)
}

func (c Client) Brands(ctx context.Context, in AskBrands) (page.Page[Brand], error) {
	return rpc.Call(ctx, c.Peer, brands, in)
}

func (c Client) AddProfile(ctx context.Context, in AddProfile) (Profile, error) {
	return rpc.Call(ctx, c.Peer, addShippingProfile, in)
}

func (c Client) EditProfile(ctx context.Context, in EditProfile) (Profile, error) {
	return rpc.Call(ctx, c.Peer, editShippingProfile, in)
}

func (c Client) RetireProfile(ctx context.Context, in ByProfile) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, retireShippingProfile, in)
}

func (c Client) Profiles(ctx context.Context, in AskProfiles) (page.Page[Profile], error) {
	return rpc.Call(ctx, c.Peer, shippingProfiles, in)
}

func (c Client) OpenWarehouse(ctx context.Context, in OpenWarehouse) (Warehouse, error) {
	return rpc.Call(ctx, c.Peer, openWarehouse, in)
}

func (c Client) EditWarehouse(ctx context.Context, in EditWarehouse) (Warehouse, error) {
	return rpc.Call(ctx, c.Peer, editWarehouse, in)
}

func (c Client) Warehouses(ctx context.Context, in AskWarehouses) (page.Page[Warehouse], error) {
	return rpc.Call(ctx, c.Peer, warehouses, in)
}

func (c Client) StockPlaces(ctx context.Context, in BySKU) (StockPlaces, error) {
	return rpc.Call(ctx, c.Peer, stockPlaces, in)
}

func (c Client) Adjustments(ctx context.Context, in AskAdjustments) (page.Page[Adjustment], error) {
	return rpc.Call(ctx, c.Peer, stockAdjustments, in)
}

func (c Client) WatchStock(ctx context.Context, in WatchStock) (LowStock, error) {
	return rpc.Call(ctx, c.Peer, watchStock, in)
}

func (c Client) LowStock(ctx context.Context, in AskLow) (page.Page[LowStock], error) {
	return rpc.Call(ctx, c.Peer, lowStock, in)
}

func (c Client) AuditStock(ctx context.Context, in AskAudit) (page.Page[SKUAudit], error) {
	return rpc.Call(ctx, c.Peer, auditStock, in)
}

func (c Client) Rate(ctx context.Context, in Rate) (Rating, error) {
	return rpc.Call(ctx, c.Peer, rateProduct, in)
}

func (c Client) AnswerRating(ctx context.Context, in AnswerRating) (Rating, error) {
	return rpc.Call(ctx, c.Peer, answerRating, in)
}

func (c Client) MyRatings(ctx context.Context, in AskMine) (RatingsOfMine, error) {
	return rpc.Call(ctx, c.Peer, myRatings, in)
}

func (c Client) RatingList(ctx context.Context, in AskRatings) (page.Page[Rating], error) {
	return rpc.Call(ctx, c.Peer, productRatings, in)
}

func (c Client) ExportTable(ctx context.Context, in ExportTable) (Table, error) {
	return rpc.Call(ctx, c.Peer, exportGoods, in)
}

func (c Client) ImportTable(ctx context.Context, in ImportTable) (TableReport, error) {
	return rpc.Call(ctx, c.Peer, importGoods, in)
}
