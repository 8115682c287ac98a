package feedcore

import (
	"fmt"
	"time"

	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/kernel/id"
)

// Head is where a post stands in lists. One without an At is gone: its record
// stays, so that an event that comes too late finds it. OpenAt is At of a post
// that is for everybody, and absent of others.
type Head struct {
	ID     id.Post   `bson:"_id"`
	Author id.User   `bson:"author"`
	At     time.Time `bson:"at,omitempty"`
	OpenAt time.Time `bson:"open_at,omitempty"`
	Rev    int64     `bson:"rev"`
}

// post is a post as it was last announced.
type post struct {
	Head     `bson:",inline"`
	Name     string       `bson:"name"`
	Title    string       `bson:"title"`
	Body     string       `bson:"body"`
	Topics   []string     `bson:"topics"`
	Lang     string       `bson:"lang"`
	Products []id.Product `bson:"products"`

	Kind     creator.Kind  `bson:"kind"`
	Genre    creator.Genre `bson:"genre,omitempty"`
	Place    string        `bson:"place,omitempty"`
	Ad       bool          `bson:"ad"`
	AI       bool          `bson:"ai"`
	Verified bool          `bson:"verified"`
	Limited  bool          `bson:"limited"` // for followers, by the shop's decision
	// HeardAt is when the record was written last.
	HeardAt time.Time `bson:"heard_at,omitempty"`
	// NameRev is the account's version that Name is of; 0 is as it was announced
	// with the post.
	NameRev int64 `bson:"name_rev"`
}

func (h Head) gone() bool { return h.At.IsZero() }

func (p post) id() string      { return string(p.ID) }
func (p post) shown() bool     { return !p.OpenAt.IsZero() }
func (p post) version() string { return fmt.Sprint(p.Rev, p.gone(), p.shown(), p.NameRev) }

// newer reports whether p is of a later change than q. At one revision, gone is
// the last word; and hearing a revision again writes it again.
func (p post) newer(q post) bool {
	if p.Rev != q.Rev {
		return p.Rev > q.Rev
	}
	return p.gone() || !q.gone()
}

// postOf is a post as it is announced. What only its author may read is in no
// list.
func postOf(d creator.PublishedData) post {
	p := post{
		Head: Head{ID: d.Post, Author: d.Author, At: d.At, Rev: d.Rev},
		Name: d.Name, Title: d.Title, Body: d.Body, Topics: d.Topics, Lang: d.Lang, Products: d.Products,
		Kind: d.Kind, Genre: d.Genre, Place: oneLine(d.Place), Ad: d.Ad, AI: d.AI, Verified: d.Verified, Limited: d.Limited,
	}
	switch {
	case d.Visibility == creator.OnlyMe:
		return goneOf(d.Post, d.Author, d.Rev)
	case d.Visibility != creator.FollowersOnly && !d.Limited:
		p.OpenAt = d.At
	}
	return p
}

// over is p in the place of what was known of the post. A name that the account
// announced by itself stays.
func (p post) over(known post) post {
	if known.NameRev > p.NameRev {
		p.Name, p.NameRev = known.Name, known.NameRev
	}
	return p
}

// goneOf is a post that was taken away, until a higher revision.
func goneOf(p id.Post, author id.User, rev int64) post {
	return post{Head: Head{ID: p, Author: author, Rev: rev}}
}

// product is a product as it was last announced.
type product struct {
	ID       id.Product  `bson:"_id"`
	At       time.Time   `bson:"at"`
	Rev      int64       `bson:"rev"` // 0 if it was not announced but looked up
	Listed   bool        `bson:"listed"`
	Title    string      `bson:"title"`
	Body     string      `bson:"body"`
	Category string      `bson:"category"`
	Merchant id.Merchant `bson:"merchant"`
	Facts    []string    `bson:"facts"`
	Price    int64       `bson:"price"` // of its cheapest SKU, in minor units
	Currency string      `bson:"currency"`
	Sold     int64       `bson:"sold"` // as it was last looked up
}

func productOf(p catalog.Product, rev int64) product {
	out := product{
		ID: p.ID, At: p.UpdatedAt, Rev: rev, Listed: p.State == catalog.Listed,
		Title: p.Title, Body: p.Body, Category: p.Category, Merchant: p.Merchant, Sold: p.Sold,
	}
	for _, f := range p.Facts {
		fact := f.Name + " " + f.Value
		out.Body += "\n" + fact
		out.Facts = append(out.Facts, fact)
	}
	price := cheapest(p)
	out.Price, out.Currency = price.Amount, string(price.Currency)
	return out
}

func (p product) id() string      { return string(p.ID) }
func (p product) shown() bool     { return p.Listed }
func (p product) version() string { return fmt.Sprint(p.At.UnixMilli(), p.Rev) }

// newer reports whether p is of a later change than q.
func (p product) newer(q product) bool {
	return p.At.After(q.At) || p.At.Equal(q.At) && p.Rev > q.Rev
}
