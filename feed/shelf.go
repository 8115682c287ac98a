package feed

import (
	"context"

	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
)

// Shelf is products: what goes with what, and the shop as it suits somebody.
type Shelf interface {
	// Similar lists what could be bought instead of a product, Complements what is
	// bought with it: catalog.ErrNoSuchProduct.
	Similar(ctx context.Context, in OfProduct) (Products, error)
	Complements(ctx context.Context, in OfProduct) (Products, error)
	// ProductPosts pages through the posts that tag a product, best first.
	ProductPosts(ctx context.Context, in AskProductPosts) (page.Page[creator.Card], error)
	// Shop pages through products on sale that suit the caller; of one category if
	// said.
	Shop(ctx context.Context, in AskShop) (page.Page[Offer], error)
}

// Product is a product in a list.
type Product struct {
	ID    id.Product      `json:"id"`
	Title string          `json:"title"`
	Cover picture.Picture `json:"cover,omitzero"`
	Price money.Money     `json:"price"` // of its cheapest SKU
	Sold  int64           `json:"sold"`
}

// Offer is a product that the feed chose. Reason says why: similar_facts,
// same_category, bought_together, used_together, seen_by_same, viewed, liked_topic,
// popular, new. Because is the product that led to it.
type Offer struct {
	Product
	Reason  string     `json:"reason"`
	Because id.Product `json:"because,omitempty"`
}

// Products is a short list.
type Products struct {
	Items []Offer `json:"items"`
}

type (
	OfProduct struct {
		ID    id.Product `path:"id" json:"-" max:"64"`
		Limit int        `query:"limit" json:"-"` // at most 20
	}
	AskProductPosts struct {
		page.Ask
		ID id.Product `path:"id" json:"-" max:"64"`
	}
	AskShop struct {
		page.Ask
		Category string `query:"category" json:"-" max:"40"`
	}
)
