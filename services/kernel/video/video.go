// Package video is what a screen needs in order to play a video.
package video

import "meadow/services/kernel/id"

// Video is a finished video. Width and Height are of its largest rendition, in
// pixels, upright; HLS leads to its playlist of fMP4 segments, Preview to a few
// silent seconds as MP4. AI is whether its file said it was made by a machine.
type Video struct {
	ID       id.Media  `json:"id" bson:"id"`
	Width    int       `json:"width" bson:"width"`
	Height   int       `json:"height" bson:"height"`
	Duration int64     `json:"duration_ms" bson:"duration_ms"`
	HLS      string    `json:"hls" bson:"hls"`
	Preview  string    `json:"preview" bson:"preview"`
	AI       bool      `json:"ai" bson:"ai"`
	Captions []Caption `json:"captions" bson:"captions"`
}

// Caption is a track of WebVTT captions in one language.
type Caption struct {
	ID   id.Media `json:"id" bson:"id"`
	Lang string   `json:"lang" bson:"lang"` // zh-CN or en
	URL  string   `json:"url" bson:"url"`
}

// WantedVideo is a video that an owner chose: with a cover of their own or, if Cover
// is "", the poster that was taken from it.
type WantedVideo struct {
	ID       id.Media        `json:"id" min:"1" max:"64"`
	Cover    id.Media        `json:"cover,omitempty" max:"64"`
	Alt      string          `json:"alt" max:"300"` // of the cover
	Captions []WantedCaption `json:"captions,omitempty" max:"4"`
}

// WantedCaption is an uploaded file of captions, and its language.
type WantedCaption struct {
	ID   id.Media `json:"id" min:"1" max:"64"`
	Lang string   `json:"lang" min:"1" enum:"zh-CN,en"`
}
