// Package fulfil brings what was paid for to its buyer: the parcels of an order,
// the boxes that a shop sends, what their carriers say, pick-up, and the moment
// from which the return window runs.
package fulfil

import (
	"context"
	"time"

	"meadow/services/account"
	"meadow/services/checkout"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/platform/bus"
	"meadow/services/platform/rpc"
)

// Parcel is what one shop sends of an order.
type Parcel struct {
	ID        id.Parcel   `json:"id" bson:"_id"`
	Order     id.Order    `json:"order" bson:"order"`
	Merchant  id.Merchant `json:"merchant" bson:"merchant"`
	Buyer     id.User     `json:"-" bson:"buyer"`
	State     State       `json:"state" bson:"state"`
	Lines     []Line      `json:"lines" bson:"lines"`
	Shipments []Shipment  `json:"shipments" bson:"shipments"`
	// ShipTo is the receiver for its reader's eyes; the shop opens the address itself
	// when it sends, and that is written down.
	ShipTo      string      `json:"ship_to" bson:"ship_to"`
	Note        string      `json:"note,omitempty" bson:"note,omitempty"`
	Due         money.Money `json:"due" bson:"due"`                 // of its lines
	PickupCode  string      `json:"pickup_code,omitempty" bson:"-"` // for the buyer's eyes
	Pickup      bool        `json:"pickup" bson:"pickup"`           // fetched at the shop, not sent
	PaidAt      time.Time   `json:"paid_at" bson:"paid_at"`
	ShipBy      time.Time   `json:"ship_by" bson:"ship_by"`
	Earliest    time.Time   `json:"earliest" bson:"earliest"` // promised
	Latest      time.Time   `json:"latest" bson:"latest"`
	DeliveredAt time.Time   `json:"delivered_at,omitzero" bson:"delivered_at,omitempty"`
	ReceivedAt  time.Time   `json:"received_at,omitzero" bson:"received_at,omitempty"`
	// ReturnBy is when the return window closes; absent until it is received.
	ReturnBy time.Time `json:"return_by,omitzero" bson:"return_by,omitempty"`
	Log      []Step    `json:"log" bson:"log"` // all that happened to it, oldest first
	// For is the after-sale that this parcel's units are sent instead of others for:
	// it is not one of the order's own.
	For id.AfterSale `json:"for,omitempty" bson:"for,omitempty"`
}

// ParcelID is what one shop's part of an order is called.
func ParcelID(o id.Order, m id.Merchant) id.Parcel {
	return id.Parcel(id.Derive("pcl", string(o), string(m)))
}

// State is how far a parcel has got.
//
//	held → waiting                               its team has filled
//	waiting → partly_shipped → shipped → delivered → received
//	shipped → received                            by the buyer's word
//	waiting | partly_shipped → received           fetched at the shop
//	partly_shipped → delivered                    what was left went back, the rest had arrived
//	held | waiting → cancelled                    every unit went back before it was sent
type State string

const (
	Held      State = "held" // until its team has filled
	Waiting   State = "waiting"
	Partly    State = "partly_shipped"
	Shipped   State = "shipped"
	Delivered State = "delivered"
	Received  State = "received" // by the buyer's word, or by itself after AutoReceive
	Cancelled State = "cancelled"
)

// Stage is what a buyer waits for.
type Stage string

const (
	ToShip    Stage = "to_ship"
	ToReceive Stage = "to_receive"
	Had       Stage = "received"
)

// MostCounted is where counting ends.
const MostCounted = 100

// Line is one SKU of a parcel. N = units to send + Sent + Dropped.
type Line struct {
	Index   int             `json:"index" bson:"index"` // of the order's lines
	SKU     id.SKU          `json:"sku" bson:"sku"`
	Product id.Product      `json:"product" bson:"product"`
	Title   string          `json:"title" bson:"title"`
	Values  []string        `json:"values" bson:"values"`
	Picture picture.Picture `json:"picture,omitzero" bson:"picture,omitempty"`
	N       int64           `json:"n" bson:"n"`
	Sent    int64           `json:"sent" bson:"sent"`
	Dropped int64           `json:"dropped" bson:"dropped"` // refunded before they were sent
}

// Shipment is one box.
type Shipment struct {
	ID       id.Shipment `json:"id" bson:"id"`
	Carrier  string      `json:"carrier" bson:"carrier"`
	Tracking string      `json:"tracking" bson:"tracking"`
	Units    []Units     `json:"units" bson:"units"`
	State    BoxState    `json:"state" bson:"state"`
	SentAt   time.Time   `json:"sent_at" bson:"sent_at"`
	Events   []Event     `json:"events" bson:"events"` // the carrier's, by their time
}

type BoxState string

const (
	Announced BoxState = "announced"
	InTransit BoxState = "in_transit"
	OutFor    BoxState = "out_for_delivery"
	Arrived   BoxState = "delivered"
	Failed    BoxState = "failed" // it comes back
)

// Event is what a carrier says of a box.
type Event struct {
	ID    string    `json:"id" bson:"id"` // unique to the carrier
	State BoxState  `json:"state" bson:"state"`
	Place string    `json:"place,omitempty" bson:"place,omitempty"`
	Text  string    `json:"text,omitempty" bson:"text,omitempty"`
	At    time.Time `json:"at" bson:"at"`
}

// Units are of one line of the order.
type Units struct {
	Line int   `json:"line" bson:"line" min:"0" max:"49"`
	N    int64 `json:"n" bson:"n" min:"1" max:"99"`
}

// Step is one thing that happened to a parcel.
type Step struct {
	What string    `json:"what" bson:"what"` // paid, shipped, delivered, received, dropped, picked_up, note, address_opened
	By   string    `json:"by" bson:"by"`     // buyer, shop, carrier, system
	Text string    `json:"text,omitempty" bson:"text,omitempty"`
	At   time.Time `json:"at" bson:"at"`
}

const (
	// ShipWithin is how long a shop has to send a parcel before it counts as late.
	ShipWithin = 48 * time.Hour
	// AutoReceive is how long after delivery a parcel is received by itself. While an
	// after-sale of it is open that time stands still.
	AutoReceive = 7 * 24 * time.Hour
	// MaxPickupTries wrong codes in a row lock a parcel's pick-up for PickupLock.
	MaxPickupTries = 5
	PickupLock     = time.Hour
	// PickUpHere is the carrier of what is fetched at the shop, Other any that tells
	// us nothing: a box of it has a tracking number of the shop's.
	PickUpHere = "pickup"
	Other      = "other"
	// NoNews is how long after sending a box that no carrier speaks of is taken as
	// delivered.
	NoNews = 20 * 24 * time.Hour
)

var (
	ErrNoSuchParcel  = errs.New(errs.NotFound, "no_such_parcel", "This parcel does not exist.")
	ErrNoCarrier     = errs.New(errs.Invalid, "no_such_carrier", "This carrier is not known.")
	ErrNotToSend     = errs.New(errs.Precondition, "not_to_send", "There are not that many units left to send.")
	ErrNotSent       = errs.New(errs.Precondition, "not_sent", "This parcel has not been sent yet.")
	ErrPickupCode    = errs.New(errs.Forbidden, "bad_pickup_code", "This pick-up code is not right.")
	ErrPickupTries   = errs.New(errs.Throttled, "pickup_locked", "Too many wrong codes. Please try again later.")
	ErrHeld          = errs.New(errs.Precondition, "parcel_held", "This waits until its team is complete.")
	ErrNoAddress     = errs.New(errs.Precondition, "address_gone", "The address of this parcel is not kept any more.")
	ErrTrackingTaken = errs.New(errs.Conflict, "tracking_taken", "This tracking number is another parcel's.")
)

// Service is what buyers and shops ask. Every change is once for its request id.
type Service interface {
	// Parcel returns one to its buyer, its shop or an operator: ErrNoSuchParcel for
	// others.
	Parcel(ctx context.Context, in ByParcel) (Parcel, error)
	// OfOrder returns an order's parcels to its buyer or an operator.
	OfOrder(ctx context.Context, in ByOrder) (ParcelList, error)
	// Mine pages through the caller's parcels, latest first: those of a stage, or of
	// the orders named. Waiting counts them by stage.
	Mine(ctx context.Context, in Mine) (page.Page[Parcel], error)
	Waiting(ctx context.Context, in rpc.Empty) (Counts, error)
	// ToSend pages through the parcels of the caller's shop, by state, those that are
	// due first.
	ToSend(ctx context.Context, in Parcels) (page.Page[Parcel], error)
	// Ship sends units of a parcel: ErrNotToSend, ErrNoCarrier, ErrTrackingTaken.
	Ship(ctx context.Context, in Ship) (Parcel, error)
	// OpenAddress shows the shop where a parcel goes, and writes down that it did.
	OpenAddress(ctx context.Context, in ByParcel) (Destination, error)
	// PickUp hands a parcel over to who shows its code: ErrPickupCode.
	PickUp(ctx context.Context, in PickUp) (Parcel, error)
	// Receive is the buyer's word that all is there: ErrNotSent.
	Receive(ctx context.Context, in ByParcel) (Parcel, error)
	// Note adds a line for the shop's own eyes.
	Note(ctx context.Context, in AddNote) (Parcel, error)
	// Tracking takes a carrier's signed message. Once it returned nil it is stored.
	Tracking(ctx context.Context, in CarrierMessage) (rpc.Empty, error)
	// Drop takes units out of what is to be sent; those already sent are refused
	// (ErrNotToSend). It is for the shop's own parts.
	Drop(ctx context.Context, in Drop) (Parcel, error)
	// Instead makes the parcel of an exchange: units of another parcel once more, to
	// the same address, once for each after-sale. It is for the shop's own parts.
	Instead(ctx context.Context, in Instead) (Parcel, error)
	// Carriers returns what may be named as a carrier.
	Carriers(ctx context.Context, in rpc.Empty) (CarrierList, error)
	// Late pages through all shops' parcels that should have been sent, the longest
	// overdue first; for operators.
	Late(ctx context.Context, in page.Ask) (page.Page[Parcel], error)
	// Bought says what of a product somebody has received, for who may rate it. It
	// is for the shop's own parts.
	Bought(ctx context.Context, in Bought) (BoughtList, error)
}

// Orders is what the till tells fulfilment of an order that it has sold, and
// nobody else: checkout.ErrNoSuchOrder.
type Orders interface {
	Delivery(ctx context.Context, in ByOrder) (Delivery, error)
}

type (
	ByParcel struct {
		ID id.Parcel `path:"id" json:"-" max:"64"`
	}
	ByOrder struct {
		ID id.Order `path:"id" json:"-" max:"64"`
	}
	// Mine asks for parcels of one stage; or, with Orders, for all of up to 50 orders,
	// named with commas between.
	Mine struct {
		page.Ask
		Stage  Stage  `query:"stage" json:"-" enum:"to_ship,to_receive,received"`
		Orders string `query:"orders" json:"-" max:"3300"`
	}
	// Counts is how many parcels there are of a stage, MostCounted at most.
	Counts struct {
		ToShip    int `json:"to_ship"`
		ToReceive int `json:"to_receive"`
	}
	ParcelList struct {
		Items []Parcel `json:"items"`
	}
	Parcels struct {
		page.Ask
		State State `query:"state" json:"-" enum:"held,waiting,partly_shipped,shipped,delivered,received,cancelled"`
		Late  bool  `query:"late" json:"-"` // only those that should have been sent
	}
	Instead struct {
		Parcel    id.Parcel    `json:"parcel" min:"1" max:"64"`
		AfterSale id.AfterSale `json:"after_sale" min:"1" max:"64"`
		Units     []Units      `json:"units" min:"1" max:"50"`
	}
	CarrierList struct {
		Items []CarrierName `json:"items"`
	}
	CarrierName struct {
		Name   string `json:"name"`
		Labels bool   `json:"labels"` // it gives tracking numbers itself
	}
	// Delivery is what a parcel is made of: an order as it was paid, and where it
	// goes, sealed.
	Delivery struct {
		Order   checkout.Order   `json:"order"`
		Address account.Snapshot `json:"address"`
	}
	Ship struct {
		ID        id.Parcel `path:"id" json:"-" max:"64"`
		Carrier   string    `json:"carrier" min:"1" max:"40"`
		Tracking  string    `json:"tracking,omitempty" max:"64"` // "": the carrier gives one
		Units     []Units   `json:"units,omitempty" max:"50"`    // none: all that is left
		RequestID string    `header:"Idempotency-Key" json:"-"`
	}
	Destination struct {
		Name  string `json:"name"`
		Phone string `json:"phone"`
		Line  string `json:"line"`
	}
	PickUp struct {
		ID   id.Parcel `path:"id" json:"-" max:"64"`
		Code string    `json:"code" min:"4" max:"16"`
	}
	AddNote struct {
		ID   id.Parcel `path:"id" json:"-" max:"64"`
		Text string    `json:"text" min:"1" max:"500"`
	}
	CarrierMessage struct {
		Carrier   string `json:"carrier" min:"1" max:"40"`
		Signature string `json:"signature" max:"1000"`
		Body      []byte `json:"body" max:"65536"`
	}
	Drop struct {
		Order     id.Order `json:"order" min:"1" max:"64"`
		Units     []Units  `json:"units" min:"1" max:"50"`
		RequestID string   `json:"request_id" min:"1" max:"128"`
	}
	Bought struct {
		User    id.User    `json:"user" min:"1" max:"64"`
		Product id.Product `json:"product" min:"1" max:"64"`
	}
	BoughtList struct {
		Items []BoughtLine `json:"items"`
	}
	BoughtLine struct {
		Order      id.Order  `json:"order"`
		Line       int       `json:"line"`
		SKU        id.SKU    `json:"sku"`
		N          int64     `json:"n"`
		ReceivedAt time.Time `json:"received_at"`
	}
)

// What happens to parcels, each at most once.
var (
	ParcelShipped   = bus.Topic[ParcelData]{Name: "fulfil.Shipped"}
	ParcelDelivered = bus.Topic[ParcelData]{Name: "fulfil.Delivered"}
	// ParcelReceived starts the return window. It is not announced of what was sent
	// instead of something else.
	ParcelReceived = bus.Topic[ParcelData]{Name: "fulfil.Received", Confirm: []string{"ledger", "points", "cashback", "invite", "fulfil"}}
)

// ParcelData is what others hear of a parcel.
type ParcelData struct {
	Parcel   id.Parcel   `json:"parcel"`
	Order    id.Order    `json:"order"`
	Merchant id.Merchant `json:"merchant"`
	Buyer    id.User     `json:"buyer"`
	Lines    []int       `json:"lines"` // of the order
	Shipment id.Shipment `json:"shipment,omitempty"`
	At       time.Time   `json:"at"`
	ReturnBy time.Time   `json:"return_by,omitzero"`
}
