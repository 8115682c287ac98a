// Package picture is what a screen needs in order to show a picture.
package picture

import "meadow/services/kernel/id"

// Picture is a finished picture. Width and Height are of its full rendition, in
// pixels, known before the bytes arrive; ThumbHash is a base64 placeholder of
// about 25 bytes. Thumb, Card and Full are paths to renditions about 240, 480
// and 1280 pixels wide.
type Picture struct {
	ID        id.Media `json:"id" bson:"id"`
	Alt       string   `json:"alt" bson:"alt"`
	Width     int      `json:"width" bson:"width"`
	Height    int      `json:"height" bson:"height"`
	ThumbHash string   `json:"thumbhash" bson:"thumbhash"`
	Thumb     string   `json:"thumb" bson:"thumb"`
	Card      string   `json:"card" bson:"card"`
	Full      string   `json:"full" bson:"full"`
}

// Wanted is a picture that an owner chose, with words for who cannot see it.
type Wanted struct {
	ID  id.Media `json:"id" min:"1" max:"64"`
	Alt string   `json:"alt" max:"300"`
}
