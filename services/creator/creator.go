// Package creator is the writing side of content: who creates, what they post
// and what people say to it. Reading it in good order is package feed's.
//
// Everybody with an account has a profile; a creator also publishes. A post
// tags products; the tag's link says whose post sold them, and earns that
// creator the commission.
package creator

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/platform/bus"
	"meadow/services/platform/rpc"
)

// Profile is an account as others see it. The counts are of posts, of people
// who follow and are followed, and of likes received; posts and likes may be a
// few seconds behind.
type Profile struct {
	ID        id.User         `json:"id"`
	Name      string          `json:"name"`
	Bio       string          `json:"bio"`
	Avatar    picture.Picture `json:"avatar,omitzero"`
	Posts     int64           `json:"posts"`
	Followers int64           `json:"followers"`
	Following int64           `json:"following"`
	Likes     int64           `json:"likes"`
	// Followed is whether the caller follows this profile.
	Followed bool `json:"followed"`
}

// Author is a profile in one line.
type Author struct {
	ID     id.User         `json:"id"`
	Name   string          `json:"name"`
	Avatar picture.Picture `json:"avatar,omitzero"`
}

// Kind is a post's form.
type Kind string

// Pictures is a post of 1 to 18 pictures.
const Pictures Kind = "pictures"

// Post is a creator's content as a viewer reads it.
type Post struct {
	ID          id.Post           `json:"id"`
	Kind        Kind              `json:"kind"`
	Author      Author            `json:"author"`
	Title       string            `json:"title"`
	Body        string            `json:"body"`
	Topics      []string          `json:"topics"`
	Pictures    []picture.Picture `json:"pictures"`
	Tags        []Tag             `json:"tags"`
	Ad          bool              `json:"ad"` // labelled 广告 / Ad wherever it shows
	Lang        string            `json:"lang"`
	Likes       int64             `json:"likes"`
	Saves       int64             `json:"saves"`
	Comments    int64             `json:"comments"`
	Liked       bool              `json:"liked"`    // by the caller
	Saved       bool              `json:"saved"`    // by the caller
	Followed    bool              `json:"followed"` // the author, by the caller
	PublishedAt time.Time         `json:"published_at"`
	EditedAt    time.Time         `json:"edited_at,omitzero"`
}

// Tag is a product in a post. Title, price and stock are the catalogue's, read
// now. Link is the purchase link: whoever quotes with it credits the post.
type Tag struct {
	Product   id.Product      `json:"product"`
	Picture   int             `json:"picture"` // index of the picture it sits on
	X         int64           `json:"x"`       // of the hotspot, in basis points of the picture's width
	Y         int64           `json:"y"`       // and height
	Title     string          `json:"title"`
	Cover     picture.Picture `json:"cover,omitzero"`
	Price     money.Money     `json:"price"` // of its cheapest SKU
	List      money.Money     `json:"list,omitzero"`
	Sold      int64           `json:"sold"`
	Available int64           `json:"available"`
	OnSale    bool            `json:"on_sale"`
	Link      string          `json:"link"`
}

// Card is a post in a list.
type Card struct {
	ID          id.Post         `json:"id"`
	Kind        Kind            `json:"kind"`
	Title       string          `json:"title"`
	Cover       picture.Picture `json:"cover"`
	Author      Author          `json:"author"`
	Likes       int64           `json:"likes"`
	Liked       bool            `json:"liked"`
	Ad          bool            `json:"ad"`
	Price       money.Money     `json:"price,omitzero"` // of the cheapest tagged product on sale
	PublishedAt time.Time       `json:"published_at"`
}

// Comment is what somebody says under a post; Parent makes it a reply.
type Comment struct {
	ID     id.Comment `json:"id"`
	Post   id.Post    `json:"post"`
	Parent id.Comment `json:"parent,omitempty"`
	Author Author     `json:"author"`
	Body   string     `json:"body"`
	Mine   bool       `json:"mine"`
	At     time.Time  `json:"at"`
}

// Attribution is what a purchase link proves: who sold which product where.
type Attribution struct {
	Post    id.Post    `json:"post" bson:"post"`
	Creator id.User    `json:"creator" bson:"creator"`
	Product id.Product `json:"product" bson:"product"`
	At      time.Time  `json:"at" bson:"at"` // when the link was shown
}

// MaxFollows is about how many people one can follow: two follows at the same
// moment may pass it by one.
const MaxFollows = 1000

// LinkTTL is how long a purchase link credits its post after it was shown.
const LinkTTL = 7 * 24 * time.Hour

var (
	ErrNoSuchProfile = errs.New(errs.NotFound, "no_such_profile", "This profile does not exist.")
	ErrNoSuchPost    = errs.New(errs.NotFound, "no_such_post", "This post is no longer here.")
	ErrNoSuchComment = errs.New(errs.NotFound, "no_such_comment", "This comment is no longer here.")
	ErrNoPicture     = errs.New(errs.Invalid, "bad_picture", "One of the pictures is not yours or not ready.")
	ErrNoTagged      = errs.New(errs.Invalid, "bad_tag", "One of the tagged products is not on sale, or its picture is missing.")
	ErrUnlabelled    = errs.New(errs.Precondition, "ad_label_required", "A post that sells for a reward must carry the Ad label.")
	ErrFollowsFull   = errs.New(errs.Exhausted, "follows_full", "You follow as many people as one can. Please unfollow somebody first.")
	ErrFollowSelf    = errs.New(errs.Invalid, "follow_self", "You cannot follow yourself.")
	ErrBadLink       = errs.New(errs.Invalid, "bad_purchase_link", "This purchase link is not valid any more.")
)

// Service is creators, posts and conversation. Cards, Follows, AllPosts and
// OpenLink are for other parts of the shop (actor.AsSystem); nobody else finds
// them (rpc.ErrNoRoute).
type Service interface {
	// Profile returns an account as others see it, or ErrNoSuchProfile.
	Profile(ctx context.Context, in ByUser) (Profile, error)
	// EditProfile changes the caller's own: ErrNoPicture.
	EditProfile(ctx context.Context, in EditProfile) (Profile, error)
	// Follow and Unfollow are idempotent: ErrNoSuchProfile, ErrFollowSelf,
	// ErrFollowsFull. The profile is of whom they concern.
	Follow(ctx context.Context, in ByUser) (Profile, error)
	Unfollow(ctx context.Context, in ByUser) (Profile, error)

	// Upload issues a ticket to upload one picture to the media role.
	Upload(ctx context.Context, in Upload) (Ticket, error)
	// Publish makes a post, once for each request id: ErrNoPicture, ErrNoTagged,
	// ErrUnlabelled.
	Publish(ctx context.Context, in Publish) (Post, error)
	// Edit changes a post of the caller's. The errors of Publish, ErrNoSuchPost.
	Edit(ctx context.Context, in EditPost) (Post, error)
	// Remove takes a post of the caller's away, or returns ErrNoSuchPost.
	Remove(ctx context.Context, in ByPost) (rpc.Empty, error)
	// Post returns a post with its tags' facts as they are now: ErrNoSuchPost.
	Post(ctx context.Context, in ByPost) (Post, error)
	// PostsBy pages through a creator's posts, newest first.
	PostsBy(ctx context.Context, in PostsBy) (page.Page[Card], error)
	// Saved pages through what the caller saved, latest first.
	Saved(ctx context.Context, in page.Ask) (page.Page[Card], error)

	// Like, Unlike, Save and Unsave are idempotent, and count each person once.
	Like(ctx context.Context, in ByPost) (Reaction, error)
	Unlike(ctx context.Context, in ByPost) (Reaction, error)
	Save(ctx context.Context, in ByPost) (Reaction, error)
	Unsave(ctx context.Context, in ByPost) (Reaction, error)

	// Comments pages through a post's comments, newest first; with Parent,
	// through the replies to one, oldest first.
	Comments(ctx context.Context, in Comments) (page.Page[Comment], error)
	// Say adds a comment, once for each request id: ErrNoSuchPost,
	// ErrNoSuchComment if the parent is gone.
	Say(ctx context.Context, in Say) (Comment, error)
	// Unsay removes a comment of the caller's, or one under their post.
	Unsay(ctx context.Context, in ByComment) (rpc.Empty, error)

	// Cards returns the posts that exist, in the order asked, as For sees them.
	Cards(ctx context.Context, in Cards) (CardList, error)
	// Follows pages through whom a user follows.
	Follows(ctx context.Context, in Follows) (page.Page[id.User], error)
	// AllPosts pages through every post there is as it would be announced, oldest
	// first, for rebuilding what is derived from them.
	AllPosts(ctx context.Context, in page.Ask) (page.Page[PublishedData], error)
	// OpenLink returns what a purchase link proves, or ErrBadLink.
	OpenLink(ctx context.Context, in OpenLink) (Attribution, error)
}

type (
	ByUser struct {
		ID id.User `path:"id" json:"-" max:"64"`
	}
	ByPost struct {
		ID id.Post `path:"id" json:"-" max:"64"`
	}
	ByComment struct {
		ID id.Comment `path:"id" json:"-" max:"64"`
	}
	EditProfile struct {
		Bio    string   `json:"bio" max:"500"`
		Avatar id.Media `json:"avatar,omitempty" max:"64"` // "" keeps the one there is
	}
	Upload struct {
		Purpose string `json:"purpose" min:"1" enum:"post,avatar,product"`
		Bytes   int64  `json:"bytes" min:"1"`
	}
	// Ticket lets its holder upload one file of at most MaxBytes to URL by the tus
	// protocol, with Token in the Authorization header ("Bearer …").
	Ticket struct {
		Upload   id.Upload `json:"upload"`
		URL      string    `json:"url"`
		Token    string    `json:"token"`
		MaxBytes int64     `json:"max_bytes"`
		Until    time.Time `json:"until"`
	}
	// Draft is what a creator writes.
	Draft struct {
		Title    string           `json:"title" min:"1" max:"60"`
		Body     string           `json:"body" max:"2000"`
		Topics   []string         `json:"topics" max:"10"`
		Pictures []picture.Wanted `json:"pictures" min:"1" max:"18"`
		Tags     []NewTag         `json:"tags" max:"20"`
		Ad       bool             `json:"ad"`
		Lang     string           `json:"lang" enum:"zh-CN,en"`
	}
	NewTag struct {
		Product id.Product `json:"product" min:"1" max:"64"`
		Picture int        `json:"picture" min:"0" max:"17"`
		X       int64      `json:"x" min:"0" max:"10000"`
		Y       int64      `json:"y" min:"0" max:"10000"`
	}
	Publish struct {
		Draft
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	EditPost struct {
		ID id.Post `path:"id" json:"-" max:"64"`
		Draft
	}
	PostsBy struct {
		page.Ask
		ID id.User `path:"id" json:"-" max:"64"`
	}
	// Reaction is a post's counts after the caller's change.
	Reaction struct {
		Likes int64 `json:"likes"`
		Saves int64 `json:"saves"`
		Liked bool  `json:"liked"`
		Saved bool  `json:"saved"`
	}
	Comments struct {
		page.Ask
		ID     id.Post    `path:"id" json:"-" max:"64"`
		Parent id.Comment `query:"parent" json:"-" max:"64"`
	}
	Say struct {
		ID        id.Post    `path:"id" json:"-" max:"64"`
		Parent    id.Comment `json:"parent,omitempty" max:"64"`
		Body      string     `json:"body" min:"1" max:"500"`
		RequestID string     `header:"Idempotency-Key" json:"-"`
	}
	Cards struct {
		IDs []id.Post `json:"ids" max:"200"`
		For id.User   `json:"for,omitempty" max:"64"`
	}
	CardList struct {
		Items []Card `json:"items"`
	}
	Follows struct {
		page.Ask
		ID id.User `path:"id" json:"-" max:"64"`
	}
	OpenLink struct {
		Link string `json:"link" min:"1" max:"1000"`
	}
)

// Published is announced when a post appears or is edited, and Removed when it
// goes, which is for good.
var (
	Published = bus.Topic[PublishedData]{Name: "creator.Published"}
	Removed   = bus.Topic[RemovedData]{Name: "creator.Removed"}
)

type (
	PublishedData struct {
		Post     id.Post      `json:"post"`
		Author   id.User      `json:"author"`
		Name     string       `json:"name"` // the author's
		Title    string       `json:"title"`
		Body     string       `json:"body"`
		Topics   []string     `json:"topics"`
		Products []id.Product `json:"products"`
		Lang     string       `json:"lang"`
		At       time.Time    `json:"at"`  // of first publication
		Rev      int64        `json:"rev"` // a higher one is newer
	}
	RemovedData struct {
		Post   id.Post `json:"post"`
		Author id.User `json:"author"`
	}
)
