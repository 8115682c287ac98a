package creator

import (
	"context"
	"time"

	"meadow/media"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/kernel/video"
	"meadow/services/platform/rpc"
)

// The screens see these of package media.
type (
	mediaAbilities = media.Abilities
	mediaProgress  = media.Progress
)

// DraftContent is what somebody writes. A draft may lack anything; a post needs
// a title, a language, and what its kind is made of.
type DraftContent struct {
	Kind     Kind               `json:"kind,omitempty" bson:"kind" enum:"pictures,video,article,replay"` // "" is pictures
	Title    string             `json:"title" bson:"title" max:"60"`
	Body     string             `json:"body" bson:"body" max:"2000"`
	Topics   []string           `json:"topics" bson:"topics" max:"10"`
	Mentions []id.User          `json:"mentions,omitempty" bson:"mentions" max:"20"`
	Place    string             `json:"place,omitempty" bson:"place" max:"80"`
	Genre    Genre              `json:"genre,omitempty" bson:"genre" enum:"intro,guide,promotion,story,rating,lifestyle,news"`
	Pictures []picture.Wanted   `json:"pictures" bson:"pictures" max:"18"`
	Video    *video.WantedVideo `json:"video,omitempty" bson:"video,omitempty"`
	Blocks   []Block            `json:"blocks,omitempty" bson:"blocks" max:"100"`
	Chapters []Chapter          `json:"chapters,omitempty" bson:"chapters" max:"100"`
	Room     id.Room            `json:"room,omitempty" bson:"room" max:"64"`
	Tags     []NewTag           `json:"tags" bson:"tags" max:"20"`
	// Order is the caller's order that a 晒单 shows: its products may be tagged and
	// carry the verified-purchase mark.
	Order      id.Order   `json:"order,omitempty" bson:"order" max:"64"`
	Ad         bool       `json:"ad" bson:"ad"`
	PaidBy     string     `json:"paid_by,omitempty" bson:"paid_by" max:"60"`
	AI         bool       `json:"ai,omitempty" bson:"ai"`
	Lang       string     `json:"lang" bson:"lang" enum:"zh-CN,en"`
	Visibility Visibility `json:"visibility,omitempty" bson:"visibility" enum:"public,followers,private"` // "" is public
}

// NewTag puts a product on a picture.
type NewTag struct {
	Product id.Product `json:"product" bson:"product" min:"1" max:"64"`
	Picture int        `json:"picture" bson:"picture" min:"0" max:"17"`
	X       int64      `json:"x" bson:"x" min:"0" max:"10000"`
	Y       int64      `json:"y" bson:"y" min:"0" max:"10000"`
}

// Draft is content that is not published. Scheduled ones are published at
// PublishAt, or as soon after as their video is ready; if that fails, Problem is
// the reason and the draft is one again.
type Draft struct {
	ID        id.Draft     `json:"id"`
	Account   Author       `json:"account"` // whose post it will be
	Content   DraftContent `json:"content"`
	Cover     string       `json:"cover,omitempty"` // path of a small picture, once there is one
	Rev       int64        `json:"rev"`
	SavedAt   time.Time    `json:"saved_at"`
	SavedBy   id.User      `json:"saved_by"`
	PublishAt time.Time    `json:"publish_at,omitzero"`
	Zone      string       `json:"zone,omitempty"` // IANA name of the time zone it was scheduled in
	Problem   string       `json:"problem,omitempty"`
	Post      id.Post      `json:"post,omitempty"` // what it became
}

const (
	// MaxDrafts is how many drafts an account keeps.
	MaxDrafts = 200
	// MaxAhead is how far ahead one can schedule.
	MaxAhead = 365 * 24 * time.Hour
	// ScheduleSlack is how late a scheduled post may be.
	ScheduleSlack = 2 * time.Second
)

// Drafts is how posts are made.
type Drafts interface {
	// Begin makes a draft, once for each request id: ErrDrafts, ErrNotStaff.
	Begin(ctx context.Context, in Begin) (Draft, error)
	// SaveDraft stores content over the revision it was made from, as autosave
	// does: ErrNoSuchDraft, ErrStale, ErrSent. Saving the same again is fine.
	SaveDraft(ctx context.Context, in SaveDraft) (Draft, error)
	// Draft returns one, Drafts pages through them, latest first.
	Draft(ctx context.Context, in ByDraft) (Draft, error)
	Drafts(ctx context.Context, in ListDrafts) (page.Page[Draft], error)
	// DropDraft deletes one.
	DropDraft(ctx context.Context, in ByDraft) (rpc.Empty, error)
	// PublishDraft makes it a post, once: the errors of Publish, ErrStale.
	PublishDraft(ctx context.Context, in PublishDraft) (Post, error)
	// Schedule publishes it later, or at another time than before: the errors of
	// Publish but for a video that is not ready; ErrPast, ErrZone. Unschedule makes
	// it a draft again.
	Schedule(ctx context.Context, in Schedule) (Draft, error)
	Unschedule(ctx context.Context, in ByDraft) (Draft, error)
	// Calendar lists what was and will be published in a span of at most 62 days.
	Calendar(ctx context.Context, in Calendar) (CalendarDays, error)
}

type (
	ByDraft struct {
		ID id.Draft `path:"id" json:"-" max:"64"`
	}
	Begin struct {
		DraftContent
		As        id.User `query:"as" json:"-" max:"64"`
		RequestID string  `header:"Idempotency-Key" json:"-"`
	}
	SaveDraft struct {
		ID      id.Draft     `path:"id" json:"-" max:"64"`
		Rev     int64        `json:"rev" min:"1"`
		Content DraftContent `json:"content"`
	}
	ListDrafts struct {
		page.Ask
		As id.User `query:"as" json:"-" max:"64"`
	}
	PublishDraft struct {
		ID  id.Draft `path:"id" json:"-" max:"64"`
		Rev int64    `json:"rev" min:"1"`
	}
	Schedule struct {
		ID  id.Draft  `path:"id" json:"-" max:"64"`
		Rev int64     `json:"rev" min:"1"`
		At  time.Time `json:"at"`
		// Zone is where the creator is, so that a calendar shows the day they meant.
		Zone string `json:"zone" min:"1" max:"64"`
	}
	Calendar struct {
		As   id.User `query:"as" json:"-" max:"64"`
		From string  `query:"from" json:"-" min:"1" max:"40"` // RFC 3339
		To   string  `query:"to" json:"-" min:"1" max:"40"`
	}
	CalendarDays struct {
		Items []CalendarEntry `json:"items"`
	}
	// CalendarEntry is a scheduled draft or a published post.
	CalendarEntry struct {
		Draft id.Draft  `json:"draft,omitempty"`
		Post  id.Post   `json:"post,omitempty"`
		Title string    `json:"title"`
		Thumb string    `json:"thumb,omitempty"`
		Kind  Kind      `json:"kind"`
		State State     `json:"state,omitempty"`
		At    time.Time `json:"at"`
	}
)
