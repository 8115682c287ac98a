// Package media keeps the pictures that people upload. A grant lets somebody
// upload one; what arrives is decoded, turned upright, made into a few smaller
// pictures and forgotten, so that nothing a stranger sent is ever served.
//
// This package is the contract. Package mediacore is how it is done, mediahttp
// how bytes come in and go out, mediaworker where pictures are decoded.
package media

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/picture"
)

// Purpose is what an upload is for.
type Purpose string

const (
	ForPost    Purpose = "post"
	ForAvatar  Purpose = "avatar"
	ForProduct Purpose = "product"
)

// Kind is what an upload holds.
type Kind string

// Still is a picture that does not move.
const Still Kind = "picture"

// Limits on what is taken.
const (
	MaxBytes  = 20 << 20   // of a picture's file
	MaxPixels = 40_000_000 // of a picture
	MaxSide   = 12_000     // pixels of its longer side
	MaxScans  = 100        // of a progressive JPEG; each costs as much as a decoding
	MaxFrames = 300        // of a GIF, of which the first is kept
)

const (
	// GrantTTL is how long an upload may take.
	GrantTTL = 2 * time.Hour
	// UnclaimedTTL is how long a picture that nobody claims is kept.
	UnclaimedTTL = 24 * time.Hour
)

// UploadPath is where uploads are sent, by the tus protocol 1.0, and
// PicturePath what the address of every rendition begins with.
const (
	UploadPath  = "/media/upload"
	PicturePath = "/media/pic/"
)

// Grant is what its holder may upload.
type Grant struct {
	ID       id.Upload `json:"id"`
	Owner    id.User   `json:"owner"`
	Purpose  Purpose   `json:"purpose"`
	Kind     Kind      `json:"kind"`
	MaxBytes int64     `json:"max_bytes"`
	Until    time.Time `json:"until"`
}

// Ticket is a grant that its holder can prove. Token goes into the header
// "Authorization: Bearer <token>" of every request of the upload to URL. Media
// is what the finished picture will be called.
type Ticket struct {
	Upload   id.Upload `json:"upload"`
	Media    id.Media  `json:"media"`
	URL      string    `json:"url"`
	Token    string    `json:"token"`
	MaxBytes int64     `json:"max_bytes"`
	Until    time.Time `json:"until"`
}

// Name tells the renditions of a picture apart.
type Name string

const (
	Thumb Name = "thumb" // about 240 pixels wide
	Card  Name = "card"  // about 480
	Full  Name = "full"  // about 1280
)

// Rendition is one file of a picture. What URL leads to never changes.
type Rendition struct {
	Name   Name   `json:"name" bson:"name"`
	Width  int    `json:"width" bson:"width"`
	Height int    `json:"height" bson:"height"`
	Type   string `json:"type" bson:"type"` // image/jpeg, or image/webp where it is smaller
	Bytes  int64  `json:"bytes" bson:"bytes"`
	URL    string `json:"url" bson:"url"`
}

// Picture is a finished picture. Width and Height are of its full rendition.
type Picture struct {
	ID         id.Media    `json:"id" bson:"_id"`
	Owner      id.User     `json:"owner" bson:"owner"`
	Purpose    Purpose     `json:"purpose" bson:"purpose"`
	Width      int         `json:"width" bson:"width"`
	Height     int         `json:"height" bson:"height"`
	ThumbHash  string      `json:"thumbhash" bson:"thumbhash"`
	Renditions []Rendition `json:"renditions" bson:"renditions"`
	At         time.Time   `json:"at" bson:"at"`
}

// Shown is p as a screen needs it. The smaller renditions are the smallest
// files there are; the full one is JPEG, which link previews everywhere read.
func (p Picture) Shown(alt string) picture.Picture {
	return picture.Picture{
		ID: p.ID, Alt: alt, Width: p.Width, Height: p.Height, ThumbHash: p.ThumbHash,
		Thumb: p.smallest(Thumb), Card: p.smallest(Card), Full: p.jpeg(Full),
	}
}

func (p Picture) smallest(n Name) string {
	var best Rendition
	for _, r := range p.Renditions {
		if r.Name == n && (best.URL == "" || r.Bytes < best.Bytes) {
			best = r
		}
	}
	return best.URL
}

func (p Picture) jpeg(n Name) string {
	for _, r := range p.Renditions {
		if r.Name == n && r.Type == "image/jpeg" {
			return r.URL
		}
	}
	return ""
}

var (
	// Of the service.
	ErrNoSuchPicture = errs.New(errs.NotFound, "no_such_picture", "This picture does not exist.")
	ErrNotOwner      = errs.New(errs.Forbidden, "not_your_picture", "This picture belongs to somebody else.")

	// Of an upload.
	ErrToken     = errs.New(errs.Unauthenticated, "bad_upload_token", "This upload was not allowed. Please start again.")
	ErrExpired   = errs.New(errs.Precondition, "upload_expired", "This upload took too long. Please start again.")
	ErrNoUpload  = errs.New(errs.NotFound, "no_such_upload", "There is no such upload. Please start again.")
	ErrOffset    = errs.New(errs.Conflict, "offset_mismatch", "The upload continued at the wrong place.")
	ErrUsed      = errs.New(errs.Conflict, "ticket_used", "This ticket was already used for another file.")
	ErrPieces    = errs.New(errs.Precondition, "too_many_pieces", "This upload arrived in too many pieces. Please start again.")
	ErrLength    = errs.New(errs.Invalid, "upload_length_required", "The upload did not say how large it is.")
	ErrTooLarge  = errs.New(errs.TooLarge, "too_large", "This file is too large.")
	ErrChecksum  = errs.New(errs.Invalid, "checksum_mismatch", "A part of the upload arrived damaged.")
	ErrAlgorithm = errs.New(errs.Invalid, "checksum_algorithm", "This kind of checksum is not known here.")
	ErrBusy      = errs.New(errs.Unavailable, "media_busy", "Many pictures are arriving right now. Please try again.")

	// Of what was uploaded.
	ErrNotPicture = errs.New(errs.Unsupported, "not_a_picture", "Please choose a JPEG, PNG, GIF or WebP picture.")
	ErrPixels     = errs.New(errs.TooLarge, "too_many_pixels", "This picture has too many pixels.")
	ErrBroken     = errs.New(errs.Invalid, "broken_picture", "This picture cannot be read.")
)

// Service keeps pictures. Only other parts of the platform call it: they have
// already decided who may upload what.
type Service interface {
	// Grant allows one upload, for GrantTTL.
	Grant(ctx context.Context, in GrantIn) (Ticket, error)

	// Pictures returns those that exist, in the order asked.
	Pictures(ctx context.Context, in PicturesIn) (Pictures, error)

	// Claim says that pictures of owner are used from now on, so that they stay.
	// Claiming again is fine. ErrNoSuchPicture or ErrNotOwner, with the picture's
	// id as the field, before anything is claimed.
	Claim(ctx context.Context, in ClaimIn) (Pictures, error)
}

// GrantIn asks for a grant. MaxBytes is media.MaxBytes if it is 0.
type GrantIn struct {
	Owner    id.User `json:"owner" min:"1" max:"64"`
	Purpose  Purpose `json:"purpose" min:"1" enum:"post,avatar,product"`
	Kind     Kind    `json:"kind" min:"1" enum:"picture"`
	MaxBytes int64   `json:"max_bytes" min:"0" max:"20971520"`
}

// PicturesIn asks for pictures.
type PicturesIn struct {
	IDs []id.Media `json:"ids" max:"200"`
}

// ClaimIn claims pictures.
type ClaimIn struct {
	Owner id.User    `json:"owner" min:"1" max:"64"`
	IDs   []id.Media `json:"ids" min:"1" max:"50"`
}

// Pictures is several of them.
type Pictures struct {
	Items []Picture `json:"items"`
}
