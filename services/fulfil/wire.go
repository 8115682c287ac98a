package fulfil

import (
	"context"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	parcel      = rpc.Endpoint[ByParcel, Parcel]{Name: "parcel", Method: "GET", Path: "/parcels/:id", Summary: "A parcel of yours", Access: rpc.SignedIn}
	ofOrder     = rpc.Endpoint[ByOrder, ParcelList]{Name: "ofOrder", Method: "GET", Path: "/orders/:id/parcels", Summary: "The parcels of an order of yours", Access: rpc.SignedIn}
	myParcels   = rpc.Endpoint[Mine, page.Page[Parcel]]{Name: "myParcels", Method: "GET", Path: "/parcels", Summary: "Your parcels, latest first", Access: rpc.SignedIn}
	waiting     = rpc.Endpoint[rpc.Empty, Counts]{Name: "parcelCounts", Method: "GET", Path: "/parcel-counts", Summary: "How many parcels you wait for", Access: rpc.SignedIn}
	toSend      = rpc.Endpoint[Parcels, page.Page[Parcel]]{Name: "toSend", Method: "GET", Path: "/shop/parcels", Summary: "Parcels of your shop, those due first", Access: rpc.SignedIn}
	ship        = rpc.Endpoint[Ship, Parcel]{Name: "ship", Method: "POST", Path: "/shop/parcels/:id/shipments", Summary: "Send units of a parcel", Access: rpc.SignedIn, Idempotent: true}
	openAddress = rpc.Endpoint[ByParcel, Destination]{Name: "openAddress", Method: "POST", Path: "/shop/parcels/:id/address", Summary: "See where a parcel goes, which is written down", Access: rpc.SignedIn}
	pickUp      = rpc.Endpoint[PickUp, Parcel]{Name: "pickUp", Method: "POST", Path: "/shop/parcels/:id/pickup", Summary: "Hand a parcel over for its code", Access: rpc.SignedIn}
	receive     = rpc.Endpoint[ByParcel, Parcel]{Name: "receive", Method: "POST", Path: "/parcels/:id/receive", Summary: "Say that all of a parcel is there", Access: rpc.SignedIn}
	note        = rpc.Endpoint[AddNote, Parcel]{Name: "note", Method: "POST", Path: "/shop/parcels/:id/notes", Summary: "Add a note for the shop's eyes", Access: rpc.SignedIn}
	tracking    = rpc.Endpoint[CarrierMessage, rpc.Empty]{Name: "tracking", Method: "POST", Path: "/internal/tracking", Access: rpc.Internal, MaxBody: 128 << 10}
	drop        = rpc.Endpoint[Drop, Parcel]{Name: "drop", Method: "POST", Path: "/internal/parcels/drop", Access: rpc.Internal}
	instead     = rpc.Endpoint[Instead, Parcel]{Name: "sendInstead", Method: "POST", Path: "/internal/parcels/instead", Access: rpc.Internal}
	carriers    = rpc.Endpoint[rpc.Empty, CarrierList]{Name: "carriers", Method: "GET", Path: "/carriers", Summary: "Carriers that may be named", Access: rpc.SignedIn}
	late        = rpc.Endpoint[page.Ask, page.Page[Parcel]]{Name: "lateParcels", Method: "GET", Path: "/desk/parcels/late", Summary: "Parcels that should have been sent", Access: rpc.Only(actor.Operator)}
	delivery    = rpc.Endpoint[ByOrder, Delivery]{Name: "deliveryOfOrder", Method: "GET", Path: "/internal/orders/:id/delivery", Access: rpc.Internal}
	bought      = rpc.Endpoint[Bought, BoughtList]{Name: "bought", Method: "POST", Path: "/internal/bought", Access: rpc.Internal}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, parcel, s.Parcel)
	rpc.Mount(r, ofOrder, s.OfOrder)
	rpc.Mount(r, myParcels, s.Mine)
	rpc.Mount(r, waiting, s.Waiting)
	rpc.Mount(r, toSend, s.ToSend)
	rpc.Mount(r, ship, s.Ship)
	rpc.Mount(r, openAddress, s.OpenAddress)
	rpc.Mount(r, pickUp, s.PickUp)
	rpc.Mount(r, receive, s.Receive)
	rpc.Mount(r, note, s.Note)
	rpc.Mount(r, tracking, s.Tracking)
	rpc.Mount(r, drop, s.Drop)
	rpc.Mount(r, instead, s.Instead)
	rpc.Mount(r, carriers, s.Carriers)
	rpc.Mount(r, late, s.Late)
	rpc.Mount(r, bought, s.Bought)
}

// Client is fulfilment in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Parcel(ctx context.Context, in ByParcel) (Parcel, error) {
	return rpc.Call(ctx, c.Peer, parcel, in)
}

func (c Client) OfOrder(ctx context.Context, in ByOrder) (ParcelList, error) {
	return rpc.Call(ctx, c.Peer, ofOrder, in)
}

func (c Client) Mine(ctx context.Context, in Mine) (page.Page[Parcel], error) {
	return rpc.Call(ctx, c.Peer, myParcels, in)
}

func (c Client) Waiting(ctx context.Context, in rpc.Empty) (Counts, error) {
	return rpc.Call(ctx, c.Peer, waiting, in)
}

func (c Client) ToSend(ctx context.Context, in Parcels) (page.Page[Parcel], error) {
	return rpc.Call(ctx, c.Peer, toSend, in)
}

func (c Client) Ship(ctx context.Context, in Ship) (Parcel, error) {
	return rpc.Call(ctx, c.Peer, ship, in)
}

func (c Client) OpenAddress(ctx context.Context, in ByParcel) (Destination, error) {
	return rpc.Call(ctx, c.Peer, openAddress, in)
}

func (c Client) PickUp(ctx context.Context, in PickUp) (Parcel, error) {
	return rpc.Call(ctx, c.Peer, pickUp, in)
}

func (c Client) Receive(ctx context.Context, in ByParcel) (Parcel, error) {
	return rpc.Call(ctx, c.Peer, receive, in)
}

func (c Client) Note(ctx context.Context, in AddNote) (Parcel, error) {
	return rpc.Call(ctx, c.Peer, note, in)
}

func (c Client) Tracking(ctx context.Context, in CarrierMessage) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, tracking, in)
}

func (c Client) Drop(ctx context.Context, in Drop) (Parcel, error) {
	return rpc.Call(ctx, c.Peer, drop, in)
}

func (c Client) Bought(ctx context.Context, in Bought) (BoughtList, error) {
	return rpc.Call(ctx, c.Peer, bought, in)
}

func (c Client) Instead(ctx context.Context, in Instead) (Parcel, error) {
	return rpc.Call(ctx, c.Peer, instead, in)
}

func (c Client) Carriers(ctx context.Context, in rpc.Empty) (CarrierList, error) {
	return rpc.Call(ctx, c.Peer, carriers, in)
}

func (c Client) Late(ctx context.Context, in page.Ask) (page.Page[Parcel], error) {
	return rpc.Call(ctx, c.Peer, late, in)
}

// MountOrders serves what the till tells, where the till runs.
func MountOrders(r rpc.Router, o Orders) { rpc.Mount(r, delivery, o.Delivery) }

// OrdersClient is the till in another process, as fulfilment asks it.
type OrdersClient struct{ Peer *rpc.Peer }

var _ Orders = OrdersClient{}

func (c OrdersClient) Delivery(ctx context.Context, in ByOrder) (Delivery, error) {
	return rpc.Call(ctx, c.Peer, delivery, in)
}
