// Package creator is the writing side of content: who creates and what they
// post. Reading it in good order is package feed's, what is said about it
// package talk's, whether it may stay package moderation's.
//
// Everybody with an account has a profile and may post. A creator also earns: a
// post tags products, the tag's link says whose post sold them, and credits
// that creator with the commission, under the Ad label.
//
// The contract is read file by file: people.go (profiles, follows, showcase,
// staff), post.go (what viewers read), draft.go (how a post is made), react.go
// (likes, saves, collections, shares).
package creator

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/bus"
)

// Service is creators and their posts.
type Service interface {
	People
	Posts
	Drafts
	Reactions
	Parts
}

// Parts is for other parts of the shop (actor.AsSystem); nobody else finds it
// (rpc.ErrNoRoute).
type Parts interface {
	// Cards returns the posts that For may see, in the order asked: none of whom
	// For has blocked or muted or who blocks For, none with a word For has muted.
	Cards(ctx context.Context, in Cards) (CardList, error)
	// Facts returns what other services must know of posts, shown or not, in the
	// order asked; absent ones are left out.
	Facts(ctx context.Context, in Cards) (FactList, error)
	// Authors returns profiles in one line, in the order asked.
	Authors(ctx context.Context, in Authors) (AuthorList, error)
	// Follows pages through whom a user follows, Followers through who follows them.
	Follows(ctx context.Context, in Follows) (page.Page[id.User], error)
	Followers(ctx context.Context, in Follows) (page.Page[id.User], error)
	// FollowsAmong returns those of some accounts that a user follows now.
	FollowsAmong(ctx context.Context, in AskAmong) (Among, error)
	// AllPosts pages through every post that others may read as it would be
	// announced, oldest first, for rebuilding what is derived from them.
	AllPosts(ctx context.Context, in page.Ask) (page.Page[PublishedData], error)
	// OpenLink returns what a purchase link proves, or ErrBadLink.
	OpenLink(ctx context.Context, in OpenLink) (Attribution, error)
	// MayAct reports whether a user may work for an account: as its owner, or as
	// staff with one of the roles.
	MayAct(ctx context.Context, in MayAct) (Allowed, error)
}

// Attribution is what a purchase link proves: who sold which product where.
// Trace is equal along a whole chain: of a post, the purchases from it, and the
// posts of those who bought. Post is "" for a link from a showcase. Reward is
// whether the creator earns by it, being one still. Via is who shared the post with the buyer.
type Attribution struct {
	Trace   id.Trace   `json:"trace" bson:"trace"`
	Post    id.Post    `json:"post" bson:"post"`
	Creator id.User    `json:"creator" bson:"creator"`
	Product id.Product `json:"product" bson:"product"`
	Reward  bool       `json:"reward" bson:"reward"`
	Via     id.User    `json:"via,omitempty" bson:"via,omitempty"`
	At      time.Time  `json:"at" bson:"at"` // when the link was shown
}

// PostFacts is a post as other services need it. Visible is whether For may
// read it now.
type PostFacts struct {
	ID      id.Post      `json:"id"`
	Author  id.User      `json:"author"`
	Kind    Kind         `json:"kind"`
	Title   string       `json:"title"`
	Thumb   string       `json:"thumb"` // path of its cover
	State   State        `json:"state"`
	Visible bool         `json:"visible"`
	Trace   id.Trace     `json:"trace"`
	Tagged  []id.Product `json:"tagged"`
	Ad      bool         `json:"ad"`
	At      time.Time    `json:"at"`
}

type (
	Cards struct {
		IDs []id.Post `json:"ids" max:"200"`
		For id.User   `json:"for,omitempty" max:"64"`
	}
	CardList struct {
		Items []Card `json:"items"`
	}
	FactList struct {
		Items []PostFacts `json:"items"`
	}
	Authors struct {
		IDs []id.User `json:"ids" max:"200"`
	}
	AuthorList struct {
		Items []Author `json:"items"`
	}
	Follows struct {
		page.Ask
		ID id.User `path:"id" json:"-" max:"64"`
	}
	AskAmong struct {
		User     id.User   `json:"user" min:"1" max:"64"`
		Accounts []id.User `json:"accounts" max:"200"`
	}
	Among struct {
		Items []id.User `json:"items"`
	}
	OpenLink struct {
		Link string `json:"link" min:"1" max:"1000"`
	}
	MayAct struct {
		User    id.User     `json:"user" min:"1" max:"64"`
		Account id.User     `json:"account" min:"1" max:"64"`
		Roles   []StaffRole `json:"roles"`
	}
	Allowed struct {
		OK bool `json:"ok"`
	}
)

var (
	ErrNoSuchProfile    = errs.New(errs.NotFound, "no_such_profile", "This profile does not exist.")
	ErrNoSuchPost       = errs.New(errs.NotFound, "no_such_post", "This post is no longer here.")
	ErrNoSuchDraft      = errs.New(errs.NotFound, "no_such_draft", "This draft does not exist.")
	ErrNoSuchCollection = errs.New(errs.NotFound, "no_such_collection", "This collection does not exist.")
	ErrNoPicture        = errs.New(errs.Invalid, "bad_picture", "One of the pictures is not yours or not ready.")
	ErrBadVideo         = errs.New(errs.Invalid, "bad_video", "This video is not yours or cannot be used.")
	ErrNoTagged         = errs.New(errs.Invalid, "bad_tag", "One of the tagged products is not on sale, or its picture is missing.")
	ErrNotBought        = errs.New(errs.Precondition, "not_bought", "You can tag products that you bought. Become a creator to recommend others.")
	ErrUnlabelled       = errs.New(errs.Precondition, "ad_label_required", "A post that sells for a reward must carry the Ad label.")
	ErrUnfinished       = errs.New(errs.Precondition, "draft_unfinished", "Something is still missing from this draft.")
	ErrStale            = errs.New(errs.Conflict, "draft_changed", "This draft was changed elsewhere. Please load it again.")
	ErrSent             = errs.New(errs.Conflict, "draft_published", "This draft has already been published.")
	ErrPast             = errs.New(errs.Invalid, "schedule_past", "Please choose a time in the future, within a year.")
	ErrZone             = errs.New(errs.Invalid, "bad_zone", "This time zone is not known.")
	ErrDrafts           = errs.New(errs.Exhausted, "too_many_drafts", "You have as many drafts as one can keep. Please publish or delete one.")
	ErrCollections      = errs.New(errs.Exhausted, "too_many_collections", "You have as many collections as one can keep.")
	ErrNamed            = errs.New(errs.Conflict, "collection_named", "You have a collection of this name already.")
	ErrShowcaseFull     = errs.New(errs.Exhausted, "showcase_full", "Your showcase is full. Please take a product out first.")
	ErrFollowsFull      = errs.New(errs.Exhausted, "follows_full", "You follow as many people as one can. Please unfollow somebody first.")
	ErrFollowSelf       = errs.New(errs.Invalid, "follow_self", "You cannot follow yourself.")
	ErrBlocked          = errs.New(errs.Forbidden, "blocked", "This is not possible between you and this person.")
	ErrMention          = errs.New(errs.Invalid, "bad_mention", "One of the people mentioned does not exist, or does not want it.")
	ErrWords            = errs.New(errs.Precondition, "words_refused", "These words are not allowed here. Please change them.")
	ErrNotStaff         = errs.New(errs.Forbidden, "not_staff", "You do not work for this account, or not in a role that may do this.")
	ErrStaffFull        = errs.New(errs.Exhausted, "staff_full", "This account has as many staff as it can have.")
	ErrBadLink          = errs.New(errs.Invalid, "bad_purchase_link", "This purchase link is not valid any more.")
	ErrBadShare         = errs.New(errs.NotFound, "bad_share", "This share link is not valid.")
)

// Published is announced when a post appears, is edited or appears again, and
// Removed when it goes: for good, or until a Published with a higher Rev.
// Reacted follows a like, a save, a share or a follow, and its being taken back.
// Unscheduled follows a draft that could not be published when it was due.
var (
	Published = bus.Topic[PublishedData]{Name: "creator.Published"}
	Removed   = bus.Topic[RemovedData]{Name: "creator.Removed"}
	Reacted   = bus.Topic[ReactedData]{Name: "creator.Reacted"}

	Unscheduled = bus.Topic[UnscheduledData]{Name: "creator.Unscheduled"}
)

type (
	PublishedData struct {
		Post       id.Post      `json:"post"`
		Author     id.User      `json:"author"`
		Name       string       `json:"name"` // the author's
		Kind       Kind         `json:"kind"`
		Genre      Genre        `json:"genre,omitempty"`
		Title      string       `json:"title"`
		Body       string       `json:"body"` // of an article, its words
		Topics     []string     `json:"topics"`
		Mentions   []id.User    `json:"mentions"`
		Products   []id.Product `json:"products"`
		Ad         bool         `json:"ad"`
		AI         bool         `json:"ai"`              // made by a machine
		Verified   bool         `json:"verified"`        // its author bought all that it shows
		Place      string       `json:"place,omitempty"` // as its author named it
		Visibility Visibility   `json:"visibility"`
		// Limited is whether it is shown to followers and by its address only.
		Limited bool      `json:"limited"`
		Trace   id.Trace  `json:"trace"`
		Lang    string    `json:"lang"`
		At      time.Time `json:"at"`  // of first publication
		Rev     int64     `json:"rev"` // a higher one is newer
	}
	RemovedData struct {
		Post   id.Post `json:"post"`
		Author id.User `json:"author"`
		Rev    int64   `json:"rev"`
	}
	ReactedData struct {
		Kind   ReactionKind `json:"kind"`
		On     bool         `json:"on"` // false: taken back
		User   id.User      `json:"user"`
		Post   id.Post      `json:"post,omitempty"` // not of a follow
		Author id.User      `json:"author"`         // of the post, or who is followed
		Via    id.Trace     `json:"via,omitempty"`  // the post's chain
		At     time.Time    `json:"at"`
		Rev    int64        `json:"rev"` // of this person's reaction; a higher one is newer
	}
)

// UnscheduledData is a draft that is one again; Reason is its Problem, By who
// scheduled it.
type UnscheduledData struct {
	Draft   id.Draft  `json:"draft"`
	Account id.User   `json:"account"`
	By      id.User   `json:"by"`
	Title   string    `json:"title"`
	Reason  string    `json:"reason"`
	At      time.Time `json:"at"`
}

// ReactionKind is what somebody does with a post or a person.
type ReactionKind string

const (
	Liked    ReactionKind = "like"
	SavedIt  ReactionKind = "save"
	Shared   ReactionKind = "share"
	Followed ReactionKind = "follow"
)
