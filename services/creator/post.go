package creator

import (
	"context"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/kernel/video"
	"meadow/services/platform/rpc"
)

// Kind is a post's form.
type Kind string

const (
	Pictures Kind = "pictures" // 1 to 18 pictures
	Video    Kind = "video"    // one video and its cover
	Article  Kind = "article"  // blocks of text, pictures and products
	Replay   Kind = "replay"   // what a live room showed, with chapters
)

// Genre is what a post is about, in the words of the trade.
type Genre string

const (
	Intro     Genre = "intro"     // 商品介绍
	Guide     Genre = "guide"     // 购物攻略
	Promotion Genre = "promotion" // 优惠促销
	Story     Genre = "story"     // 品牌故事
	Rating    Genre = "rating"    // 用户评价
	Lifestyle Genre = "lifestyle" // 生活方式
	News      Genre = "news"      // 行业资讯
)

// Visibility is who may read a post.
type Visibility string

const (
	Public        Visibility = "public"
	FollowersOnly Visibility = "followers"
	OnlyMe        Visibility = "private"
)

// State is where a post stands. Pending, Rejected and Unpublished ones are seen
// by their author only; Limited ones by followers and by their address.
type State string

const (
	Pending     State = "pending"
	Approved    State = "approved"
	Limited     State = "limited"
	Rejected    State = "rejected"
	Unpublished State = "unpublished"
)

// Post is a creator's content as a viewer reads it. Pictures of a video, a
// replay or an article begin with its cover.
type Post struct {
	ID         id.Post           `json:"id"`
	Kind       Kind              `json:"kind"`
	Author     Author            `json:"author"`
	Title      string            `json:"title"`
	Body       string            `json:"body"`
	Topics     []string          `json:"topics"`
	Mentions   []Mention         `json:"mentions"`
	Place      string            `json:"place,omitempty"`
	Genre      Genre             `json:"genre,omitempty"`
	Pictures   []picture.Picture `json:"pictures"`
	Video      *video.Video      `json:"video,omitempty"`
	Blocks     []Block           `json:"blocks,omitempty"`   // of an article
	Chapters   []Chapter         `json:"chapters,omitempty"` // of a video or a replay
	Room       id.Room           `json:"room,omitempty"`     // whose replay it is
	Tags       []Tag             `json:"tags"`
	Ad         bool              `json:"ad"`                // labelled 广告 / Ad wherever it shows
	PaidBy     string            `json:"paid_by,omitempty"` // the brand of a paid partnership, 合作
	AI         bool              `json:"ai"`                // labelled as made by a machine
	Verified   bool              `json:"verified"`          // its author bought all that it shows (晒单)
	Lang       string            `json:"lang"`
	Visibility Visibility        `json:"visibility"`
	State      State             `json:"state"`
	Reason     string            `json:"reason,omitempty"` // of the state, for the author
	Trace      id.Trace          `json:"trace"`
	Likes      int64             `json:"likes"`
	Saves      int64             `json:"saves"`
	Shares     int64             `json:"shares"`
	Comments   int64             `json:"comments"` // a moment behind
	Mine       bool              `json:"mine"`     // the caller's, or of an account they may edit for
	Liked      bool              `json:"liked"`    // by the caller
	Saved      bool              `json:"saved"`    // by the caller
	Followed   bool              `json:"followed"` // the author, by the caller
	// PublishedAt is of its first publication.
	PublishedAt time.Time `json:"published_at"`
	EditedAt    time.Time `json:"edited_at,omitzero"`
}

// Mention is somebody named in the text as "@" and their name then.
type Mention struct {
	ID   id.User `json:"id" bson:"id"`
	Name string  `json:"name" bson:"name"`
}

// BlockKind is what a block of an article holds.
type BlockKind string

const (
	Heading      BlockKind = "heading"
	Text         BlockKind = "text"
	Quote        BlockKind = "quote"
	List         BlockKind = "list" // each line of Text is an item
	PictureBlock BlockKind = "picture"
	ProductBlock BlockKind = "product"
)

// Block is a part of an article. Picture is an index into the post's pictures;
// Product is one of its tags.
type Block struct {
	Kind    BlockKind  `json:"kind" bson:"kind" min:"1" enum:"heading,text,quote,list,picture,product"`
	Text    string     `json:"text,omitempty" bson:"text,omitempty" max:"5000"`
	Marks   []Mark     `json:"marks,omitempty" bson:"marks,omitempty" max:"200"`
	Picture int        `json:"picture,omitempty" bson:"picture,omitempty" min:"0" max:"17"`
	Product id.Product `json:"product,omitempty" bson:"product,omitempty" max:"64"`
}

// Mark styles the characters [From, To) of a block's text, counted in Unicode
// code points. To leave it, a link goes to an https address.
type Mark struct {
	From  int    `json:"from" bson:"from" min:"0" max:"5000"`
	To    int    `json:"to" bson:"to" min:"1" max:"5000"`
	Style string `json:"style" bson:"style" min:"1" enum:"bold,italic,link"`
	URL   string `json:"url,omitempty" bson:"url,omitempty" max:"500"` // of a link
}

// Chapter is a part of a video that begins at an instant.
type Chapter struct {
	At      int64      `json:"at_ms" bson:"at_ms" min:"0"`
	Title   string     `json:"title" bson:"title" min:"1" max:"60"`
	Product id.Product `json:"product,omitempty" bson:"product,omitempty" max:"64"`
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
	Bought    bool            `json:"bought"` // by the author, here
	Link      string          `json:"link"`
}

// Card is a post in a list.
type Card struct {
	ID          id.Post         `json:"id"`
	Kind        Kind            `json:"kind"`
	Title       string          `json:"title"`
	Cover       picture.Picture `json:"cover"`
	Duration    int64           `json:"duration_ms,omitempty"` // of its video
	Preview     string          `json:"preview,omitempty"`     // of its video
	Author      Author          `json:"author"`
	Likes       int64           `json:"likes"`
	Liked       bool            `json:"liked"`
	Ad          bool            `json:"ad"`
	PaidBy      string          `json:"paid_by,omitempty"`
	AI          bool            `json:"ai"`
	Verified    bool            `json:"verified"`
	Price       money.Money     `json:"price,omitzero"` // of the cheapest tagged product on sale
	PublishedAt time.Time       `json:"published_at"`
}

// Work is a post in its author's list.
type Work struct {
	Card
	State      State      `json:"state"`
	Reason     string     `json:"reason,omitempty"`
	Visibility Visibility `json:"visibility"`
	Saves      int64      `json:"saves"`
	Shares     int64      `json:"shares"`
	Comments   int64      `json:"comments"`
	EditedAt   time.Time  `json:"edited_at,omitzero"`
}

// Version is what a post said until an edit.
type Version struct {
	Rev   int64     `json:"rev"`
	Title string    `json:"title"`
	Body  string    `json:"body"`
	By    id.User   `json:"by"` // who replaced it
	Until time.Time `json:"until"`
}

// LinkTTL is how long a purchase link credits its post after it was shown.
const LinkTTL = 7 * 24 * time.Hour

// Posts is what has been made.
type Posts interface {
	// Abilities says what can be uploaded, before anybody picks a file.
	Abilities(ctx context.Context, in rpc.Empty) (Abilities, error)
	// Upload issues a ticket to upload one file to the media role: media.ErrNoVideo.
	Upload(ctx context.Context, in Upload) (Ticket, error)
	// UploadProgress says where an upload of the caller's stands: media.ErrNoUpload.
	UploadProgress(ctx context.Context, in ByUpload) (Progress, error)

	// Publish makes a post, once for each request id: ErrNoPicture, ErrBadVideo,
	// ErrNoTagged, ErrNotBought, ErrUnlabelled, ErrMention, media.ErrNotReady. It
	// may come out pending or rejected.
	Publish(ctx context.Context, in Publish) (Post, error)
	// Edit changes a post of the caller's and keeps what it said. The errors of
	// Publish, ErrNoSuchPost.
	Edit(ctx context.Context, in EditPost) (Post, error)
	// Unpublish hides a post of the caller's from everybody else; Republish brings
	// it back, looked at again.
	Unpublish(ctx context.Context, in ByPost) (Post, error)
	Republish(ctx context.Context, in ByPost) (Post, error)
	// Remove takes a post of the caller's away for good, or returns ErrNoSuchPost.
	Remove(ctx context.Context, in ByPost) (rpc.Empty, error)
	// Versions lists what a post of the caller's said before, latest first.
	Versions(ctx context.Context, in ByPost) (VersionList, error)
	// Original is a post of the caller's as they wrote it, for editing.
	Original(ctx context.Context, in ByPost) (DraftContent, error)

	// Post returns a post with its tags' facts as they are now: ErrNoSuchPost, also
	// for who may not read it. Via names the share it was opened by.
	Post(ctx context.Context, in ReadPost) (Post, error)
	// PostsBy pages through a creator's posts as their page shows them to the
	// caller, newest first: to themselves with the private ones, to who follows
	// them with what is for followers or limited. Works has those that wait.
	PostsBy(ctx context.Context, in PostsBy) (page.Page[Card], error)
	// Works pages through the caller's own posts in any state, newest first.
	Works(ctx context.Context, in Works) (page.Page[Work], error)
}

type (
	ByPost struct {
		ID id.Post `path:"id" json:"-" max:"64"`
	}
	ReadPost struct {
		ID  id.Post `path:"id" json:"-" max:"64"`
		Via string  `query:"s" json:"-" max:"200"`
	}
	ByUpload struct {
		ID id.Upload `path:"id" json:"-" max:"64"`
	}
	Upload struct {
		Purpose string `json:"purpose" min:"1" enum:"post,avatar,product,comment"`
		Kind    string `json:"kind,omitempty" enum:"picture,video,captions"` // "" is picture
		Bytes   int64  `json:"bytes" min:"1"`
	}
	// Ticket lets its holder upload one file of at most MaxBytes to URL by the tus
	// protocol, with Token in the Authorization header ("Bearer …"). Media is what
	// it will be called.
	Ticket struct {
		Upload   id.Upload `json:"upload"`
		Media    id.Media  `json:"media"`
		URL      string    `json:"url"`
		Token    string    `json:"token"`
		MaxBytes int64     `json:"max_bytes"`
		Until    time.Time `json:"until"`
	}
	Publish struct {
		DraftContent
		As        id.User `query:"as" json:"-" max:"64"` // the account to publish for; "" is one's own
		RequestID string  `header:"Idempotency-Key" json:"-"`
	}
	EditPost struct {
		ID id.Post `path:"id" json:"-" max:"64"`
		DraftContent
	}
	VersionList struct {
		Items []Version `json:"items"`
	}
	PostsBy struct {
		page.Ask
		ID id.User `path:"id" json:"-" max:"64"`
	}
	Works struct {
		page.Ask
		As    id.User `query:"as" json:"-" max:"64"`
		State string  `query:"state" json:"-" enum:"pending,approved,limited,rejected,unpublished"`
	}
)

// Abilities and Progress are of package media, as the screens see them.
type (
	Abilities = mediaAbilities
	Progress  = mediaProgress
)
