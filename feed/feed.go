// Package feed is the reading side of content: what to show next, and what
// answers a search. It keeps nothing that cannot be rebuilt from the posts and
// products it was told of.
package feed

import (
	"context"

	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
)

// Found is one answer of a search: a post or a product.
type Found struct {
	Post    *creator.Card `json:"post,omitempty"`
	Product *Product      `json:"product,omitempty"`
}

// Product is a product in a list.
type Product struct {
	ID    id.Product      `json:"id"`
	Title string          `json:"title"`
	Cover picture.Picture `json:"cover,omitzero"`
	Price money.Money     `json:"price"` // of its cheapest SKU
	Sold  int64           `json:"sold"`
}

// Service is the feed.
type Service interface {
	// Newest pages through the posts that are for everybody, latest first. No list
	// shows a caller whom they blocked, or a word they muted; a page may be short
	// for that, and only an empty Next is the end.
	Newest(ctx context.Context, in page.Ask) (page.Page[creator.Card], error)
	// Following pages through the posts of whom the caller follows, also those for
	// followers only, latest first. A new post is there within a second.
	Following(ctx context.Context, in page.Ask) (page.Page[creator.Card], error)
	// Search pages through what matches every word, best first:
	// search.ErrQuery if the text cannot be searched for.
	Search(ctx context.Context, in Search) (page.Page[Found], error)
}

// Search asks for posts, products, or both.
type Search struct {
	page.Ask
	Text string `query:"q" json:"-" min:"1" max:"200"`
	Kind string `query:"kind" json:"-" enum:"post,product"`
}
