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
	"meadow/media/mediavideo"
	"meadow/media/mediaworker"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/blob"
	"meadow/services/platform/docdb"
)

// Deps is everything the core needs. All fields are required, except those that
// are about videos.
type Deps struct {
	DB      docdb.Driver
	Blobs   *blob.Store
	Develop mediaworker.Develop
	Now     clock.Now
	Log     *slog.Logger
	Key     []byte // signs tickets; the same in every process

	// Film makes videos ready to be played. Without it no video is taken, and
	// NoFilm says in words what this machine lacks.
	Film   mediavideo.Make
	NoFilm string
	// Scratch is a folder where videos lie while they are made ready. Processes of
	// one machine may share it.
	Scratch string
}

// Core is the media role.
type Core struct {
	Deps
	uploads  *docdb.Collection[upload]
	pictures *docdb.Collection[stored]
	videos   *docdb.Collection[film]
	captions *docdb.Collection[track]
	slots    chan struct{}
	arrived  chan struct{} // a video waits to be made ready; of room for one word
}

var _ media.Service = (*Core)(nil)

// appends is how many requests may hold a piece in memory at a time. A large
// upload over a slow line is one of them for long.
const appends = 128

// New opens the collections.
func New(ctx context.Context, d Deps) (*Core, error) {
	if len(d.Key) < 32 {
		return nil, errors.New("media: the key of tickets has less than 32 bytes")
	}
	if d.Film != nil && d.Scratch == "" {
		return nil, errors.New("media: videos need a folder to be made ready in")
	}
	c := &Core{Deps: d, slots: make(chan struct{}, appends), arrived: make(chan struct{}, 1)}
	var err error
	c.uploads, err = docdb.Open[upload](ctx, d.DB, d.Now, docdb.Schema{
		Name: "uploads",
		Indexes: []docdb.Index{
			{Name: "until", Keys: []string{"until"}},
			{Name: "due", Keys: []string{"due"}},
			{Name: "media", Keys: []string{"media"}},
		},
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
	c.videos, err = docdb.Open[film](ctx, d.DB, d.Now, docdb.Schema{
		Name:    "videos",
		Indexes: []docdb.Index{{Name: "unclaimed", Keys: []string{"unclaimed_until"}}},
	})
	if err != nil {
		return nil, err
	}
	c.captions, err = docdb.Open[track](ctx, d.DB, d.Now, docdb.Schema{
		Name:    "captions",
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
	queued  state = "queued"  // a video that is whole, and is being made ready
	done    state = "done"    // it became a picture, a video or captions
	refused state = "refused" // it is none that we take; Reason says why
)

// upload is one that was begun. Its bytes are objects, one for each piece.
type upload struct {
	ID      id.Upload     `bson:"_id"`
	Owner   id.User       `bson:"owner"`
	Purpose media.Purpose `bson:"purpose"`
	Kind    media.Kind    `bson:"kind,omitempty"` // a picture if it is ""
	Length  int64         `bson:"length"`
	Offset  int64         `bson:"offset"` // how much is stored
	Pieces  []piece       `bson:"pieces"`
	State   state         `bson:"state"`
	Reason  string        `bson:"reason,omitempty"`
	Until   time.Time     `bson:"until,omitempty"` // not while it is queued

	// Of a video.
	Media   id.Media  `bson:"media,omitempty"`
	Due     time.Time `bson:"due,omitempty"`   // while it is queued: when somebody may take it up
	Lease   string    `bson:"lease,omitempty"` // of whoever has taken it up
	Tries   int       `bson:"tries,omitempty"` // that nobody saw the end of
	Fit     bool      `bson:"fit,omitempty"`   // it was looked at, and is being encoded
	Percent int64     `bson:"percent,omitempty"`
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

// film is a video, and how long it waits to be claimed.
type film struct {
	media.Video    `bson:",inline"`
	Key            string    `bson:"_id"` // the video's id
	UnclaimedUntil time.Time `bson:"unclaimed_until,omitempty"`
	Doomed         bool      `bson:"doomed,omitempty"` // being removed
}

// track is a file of captions, and how long it waits to be claimed.
type track struct {
	ID             id.Media  `bson:"_id"`
	Owner          id.User   `bson:"owner"`
	URL            string    `bson:"url"`
	UnclaimedUntil time.Time `bson:"unclaimed_until,omitempty"`
	Doomed         bool      `bson:"doomed,omitempty"` // being removed
}

// mediaOf is what the upload's picture, video or captions will be called.
func mediaOf(u id.Upload) id.Media { return id.Media(id.Derive("med", string(u))) }
