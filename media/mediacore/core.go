// Package mediacore implements media.Service, and the uploads behind it: a
// state machine that many processes may drive at once, because all it knows is
// in documents and objects.
package mediacore

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"meadow/media"
	"meadow/media/mediaworker"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/blob"
	"meadow/services/platform/docdb"
)

// Deps is everything the core needs. All fields are required.
type Deps struct {
	DB      docdb.Driver
	Blobs   *blob.Store
	Develop mediaworker.Develop
	Now     clock.Now
	Log     *slog.Logger
	Key     []byte // signs tickets; the same in every process
}

// Core is the media role.
type Core struct {
	Deps
	uploads  *docdb.Collection[upload]
	pictures *docdb.Collection[stored]
	slots    chan struct{}
}

var _ media.Service = (*Core)(nil)

// appends is how many requests may hold a piece in memory at a time.
const appends = 32

// New opens the collections.
func New(ctx context.Context, d Deps) (*Core, error) {
	if len(d.Key) < 32 {
		return nil, errors.New("media: the key of tickets has less than 32 bytes")
	}
	c := &Core{Deps: d, slots: make(chan struct{}, appends)}
	var err error
	c.uploads, err = docdb.Open[upload](ctx, d.DB, d.Now, docdb.Schema{
		Name:    "uploads",
		Indexes: []docdb.Index{{Name: "until", Keys: []string{"until"}}},
	})
	if err != nil {
		return nil, err
	}
	c.pictures, err = docdb.Open[stored](ctx, d.DB, d.Now, docdb.Schema{
		Name:    "pictures",
		Indexes: []docdb.Index{{Name: "unclaimed", Keys: []string{"unclaimed_until"}}},
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// state is how far an upload has got.
type state string

const (
	open    state = "open"    // bytes are missing, or have not been looked at
	done    state = "done"    // it became a picture
	refused state = "refused" // it is none that we take; Reason says why
)

// upload is one that was begun. Its bytes are objects, one for each piece.
type upload struct {
	ID      id.Upload     `bson:"_id"`
	Owner   id.User       `bson:"owner"`
	Purpose media.Purpose `bson:"purpose"`
	Length  int64         `bson:"length"`
	Offset  int64         `bson:"offset"` // how much is stored
	Pieces  []piece       `bson:"pieces"`
	State   state         `bson:"state"`
	Reason  string        `bson:"reason,omitempty"`
	Until   time.Time     `bson:"until"`
}

// piece is a part of an upload. Its key holds something random: of two writers
// at one offset, one wins the document, and neither the other's bytes.
type piece struct {
	Key  string `bson:"key"`
	Size int64  `bson:"size"`
}

// stored is a picture, and how long it waits to be claimed.
type stored struct {
	media.Picture  `bson:",inline"`
	UnclaimedUntil time.Time `bson:"unclaimed_until,omitempty"`
	Doomed         bool      `bson:"doomed,omitempty"` // being removed
}

// mediaOf is what the upload's picture will be called.
func mediaOf(u id.Upload) id.Media { return id.Media(id.Derive("med", string(u))) }
