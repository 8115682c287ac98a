// Package media keeps the pictures and videos that people upload. A grant lets
// somebody upload one file; what arrives is decoded, turned upright, encoded
// anew in a few sizes and forgotten, so that nothing a stranger sent is ever
// served.
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
	"meadow/services/kernel/video"
	"meadow/services/platform/rpc"
)

// Purpose is what an upload is for.
type Purpose string

const (
	ForPost    Purpose = "post"
	ForAvatar  Purpose = "avatar"
	ForProduct Purpose = "product"
	ForComment Purpose = "comment"
)

// Kind is what an upload holds.
type Kind string

const (
	Still    Kind = "picture"  // a picture that does not move
	Film     Kind = "video"    // becomes HLS in at most three heights, a poster and a preview
	Captions Kind = "captions" // WebVTT
)

// Limits on what is taken.
const (
	MaxVideoBytes   = 1 << 30
	MaxVideoSeconds = 15 * 60
	MaxVideoSide    = 4096 // pixels of its longer side
	MaxCaptionBytes = 1 << 20

	MaxBytes  = 20 << 20   // of a picture's file
	MaxPixels = 40_000_000 // of a picture
	MaxSide   = 12_000     // pixels of its longer side
	MaxScans  = 100        // of a progressive JPEG; each costs as much as a decoding
	MaxFrames = 300        // of a GIF or a WebP, of which the first is kept
)

const (
	// GrantTTL is how long an upload may take.
	GrantTTL = 24 * time.Hour
	// UnclaimedTTL is how long a picture that nobody claims is kept.
	UnclaimedTTL = 24 * time.Hour
)

// UploadPath is where uploads are sent, by the tus protocol 1.0. The others are
// what the addresses of pictures, of videos' playlists and segments, and of
// captions begin with.
const (
	UploadPath  = "/media/upload"
	PicturePath = "/media/pic/"
	VideoPath   = "/media/vid/"
	CaptionPath = "/media/vtt/"
)

// Abilities is what this installation takes, and how much of it, for showing
// before anybody picks a file. Video needs ffmpeg on the media role's machine:
// Missing says in words what is not there.
type Abilities struct {
	Picture Ability `json:"picture"`
	Video   Ability `json:"video"`
	Caption Ability `json:"captions"`
}

// Ability is for one kind of file.
type Ability struct {
	Able     bool     `json:"able"`
	Missing  string   `json:"missing,omitempty"`
	Types    []string `json:"types"` // media types a picker should offer
	MaxBytes int64    `json:"max_bytes"`
	Seconds  int64    `json:"max_seconds,omitempty"`
	Pixels   int64    `json:"max_pixels,omitempty"`
}

// Step is how far an upload has come.
type Step string

const (
	Uploading   Step = "uploading"
	Checking    Step = "checking"
	Transcoding Step = "transcoding"
	Ready       Step = "ready"
	Rejected    Step = "rejected"
)

// Progress is where an upload stands. Percent is of its step: of the bytes, or
// of the video's length that is encoded. Reason and Message are of a rejection.
type Progress struct {
	Upload  id.Upload `json:"upload"`
	Media   id.Media  `json:"media"`
	Kind    Kind      `json:"kind"`
	Step    Step      `json:"step"`
	Percent int64     `json:"percent"`
	Offset  int64     `json:"offset"`
	Length  int64     `json:"length"`
	Reason  string    `json:"reason,omitempty"`
	Message string    `json:"message,omitempty"`
}

// Video is a finished video and the picture taken from it.
type Video struct {
	video.Video `bson:",inline"`
	Owner       id.User  `json:"owner" bson:"owner"`
	Poster      id.Media `json:"poster" bson:"poster"`
}

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
	// AI is whether the file said that a machine made it; the mark is written into
	// the renditions again.
	AI bool `json:"ai,omitempty" bson:"ai,omitempty"`
	// Likeness is 64 bits, in hex, that differ little between pictures that look
	// alike (a difference hash): what moderation compares.
	Likeness string    `json:"likeness,omitempty" bson:"likeness,omitempty"`
	At       time.Time `json:"at" bson:"at"`
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
	ErrNoSuchPicture  = errs.New(errs.NotFound, "no_such_picture", "This picture does not exist.")
	ErrNotOwner       = errs.New(errs.Forbidden, "not_your_picture", "This picture belongs to somebody else.")
	ErrNoSuchVideo    = errs.New(errs.NotFound, "no_such_video", "This video does not exist.")
	ErrNoSuchCaptions = errs.New(errs.NotFound, "no_such_captions", "These captions do not exist.")
	ErrNotReady       = errs.New(errs.Precondition, "video_not_ready", "This video is still being prepared.")
	ErrNoVideo        = errs.New(errs.Unsupported, "video_unavailable", "This shop cannot take videos yet: a program it needs is not installed.")

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
	ErrHEIC       = errs.New(errs.Unsupported, "heic", "HEIC pictures cannot be read here. Please save it as JPEG: on an iPhone, Settings, Camera, Formats, Most Compatible.")

	ErrNotVideo    = errs.New(errs.Unsupported, "not_a_video", "Please choose an MP4, MOV, MKV or WebM video.")
	ErrBrokenVideo = errs.New(errs.Invalid, "broken_video", "This video cannot be read.")
	ErrTooLong     = errs.New(errs.TooLarge, "video_too_long", "This video is too long.")
	ErrVideoSide   = errs.New(errs.TooLarge, "video_too_wide", "This video has too many pixels.")
	ErrNotCaptions = errs.New(errs.Unsupported, "not_captions", "Please choose a WebVTT file (.vtt) of captions.")
)

// Service keeps pictures and videos. Only other parts of the platform call it:
// they have already decided who may upload what.
type Service interface {
	// Abilities says what is taken here.
	Abilities(ctx context.Context, in rpc.Empty) (Abilities, error)
	// Grant allows one upload, for GrantTTL: ErrNoVideo.
	Grant(ctx context.Context, in GrantIn) (Ticket, error)
	// Progress says where owner's upload stands: ErrNoUpload, also for another's.
	Progress(ctx context.Context, in ProgressIn) (Progress, error)

	// Pictures returns those that exist, in the order asked.
	Pictures(ctx context.Context, in PicturesIn) (Pictures, error)

	// Claim says that pictures of owner are used from now on, so that they stay.
	// Claiming again is fine. ErrNoSuchPicture or ErrNotOwner, with the picture's
	// id as the field, before anything is claimed.
	Claim(ctx context.Context, in ClaimIn) (Pictures, error)

	// ClaimVideo says that a video of owner is used from now on, with these
	// captions, and returns it with them; its poster, or the owner's cover, is
	// claimed as a picture by whoever shows it. ErrNoSuchVideo, ErrNotOwner,
	// ErrNotReady, or the reason for which it was rejected.
	ClaimVideo(ctx context.Context, in ClaimVideoIn) (Video, error)
}

// ProgressIn asks where an upload stands.
type ProgressIn struct {
	Owner  id.User   `json:"owner" min:"1" max:"64"`
	Upload id.Upload `json:"upload" min:"1" max:"64"`
}

// ClaimVideoIn claims a video.
type ClaimVideoIn struct {
	Owner id.User           `json:"owner" min:"1" max:"64"`
	Video video.WantedVideo `json:"video"`
}

// GrantIn asks for a grant. MaxBytes is the most of its kind if it is 0.
type GrantIn struct {
	Owner    id.User `json:"owner" min:"1" max:"64"`
	Purpose  Purpose `json:"purpose" min:"1" enum:"post,avatar,product,comment"`
	Kind     Kind    `json:"kind" min:"1" enum:"picture,video,captions"`
	MaxBytes int64   `json:"max_bytes" min:"0" max:"1073741824"`
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
