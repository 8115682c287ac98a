package catalog

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
)

// Rating is what somebody who received a product says of it.
type Rating struct {
	ID       string            `json:"id" bson:"_id"` // rat_, one for each line that was bought
	Product  id.Product        `json:"product" bson:"product"`
	Merchant id.Merchant       `json:"merchant" bson:"merchant"`
	SKU      id.SKU            `json:"sku" bson:"sku"`
	Values   []string          `json:"values" bson:"values"` // of the SKU, as they were
	User     id.User           `json:"user" bson:"user"`
	Name     string            `json:"name" bson:"-"` // the user's; filled on reading
	Stars    int               `json:"stars" bson:"stars"`
	Text     string            `json:"text" bson:"text"`
	Pictures []picture.Picture `json:"pictures" bson:"pictures"`
	At       time.Time         `json:"at" bson:"at"`
	// Answer is the shop's.
	Answer   string    `json:"answer,omitempty" bson:"answer,omitempty"`
	AnswerAt time.Time `json:"answer_at,omitzero" bson:"answer_at,omitempty"`
}

// RatingSum is what all ratings of a product come to.
type RatingSum struct {
	Count int64    `json:"count"`
	Stars [5]int64 `json:"stars"` // how many gave one star, two, …
	// Mean is in hundredths of a star, rounded down; 0 without ratings.
	Mean int64 `json:"mean"`
}

var (
	ErrNotReceived  = errs.New(errs.Precondition, "not_received", "You can rate what you have bought here and received.")
	ErrRated        = errs.New(errs.Conflict, "already_rated", "You have rated this purchase already.")
	ErrNoSuchRating = errs.New(errs.NotFound, "no_such_rating", "This rating does not exist.")
)

// Ratings is what buyers say of goods. Only a purchase that was received is
// rated, each line of it once.
type Ratings interface {
	// Rate says what a buyer thinks: ErrNoSuchProduct, ErrNotReceived, ErrRated.
	// Once for each request id.
	Rate(ctx context.Context, in Rate) (Rating, error)
	// MyRatings returns what the caller said of lines they bought; of those they did
	// not rate yet there is nothing.
	MyRatings(ctx context.Context, in AskMine) (RatingsOfMine, error)
	// AnswerRating is the shop's word on one, and replaces an earlier one:
	// ErrNoSuchRating.
	AnswerRating(ctx context.Context, in AnswerRating) (Rating, error)
	// RatingList pages through a product's ratings, newest first.
	RatingList(ctx context.Context, in AskRatings) (page.Page[Rating], error)
}

type (
	Rate struct {
		ID        id.Product       `path:"id" json:"-" max:"64"`
		Order     id.Order         `json:"order" min:"1" max:"64"`
		Line      int              `json:"line" min:"0" max:"49"`
		Stars     int              `json:"stars" min:"1" max:"5"`
		Text      string           `json:"text,omitempty" max:"2000"`
		Pictures  []picture.Wanted `json:"pictures,omitempty" max:"9"`
		RequestID string           `header:"Idempotency-Key" json:"-"`
	}
	// AskMine names lines, as "order.line" with commas between: 100 at most.
	AskMine struct {
		Of string `query:"of" json:"-" min:"1" max:"7000"`
	}
	RatingsOfMine struct {
		Items []RatingOfMine `json:"items"`
	}
	RatingOfMine struct {
		Order  id.Order `json:"order"`
		Line   int      `json:"line"`
		Rating Rating   `json:"rating"`
	}
	AnswerRating struct {
		ID   string `path:"id" json:"-" max:"64"`
		Text string `json:"text" min:"1" max:"1000"`
	}
	// AskRatings narrows to one SKU or to a number of stars, not to both.
	AskRatings struct {
		page.Ask
		ID    id.Product `path:"id" json:"-" max:"64"`
		SKU   id.SKU     `query:"sku" json:"-" max:"64"`
		Stars int        `query:"stars" json:"-" min:"0" max:"5"`
	}
)
