package catalog

import (
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
)

type (
	// AskPromise asks for one unit of a SKU of a product; "" is its first.
	AskPromise struct {
		ID     id.Product `path:"id" json:"-" max:"64"`
		SKU    id.SKU     `query:"sku" json:"-" max:"64"`
		Region string     `query:"region" json:"-" max:"60"` // "": not known yet
	}
	// Promise is what a shop says before anybody buys: what sending one unit costs,
	// when it arrives, and what is in the box. Days are from payment.
	Promise struct {
		Sent     bool        `json:"sent"` // to that region at all
		Fee      money.Money `json:"fee"`
		Earliest int         `json:"earliest_days"`
		Latest   int         `json:"latest_days"`
		Contents []Content   `json:"contents"` // of a bundle; none of anything else
	}
	// Content is a part of a bundle.
	Content struct {
		SKU     id.SKU     `json:"sku"`
		N       int64      `json:"n"`
		Product id.Product `json:"product"`
		Title   string     `json:"title"`
		Values  []string   `json:"values"`
	}
)
