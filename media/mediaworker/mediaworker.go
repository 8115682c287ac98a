// Package mediaworker turns what a stranger uploaded into pictures that are
// safe to serve. Decoders are where hostile files do harm, so they run in a
// process of their own, with little memory, little time and nothing to steal:
// Spawn starts one for a picture, Main is what runs in it.
package mediaworker

import (
	"context"
	"io"
	"slices"

	"meadow/media"
	"meadow/services/kernel/errs"
)

// Developed is what became of one uploaded picture.
type Developed struct {
	Width     int    `json:"width"` // of the full rendition
	Height    int    `json:"height"`
	ThumbHash string `json:"thumbhash"`
	AI        bool   `json:"ai,omitempty"` // it said that a machine made it, and so does each file
	Likeness  string `json:"likeness"`     // 64 bits in hex: see media.Picture
	Files     []File `json:"files"`
}

// File is one rendition, encoded.
type File struct {
	Name   media.Name `json:"name"`
	Width  int        `json:"width"`
	Height int        `json:"height"`
	Type   string     `json:"type"`
	Size   int        `json:"size"`
	Data   []byte     `json:"-"`
}

// Develop makes renditions of the picture in r, or says with an error of
// package media why it is not taken. Decode does so here and Spawn elsewhere.
type Develop func(ctx context.Context, r io.Reader) (Developed, error)

// refusals are the verdicts on a picture that travel out of a worker.
var refusals = []*errs.Error{media.ErrNotPicture, media.ErrTooLarge, media.ErrPixels, media.ErrBroken, media.ErrHEIC}

// refusal returns the verdict with this reason.
func refusal(reason string) (*errs.Error, bool) {
	i := slices.IndexFunc(refusals, func(e *errs.Error) bool { return e.Reason == reason })
	if i < 0 {
		return nil, false
	}
	return refusals[i], true
}

// size is how a rendition is made.
type size struct {
	name  media.Name
	width int
	webp  bool // also as WebP, where that is smaller
}

// sizes are the renditions, each made from the one before.
var sizes = []size{
	{media.Full, 1280, false},
	{media.Card, 480, true},
	{media.Thumb, 240, true},
}
