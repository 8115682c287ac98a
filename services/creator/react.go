package creator

import (
	"context"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/platform/rpc"
)

// Collection is a named set of posts that somebody saved.
type Collection struct {
	ID     id.Collection   `json:"id"`
	Name   string          `json:"name"`
	Open   bool            `json:"open"` // everybody may read it
	Owner  Author          `json:"owner"`
	Posts  int64           `json:"posts"`
	Cover  picture.Picture `json:"cover,omitzero"` // of its latest post
	Holds  bool            `json:"holds"`          // the post that was asked for
	MadeAt time.Time       `json:"made_at"`
}

// MaxCollections is how many somebody can have.
const MaxCollections = 100

// Share is somebody's link to a post. Code is signed and names who shares what;
// URL is the page it opens.
type Share struct {
	Code string  `json:"code"`
	URL  string  `json:"url"`
	Post id.Post `json:"post"`
	By   Author  `json:"by"`
}

// Reactions is what viewers do with posts.
type Reactions interface {
	// Like, Unlike, Save and Unsave are idempotent, and count each person once.
	// Save also puts the post into the collections named, and Unsave takes it out
	// of all: ErrNoSuchPost, also of whom a block stands between, and
	// ErrNoSuchCollection, before anything is done.
	Like(ctx context.Context, in ByPost) (Reaction, error)
	Unlike(ctx context.Context, in ByPost) (Reaction, error)
	Save(ctx context.Context, in Save) (Reaction, error)
	Unsave(ctx context.Context, in ByPost) (Reaction, error)
	// Saved pages through what the caller saved, latest first.
	Saved(ctx context.Context, in page.Ask) (page.Page[Card], error)

	// Collections lists the caller's, latest first, and whether each holds Post.
	Collections(ctx context.Context, in AskCollections) (CollectionList, error)
	// NewCollection makes one, once for each request id: ErrCollections, ErrNamed.
	NewCollection(ctx context.Context, in NewCollection) (Collection, error)
	EditCollection(ctx context.Context, in EditCollection) (Collection, error)
	// DropCollection deletes one; what it held stays saved.
	DropCollection(ctx context.Context, in ByCollection) (rpc.Empty, error)
	// Collected pages through a collection the caller may read, latest first.
	Collected(ctx context.Context, in Collected) (page.Page[Card], error)
	// Uncollect takes a post out of one collection.
	Uncollect(ctx context.Context, in Uncollect) (rpc.Empty, error)

	// SharePost returns the caller's link to a post, the same each time, and counts
	// each person who asked once.
	SharePost(ctx context.Context, in ByPost) (Share, error)
	// OpenShare returns what a code stands for: ErrBadShare.
	OpenShare(ctx context.Context, in OpenShare) (Share, error)
}

type (
	// Reaction is a post's counts after the caller's change.
	Reaction struct {
		Likes  int64 `json:"likes"`
		Saves  int64 `json:"saves"`
		Shares int64 `json:"shares"`
		Liked  bool  `json:"liked"`
		Saved  bool  `json:"saved"`
	}
	Save struct {
		ID          id.Post         `path:"id" json:"-" max:"64"`
		Collections []id.Collection `json:"collections,omitempty" max:"20"`
	}
	AskCollections struct {
		Post id.Post `query:"post" json:"-" max:"64"`
	}
	CollectionList struct {
		Items []Collection `json:"items"`
	}
	ByCollection struct {
		ID id.Collection `path:"id" json:"-" max:"64"`
	}
	NewCollection struct {
		Name      string `json:"name" min:"1" max:"30"`
		Open      bool   `json:"open"`
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	EditCollection struct {
		ID   id.Collection `path:"id" json:"-" max:"64"`
		Name string        `json:"name" min:"1" max:"30"`
		Open bool          `json:"open"`
	}
	Collected struct {
		page.Ask
		ID id.Collection `path:"id" json:"-" max:"64"`
	}
	Uncollect struct {
		ID   id.Collection `path:"id" json:"-" max:"64"`
		Post id.Post       `path:"post" json:"-" max:"64"`
	}
	OpenShare struct {
		Code string `path:"code" json:"-" max:"200"`
	}
)
