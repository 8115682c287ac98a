package catalog

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/bus"
)

// Warehouse is a place where a shop keeps stock. Every shop has a first one,
// whose id is "" and which is near to nowhere in particular.
type Warehouse struct {
	ID       id.Warehouse `json:"id" bson:"_id"`
	Merchant id.Merchant  `json:"merchant" bson:"merchant"`
	Name     string       `json:"name" bson:"name"`
	Region   string       `json:"region" bson:"region"` // where it stands
	// Near are regions it serves next, the nearest first.
	Near      []string  `json:"near" bson:"near"`
	UpdatedAt time.Time `json:"updated_at" bson:"updated_at"`
}

// WarehouseStock is what a warehouse holds of a SKU. OnHand = Available + Held.
type WarehouseStock struct {
	SKU       id.SKU       `json:"sku"`
	Warehouse id.Warehouse `json:"warehouse"`
	OnHand    int64        `json:"on_hand"`
	Held      int64        `json:"reserved"`
	Available int64        `json:"available"`
	Sold      int64        `json:"sold"`
}

// Adjustment is one change of stock by hand.
type Adjustment struct {
	ID        string       `json:"id"`
	SKU       id.SKU       `json:"sku"`
	Warehouse id.Warehouse `json:"warehouse"`
	By        int64        `json:"by"`
	Reason    string       `json:"reason"`
	User      id.User      `json:"user"`
	At        time.Time    `json:"at"`
	Failed    bool         `json:"failed"` // shoppers were faster; nothing changed
}

// LowStock is a SKU of which fewer are left than its shop wants to have.
type LowStock struct {
	SKU       id.SKU     `json:"sku"`
	Product   id.Product `json:"product"`
	Available int64      `json:"available"`
	Threshold int64      `json:"threshold"`
}

// SKUAudit is what an audit reads of a SKU. Sound is that Received = Available +
// Held + Sold in every cell and none is below zero, that Held is what the orders
// named in the cells hold, and that a bundle has no stock of its own.
type SKUAudit struct {
	Stock
	Cells  int   `json:"cells"`
	Holds  int64 `json:"holds"` // units that orders are named with
	Bundle bool  `json:"bundle"`
	Sound  bool  `json:"sound"`
}

// StockLow is announced when a watched SKU has become low, once until it is no
// longer so.
var StockLow = bus.Topic[StockLowData]{Name: "catalog.StockLow"}

type StockLowData struct {
	LowStock
	Merchant id.Merchant `json:"merchant"`
	At       time.Time   `json:"at"`
}

var (
	ErrNoSuchWarehouse = errs.New(errs.NotFound, "no_such_warehouse", "This warehouse does not exist.")
	ErrWarehouses      = errs.New(errs.Exhausted, "too_many_warehouses", "A shop keeps at most 50 warehouses.")
)

// MaxWarehouses is the most warehouses a shop opens.
const MaxWarehouses = 50

// Warehousing is where stock lies and how it changed.
type Warehousing interface {
	// OpenWarehouse adds a place: ErrWarehouses. Once for each request id.
	OpenWarehouse(ctx context.Context, in OpenWarehouse) (Warehouse, error)
	// EditWarehouse rewrites what is said of one: ErrNoSuchWarehouse.
	EditWarehouse(ctx context.Context, in EditWarehouse) (Warehouse, error)
	// Warehouses pages through the shop's, oldest first; the first one is not listed.
	Warehouses(ctx context.Context, in AskWarehouses) (page.Page[Warehouse], error)
	// StockPlaces says what each warehouse holds of a SKU: ErrNoSuchSKU.
	StockPlaces(ctx context.Context, in BySKU) (StockPlaces, error)
	// Adjustments pages through changes by hand, newest first, of the shop or of
	// one SKU: ErrNoSuchSKU.
	Adjustments(ctx context.Context, in AskAdjustments) (page.Page[Adjustment], error)
	// WatchStock sets below how many available units a SKU counts as low; 0 ends it.
	WatchStock(ctx context.Context, in WatchStock) (LowStock, error)
	// LowStock pages through the shop's SKUs that are low now. A page may hold
	// fewer than asked for; only an empty Next is the end.
	LowStock(ctx context.Context, in AskLow) (page.Page[LowStock], error)
	// AuditStock reads every SKU of every shop by cursor, for the shop's own audit.
	AuditStock(ctx context.Context, in AskAudit) (page.Page[SKUAudit], error)
}

type (
	WarehouseSheet struct {
		Name   string   `json:"name" min:"1" max:"60"`
		Region string   `json:"region" max:"60"`
		Near   []string `json:"near,omitempty" max:"50"`
	}
	OpenWarehouse struct {
		WarehouseSheet
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	EditWarehouse struct {
		ID id.Warehouse `path:"id" json:"-" max:"64"`
		WarehouseSheet
	}
	AskWarehouses struct{ page.Ask }
	StockPlaces   struct {
		Items []WarehouseStock `json:"items"`
	}
	AskAdjustments struct {
		page.Ask
		SKU id.SKU `query:"sku" json:"-" max:"64"`
	}
	WatchStock struct {
		ID        id.SKU `path:"id" json:"-" max:"64"`
		Threshold int64  `json:"threshold" min:"0" max:"1000000"`
	}
	AskLow   struct{ page.Ask }
	AskAudit struct {
		After page.Cursor `json:"after,omitempty" max:"400"`
		Limit int         `json:"limit,omitempty" max:"500"`
	}
)
