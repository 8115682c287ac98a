// Package carrier is what fulfilment asks of a company that brings boxes: a
// label, and where a box is.
package carrier

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
)

// Box is what is handed over.
type Box struct {
	ID     id.Shipment
	Parcel id.Parcel
	Pieces int64
	To     Place
}

// Place is what is written on a box.
type Place struct {
	Name, Phone, Region, City, Line, Postcode string
}

// State is where a box is, in the words of fulfil.BoxState.
type State string

const (
	InTransit State = "in_transit"
	OutFor    State = "out_for_delivery"
	Arrived   State = "delivered"
	Failed    State = "failed" // it comes back
)

// Fact is what a carrier says of a box. Event is unique to the carrier: the same
// event is the same, whether it came by webhook or by asking.
type Fact struct {
	Event    string    `json:"event" bson:"event"`
	Tracking string    `json:"tracking" bson:"tracking"`
	State    State     `json:"state" bson:"state"`
	Place    string    `json:"place,omitempty" bson:"place,omitempty"`
	Text     string    `json:"text,omitempty" bson:"text,omitempty"`
	At       time.Time `json:"at" bson:"at"`
}

// Valid reports whether f can be acted on.
func (f Fact) Valid() bool {
	switch f.State {
	case InTransit, OutFor, Arrived, Failed:
		return f.Event != "" && f.Tracking != "" && !f.At.IsZero()
	}
	return false
}

// SignatureWindow is how far a webhook's time may be from ours, either way.
const SignatureWindow = 300 * time.Second

var (
	// ErrSignature means that a message is not the carrier's, or not of now.
	ErrSignature = errs.New(errs.Forbidden, "bad_carrier_signature", "This message was not signed by the carrier.")
	// ErrUnknown means that the carrier has no box of this number.
	ErrUnknown = errs.New(errs.NotFound, "unknown_box", "The carrier does not know this box.")
)

// Carrier brings boxes. Every method may be called again with the same
// arguments, and then does nothing new.
type Carrier interface {
	Name() string
	// Announce says that a box is to be fetched, and returns its tracking number.
	Announce(ctx context.Context, b Box) (tracking string, err error)
	// Read checks the signature over a webhook's bytes, and returns what it says:
	// ErrSignature.
	Read(body []byte, signature string) (Fact, error)
	// Query returns all that happened to a box so far: ErrUnknown.
	Query(ctx context.Context, tracking string) ([]Fact, error)
}
