package feedcore

import (
	"fmt"
	"time"

	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/platform/search"
)

// head is where a post stands in a list. One without an At is gone, for good:
// its record stays, so that an event that comes too late finds it.
type head struct {
	ID     id.Post   `bson:"_id"`
	Author id.User   `bson:"author"`
	At     time.Time `bson:"at,omitempty"`
}

// post is a post as it was last announced.
type post struct {
	ID     id.Post   `bson:"_id"`
	Author id.User   `bson:"author"`
	At     time.Time `bson:"at,omitempty"`
	Rev    int64     `bson:"rev"`
	Name   string    `bson:"name"`
	Title  string    `bson:"title"`
	Body   string    `bson:"body"`
	Topics []string  `bson:"topics"`
	Lang   string    `bson:"lang"`
}

func (p post) gone() bool      { return p.At.IsZero() }
func (p post) id() string      { return string(p.ID) }
func (p post) shown() bool     { return !p.gone() }
func (p post) version() string { return fmt.Sprint(p.Rev, p.gone()) }

func postOf(d creator.PublishedData) post {
	return post{
		ID: d.Post, Author: d.Author, At: d.At, Rev: d.Rev,
		Name: d.Name, Title: d.Title, Body: d.Body, Topics: d.Topics, Lang: d.Lang,
	}
}

// Kinds of what can be found.
const (
	kindPost    = "post"
	kindProduct = "product"
)

func (p post) doc() search.Doc {
	return search.Doc{
		ID: string(p.ID), Kind: kindPost, Title: p.Title, Tags: append([]string{p.Name}, p.Topics...), Body: p.Body,
		Lang: p.Lang, Facets: []string{"author:" + string(p.Author)}, Rank: p.At.UnixMilli(),
	}
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
}

func productOf(p catalog.Product, rev int64) product {
	body := p.Body
	for _, f := range p.Facts {
		body += "\n" + f.Name + " " + f.Value
	}
	return product{
		ID: p.ID, At: p.UpdatedAt, Rev: rev, Listed: p.State == catalog.Listed,
		Title: p.Title, Body: body, Category: p.Category, Merchant: p.Merchant,
	}
}

func (p product) id() string      { return string(p.ID) }
func (p product) shown() bool     { return p.Listed }
func (p product) version() string { return fmt.Sprint(p.At.UnixMilli(), p.Rev) }

// newer reports whether p is of a later change than q.
func (p product) newer(q product) bool {
	return p.At.After(q.At) || p.At.Equal(q.At) && p.Rev > q.Rev
}

func (p product) doc() search.Doc {
	return search.Doc{
		ID: string(p.ID), Kind: kindProduct, Title: p.Title, Tags: []string{p.Category}, Body: p.Body,
		Facets: []string{"category:" + p.Category, "merchant:" + string(p.Merchant)}, Rank: p.At.UnixMilli(),
	}
}
