// Package talk is what people say under posts: comments two levels deep, their
// likes, what their post's author pins, holds back and answers.
package talk

import (
	"context"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/platform/bus"
	"meadow/services/platform/rpc"
)

// Comment is what somebody says under a post; Parent makes it a reply, To says
// to whom if that is not the parent's author.
type Comment struct {
	ID       id.Comment        `json:"id"`
	Post     id.Post           `json:"post"`
	Parent   id.Comment        `json:"parent,omitempty"`
	To       creator.Author    `json:"to,omitzero"`
	Author   creator.Author    `json:"author"`
	Body     string            `json:"body"`
	Pictures []picture.Picture `json:"pictures"`
	Mentions []creator.Mention `json:"mentions"`
	Likes    int64             `json:"likes"`
	Liked    bool              `json:"liked"` // by the caller
	// Replies is how many are shown under it; Latest the first few of them.
	Replies int64     `json:"replies"`
	Latest  []Comment `json:"latest,omitempty"`
	// ByAuthor is whether the post's author (or their staff) says it, First whether
	// it was the first under its post.
	ByAuthor bool `json:"by_author"`
	First    bool `json:"first"`
	Pinned   bool `json:"pinned"`
	Bought   bool `json:"bought"` // by somebody who had bought what the post shows
	Mine     bool `json:"mine"`
	// State is Shown for whoever else may read it; Held and Limited ones are seen
	// by who wrote them, and those Held for the post's author by them.
	State State     `json:"state"`
	At    time.Time `json:"at"`
}

// State is whether a comment is seen.
type State string

const (
	Shown   State = "shown"
	Held    State = "held"    // for the post's author, for a moderator, or for both: until each lets it through
	Limited State = "limited" // seen by who wrote it
)

// Order is which comments come first.
type Order string

const (
	Hot Order = "hot" // likes and replies, losing weight with age (see package talkcore)
	New Order = "new"
)

// Rules are what the author of a post lets others say.
type Rules struct {
	Who  Who  `json:"who" bson:"who" min:"1" enum:"everybody,followers,nobody"`
	Hold Hold `json:"hold" bson:"hold" min:"1" enum:"nothing,links,everything"`
	// Words that hold a comment back, of the author's own choice.
	Words []string `json:"words" bson:"words" max:"200"`
}

// Who may comment, besides the author.
type Who string

const (
	Everybody Who = "everybody"
	Followers Who = "followers"
	Nobody    Who = "nobody"
)

// Hold is which comments wait for the author.
type Hold string

const (
	HoldNothing    Hold = "nothing"
	HoldLinks      Hold = "links"
	HoldEverything Hold = "everything"
)

// Question is a comment that asks something and has no answer of the post's
// author yet.
type Question struct {
	Comment Comment       `json:"comment"`
	Title   string        `json:"title"` // of the post
	Thumb   string        `json:"thumb"`
	Waiting time.Duration `json:"waiting_ns"`
}

// Response is how fast an account answers questions, of those asked in a span.
// Median and P90 are of the answered ones, in seconds.
type Response struct {
	Days     int   `json:"days"`
	Asked    int64 `json:"asked"`
	Answered int64 `json:"answered"`
	Waiting  int64 `json:"waiting"`
	Median   int64 `json:"median_s"`
	P90      int64 `json:"p90_s"`
	// Within is how many of the answered took no longer than Target seconds.
	Within int64 `json:"within"`
	Target int64 `json:"target_s"`
}

const (
	MaxBody     = 500
	MaxPictures = 4
	// AnswerTarget is how soon a question should be answered, in seconds.
	AnswerTarget = 24 * 60 * 60
	// Preview is how many replies come with a comment.
	Preview = 2
)

var (
	ErrNoSuchComment = errs.New(errs.NotFound, "no_such_comment", "This comment is no longer here.")
	ErrEmpty         = errs.New(errs.Invalid, "comment_empty", "Please write something, or add a picture.")
	ErrClosed        = errs.New(errs.Forbidden, "comments_closed", "The author does not take comments here, or not from everybody.")
	ErrNotAuthor     = errs.New(errs.Forbidden, "not_post_author", "Only the author of the post can do this.")
	ErrFast          = errs.New(errs.Throttled, "comments_too_fast", "You are commenting very fast. Please wait a moment.")
)

// Service is comments.
type Service interface {
	// Comments pages through a post's comments, a pinned one first; with Parent,
	// through the replies to one, oldest first. None of whom the caller has blocked
	// or muted, of who is banned, or with a word the caller has muted. The caller's
	// own that others do not see follow the pinned one; of replies, they come last.
	// creator.ErrNoSuchPost, ErrNoSuchComment.
	Comments(ctx context.Context, in Comments) (page.Page[Comment], error)
	// Say adds a comment, once for each request id. It may come out held or
	// limited: creator.ErrNoSuchPost, ErrNoSuchComment, ErrEmpty, ErrClosed,
	// ErrFast, creator.ErrBlocked, creator.ErrNoPicture, creator.ErrMention,
	// moderation.ErrSuspended.
	Say(ctx context.Context, in Say) (Comment, error)
	// Unsay removes a comment of the caller's, or one under a post of an account
	// they edit for, and what was replied to it: ErrNoSuchComment, actor.ErrForbidden.
	Unsay(ctx context.Context, in ByComment) (rpc.Empty, error)
	// LikeComment and UnlikeComment are idempotent and count each person once:
	// ErrNoSuchComment, creator.ErrBlocked.
	LikeComment(ctx context.Context, in ByComment) (CommentLikes, error)
	UnlikeComment(ctx context.Context, in ByComment) (CommentLikes, error)
	// Pin puts a comment first under the caller's post, in place of another: ErrNotAuthor.
	Pin(ctx context.Context, in ByComment) (Comment, error)
	Unpin(ctx context.Context, in ByComment) (Comment, error)

	// Rules are the caller's, for all their posts; SetRules changes them.
	Rules(ctx context.Context, in rpc.Empty) (Rules, error)
	SetRules(ctx context.Context, in Rules) (Rules, error)
	// Held pages through what waits for the caller under their posts, oldest first.
	// Let lets one through: ErrNotAuthor, ErrNoSuchComment. Neither is of what
	// moderation holds, which only a moderator lets through.
	Held(ctx context.Context, in page.Ask) (page.Page[Comment], error)
	Let(ctx context.Context, in ByComment) (Comment, error)

	// Questions pages through what has no answer yet under the posts of an account,
	// longest waiting first. Settle takes one off the list without an answer.
	Questions(ctx context.Context, in Questions) (page.Page[Question], error)
	Settle(ctx context.Context, in ByComment) (rpc.Empty, error)
	// Response measures the answers to questions of the last 30 days, of the latest
	// 5,000 of them.
	Response(ctx context.Context, in AskResponse) (Response, error)
}

type (
	ByComment struct {
		ID id.Comment `path:"id" json:"-" max:"64"`
	}
	Comments struct {
		page.Ask
		ID     id.Post    `path:"id" json:"-" max:"64"`
		Parent id.Comment `query:"parent" json:"-" max:"64"`
		Order  Order      `query:"order" json:"-" enum:"hot,new"` // "" is hot
	}
	Say struct {
		ID     id.Post    `path:"id" json:"-" max:"64"`
		Parent id.Comment `json:"parent,omitempty" max:"64"` // a reply to a reply names it: it becomes To
		Body   string     `json:"body" max:"500"`
		// Pictures were uploaded for "comment".
		Pictures  []picture.Wanted `json:"pictures,omitempty" max:"4"`
		Mentions  []id.User        `json:"mentions,omitempty" max:"10"`
		RequestID string           `header:"Idempotency-Key" json:"-"`
	}
	CommentLikes struct {
		Likes int64 `json:"likes"`
		Liked bool  `json:"liked"`
	}
	Questions struct {
		page.Ask
		As id.User `query:"as" json:"-" max:"64"`
	}
	AskResponse struct {
		As id.User `query:"as" json:"-" max:"64"`
	}
)

// Said is announced when a comment comes to be shown, Unsaid when one that was
// Said goes, or is held or limited by moderation; if that is taken back, it is
// Said again. Counted is announced when the number of comments under a post has
// changed.
var (
	Said    = bus.Topic[SaidData]{Name: "talk.Said"}
	Unsaid  = bus.Topic[UnsaidData]{Name: "talk.Unsaid"}
	Counted = bus.Topic[CountedData]{Name: "talk.Counted"}
)

type (
	SaidData struct {
		Comment  id.Comment `json:"comment"`
		Post     id.Post    `json:"post"`
		Author   id.User    `json:"author"` // of the post
		By       id.User    `json:"by"`
		Parent   id.Comment `json:"parent,omitempty"`
		To       id.User    `json:"to,omitempty"` // whose comment is answered
		Mentions []id.User  `json:"mentions"`
		Body     string     `json:"body"` // its first 100 characters
		Trace    id.Trace   `json:"trace"`
		At       time.Time  `json:"at"`
	}
	UnsaidData struct {
		Comment id.Comment `json:"comment"`
		Post    id.Post    `json:"post"`
		By      id.User    `json:"by"`
		Told    []id.User  `json:"told"` // who may have been told: the post's author, who is answered, who is mentioned
	}
	CountedData struct {
		Post     id.Post `json:"post"`
		Comments int64   `json:"comments"`
		Rev      int64   `json:"rev"` // a higher one is newer
	}
)
