package sim

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"meadow/services/kernel/id"
	"meadow/services/promo/flashsale"
)

// laws watches every write, and knows what people were told.
type laws struct {
	w        *world
	received map[id.SKU]int64
	flash    flashsale.Plan
}

func newLaws(w *world) *laws { return &laws{w: w, received: map[id.SKU]int64{}} }

// The three state machines of an order, and that of a request about it: every
// move there is.
var machines = map[string]map[string][]string{
	"orders": {
		"":       {"unpaid"},
		"unpaid": {"paid", "cancelled", "expired", "refunding"}, "expired": {"paid", "refunding"}, "cancelled": {"refunding"},
		"paid": {"refunding"}, "refunding": {"refunded"},
	},
	"payments": {
		"":        {"pending"},
		"pending": {"succeeded", "failed", "frozen", "returned"}, "failed": {"succeeded", "frozen", "returned"},
		"succeeded": {"returned"},
	},
	"parcels": {
		"":     {"held", "waiting", "cancelled"},
		"held": {"waiting", "cancelled"}, "waiting": {"partly_shipped", "shipped", "received", "cancelled"},
		"partly_shipped": {"shipped", "delivered", "received"}, "shipped": {"delivered", "received"}, "delivered": {"received"},
	},
	"aftersales": {
		"":        {"asked", "agreed", "refunding"},
		"asked":   {"agreed", "refused", "withdrawn", "refunding", "sending_back", "closed"},
		"agreed":  {"refunding", "sending_back", "disputed", "withdrawn"},
		"refused": {"disputed", "closed", "withdrawn"}, "disputed": {"agreed", "closed", "refunding", "sending_back", "withdrawn", "replacing"},
		"sending_back": {"inspecting", "withdrawn"}, "inspecting": {"refunding", "replacing", "disputed"},
		"replacing": {"done", "refunding"}, "refunding": {"done", "closed"},
	},
}

func (l *laws) wrote(coll, doc string, before, after bson.Raw) {
	moves, ok := machines[coll]
	if !ok || after == nil {
		return
	}
	from, to := stateOf(before), stateOf(after)
	if from != to && !slices.Contains(moves[from], to) {
		l.w.broke("%s %s went from %q to %q", coll, doc, from, to)
	}
}

func stateOf(doc bson.Raw) string {
	if doc == nil {
		return ""
	}
	v, err := doc.LookupErr("state")
	if err != nil {
		return ""
	}
	s, _ := v.StringValueOK()
	return s
}
